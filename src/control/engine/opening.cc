// SPDX-License-Identifier: Apache-2.0
// Failures that the policy wants to see more than once before they are an incident.
#include <algorithm>

#include "control/engine/engine.h"

namespace aiop::engine {
namespace {

// A clock that was put back makes nothing older.
Milliseconds Age(const model::Occurrence& occurrence, Timestamp now) {
  return std::max(Milliseconds{0}, now - occurrence.at);
}

void AddOnce(std::vector<std::string>& list, const std::string& item) {
  if (!item.empty() && std::ranges::find(list, item) == list.end()) list.push_back(item);
}

}  // namespace

Result<Engine::Waiting> Engine::FindWaiting(const model::StoredEvent& event,
                                            const contexts::Motor& motor,
                                            store::Ledger::Batch& batch) {
  Waiting waiting;
  if (opening_.after <= 1) return waiting;
  AIOP_TRY(const auto known, KnownIncidents(event, motor));
  AIOP_TRY(auto before, home_.ledger().ListBy<model::Occurrence>(
                            store::Kind<model::Occurrence>::Field::kIncident,
                            std::string(model::kWaitingPrefix) + event.fingerprint));
  const Timestamp now = Now();
  for (model::Occurrence& each : before) {
    AIOP_TRY(const model::Run run, home_.ledger().Get<model::Run>(each.run));
    if (run.plant != event.plant) continue;
    if (Age(each, now) <= opening_.within) {
      waiting.earlier.push_back(std::move(each));
      continue;
    }
    // Looked at once more, and never again.
    each.incident.clear();
    batch.Put(each);
  }
  const bool urgent = event.envelope.severity == model::Severity::kCritical;
  waiting.waits = known.empty() && !urgent && std::ssize(waiting.earlier) + 1 < opening_.after;
  return waiting;
}

Status Engine::TakeIn(model::Incident& incident, const std::vector<model::Occurrence>& waited,
                      store::Ledger::Batch& batch) {
  for (model::Occurrence each : waited) {
    each.incident = incident.id;
    batch.Put(each);
    ++incident.occurrences;
    AddOnce(incident.apps, each.app);
    AddOnce(incident.profiles, each.profile);
    AddOnce(incident.motor_versions, each.motor_ctx.version);
    incident.first_seen = std::min(incident.first_seen, each.at);
    AIOP_TRY(auto event, home_.ledger().Get<model::StoredEvent>(each.event));
    event.incident = incident.id;
    event.not_an_incident.clear();
    batch.Put(event);
    AIOP_TRY(model::Run run, home_.ledger().Get<model::Run>(each.run));
    const bool stands = run.state == model::RunState::kPaused &&
                        run.paused_because == model::PausedBecause::kEvidence &&
                        run.incident.empty();
    if (!stands) continue;
    run.incident = incident.id;
    batch.Put(run);
  }
  return {};
}

}  // namespace aiop::engine
