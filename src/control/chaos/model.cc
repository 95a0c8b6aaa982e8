// SPDX-License-Identifier: Apache-2.0
// The drill in which a model is slow.
#include "base/json/json.h"
#include "control/chaos/drills.h"
#include "control/chaos/service.h"

namespace aiop::chaos {
namespace {

constexpr int64_t kTimeoutMilliseconds = 1'000;
// A command that takes longer than this waits for the model without end.
constexpr Milliseconds kEnough{15'000};

std::vector<std::string> Steps(std::string_view request) {
  const auto parsed = json::Parse(request);
  const std::string trace(parsed ? json::TextMember(*parsed, "traceId") : "");
  const bool resumed = parsed && json::TextMember(*parsed, "checkpoint") == "one";
  std::vector<std::string> lines;
  if (!resumed) lines.emplace_back(R"({"checkpoint":"one","state":{"done":1}})");
  lines.emplace_back(R"({"checkpoint":"two","state":{"done":2}})");
  lines.push_back(json::Text(json::Object{{"result", json::Object{{"traceId", trace},
                                                                  {"status", "success"},
                                                                  {"artifacts", json::Array()},
                                                                  {"signals", json::Array()}}}}));
  return lines;
}

}  // namespace

Status SlowModel(Scene& scene) {
  // Hangs once for the app `late`, always for the app `never`; what it answers, it drips.
  bool hung = false;
  AIOP_TRY(const auto service, Service::Start([&](std::string_view body) {
             const bool never = body.find("never") != std::string_view::npos;
             const bool hangs = never || !hung;
             hung = true;
             return hangs ? std::vector<std::string>() : Steps(body);
           }));
  const std::string plant(kPlant);
  AIOP_CHECK_OK(scene.AddPlantOf(
      plant, {{"motor.yaml", "name: " + plant + "\nversion: 1.0.0\nrun: {http: '" + service->Url() +
                                 "'}\ntimeout_ms: " + std::to_string(kTimeoutMilliseconds) +
                                 "\npatch_sources: []\n"}}));
  for (const char* app : {"late", "never"}) AIOP_CHECK_OK(scene.AddApp(plant, app));
  scene.Injected();
  AIOP_TRY(const Said late, scene.Run({"late"}, {}, kEnough));
  AIOP_CHECK_OK(scene.MeasureBy("late"));
  if (!scene.ExpectSuccess(late, "late")) return {};
  AIOP_CHECK_OK(scene.ExpectCategory("late", model::Category::kTransient));

  AIOP_TRY(const Said never, scene.Run({"never"}, {}, kEnough));
  AIOP_TRY(const model::Run run, scene.RunOf("never"));
  scene.Expect(never.code == kWaits && run.state == model::RunState::kPaused,
               "a model that never answers ends as a paused run", never.Brief());
  AIOP_TRY(const auto home, scene.Look());
  AIOP_TRY(const auto experiments,
           home->ledger().ListBy<model::Experiment>(
               store::Kind<model::Experiment>::Field::kIncident, run.incident));
  int64_t spent = run.plant_ms;
  for (const auto& each : experiments) spent += each.plant_ms;
  const int64_t most = (run.attempts + std::ssize(experiments)) * (kTimeoutMilliseconds + 500);
  scene.Expect(spent <= most, "no attempt and no experiment takes longer than the timeout",
               std::to_string(spent) + " ms in " + std::to_string(run.attempts) + " attempts and " +
                   std::to_string(experiments.size()) + " experiments");
  return {};
}

}  // namespace aiop::chaos
