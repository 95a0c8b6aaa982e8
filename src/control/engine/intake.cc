// SPDX-License-Identifier: Apache-2.0
// Events from outside a run, and the incidents that failures open.
#include <algorithm>

#include "base/fault/fault.h"
#include "base/identity/identity.h"
#include "control/engine/engine.h"
#include "core/fingerprint/fingerprint.h"

namespace aiop::engine {
namespace {

constexpr size_t kExampleBytes = 4000;
constexpr size_t kLineLimitBytes = size_t{4} << 20;

void AddOnce(std::vector<std::string>& list, const std::string& item) {
  if (!item.empty() && std::find(list.begin(), list.end(), item) == list.end())
    list.push_back(item);
}

}  // namespace

Result<std::vector<model::Incident>> Engine::KnownIncidents(const model::StoredEvent& event,
                                                            const contexts::Motor& motor) {
  // An incident from before an upgrade of the algorithm keeps its id, and its occurrences find it.
  std::vector<model::Incident> known;
  for (const auto& id : fingerprint::AllIds(motor.manifest.name, event.envelope.signal_type,
                                            event.envelope.Details())) {
    AIOP_TRY(auto found, home_.ledger().ListBy<model::Incident>(
                             store::Kind<model::Incident>::Field::kFingerprint, id));
    std::erase_if(found, [&](const auto& each) { return each.plant != event.plant; });
    if (known.empty()) known = std::move(found);
  }
  if (fault::GuardIsOff("one-incident")) known.clear();
  return known;
}

Result<Engine::Filing> Engine::FindOrOpenIncident(const model::StoredEvent& event,
                                                  const contexts::Motor& motor) {
  const auto print =
      fingerprint::Of(motor.manifest.name, event.envelope.signal_type, event.envelope.Details());
  AIOP_TRY(const auto known, KnownIncidents(event, motor));
  model::Incident incident;
  for (const auto& each : known) {
    if (incident.id.empty() || each.merged_into.empty()) incident = each;
  }
  const Timestamp now = Now();
  if (incident.id.empty()) {
    incident.id = NewId();
    incident.plant = event.plant;
    incident.fingerprint = print.id;
    incident.grouped_by = print.grouped_by;
    incident.title = print.template_text.substr(0, print.template_text.find('\n'));
    incident.example = event.envelope.Details().substr(0, kExampleBytes);
    incident.signal_type = event.envelope.signal_type;
    incident.scope = event.envelope.scope;
    incident.first_seen = now;
  }
  AIOP_TRY(incident.state,
           lifecycle::StepIncident(incident.state, lifecycle::IncidentEvent::kOccurred));
  ++incident.occurrences;
  AIOP_TRY(const model::Run run, home_.ledger().Get<model::Run>(event.run));
  AddOnce(incident.apps, run.app);
  AddOnce(incident.profiles, run.profile);
  AddOnce(incident.motor_versions, run.motor_ctx.version);
  incident.last_seen = now;
  Filing filing{.own = std::move(incident), .merged_into = std::nullopt};
  if (filing.own.merged_into.empty()) return filing;
  // It counts where it belongs, so that a merge can be undone, and waits where that was merged to.
  AIOP_TRY(filing.merged_into, CurrentIncident(filing.own.merged_into));
  filing.merged_into->last_seen = now;
  AIOP_TRY(filing.merged_into->state,
           lifecycle::StepIncident(filing.merged_into->state, lifecycle::IncidentEvent::kOccurred));
  return filing;
}

Result<model::Incident> CurrentIncident(const store::Ledger& ledger, const std::string& id) {
  AIOP_TRY(auto incident, ledger.Get<model::Incident>(id));
  while (!incident.merged_into.empty()) {
    AIOP_TRY(incident, ledger.Get<model::Incident>(incident.merged_into));
  }
  return incident;
}

Result<model::Incident> Engine::CurrentIncident(const std::string& id) {
  return engine::CurrentIncident(home_.ledger(), id);
}

Result<bool> Engine::IsAt(const model::Occurrence& occurrence, const std::string& incident) {
  if (occurrence.incident == incident) return true;
  const bool waits =
      occurrence.incident.empty() || occurrence.incident.starts_with(model::kWaitingPrefix);
  if (waits) return false;
  AIOP_TRY(const auto current, CurrentIncident(occurrence.incident));
  return current.id == incident;
}

Result<std::vector<model::Occurrence>> OccurrencesAt(const store::Ledger& ledger,
                                                     const model::Incident& incident) {
  using Field = store::Kind<model::Occurrence>::Field;
  AIOP_TRY(auto all, ledger.ListBy<model::Occurrence>(Field::kIncident, incident.id));
  AIOP_TRY(const auto incidents, ledger.ListBy<model::Incident>(
                                     store::Kind<model::Incident>::Field::kPlant, incident.plant));
  for (const auto& each : incidents) {
    if (each.merged_into.empty()) continue;
    AIOP_TRY(const auto current, CurrentIncident(ledger, each.id));
    if (current.id != incident.id) continue;
    AIOP_TRY(const auto more, ledger.ListBy<model::Occurrence>(Field::kIncident, each.id));
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

Result<std::vector<model::Occurrence>> Engine::OccurrencesAt(const model::Incident& incident) {
  return engine::OccurrencesAt(home_.ledger(), incident);
}

Result<std::string> Engine::FingerprintOf(const model::Incident& incident, const std::string& run) {
  AIOP_TRY(const auto occurrences, home_.ledger().ListBy<model::Occurrence>(
                                       store::Kind<model::Occurrence>::Field::kRun, run));
  std::string fingerprint = incident.fingerprint;
  for (const auto& each : occurrences) {
    AIOP_TRY(const bool here, IsAt(each, incident.id));
    if (!here) continue;
    AIOP_TRY(const auto event, home_.ledger().Find<model::StoredEvent>(each.event));
    if (event && !event->fingerprint.empty()) fingerprint = event->fingerprint;
  }
  return fingerprint;
}

Result<bool> Engine::Store(model::StoredEvent event, const redact::Redactor& redactor) {
  const json::Object original = event.envelope.payload;
  event.envelope.payload = redactor.Json(event.envelope.payload).as_object();
  if (event.envelope.payload != original) event.raw_payload.clear();
  if (event.envelope.id.empty()) event.envelope.id = NewId();
  if (event.envelope.IsFailure() && event.fingerprint.empty()) {
    event.fingerprint = fingerprint::Of(event.envelope.context_ref.motor_ctx.name,
                                        event.envelope.signal_type, event.envelope.Details())
                            .id;
    if (event.incident.empty() && event.not_an_incident.empty()) {
      AIOP_TRY(event.not_an_incident, WhyNoIncident(event, "observed"));
    }
  }
  store::Ledger::Batch batch;
  batch.Put(event, store::Mode::kInsertIfNew);
  AIOP_TRY(const auto news, home_.ledger().CommitAndTell(std::move(batch)));
  if (news.at(0)) {
    Tell(
        {.what = Notice::What::kEvent, .run = {}, .name = {}, .text = {}, .event = event.envelope});
  }
  return news.at(0);
}

Status Engine::TellMotor(const std::string& plant, const model::MotorReference& motor,
                         model::SignalType type, model::Severity severity, json::Object payload) {
  AIOP_TRY(const auto redactor, redact::Redactor::Create({}));
  model::StoredEvent event;
  event.envelope.timestamp = Now();
  event.envelope.scope = model::Scope::kMotor;
  event.envelope.signal_type = type;
  event.envelope.severity = severity;
  event.envelope.payload = std::move(payload);
  event.envelope.context_ref.motor_ctx = motor;
  event.plant = plant;
  if (event.envelope.IsFailure())
    event.not_an_incident = "about the motor itself: answered by its change request";
  AIOP_TRY([[maybe_unused]] const bool is_new, Store(std::move(event), redactor));
  return {};
}

Result<Ingested> Engine::Ingest(std::string_view ndjson) {
  AIOP_TRY(const auto redactor, redact::Redactor::Create({}));
  Ingested ingested;
  store::Ledger::Batch batch;
  int64_t number = 0;
  size_t start = 0;
  // Events come in bursts of one trace: looked up once for each.
  std::optional<model::Run> run;
  std::optional<std::string> trace;
  while (start < ndjson.size()) {
    const size_t end = std::min(ndjson.find('\n', start), ndjson.size());
    const std::string_view line = ndjson.substr(start, end - start);
    start = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (line.size() > kLineLimitBytes) {
      ingested.refused.push_back(
          {number, "the line is longer than " + std::to_string(kLineLimitBytes) + " bytes"});
      continue;
    }
    auto envelope = describe::FromText<model::EventEnvelope>(line);
    if (!envelope) {
      ingested.refused.push_back({number, envelope.error().message});
      continue;
    }
    if (model::IsRemarkId(envelope->id)) {
      ingested.refused.push_back({number, std::string(model::kRemarkIdRefused)});
      continue;
    }
    model::StoredEvent event;
    event.raw_payload = json::RawMember(line, "payload");
    event.envelope = *std::move(envelope);
    event.envelope.seq = 0;
    if (trace != event.envelope.trace_id) {
      trace = event.envelope.trace_id;
      AIOP_TRY(run, home_.ledger().Find<model::Run>(*trace));
    }
    if (run) {
      event.run = run->id;
      event.plant = run->plant;
    }
    const json::Object original = event.envelope.payload;
    event.envelope.payload = redactor.Json(event.envelope.payload).as_object();
    if (event.envelope.payload != original) event.raw_payload.clear();
    if (event.envelope.id.empty()) event.envelope.id = NewId();
    if (event.envelope.IsFailure()) {
      event.fingerprint = fingerprint::Of(event.envelope.context_ref.motor_ctx.name,
                                          event.envelope.signal_type, event.envelope.Details())
                              .id;
      AIOP_TRY(event.not_an_incident, WhyNoIncident(event, "ingested"));
    }
    batch.Put(event, store::Mode::kInsertIfNew);
  }
  AIOP_TRY(const auto news, home_.ledger().CommitAndTell(std::move(batch)));
  ingested.accepted = std::count(news.begin(), news.end(), true);
  ingested.duplicates = static_cast<int64_t>(news.size()) - ingested.accepted;
  return ingested;
}

}  // namespace aiop::engine
