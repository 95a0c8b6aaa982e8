// SPDX-License-Identifier: Apache-2.0
// Which runs a request is about, and what becomes of those that an earlier command left behind.
#include "control/supervision/impl.h"

namespace aiop::supervision {

Result<std::vector<std::string>> Supervisor::Impl::SelectRunsOf(const Request& request,
                                                                const model::App& app,
                                                                const std::string& batch) {
  std::vector<std::string> profiles = request.profiles.empty() ? app.profiles : request.profiles;
  if (profiles.empty()) profiles = {""};
  AIOP_TRY(const auto history,
           home.ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kApp, app.name));
  // New runs of the cohort are made on the version on trial.
  AIOP_TRY(auto on_trial, governor.OnTrial(request.plant));
  const bool takes_part = on_trial && request.motor_version.empty() &&
                          !on_trial->canaries.back().shadow &&
                          std::ranges::count(on_trial->canaries.back().cohort, app.name) > 0;
  if (!takes_part) on_trial.reset();
  std::vector<std::string> selected;
  for (const std::string& profile : profiles) {
    std::string found;
    for (const auto& run : history) {
      if (run.profile != profile || run.plant != request.plant || run.shadow) continue;
      if (!run.Ended()) {
        if (request.fresh) {
          AIOP_CHECK_OK(Cancel(run, "given up for a fresh run"));
          continue;
        }
        found = run.id;
      } else if (!request.fresh && !run.batch.empty()) {
        // Finished by a command that was killed before it could say so: this command is that one,
        // continued.
        AIOP_TRY(const auto made_by, home.ledger().Find<model::Batch>(run.batch));
        if (made_by && !made_by->closed) found = run.id;
      }
    }
    if (found.empty()) {
      engine::NewRun wanted{.plant = request.plant,
                            .app = app.name,
                            .profile = profile,
                            .batch = batch,
                            .motor_version = request.motor_version};
      if (on_trial) {
        wanted.canary = on_trial->id;
        wanted.commit = on_trial->candidate;
      }
      AIOP_TRY(const model::Run run, engine.CreateRun(wanted));
      found = run.id;
    }
    selected.push_back(found);
  }
  return selected;
}

Result<std::vector<std::string>> Supervisor::Impl::SelectRuns(const Request& request,
                                                              const std::string& batch) {
  AIOP_TRY(const contexts::Motor motor,
           request.motor_version.empty()
               ? contexts::ActiveMotor(home, request.plant)
               : contexts::MotorAt(home, request.plant, request.motor_version));
  std::vector<model::App> apps;
  if (request.apps.empty()) {
    AIOP_TRY(apps,
             home.apps().ListBy<model::App>(store::Kind<model::App>::Field::kPlant, request.plant));
    if (apps.empty()) {
      return Invalid("plant '" + request.plant +
                     "' has no apps: add one with 'aiop app add NAME --plant " + request.plant +
                     " --spec PATH'");
    }
  }
  for (const std::string& name : request.apps) {
    AIOP_TRY(const model::App app, home.apps().Get<model::App>(name));
    if (app.plant != request.plant) {
      return Invalid("app '" + name + "' belongs to plant '" + app.plant + "', not to '" +
                     request.plant + "'");
    }
    apps.push_back(app);
  }
  for (const std::string& profile : request.profiles) {
    const auto& known = motor.manifest.profiles;
    if (std::find(known.begin(), known.end(), profile) == known.end()) {
      return Invalid("plant '" + request.plant + "' has no profile '" + profile + "'");
    }
  }
  std::vector<std::string> runs;
  for (const model::App& app : apps) {
    AIOP_TRY(const auto of_app, SelectRunsOf(request, app, batch));
    runs.insert(runs.end(), of_app.begin(), of_app.end());
  }
  return runs;
}

Status Supervisor::Impl::Cancel(const model::Run& run, const std::string& cause) {
  // A run that never ran is started and given up: IDLE has no other way out.
  if (run.state == RunState::kIdle) {
    AIOP_TRY([[maybe_unused]] const auto started,
             engine.Move(run.id, lifecycle::RunEvent::kStart, cause));
  } else if (run.state != RunState::kRunning && run.state != RunState::kPaused) {
    AIOP_TRY([[maybe_unused]] const auto paused,
             engine.Move(run.id, lifecycle::RunEvent::kPause, cause));
  }
  AIOP_TRY([[maybe_unused]] const auto ended,
           engine.Move(run.id, lifecycle::RunEvent::kCancel, cause));
  return {};
}

