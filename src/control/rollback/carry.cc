// SPDX-License-Identifier: Apache-2.0
// Carrying a rollback out, and finishing one.
#include <algorithm>

#include "base/fault/fault.h"
#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "control/rollback/returning.h"
#include "core/lifecycle/lifecycle.h"

namespace aiop::rollback {
namespace {

using VersionKey = store::Kind<model::MotorVersion>::Field;

Result<std::optional<model::PointerMove>> LastMove(contexts::Home& home, const std::string& plant) {
  store::Query query{.key = 0, .value = plant};
  query.limit = 1;
  query.newest_first = true;
  AIOP_TRY(const auto moves, home.motors().List<model::PointerMove>(query));
  if (moves.empty()) return std::optional<model::PointerMove>();
  return std::optional(moves.front());
}

// The last move, if it is a rollback.
Result<std::optional<model::PointerMove>> LastRollback(contexts::Home& home,
                                                       const std::string& plant) {
  AIOP_TRY(auto move, LastMove(home, plant));
  if (!move || move->from.version.empty()) return std::optional<model::PointerMove>();
  AIOP_TRY(const auto to, home.motors().Find<model::MotorVersion>(plant + "/" + move->to.version));
  if (!to || IsPromotion(*move, *to)) return std::optional<model::PointerMove>();
  return move;
}

// What a version is again that is used after it was rolled back.
void UseAgain(model::MotorVersion& version) {
  if (version.status != model::VersionStatus::kRolledBack) return;
  version.status =
      version.change.empty() ? model::VersionStatus::kAdopted : model::VersionStatus::kPromoted;
}

// A move forward leaves a version as a promotion does: so that one can come back from it too.
model::RestorePoint PointBefore(const Plan& plan, const model::PointerMove& move) {
  return {.id = IdFromHash(HashBytes("restore point of move " + move.id)),
          .plant = move.plant,
          .version = move.from,
          .commit = plan.plant.active_commit,
          .change = plan.to.change,
          .run_checkpoints = plan.open_runs,
          .dropped = std::nullopt,
          .created = move.at};
}

// One commit: whoever reads sees all of it or nothing. The states of versions tell what follows.
Result<model::PointerMove> MovePointer(contexts::Home& home, const Plan& plan,
                                       const std::string& actor, const std::string& because) {
  model::PointerMove move{.id = NewId(),
                          .plant = plan.plant.name,
                          .from = plan.plant.active,
                          .to = plan.to.reference,
                          .actor = actor,
                          .because = because,
                          .change = plan.left.empty() ? "" : plan.left.front().change,
                          .returned = {},
                          .at = Now()};
  for (const auto& each : plan.returned) move.returned.push_back(each.run);
  store::MotorStore::Batch batch;
  for (model::MotorVersion version : plan.left) {
    version.status = model::VersionStatus::kRolledBack;
    batch.Put(version);
  }
  for (model::MotorVersion version : plan.entered) {
    UseAgain(version);
    batch.Put(version);
  }
  if (!plan.entered.empty()) batch.Put(PointBefore(plan, move));
  model::MotorVersion to = plan.to;
  UseAgain(to);
  model::Plant plant = plan.plant;
  plant.active = to.reference;
  plant.active_commit = to.commit;
  batch.Put(to).Put(plant).Put(move);
  AIOP_CHECK_OK(home.motors().Commit(std::move(batch)));
  fault::Point("rollback.pointer");
  return move;
}

Status MoveMain(contexts::Home& home, const std::string& plant, const std::string& commit) {
  AIOP_TRY(auto repository, contexts::OpenRepository(home, plant));
  AIOP_TRY(const auto main, repository.ReadRef("refs/heads/main"));
  if (main == commit) return {};
  AIOP_CHECK_OK(repository.MoveRef("refs/heads/main", main, commit));
  fault::Point("rollback.main");
  return {};
}

model::StoredEvent EventOf(const model::PointerMove& move, size_t changes) {
  model::StoredEvent event;
  event.envelope.id = IdFromHash(HashBytes("rollback " + move.id));
  event.envelope.timestamp = move.at;
  event.envelope.scope = model::Scope::kMotor;
  event.envelope.signal_type = model::SignalType::kValidation;
  event.envelope.severity = model::Severity::kWarn;
  event.envelope.payload = {
      {"details", "motor version " + move.from.version + " was left for " + move.to.version +
                      " by " + move.actor + ": " + std::to_string(changes) +
                      " change(s) rolled back, " + std::to_string(move.returned.size()) +
                      " run(s) returned" + (move.because.empty() ? "" : ": " + move.because)},
      {"move", move.id}};
  event.envelope.context_ref.motor_ctx = move.to;
  event.plant = move.plant;
  return event;
}

// The other commit: runs, changes, and the mark that it was done.
Status FollowUp(contexts::Home& home, const model::Plant& plant, const model::PointerMove& move,
                bool delivered) {
  store::Ledger::Batch batch;
  if (!move.returned.empty()) {
    AIOP_TRY(const auto points, home.motors().ListBy<model::RestorePoint>(
                                    store::Kind<model::RestorePoint>::Field::kPlant, plant.name));
    model::MotorVersion to;
    to.commit = plant.active_commit;
    const auto point = PointOf(points, to);
    for (const std::string& id : move.returned) {
      AIOP_TRY(const auto run, home.ledger().Find<model::Run>(id));
      if (!run || run->Ended() || !point) continue;
      AIOP_CHECK_OK(AddReturn(home, move, *point, *run, batch));
    }
  }
  AIOP_TRY(auto versions,
           home.motors().ListBy<model::MotorVersion>(VersionKey::kPlant, plant.name));
  std::erase_if(versions, [&](const model::MotorVersion& each) {
    return each.status != model::VersionStatus::kRolledBack || each.commit == plant.active_commit;
  });
  AIOP_TRY(auto changes, ChangesOf(home, versions));
  for (model::Change& change : changes) {
    change.status = model::ChangeState::kRolledBack;
    change.reason = move.because;
    change.updated = Now();
    batch.Put(change);
  }
  batch.Put(EventOf(move, changes.size()), store::Mode::kInsertIfNew);
  batch.Put(
      model::Batch{.id = move.id, .plant = plant.name, .closed = delivered, .created = move.at},
      store::Mode::kInsertIfNew);
  AIOP_CHECK_OK(home.ledger().Commit(std::move(batch)));
  fault::Point("rollback.runs");
  return {};
}

}  // namespace

Result<std::optional<model::PointerMove>> Finish(contexts::Home& home, const std::string& name) {
  AIOP_TRY(auto move, LastRollback(home, name));
  if (!move) return move;
  AIOP_TRY(const auto done, home.ledger().Find<model::Batch>(move->id));
  if (done || fault::GuardIsOff("rollback-finished")) return std::optional<model::PointerMove>();
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(home, name));
  AIOP_CHECK_OK(MoveMain(home, name, plant.active_commit));
  AIOP_CHECK_OK(FollowUp(home, plant, *move, false));
  return move;
}

