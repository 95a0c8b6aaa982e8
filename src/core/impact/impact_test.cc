// SPDX-License-Identifier: Apache-2.0
#include "core/impact/impact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aiop::impact {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

model::Attempt Tried(const std::string& version, const std::string& outcome) {
  model::Attempt attempt;
  attempt.motor_ctx.version = version;
  attempt.outcome = outcome;
  attempt.usage.cost_usd = 0.5;
  return attempt;
}

kpi::Build Build(std::vector<model::Attempt> attempts, int64_t plant_ms = 100) {
  kpi::Build build;
  build.attempts = std::move(attempts);
  build.run.plant_ms = plant_ms;
  build.quality = 0.8;
  return build;
}

const model::Comparison& Of(const std::vector<model::Comparison>& all, const std::string& signal) {
  static const model::Comparison none;
  for (const auto& each : all) {
    if (each.signal == signal) return each;
  }
  return none;
}

TEST(Impact, ARunCountsForEachVersionItWasTriedOn) {
  kpi::Builds builds;
  builds["a"] = Build({Tried("1", "failed"), Tried("2", "success")});
  builds["a"].run.resumed = 1;
  builds["b"] = Build({Tried("1", "success")});
  const auto failures = Of(Compare(builds, "1", "2"), "failures");
  EXPECT_EQ(failures.before.samples, 2);
  EXPECT_DOUBLE_EQ(failures.before.value.value_or(-1), 0.5);
  EXPECT_EQ(failures.after.samples, 1);
  EXPECT_DOUBLE_EQ(failures.after.value.value_or(-1), 0);
  EXPECT_GT(failures.after.high.value_or(0), 0.5) << "one run proves little, and it says so";
}

TEST(Impact, TimesAreOfRunsThatWentThroughOnOneVersionAlone) {
  kpi::Builds builds;
  builds["mixed"] = Build({Tried("1", "failed"), Tried("2", "success")}, 900);
  builds["mixed"].run.resumed = 1;
  builds["plain"] = Build({Tried("2", "success")}, 100);
  const auto latency = Of(Compare(builds, "1", "2"), "latency_ms");
  EXPECT_EQ(latency.after.samples, 1);
  EXPECT_DOUBLE_EQ(latency.after.value.value_or(-1), 100);
  EXPECT_EQ(latency.before.samples, 0);
  EXPECT_FALSE(latency.before.value);
}

TEST(Impact, ShadowsAndInterruptedAttemptsCountForNothing) {
  kpi::Builds builds;
  builds["shadow"] = Build({Tried("2", "failed")});
  builds["shadow"].run.shadow = true;
  builds["lost"] = Build({Tried("2", "lost")});
  EXPECT_THAT(Compare(builds, "1", "2"), IsEmpty());
}

TEST(Impact, MediansHaveTheirIntervalOnceThereAreEnough) {
  kpi::Builds builds;
  for (int i = 0; i < 20; ++i) builds[std::to_string(i)] = Build({Tried("2", "success")}, 100 + i);
  const auto latency = Of(Compare(builds, "1", "2"), "latency_ms");
  ASSERT_TRUE(latency.after.low && latency.after.high);
  EXPECT_LT(*latency.after.low, *latency.after.value);
  EXPECT_GT(*latency.after.high, *latency.after.value);
}

TEST(Impact, ReadsLikeASentence) {
  model::Comparison failures{"failures", {4, 0.5, 0.15, 0.85}, {3, 0.0, 0.0, 0.5616}};
  EXPECT_EQ(Text(failures),
            "failed runs: 2 of 4 (50.0 %, 95 % interval 15.0 to 85.0 %) before, "
            "0 of 3 (0.0 %, 95 % interval 0.0 to 56.2 %) after");
  model::Comparison latency{"latency_ms", {}, {3, 120, std::nullopt, std::nullopt}};
  EXPECT_EQ(Text(latency), "median time: no run before, 120 ms (n = 3) after");
}

constexpr const char* kLog =
    "# Changelog\n\n## 1.0.2 - 2026-01-02\n\nB\n\n- Decision b\n\n## 1.0.1 - 2026-01-01\n\nA\n\n"
    "- Decision a\n";

TEST(Impact, StandsInTheEntryOfItsVersion) {
  const std::string text = WithMeasured(kLog, "1.0.2", {"one", "two"});
  EXPECT_THAT(text, HasSubstr("- Decision b\n- Measured: one\n- Measured: two\n\n## 1.0.1"));
  EXPECT_EQ(WithMeasured(text, "1.0.2", {"one", "two"}), text) << "said twice is said once";
  const std::string later = WithMeasured(text, "1.0.2", {"three"});
  EXPECT_THAT(later, HasSubstr("- Decision b\n- Measured: three\n\n## 1.0.1"));
  EXPECT_EQ(WithMeasured(later, "1.0.2", {}), kLog);
}

TEST(Impact, TheLastEntryAndAnUnknownVersion) {
  EXPECT_THAT(WithMeasured(kLog, "1.0.1", {"one"}), HasSubstr("- Decision a\n- Measured: one\n"));
  EXPECT_EQ(WithMeasured(kLog, "1.0", {"one"}), kLog);
  EXPECT_EQ(WithMeasured("", "1.0.1", {"one"}), "");
}

}  // namespace
}  // namespace aiop::impact
