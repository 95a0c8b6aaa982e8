// SPDX-License-Identifier: Apache-2.0
//
// Small corrections of a spec that leave its author's words standing: a misspelt name becomes the
// one that must be meant, a value the type or the bound that is asked for. Only what is unique is
// proposed: of two names equally near none is. Edits are byte ranges of the original text, never
// re-serialised; each edited text is read again and compared with what the edit means.
//
// Pure and thread-safe. Errors: kInvalid for a text that cannot be read or an edit that cannot be
// made; errors of a validator are passed on.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"
#include "base/result/result.h"

namespace aiop::mend {

inline constexpr int kRounds = 8;               // correct, ask, correct more
inline constexpr size_t kEditLimit = 50;        // in one spec
inline constexpr size_t kNamesLimit = 100'000;  // names of a spec that references are compared with

// What somebody objects to in a spec.
struct Objection {
  std::string pointer;  // JSON pointer into the spec; empty: the whole
  std::string message;
  std::string meant;                 // the word that the validator itself thinks was meant
  std::vector<std::string> allowed;  // words that would be right there
  std::string keyword;               // where in the schema; empty: no schema said it
};
struct Opinion {
  bool accepted = false;
  std::vector<Objection> objections;
};
using Validator = std::function<Result<Opinion>(std::string_view text)>;

struct Edit {
  enum class Kind { kRename, kReplace } kind = Kind::kReplace;
  std::string pointer;
  json::Value to;    // the new key or value
  std::string text;  // for people: "/items/0: 'coutn' -> 'count'"
  bool a_guess =
      false;  // acceptable, but not shown to be what was meant: a bound instead of a value
};

// What each objection suggests where that is unique; at most one edit a place. `schema`: the
// document whose keywords objections name, or null.
std::vector<Edit> Propose(const json::Value& spec, const std::vector<Objection>& objections,
                          const json::Value* schema);

// The text with one edit made.
Result<std::string> Make(std::string_view text, const Edit& edit);

struct Mended {
  std::string text;
  std::vector<Edit> edits;  // none: nothing could be corrected
  bool accepted = false;    // of the text with all of them
};
// Corrects what is objected to until nothing is, or nothing more can be.
Result<Mended> Mend(std::string_view text, const json::Value* schema, const Validator& validator);

// The published version nearest to one that does not exist: of the same minor, else of the same
// major, else of the nearest major; of two equally near the higher. Nothing if `wanted` is no
// release number, or is published.
std::optional<std::string> NearestVersion(std::string_view wanted,
                                          const std::vector<std::string>& published);

}  // namespace aiop::mend
