// SPDX-License-Identifier: Apache-2.0
// Latency and cost against a motor's budgets, summed over the attempts since the last patch; and
// what experiments may use of plant time, money and tokens. Pure; single-owner.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "core/model/model.h"

namespace aiop::budget {

// What may be used, or is left of it. Hard: when one of the three is used up, nothing more is
// begun.
struct Allowance {
  int64_t plant_ms = std::numeric_limits<int64_t>::max();
  double usd = std::numeric_limits<double>::max();
  int64_t tokens = std::numeric_limits<int64_t>::max();

  // What is used up, for people ("plant time"); empty if something of each is left.
  std::string UsedUp() const;
  // Takes what was used; never goes below nothing.
  void Take(int64_t plant_milliseconds, const model::Usage& usage);
  // The lesser of both, in each.
  static Allowance Least(const Allowance& a, const Allowance& b);
};

class BudgetMeter {
 public:
  explicit BudgetMeter(const model::Budgets& budgets) : budgets_(budgets) {}

  // What earlier attempts since the last patch have spent. A budget that was exceeded already has
  // been reported then.
  void StartFrom(double latency_ms, double cost_usd);
  void Add(const model::Usage& usage);
  // The plant's own event about a budget counts as the meter's.
  void PlantReported(model::SignalType type);

  struct Excess {
    model::SignalType type;
    double value = 0;
    double budget = 0;
  };
  // The first budget that is exceeded and has not been reported yet; reported from then on.
  // `wall_ms` counts where the plant gave no latency of its own.
  std::optional<Excess> Check(double wall_ms);

  // What stands in the event about an excess: the same text wherever it is noticed, so that it is
  // the same failure.
  static std::string Details(model::SignalType type);

  model::Usage total() const { return total_; }

 private:
  model::Budgets budgets_;
  model::Usage total_;
  double earlier_latency_ms_ = 0;
  double earlier_cost_usd_ = 0;
  bool latency_reported_ = false;
  bool cost_reported_ = false;
};

}  // namespace aiop::budget
