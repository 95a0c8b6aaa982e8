// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "core/kpi/testing.h"

namespace aiop::kpi {
namespace {

using testing::At;

Witnesses Some(int64_t count) {
  Witnesses witnesses;
  for (int64_t i = 0; i < count; ++i) witnesses.Add("record-" + std::to_string(i), At(i));
  return witnesses;
}

// A home in which everything was done, and nothing is wrong.
Practice Complete() {
  Practice practice;
  practice.app_versions = practice.motor_versions = practice.runs = Some(2);
  practice.events = practice.decisions = practice.resumed = practice.promoted = Some(5);
  practice.rollbacks = Some(1);
  practice.checked_events = 4;
  return practice;
}

std::vector<std::string> Open(const Practice& practice) {
  std::vector<std::string> names;
  for (const auto& line : Checklist(practice)) {
    if (!line.holds) names.push_back(line.name);
    EXPECT_EQ(line.holds, line.missing.empty()) << line.name;
    EXPECT_FALSE(line.test.empty()) << line.name;
  }
  return names;
}

TEST(Checklist, HoldsWhereEachLineHasEvidence) {
  EXPECT_TRUE(Open(Complete()).empty());
  for (const auto& line : Checklist(Complete())) EXPECT_FALSE(line.evidence.empty()) << line.name;
}

TEST(Checklist, FailsClosedWithoutEvidence) {
  EXPECT_EQ(Open({}), (std::vector<std::string>{"contexts", "events", "decisions", "resumption",
                                                "changelog", "rollback", "governance"}));
}

TEST(Checklist, OneRecordThatIsNotAsItHasToBeOpensItsLine) {
  const std::pair<Witnesses Practice::*, std::string> wrongs[] = {
      {&Practice::runs_without_context, "contexts"},
      {&Practice::events_without_trace, "events"},
      {&Practice::decisions_incomplete, "decisions"},
      {&Practice::undecided, "decisions"},
      {&Practice::resumed_with_redone_steps, "resumption"},
      {&Practice::promoted_without_figures, "changelog"},
      {&Practice::failed_exercises, "rollback"},
      {&Practice::promoted_without_gates, "governance"},
      {&Practice::ungoverned, "governance"},
      {&Practice::unreviewed, "governance"}};
  for (const auto& [wrong, line] : wrongs) {
    Practice practice = Complete();
    practice.*wrong = Some(1);
    EXPECT_EQ(Open(practice), std::vector<std::string>{line});
  }
  Practice practice = Complete();
  practice.broken_chain = "decision 7 was changed";
  EXPECT_EQ(Open(practice), std::vector<std::string>{"decisions"});
  practice = Complete();
  practice.mute_events = 1;
  EXPECT_EQ(Open(practice), std::vector<std::string>{"silence"});
}

TEST(Checklist, AnExerciseIsAsGoodAsARollback) {
  Practice practice = Complete();
  practice.rollbacks = {};
  EXPECT_EQ(Open(practice), std::vector<std::string>{"rollback"});
  practice.exercises = Some(1);
  EXPECT_TRUE(Open(practice).empty());
}

TEST(Witnesses, KeepTheNewestFew) {
  Witnesses witnesses;
  for (const int second : {5, 1, 9, 3, 7}) witnesses.Add(std::to_string(second), At(second));
  EXPECT_EQ(witnesses.count, 5);
  EXPECT_EQ(witnesses.at, At(9));
  EXPECT_EQ(witnesses.newest.size(), kWitnesses);
  EXPECT_EQ(witnesses.newest.front(), "9");
}

}  // namespace
}  // namespace aiop::kpi
