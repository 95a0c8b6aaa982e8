// SPDX-License-Identifier: Apache-2.0
#include "core/aftercare/aftercare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aiop::aftercare {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr Timestamp kPromoted{Milliseconds{1'000'000}};
constexpr Milliseconds kHour{3'600'000};

model::AfterCare Watch() { return Begin({.runs = 2, .within = kHour}, kPromoted); }
Timestamp Later() { return kPromoted + kHour; }

Seen Past(const std::string& run, bool affected) {
  return {.run = run, .affected = affected, .past = true, .returned = false};
}
Seen Back(const std::string& run, bool affected) {
  return {.run = run, .affected = affected, .past = false, .returned = true};
}

TEST(AfterCare, TheMotorSaysHowLongAndElseThePolicy) {
  policy::Governance policy;
  policy.after_care_runs = 3;
  policy.after_care_ms = 1'000;
  const Terms silent = TermsOf({}, policy);
  EXPECT_EQ(silent.runs, 3);
  EXPECT_EQ(silent.within, Milliseconds{1'000});
  const Terms own = TermsOf({.runs = 5, .within = "2h"}, policy);
  EXPECT_EQ(own.runs, 5);
  EXPECT_EQ(own.within, 2 * kHour);
}

TEST(AfterCare, IsConfirmedByRunsAndTimeTogether) {
  const std::vector<Seen> enough{Past("a", true), Past("b", false)};
  EXPECT_EQ(Judge(Watch(), enough, Later()).next, Next::kConfirm);
  EXPECT_EQ(Judge(Watch(), enough, Later() + Milliseconds{-1}).next, Next::kWait);
  const std::vector<Seen> few{Past("a", true)};
  const auto waits = Judge(Watch(), few, Later());
  EXPECT_EQ(waits.next, Next::kWait);
  EXPECT_EQ(waits.care.state, model::AfterCareState::kWatching);
  EXPECT_THAT(waits.care.because, HasSubstr("1 of 2 runs"));
}

TEST(AfterCare, NeedsARunOfAnAppThatShowedTheFailure) {
  const std::vector<Seen> others{Past("a", false), Past("b", false), Past("c", false)};
  const auto judged = Judge(Watch(), others, Later());
  EXPECT_EQ(judged.next, Next::kWait);
  EXPECT_EQ(judged.care.runs_seen, 3);
}

TEST(AfterCare, CountsNoRunThatIsStillUnderWay) {
  const std::vector<Seen> runs{Past("a", true), {.run = "b", .affected = true}};
  EXPECT_EQ(Judge(Watch(), runs, Later()).care.runs_seen, 1);
}

TEST(AfterCare, AReturnEndsTheWatchHoweverManyRunsWentThrough) {
  const std::vector<Seen> runs{Past("a", true), Past("b", true), Back("c", true)};
  const auto judged = Judge(Watch(), runs, Later());
  EXPECT_EQ(judged.next, Next::kGoBack);
  EXPECT_EQ(judged.care.state, model::AfterCareState::kReturned);
  EXPECT_THAT(judged.care.returns, ElementsAre("c"));
  EXPECT_EQ(judged.care.ended, Later());
}

TEST(AfterCare, AReturnInOtherAppsOnlyIsForAHuman) {
  EXPECT_EQ(Judge(Watch(), std::vector{Back("x", false)}, kPromoted).next, Next::kEscalate);
  EXPECT_EQ(Judge(Watch(), std::vector{Back("x", false), Back("y", true)}, kPromoted).next,
            Next::kGoBack);
}

TEST(AfterCare, WhatEndedStaysAsItEnded) {
  const auto replaced = Replace(Watch(), "rolled back by hand", Later());
  const auto judged = Judge(replaced, std::vector{Back("x", true)}, Later());
  EXPECT_EQ(judged.next, Next::kWait);
  EXPECT_EQ(judged.care.state, model::AfterCareState::kReplaced);
}

TEST(AfterCare, ARunIsPastWhenItMadeACheckpointBeyondAllPoints) {
  EXPECT_TRUE(GotPast({"read", "reserve", "layout"}, {"reserve"}));
  EXPECT_FALSE(GotPast({"read", "reserve"}, {"reserve"}));
  EXPECT_FALSE(GotPast({"read", "reserve", "layout"}, {"reserve", "layout"}));
  EXPECT_TRUE(GotPast({"read"}, {""}));
  EXPECT_FALSE(GotPast({}, {""}));
  EXPECT_FALSE(GotPast({"read", "layout"}, {"unheard-of"}));
}

TEST(AfterCare, TheBreakerOpensAtTheNumberThePolicyNames) {
  EXPECT_EQ(Breaker(2, 3), "");
  EXPECT_THAT(Breaker(3, 3), HasSubstr("3 fixes"));
  EXPECT_THAT(Breaker(4, 3), HasSubstr("4 fixes"));
}

}  // namespace
}  // namespace aiop::aftercare
