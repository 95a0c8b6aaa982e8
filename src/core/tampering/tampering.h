// SPDX-License-Identifier: Apache-2.0
//
// Whether a change takes something away from the checks of a motor. Checks may be added to freely;
// what takes a line from one, or adds a line that keeps an old one from being reached, is said in
// words, for a human to approve or not. It goes by the text alone, whatever the language, and errs
// on the side of asking. Pure; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"

namespace aiop::tampering {

// Beyond this a file is not compared: any change of it is for a human.
inline constexpr size_t kTextLimitBytes = size_t{1} << 20;

struct FileChange {
  std::string path;
  std::optional<std::string> before;  // nothing: it is new
  std::optional<std::string> after;   // nothing: it is deleted
};

struct Weakening {
  std::string text;    // one clause for people: "deletes tests/a.py"
  bool edits = false;  // no more than a line that judges nothing: an import, a plain value

  bool operator==(const Weakening&) const = default;
};

// What the change takes away from a check; empty if it only adds. A new file takes nothing away,
// unless it decides over what runs beside it.
std::vector<Weakening> Weakenings(const FileChange& change);

// Lines added to a file of the plant by which it could behave otherwise when it is checked.
std::vector<Weakening> OfPlant(const FileChange& change);

// The same of the parts of package.json that say how checks are run: scripts, and what their
// runners read there. Neither is an object: nothing.
std::vector<std::string> WeakenedPackage(const json::Value& before, const json::Value& after);

// Whether a file of this name, new or changed, says which checks are found or how they run, without
// being named by any of them: conftest.py, jest.config.js, .npmrc, .gitattributes and their like.
bool SteersChecks(std::string_view path);

// Whether test runners take a file of this name for a test.
bool IsTestFile(std::string_view path);

// The new lines of an ignore file that cover one of the paths: what is ignored is lost with the
// next commit. `folder` is where the file stands, empty for the root.
std::vector<std::string> Hidden(std::string_view before, std::string_view after,
                                std::string_view folder, const std::vector<std::string>& paths);

}  // namespace aiop::tampering
