// SPDX-License-Identifier: Apache-2.0
// Records for tests of core/kpi. Times are seconds after some beginning.
#pragma once

#include <string>
#include <utility>

#include "core/kpi/kpi.h"

namespace aiop::kpi::testing {

inline const model::AppReference kApp1{"app", "1.0.0", "0123456789ab"};
inline const model::AppReference kApp2{"app", "1.1.0", "1123456789ab"};
inline const model::MotorReference kMotor1{"motor", "1.0.0", "2123456789ab"};
inline const model::MotorReference kMotor2{"motor", "1.0.1", "3123456789ab"};

inline Timestamp At(int64_t seconds) {
  return {Milliseconds{1'700'000'000'000} + Milliseconds{seconds * 1000}};
}

inline void Add(Records& records, Build build) {
  std::string id = build.run.id;
  records.builds[std::move(id)] = std::move(build);
}

// Made at 0 s, last moved at 100 s. A paused one waits for a fix of an incident.
inline Build MakeBuild(const std::string& id, model::RunState state) {
  Build build;
  build.run.id = id;
  build.run.app = "app";
  build.run.app_ctx = kApp1;
  build.run.motor_ctx = kMotor1;
  build.run.state = state;
  build.run.created = At(0);
  build.run.updated = At(100);
  if (state == model::RunState::kPaused) {
    build.run.paused_because = model::PausedBecause::kFix;
    build.run.incident = "incident of " + id;
  }
  return build;
}

inline model::Attempt AttemptOf(const std::string& run, int64_t number, int64_t started,
                                const std::string& outcome) {
  model::Attempt attempt;
  attempt.id = run + "/" + std::to_string(number);
  attempt.run = run;
  attempt.number = number;
  attempt.app_ctx = kApp1;
  attempt.motor_ctx = kMotor1;
  attempt.outcome = outcome;
  attempt.started = At(started);
  return attempt;
}

inline model::Occurrence FailedAt(const std::string& run, const std::string& incident,
                                  int64_t seconds) {
  model::Occurrence occurrence;
  occurrence.id = incident + "/" + run;
  occurrence.incident = incident;
  occurrence.run = run;
  occurrence.app_ctx = kApp1;
  occurrence.motor_ctx = kMotor1;
  occurrence.at = At(seconds);
  return occurrence;
}

// About run "r" at incident "i", made at 15 s.
inline model::DecisionRecord MakeDecision(const std::string& id, model::Category category) {
  model::DecisionRecord decision;
  decision.decision_id = id;
  decision.category = category;
  decision.classification = SideOf(category);
  decision.incident_id = "i";
  decision.run_ids = {"r"};
  decision.created = At(15);
  if (decision.classification == model::Classification::kMotor)
    decision.action_plan = {{"pause", "pipeline", ""}, {"apply_patch", "motor", ""}};
  return decision;
}

}  // namespace aiop::kpi::testing
