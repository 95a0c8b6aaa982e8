// SPDX-License-Identifier: Apache-2.0
// Going back, told to whoever watches.
#include "control/rollback/rollback.h"

#include "control/governance/governance.h"

namespace aiop::governance {
namespace {

// The runs that a move took back, and the move itself, to whoever watches.
Status TellOf(engine::Engine& engine, const model::PointerMove& move) {
  for (const std::string& id : move.returned) {
    AIOP_TRY(const auto run, engine.home().ledger().Find<model::Run>(id));
    if (!run) continue;
    engine.Tell({.what = engine::Notice::What::kTransition,
                 .run = *run,
                 .name = {},
                 .text = run->cause,
                 .event = {}});
  }
  engine.Tell({.what = engine::Notice::What::kStep,
               .run = {},
               .name = "rollback",
               .text = "motor " + move.from.version + " -> " + move.to.version +
                       (move.because.empty() ? "" : ": " + move.because),
               .event = {}});
  return {};
}

}  // namespace

Result<std::optional<model::PointerMove>> Governor::FinishRollback(const std::string& plant) {
  AIOP_TRY(auto move, rollback::Finish(engine_.home(), plant));
  if (move) AIOP_CHECK_OK(TellOf(engine_, *move));
  return move;
}

Result<model::PointerMove> Governor::Rollback(const std::string& plant, const std::string& to,
                                              const std::string& actor,
                                              const std::string& because) {
  const std::lock_guard lock(motors_);
  contexts::Home& home = engine_.home();
  AIOP_TRY([[maybe_unused]] const auto finished, FinishRollback(plant));
  // The same command again after it was killed, at whatever point: it goes back once.
  AIOP_TRY(const auto undelivered, rollback::Undelivered(home, plant));
  if (undelivered && (to.empty() || to == undelivered->to.version)) return *undelivered;
  AIOP_TRY(const auto plan, rollback::PlanFor(home, plant, to));
  AIOP_TRY(auto move, rollback::Carry(home, plan, actor, because, rollback::Asked::kByHuman));
  AIOP_CHECK_OK(TellOf(engine_, move));
  return move;
}

Status Governor::RollBackUseless(const std::string& id, const std::string& because) {
  const std::lock_guard lock(motors_);
  contexts::Home& home = engine_.home();
  AIOP_TRY(const model::Change change, home.ledger().Get<model::Change>(id));
  AIOP_TRY([[maybe_unused]] const auto finished, FinishRollback(change.plant));
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(home, change.plant));
  if (plant.active_commit != change.candidate) return {};
  AIOP_TRY(const auto plan, rollback::PlanFor(home, change.plant, change.base_version));
  AIOP_TRY(const auto move,
           rollback::Carry(home, plan, "operator", because, rollback::Asked::kByOperator));
  return TellOf(engine_, move);
}

}  // namespace aiop::governance
