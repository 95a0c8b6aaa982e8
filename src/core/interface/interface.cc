// SPDX-License-Identifier: Apache-2.0
#include "core/interface/interface.h"

#include <algorithm>

namespace aiop::interface {
namespace {

void Settle(Difference& difference) {
  difference.bump = !difference.breaking.empty() ? version::Change::kMajor
                    : !difference.added.empty()  ? version::Change::kMinor
                                                 : version::Change::kPatch;
}

std::vector<std::string> Lost(const std::vector<std::string>& before,
                              const std::vector<std::string>& after) {
  std::vector<std::string> lost;
  for (const std::string& each : before) {
    if (std::ranges::find(after, each) == after.end()) lost.push_back(each);
  }
  return lost;
}

void CompareNames(const std::string& what, const std::vector<std::string>& before,
                  const std::vector<std::string>& after, Difference& difference) {
  for (const auto& name : Lost(before, after)) {
    difference.breaking.push_back(what + " '" + name + "' is gone");
  }
  for (const auto& name : Lost(after, before)) {
    difference.added.push_back(what + " '" + name + "' is new");
  }
}

void Append(const Difference& from, Difference& to) {
  to.breaking.insert(to.breaking.end(), from.breaking.begin(), from.breaking.end());
  to.added.insert(to.added.end(), from.added.begin(), from.added.end());
}

}  // namespace

std::string Difference::Text() const {
  const auto& clauses = !breaking.empty() ? breaking : added;
  std::string text;
  for (const auto& clause : clauses) text += (text.empty() ? "" : "; ") + clause;
  return text.empty() ? "no part of the interface changed" : text;
}

Difference CompareArtifacts(const std::vector<std::string>& before,
                            const std::vector<std::string>& after) {
  Difference difference;
  CompareNames("artifact", before, after, difference);
  Settle(difference);
  return difference;
}

Difference Compare(const Interface& before, const Interface& after) {
  Difference difference;
  if (before.name != after.name) {
    difference.breaking.push_back("'" + before.name + "' is called '" + after.name + "'");
  }
  CompareNames("profile", before.profiles, after.profiles, difference);
  CompareNames("dialect", before.dialects, after.dialects, difference);
  Append(CompareSchemas(before.schema, after.schema), difference);
  Append(CompareArtifacts(before.artifacts, after.artifacts), difference);
  Settle(difference);
  return difference;
}

}  // namespace aiop::interface
