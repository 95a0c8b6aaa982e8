// SPDX-License-Identifier: Apache-2.0
// What history proves about an incident, as the policy wants it.
#include <algorithm>
#include <ranges>

#include "control/arbitration/arbitration.h"
#include "control/arbitration/history.h"
#include "core/version/version.h"

namespace aiop::arbitration {
namespace {

bool Older(const std::string& a, const std::string& b) {
  const auto left = version::Parse(a);
  const auto right = version::Parse(b);
  return left && right ? *left < *right : a < b;
}

}  // namespace

Status Arbiter::GatherSightings(policy::Evidence& evidence, const model::Run& failing) {
  evidence::Question question{.plant = failing.plant,
                              .incident = evidence.incident.id,
                              .run = failing.id,
                              .app = failing.app,
                              .profile = failing.profile,
                              .app_version = failing.app_ctx.version,
                              .motor_version = failing.motor_ctx.version,
                              .motor_commit = failing.motor_commit,
                              .reached = {},
                              .older_versions = evidence.older_versions,
                              .newer_versions = evidence.newer_versions,
                              .earlier_revisions = evidence.earlier_revisions};
  AIOP_TRY(const auto checkpoints, engine_.CheckpointsOf(failing.id, true));
  for (const auto& each : checkpoints) question.reached.insert(each.name);
  AIOP_TRY(auto around, history_->Around(question));
  evidence.sightings = std::move(around.sightings);
  evidence.failing_runs = around.failing_runs;
  return {};
}

// What was split off from apps that the motor fails in the same way, though their specs are in
// order, has their decision for a witness.
Status Arbiter::GatherMotorDecision(policy::Evidence& evidence) {
  auto& ledger = engine_.home().ledger();
  AIOP_TRY(const auto same_text,
           ledger.ListBy<model::Incident>(store::Kind<model::Incident>::Field::kFingerprint,
                                          evidence.incident.fingerprint));
  for (const model::Incident& each : same_text) {
    const bool decided = each.state == model::IncidentState::kDecided && !each.decision.empty();
    if (!decided || each.plant != evidence.incident.plant || each.id == evidence.incident.id ||
        std::ranges::find(each.motor_versions, evidence.motor_version) ==
            each.motor_versions.end()) {
      continue;
    }
    AIOP_TRY(const auto decision, ledger.Get<model::DecisionRecord>(each.decision));
    if (decision.classification != model::Classification::kMotor ||
        decision.outcome == "abstained" ||
        policy_.CoveredBy(decision.rule) != policy::Covers::kSound) {
      continue;
    }
    evidence.motor_decision = decision.decision_id;
    evidence.motor_decision_apps = decision.apps;
    return {};
  }
  return {};
}

// The failure itself: what the run reported when it last stopped at the incident.
Status Arbiter::GatherEvent(policy::Evidence& evidence, const model::Run& run) {
  auto& ledger = engine_.home().ledger();
  AIOP_TRY(const auto occurrences,
           ledger.ListBy<model::Occurrence>(store::Kind<model::Occurrence>::Field::kRun, run.id));
  evidence.real_failures = 0;
  for (const auto& each : occurrences) {
    AIOP_TRY(const bool here, engine_.IsAt(each, evidence.incident.id));
    if (!here) continue;
    evidence.real_failures += each.app_ctx == run.app_ctx && each.motor_ctx == run.motor_ctx;
    AIOP_TRY(const auto event, ledger.Get<model::StoredEvent>(each.event));
    evidence.event = event.envelope;
  }
  return {};
}

Status Arbiter::GatherMeans(policy::Evidence& evidence, const model::Run& run,
                            const contexts::Motor& motor) {
  contexts::Home& home = engine_.home();
  evidence.has_accepts =
      !motor.manifest.accepts.schema.empty() || !motor.manifest.accepts.dialects.empty();
  evidence.has_validators = !motor.manifest.validate.empty();
  evidence.has_network = motor.manifest.sandbox.network;
  AIOP_TRY(const auto versions, home.motors().ListBy<model::MotorVersion>(
                                    store::Kind<model::MotorVersion>::Field::kPlant, run.plant));
  for (const auto& each : versions) {
    const std::string& number = each.reference.version;
    if (each.commit == run.motor_commit || each.status == model::VersionStatus::kOutside ||
        each.status == model::VersionStatus::kCandidate) {
      continue;
    }
    (Older(number, run.motor_ctx.version) ? evidence.older_versions : evidence.newer_versions)
        .push_back(number);
  }
  std::sort(evidence.older_versions.begin(), evidence.older_versions.end(),
            [](const auto& a, const auto& b) { return Older(b, a); });
  std::sort(evidence.newer_versions.begin(), evidence.newer_versions.end(), Older);

  if (fixes_ != nullptr) {
    AIOP_TRY(evidence.pending_fixes, fixes_->NamesFor(motor));
  }
  AIOP_TRY(evidence.golden, contexts::GoldenSpecs(home, motor));
  AIOP_TRY(const model::App app, home.apps().Get<model::App>(run.app));
  for (const auto& profile : app.profiles) {
    if (profile != run.profile) evidence.other_profiles.push_back(profile);
  }
  AIOP_TRY(const auto apps,
           home.apps().ListBy<model::App>(store::Kind<model::App>::Field::kPlant, run.plant));
  for (const auto& each : apps) {
    if (each.name != run.app) evidence.other_apps.push_back(each.name);
  }
  std::sort(evidence.other_apps.begin(), evidence.other_apps.end());
  AIOP_TRY(auto revisions, home.apps().ListBy<model::AppVersion>(
                               store::Kind<model::AppVersion>::Field::kApp, run.app));
  for (const auto& each : revisions) {
    if (Older(each.reference.version, run.app_ctx.version))
      evidence.earlier_revisions.push_back(each.reference.version);
  }
  std::sort(evidence.earlier_revisions.begin(), evidence.earlier_revisions.end(),
            [](const auto& a, const auto& b) { return Older(b, a); });
  return {};
}

// Other plants whose motors declare a dialect that this motor declares too, or that have an app
// with the very same spec.
Status Arbiter::GatherOtherMotors(policy::Evidence& evidence, const model::AppVersion& version,
                                  const contexts::Motor& motor) {
  contexts::Home& home = engine_.home();
  AIOP_TRY(const auto plants, home.motors().List<model::Plant>());
  for (const auto& plant : plants) {
    if (plant.name == motor.version.plant) continue;
    AIOP_TRY(const contexts::Motor other, contexts::ActiveMotor(home, plant.name));
    const auto& dialects = other.manifest.accepts.dialects;
    bool takes = std::ranges::any_of(motor.manifest.accepts.dialects, [&](const auto& dialect) {
      return std::ranges::find(dialects, dialect) != dialects.end();
    });
    AIOP_TRY(const auto apps,
             home.apps().ListBy<model::App>(store::Kind<model::App>::Field::kPlant, plant.name));
    for (const auto& app : apps) takes = takes || app.current.hash == version.reference.hash;
    if (takes) evidence.other_motors.push_back(plant.name);
  }
  std::ranges::sort(evidence.other_motors);
  return {};
}

Result<policy::Evidence> Arbiter::Gather(const model::Incident& incident, const model::Run& run) {
  contexts::Home& home = engine_.home();
  policy::Evidence evidence;
  evidence.incident = incident;
  evidence.run = run.id;
  evidence.app = run.app;
  evidence.profile = run.profile;
  evidence.app_version = run.app_ctx.version;
  evidence.motor_version = run.motor_ctx.version;
  evidence.motor_commit = run.motor_commit;
  AIOP_CHECK_OK(GatherEvent(evidence, run));
  AIOP_TRY(const auto version, contexts::VersionOf(home, run.app_ctx));
  evidence.spec_is_folder = version.entry.empty();
  AIOP_TRY(const contexts::Motor motor, contexts::MotorAtCommit(home, run.plant, run.motor_commit));
  AIOP_CHECK_OK(GatherMeans(evidence, run, motor));
  AIOP_CHECK_OK(GatherOtherMotors(evidence, version, motor));
  AIOP_CHECK_OK(GatherSightings(evidence, run));
  AIOP_CHECK_OK(GatherMotorDecision(evidence));
  evidence.plant_ms_budget = policy_.PerIncident().plant_ms;
  return evidence;
}

}  // namespace aiop::arbitration
