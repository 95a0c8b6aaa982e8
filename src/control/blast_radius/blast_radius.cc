// SPDX-License-Identifier: Apache-2.0
#include "control/blast_radius/blast_radius.h"

#include <algorithm>
#include <map>

namespace aiop::blast_radius {
namespace {

// The first attempt of each run on the version, by run: its number. One look through all attempts
// is cheaper than one question for each run.
Result<std::map<std::string, int64_t>> FirstAttempts(contexts::Home& home,
                                                     const std::string& motor) {
  AIOP_TRY(const auto attempts, home.ledger().List<model::Attempt>({.containing = motor}));
  std::map<std::string, int64_t> first;
  for (const auto& each : attempts) {
    if (each.purpose != model::Purpose::kRun || each.motor_ctx.Text() != motor) continue;
    const auto [found, is_new] = first.try_emplace(each.run, each.number);
    if (!is_new) found->second = std::min(found->second, each.number);
  }
  return first;
}

// The last checkpoint that another version made before the first one of this, and how many of this
// one hold.
Status LookAtSteps(contexts::Home& home, const std::string& motor, TouchedRun& touched) {
  AIOP_TRY(const auto checkpoints,
           home.ledger().ListBy<model::Checkpoint>(store::Kind<model::Checkpoint>::Field::kRun,
                                                   touched.run.id));
  bool before = true;
  for (const auto& each : checkpoints) {
    const bool own = each.motor_ctx.Text() == motor;
    before = before && !own;
    if (each.stale) continue;
    if (before) touched.last_before = each.name;
    if (own) ++touched.steps;
  }
  return {};
}

}  // namespace

Result<Radius> Of(contexts::Home& home, const std::string& plant, const std::string& version) {
  Radius radius;
  AIOP_TRY(const contexts::Motor motor, contexts::MotorAt(home, plant, version));
  radius.version = motor.version;
  const std::string text = motor.version.reference.Text();
  AIOP_TRY(const auto first, FirstAttempts(home, text));
  AIOP_TRY(const auto runs,
           home.ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kPlant, plant));
  std::map<std::string, size_t> index;
  for (const auto& run : runs) {
    const auto attempt = first.find(run.id);
    if (attempt == first.end()) continue;
    TouchedRun touched;
    touched.run = run;
    AIOP_CHECK_OK(LookAtSteps(home, text, touched));
    const bool resumed = attempt->second > 1 || !touched.last_before.empty();
    touched.part = resumed ? Part::kResumedOn : Part::kStartedOn;
    index[run.id] = radius.runs.size();
    radius.runs.push_back(std::move(touched));
  }
  AIOP_TRY(const auto artifacts,
           home.apps().ListBy<model::Artifact>(store::Kind<model::Artifact>::Field::kMotor, text));
  // Another plant may have the same motor.
  for (const auto& artifact : artifacts) {
    const auto made_by = index.find(artifact.run);
    if (made_by == index.end()) continue;
    ++radius.runs[made_by->second].artifacts;
    radius.artifacts.push_back(artifact);
  }
  std::map<std::string, TouchedApp> apps;
  for (const auto& touched : radius.runs) {
    TouchedApp& app = apps[touched.run.app];
    app.app = touched.run.app;
    ++app.runs;
    app.successful += touched.run.state == model::RunState::kSuccess ? 1 : 0;
    app.artifacts += touched.artifacts;
  }
  for (auto& [name, app] : apps) radius.apps.push_back(std::move(app));
  return radius;
}

json::Object ToJson(const Radius& radius) {
  json::Array runs;
  for (const auto& each : radius.runs) {
    runs.push_back(json::Object{{"id", each.run.id},
                                {"app", each.run.app},
                                {"profile", each.run.profile},
                                {"state", std::string(describe::Name(each.run.state))},
                                {"part", each.part == Part::kStartedOn ? "started" : "resumed"},
                                {"from_checkpoint", each.last_before},
                                {"motor", each.run.motor_ctx.Text()},
                                {"steps_that_hold", each.steps},
                                {"artifacts", each.artifacts},
                                {"rerun_of", each.run.rerun_of}});
  }
  json::Array artifacts;
  for (const auto& each : radius.artifacts) artifacts.push_back(describe::ToJson(each));
  json::Array apps;
  for (const auto& each : radius.apps) {
    apps.push_back(json::Object{{"app", each.app},
                                {"runs", each.runs},
                                {"successful", each.successful},
                                {"artifacts", each.artifacts}});
  }
  return {{"plant", radius.version.plant},
          {"motor", radius.version.reference.Text()},
          {"status", std::string(describe::Name(radius.version.status))},
          {"apps", std::move(apps)},
          {"runs", std::move(runs)},
          {"artifacts", std::move(artifacts)}};
}

}  // namespace aiop::blast_radius
