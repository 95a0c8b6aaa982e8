// SPDX-License-Identifier: Apache-2.0
// What a request came to.
#include "control/supervision/impl.h"

namespace aiop::supervision {
namespace {

// For a human, for more runs, or for the end of another trial.
bool Waits(const model::Change& change) {
  return change.status == model::ChangeState::kAwaitingApproval ||
         change.status == model::ChangeState::kCanary ||
         change.status == model::ChangeState::kGating;
}

}  // namespace

Result<Summary> Supervisor::Impl::Summarise(const std::string& plant,
                                            const std::vector<std::string>& runs) {
  Summary summary;
  std::set<std::string> decisions;
  for (const std::string& id : runs) {
    AIOP_TRY(model::Run run, Get(id));
    AIOP_TRY(const auto occurrences, home.ledger().ListBy<model::Occurrence>(
                                         store::Kind<model::Occurrence>::Field::kRun, id));
    for (const auto& each : occurrences) {
      if (each.Waits()) continue;
      if (std::find(summary.incidents.begin(), summary.incidents.end(), each.incident) ==
          summary.incidents.end()) {
        summary.incidents.push_back(each.incident);
      }
    }
    summary.runs.push_back(std::move(run));
  }
  std::set<std::string> seen;
  for (const std::string& incident : summary.incidents) {
    AIOP_TRY(const auto made, home.ledger().ListBy<model::DecisionRecord>(
                                  store::Kind<model::DecisionRecord>::Field::kIncident, incident));
    for (const auto& decision : made) {
      if (seen.insert(decision.decision_id).second) summary.decisions.push_back(decision);
    }
  }
  AIOP_TRY(const auto changes,
           home.ledger().ListBy<model::Change>(store::Kind<model::Change>::Field::kPlant, plant));
  for (const auto& change : changes) {
    const bool concerns = std::find(summary.incidents.begin(), summary.incidents.end(),
                                    change.incident) != summary.incidents.end();
    // What waits for another app is not this command's.
    const bool of_other_app =
        change.side == model::Scope::kApp &&
        std::ranges::find(summary.runs, change.app, &model::Run::app) == summary.runs.end();
    const bool waits = Waits(change);
    if ((concerns || waits) && !of_other_app) summary.changes.push_back(change);
  }
  return summary;
}

json::Value ToJson(const Summary& summary) {
  json::Array runs;
  for (const model::Run& run : summary.runs) {
    json::Object object{{"id", run.id},
                        {"app", run.app},
                        {"profile", run.profile},
                        {"status", std::string(describe::Name(run.state))},
                        {"motor", run.motor_ctx.Text()},
                        {"app_ctx", run.app_ctx.Text()},
                        {"resumed", run.resumed > 0},
                        {"steps_done", run.steps_done},
                        {"steps_redone", run.steps_redone},
                        {"steps_kept", run.steps_kept},
                        {"steps_invalidated", run.steps_invalidated},
                        {"plant_ms", run.plant_ms},
                        {"incident", run.incident},
                        {"decision", run.decision},
                        {"cause", run.cause}};
    object["paused_because"] = run.paused_because
                                   ? json::Value(std::string(describe::Name(*run.paused_because)))
                                   : json::Value(nullptr);
    runs.push_back(std::move(object));
  }
  json::Array incidents;
  for (const auto& incident : summary.incidents) incidents.push_back(json::Value(incident));
  json::Array decisions;
  for (const auto& decision : summary.decisions) decisions.push_back(describe::ToJson(decision));
  json::Array changes;
  for (const model::Change& change : summary.changes) {
    changes.push_back(json::Object{{"id", change.id},
                                   {"status", std::string(describe::Name(change.status))},
                                   {"version", change.version},
                                   {"title", change.title},
                                   {"reason", change.reason}});
  }
  return json::Object{{"runs", std::move(runs)},
                      {"incidents", std::move(incidents)},
                      {"decisions", std::move(decisions)},
                      {"changes", std::move(changes)}};
}

int ExitCodeOf(const Summary& summary) {
  bool failed = false;
  bool waits = false;
  for (const model::Run& run : summary.runs) {
    failed = failed || run.state == RunState::kFailed;
    waits = waits || (run.state != RunState::kSuccess && run.state != RunState::kFailed);
  }
  for (const model::Change& change : summary.changes) {
    waits = waits || Waits(change);
  }
  return failed ? 1 : waits ? 3 : 0;
}

}  // namespace aiop::supervision
