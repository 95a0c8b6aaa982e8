// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "control/golden/golden.h"

namespace aiop::golden {
namespace {

using enum model::Category;
using enum model::Classification;

// Two runs of one motor fault, which the operator saw as one, and one of an app's fault.
Played Example() {
  Played played;
  played.story.plant = "pages";
  played.story.incident = {.name = "two-faults", .split = scoring::Split::kTest};
  played.story.incident.truth = {
      {.apps = {"wide", "wider"}, .label = {kMotor, kMotorRules}, .healed_by = HealedBy::kBranch},
      {.apps = {"words"}, .label = {kApp, kAppSpec}, .healed_by = HealedBy::kNone}};
  Observation& seen = played.observation;
  seen.decisions = {{.id = "d0",
                     .classification = kMotor,
                     .category = kMotorRules,
                     .confidence = 0.9,
                     .patches_motor = true,
                     .plant_ms = 500},
                    {.id = "d1",
                     .classification = kMotor,
                     .category = kMotorRules,
                     .confidence = 0.8,
                     .patches_motor = true,
                     .plant_ms = 1500}};
  const auto failure = [](const char* run, const char* app, const char* incident, int64_t truth,
                          int64_t decision) {
    SeenFailure one;
    one.run = run;
    one.app = app;
    one.incident = incident;
    one.truth = truth;
    one.decisions = {decision};
    return one;
  };
  seen.failures = {failure("r1", "wide", "i1", 0, 0), failure("r2", "wider", "i1", 0, 0),
                   failure("r3", "words", "i2", 1, 1)};
  seen.runs = {{.run = "r1", .state = model::RunState::kSuccess, .resumed = 1, .plant_ms = 2000},
               {.run = "r2", .state = model::RunState::kSuccess, .resumed = 1, .plant_ms = 2000},
               {.run = "r3", .state = model::RunState::kPaused, .plant_ms = 1000}};
  seen.jobs_failed = 3;
  seen.jobs_finished = 2;
  seen.first_ms = 3000;
  seen.plant_ms = 7000;
  return played;
}

TEST(ReportTest, EachDecisionCountsOnceForEachCauseItIsAbout) {
  const Report report = Summarise({Example()});
  ASSERT_EQ(report.answers.size(), 2u);
  EXPECT_TRUE(report.answers[0].answer.Right());
  EXPECT_FALSE(report.answers[1].answer.Right());
  const auto figures = scoring::Score(report.Answers(), scoring::Split::kTest);
  EXPECT_EQ(figures.accuracy.of, 2);
  EXPECT_EQ(figures.false_motor_fixes.hits, 1);
  EXPECT_EQ(scoring::ScorePairs(report.failures).f1(), 1.0);
  const auto resumption = scoring::ScoreEndings(report.endings);
  EXPECT_EQ(resumption.resumed.of, 2) << "for run r3 there is no fix";
  EXPECT_EQ(resumption.resumed.hits, 2);
}

TEST(ReportTest, ADecisionAboutTwoCausesIsHeldAgainstBoth) {
  Played played = Example();
  played.observation.failures[2].decisions = {0};
  played.observation.failures[2].incident = "i1";
  const Report report = Summarise({played});
  ASSERT_EQ(report.answers.size(), 2u);
  EXPECT_TRUE(report.answers[0].answer.Right());
  EXPECT_FALSE(report.answers[1].answer.Right());
  // One true pair of the three that were put together.
  EXPECT_DOUBLE_EQ(*scoring::ScorePairs(report.failures).f1(), 0.5);
}

TEST(ReportTest, ACauseThatNobodyDecidedIsUndecided) {
  Played played = Example();
  played.observation.failures[2].decisions.clear();
  const Report report = Summarise({played});
  ASSERT_EQ(report.answers.size(), 2u);
  EXPECT_FALSE(report.answers[1].answer.said.has_value());
}

TEST(ReportTest, AStoryThatIsNotAsItsLabelsSayCountsForNothing) {
  Played played = Example();
  played.observation.problems = {"the failure of label 1 never showed"};
  const Report report = Summarise({played});
  EXPECT_TRUE(report.answers.empty());
  EXPECT_TRUE(report.endings.empty());
  ASSERT_EQ(report.broken.size(), 1u);
  EXPECT_EQ(report.broken[0].story, "pages/two-faults");
}

TEST(ReportTest, TheComparisonRatesAllOnTheSameFailures) {
  Played blind;
  blind.observation.jobs_failed = 3;
  blind.observation.plant_ms = 9000;
  const auto rows = Compare(Summarise({Example()}), {blind});
  ASSERT_EQ(rows.size(), 6u);
  EXPECT_EQ(rows[0].category.hits, 2);
  EXPECT_EQ(rows[0].finished.hits, 2);
  EXPECT_DOUBLE_EQ(rows[0].plant_seconds, 7);
  EXPECT_EQ(rows[1].category.hits, 0);
  EXPECT_EQ(rows[1].finished.of, 3);
  EXPECT_DOUBLE_EQ(rows[1].plant_seconds, 9);
  EXPECT_EQ(rows[2].category.hits, 1);
  EXPECT_EQ(rows[2].finished.hits, 0);
  EXPECT_EQ(rows[3].category.hits, 2);
  EXPECT_EQ(rows[3].finished.hits, 2);
  EXPECT_DOUBLE_EQ(rows[3].plant_seconds, 3 + 2 + 2);
  for (const auto& row : rows) EXPECT_EQ(row.category.of, 3) << row.name;
}

TEST(ObservationTest, GoesThroughJsonUnchanged) {
  const Observation seen = Example().observation;
  const auto back = describe::FromText<Observation>(json::Text(describe::ToJson(seen)));
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(json::Text(describe::ToJson(*back)), json::Text(describe::ToJson(seen)));
}

}  // namespace
}  // namespace aiop::golden
