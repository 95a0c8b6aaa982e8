// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/kpi/testing.h"

namespace aiop::kpi {
namespace {

using testing::At;
using testing::AttemptOf;
using testing::kMotor2;
using testing::MakeBuild;

constexpr int64_t kHour = 3600;

model::Objective Want(model::Signal signal, double target, const std::string& window = "1d") {
  return {.signal = signal, .target = target, .window = window, .threshold = {}};
}

// A run that came to stand so many hours before now, which is At(0).
void Put(Builds& builds, const std::string& id, model::RunState state, int64_t hours_ago = 1) {
  Build build = MakeBuild(id, state);
  build.run.updated = At(-hours_ago * kHour);
  builds[id] = build;
}

TEST(Objective, WithoutARunIsNeitherMetNorMissed) {
  const auto standing = Measure(Want(model::Signal::kSuccess, 0.99), {}, {}, At(0));
  EXPECT_EQ(standing.verdict, Verdict::kInconclusive);
  EXPECT_FALSE(standing.measured || standing.budget_left || standing.burn_rate);
}

TEST(Objective, CountsItsBudgetInRunsAndAsAShare) {
  Builds builds;
  for (int i = 0; i < 19; ++i)
    Put(builds, "good-" + std::to_string(i), model::RunState::kSuccess, 20);
  Put(builds, "bad", model::RunState::kPaused, 1);
  const auto standing = Measure(Want(model::Signal::kSuccess, 0.9), {}, builds, At(0));
  EXPECT_EQ(standing.runs, 20);
  EXPECT_DOUBLE_EQ(*standing.measured, 0.95);
  EXPECT_NEAR(standing.budget_runs, 2, 1e-9);
  EXPECT_NEAR(standing.budget_left_runs, 1, 1e-9);
  EXPECT_NEAR(*standing.budget_left, 0.5, 1e-9);
  EXPECT_NEAR(*standing.burn_rate, 0.5, 1e-9);
  // The last two hours saw the bad run alone.
  EXPECT_DOUBLE_EQ(standing.short_window_hours, 2);
  EXPECT_NEAR(*standing.burn_rate_short, 10, 1e-9);
  EXPECT_EQ(standing.verdict, Verdict::kPass);
  EXPECT_EQ(standing.bad_runs, std::vector<std::string>{"bad"});
  EXPECT_EQ(standing.incidents, std::vector<std::string>{"incident of bad"});
}

TEST(Objective, IsMissedWhenTheBudgetIsOverspentAndNotWhenItIsUsedUpExactly) {
  Builds builds;
  for (int i = 0; i < 9; ++i) Put(builds, "good-" + std::to_string(i), model::RunState::kSuccess);
  Put(builds, "bad", model::RunState::kFailed);
  const auto objective = Want(model::Signal::kSuccess, 0.9);
  const auto exactly = Measure(objective, {}, builds, At(0));
  EXPECT_EQ(exactly.verdict, Verdict::kPass);
  EXPECT_DOUBLE_EQ(exactly.budget_left_runs, 0);
  Put(builds, "worse", model::RunState::kFailed);
  const auto over = Measure(objective, {}, builds, At(0));
  EXPECT_EQ(over.verdict, Verdict::kFail);
  // 11 runs allow 1.1 bad ones.
  EXPECT_NEAR(over.budget_left_runs, -0.9, 1e-9);
}

TEST(Objective, OfEverythingHasNoBudget) {
  Builds builds;
  Put(builds, "good", model::RunState::kSuccess);
  const auto objective = Want(model::Signal::kSuccess, 1);
  EXPECT_EQ(Measure(objective, {}, builds, At(0)).verdict, Verdict::kPass);
  EXPECT_FALSE(Measure(objective, {}, builds, At(0)).budget_left.has_value());
  Put(builds, "bad", model::RunState::kFailed);
  EXPECT_EQ(Measure(objective, {}, builds, At(0)).verdict, Verdict::kFail);
}

TEST(Objective, ForgetsWhatLeftItsWindow) {
  Builds builds;
  Put(builds, "old", model::RunState::kFailed, 25);
  const auto standing = Measure(Want(model::Signal::kSuccess, 0.9), {}, builds, At(0));
  EXPECT_EQ(standing.verdict, Verdict::kInconclusive);
}

TEST(Objective, LatencyIsThatOfTheAttemptsSinceTheLastPatch) {
  Builds builds;
  Put(builds, "r", model::RunState::kSuccess);
  Build& build = builds["r"];
  build.run.motor_ctx = kMotor2;
  auto before = AttemptOf("r", 1, 0, "failed");
  before.wall_ms = 9000;
  auto after = AttemptOf("r", 2, 10, "success");
  after.motor_ctx = kMotor2;
  after.wall_ms = 400;
  after.usage.latency_ms = 700;
  build.attempts = {before, after};
  EXPECT_DOUBLE_EQ(LatencyOf(build), 700) << "what the plant says counts, where it says something";
  const model::Budgets budgets{.latency_ms = 600, .cost_usd = {}};
  const auto objective = Want(model::Signal::kLatency, 0.5);
  EXPECT_EQ(Measure(objective, budgets, builds, At(0)).verdict, Verdict::kFail);
  auto wider = objective;
  wider.threshold = 700;
  EXPECT_EQ(Measure(wider, budgets, builds, At(0)).verdict, Verdict::kPass);
}

TEST(Objective, ARunThatStoppedEarlierSaysNothingOfItsCost) {
  Builds builds;
  Put(builds, "stopped", model::RunState::kPaused);
  auto attempt = AttemptOf("stopped", 1, 0, "failed");
  attempt.usage.cost_usd = 0.5;
  builds["stopped"].attempts = {attempt};
  auto objective = Want(model::Signal::kCost, 0.9);
  objective.threshold = 1;
  EXPECT_EQ(Measure(objective, {}, builds, At(0)).runs, 0);
  objective.threshold = 0.4;
  EXPECT_EQ(Measure(objective, {}, builds, At(0)).verdict, Verdict::kFail) << "it is too much now";
}

TEST(Objective, QualityCountsByItsMeanOrByAThreshold) {
  Builds builds;
  for (const auto& [id, quality] : {std::pair("a", 1.0), std::pair("b", 0.7)}) {
    Put(builds, id, model::RunState::kSuccess);
    builds[id].quality = quality;
  }
  Put(builds, "unscored", model::RunState::kSuccess);
  auto objective = Want(model::Signal::kQuality, 0.8);
  const auto mean = Measure(objective, {}, builds, At(0));
  EXPECT_EQ(mean.runs, 2);
  EXPECT_NEAR(*mean.measured, 0.85, 1e-9);
  EXPECT_FALSE(mean.low.has_value()) << "no share of runs, so no interval of one";
  EXPECT_EQ(mean.verdict, Verdict::kPass);
  objective.threshold = 0.75;
  const auto share = Measure(objective, {}, builds, At(0));
  EXPECT_NEAR(*share.measured, 0.5, 1e-9);
  EXPECT_TRUE(share.low.has_value());
  EXPECT_EQ(share.verdict, Verdict::kFail);
}

}  // namespace
}  // namespace aiop::kpi
