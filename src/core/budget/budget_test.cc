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

TEST(Allowance, IsUsedUpByWhicheverEndsFirst) {
  Allowance left{.plant_ms = 100, .usd = 0.5, .tokens = 1000};
  EXPECT_EQ(left.UsedUp(), "");
  left.Take(40, {.tokens = 10, .cost_usd = 0.2, .latency_ms = {}});
  EXPECT_EQ(left.plant_ms, 60);
  EXPECT_DOUBLE_EQ(left.usd, 0.3);
  EXPECT_EQ(left.tokens, 990);
  left.Take(0, {.tokens = 5000, .cost_usd = {}, .latency_ms = {}});
  EXPECT_EQ(left.tokens, 0);
  EXPECT_EQ(left.UsedUp(), "tokens");
  left.Take(0, {.tokens = {}, .cost_usd = 9.0, .latency_ms = {}});
  EXPECT_EQ(left.UsedUp(), "money");
  left.Take(1000, {});
  EXPECT_EQ(left.UsedUp(), "plant time");
}

TEST(Allowance, WhatAPlantReportsCannotAddToIt) {
  Allowance left{.plant_ms = 100, .usd = 0.5, .tokens = 1000};
  left.Take(-50, {.tokens = -10, .cost_usd = -3.0, .latency_ms = {}});
  EXPECT_EQ(left.plant_ms, 100);
  EXPECT_DOUBLE_EQ(left.usd, 0.5);
  EXPECT_EQ(left.tokens, 1000);
  EXPECT_EQ(Allowance::Least(left, {.plant_ms = 7}).plant_ms, 7);
  EXPECT_EQ(Allowance::Least(left, {.plant_ms = 7}).tokens, 1000);
}

TEST(Allowance, WithoutLimitsNothingIsEverUsedUp) {
  Allowance left;
  left.Take(int64_t{1} << 60, {.tokens = int64_t{1} << 60, .cost_usd = 1e300, .latency_ms = {}});
  EXPECT_EQ(left.UsedUp(), "");
}

}  // namespace
}  // namespace aiop::budget
