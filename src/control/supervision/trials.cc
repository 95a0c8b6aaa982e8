// SPDX-License-Identifier: Apache-2.0
// Runs while a motor version is on trial: who takes part, who waits, and what its end means to
// them.
#include "control/supervision/impl.h"
#include "core/kpi/kpi.h"

namespace aiop::supervision {
namespace {

using model::ChangeState;

bool TookPart(const model::Change& change, const model::Run& run) {
  return run.canary == change.id && run.motor_ctx.version == change.version;
}

// Over, and the candidate was not promoted.
bool WasLeft(const model::Change& change) {
  return change.status == ChangeState::kRolledBack || change.status == ChangeState::kSuperseded ||
         change.status == ChangeState::kRejected;
}

bool IsOpen(const model::Change& change) {
  return change.status == ChangeState::kDrafted || change.status == ChangeState::kGating ||
         change.status == ChangeState::kAwaitingApproval;
}

}  // namespace

Result<contexts::Motor> Supervisor::Impl::OwnMotor(const model::Run& run) {
  if (!run.canary.empty()) {
    AIOP_TRY(const auto change, home.ledger().Get<model::Change>(run.canary));
    if (WasLeft(change) && TookPart(change, run)) return contexts::ActiveMotor(home, run.plant);
  }
  return contexts::MotorAtCommit(home, run.plant, run.motor_commit);
}

Status Supervisor::Impl::JoinTrial(const model::Change& change,
                                   const model::DecisionRecord& decision,
                                   std::vector<model::Run> runs) {
  const model::Canary& trial = change.canaries.back();
  const auto in_cohort = [&](const model::Run& run) {
    return std::ranges::count(trial.cohort, run.app) > 0;
  };
  AIOP_TRY(const auto all,
           home.ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kPlant, change.plant));
  bool some_joined = std::ranges::any_of(all, [&](const model::Run& run) {
    return TookPart(change, run) && run.healed_by == change.id;
  });
  some_joined = some_joined || std::ranges::any_of(runs, in_cohort);
  std::vector<model::Run> waiting;
  std::vector<model::Run> joining;
  for (model::Run& run : runs) {
    // Where no app of the cohort needs the fix, one of the others shows whether it heals.
    const bool joins = !trial.shadow && (in_cohort(run) || !some_joined);
    some_joined = some_joined || joins;
    (joins ? joining : waiting).push_back(std::move(run));
  }
  AIOP_CHECK_OK(ParkAll(
      waiting, PausedBecause::kCanary,
      "motor " + change.version + ", which answers it, is on trial (change " + change.id + ")"));
  if (joining.empty()) {
    return arbiter.SetOutcome(decision.decision_id,
                              "waiting: change " + change.id + " is on trial");
  }
  return ResumeOn(change, decision, joining);
}

Result<std::vector<model::Run>> Supervisor::Impl::ActOnTrial(const model::DecisionRecord& decision,
                                                             const std::vector<model::Run>& runs) {
  AIOP_TRY(const auto change, governor.OnTrial(decision.plant));
  if (!change) return runs;
  std::vector<model::Run> others;
  std::vector<model::Run> failed;
  for (const model::Run& run : runs) (TookPart(*change, run) ? failed : others).push_back(run);
  AIOP_CHECK_OK(ParkAll(failed, PausedBecause::kCanary,
                        "motor " + change->version + " is on trial, and it failed on it (change " +
                            change->id + ")"));
  if (others.empty()) return others;
  AIOP_TRY(const auto incident, engine.CurrentIncident(decision.incident_id));
  if (!change->incident.empty()) {
    AIOP_TRY(const auto answered, engine.CurrentIncident(change->incident));
    if (answered.id == incident.id) {
      AIOP_CHECK_OK(JoinTrial(*change, decision, std::move(others)));
      return std::vector<model::Run>();
    }
  }
  AIOP_TRY(const auto changes, home.ledger().ListBy<model::Change>(
                                   store::Kind<model::Change>::Field::kIncident, incident.id));
  const auto next = std::ranges::find(changes, ChangeState::kGating, &model::Change::status);
  if (next == changes.end()) return others;
  AIOP_CHECK_OK(
      ParkAll(others, PausedBecause::kCanary, "change " + next->id + ": " + next->reason));
  return std::vector<model::Run>();
}

// One that took part: back to the active version if the candidate was left; if it was promoted,
// what still stands is looked at like any other failure.
Result<bool> Supervisor::Impl::FreeParticipant(const model::Run& run) {
  AIOP_TRY(const auto change, home.ledger().Get<model::Change>(run.canary));
  if (run.shadow) {
    const bool over = change.status != ChangeState::kCanary;
    if (over) AIOP_CHECK_OK(Cancel(run, "the trial is over"));
    return false;
  }
  if (run.state != RunState::kPaused || run.paused_because == PausedBecause::kHuman) return false;
  if (WasLeft(change) && TookPart(change, run)) {
    const std::string cause = "the trial of motor " + change.version + " is over, it is not used";
    if (!Waits(run, PausedBecause::kCanary)) {
      AIOP_TRY([[maybe_unused]] const auto back,
               engine.Move(run.id, lifecycle::RunEvent::kPause, cause, PausedBecause::kCanary));
    }
    AIOP_TRY(const contexts::Motor active, contexts::ActiveMotor(home, run.plant));
    AIOP_TRY([[maybe_unused]] const auto ready,
             engine.PrepareResume(
                 run.id, run.app_ctx, active,
                 {.cause = cause + ": back on " + active.version.reference.version, .canary = ""}));
    return true;
  }
  if (change.status != ChangeState::kPromoted || !Waits(run, PausedBecause::kCanary)) return false;
  exhausted.erase(run.decision);
  AIOP_TRY([[maybe_unused]] const auto looked_at,
           engine.Move(run.id, lifecycle::RunEvent::kPause, "the trial is over, its failure stays",
                       PausedBecause::kFix));
  return true;
}

