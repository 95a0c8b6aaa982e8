// SPDX-License-Identifier: Apache-2.0
#include "control/chaos/chaos.h"

#include <algorithm>
#include <array>

#include "base/file/file.h"
#include "control/chaos/drills.h"

namespace aiop::chaos {
namespace {

const std::array kDrills = {
    Drill{.name = "kill-plant",
          .hypothesis = "A plant that is killed in the middle of a step is noticed; the run is "
                        "called TRANSIENT and goes on after its last checkpoint, to the end.",
          .injects = "SIGKILL to the plant's process in its second step.",
          .guards = {"unreported-failures"},
          .play = KillPlant},
    Drill{.name = "kill-operator",
          .hypothesis = "An operator that is killed at any moment goes on when it is started "
                        "again: nothing it told of is lost, nothing finished is done again.",
          .injects = "SIGKILL to aiop after durable writes all over a run.",
          .guards = {"recovery"},
          .play = KillOperator},
    Drill{.name = "store-unavailable",
          .hypothesis = "A store that is locked for a while is waited for; one that cannot be read "
                        "or written ends the command with code 4, and nothing is lost.",
          .injects = "The ledger's write lock held by somebody else, then a ledger that is no "
                     "store, then a home that is read-only.",
          .guards = {"store-patience"},
          .play = StoreUnavailable},
    Drill{.name = "disk-full",
          .hypothesis =
              "When the disk is full, aiop says so and the run waits; what it acknowledged is "
              "kept, and once there is room the run goes on without doing a step again.",
          .injects = "A disk (or a limit on files) without room in the middle of a run.",
          .guards = {"commit-errors"},
          .play = DiskFull},
    Drill{.name = "clock-jump",
          .hypothesis = "A wall clock that jumps changes no duration, no order and no decision.",
          .injects = "The operator's wall clock goes back an hour, then forward a day, during a "
                     "run with a time budget.",
          .guards = {"steady-durations"},
          .play = ClockJump},
    Drill{.name = "slow-model",
          .hypothesis = "A model that hangs is given up after the motor's timeout and its run "
                        "resumed; one that hangs always ends as a paused run, within bounds.",
          .injects = "A service behind http:// that accepts and never answers.",
          .guards = {"plant-timeout"},
          .play = SlowModel},
    Drill{.name = "duplicated-events",
          .hypothesis = "Events that come twice, late or in the wrong order are counted once and "
                        "change no decision.",
          .injects = "The same events several times, the last first, by a plant and from outside.",
          .guards = {"event-ids"},
          .play = DuplicatedEvents},
    Drill{.name = "event-storm",
          .hypothesis = "100,000 occurrences of one failure cost one incident, one decision and a "
                        "bounded number of writes; their count is exact.",
          .injects = "100,000 error events of one plant, the same failure in 24 more apps, and "
                     "100,000 events from outside.",
          .guards = {"storm-groups", "one-incident"},
          .play = EventStorm},
    Drill{.name = "bad-motor-release",
          .hypothesis = "A release that breaks what worked does not get through; one whose fault "
                        "only shows later is found out and replaced.",
          .injects = "A motor release that breaks a known app, then one that breaks a new app.",
          .guards = {"gates"},
          .play = BadMotorRelease},
    Drill{.name = "poisoned-events",
          .hypothesis = "Texts that give orders, events that claim to be another's and ids that "
                        "are taken change neither the decision nor another run.",
          .injects = "A failing plant that impersonates aiop, other runs and other motors; events "
                     "from outside that take its ids beforehand.",
          .guards = {"foreign-ids"},
          .play = PoisonedEvents},
    Drill{.name = "rollback",
          .hypothesis = "A bad version that runs went on on is left within five seconds: all that "
                        "moved with it goes back, its runs stand where they stood before, and a "
                        "rollback that is killed is finished by the same command.",
          .injects = "A fix that breaks a later step, promoted and used; then SIGKILL to the "
                     "rollback at one step after the other.",
          .guards = {"runs-returned", "rollback-finished"},
          .play = RollbackExercise},
};

}  // namespace

std::span<const Drill> Drills() { return kDrills; }

Result<const Drill*> FindDrill(std::string_view name) {
  const auto found = std::ranges::find(kDrills, name, &Drill::name);
  if (found != kDrills.end()) return &*found;
  std::string known;
  for (const Drill& each : kDrills) known += (known.empty() ? "" : ", ") + std::string(each.name);
  return NotFound("there is no drill '" + std::string(name) + "': there are " + known);
}

Result<model::DrillResult> RunDrill(const Drill& drill, const Options& options) {
  if (!options.without.empty() &&
      std::ranges::find(drill.guards, options.without) == drill.guards.end()) {
    return NotFound("drill " + std::string(drill.name) + " tests no guard '" + options.without +
                    "'");
  }
  const Stopwatch watch;
  model::DrillResult result;
  result.drill = drill.name;
  result.hypothesis = drill.hypothesis;
  result.injects = drill.injects;
  result.guards.assign(drill.guards.begin(), drill.guards.end());
  result.without = options.without;
  const Status played = [&]() -> Status {
    AIOP_TRY(const auto scene, Scene::Create(options, result));
    return drill.play(*scene);
  }();
  if (!played) result.problem = played.error().message;
  result.passed = played && !result.checks.empty() &&
                  std::ranges::all_of(result.checks, &model::DrillCheck::held);
  if (options.keep) {
    result.folder = options.folder.string();
  } else {
    AIOP_CHECK_OK(file::RemoveTree(options.folder));
  }
  result.took_ms = watch.Elapsed().count();
  return result;
}

model::ChaosReport Summarise(std::vector<model::DrillResult> drills) {
  model::ChaosReport report;
  report.passed = !drills.empty() && std::ranges::all_of(drills, &model::DrillResult::passed);
  double sum = 0;
  int count = 0;
  for (const auto& each : drills) {
    if (!each.mttr_ms) continue;
    sum += static_cast<double>(*each.mttr_ms);
    ++count;
  }
  if (count > 0) report.mttr_mean_ms = sum / count;
  report.drills = std::move(drills);
  return report;
}

}  // namespace aiop::chaos
