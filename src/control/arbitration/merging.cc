// SPDX-License-Identifier: Apache-2.0
// Incidents that are one, and taking that back.
#include <set>

#include "control/arbitration/arbitration.h"
#include "control/remarks/remarks.h"
#include "core/lifecycle/lifecycle.h"

namespace aiop::arbitration {
namespace {

using contexts::Home;
using model::IncidentState;
using remarks::MakeRemark;
using remarks::RemarkId;
using remarks::RemarksOn;

// The runs that wait at one incident are pointed at another.
Status MoveWaiting(Home& home, const std::string& plant, const std::string& from,
                   const std::string& to, Decisions decisions, store::Ledger::Batch& batch,
                   json::Array& moved) {
  AIOP_TRY(const auto runs,
           home.ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kPlant, plant));
  for (model::Run run : runs) {
    if (run.incident != from || run.Ended()) continue;
    moved.push_back(json::Object{{"run", run.id}, {"decision", run.decision}});
    run.incident = to;
    if (decisions == Decisions::kForget) run.decision.clear();
    batch.Put(run);
  }
  return {};
}

// Runs that failed like this while it was merged: nobody examined them as what they are.
Status TakeBack(Home& home, const model::Incident& incident, const std::string& from,
                const std::set<std::string>& restored, store::Ledger::Batch& batch) {
  AIOP_TRY(const auto occurrences,
           home.ledger().ListBy<model::Occurrence>(store::Kind<model::Occurrence>::Field::kIncident,
                                                   incident.id));
  std::set<std::string> runs;
  for (const auto& each : occurrences) runs.insert(each.run);
  for (const std::string& id : runs) {
    AIOP_TRY(model::Run run, home.ledger().Get<model::Run>(id));
    if (run.incident != from || restored.contains(id)) continue;
    AIOP_TRY(const auto of_run, home.ledger().ListBy<model::Occurrence>(
                                    store::Kind<model::Occurrence>::Field::kRun, id));
    if (of_run.back().incident != incident.id) continue;  // it stopped at another failure since
    run.incident = incident.id;
    run.decision.clear();
    batch.Put(run);
  }
  return {};
}

}  // namespace

Result<model::Incident> Merge(Home& home, const std::string& id, const std::string& into,
                              const std::string& by, Decisions decisions) {
  AIOP_TRY(model::Incident incident, home.ledger().Get<model::Incident>(id));
  AIOP_TRY(const model::Incident other, home.ledger().Get<model::Incident>(into));
  if (id == into) return Invalid("an incident cannot be merged into itself");
  if (incident.plant != other.plant) {
    return Invalid("incidents of different plants cannot be merged: " + incident.plant + " and " +
                   other.plant);
  }
  if (incident.state == IncidentState::kMerged) {
    return Invalid("incident " + id + " is merged into " + incident.merged_into + " already");
  }
  if (other.state == IncidentState::kMerged) {
    return Invalid("incident " + into + " is itself merged into " + other.merged_into +
                   ": merge into that one");
  }
  AIOP_TRY(const auto earlier, RemarksOn(home.ledger(), "merge", id));
  store::Ledger::Batch batch;
  json::Array moved;
  AIOP_CHECK_OK(MoveWaiting(home, incident.plant, id, into, decisions, batch, moved));
  batch.Put(MakeRemark(RemarkId("merge", id, earlier.size() + 1), incident.plant, incident.scope,
                       {{"details", "incident " + id + " merged into " + into + " by " + by},
                        {"incident", id},
                        {"into", into},
                        {"by", by},
                        {"state_before", std::string(describe::Name(incident.state))},
                        {"runs", std::move(moved)}}),
            store::Mode::kInsert);
  AIOP_TRY(incident.state,
           lifecycle::StepIncident(incident.state, lifecycle::IncidentEvent::kMergedAway));
  incident.merged_into = into;
  batch.Put(incident);
  AIOP_CHECK_OK(home.ledger().Commit(std::move(batch)));
  return incident;
}

Result<model::Incident> Unmerge(Home& home, const std::string& id, const std::string& by) {
  AIOP_TRY(model::Incident incident, home.ledger().Get<model::Incident>(id));
  if (incident.state != IncidentState::kMerged) {
    return Invalid("incident " + id + " is not merged into another");
  }
  AIOP_TRY(const auto merges, RemarksOn(home.ledger(), "merge", id));
  AIOP_TRY(incident.state,
           lifecycle::StepIncident(incident.state, lifecycle::IncidentEvent::kSplitOff));
  store::Ledger::Batch batch;
  const std::string into = incident.merged_into;
  AIOP_TRY(const auto current, engine::CurrentIncident(home.ledger(), into));
  std::set<std::string> restored;
  if (!merges.empty()) {
    const json::Value payload = merges.back().envelope.payload;
    const auto before =
        describe::FromName<IncidentState>(json::TextMember(payload, "state_before"));
    if (before) incident.state = *before;
    const json::Value* moved = json::Member(payload, "runs");
    for (const auto& each : moved && moved->is_array() ? moved->get_array() : json::Array()) {
      AIOP_TRY(model::Run run, home.ledger().Get<model::Run>(json::TextMember(each, "run")));
      if (run.incident != current.id) continue;
      run.incident = id;
      run.decision = std::string(json::TextMember(each, "decision"));
      batch.Put(run);
      restored.insert(run.id);
    }
  }
  AIOP_CHECK_OK(TakeBack(home, incident, current.id, restored, batch));
  incident.merged_into.clear();
  batch.Put(incident).Put(
      MakeRemark(RemarkId("unmerge", id, merges.size()), incident.plant, incident.scope,
                 {{"details", "incident " + id + " taken out of " + into + " again by " + by},
                  {"incident", id},
                  {"by", by}}),
      store::Mode::kInsert);
  AIOP_CHECK_OK(home.ledger().Commit(std::move(batch)));
  return incident;
}

}  // namespace aiop::arbitration
