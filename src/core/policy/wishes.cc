// SPDX-License-Identifier: Apache-2.0
// Which experiment of each kind could come next.
#include <algorithm>

#include "core/policy/knowledge.h"

namespace aiop::policy {
namespace {

using model::Experiment;
using model::ExperimentKind;

bool Tried(const std::vector<Trial>& trials, std::string_view what) {
  return std::ranges::any_of(trials, [&](const Trial& trial) { return trial.what == what; });
}

void AddOnce(std::vector<std::string>& list, const std::string& item) {
  if (!Contains(list, item)) list.push_back(item);
}

// The middle, then the middles of both halves, and so on: close to where a bisection would look.
void AddMiddlesFirst(std::vector<std::string>& list, const std::vector<std::string>& items,
                     size_t from, size_t to) {
  if (from >= to) return;
  const size_t middle = from + (to - from) / 2;
  AddOnce(list, items[middle]);
  AddMiddlesFirst(list, items, from, middle);
  AddMiddlesFirst(list, items, middle + 1, to);
}

std::string Quoted(const std::string& name) { return "'" + name + "'"; }

}  // namespace

bool IsSpecCheck(ExperimentKind kind) {
  return kind == ExperimentKind::kDeclared || kind == ExperimentKind::kValidators;
}

std::vector<std::string> VersionOrder(const std::vector<std::string>& older,
                                      const std::vector<std::string>& newer) {
  std::vector<std::string> order;
  if (!older.empty()) AddOnce(order, older.front());
  if (!older.empty()) AddOnce(order, older.back());
  if (!newer.empty()) AddOnce(order, newer.back());
  AddMiddlesFirst(order, older, 0, older.size());
  AddMiddlesFirst(order, newer, 0, newer.size());
  return order;
}

int64_t Knowledge::Count(ExperimentKind kind) const {
  return std::ranges::count(evidence.experiments, kind, &Experiment::kind);
}

Wish Knowledge::Blank(ExperimentKind kind) const {
  return {.kind = kind,
          .app = evidence.app,
          .profile = evidence.profile,
          .motor_version = evidence.motor_version};
}

std::optional<Wish> Knowledge::AskSpec(ExperimentKind kind, const std::string& app,
                                       std::string question) const {
  int64_t others = 0;
  for (const Experiment& experiment : evidence.experiments) {
    if (experiment.kind != kind || IsElsewhere(evidence, experiment)) continue;
    if (experiment.app == app) return std::nullopt;
    if (experiment.app != evidence.app) ++others;
  }
  if (app != evidence.app && others >= tuning.spec_checks) return std::nullopt;
  Wish wish = Blank(kind);
  wish.app = app;
  wish.question = std::move(question);
  return wish;
}

std::optional<Wish> Knowledge::AskDeclared(const std::string& app) const {
  if (!evidence.has_accepts) return std::nullopt;
  return AskSpec(ExperimentKind::kDeclared, app,
                 "Does motor version " + evidence.motor_version +
                     " declare that it takes the spec of " + Quoted(app) + "?");
}

std::optional<Wish> Knowledge::AskValidators(const std::string& app) const {
  if (!evidence.has_validators) return std::nullopt;
  return AskSpec(ExperimentKind::kValidators, app,
                 "Do independent validators accept the spec of " + Quoted(app) + "?");
}

std::optional<Wish> Knowledge::AskControl() const {
  if (!controls.empty() || evidence.plant_ms_spent >= evidence.plant_ms_budget) return std::nullopt;
  Wish wish = Blank(ExperimentKind::kControl);
  wish.question = "Does it fail again when nothing is changed?";
  return wish;
}

std::optional<Wish> Knowledge::AfterControl(Wish wish) const {
  if (evidence.plant_ms_spent >= evidence.plant_ms_budget) return std::nullopt;
  if (reproduced == Truth::kYes) return wish;
  return AskControl();
}

std::optional<Wish> Knowledge::AskVersion(Direction direction) const {
  if (Count(ExperimentKind::kOtherVersion) >= tuning.other_versions) return std::nullopt;
  for (const std::string& version :
       VersionOrder(evidence.older_versions, evidence.newer_versions)) {
    if (direction == Direction::kOlder && !IsOlder(version)) continue;
    if (direction == Direction::kNewer && !IsNewer(version)) continue;
    if (version == evidence.motor_version || Tried(versions, version)) continue;
    return AskThisVersion(version);
  }
  return std::nullopt;
}

std::optional<Wish> Knowledge::AskThisVersion(const std::string& version) const {
  Wish wish = Blank(ExperimentKind::kOtherVersion);
  wish.motor_version = version;
  wish.question = "Does the unchanged app go through on motor version " + version + "?";
  return AfterControl(std::move(wish));
}

std::optional<Wish> Knowledge::AskTwin() const {
  // There is nothing to cut out of a spec that nobody objects to.
  if (!evidence.has_validators || !twins.empty()) return std::nullopt;
  Wish wish = Blank(ExperimentKind::kRepairedTwin);
  wish.question = "Does it still fail when what the validators object to is cut out of the spec?";
  return AfterControl(std::move(wish));
}

std::optional<Wish> Knowledge::AskTwinOn(const std::string& version) const {
  if (Tried(twins_elsewhere, version)) return std::nullopt;
  Wish wish = Blank(ExperimentKind::kRepairedTwin);
  wish.motor_version = version;
  wish.question = "Does the repaired spec go through on motor version " + version +
                  ", as the spec itself does?";
  return AfterControl(std::move(wish));
}

std::optional<Wish> Knowledge::AskDeclaredOn(const std::string& version) const {
  const bool asked = std::ranges::any_of(evidence.experiments, [&](const Experiment& experiment) {
    return experiment.kind == ExperimentKind::kDeclared &&
           experiment.motor_ctx.version == version && experiment.app == evidence.app;
  });
  if (asked) return std::nullopt;
  Wish wish = Blank(ExperimentKind::kDeclared);
  wish.motor_version = version;
  wish.question = "Does motor version " + version + " declare that it takes the spec of " +
                  Quoted(evidence.app) + "?";
  return wish;
}

std::optional<Wish> Knowledge::AskValidatorsOf(const std::string& version) const {
  const bool asked = std::ranges::any_of(evidence.experiments, [&](const Experiment& experiment) {
    return experiment.kind == ExperimentKind::kValidators &&
           experiment.motor_ctx.version == version && experiment.app == evidence.app;
  });
  if (asked) return std::nullopt;
  Wish wish = Blank(ExperimentKind::kValidators);
  wish.motor_version = version;
  wish.question = "Do the validators of motor version " + version + " accept the spec of " +
                  Quoted(evidence.app) + "?";
  return wish;
}

std::optional<Wish> Knowledge::AskGolden() const {
  const auto asked = static_cast<size_t>(Count(ExperimentKind::kGoldenApp));
  if (asked >= evidence.golden.size() || std::cmp_greater_equal(asked, tuning.golden_apps)) {
    return std::nullopt;
  }
  Wish wish = Blank(ExperimentKind::kGoldenApp);
  wish.golden = evidence.golden[asked];
  wish.question = "Does the golden app " + Quoted(wish.golden) + " fail the same way?";
  return AfterControl(std::move(wish));
}

std::optional<Wish> Knowledge::AskOtherApp() const {
  if (Count(ExperimentKind::kOtherApp) >= tuning.other_apps) return std::nullopt;
  for (const std::string& app : evidence.other_apps) {
    const bool asked = std::ranges::any_of(evidence.experiments, [&](const Experiment& experiment) {
      return experiment.kind == ExperimentKind::kOtherApp && experiment.app == app;
    });
    if (app == evidence.app || asked || failing_apps.contains(app) || passing_apps.contains(app)) {
      continue;
    }
    return AskApp(app);
  }
  return std::nullopt;
}

std::optional<Wish> Knowledge::AskApp(const std::string& app) const {
  Wish wish = Blank(ExperimentKind::kOtherApp);
  wish.app = app;
  wish.question = "Does the app " + Quoted(app) + " fail the same way?";
  return AfterControl(std::move(wish));
}

std::optional<Wish> Knowledge::AskProfile() const {
  if (Count(ExperimentKind::kOtherProfile) >= tuning.other_profiles) return std::nullopt;
  for (const std::string& profile : evidence.other_profiles) {
    if (profile == evidence.profile || Tried(profiles, profile)) continue;
    Wish wish = Blank(ExperimentKind::kOtherProfile);
    wish.profile = profile;
    wish.question = "Does the app go through under the profile " + Quoted(profile) + "?";
    return AfterControl(std::move(wish));
  }
  return std::nullopt;
}

std::optional<Wish> Knowledge::AskRevision() const {
  if (Count(ExperimentKind::kEarlierRevision) >= tuning.earlier_revisions) return std::nullopt;
  for (const std::string& revision : evidence.earlier_revisions) {
    if (revision == evidence.app_version || Tried(revisions, revision)) continue;
    Wish wish = Blank(ExperimentKind::kEarlierRevision);
    wish.app_version = revision;
    wish.question = "Does the app's earlier version " + revision + " go through?";
    return AfterControl(std::move(wish));
  }
  return std::nullopt;
}

std::optional<Wish> Knowledge::AskReduced() const {
  // Where the twin was too dear, this is dearer.
  const bool too_dear = std::ranges::any_of(
      twins, [](const Trial& twin) { return twin.result == model::ExperimentResult::kOverBudget; });
  // Without a validator nobody could say what the reduced spec shows.
  if (too_dear || !evidence.has_validators || evidence.spec_is_folder ||
      tuning.reduction_runs == 0 || Count(ExperimentKind::kReducedSpec) > 0) {
    return std::nullopt;
  }
  Wish wish = Blank(ExperimentKind::kReducedSpec);
  wish.question = "Is the least of the spec that still fails the same way without a defect?";
  return AfterControl(std::move(wish));
}

std::optional<Wish> Knowledge::AskPendingFix() const {
  // Asked in the order of the list.
  const auto asked = static_cast<size_t>(Count(ExperimentKind::kPendingFix));
  if (asked >= evidence.pending_fixes.size() ||
      std::cmp_greater_equal(asked, tuning.pending_fixes)) {
    return std::nullopt;
  }
  Wish wish = Blank(ExperimentKind::kPendingFix);
  wish.fix = evidence.pending_fixes[asked];
  wish.question =
      "Does the unchanged app go through with the pending fix " + Quoted(wish.fix) + "?";
  return AfterControl(std::move(wish));
}

std::optional<Wish> Knowledge::AskOtherMotor() const {
  if (Count(ExperimentKind::kOtherMotor) >= tuning.other_motors) return std::nullopt;
  for (const std::string& plant : evidence.other_motors) {
    if (Tried(motors, plant)) continue;
    Wish wish = Blank(ExperimentKind::kOtherMotor);
    wish.plant = plant;
    wish.question = "Does the motor of the plant " + Quoted(plant) + " take the same spec?";
    return AfterControl(std::move(wish));
  }
  return std::nullopt;
}

}  // namespace aiop::policy
