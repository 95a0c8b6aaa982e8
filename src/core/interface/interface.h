// SPDX-License-Identifier: Apache-2.0
//
// What a motor offers to its apps, and what a change of that means to them: the least semantic
// version bump. Taken away or narrowed is breaking, more is added, the rest is a fix. Where it
// cannot be told whether a schema still accepts all it did, it counts as breaking. A property that
// is described for the first time counts as added, also where anything was let through before:
// what is described is what is offered. Pure; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json/json.h"
#include "core/version/version.h"

namespace aiop::interface {

// Schemas nested deeper than this are compared as text.
inline constexpr int kDepthLimit = 64;

struct Interface {
  std::string name;
  std::vector<std::string> profiles;
  std::vector<std::string> dialects;
  std::optional<json::Value> schema;   // of the app spec; nothing: anything goes
  std::vector<std::string> artifacts;  // roles of what is produced; only where both sides were seen
};

struct Difference {
  version::Change bump = version::Change::kPatch;
  std::vector<std::string> breaking;  // one clause each
  std::vector<std::string> added;

  // The clauses that made the bump what it is; "no part of the interface changed" if none did.
  std::string Text() const;
};

Difference Compare(const Interface& before, const Interface& after);

// The part about schemas: which specs that were accepted no longer are, and which are now.
Difference CompareSchemas(const std::optional<json::Value>& before,
                          const std::optional<json::Value>& after);

// The part about artifacts.
Difference CompareArtifacts(const std::vector<std::string>& before,
                            const std::vector<std::string>& after);

}  // namespace aiop::interface
