// SPDX-License-Identifier: Apache-2.0
#include "core/budget/budget.h"

#include <algorithm>
#include <limits>

namespace aiop::budget {
namespace {

// A plant may report anything: sums stop at the largest number there is.
double Sum(double a, double b) {
  constexpr double kMost = std::numeric_limits<double>::max();
  return std::clamp(a + b, -kMost, kMost);
}

int64_t Sum(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a > 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
}

}  // namespace

std::string Allowance::UsedUp() const {
  if (plant_ms <= 0) return "plant time";
  if (usd <= 0) return "money";
  if (tokens <= 0) return "tokens";
  return "";
}

void Allowance::Take(int64_t plant_milliseconds, const model::Usage& usage) {
  plant_ms = std::max<int64_t>(0, plant_ms - std::max<int64_t>(0, plant_milliseconds));
  usd = std::max(0.0, usd - std::max(0.0, usage.cost_usd.value_or(0)));
  tokens = std::max<int64_t>(0, tokens - std::max<int64_t>(0, usage.tokens.value_or(0)));
}

Allowance Allowance::Least(const Allowance& a, const Allowance& b) {
  return {.plant_ms = std::min(a.plant_ms, b.plant_ms),
          .usd = std::min(a.usd, b.usd),
          .tokens = std::min(a.tokens, b.tokens)};
}

void BudgetMeter::StartFrom(double latency_ms, double cost_usd) {
  earlier_latency_ms_ = latency_ms;
  earlier_cost_usd_ = cost_usd;
  latency_reported_ = budgets_.latency_ms && latency_ms > *budgets_.latency_ms;
  cost_reported_ = budgets_.cost_usd && cost_usd > *budgets_.cost_usd;
}

void BudgetMeter::Add(const model::Usage& usage) {
  if (usage.tokens) total_.tokens = Sum(total_.tokens.value_or(0), *usage.tokens);
  if (usage.cost_usd) total_.cost_usd = Sum(total_.cost_usd.value_or(0), *usage.cost_usd);
  if (usage.latency_ms) total_.latency_ms = Sum(total_.latency_ms.value_or(0), *usage.latency_ms);
}

void BudgetMeter::PlantReported(model::SignalType type) {
  if (type == model::SignalType::kLatency) latency_reported_ = true;
  if (type == model::SignalType::kCost) cost_reported_ = true;
}

std::string BudgetMeter::Details(model::SignalType type) {
  return std::string("the ") + (type == model::SignalType::kLatency ? "latency" : "cost") +
         " budget is exceeded";
}

std::optional<BudgetMeter::Excess> BudgetMeter::Check(double wall_ms) {
  const double latency = Sum(earlier_latency_ms_, total_.latency_ms.value_or(wall_ms));
  if (budgets_.latency_ms && latency > *budgets_.latency_ms && !latency_reported_) {
    latency_reported_ = true;
    return Excess{model::SignalType::kLatency, latency, *budgets_.latency_ms};
  }
  const double cost = Sum(earlier_cost_usd_, total_.cost_usd.value_or(0));
  if (budgets_.cost_usd && cost > *budgets_.cost_usd && !cost_reported_) {
    cost_reported_ = true;
    return Excess{model::SignalType::kCost, cost, *budgets_.cost_usd};
  }
  return std::nullopt;
}

}  // namespace aiop::budget
