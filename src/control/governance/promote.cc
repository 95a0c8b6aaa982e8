// SPDX-License-Identifier: Apache-2.0
// Making a change the active version, and what it came to.
#include <algorithm>

#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "control/governance/governance.h"
#include "control/rollback/rollback.h"
#include "core/aftercare/aftercare.h"

namespace aiop::governance {
namespace {

// Where a run is to stand again if the version is left once: not on what that version made itself,
// while it was on trial.
Result<std::string> CheckpointBefore(engine::Engine& engine, const model::Run& run,
                                     const model::MotorVersion& version) {
  if (run.motor_commit != version.commit) return run.checkpoint;
  AIOP_TRY(const auto checkpoints, engine.CheckpointsOf(run.id));
  std::string last;
  for (const auto& each : checkpoints) {
    if (each.motor_ctx == version.reference) break;
    last = each.name;
  }
  return last;
}

// What a rollback of the change goes back to.
Result<model::RestorePoint> PointBefore(engine::Engine& engine, const model::Change& change,
                                        const model::MotorVersion& version) {
  contexts::Home& home = engine.home();
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(home, change.plant));
  model::RestorePoint point;
  point.id = IdFromHash(HashBytes("restore point of change " + change.id));
  point.plant = change.plant;
  point.version = plant.active;
  point.commit = change.base_commit;
  point.change = change.id;
  AIOP_TRY(const auto runs,
           home.ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kPlant, change.plant));
  for (const auto& run : runs) {
    if (run.Ended()) continue;
    AIOP_TRY(point.run_checkpoints[run.id], CheckpointBefore(engine, run, version));
  }
  point.created = Now();
  return point;
}

}  // namespace

// Every effect here is keyed: refs and tags by compare-and-swap on a deterministic commit, records
// by id. A process killed between any two of them does the rest when it comes back (Continue).
Result<model::Change> Governor::Promote(model::Change change) {
  contexts::Home& home = engine_.home();
  AIOP_TRY(auto repository, contexts::OpenRepository(home, change.plant));
  AIOP_TRY(model::MotorVersion version,
           contexts::DescribeCommit(home, change.plant, repository, change.candidate));
  version.status = model::VersionStatus::kPromoted;
  version.change = change.id;
  version.parent = change.base_commit;
  version.summary = change.title;
  if (!change.incident.empty()) version.incidents = {change.incident};
  version.created = change.created;

  if (change.restore_point.empty()) {
    AIOP_TRY(const auto point, PointBefore(engine_, change, version));
    AIOP_CHECK_OK(home.motors().Put(point, store::Mode::kInsertIfNew));
    change.restore_point = point.id;
    AIOP_CHECK_OK(home.ledger().Put(change));
  }
  const motors::Author author{std::string(kOperatorName), std::string(kOperatorMail)};
  AIOP_TRY(const auto main, repository.ReadRef("refs/heads/main"));
  AIOP_CHECK_OK(repository.MoveRef("refs/heads/main", main, change.candidate));
  AIOP_CHECK_OK(
      repository.Tag("v" + change.version, change.candidate, change.title, author, change.created));
  const std::string actor = change.approvals.empty() ? "operator" : change.approvals.back().by;
  AIOP_CHECK_OK(contexts::MovePointer(home, change.plant, version, actor,
                                      "change " + change.id + ": " + change.title));
  AIOP_TRY(const contexts::Motor motor,
           contexts::MotorAtCommit(home, change.plant, change.candidate));
  if (motor.manifest.push) {
    AIOP_TRY(const std::string branch, repository.DefaultBranch());
    const Status pushed =
        repository.Push({{"refs/heads/main", "refs/heads/" + branch},
                         {"refs/tags/v" + change.version, "refs/tags/v" + change.version}});
    if (!pushed) {
      AIOP_CHECK_OK(engine_.TellMotor(
          change.plant, version.reference, model::SignalType::kError, model::Severity::kWarn,
          {{"details",
            "could not push v" + change.version + " to the source: " + pushed.error().message}}));
    }
  }
  if (!change.incident.empty()) {
    AIOP_TRY(model::Incident incident, home.ledger().Get<model::Incident>(change.incident));
    incident.change = change.id;
    AIOP_CHECK_OK(home.ledger().Put(incident));
  }
  if (!change.decision.empty()) {
    AIOP_TRY(model::DecisionRecord decision,
             home.ledger().Get<model::DecisionRecord>(change.decision));
    for (auto& step : decision.action_plan) {
      if (step.step == "apply_patch" && step.target == "motor") step.patch_ref = change.id;
    }
    AIOP_CHECK_OK(home.ledger().Put(decision));
  }
  const Status told = engine_.TellMotor(
      change.plant, version.reference, model::SignalType::kValidation, model::Severity::kInfo,
      {{"details", "motor version " + change.version + " is active: " + change.title},
       {"change", change.id}});
  AIOP_CHECK_OK(told);
  AIOP_CHECK_OK(rollback::DropOldPoints(home, change.plant));
  if (!change.incident.empty() && !change.after_care) {
    change.after_care =
        aftercare::Begin(aftercare::TermsOf(motor.manifest.after_care, policy_.Governing()), Now());
  }
  return Move(std::move(change), model::ChangeState::kPromoted, "");
}

}  // namespace aiop::governance