// One that waits for the end of a trial: that of a change which answers it, or one that such a
// change has to wait for.
Result<bool> Supervisor::Impl::FreeWaiting(const model::Run& run) {
  AIOP_TRY(const auto changes, home.ledger().ListBy<model::Change>(
                                   store::Kind<model::Change>::Field::kIncident, run.incident));
  AIOP_TRY(const auto on_trial, governor.OnTrial(run.plant));
  for (const model::Change& change : changes) {
    if (on_trial && on_trial->id == change.id) {
      AIOP_TRY(const auto decision, home.ledger().Get<model::DecisionRecord>(run.decision));
      AIOP_CHECK_OK(JoinTrial(change, decision, {run}));
      AIOP_TRY(const model::Run now, Get(run.id));
      return now.state != RunState::kPaused;
    }
    if (on_trial && IsOpen(change)) return false;
  }
  exhausted.erase(run.decision);
  AIOP_TRY([[maybe_unused]] const auto again,
           engine.Move(run.id, lifecycle::RunEvent::kPause, "the trial it waited for is over",
                       PausedBecause::kFix));
  return true;
}

Result<bool> Supervisor::Impl::FreeFromTrial(const model::Run& run) {
  if (!run.canary.empty()) return FreeParticipant(run);
  if (!Waits(run, PausedBecause::kCanary) || run.decision.empty()) return false;
  return FreeWaiting(run);
}

Result<std::vector<std::string>> Supervisor::Impl::FreeRuns(const std::string& plant) {
  AIOP_TRY(const auto runs,
           home.ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kPlant, plant));
  std::vector<std::string> freed;
  for (const model::Run& run : runs) {
    if (run.Ended()) continue;
    AIOP_TRY(const bool goes_on, FreeFromTrial(run));
    if (goes_on) freed.push_back(run.id);
  }
  return freed;
}

Status Supervisor::Impl::RunShadows(const std::string& plant) {
  AIOP_TRY(const auto change, governor.OnTrial(plant));
  if (!change || !change->canaries.back().shadow) return {};
  const model::Canary& trial = change->canaries.back();
  AIOP_TRY(const contexts::Motor candidate,
           contexts::MotorAtCommit(home, plant, change->candidate));
  AIOP_TRY(const auto runs,
           home.ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kPlant, plant));
  std::vector<std::string> ready;
  for (const model::Run& run : runs) {
    const bool of_trial = run.created >= trial.started || Waits(run, PausedBecause::kCanary);
    if (run.shadow || !of_trial || std::ranges::count(trial.cohort, run.app) == 0 ||
        run.motor_commit != change->base_commit || !kpi::Outcome(run)) {
      continue;
    }
    const std::string id = governor.ShadowOf(*change, run.id);
    AIOP_TRY(const auto there, home.ledger().Find<model::Run>(id));
    if (there && there->Ended()) continue;
    if (!there) {
      AIOP_TRY([[maybe_unused]] const auto made, engine.CreateRun({.plant = plant,
                                                                   .app = run.app,
                                                                   .profile = run.profile,
                                                                   .canary = change->id,
                                                                   .commit = change->candidate,
                                                                   .beside = run.id,
                                                                   .id = id}));
    } else if (there->state == RunState::kPaused) {
      AIOP_TRY([[maybe_unused]] const auto again,
               engine.PrepareResume(id, there->app_ctx, candidate,
                                    {.cause = "continued after an interruption"}));
    }
    ready.push_back(id);
  }
  return DriveAll(ready);
}

Status Supervisor::Impl::SettleTrials(const std::string& plant, std::vector<std::string>& runs) {
  // Each turn ends a trial, or is the last.
  constexpr int kTrialLimit = 20;
  const auto take_up = [&]() -> Result<bool> {
    AIOP_TRY(const auto freed, FreeRuns(plant));
    for (const std::string& id : freed) {
      if (std::ranges::count(runs, id) == 0) runs.push_back(id);
    }
    return !freed.empty();
  };
  for (int turn = 0; turn < kTrialLimit && !engine.stopping(); ++turn) {
    AIOP_CHECK_OK(RunShadows(plant));
    if (engine.stopping()) return {};
    AIOP_TRY(const auto ended, governor.JudgeTrial(plant));
    AIOP_TRY(const bool some_go_on, take_up());
    if (!ended && !some_go_on) return {};
    // A change that waited for this end may be tried now.
    if (ended) AIOP_CHECK_OK(governor.ContinueAll(plant));
    AIOP_TRY([[maybe_unused]] const bool more, take_up());
    AIOP_CHECK_OK(GoRound(plant, runs));
  }
  return {};
}

}  // namespace aiop::supervision
