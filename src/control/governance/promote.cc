// SPDX-License-Identifier: Apache-2.0
// Making a change the active version, and what it came to.
#include <algorithm>

#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "control/governance/governance.h"
#include "control/rollback/rollback.h"

namespace aiop::governance {

// Every effect here is keyed: refs and tags by compare-and-swap on a deterministic commit, records
// by id. A process killed between any two of them does the rest when it comes back (Continue).
Result<model::Change> Governor::Promote(model::Change change) {
  contexts::Home& home = engine_.home();
  AIOP_TRY(auto repository, contexts::OpenRepository(home, change.plant));
  AIOP_TRY(model::MotorVersion version,
           contexts::DescribeCommit(home, change.plant, repository, change.candidate));
  version.status = model::VersionStatus::kPromoted;
  version.change = change.id;
  version.parent = change.base_commit;
  version.summary = change.title;
  if (!change.incident.empty()) version.incidents = {change.incident};
  version.created = change.created;

  if (change.restore_point.empty()) {
    AIOP_TRY(const model::Plant plant, contexts::GetPlant(home, change.plant));
    model::RestorePoint point;
    point.id = IdFromHash(HashBytes("restore point of change " + change.id));
    point.plant = change.plant;
    point.version = plant.active;
    point.commit = change.base_commit;
    point.change = change.id;
    AIOP_TRY(const auto runs, home.ledger().ListBy<model::Run>(
                                  store::Kind<model::Run>::Field::kPlant, change.plant));
    for (const auto& run : runs) {
      if (!run.Ended()) point.run_checkpoints[run.id] = run.checkpoint;
    }
    point.created = Now();
    AIOP_CHECK_OK(home.motors().Put(point, store::Mode::kInsertIfNew));
    change.restore_point = point.id;
    AIOP_CHECK_OK(home.ledger().Put(change));
  }
  const motors::Author author{std::string(kOperatorName), std::string(kOperatorMail)};
  AIOP_TRY(const auto main, repository.ReadRef("refs/heads/main"));
  AIOP_CHECK_OK(repository.MoveRef("refs/heads/main", main, change.candidate));
  AIOP_CHECK_OK(
      repository.Tag("v" + change.version, change.candidate, change.title, author, change.created));
  const std::string actor = change.approvals.empty() ? "operator" : change.approvals.back().by;
  AIOP_CHECK_OK(contexts::MovePointer(home, change.plant, version, actor,
                                      "change " + change.id + ": " + change.title));
  AIOP_TRY(const contexts::Motor motor,
           contexts::MotorAtCommit(home, change.plant, change.candidate));
  if (motor.manifest.push) {
    AIOP_TRY(const std::string branch, repository.DefaultBranch());
    const Status pushed =
        repository.Push({{"refs/heads/main", "refs/heads/" + branch},
                         {"refs/tags/v" + change.version, "refs/tags/v" + change.version}});
    if (!pushed) {
      AIOP_CHECK_OK(engine_.TellMotor(
          change.plant, version.reference, model::SignalType::kError, model::Severity::kWarn,
          {{"details",
            "could not push v" + change.version + " to the source: " + pushed.error().message}}));
    }
  }
  if (!change.incident.empty()) {
    AIOP_TRY(model::Incident incident, home.ledger().Get<model::Incident>(change.incident));
    incident.change = change.id;
    AIOP_CHECK_OK(home.ledger().Put(incident));
  }
  if (!change.decision.empty()) {
    AIOP_TRY(model::DecisionRecord decision,
             home.ledger().Get<model::DecisionRecord>(change.decision));
    for (auto& step : decision.action_plan) {
      if (step.step == "apply_patch" && step.target == "motor") step.patch_ref = change.id;
    }
    AIOP_CHECK_OK(home.ledger().Put(decision));
  }
  const Status told = engine_.TellMotor(
      change.plant, version.reference, model::SignalType::kValidation, model::Severity::kInfo,
      {{"details", "motor version " + change.version + " is active: " + change.title},
       {"change", change.id}});
  AIOP_CHECK_OK(told);
  AIOP_CHECK_OK(rollback::DropOldPoints(home, change.plant));
  return Move(std::move(change), model::ChangeState::kPromoted, "");
}

Status Governor::MeasureImpact(const std::string& id) {
  contexts::Home& home = engine_.home();
  AIOP_TRY(const model::Change change, home.ledger().Get<model::Change>(id));
  AIOP_TRY(auto version,
           home.motors().Get<model::MotorVersion>(change.plant + "/" + change.version));
  AIOP_TRY(const auto runs,
           home.ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kPlant, change.plant));
  model::Impact impact;
  std::vector<double> before;
  std::vector<double> after;
  std::vector<std::string> apps;
  for (const auto& run : runs) {
    if (run.state == model::RunState::kSuccess && run.plant_ms > 0) {
      if (run.motor_ctx.version == change.base_version)
        before.push_back(static_cast<double>(run.plant_ms));
      if (run.motor_ctx.version == change.version && run.resumed == 0)
        after.push_back(static_cast<double>(run.plant_ms));
    }
    if (run.healed_by != change.id) continue;
    if (std::find(apps.begin(), apps.end(), run.app) == apps.end()) apps.push_back(run.app);
    if (run.state == model::RunState::kSuccess) {
      ++impact.runs_healed;
      impact.steps_saved += run.steps_kept;
    } else {
      ++impact.runs_not_healed;
    }
  }
  const auto median = [](std::vector<double>& values) -> std::optional<double> {
    if (values.empty()) return std::nullopt;
    std::nth_element(values.begin(),
                     values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
  };
  impact.apps_affected = static_cast<int64_t>(apps.size());
  impact.median_ms_before = median(before);
  impact.median_ms_after = median(after);
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

}  // namespace aiop::governance
