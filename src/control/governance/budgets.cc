// SPDX-License-Identifier: Apache-2.0
// The budgets of the motor, on the runs that the other gates made anyway.
#include <algorithm>

#include "control/governance/governance.h"

namespace aiop::governance {
namespace {

// A run that took too long is made again: a machine that was busy is no fault of a patch.
constexpr int kMeasurings = 3;

model::GateResult Ruled(model::Verdict verdict, std::string details) {
  model::GateResult result;
  result.gate = "budgets";
  result.verdict = verdict;
  result.details = std::move(details);
  result.at = Now();
  return result;
}

double LatencyOf(const model::Experiment& experiment) {
  return experiment.usage.latency_ms.value_or(static_cast<double>(experiment.plant_ms));
}

std::string Number(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

Result<std::vector<model::GateResult>> Governor::CheckBudgets(const model::Change& change,
                                                              const contexts::Motor& base) {
  std::vector<model::GateResult> results;
  const model::Budgets& budgets = base.manifest.budgets;
  if (!budgets.latency_ms && !budgets.cost_usd) return results;
  size_t within = 0;
  const auto measured = measured_;
  for (const auto& each : measured) {
    // Answers that are remembered carry no figures.
    const bool has_figures = LatencyOf(each.experiment) > 0;
    if (each.experiment.result != model::ExperimentResult::kPassed || !has_figures) continue;
    const std::string app = each.run.app;
    const auto& cost = each.experiment.usage.cost_usd;
    if (budgets.cost_usd && cost && *cost > *budgets.cost_usd) {
      results.push_back(Ruled(model::Verdict::kFail, app + ": cost " + Number(*cost) +
                                                         " usd, over the budget of " +
                                                         Number(*budgets.cost_usd)));
      return results;
    }
    double latency = LatencyOf(each.experiment);
    for (int i = 1; budgets.latency_ms && latency > *budgets.latency_ms && i < kMeasurings; ++i) {
      experiments::Question again = each.question;
      again.fresh = true;
      AIOP_TRY(const auto experiment,
               harness_.Ask({change.incident, "", policy_.PerIncident(), policy_.PerDay()}, again));
      latency = std::min(latency, LatencyOf(experiment));
    }
    if (budgets.latency_ms && latency > *budgets.latency_ms) {
      results.push_back(
          Ruled(model::Verdict::kFail, app + ": " + Number(latency) + " ms at best of " +
                                           std::to_string(kMeasurings) + ", over the budget of " +
                                           Number(*budgets.latency_ms) + " ms"));
      return results;
    }
    ++within;
  }
  const bool any = within > 0;
  auto result =
      Ruled(any ? model::Verdict::kPass : model::Verdict::kInconclusive,
            any ? std::to_string(within) + " run(s) within the budgets" : "no run to measure yet");
  result.blocks = any;
  results.push_back(std::move(result));
  return results;
}

}  // namespace aiop::governance
