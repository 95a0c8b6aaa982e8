// SPDX-License-Identifier: Apache-2.0
// From decisions that an app has to change to resumed runs, on the same motor version.
#include "control/supervision/impl.h"

namespace aiop::supervision {

Status Supervisor::Impl::ParkAll(const std::vector<model::Run>& runs, PausedBecause because,
                                 const std::string& why) {
  for (const model::Run& run : runs) {
    AIOP_TRY(const model::Run now, Get(run.id));
    if (Waits(now, because) && now.cause == why) continue;
    AIOP_TRY([[maybe_unused]] const auto waits,
             engine.Move(run.id, lifecycle::RunEvent::kPause, why, because));
  }
  return {};
}

Result<bool> Supervisor::Impl::OnlyObserves(const model::DecisionRecord& decision,
                                            const std::vector<model::Run>& runs,
                                            const std::string& what) {
  AIOP_TRY(const contexts::Motor active, contexts::ActiveMotor(home, decision.plant));
  if (active.manifest.autonomy != model::Autonomy::kObserve) return false;
  exhausted.insert(decision.decision_id);
  AIOP_CHECK_OK(arbiter.SetOutcome(decision.decision_id, "observed: " + what));
  AIOP_CHECK_OK(ParkAll(runs, PausedBecause::kFix,
                        what + ", and motor.yaml says autonomy: observe, so nothing is changed"));
  return true;
}

Status Supervisor::Impl::ResumeOnApp(const model::Change& change,
                                     const model::DecisionRecord& decision,
                                     const std::vector<model::Run>& runs) {
  AIOP_TRY(const model::App app, home.apps().Get<model::App>(change.app));
  for (const model::Run& run : runs) {
    AIOP_TRY(const contexts::Motor own, contexts::MotorAtCommit(home, run.plant, run.motor_commit));
    AIOP_TRY([[maybe_unused]] const auto validating,
             engine.Move(run.id, lifecycle::RunEvent::kPatched,
                         "app version " + app.current.version + " passed its checks"));
    AIOP_TRY([[maybe_unused]] const auto ready,
             engine.PrepareResume(run.id, app.current, own,
                                  {.cause = "retried on app version " + app.current.version +
                                            " with the same motor version",
                                   .healed_by = change.id}));
  }
  return arbiter.SetOutcome(decision.decision_id,
                            "patched: app " + change.app + " " + app.current.version);
}

Status Supervisor::Impl::HealApp(const model::DecisionRecord& decision,
                                 const std::vector<model::Run>& runs, const Otherwise& otherwise) {
  std::vector<model::Run> patching;
  for (const model::Run& run : runs) {
    AIOP_TRY(auto moved,
             engine.Move(run.id, lifecycle::RunEvent::kPatchApp, "looking for a patch of the app"));
    patching.push_back(std::move(moved));
  }
  auto change = repairer.Repair(decision, patching);
  if (!change) {
    const bool stopped = change.error().code == Code::kCancelled;
    const Status parked =
        ParkAll(patching, stopped ? PausedBecause::kOperator : PausedBecause::kFix,
                "no patch of the app could be prepared: " + change.error().message);
    return stopped ? parked : std::unexpected(change.error());
  }
  if (!*change) {
    // Before the runs are parked: a parked run is not looked at again.
    AIOP_CHECK_OK(arbiter.SetOutcome(decision.decision_id, otherwise.outcome));
    return ParkAll(patching, PausedBecause::kFix, otherwise.cause);
  }
  if ((*change)->status == model::ChangeState::kPromoted) {
    return ResumeOnApp(**change, decision, patching);
  }
  const std::string& id = (*change)->id;
  AIOP_CHECK_OK(
      arbiter.SetOutcome(decision.decision_id, "waiting: change " + id + " awaits approval"));
  return ParkAll(patching, PausedBecause::kApproval,
                 "aiop change approve " + id + " applies the patch that is ready");
}

Status Supervisor::Impl::HealApps(const model::DecisionRecord& decision,
                                  const std::vector<model::Run>& runs, const Otherwise& otherwise) {
  AIOP_TRY(const bool only_observes, OnlyObserves(decision, runs, "the app has to change"));
  if (only_observes) return {};
  std::map<std::string, std::vector<model::Run>> by_app;
  for (const model::Run& run : runs) by_app[run.app].push_back(run);
  for (const auto& [app, members] : by_app) {
    AIOP_CHECK_OK(HealApp(decision, members, otherwise));
  }
  return {};
}

}  // namespace aiop::supervision
