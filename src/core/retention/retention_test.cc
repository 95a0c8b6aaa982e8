// SPDX-License-Identifier: Apache-2.0
#include "core/retention/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aiop::retention {
namespace {

constexpr Milliseconds kDay{int64_t{24} * 3600 * 1000};
const Timestamp kNow{kDay * 20'000};
constexpr Limits kWide{.count = 100, .age = kDay * 90, .bytes = int64_t{1} << 30};

Point Of(const std::string& id, int days_ago, int64_t bytes = 1, const std::string& needed = "") {
  return {.id = id,
          .created = kNow + kDay * -days_ago,
          .files = {{"of " + id, bytes}},
          .needed_by = needed};
}

std::vector<std::string> KeptOf(const std::vector<Ruling>& rulings) {
  std::vector<std::string> kept;
  for (const Ruling& each : rulings) {
    if (each.kept) kept.push_back(each.id);
  }
  return kept;
}

TEST(Retention, KeepsTheNewestUpToTheCount) {
  const auto rulings = Decide({Of("c", 3), Of("a", 1), Of("b", 2)},
                              {.count = 2, .age = kWide.age, .bytes = kWide.bytes}, kNow);
  EXPECT_THAT(KeptOf(rulings), testing::ElementsAre("a", "b"));
  EXPECT_EQ(rulings.back().id, "c");
  EXPECT_THAT(rulings.back().because, testing::StartsWith("count: 2 newer ones"));
}

TEST(Retention, DropsWhatIsOlderThanItsAge) {
  const auto rulings = Decide({Of("old", 91), Of("new", 90)}, kWide, kNow);
  EXPECT_THAT(KeptOf(rulings), testing::ElementsAre("new"));
  EXPECT_THAT(rulings.back().because, testing::StartsWith("age:"));
}

TEST(Retention, DropsWhatIsTooLargeAndKeepsASmallerOlderOne) {
  const auto rulings = Decide({Of("a", 1, 60), Of("large", 2, 50), Of("small", 3, 40)},
                              {.count = 100, .age = kWide.age, .bytes = 100}, kNow);
  EXPECT_THAT(KeptOf(rulings), testing::ElementsAre("a", "small"));
  EXPECT_THAT(rulings[1].because, testing::StartsWith("size:"));
}

TEST(Retention, CountsWhatSeveralNeedOnceAndOnlyIfOneOfThemIsKept) {
  const Limits limits{.count = 100, .age = kWide.age, .bytes = 100};
  Point shared = Of("shared", 2, 10);
  shared.files["picture"] = 85;
  Point older = Of("older", 3, 5);
  older.files["picture"] = 85;
  EXPECT_THAT(KeptOf(Decide({shared, older}, limits, kNow)),
              testing::ElementsAre("shared", "older"));
  const auto rulings = Decide({Of("a", 1, 50), shared, older, Of("small", 4, 50)}, limits, kNow);
  EXPECT_THAT(KeptOf(rulings), testing::ElementsAre("a", "small"))
      << "the picture is not there for nothing because a point that was dropped had it";
}

TEST(Retention, NeverDropsWhatIsNeeded) {
  const auto rulings = Decide(
      {Of("a", 1), Of("needed", 400, int64_t{1} << 40, "1 open run"), Of("b", 2), Of("c", 3)},
      {.count = 1, .age = kDay, .bytes = 1}, kNow);
  EXPECT_THAT(KeptOf(rulings), testing::ElementsAre("a", "needed"));
  EXPECT_EQ(rulings.back().because, "needed by 1 open run");
}

TEST(Retention, SaysWhoNeedsAPoint) {
  model::RestorePoint point;
  point.change = "change-1";
  point.run_checkpoints = {{"open", "read"}, {"ended", "read"}};
  model::MotorVersion active;
  active.reference = {"motor", "1.0.1", "0123456789ab"};
  active.change = "change-2";
  model::Run ended;
  ended.id = "ended";
  ended.state = model::RunState::kSuccess;
  EXPECT_EQ(NeededBy(point, active, {ended}), "");
  model::Run open;
  open.id = "open";
  open.state = model::RunState::kPaused;
  EXPECT_EQ(NeededBy(point, active, {open, ended}), "1 open run");
  active.change = "change-1";
  EXPECT_EQ(NeededBy(point, active, {open}), "the active version 1.0.1 and 1 open run");
  point.change = active.change = "";
  EXPECT_EQ(NeededBy(point, active, {}), "") << "a version that no change made needs no point";
}

TEST(Retention, ReadsTheLimitsOfAManifest) {
  const Limits limits = LimitsOf({.count = 5, .age = "30d", .mebibytes = 2});
  EXPECT_EQ(limits.count, 5);
  EXPECT_EQ(limits.age, kDay * 30);
  EXPECT_EQ(limits.bytes, int64_t{2} << 20);
}

}  // namespace
}  // namespace aiop::retention
