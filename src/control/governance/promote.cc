// SPDX-License-Identifier: Apache-2.0
// Making a change the active version, and going back.
#include <algorithm>

#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "control/governance/governance.h"
#include "core/aftercare/aftercare.h"

namespace aiop::governance {

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
    AIOP_TRY(const model::Plant plant, contexts::GetPlant(home, change.plant));
    model::RestorePoint point;
    point.id = IdFromHash(HashBytes("restore point of change " + change.id));
    point.plant = change.plant;
    point.version = plant.active;
    point.commit = change.base_commit;
    point.change = change.id;
    AIOP_TRY(const auto runs, home.ledger().ListBy<model::Run>(
                                  store::Kind<model::Run>::Field::kPlant, change.plant));
    for (const auto& run : runs) {
      if (!run.Ended()) point.run_checkpoints[run.id] = run.checkpoint;
    }
    point.created = Now();
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
  if (!change.incident.empty() && !change.after_care) {
    change.after_care =
        aftercare::Begin(aftercare::TermsOf(motor.manifest.after_care, policy_.Governing()), Now());
  }
  return Move(std::move(change), model::ChangeState::kPromoted, "");
}

Result<model::PointerMove> Governor::LastMove(const std::string& plant) {
  AIOP_TRY(const auto moves, engine_.home().motors().ListBy<model::PointerMove>(
                                 store::Kind<model::PointerMove>::Field::kPlant, plant));
  if (moves.empty()) return Internal("a pointer move was not stored");
  return moves.back();
}

// What follows from a moved pointer: our main branch and the changes that were left. True: there
// was something to do, as after a kill between the move and this.
Result<bool> Governor::FinishRollback(const std::string& plant, const std::string& because) {
  contexts::Home& home = engine_.home();
  AIOP_TRY(const model::Plant record, contexts::GetPlant(home, plant));
  AIOP_TRY(const auto versions, home.motors().ListBy<model::MotorVersion>(
                                    store::Kind<model::MotorVersion>::Field::kPlant, plant));
  bool found = false;
  for (const auto& version : versions) {
    const bool left = version.status == model::VersionStatus::kRolledBack &&
                      version.commit != record.active_commit && !version.change.empty();
    if (!left) continue;
    AIOP_TRY(model::Change change, home.ledger().Get<model::Change>(version.change));
    if (change.status != model::ChangeState::kPromoted) continue;
    AIOP_TRY(auto repository, contexts::OpenRepository(home, plant));
    AIOP_TRY(const auto main, repository.ReadRef("refs/heads/main"));
    AIOP_CHECK_OK(repository.MoveRef("refs/heads/main", main, record.active_commit));
    AIOP_TRY([[maybe_unused]] const auto moved,
             Move(std::move(change), model::ChangeState::kRolledBack, because));
    found = true;
  }
  return found;
}

Result<model::PointerMove> Governor::Rollback(const std::string& plant, const std::string& to,
                                              const std::string& actor,
                                              const std::string& because) {
  const std::lock_guard lock(motors_);
  contexts::Home& home = engine_.home();
  AIOP_TRY(const model::Plant record, contexts::GetPlant(home, plant));
  if (to.empty() || to == record.active.version) {
    // The same command again after it was killed half-way.
    AIOP_TRY(const bool finished, FinishRollback(plant, because));
    if (finished) return LastMove(plant);
  }
  AIOP_TRY(auto left, home.motors().Get<model::MotorVersion>(plant + "/" + record.active.version));
  std::string target = to;
  if (target.empty()) {
    AIOP_TRY(const auto versions, home.motors().ListBy<model::MotorVersion>(
                                      store::Kind<model::MotorVersion>::Field::kPlant, plant));
    for (const auto& each : versions) {
      if (each.commit == left.parent) target = each.reference.version;
    }
    if (target.empty()) {
      return NotFound("motor version " + record.active.version + " of plant '" + plant +
                      "' was not promoted by aiop: name the version to go back to with --to");
    }
  }
  if (target == record.active.version) {
    return Invalid("version " + target + " is the active one already");
  }
  AIOP_TRY(const contexts::Motor motor, contexts::MotorAt(home, plant, target));
  left.status = model::VersionStatus::kRolledBack;
  AIOP_CHECK_OK(home.motors().Put(left));
  AIOP_CHECK_OK(contexts::MovePointer(home, plant, motor.version, actor, because));
  AIOP_TRY([[maybe_unused]] const bool finished, FinishRollback(plant, because));
  return LastMove(plant);
}

Status Governor::RollBackUseless(const std::string& id, const std::string& because) {
  AIOP_TRY(const model::Change change, engine_.home().ledger().Get<model::Change>(id));
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(engine_.home(), change.plant));
  if (plant.active_commit != change.candidate) {
    // Left already; perhaps by a command that was killed before it could say so.
    AIOP_TRY([[maybe_unused]] const bool finished, FinishRollback(change.plant, because));
    return {};
  }
  AIOP_TRY([[maybe_unused]] const auto move,
           Rollback(change.plant, change.base_version, "operator", because));
  return {};
}

}  // namespace aiop::governance
