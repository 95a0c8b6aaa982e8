// SPDX-License-Identifier: Apache-2.0
// Drills in which processes die.
#include <csignal>

#include "base/file/file.h"
#include "control/chaos/drills.h"

namespace aiop::chaos {
namespace {

// The plant says who it is in its second step, and waits there to be killed.
constexpr std::string_view kWaitsToBeKilled = R"sh(
  if [ "$1" = two ] && once killed; then
    echo $$ > "$world/pid.new"; mv "$world/pid.new" "$world/pid"
    await never
  fi)sh";

// So many points of a run's life, evenly spread, at which the operator is killed.
constexpr int64_t kKills = 6;

// The process that the plant named, if it is indeed one of this drill.
Result<pid_t> PlantOf(const Scene& scene, const std::string& text) {
  const auto number = static_cast<pid_t>(std::strtol(text.c_str(), nullptr, 10));
  if (number <= 1) return Invalid("the plant did not say who it is");
  const std::string mine = "AIOP_ATTEMPT=";
  AIOP_TRY(const std::string environment,
           file::Read("/proc/" + std::to_string(number) + "/environ"));
  if (environment.find(mine) == std::string::npos ||
      environment.find((scene.folder() / "tmp").string()) == std::string::npos) {
    return Invalid("process " + std::to_string(number) + " is not the drill's plant");
  }
  return number;
}

int64_t LinesOf(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

// The checkpoints that a command told of are in the ledger, whatever became of the command.
Status ExpectKept(Scene& scene, const Said& said, const std::string& app) {
  AIOP_TRY(const auto home, scene.Look());
  AIOP_TRY(const model::Run run, scene.RunOf(app));
  AIOP_TRY(const auto stored, home->ledger().ListBy<model::Checkpoint>(
                                  store::Kind<model::Checkpoint>::Field::kRun, run.id));
  for (const json::Value& line : said.lines) {
    const json::Value* told = json::Member(line, "checkpoint");
    if (told == nullptr) continue;
    const auto name = json::TextMember(*told, "name");
    const bool there =
        std::ranges::any_of(stored, [&](const auto& each) { return each.name == name; });
    if (there) continue;
    scene.Expect(false, "what was told is stored", "checkpoint " + std::string(name) + " is not");
  }
  return {};
}

}  // namespace

Status KillPlant(Scene& scene) {
  const std::string plant(kPlant);
  AIOP_CHECK_OK(scene.AddPlant(plant, kWaitsToBeKilled));
  AIOP_CHECK_OK(scene.AddApp(plant, "app"));
  Going going([&] { return scene.Run({"app"}); });
  AIOP_TRY(const std::string pid, scene.WaitForMark("pid"));
  AIOP_TRY(const pid_t process, PlantOf(scene, pid));
  scene.Injected();
  kill(process, SIGKILL);
  AIOP_TRY(const Said said, going.Join());
  AIOP_CHECK_OK(scene.MeasureBy("app"));
  scene.ExpectSuccess(said, "app");
  AIOP_CHECK_OK(scene.ExpectCategory("app", model::Category::kTransient));
  AIOP_TRY(const model::Run run, scene.RunOf("app"));
  scene.Expect(run.steps_redone == 0 && run.steps_done == 3, "no finished step is done again",
               std::to_string(run.steps_redone) + " were, of " + std::to_string(run.steps_done));
  return {};
}

Status KillOperator(Scene& scene) {
  const std::string plant(kPlant);
  AIOP_CHECK_OK(scene.AddPlant(plant, "  :"));
  const std::string log = (scene.folder() / "points").string();
  for (int64_t i = 0; i <= kKills; ++i) {
    AIOP_CHECK_OK(scene.AddApp(plant, "app" + std::to_string(i)));
  }
  AIOP_TRY(const Said whole, scene.Run({"app0"}, {{"AIOP_CRASH_LOG", log}}));
  if (!scene.ExpectSuccess(whole, "app0")) return {};
  AIOP_TRY(const std::string points, file::Read(log));
  const int64_t writes = LinesOf(points);
  for (int64_t i = 1; i <= kKills && !scene.Stopped(); ++i) {
    const std::string app = "app" + std::to_string(i);
    const int64_t at = 1 + (writes - 5) * i / kKills;
    AIOP_TRY(const Said killed, scene.Run({app}, {{"AIOP_CRASH_AT", std::to_string(at)}}));
    scene.Injected();
    if (killed.signal != SIGKILL) {
      scene.Note("of " + std::to_string(writes) + " writes, number " + std::to_string(at) +
                 " was not reached: the operator ended by itself");
    }
    AIOP_TRY(const Said again, scene.Run({app}));
    if (!scene.ExpectSuccess(again, app)) return {};
    AIOP_CHECK_OK(ExpectKept(scene, killed, app));
    AIOP_TRY(const model::Run run, scene.RunOf(app));
    scene.Expect(run.steps_redone == 0 && run.steps_done == 3,
                 "killed after write " + std::to_string(at) + ": no finished step is done again",
                 std::to_string(run.steps_redone) + " were, of " + std::to_string(run.steps_done));
    AIOP_CHECK_OK(scene.MeasureBy(app));
  }
  scene.Note("killed by SIGKILL at " + std::to_string(kKills) + " of " + std::to_string(writes) +
             " durable writes of a run, evenly spread");
  return {};
}

}  // namespace aiop::chaos
