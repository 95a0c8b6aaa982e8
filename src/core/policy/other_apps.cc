// SPDX-License-Identifier: Apache-2.0
// Propositions about the other apps of the same motor version.
#include "core/policy/proposition.h"
#include "core/policy/template.h"

namespace aiop::policy {
namespace {

struct Group {
  std::vector<std::string> names;
  std::vector<std::string> references;
};

Group Members(const std::map<std::string, Trial>& apps) {
  Group group;
  for (const auto& [app, trial] : apps) {
    group.names.push_back(app);
    group.references.push_back(trial.reference);
  }
  return group;
}

Known TheyPass(const Knowledge& knowledge) {
  Group passing = Members(knowledge.passing_apps);
  return No("On the same motor version these apps go through: " + Listed(passing.names) + ".",
            std::move(passing.references));
}

Known TheyFail(const std::map<std::string, Trial>& apps) {
  Group failing = Members(apps);
  return Yes("On the same motor version these other apps fail the same way: " +
                 Listed(failing.names) + ".",
             std::move(failing.references));
}

bool IsSeveral(const Knowledge& knowledge, size_t others) {
  return std::cmp_greater_equal(others + 1, knowledge.tuning.several_apps);
}

// Two apps of many that stop at something else are no sign of what the rest would do here: they are
// most of the plant's apps, or none that was asked does otherwise.
bool AreMost(const Knowledge& knowledge) {
  const size_t failing = knowledge.failing_apps_in_profile.size() + 1;
  if (2 * failing > knowledge.evidence.other_apps.size() + 1) return true;
  bool asked = false;
  for (const model::Experiment& each : knowledge.evidence.experiments) {
    if (each.kind != model::ExperimentKind::kOtherApp) continue;
    if (each.result == model::ExperimentResult::kOtherFailure) return false;
    asked = asked || each.result == model::ExperimentResult::kSameFailure;
  }
  return asked;
}

}  // namespace

namespace found {

Known SoundAppsFailSo(const Knowledge& knowledge) {
  const Evidence& evidence = knowledge.evidence;
  if (evidence.motor_decision.empty()) {
    return No("No decision blames this motor version for this failure of other apps.");
  }
  return Yes("The same failure of " + Listed(evidence.motor_decision_apps) +
                 ", whose specs are in order, is this motor version's fault.",
             {evidence.motor_decision});
}

Known SeveralAppsFail(const Knowledge& knowledge) {
  if (IsSeveral(knowledge, knowledge.failing_apps.size())) return TheyFail(knowledge.failing_apps);
  return No("Too few other apps are known to fail this way.");
}

Known AllAppsFail(const Knowledge& knowledge) {
  if (!knowledge.passing_apps.empty()) return TheyPass(knowledge);
  if (IsSeveral(knowledge, knowledge.failing_apps_in_profile.size()) && AreMost(knowledge)) {
    Known known = TheyFail(knowledge.failing_apps_in_profile);
    known.fact += " No app is known to go through.";
    return known;
  }
  return Open(knowledge.AskOtherApp());
}

Known OnlyThisApp(const Knowledge& knowledge) {
  if (!knowledge.failing_apps.empty()) return Contrary(TheyFail(knowledge.failing_apps));
  if (!knowledge.passing_apps.empty()) return Contrary(TheyPass(knowledge));
  return Open(knowledge.AskOtherApp());
}

Known OtherAppPasses(const Knowledge& knowledge) {
  if (!knowledge.passing_apps.empty()) return Contrary(TheyPass(knowledge));
  if (auto wish = knowledge.AskOtherApp()) return Open(std::move(wish));
  if (knowledge.failing_apps.empty()) return Open(std::nullopt);
  return Contrary(TheyFail(knowledge.failing_apps));
}

Known OtherAppsFailInProfile(const Knowledge& knowledge) {
  if (!knowledge.failing_apps_in_profile.empty())
    return TheyFail(knowledge.failing_apps_in_profile);
  if (!knowledge.passing_apps.empty()) return TheyPass(knowledge);
  return Open(knowledge.AskOtherApp());
}

// Two apps that are too large do not make a slow motor: a large share of those seen must exceed.
Known SeveralAppsOverBudget(const Knowledge& knowledge) {
  Known budget = IsBudget(knowledge);
  if (budget.truth == Truth::kNo) return budget;
  const size_t over = knowledge.failing_apps.size() + 1;
  const size_t seen = over + knowledge.passing_apps.size();
  const double share = static_cast<double>(over) / static_cast<double>(seen);
  if (IsSeveral(knowledge, over - 1) && share >= knowledge.tuning.over_budget_share) {
    Known known = TheyFail(knowledge.failing_apps);
    known.fact = std::to_string(over) + " of " + std::to_string(seen) +
                 " apps seen on this motor version exceed this budget.";
    return known;
  }
  if (seen > over) return TheyPass(knowledge);
  return Open(knowledge.AskOtherApp());
}

}  // namespace found
}  // namespace aiop::policy
