// SPDX-License-Identifier: Apache-2.0
#include "core/scoring/scoring.h"

namespace aiop::scoring {
namespace {

using enum model::Category;
using enum model::Classification;

// From this many apps on, the specification's first heuristic blames the motor.
constexpr int64_t kSeveralApps = 2;

bool FixExists(const Symptom& symptom, const Label& opinion) {
  switch (opinion.classification) {
    case kApp:
      return symptom.app_fix_exists;
    case kMotor:
      return symptom.motor_fix_exists;
    case kMixed:
      return symptom.motor_fix_exists || symptom.app_fix_exists;
  }
  return false;
}

}  // namespace

Label HeuristicsAsWorded(const Symptom& symptom) {
  if (symptom.apps_alike >= kSeveralApps) return {kMotor, kMotorRules};
  if (symptom.gone_under_other_profile) return {kApp, kAppSpec};
  if (symptom.quality_dropped) return {kMixed, kMixedDrift};
  return {kApp, kAppSpec};
}

Label TenLineRule(const Symptom& symptom) {
  if (symptom.declared && !*symptom.declared) return {kMixed, kMixedDrift};
  if (symptom.valid && !*symptom.valid) {
    if (symptom.passed_before_upgrade) return {kMixed, kMixedDrift};
    return {kApp, kAppSpec};
  }
  return {kMotor, kMotorRules};
}

Row ScoreOpinion(std::string_view name, Label (*opinion)(const Symptom&),
                 const std::vector<Symptom>& symptoms, double plant_seconds) {
  Row row{.name = std::string(name), .plant_seconds = plant_seconds};
  std::map<std::string, bool> runs;
  for (const Symptom& symptom : symptoms) {
    const Label said = opinion(symptom);
    row.side.Add(said.classification == symptom.truth.classification);
    row.category.Add(said == symptom.truth);
    if (said.classification != kApp) row.false_motor_fixes.Add(!MotorHasToChange(symptom.truth));
    const bool healed = FixExists(symptom, said);
    auto& finished = runs.try_emplace(symptom.run, true).first->second;
    finished = finished && healed;
    if (healed) row.plant_seconds += symptom.whole_run_seconds;
  }
  for (const auto& [run, finished] : runs) row.finished.Add(finished);
  return row;
}

}  // namespace aiop::scoring
