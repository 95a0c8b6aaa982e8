// SPDX-License-Identifier: Apache-2.0
// What history proves about an incident, as the policy wants it.
#include <algorithm>
#include <set>

#include "control/arbitration/arbitration.h"
#include "core/version/version.h"

namespace aiop::arbitration {
namespace {

bool Older(const std::string& a, const std::string& b) {
  const auto left = version::Parse(a);
  const auto right = version::Parse(b);
  return left && right ? *left < *right : a < b;
}

// The names of the checkpoints a run holds or held.
std::set<std::string> NamesOf(const std::vector<model::Checkpoint>& checkpoints) {
  std::set<std::string> names;
  for (const auto& each : checkpoints) names.insert(each.name);
  return names;
}

}  // namespace

Status Arbiter::GatherSightings(policy::Evidence& evidence, const model::Run& failing) {
  auto& ledger = engine_.home().ledger();
  AIOP_TRY(const auto occurrences,
           ledger.ListBy<model::Occurrence>(store::Kind<model::Occurrence>::Field::kIncident,
                                            evidence.incident.id));
  AIOP_TRY(const auto failing_checkpoints, engine_.CheckpointsOf(failing.id, true));
  const std::set<std::string> reached = NamesOf(failing_checkpoints);
  evidence.real_failures = std::ranges::count_if(occurrences, [&](const model::Occurrence& each) {
    return each.run == failing.id && each.app_ctx == failing.app_ctx &&
           each.motor_ctx == failing.motor_ctx;
  });

  AIOP_TRY(auto runs,
           ledger.List<model::Run>({.key = static_cast<int>(store::Kind<model::Run>::Field::kPlant),
                                    .value = failing.plant,
                                    .limit = kHistoryRuns,
                                    .newest_first = true}));
  std::sort(runs.begin(), runs.end(), [](const model::Run& a, const model::Run& b) {
    return std::tie(a.app, a.profile, a.id) < std::tie(b.app, b.profile, b.id);
  });
  for (const auto& run : runs) {
    if (run.state == model::RunState::kIdle || run.attempts == 0) continue;
    policy::Sighting sighting;
    sighting.run = run.id;
    sighting.app = run.app;
    sighting.profile = run.profile;
    sighting.app_version = run.app_ctx.version;
    sighting.motor_version = run.motor_ctx.version;
    sighting.motor_commit = run.motor_commit;
    // Where it failed earlier, on other versions than the ones it stands on now.
    for (const auto& each : occurrences) {
      const bool now = each.app_ctx == run.app_ctx && each.motor_ctx == run.motor_ctx;
      if (each.run != run.id || (now && run.state != model::RunState::kSuccess)) continue;
      policy::Sighting earlier = sighting;
      earlier.app_version = each.app_ctx.version;
      earlier.motor_version = each.motor_ctx.version;
      earlier.motor_commit.clear();
      earlier.failed = true;
      evidence.sightings.push_back(std::move(earlier));
    }
    sighting.failed =
        run.state != model::RunState::kSuccess && run.incident == evidence.incident.id;
    if (!sighting.failed && run.state != model::RunState::kSuccess) {
      // It went through the same point if it holds a checkpoint that the failing run never reached.
      AIOP_TRY(const auto checkpoints, engine_.CheckpointsOf(run.id));
      const auto names = NamesOf(checkpoints);
      const bool beyond = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return !reached.contains(name);
      });
      sighting.shadowed = !beyond;
    }
    evidence.sightings.push_back(std::move(sighting));
  }
  return {};
}

Status Arbiter::GatherMeans(policy::Evidence& evidence, const model::Run& run,
                            const contexts::Motor& motor) {
  contexts::Home& home = engine_.home();
  evidence.has_accepts =
      !motor.manifest.accepts.schema.empty() || !motor.manifest.accepts.dialects.empty();
  evidence.has_validators = !motor.manifest.validate.empty();
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
  AIOP_TRY(const auto events, home.ledger().ListBy<model::StoredEvent>(
                                  store::Kind<model::StoredEvent>::Field::kIncident, incident.id));
  for (const auto& event : events) {
    if (event.run == run.id) evidence.event = event.envelope;
  }
  AIOP_TRY(const auto version, contexts::VersionOf(home, run.app_ctx));
  evidence.spec_is_folder = version.entry.empty();
  AIOP_TRY(const contexts::Motor motor, contexts::MotorAtCommit(home, run.plant, run.motor_commit));
  AIOP_CHECK_OK(GatherSightings(evidence, run));
  AIOP_CHECK_OK(GatherMeans(evidence, run, motor));
  AIOP_CHECK_OK(GatherOtherMotors(evidence, version, motor));
  evidence.plant_ms_budget = policy_.PlantMillisecondsPerIncident();
  return evidence;
}

}  // namespace aiop::arbitration
