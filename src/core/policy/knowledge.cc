// SPDX-License-Identifier: Apache-2.0
#include "core/policy/knowledge.h"

#include <algorithm>

namespace aiop::policy {
namespace {

using model::Experiment;
using model::ExperimentKind;
using model::ExperimentResult;

ExperimentResult ResultOf(const Sighting& sighting) {
  return sighting.failed ? ExperimentResult::kSameFailure : ExperimentResult::kPassed;
}

Trial TrialOf(const Sighting& sighting, std::string what) {
  return {.what = std::move(what),
          .result = ResultOf(sighting),
          .reference = sighting.run,
          .past = true};
}

Trial TrialOf(const Experiment& experiment, std::string what) {
  return {.what = std::move(what), .result = experiment.result, .reference = experiment.id};
}

std::optional<bool> SpecCheck(const Evidence& evidence, ExperimentKind kind, std::string_view app) {
  std::optional<bool> answer;
  for (const Experiment& experiment : evidence.experiments) {
    if (experiment.kind != kind || experiment.app != app) continue;
    if (IsElsewhere(evidence, experiment)) continue;
    const Trial trial = TrialOf(experiment, experiment.app);
    if (trial.Answered()) answer = trial.Passed();
  }
  return answer;
}

}  // namespace

bool IsElsewhere(const Evidence& evidence, const Experiment& experiment) {
  const std::string& version = experiment.motor_ctx.version;
  return !version.empty() && version != evidence.motor_version;
}

Knowledge::Knowledge(const Evidence& the_evidence, const Tuning& the_tuning)
    : evidence(the_evidence), tuning(the_tuning) {
  ReadControls();
  ReadHistory();
  ReadExperiments();
  for (const auto& [app, trial] : failing_apps) passing_apps.erase(app);
}

void Knowledge::ReadControls() {
  bool passed = false;
  bool same = false;
  for (const Experiment& experiment : evidence.experiments) {
    if (experiment.kind != ExperimentKind::kControl) continue;
    controls.push_back(TrialOf(experiment, evidence.motor_version));
    passed = passed || controls.back().Passed();
    same = same || controls.back().Same();
    control_differs = control_differs || experiment.result == ExperimentResult::kOtherFailure;
  }
  if (same && !passed) {
    reproduced = Truth::kYes;
    control_differs = false;
  } else if (passed || control_differs) {
    reproduced = Truth::kNo;
  }
}

bool Knowledge::SameMotor(const Sighting& sighting) const {
  if (!sighting.motor_commit.empty() && !evidence.motor_commit.empty()) {
    return sighting.motor_commit == evidence.motor_commit;
  }
  return sighting.motor_version == evidence.motor_version;
}

void Knowledge::ReadHistory() {
  failing_runs = {evidence.run};
  for (const Sighting& sighting : evidence.sightings) {
    // A run that stopped earlier, at something else, says nothing about this failure.
    if (sighting.shadowed || sighting.run == evidence.run) continue;
    if (sighting.failed && SameMotor(sighting)) failing_runs.insert(sighting.run);
    if (sighting.app == evidence.app) {
      ReadOwnHistory(sighting);
    } else if (SameMotor(sighting)) {
      if (!sighting.failed && sighting.profile == evidence.profile) {
        const auto [first, is_new] = passing_for_real.try_emplace(sighting.app, sighting.run);
        if (!is_new) first->second = std::min(first->second, sighting.run);
      }
      ReadOtherApp(sighting.app, sighting.profile, TrialOf(sighting, sighting.app));
    }
  }
  FindPassesOfFailingApps();
}

// A sighting is a comparison only if exactly one thing differs.
void Knowledge::ReadOwnHistory(const Sighting& sighting) {
  const bool same_revision = sighting.app_version == evidence.app_version;
  const bool same_profile = sighting.profile == evidence.profile;
  if (!SameMotor(sighting)) {
    if (same_revision && same_profile) {
      versions.push_back(TrialOf(sighting, sighting.motor_version));
    }
    return;
  }
  if (same_revision && same_profile) {
    if (!sighting.failed) unchanged_passes.push_back(sighting.run);
  } else if (same_revision) {
    profiles.push_back(TrialOf(sighting, sighting.profile));
  } else if (same_profile && Contains(evidence.earlier_revisions, sighting.app_version)) {
    revisions.push_back(TrialOf(sighting, sighting.app_version));
  }
}

void Knowledge::FindPassesOfFailingApps() {
  for (const Sighting& failed : evidence.sightings) {
    const bool counts = failed.failed && !failed.shadowed && SameMotor(failed);
    if (!counts || failed.app == evidence.app) continue;
    for (const Sighting& passed : evidence.sightings) {
      const bool same = passed.app == failed.app && passed.profile == failed.profile &&
                        passed.app_version == failed.app_version && SameMotor(passed);
      if (!same || passed.failed || passed.shadowed) continue;
      const auto [first, is_new] = passes_of_failing_apps.try_emplace(failed.app, passed.run);
      if (!is_new) first->second = std::min(first->second, passed.run);
    }
  }
}

void Knowledge::ReadOtherApp(const std::string& app, const std::string& profile,
                             const Trial& trial) {
  if (trial.Same()) {
    failing_apps.try_emplace(app, trial);
    if (profile == evidence.profile) failing_apps_in_profile.try_emplace(app, trial);
  } else if (trial.Passed() && profile == evidence.profile) {
    passing_apps.try_emplace(app, trial);
  }
}

void Knowledge::ReadExperiments() {
  if (reproduced != Truth::kYes) return;
  size_t golden_asked = 0;
  for (const Experiment& experiment : evidence.experiments) {
    switch (experiment.kind) {
      case ExperimentKind::kOtherVersion:
        versions.push_back(TrialOf(experiment, experiment.motor_ctx.version));
        break;
      case ExperimentKind::kRepairedTwin:
        if (IsElsewhere(evidence, experiment)) {
          twins_elsewhere.push_back(TrialOf(experiment, experiment.motor_ctx.version));
        } else {
          twins.push_back(TrialOf(experiment, experiment.app));
        }
        break;
      case ExperimentKind::kReducedSpec:
        if (experiment.result == ExperimentResult::kSameFailure) reduced = &experiment;
        break;
      case ExperimentKind::kPendingFix:
        fixes.push_back(TrialOf(experiment, experiment.changed));
        break;
      case ExperimentKind::kOtherMotor:
        motors.push_back(TrialOf(experiment, experiment.motor_ctx.name));
        break;
      case ExperimentKind::kGoldenApp:  // answered in the order of the list
        golden.push_back(TrialOf(experiment, golden_asked < evidence.golden.size()
                                                 ? evidence.golden[golden_asked]
                                                 : experiment.changed));
        ++golden_asked;
        break;
      case ExperimentKind::kOtherProfile:
        profiles.push_back(TrialOf(experiment, experiment.profile));
        break;
      case ExperimentKind::kEarlierRevision:
        revisions.push_back(TrialOf(experiment, experiment.app_ctx.version));
        break;
      case ExperimentKind::kOtherApp:
        ReadOtherApp(experiment.app, evidence.profile, TrialOf(experiment, experiment.app));
        break;
      case ExperimentKind::kDeclared:
      case ExperimentKind::kValidators:
      case ExperimentKind::kControl:
      case ExperimentKind::kCandidate:
      case ExperimentKind::kRegression:
        break;
    }
  }
}

bool Knowledge::IsOlder(const std::string& version) const {
  return Contains(evidence.older_versions, version);
}

bool Knowledge::IsNewer(const std::string& version) const {
  return Contains(evidence.newer_versions, version);
}

std::vector<Trial> Knowledge::VersionTrials(Direction direction) const {
  std::vector<Trial> out;
  for (const Trial& trial : versions) {
    const bool wanted =
        direction == Direction::kAny ||
        (direction == Direction::kOlder ? IsOlder(trial.what) : IsNewer(trial.what));
    if (wanted) out.push_back(trial);
  }
  return out;
}

const SpecFacts* Knowledge::Spec(std::string_view app) const {
  for (const SpecFacts& spec : evidence.specs) {
    if (spec.app == app) return &spec;
  }
  return nullptr;
}

std::optional<bool> Knowledge::Declared(std::string_view app) const {
  if (const SpecFacts* spec = Spec(app); spec && spec->declared) return spec->declared;
  return SpecCheck(evidence, ExperimentKind::kDeclared, app);
}

std::optional<bool> Knowledge::Valid(std::string_view app) const {
  if (const SpecFacts* spec = Spec(app); spec && spec->valid) return spec->valid;
  return SpecCheck(evidence, ExperimentKind::kValidators, app);
}

std::vector<std::string> Knowledge::SpecReferences(std::string_view app,
                                                   ExperimentKind kind) const {
  std::vector<std::string> references;
  for (const Experiment& experiment : evidence.experiments) {
    if (experiment.kind == kind && experiment.app == app && !IsElsewhere(evidence, experiment)) {
      references.push_back(experiment.id);
    }
  }
  if (!references.empty()) return references;
  const SpecFacts* spec = Spec(app);  // memoised by an earlier incident
  return spec ? spec->refs : references;
}

std::vector<std::string> Knowledge::AllFailingApps() const {
  std::vector<std::string> apps = {evidence.app};
  for (const auto& [app, trial] : failing_apps) apps.push_back(app);
  return apps;
}

}  // namespace aiop::policy
