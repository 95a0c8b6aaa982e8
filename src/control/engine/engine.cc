// SPDX-License-Identifier: Apache-2.0
#include "control/engine/engine.h"

#include <unistd.h>

#include "base/fault/fault.h"
#include "base/identity/identity.h"
#include "control/engine/transcript.h"

namespace aiop::engine {

Engine::Engine(contexts::Home& home, Watcher watcher)
    : home_(home), watcher_(std::move(watcher)), owner_("process " + std::to_string(getpid())) {}

Result<model::Run> Engine::CreateRun(const NewRun& request) {
  AIOP_TRY(const model::App app, home_.apps().Get<model::App>(request.app));
  AIOP_TRY(const contexts::Motor motor,
           !request.commit.empty() ? contexts::MotorAtCommit(home_, request.plant, request.commit)
           : request.motor_version.empty()
               ? contexts::ActiveMotor(home_, request.plant)
               : contexts::MotorAt(home_, request.plant, request.motor_version));
  model::Run run;
  run.id = request.id.empty() ? NewId() : request.id;
  run.plant = request.plant;
  run.app = request.app;
  run.profile = request.profile;
  run.app_ctx = app.current;
  run.motor_ctx = motor.version.reference;
  run.motor_commit = motor.version.commit;
  run.pinned_motor = !request.motor_version.empty();
  run.batch = request.batch;
  run.canary = request.canary;
  run.shadow = !request.beside.empty();
  run.cause = run.shadow ? "made beside run " + request.beside : "created";
  run.created = run.updated = Now();
  AIOP_CHECK_OK(home_.ledger().Put(run, store::Mode::kInsert));
  return run;
}

Result<model::Run> Engine::Fork(const std::string& from, const std::string& name) {
  AIOP_TRY(const model::Run origin, home_.ledger().Get<model::Run>(from));
  AIOP_TRY(const auto checkpoints, CheckpointsOf(from, true));
  int64_t last = 0;
  for (const auto& each : checkpoints) {
    if (each.name == name) last = each.ordinal;
  }
  if (last == 0) return NotFound("run " + from + " has no checkpoint '" + name + "'");
  model::Run run;
  run.id = NewId();
  run.plant = origin.plant;
  run.app = origin.app;
  run.profile = origin.profile;
  run.app_ctx = origin.app_ctx;
  run.motor_ctx = origin.motor_ctx;
  run.motor_commit = origin.motor_commit;
  run.pinned_motor = origin.pinned_motor;
  run.forked_from = from + " at " + name;
  run.state = model::RunState::kPaused;
  run.paused_because = model::PausedBecause::kHuman;
  run.cause = "forked from run " + from + " at checkpoint " + name;
  run.created = run.updated = Now();
  store::Ledger::Batch batch;
  for (const auto& each : checkpoints) {
    if (each.ordinal > last || (each.stale && each.ordinal != last)) continue;
    model::Checkpoint copy = each;
    copy.run = run.id;
    copy.stale = false;
    copy.ordinal = ++run.checkpoint_ordinal;
    copy.id = run.id + "/" + std::to_string(copy.ordinal);
    run.checkpoint = copy.name;
    run.app_ctx = copy.app_ctx;
    batch.Put(copy);
  }
  batch.Put(run, store::Mode::kInsert);
  AIOP_CHECK_OK(home_.ledger().Commit(std::move(batch)));
  return run;
}

Result<model::Run> Engine::Store(model::Run run, lifecycle::RunEvent event,
                                 const std::string& cause, model::PausedBecause because,
                                 const std::optional<store::Fence>& fence,
                                 store::Ledger::Batch batch) {
  AIOP_TRY(const lifecycle::RunStep step, lifecycle::StepRun(run.state, event, because));
  model::Transition transition;
  transition.run = run.id;
  transition.number = ++run.transitions;
  transition.id = run.id + "/" + std::to_string(transition.number);
  transition.from = run.state;
  transition.to = step.state;
  transition.paused_because = step.paused_because;
  transition.cause = cause;
  transition.at = Now();
  run.state = step.state;
  run.paused_because = step.paused_because;
  run.cause = cause;
  run.updated = transition.at;
  batch.Guard(fence).Put(run).Put(transition, store::Mode::kInsert);
  AIOP_CHECK_OK(home_.ledger().Commit(std::move(batch)));
  Tell({.what = Notice::What::kTransition, .run = run, .name = {}, .text = cause, .event = {}});
  return run;
}

Result<model::Run> Engine::Move(const std::string& id, lifecycle::RunEvent event,
                                const std::string& cause, model::PausedBecause because,
                                const std::function<void(model::Run&)>& change) {
  AIOP_TRY(model::Run run, home_.ledger().Get<model::Run>(id));
  if (change) change(run);
  return Store(std::move(run), event, cause, because, std::nullopt, {});
}

Result<std::vector<model::Checkpoint>> Engine::CheckpointsOf(const std::string& run,
                                                             bool with_stale) {
  AIOP_TRY(auto checkpoints, home_.ledger().ListBy<model::Checkpoint>(
                                 store::Kind<model::Checkpoint>::Field::kRun, run));
  if (!with_stale)
    std::erase_if(checkpoints, [](const model::Checkpoint& each) { return each.stale; });
  return checkpoints;
}

Result<std::map<std::string, std::string>> Engine::KeysFor(const model::AppReference& app,
                                                           const std::string& profile,
                                                           const contexts::Motor& motor) {
  if (motor.manifest.run.pipeline.empty()) return std::map<std::string, std::string>();
  AIOP_TRY(const auto version, contexts::VersionOf(home_, app));
  const auto scratch = home_.ExperimentFolder() / ("keys-" + NewId());
  AIOP_TRY(const auto spec, contexts::PlaceSpec(home_, version, scratch / "spec"));
  AIOP_TRY(const auto checkout, contexts::Checkout(home_, motor));
  auto keys = plants::ExpectedKeys(motor.manifest, checkout, spec, profile);
  AIOP_CHECK_OK(file::RemoveTree(scratch));
  return keys;
}

Result<model::Run> Engine::PrepareResume(const std::string& id, const model::AppReference& app,
                                         const contexts::Motor& motor,
                                         const Resumption& resumption) {
  AIOP_TRY(model::Run run, home_.ledger().Get<model::Run>(id));
  AIOP_TRY(const auto checkpoints, CheckpointsOf(id));
  lifecycle::ResumeTarget target;
  target.app_ctx = app;
  target.motor_ctx = motor.version.reference;
  target.declared = motor.manifest.resume;
  AIOP_TRY(target.expected_keys, KeysFor(app, run.profile, motor));
  lifecycle::Survivors survivors = lifecycle::CheckpointsAfter(checkpoints, target);
  for (int step = 0; step < resumption.steps_back && survivors.last; ++step) {
    survivors.stale.insert(survivors.stale.begin(), *survivors.last);
    const int64_t dropped = survivors.last->ordinal;
    survivors.last.reset();
    for (const auto& each : checkpoints) {
      if (each.ordinal < dropped) survivors.last = each;
    }
  }
  store::Ledger::Batch batch;
  for (model::Checkpoint stale : survivors.stale) {
    stale.stale = true;
    batch.Put(stale);
  }
  run.steps_invalidated += static_cast<int64_t>(survivors.stale.size());
  run.steps_kept += static_cast<int64_t>(checkpoints.size() - survivors.stale.size());
  run.checkpoint = survivors.last ? survivors.last->name : "";
  run.app_ctx = app;
  run.motor_ctx = motor.version.reference;
  run.motor_commit = motor.version.commit;
  ++run.resumed;
  run.not_before.reset();
  if (resumption.wait.count() > 0) run.not_before = Now() + resumption.wait;
  if (!resumption.healed_by.empty()) run.healed_by = resumption.healed_by;
  if (resumption.canary) run.canary = *resumption.canary;
  const auto event = run.state == model::RunState::kValidating ? lifecycle::RunEvent::kValidated
                                                               : lifecycle::RunEvent::kResume;
  return Store(std::move(run), event, resumption.cause, model::PausedBecause::kHuman, std::nullopt,
               std::move(batch));
}

bool Engine::RequestStop(const std::string& run, lifecycle::RunEvent event) {
  const std::lock_guard lock(driving_mutex_);
  const auto driving = driving_.find(run);
  if (driving == driving_.end()) return false;
  driving->second->event = static_cast<int>(event);
  driving->second->stop = true;
  return true;
}

void Engine::StopAll() {
  home_.stopping() = true;
  const std::lock_guard lock(driving_mutex_);
  for (const auto& [run, driving] : driving_) {
    driving->event = static_cast<int>(lifecycle::RunEvent::kInterrupted);
    driving->stop = true;
  }
}

Result<std::vector<model::Run>> Engine::Recover() {
  AIOP_TRY(const auto plants, home_.motors().List<model::Plant>());
  for (const auto& plant : plants) {
    AIOP_TRY(auto repository, contexts::OpenRepository(home_, plant.name));
    AIOP_CHECK_OK(repository.RemoveStaleLocks());
  }
  // What a killed process left half done beside the runs: experiments and copies under way.
  for (const auto& folder :
       {home_.ExperimentFolder(), home_.folder() / "app", home_.folder() / "motor"}) {
    std::error_code ignored;
    for (std::filesystem::directory_iterator entry(folder, ignored), end; !ignored && entry != end;
         entry.increment(ignored)) {
      const std::string name = entry->path().filename().string();
      const bool left_over = folder == home_.ExperimentFolder() || name.starts_with("taking-") ||
                             name.starts_with("diff-") || name.starts_with("adding-");
      if (left_over) AIOP_CHECK_OK(file::RemoveTree(entry->path()));
    }
  }
  std::vector<model::Run> recovered;
  if (fault::GuardIsOff("recovery")) return recovered;
  using enum model::RunState;
  for (const model::RunState state :
       {kRunning, kPatchingMotor, kPatchingApp, kValidating, kResuming}) {
    AIOP_TRY(const auto runs, home_.ledger().ListBy<model::Run>(
                                  store::Kind<model::Run>::Field::kState, describe::Name(state)));
    for (const model::Run& run : runs) {
      const std::string attempt = run.id + "/" + std::to_string(run.attempts);
      AIOP_TRY(const std::string blob,
               Transcript::KeepLeftover(home_, home_.WorkFolder(run.id) / "transcript", run.id,
                                        attempt));
      store::Ledger::Batch batch;
      AIOP_TRY(auto record, home_.ledger().Find<model::Attempt>(attempt));
      if (record && !record->ended) {
        record->outcome = "lost";
        record->exit = "aiop ended before it did";
        record->transcript = blob;
        record->ended = Now();
        batch.Put(*record);
      }
      // Before the run is moved: a moved one is not looked at again.
      AIOP_CHECK_OK(ExplainFailures(
          run.id, "aiop ended while its run was under way: the run is taken up again"));
      AIOP_TRY(model::Run paused,
               Store(run, lifecycle::RunEvent::kInterrupted, "aiop ended while this was under way",
                     model::PausedBecause::kOperator, std::nullopt, std::move(batch)));
      recovered.push_back(std::move(paused));
    }
  }
  return recovered;
}

}  // namespace aiop::engine
