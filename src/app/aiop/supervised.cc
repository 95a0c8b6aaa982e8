// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/supervised.h"

#include <cstdio>

#include "app/aiop/picture.h"
#include "app/aiop/progress.h"
#include "app/aiop/signals.h"
#include "base/process/process.h"
#include "core/proposal/proposal.h"

namespace aiop::app {

using lifecycle::RunEvent;
using model::RunState;

namespace {

// A command that writes patches: the prompt is its input, the answer what it prints.
constexpr Milliseconds kPatchWriterTimeout{600'000};

Result<std::string> WritePatch(const std::vector<std::string>& command, contexts::Home& home,
                               const std::string& prompt) {
  process::Command plain;
  plain.argv = command;
  plain.environment = process::OwnEnvironment();
  plain.stop = &home.stopping();
  AIOP_TRY(const auto output,
           process::Run(plain, prompt, kPatchWriterTimeout, proposal::kAnswerLimitBytes));
  if (output.ok()) return output.out;
  return Unavailable("'" + command.front() + "' " +
                     (output.timed_out ? "did not answer in time" : output.exit.Describe()));
}

}  // namespace

Status CheckJobs(const Arguments& arguments) {
  constexpr int64_t kMostJobs = 256;
  const int64_t jobs = arguments.Number("--jobs", 1);
  if (jobs < 1 || jobs > kMostJobs) {
    return Invalid("--jobs is between 1 and " + std::to_string(kMostJobs));
  }
  return {};
}

Result<supervision::Summary> Supervise(Session& session, Lines lines, const Work& work) {
  // A policy with a mistake in it is found before anything is touched.
  AIOP_TRY(const policy::Policy* rules, session.Policy());
  AIOP_TRY(contexts::Home * home, session.Own());
  Progress progress(session.out(), *home, lines == Lines::kStream && session.out().json());
  supervision::Supervisor supervisor(*home, *rules, progress.watcher());
  if (const auto command = session.PatchWriter(); !command.empty()) {
    supervisor.governor().SetPatchWriter(
        [command, home](const std::string& prompt) { return WritePatch(command, *home, prompt); });
  }
  supervisor.UseForgeToken(session.ForgeToken());
  const StopOnSignals signals([&] {
    progress.Note("stopping: storing where everything stands (once more to end at once)");
    supervisor.Stop();
  });
  return work(supervisor);
}

Result<int> SuperviseAndShow(Session& session, const Work& work) {
  auto summary = Supervise(session, Lines::kStream, work);
  if (!summary) {
    if (summary.error().code != Code::kCancelled) return std::unexpected(summary.error());
    session.out().Note("stopped: " + summary.error().message);
    return 3;
  }
  if (session.out().json()) {
    session.out().Line(json::Object{{"summary", supervision::ToJson(*summary)}});
  } else {
    ShowPicture(session.out(), *summary);
  }
  std::fflush(stdout);
  // Only now: a command that is killed before it could answer, or was asked to end before it was
  // done, is continued by the next one.
  AIOP_TRY(contexts::Home * home, session.Own());
  if (!summary->runs.empty() && !home->stopping()) {
    AIOP_CHECK_OK(supervision::Delivered(*home, summary->runs.front().plant));
  }
  return supervision::ExitCodeOf(*summary);
}

Result<supervision::Summary> ResumeRun(supervision::Supervisor& supervisor, const std::string& id) {
  engine::Engine& engine = supervisor.engine();
  contexts::Home& home = engine.home();
  AIOP_TRY([[maybe_unused]] const auto recovered, engine.Recover());
  AIOP_TRY(const model::Run run, home.ledger().Get<model::Run>(id));
  if (run.state != RunState::kPaused) {
    return Invalid("run " + id + " is " + std::string(describe::Name(run.state)) +
                   ": only a PAUSED run can be resumed");
  }
  AIOP_TRY(const model::App app, home.apps().Get<model::App>(run.app));
  // A run on trial stays on the version on trial.
  AIOP_TRY(const auto on_trial, supervisor.governor().OnTrial(run.plant));
  const bool takes_part = on_trial && run.canary == on_trial->id;
  AIOP_TRY(const contexts::Motor motor,
           run.pinned_motor || takes_part
               ? contexts::MotorAtCommit(home, run.plant, run.motor_commit)
               : contexts::ActiveMotor(home, run.plant));
  AIOP_TRY([[maybe_unused]] const auto ready,
           engine.PrepareResume(id, app.current, motor, {.cause = "resumed by a human"}));
  auto driven = engine.Drive(id);
  if (!driven && driven.error().code != Code::kCancelled) return std::unexpected(driven.error());
  return supervisor.Continue(run.plant, {id}, 1);
}

Status Interrupt(engine::Engine& engine, const std::string& id, const std::string& verb) {
  if (verb != "pause" && verb != "cancel")
    return Invalid("a run cannot be asked to '" + verb + "'");
  const RunEvent event = verb == "pause" ? RunEvent::kPause : RunEvent::kCancel;
  AIOP_TRY(const model::Run run, engine.home().ledger().Get<model::Run>(id));
  if (run.Ended()) {
    return Invalid("run " + id + " has ended: it is " + std::string(describe::Name(run.state)));
  }
  if (engine.RequestStop(id, event)) return {};
  if (run.state != RunState::kPaused) {
    return Invalid("run " + id + " is " + std::string(describe::Name(run.state)) +
                   ": it can be asked to " + verb + " when it is RUNNING or PAUSED");
  }
  AIOP_TRY([[maybe_unused]] const auto moved,
           engine.Move(id, event, verb == "pause" ? "paused by a human" : "cancelled",
                       model::PausedBecause::kHuman));
  return {};
}

}  // namespace aiop::app
