// SPDX-License-Identifier: Apache-2.0
// Between what the policy takes and what is written down.
#include <algorithm>

#include "core/replay/experiments.h"
#include "core/replay/replay.h"

namespace aiop::replay {
namespace {

using model::DecisionHistory;
using model::SightingOutcome;

model::PastRun Written(const policy::Sighting& sighting) {
  // A new field does not compile here until it is written down.
  const auto& [run, app, profile, app_version, motor_version, motor_commit, failed, shadowed] =
      sighting;
  return {.run = run,
          .app = app,
          .profile = profile,
          .app_version = app_version,
          .motor_version = motor_version,
          .motor_commit = motor_commit,
          .outcome = shadowed ? SightingOutcome::kShadowed
                     : failed ? SightingOutcome::kFailed
                              : SightingOutcome::kPassed};
}

policy::Sighting Read(const model::PastRun& past) {
  return {.run = past.run,
          .app = past.app,
          .profile = past.profile,
          .app_version = past.app_version,
          .motor_version = past.motor_version,
          .motor_commit = past.motor_commit,
          .failed = past.outcome == SightingOutcome::kFailed,
          .shadowed = past.outcome == SightingOutcome::kShadowed};
}

model::PastSpec Written(const policy::SpecFacts& spec) {
  const auto& [app, declared, valid, findings, refs] = spec;
  return {.app = app, .declared = declared, .valid = valid, .findings = findings, .refs = refs};
}

policy::SpecFacts Read(const model::PastSpec& past) {
  return {.app = past.app,
          .declared = past.declared,
          .valid = past.valid,
          .findings = past.findings,
          .refs = past.refs};
}

// A long payload is told by its text and its figures.
json::Object Shortened(const model::EventEnvelope& event) {
  if (json::Text(event.payload).size() <= kEventBytesKept) return event.payload;
  json::Object payload{{"details", json::ToValidUtf8(event.Details().substr(0, kEventBytesKept))}};
  for (const char* key : {"value", "unit", "budget"}) {
    const json::Value* value = event.payload.if_contains(key);
    if (value && (value->is_number() || key == std::string_view("unit"))) payload[key] = *value;
  }
  return payload;
}

model::PastEvent Written(const model::EventEnvelope& event) {
  return {.id = event.id,
          .scope = event.scope,
          .signal_type = event.signal_type,
          .severity = event.severity,
          .payload = Shortened(event)};
}

template <class Out, class In, class Change>
std::vector<Out> Each(const std::vector<In>& in, Change change) {
  std::vector<Out> out;
  out.reserve(in.size());
  for (const In& each : in) out.push_back(change(each));
  return out;
}

}  // namespace

DecisionHistory Begin(const policy::Evidence& evidence) {
  // A new field does not compile here until it is written down.
  const auto& [incident, run, app, profile, app_version, motor_version, motor_commit, event,
               spec_is_folder, real_failures, sightings, failing_runs, motor_decision,
               motor_decision_apps, specs, experiments, has_accepts, has_validators, has_network,
               older_versions, newer_versions, golden, other_profiles, other_apps,
               earlier_revisions, pending_fixes, other_motors, plant_ms_spent, plant_ms_budget] =
      evidence;
  DecisionHistory history;
  history.incident = incident.id;
  history.plant = incident.plant;
  history.title = json::ToValidUtf8(incident.title.substr(0, kTitleBytesKept));
  history.run = run;
  history.app = app;
  history.profile = profile;
  history.app_version = app_version;
  history.motor_version = motor_version;
  history.motor_commit = motor_commit;
  history.event = Written(event);
  history.spec_is_folder = spec_is_folder;
  history.real_failures = real_failures;
  history.failing_runs = failing_runs;
  history.motor_decision = motor_decision;
  history.motor_decision_apps = motor_decision_apps;
  history.sightings = Each<model::PastRun>(sightings, [](const auto& s) { return Written(s); });
  history.specs = Each<model::PastSpec>(specs, [](const auto& s) { return Written(s); });
  history.has_accepts = has_accepts;
  history.has_validators = has_validators;
  history.has_network = has_network;
  history.older_versions = older_versions;
  history.newer_versions = newer_versions;
  history.golden = golden;
  history.other_profiles = other_profiles;
  history.other_apps = other_apps;
  history.earlier_revisions = earlier_revisions;
  history.pending_fixes = pending_fixes;
  history.other_motors = other_motors;
  return history;
}

void Note(DecisionHistory& history, const policy::Wish& wish, const model::Experiment& experiment) {
  const auto& findings = experiment.findings;
  const auto kept = static_cast<std::ptrdiff_t>(std::min(findings.size(), kFindingsKept));
  history.experiments.push_back(
      {.id = experiment.id,
       .kind = experiment.kind,
       .about = AboutOf(wish),
       .on = ElsewhereOf(wish, history),
       .question = experiment.question,
       .result = experiment.result,
       .motor = wish.kind == model::ExperimentKind::kOtherMotor ? experiment.motor_ctx.name : "",
       .findings = {findings.begin(), findings.begin() + kept},
       .plant_ms = experiment.plant_ms});
}

void Conclude(DecisionHistory& history, const policy::Ruling& ruling,
              const policy::Evidence& evidence, const policy::Policy& policy) {
  history.ruling = {.policy = policy.Id(),
                    .classification = ruling.classification,
                    .category = ruling.category,
                    .rule = ruling.rule,
                    .confidence = ruling.confidence,
                    .abstained = ruling.abstained};
  history.known.clear();
  for (const auto& each : policy::Examine(evidence, policy).propositions) {
    if (each.holds) history.known[each.name] = *each.holds;
  }
}

policy::Evidence EvidenceOf(const DecisionHistory& history) {
  policy::Evidence evidence;
  evidence.incident.id = history.incident;
  evidence.incident.plant = history.plant;
  evidence.incident.title = history.title;
  evidence.run = history.run;
  evidence.app = history.app;
  evidence.profile = history.profile;
  evidence.app_version = history.app_version;
  evidence.motor_version = history.motor_version;
  evidence.motor_commit = history.motor_commit;
  evidence.event.id = history.event.id;
  evidence.event.scope = history.event.scope;
  evidence.event.signal_type = history.event.signal_type;
  evidence.event.severity = history.event.severity;
  evidence.event.payload = history.event.payload;
  evidence.spec_is_folder = history.spec_is_folder;
  evidence.real_failures = history.real_failures;
  evidence.failing_runs = history.failing_runs;
  evidence.motor_decision = history.motor_decision;
  evidence.motor_decision_apps = history.motor_decision_apps;
  evidence.sightings =
      Each<policy::Sighting>(history.sightings, [](const auto& past) { return Read(past); });
  evidence.specs =
      Each<policy::SpecFacts>(history.specs, [](const auto& past) { return Read(past); });
  evidence.has_accepts = history.has_accepts;
  evidence.has_validators = history.has_validators;
  evidence.has_network = history.has_network;
  evidence.older_versions = history.older_versions;
  evidence.newer_versions = history.newer_versions;
  evidence.golden = history.golden;
  evidence.other_profiles = history.other_profiles;
  evidence.other_apps = history.other_apps;
  evidence.earlier_revisions = history.earlier_revisions;
  evidence.pending_fixes = history.pending_fixes;
  evidence.other_motors = history.other_motors;
  return evidence;
}

}  // namespace aiop::replay
