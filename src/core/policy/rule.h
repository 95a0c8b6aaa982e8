// SPDX-License-Identifier: Apache-2.0
// What a policy file becomes once it is read: rules, their conditions, thresholds and limits.
#pragma once

#include <algorithm>

#include "core/policy/policy.h"

namespace aiop::policy {

template <class Range>
bool Contains(const Range& range, const auto& item) {
  return std::ranges::find(range, item) != std::ranges::end(range);
}

// Kleene's three values.
enum class Truth { kNo, kYes, kUnknown };

// `when` of a rule. A text names a proposition ("not NAME" its contrary); a list means all of its
// parts; {all: [...]}, {any: [...]} and {not: ...} nest. An empty list is always true.
struct Policy::Condition {
  enum class Kind { kAll, kAny, kNot, kProposition };
  Kind kind = Kind::kAll;
  std::vector<Condition> parts;
  size_t proposition = 0;  // index into the table of proposition.h
};

struct Policy::Rule {
  std::string name;
  Condition when;
  model::Classification classification = model::Classification::kApp;
  model::Category category = model::Category::kAppSpec;
  double confidence = 0;
  std::string because;
  bool asks = true;  // false: decides when its condition is known to be true, but never asks for it

  // Left out: a rule that blames the motor covers all, any other the examined app.
  std::optional<Covers> covers;

  // What is transient has no cause in an app, and what holds for one holds for all.
  Covers Covered() const {
    if (category == model::Category::kTransient) return Covers::kAll;
    if (classification != model::Classification::kMotor) return Covers::kApp;
    return covers.value_or(Covers::kAll);
  }
  bool SameOutcome(const Rule& other) const {
    return classification == other.classification && category == other.category;
  }
};

struct Policy::Tuning {
  // thresholds
  double settled_at = 0;         // no experiment only to be surer than this of the same outcome
  double without_control = 0;    // confidence at most, if the control could not be run
  double control_differs = 0;    // confidence at most, if the control failed in another way
  int64_t several_apps = 0;      // how many distinct apps are "several"
  int64_t real_failures = 0;     // of one run, repeated unchanged: no longer chance
  double over_budget_share = 0;  // share of the apps seen that makes a budget the motor's problem
  // limits: experiments of one kind per incident
  int64_t other_versions = 0;
  int64_t other_apps = 0;
  int64_t golden_apps = 0;
  int64_t other_profiles = 0;
  int64_t earlier_revisions = 0;
  int64_t other_motors = 0;
  int64_t pending_fixes = 2;
  int64_t reduction_runs = 0;  // of the plant, to find the least spec that fails
  int64_t spec_checks = 0;     // other apps whose spec is checked without a plant
};

using Condition = Policy::Condition;
using Rule = Policy::Rule;
using Tuning = Policy::Tuning;

}  // namespace aiop::policy
