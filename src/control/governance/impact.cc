// SPDX-License-Identifier: Apache-2.0
// What a promoted change came to.
#include "core/impact/impact.h"

#include <algorithm>

#include "control/figures/figures.h"
#include "control/governance/governance.h"
#include "core/verdict/verdict.h"

namespace aiop::governance {
namespace {

std::optional<double> MedianOf(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  return verdict::Median(values);
}

// How the runs fared that the change let go on.
model::Impact Count(const model::Change& change, const kpi::Builds& builds) {
  model::Impact impact;
  std::vector<double> before;
  std::vector<double> after;
  std::vector<std::string> apps;
  for (const auto& [id, build] : builds) {
    const model::Run& run = build.run;
    if (run.state == model::RunState::kSuccess && run.plant_ms > 0) {
      if (run.motor_ctx.version == change.base_version)
        before.push_back(static_cast<double>(run.plant_ms));
      if (run.motor_ctx.version == change.version && run.resumed == 0)
        after.push_back(static_cast<double>(run.plant_ms));
    }
    if (run.healed_by != change.id) continue;
    if (std::ranges::find(apps, run.app) == apps.end()) apps.push_back(run.app);
    if (run.state == model::RunState::kSuccess) {
      ++impact.runs_healed;
      impact.steps_saved += run.steps_kept;
    } else {
      ++impact.runs_not_healed;
    }
  }
  impact.apps_affected = std::ssize(apps);
  impact.median_ms_before = MedianOf(before);
  impact.median_ms_after = MedianOf(after);
  impact.comparisons = impact::Compare(builds, change.base_version, change.version);
  return impact;
}

}  // namespace

Status Governor::MeasureImpact(const std::string& id) {
  contexts::Home& home = engine_.home();
  AIOP_TRY(const model::Change change, home.ledger().Get<model::Change>(id));
  AIOP_TRY(auto version,
           home.motors().Get<model::MotorVersion>(change.plant + "/" + change.version));
  AIOP_TRY(const auto records, figures::Read(home, change.plant));
  const model::Impact impact = Count(change, records.builds);
  version.impact = impact;
  AIOP_CHECK_OK(home.motors().Put(version));
  json::Object figures{
      {"details", "motor version " + change.version + ": " + std::to_string(impact.runs_healed) +
                      " run(s) healed, " + std::to_string(impact.runs_not_healed) + " not"},
      {"runs_healed", impact.runs_healed},
      {"runs_not_healed", impact.runs_not_healed},
      {"steps_saved", impact.steps_saved},
      {"unit", "ms"}};
  if (impact.median_ms_after) figures["value"] = *impact.median_ms_after;
  if (impact.median_ms_before) figures["before"] = *impact.median_ms_before;
  return engine_.TellMotor(change.plant, version.reference, model::SignalType::kLatency,
                           model::Severity::kInfo, std::move(figures));
}

Result<std::string> Governor::WithMeasuredImpact(const std::string& plant,
                                                 const std::string& changelog) {
  AIOP_TRY(const auto versions, engine_.home().motors().ListBy<model::MotorVersion>(
                                    store::Kind<model::MotorVersion>::Field::kPlant, plant));
  std::string text = changelog;
  for (const auto& version : versions) {
    if (!version.impact || version.change.empty()) continue;
    std::vector<std::string> lines;
    for (const auto& each : version.impact->comparisons) lines.push_back(impact::Text(each));
    text = impact::WithMeasured(text, version.reference.version, lines);
  }
  return text;
}

}  // namespace aiop::governance