// An unfinished run of an earlier command: what can go on, goes on.
Status Supervisor::Impl::TakeOver(const model::Run& run) {
  if (run.state != RunState::kPaused) return {};
  AIOP_TRY(const model::App app, home.apps().Get<model::App>(run.app));
  AIOP_TRY(const contexts::Motor own, OwnMotor(run));
  if (Waits(run, PausedBecause::kApproval)) {
    // Its change may have been decided since.
    AIOP_TRY(const auto changes, home.ledger().ListBy<model::Change>(
                                     store::Kind<model::Change>::Field::kIncident, run.incident));
    const bool waits = std::ranges::any_of(changes, [&](const model::Change& change) {
      const bool its_own = change.side != model::Scope::kApp || change.app == run.app;
      return its_own && change.status == model::ChangeState::kAwaitingApproval;
    });
    if (!waits) {
      AIOP_TRY([[maybe_unused]] const auto again,
               engine.Move(run.id, lifecycle::RunEvent::kPause, "its change was decided",
                           PausedBecause::kFix));
    }
  }
  if (Waits(run, PausedBecause::kBreaker) && !run.incident.empty()) {
    // A human may have closed it since, or brought a fix.
    AIOP_TRY(const auto incident, engine.CurrentIncident(run.incident));
    AIOP_TRY(const std::string breaker, followup.BreakerOf(incident));
    if (breaker.empty() || !incident.change.empty()) {
      AIOP_TRY([[maybe_unused]] const auto again,
               engine.Move(run.id, lifecycle::RunEvent::kPause,
                           breaker.empty() ? "the breaker was closed" : "there is a new fix",
                           PausedBecause::kFix));
    }
  }
  if (Waits(run, PausedBecause::kEvidence) && !run.decision.empty() && !run.pinned_motor) {
    // Nobody knew the cause. A motor version made since is new evidence: the run is tried on it.
    AIOP_TRY(const auto decision, home.ledger().Get<model::DecisionRecord>(run.decision));
    AIOP_TRY(const contexts::Motor active, contexts::ActiveMotor(home, run.plant));
    if (decision.outcome == "abstained" && active.version.commit != run.motor_commit) {
      AIOP_TRY([[maybe_unused]] const auto ready,
               engine.PrepareResume(run.id, run.app_ctx, active,
                                    {.cause = "tried on motor " + active.version.reference.version +
                                              ", which is new since it stopped"}));
      return {};
    }
  }
  const bool interrupted = Waits(run, PausedBecause::kOperator) || Waits(run, PausedBecause::kBoot);
  // What is made anew is made of the same app version, unless that fails.
  const bool same_app = !run.rerun_of.empty() && run.incident.empty();
  if (app.current != run.app_ctx && !same_app) {
    AIOP_TRY([[maybe_unused]] const auto patching,
             engine.Move(run.id, lifecycle::RunEvent::kPatchApp,
                         "its app has a new version, " + app.current.version));
    AIOP_TRY([[maybe_unused]] const auto patched,
             engine.Move(run.id, lifecycle::RunEvent::kPatched,
                         "validating on app version " + app.current.version));
    AIOP_TRY(const auto version, contexts::VersionOf(home, app.current));
    constexpr std::string_view kChange = "change ";
    const bool patched_by_us =
        version.made_by == "operator" && version.because.starts_with(kChange);
    AIOP_TRY([[maybe_unused]] const auto ready,
             engine.PrepareResume(
                 run.id, app.current, own,
                 {.cause = "retried on app version " + app.current.version +
                           " with the same motor version",
                  .healed_by = patched_by_us ? version.because.substr(kChange.size()) : ""}));
    return {};
  }
  if (interrupted && run.incident.empty()) {
    AIOP_TRY([[maybe_unused]] const auto ready,
             engine.PrepareResume(run.id, run.app_ctx, own,
                                  {.cause = "continued after an interruption"}));
    return {};
  }
  if (interrupted) {
    // Stopped at a failure, then interrupted while that was being dealt with: back to where it
    // stood, unless it had been resumed already.
    AIOP_TRY(const auto transitions, home.ledger().ListBy<model::Transition>(
                                         store::Kind<model::Transition>::Field::kRun, run.id));
    const bool was_driven =
        transitions.size() >= 2 && (transitions.back().from == RunState::kRunning ||
                                    transitions.back().from == RunState::kResuming);
    if (was_driven) {
      AIOP_TRY([[maybe_unused]] const auto ready,
               engine.PrepareResume(run.id, run.app_ctx, own,
                                    {.cause = "continued after an interruption"}));
      return {};
    }
    AIOP_TRY([[maybe_unused]] const auto waits,
             engine.Move(run.id, lifecycle::RunEvent::kPause, "back to the failure it stands at",
                         PausedBecause::kEvidence));
  }
  return {};
}

}  // namespace aiop::supervision
