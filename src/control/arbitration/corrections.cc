// SPDX-License-Identifier: Apache-2.0
// What people say about records afterwards, and incidents that turn out to be one.
#include "control/arbitration/arbitration.h"
#include "core/lifecycle/lifecycle.h"
#include "core/redact/redact.h"

namespace aiop::arbitration {
namespace {

using contexts::Home;
using model::IncidentState;

// The events "KIND/ABOUT/1", "KIND/ABOUT/2", ...
std::string RemarkId(std::string_view kind, const std::string& about, size_t number) {
  return std::string(kind) + "/" + about + "/" + std::to_string(number);
}

Result<std::vector<model::StoredEvent>> RemarksOn(Home& home, std::string_view kind,
                                                  const std::string& about) {
  std::vector<model::StoredEvent> remarks;
  while (true) {
    AIOP_TRY(auto event,
             home.ledger().Find<model::StoredEvent>(RemarkId(kind, about, remarks.size() + 1)));
    if (!event) return remarks;
    remarks.push_back(*std::move(event));
  }
}

model::StoredEvent Remark(std::string id, const std::string& plant, model::Scope scope,
                          json::Object payload) {
  model::StoredEvent event;
  event.envelope.id = std::move(id);
  event.envelope.timestamp = Now();
  event.envelope.scope = scope;
  event.envelope.signal_type = model::SignalType::kValidation;
  event.envelope.severity = model::Severity::kInfo;
  event.envelope.payload = std::move(payload);
  event.plant = plant;
  return event;
}

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

}  // namespace

Result<model::DecisionRecord> Correct(Home& home, const std::string& id, model::Category category,
                                      const std::string& because, const std::string& by) {
  AIOP_TRY(auto decision, home.ledger().Get<model::DecisionRecord>(id));
  AIOP_TRY(const auto redactor, redact::Redactor::Create({}));
  AIOP_TRY(const auto earlier, RemarksOn(home, "correction", id));
  const std::string word(describe::Name(category));
  const std::string reason = redactor.Text(because);
  const auto scope = word.starts_with("APP") ? model::Scope::kApp : model::Scope::kMotor;
  const auto event =
      Remark(RemarkId("correction", id, earlier.size() + 1), decision.plant, scope,
             {{"details", "corrected by " + by + ": it was " + word + ", because " + reason},
              {"decision", id},
              {"was", std::string(describe::Name(decision.category))},
              {"as", word},
              {"because", reason},
              {"by", by}});
  decision.outcome = "corrected: " + word + ", because " + reason;
  store::Ledger::Batch batch;
  batch.Put(event, store::Mode::kInsert).Put(decision);
  AIOP_CHECK_OK(home.ledger().Commit(std::move(batch)));
  return decision;
}

Result<std::vector<model::StoredEvent>> CorrectionsOf(Home& home, const std::string& decision) {
  return RemarksOn(home, "correction", decision);
}

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
  AIOP_TRY(const auto earlier, RemarksOn(home, "merge", id));
  store::Ledger::Batch batch;
  json::Array moved;
  AIOP_CHECK_OK(MoveWaiting(home, incident.plant, id, into, decisions, batch, moved));
  batch.Put(Remark(RemarkId("merge", id, earlier.size() + 1), incident.plant, incident.scope,
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
  AIOP_TRY(const auto remarks, RemarksOn(home, "merge", id));
  AIOP_TRY(incident.state,
           lifecycle::StepIncident(incident.state, lifecycle::IncidentEvent::kSplitOff));
  store::Ledger::Batch batch;
  const std::string into = incident.merged_into;
  if (!remarks.empty()) {
    const json::Value payload = remarks.back().envelope.payload;
    const auto before =
        describe::FromName<IncidentState>(json::TextMember(payload, "state_before"));
    if (before) incident.state = *before;
    const json::Value* moved = json::Member(payload, "runs");
    for (const auto& each : moved && moved->is_array() ? moved->get_array() : json::Array()) {
      AIOP_TRY(model::Run run, home.ledger().Get<model::Run>(json::TextMember(each, "run")));
      if (run.incident != into || run.Ended()) continue;
      run.incident = id;
      run.decision = std::string(json::TextMember(each, "decision"));
      batch.Put(run);
    }
  }
  incident.merged_into.clear();
  batch.Put(incident).Put(
      Remark(RemarkId("unmerge", id, remarks.size()), incident.plant, incident.scope,
             {{"details", "incident " + id + " taken out of " + into + " again by " + by},
              {"incident", id},
              {"by", by}}),
      store::Mode::kInsert);
  AIOP_CHECK_OK(home.ledger().Commit(std::move(batch)));
  return incident;
}

}  // namespace aiop::arbitration
