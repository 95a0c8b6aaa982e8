// SPDX-License-Identifier: Apache-2.0
// What is known to be true of a decision.
#include <algorithm>

#include "core/kpi/kpi.h"

namespace aiop::kpi {
namespace {

bool PlansStep(const model::DecisionRecord& decision, std::string_view step,
               std::string_view target) {
  return std::ranges::any_of(decision.action_plan, [&](const model::ActionStep& each) {
    return each.step == step && each.target == target;
  });
}

// What was different when the failure went away.
struct Difference {
  bool motor = false;
  bool app = false;
};

// Of one run: its last stop at the incident against the attempt right after it, if that succeeded.
std::optional<Difference> HealedWith(const Build& build, const std::string& incident) {
  const auto stop =
      std::find_if(build.occurrences.rbegin(), build.occurrences.rend(),
                   [&](const model::Occurrence& each) { return each.incident == incident; });
  if (stop == build.occurrences.rend()) return std::nullopt;
  const auto next = std::ranges::find_if(
      build.attempts, [&](const model::Attempt& each) { return each.started >= stop->at; });
  if (next == build.attempts.end() || next->outcome != "success") return std::nullopt;
  return Difference{.motor = next->motor_ctx != stop->motor_ctx,
                    .app = next->app_ctx != stop->app_ctx};
}

// Who changes both at once cannot tell which of them it was.
std::optional<Truth> FromHealing(const model::DecisionRecord& decision, const Difference& healed) {
  if (healed.motor && healed.app) return std::nullopt;
  const bool transient = decision.category == model::Category::kTransient;
  Truth truth{.by_human = false, .right = false, .motor_changes = healed.motor};
  if (!healed.motor && !healed.app) {
    truth.right = transient;
  } else if (healed.motor) {
    truth.right = decision.classification != model::Classification::kApp;
  } else {
    truth.right = decision.classification != model::Classification::kMotor && !transient;
  }
  return truth;
}

}  // namespace

bool Abstained(const model::DecisionRecord& decision) {
  return decision.outcome == "abstained" || PlansStep(decision, "ask", "human");
}

bool PatchesMotor(const model::DecisionRecord& decision) {
  return !Abstained(decision) && PlansStep(decision, "apply_patch", "motor");
}

model::Classification SideOf(model::Category category) {
  using enum model::Category;
  if (category == kMotorRules || category == kMotorPerf) return model::Classification::kMotor;
  return category == kMixedDrift ? model::Classification::kMixed : model::Classification::kApp;
}

std::optional<Truth> TruthOf(const model::DecisionRecord& decision, const Records& records) {
  const auto said =
      std::find_if(records.corrections.rbegin(), records.corrections.rend(),
                   [&](const Correction& each) { return each.decision == decision.decision_id; });
  if (said != records.corrections.rend()) {
    return Truth{.by_human = true,
                 .right = said->category == decision.category,
                 .motor_changes = SideOf(said->category) != model::Classification::kApp};
  }
  std::optional<Truth> truth;
  for (const std::string& run : decision.run_ids) {
    const auto build = records.builds.find(run);
    if (build == records.builds.end()) continue;
    const auto healed = HealedWith(build->second, decision.incident_id);
    if (!healed) continue;
    const auto told = FromHealing(decision, *healed);
    if (!told) continue;
    // One run that a decision is wrong about is enough.
    if (!truth || !told->right) truth = told;
  }
  return truth;
}

}  // namespace aiop::kpi
