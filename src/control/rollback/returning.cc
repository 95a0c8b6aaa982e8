// SPDX-License-Identifier: Apache-2.0
#include "control/rollback/returning.h"

#include <algorithm>

#include "core/lifecycle/lifecycle.h"

namespace aiop::rollback {
namespace {

using model::PausedBecause;

// Why the run stood PAUSED when the restore point was made.
Result<std::optional<PausedBecause>> PausedThen(contexts::Home& home, const std::string& run,
                                                Timestamp when) {
  AIOP_TRY(const auto moves, home.ledger().ListBy<model::Transition>(
                                 store::Kind<model::Transition>::Field::kRun, run));
  std::optional<PausedBecause> because;
  for (const auto& each : moves) {
    if (each.at <= when && each.paused_because) because = each.paused_because;
  }
  return because;
}

// The incident it stood at then, as it is called today; empty if at none.
Result<std::string> IncidentThen(contexts::Home& home, const std::string& run, Timestamp when) {
  AIOP_TRY(const auto occurrences, home.ledger().ListBy<model::Occurrence>(
                                       store::Kind<model::Occurrence>::Field::kRun, run));
  std::string incident;
  for (const auto& each : occurrences) {
    if (each.at <= when && !each.Waits()) incident = each.incident;
  }
  while (!incident.empty()) {
    AIOP_TRY(const auto record, home.ledger().Get<model::Incident>(incident));
    if (record.merged_into.empty()) break;
    incident = record.merged_into;
  }
  return incident;
}

// Back at the failure that the change was to mend. Its fix is gone, so it is not resolved.
Status StandAtIncident(contexts::Home& home, const model::RestorePoint& point, model::Run& run,
                       store::Ledger::Batch& batch) {
  AIOP_TRY(run.incident, IncidentThen(home, run.id, point.created));
  run.decision.clear();
  if (run.incident.empty()) return {};
  AIOP_TRY(auto incident, home.ledger().Get<model::Incident>(run.incident));
  run.decision = incident.decision;
  const auto change = home.ledger().Get<model::Change>(point.change);
  if (change && change->incident == incident.id && !change->decision.empty())
    run.decision = change->decision;
  if (incident.state != model::IncidentState::kResolved) return {};
  AIOP_TRY(incident.state,
           lifecycle::StepIncident(incident.state, lifecycle::IncidentEvent::kJoined));
  batch.Put(incident);
  return {};
}

// What it waits for now. Who was being patched, validated or driven then waits for a fix, or for
// the operator to go on.
PausedBecause WaitsFor(const model::Run& run, std::optional<PausedBecause> then) {
  const bool stands = !run.incident.empty();
  if (then == PausedBecause::kHuman || then == PausedBecause::kBudget) return *then;
  if (!stands) return PausedBecause::kOperator;
  return run.decision.empty() ? PausedBecause::kEvidence : PausedBecause::kFix;
}

}  // namespace

Result<std::optional<Standing>> StandingOf(contexts::Home& home, const model::Run& run,
                                           const model::RestorePoint& point) {
  AIOP_TRY(const auto checkpoints, home.ledger().ListBy<model::Checkpoint>(
                                       store::Kind<model::Checkpoint>::Field::kRun, run.id));
  lifecycle::ResumeTarget target;
  target.app_ctx = run.app_ctx;
  target.motor_ctx = point.version;
  const bool other_app = std::ranges::any_of(checkpoints, [&](const model::Checkpoint& each) {
    return each.app_ctx.hash != run.app_ctx.hash;
  });
  if (other_app) {
    AIOP_TRY(const contexts::Motor motor, contexts::MotorAtCommit(home, point.plant, point.commit));
    target.declared = motor.manifest.resume;
  } else {
    // What held on this version and app holds again.
    target.declared.after_motor_patch = {.kind = model::Survival::Kind::kAll, .name = {}};
  }
  const auto named = point.run_checkpoints.find(run.id);
  if (named == point.run_checkpoints.end()) return std::optional<Standing>();
  return StandAt(checkpoints, named->second, point.created, target);
}

Status AddReturn(contexts::Home& home, const model::PointerMove& move,
                 const model::RestorePoint& point, const model::Run& given,
                 store::Ledger::Batch& batch) {
  model::Run run = given;
  AIOP_TRY(const auto standing, StandingOf(home, run, point));
  if (!standing) return {};
  for (const auto& each : standing->changed) batch.Put(each);
  AIOP_TRY(const auto then, PausedThen(home, run.id, point.created));
  AIOP_CHECK_OK(StandAtIncident(home, point, run, batch));
  model::Transition transition;
  transition.run = run.id;
  transition.number = ++run.transitions;
  transition.id = run.id + "/" + std::to_string(transition.number);
  transition.from = run.state;
  transition.cause =
      "returned to " +
      (standing->checkpoint.empty() ? "its start" : "checkpoint '" + standing->checkpoint + "'") +
      " on motor " + point.version.version + ": version " + move.from.version + " was rolled back" +
      (move.because.empty() ? "" : " (" + move.because + ")");
  transition.at = Now();
  AIOP_TRY(const auto step,
           lifecycle::StepRun(run.state, lifecycle::RunEvent::kPause, WaitsFor(run, then)));
  transition.to = run.state = step.state;
  transition.paused_because = run.paused_because = step.paused_because;
  run.cause = transition.cause;
  run.updated = transition.at;
  run.checkpoint = standing->checkpoint;
  run.motor_ctx = point.version;
  run.motor_commit = point.commit;
  run.steps_invalidated += standing->given_up;
  run.healed_by.clear();
  run.canary.clear();
  run.not_before.reset();
  batch.Put(run).Put(transition, store::Mode::kInsert);
  return {};
}

}  // namespace aiop::rollback
