// SPDX-License-Identifier: Apache-2.0
#include "core/policy/rejected.h"

#include <algorithm>
#include <array>

namespace aiop::policy {
namespace {

using model::Category;

// `proposition` being `truth` speaks against `hypothesis`.
struct Objection {
  std::string_view hypothesis;
  std::string_view proposition;
  Truth truth;
};

// The strongest first; the first that holds is given as the reason, with those after it that hold
// too.
constexpr auto kObjections = std::to_array<Objection>({
    {"transient", "reproduced", Truth::kYes},
    {"transient", "recurs", Truth::kYes},
    {"app", "twin_same_failure", Truth::kYes},
    {"app", "golden_fails", Truth::kYes},
    {"app", "several_valid_apps_fail", Truth::kYes},
    {"app", "spec_valid", Truth::kYes},
    {"app", "several_conforming_apps_fail", Truth::kYes},
    {"app", "spec_conforms", Truth::kYes},
    {"app", "other_version_passes", Truth::kYes},
    {"app", "several_apps_over_budget", Truth::kYes},
    {"app", "all_apps_fail", Truth::kYes},
    {"motor", "declared", Truth::kNo},
    {"motor", "twin_passes", Truth::kYes},
    {"motor", "earlier_revision_passes", Truth::kYes},
    {"motor", "golden_fails", Truth::kNo},
    {"motor", "only_this_app", Truth::kYes},
    {"motor", "other_version_passes", Truth::kNo},
    {"mixed", "twin_same_failure", Truth::kYes},
    {"mixed", "spec_valid", Truth::kYes},
    {"mixed", "spec_conforms", Truth::kYes},
    {"mixed", "other_version_passes", Truth::kNo},
    {"mixed", "golden_fails", Truth::kYes},
});

constexpr size_t kReasonsGiven = 2;

std::string_view HypothesisOf(const Ruling& ruling) {
  if (ruling.category == Category::kTransient) return "transient";
  return describe::Name(ruling.classification);
}

std::string WhyNot(std::string_view hypothesis, Board& board) {
  std::string why;
  size_t given = 0;
  for (const Objection& objection : kObjections) {
    if (objection.hypothesis != hypothesis || given == kReasonsGiven) continue;
    const Known& known = board.Named(objection.proposition);
    if (known.truth != objection.truth || known.fact.empty()) continue;
    if (why.contains(known.fact)) continue;
    why += (why.empty() ? "" : " ") + known.fact;
    ++given;
  }
  return why;
}

}  // namespace

std::vector<model::Rejected> RejectedBy(const Ruling& ruling, Board& board) {
  std::vector<model::Rejected> rejected;
  const std::string_view chosen = HypothesisOf(ruling);
  for (const std::string_view hypothesis : {"app", "motor", "mixed", "transient"}) {
    if (hypothesis == chosen) continue;
    // It went away by itself: then nobody has to change.
    std::string why =
        chosen == "transient" ? board.Named("reproduced").fact : WhyNot(hypothesis, board);
    if (why.empty() && chosen == "transient") why = board.Named("went_through_unchanged").fact;
    if (!why.empty()) rejected.push_back({std::string(hypothesis), std::move(why)});
  }
  return rejected;
}

std::vector<std::string> NextChecks(Board& board) {
  const Knowledge& knowledge = board.Base();
  const Evidence& evidence = knowledge.evidence;
  std::vector<std::string> checks;
  const auto suggest = [&](bool useful, std::string text) {
    if (useful) checks.push_back(std::move(text));
  };
  suggest(knowledge.control_differs,
          "Find out what the real run had that its repetition in the sandbox has not.");
  const bool used_up = std::ranges::any_of(evidence.experiments, [](const auto& experiment) {
    return experiment.result == model::ExperimentResult::kOverBudget;
  });
  suggest(used_up || evidence.plant_ms_spent >= evidence.plant_ms_budget,
          "Raise what experiments may use (`budgets` in the policy): it is used up.");
  suggest(board.Named("validity_known").truth != Truth::kYes,
          "Have somebody judge the spec of " + evidence.app +
              " by itself, or name validators under `validate` in the motor.");
  suggest(!evidence.has_accepts, "Say under `accepts` in the motor what it is meant to take.");
  suggest(evidence.golden.empty(), "Name apps that must always work under `golden` in the motor.");
  suggest(evidence.older_versions.empty() && evidence.newer_versions.empty(),
          "Run the app on another version of the motor.");
  suggest(knowledge.passing_apps.empty() && knowledge.failing_apps.empty(),
          "Run another app on motor version " + evidence.motor_version + ".");
  checks.push_back("Change the spec of " + evidence.app +
                   " where it differs from apps that go through, and run it again.");
  return checks;
}

}  // namespace aiop::policy
