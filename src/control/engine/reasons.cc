// SPDX-License-Identifier: Apache-2.0
// No mute observer: a failure that opens no incident has a stored reason why not.
#include "control/engine/engine.h"
#include "core/fingerprint/fingerprint.h"

namespace aiop::engine {

Result<std::string> Engine::WhyNoIncident(const model::StoredEvent& event, std::string_view how) {
  const std::string told(how);
  const auto known_as = [&](const std::string& plant) -> Result<std::string> {
    for (const auto& id :
         fingerprint::AllIds(event.envelope.context_ref.motor_ctx.name, event.envelope.signal_type,
                             event.envelope.Details())) {
      AIOP_TRY(const auto incidents, home_.ledger().ListBy<model::Incident>(
                                         store::Kind<model::Incident>::Field::kFingerprint, id));
      for (const auto& each : incidents) {
        if (each.plant == plant) {
          AIOP_TRY(const auto current, CurrentIncident(each.id));
          return current.id;
        }
      }
    }
    return std::string();
  };
  AIOP_TRY(const std::string same, known_as(event.plant));
  if (!same.empty()) return told + " beside a run: incident " + same + " is about this failure";
  if (event.run.empty()) {
    return told + " outside a run: no run stopped at it, so there is nothing to examine";
  }
  AIOP_TRY(const model::Run run, home_.ledger().Get<model::Run>(event.run));
  const std::string name = "run " + run.id;
  if (run.Ended()) {
    return told + " after the fact: " + name + " had ended " +
           std::string(describe::Name(run.state));
  }
  if (!run.incident.empty()) {
    return told + " beside a run: " + name + " stands at incident " + run.incident +
           ", which is answered first";
  }
  return told + " beside a run: " + name + " goes on, and what it stops at opens the incident";
}

Status Engine::ExplainFailures(const std::string& run, const std::string& why) {
  AIOP_TRY(const auto events, home_.ledger().ListBy<model::StoredEvent>(
                                  store::Kind<model::StoredEvent>::Field::kRun, run));
  store::Ledger::Batch batch;
  for (model::StoredEvent event : events) {
    if (!event.envelope.IsFailure() || !event.incident.empty() || !event.not_an_incident.empty())
      continue;
    event.not_an_incident = why;
    batch.Put(event);
  }
  return batch.empty() ? Status{} : home_.ledger().Commit(std::move(batch));
}

}  // namespace aiop::engine
