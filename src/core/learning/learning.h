// SPDX-License-Identifier: Apache-2.0
//
// What is made of a fix that was confirmed: a pattern, from the failure's fingerprint to how it is
// healed again; how it rises and falls; where it may be tried; and which check of specs a motor
// could do with, when the same fault of apps comes back in one after the other.
//
// Pure and thread-safe; never fails.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/model.h"

namespace aiop::learning {

// ---- Patterns ----

// A failure in some plant, as patterns are looked up for it.
struct Failure {
  std::string plant = {};
  std::set<std::string> fingerprints = {};
  std::set<std::string> families = {};                 // the same without the motor's name
  std::map<std::string, std::string> components = {};  // of the plant's motor
};

// Why a pattern may be tried on this failure ("learned here", "shares renderer 2.1.0"); nothing if
// it may not: demoted, not of the motor, another failure, or learned in a plant with which the
// motor shares no part. Parts are shared if their names agree and one version could stand in for
// the other (same major; same minor below 1.0).
std::optional<std::string> WhyTry(const model::Pattern& pattern, const Failure& failure);

// Promoted ones first, then by confirmations, then the newest.
void Rank(std::vector<model::Pattern>& patterns);

// Adds a use, or what is new about it; the same change is one use.
void NoteUse(model::Pattern& pattern, const model::PatternUse& use);
// After-care confirmed a use: the k-th confirmation promotes it. Once for each change.
void Confirm(model::Pattern& pattern, const model::PatternUse& use, int64_t confirmations,
             Timestamp now);
// The failure came back after a use: demoted.
void Fail(model::Pattern& pattern, const model::PatternUse& use, const std::string& because,
          Timestamp now);
void Demote(model::Pattern& pattern, const std::string& because, Timestamp now);
// The recipe as it was last carried out, where that differs: a new version of the pattern.
void Retarget(model::Pattern& pattern, const model::Recipe& recipe, Timestamp now);

struct UpgradeStep {
  std::string registry;
  std::string dependency;
  std::string from;
  std::string to;
};
// "npm NAME FROM -> TO"; nothing if it is no such text.
std::optional<UpgradeStep> ParseUpgrade(std::string_view text);
std::string Text(const UpgradeStep& step);

// Where a file of the recipe is in this motor: at its own path, else the only file of that name.
std::optional<std::string> PlaceOf(const std::string& path, const std::vector<std::string>& files);

// ---- Suggested checks ----

// A fault of an app, as it was ruled.
struct AppFault {
  std::string app;
  std::string incident;
  std::string kind;     // its fingerprint family
  std::string title;    // of the failure, for people
  std::string path;     // JSON pointer of what is wrong in the spec; empty if nobody knows
  std::string message;  // what is wrong with it
};
struct Suggestion {
  std::string kind;
  std::string title;
  std::set<std::string> apps;
  std::string incident;  // the first
  std::string text;      // JSON Schema fragment, or the finding
};
// "/items/3/count" -> "/items/*/count".
std::string PathPattern(std::string_view pointer);
// The kinds of fault that came up in at least `after` apps, by kind. The check is a JSON Schema
// that leads to the place, with the finding as its description, where findings agree on the place;
// else the finding as text.
std::vector<Suggestion> Suggest(const std::vector<AppFault>& faults, int64_t after);

}  // namespace aiop::learning
