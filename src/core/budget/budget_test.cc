// SPDX-License-Identifier: Apache-2.0
#include "core/budget/budget.h"

#include <gtest/gtest.h>

namespace aiop::budget {
namespace {

TEST(BudgetMeter, SaysOnceThatABudgetIsExceeded) {
  BudgetMeter meter({.latency_ms = 1000, .cost_usd = 0.5});
  meter.Add({.tokens = 10, .cost_usd = 0.3, .latency_ms = 900});
  EXPECT_FALSE(meter.Check(5000).has_value()) << "the plant's own latency counts, not the wall's";
  meter.Add({.tokens = {}, .cost_usd = 0.3, .latency_ms = 200});
  EXPECT_EQ(meter.Check(0)->type, model::SignalType::kLatency);
  EXPECT_EQ(meter.Check(0)->type, model::SignalType::kCost);
  EXPECT_FALSE(meter.Check(0).has_value());
}

TEST(BudgetMeter, CountsTheWallWhereThePlantGivesNone) {
  BudgetMeter meter({.latency_ms = 1000, .cost_usd = {}});
  EXPECT_FALSE(meter.Check(999).has_value());
  EXPECT_DOUBLE_EQ(meter.Check(1001)->value, 1001);
}

TEST(BudgetMeter, CountsFromTheLastPatchOn) {
  BudgetMeter meter({.latency_ms = 1000, .cost_usd = {}});
  meter.StartFrom(600, 0);
  EXPECT_TRUE(meter.Check(500).has_value());
  BudgetMeter again({.latency_ms = 1000, .cost_usd = {}});
  again.StartFrom(1100, 0);
  EXPECT_FALSE(again.Check(500).has_value()) << "said in an earlier attempt";
}

TEST(BudgetMeter, ThePlantsOwnEventCountsAsItsOwn) {
  BudgetMeter meter({.latency_ms = 10, .cost_usd = {}});
  meter.PlantReported(model::SignalType::kLatency);
  EXPECT_FALSE(meter.Check(100).has_value());
}

}  // namespace
}  // namespace aiop::budget
