// SPDX-License-Identifier: Apache-2.0
#include "control/golden/stage.h"
#include "control/golden/watch.h"
#include "control/supervision/supervision.h"
#include "core/replay/replay.h"

namespace aiop::golden {
namespace {

// What was to be run, and whether it has come to a good end yet.
struct Job {
  bool failed = false;
  bool finished = false;
};
using Jobs = std::map<std::pair<std::string, std::string>, Job>;

Status RunUnderOperator(Stage& stage, const policy::Policy& policy, const RunStep& step) {
  AIOP_CHECK_OK(stage.NeedPlant());
  supervision::Supervisor supervisor(stage.home(), policy, nullptr);
  AIOP_CHECK_OK(supervisor.Supervise(
      {.plant = stage.plant(), .apps = step.apps, .profiles = {}, .motor_version = "", .jobs = 1}));
  return supervision::Delivered(stage.home(), stage.plant());
}

Status RunOneBlindly(Stage& stage, engine::Engine& engine, const std::string& app,
                     const std::string& profile, int retries, Job& job) {
  for (int i = 0; i <= retries && !job.finished; ++i) {
    AIOP_TRY(const model::Run run, engine.CreateRun({.plant = stage.plant(),
                                                     .app = app,
                                                     .profile = profile,
                                                     .batch = "",
                                                     .motor_version = ""}));
    AIOP_TRY(const model::Run ended, engine.Drive(run.id));
    job.finished = ended.state == model::RunState::kSuccess;
    job.failed = job.failed || !job.finished;
  }
  return {};
}

// Runs, and on a failure runs again from the start. Releases are adopted as they are with the
// operator.
Status RunBlindly(Stage& stage, const policy::Policy& policy, const RunStep& step, int retries,
                  Jobs& open, Observation& seen) {
  AIOP_CHECK_OK(stage.NeedPlant());
  supervision::Supervisor supervisor(stage.home(), policy, nullptr);
  AIOP_TRY(auto repository, contexts::OpenRepository(stage.home(), stage.plant()));
  AIOP_CHECK_OK(repository.Fetch());
  AIOP_CHECK_OK(supervisor.governor().AdoptOutside(stage.plant()));
  std::vector<std::string> names = step.apps;
  AIOP_TRY(const auto apps, stage.home().apps().List<model::App>());
  for (const model::App& app : apps) {
    if (step.apps.empty()) names.push_back(app.name);
  }
  for (const std::string& name : names) {
    AIOP_TRY(const model::App app, stage.home().apps().Get<model::App>(name));
    std::vector<std::string> profiles = app.profiles;
    if (profiles.empty()) profiles = {""};
    for (const std::string& profile : profiles) {
      Job& job = open[{name, profile}];
      AIOP_CHECK_OK(RunOneBlindly(stage, supervisor.engine(), name, profile, retries, job));
      if (!job.finished) continue;
      seen.jobs_failed += job.failed ? 1 : 0;
      seen.jobs_finished += job.failed ? 1 : 0;
      open.erase({name, profile});
    }
  }
  return {};
}

}  // namespace

Result<Observation> Play(const Plant& plant, const Incident& incident, const policy::Policy& policy,
                         const PlayOptions& options) {
  AIOP_TRY(const auto stage, Stage::Create(plant, options));
  Watch watch(stage->home(), incident);
  Observation blind;
  Jobs open;
  int64_t number = 0;
  for (const Step& step : incident.timeline) {
    const auto* run = std::get_if<RunStep>(&step);
    if (!run) {
      AIOP_CHECK_OK(stage->Do(step));
    } else if (options.retries > 0) {
      AIOP_CHECK_OK(RunBlindly(*stage, policy, *run, options.retries, open, blind));
    } else {
      AIOP_CHECK_OK(RunUnderOperator(*stage, policy, *run));
    }
    if (run) AIOP_CHECK_OK(watch.Look(++number));
  }
  if (options.retries > 0) {
    for (const auto& [what, job] : open) blind.jobs_failed += job.failed ? 1 : 0;
    AIOP_CHECK_OK(AddPlantTime(stage->home(), blind));
    return blind;
  }
  supervision::Supervisor supervisor(stage->home(), policy, nullptr);
  AIOP_TRY(Observation seen, watch.Conclude(supervisor.harness()));
  AIOP_TRY(auto histories, stage->home().ledger().List<model::DecisionHistory>());
  for (auto& each : histories) each.story = plant.name + "/" + incident.name;
  seen.histories = replay::Normalised(std::move(histories), {{options.folder.string(), "/story"}});
  return seen;
}

}  // namespace aiop::golden