Result<model::PointerMove> Carry(contexts::Home& home, const Plan& plan, const std::string& actor,
                                 const std::string& because, Asked asked) {
  AIOP_TRY(model::PointerMove move, MovePointer(home, plan, actor, because));
  AIOP_CHECK_OK(MoveMain(home, plan.plant.name, plan.to.commit));
  model::Plant plant = plan.plant;
  plant.active = plan.to.reference;
  plant.active_commit = plan.to.commit;
  AIOP_CHECK_OK(FollowUp(home, plant, move, asked == Asked::kByOperator));
  return move;
}

Result<std::optional<model::PointerMove>> Undelivered(contexts::Home& home,
                                                      const std::string& plant) {
  AIOP_TRY(auto move, LastRollback(home, plant));
  if (!move) return move;
  AIOP_TRY(const auto mark, home.ledger().Find<model::Batch>(move->id));
  if (mark && mark->closed) move.reset();
  return move;
}

Status Delivered(contexts::Home& home, const model::PointerMove& move) {
  AIOP_TRY(auto mark, home.ledger().Find<model::Batch>(move.id));
  if (!mark || mark->closed) return {};
  mark->closed = true;
  return home.ledger().Put(*mark);
}

Result<json::Object> Describe(contexts::Home& home, const model::PointerMove& move) {
  json::Object object = describe::ToJson(move).as_object();
  json::Array runs;
  for (const std::string& id : move.returned) {
    AIOP_TRY(const auto run, home.ledger().Find<model::Run>(id));
    if (!run) continue;
    runs.push_back(json::Object{{"run", run->id},
                                {"app", run->app},
                                {"profile", run->profile},
                                {"state", std::string(describe::Name(run->state))},
                                {"checkpoint", run->checkpoint},
                                {"cause", run->cause}});
  }
  object["runs"] = std::move(runs);
  return object;
}

}  // namespace aiop::rollback
