// SPDX-License-Identifier: Apache-2.0
#include "core/scoring/scoring.h"

#include <gtest/gtest.h>

namespace aiop::scoring {
namespace {

using enum model::Category;
using enum model::Classification;

constexpr Label kSpec{kApp, kAppSpec};
constexpr Label kFlake{kApp, kTransient};
constexpr Label kRules{kMotor, kMotorRules};
constexpr Label kDrift{kMixed, kMixedDrift};

Answer Of(Label truth, Label said, double confidence, Split split = Split::kTuning) {
  return {.split = split,
          .truth = truth,
          .said = Said{.label = said,
                       .confidence = confidence,
                       .patches_motor = said.classification != kApp,
                       .plant_seconds = confidence}};
}

Answer Abstention(Label truth) {
  Answer answer = Of(truth, kRules, 0.5);
  answer.said->abstained = true;
  answer.said->patches_motor = false;
  return answer;
}

TEST(RateTest, WilsonsIntervalIsTheOneOfTheTextbook) {
  // 8 of 10: (0.8 + 1.92 / 10 -+ 1.96 * sqrt(0.016 + 0.0096)) / (1 + 3.84 / 10).
  const Interval interval = Rate{.hits = 8, .of = 10}.Wilson95();
  EXPECT_NEAR(interval.low, 0.4902, 5e-4);
  EXPECT_NEAR(interval.high, 0.9433, 5e-4);
  // All of 20: the lower end is 20 / (20 + 3.84).
  const Interval all = Rate{.hits = 20, .of = 20}.Wilson95();
  EXPECT_NEAR(all.low, 0.8389, 5e-4);
  EXPECT_DOUBLE_EQ(all.high, 1.0);
  const Interval none = Rate{.hits = 0, .of = 20}.Wilson95();
  EXPECT_DOUBLE_EQ(none.low, 0.0);
  EXPECT_NEAR(none.high, 0.1611, 5e-4);
}

TEST(RateTest, NothingIsNoRate) {
  EXPECT_EQ(Rate{}.value(), std::nullopt);
  EXPECT_EQ(Rate{}.Wilson95().low, 0);
  EXPECT_EQ(Rate{}.Wilson95().high, 1);
}

TEST(SpreadTest, TheMedianOfAnEvenNumberLiesBetweenTheMiddleTwo) {
  const Spread spread = SpreadOf({9, 1, 2, 4});
  EXPECT_EQ(spread.count, 4);
  EXPECT_DOUBLE_EQ(spread.median, 3);
  EXPECT_DOUBLE_EQ(spread.mean, 4);
  EXPECT_DOUBLE_EQ(SpreadOf({5, 1, 3}).median, 3);
  EXPECT_EQ(SpreadOf({}).count, 0);
}

TEST(ConfusionTest, MacroF1IsTheMeanOverTheClassesThatOccur) {
  Confusion confusion;
  confusion.Add("a", "a", 3);
  confusion.Add("a", "b", 1);
  confusion.Add("b", "b", 2);
  confusion.Add("b", "abstained", 2);
  // a: true 4, said 3, right 3: 6/7. b: true 4, said 3, right 2: 4/7.
  EXPECT_NEAR(*confusion.F1("a"), 6.0 / 7, 1e-12);
  EXPECT_NEAR(*confusion.F1("b"), 4.0 / 7, 1e-12);
  EXPECT_EQ(confusion.F1("c"), std::nullopt);
  EXPECT_NEAR(*confusion.MacroF1("abstained"), 5.0 / 7, 1e-12);
  EXPECT_EQ(Confusion().MacroF1(), std::nullopt);
}

TEST(ScoreTest, AbstentionsAreApartAndWrongWhereTheyCount) {
  const std::vector<Answer> answers = {
      Of(kRules, kRules, 0.95), Of(kRules, kRules, 0.92), Of(kSpec, kSpec, 0.9),
      Of(kSpec, kRules, 0.8),   Abstention(kRules),       {.truth = kSpec, .said = std::nullopt}};
  const Figures figures = Score(answers);
  EXPECT_EQ(figures.accuracy.hits, 3);
  EXPECT_EQ(figures.accuracy.of, 4);
  EXPECT_EQ(figures.strict_accuracy.hits, 3);
  EXPECT_EQ(figures.strict_accuracy.of, 6);
  EXPECT_EQ(figures.abstained.hits, 1);
  EXPECT_EQ(figures.abstained.of, 6);
  // Three decisions patch a motor; one of them although the app has to change.
  EXPECT_EQ(figures.false_motor_fixes.hits, 1);
  EXPECT_EQ(figures.false_motor_fixes.of, 3);
  // MOTOR-RULES: true 3, said 3, right 2: 4/6. APP-SPEC: true 3, said 1, right 1: 2/4.
  EXPECT_NEAR(*figures.macro_f1, (4.0 / 6 + 2.0 / 4) / 2, 1e-12);
  EXPECT_EQ(figures.categories.At("APP-SPEC", "MOTOR-RULES"), 1);
  EXPECT_EQ(figures.categories.At("MOTOR-RULES", kAbstained), 1);
  EXPECT_EQ(figures.sides.At("app", kUndecided), 1);
  EXPECT_EQ(figures.plant_seconds.count, 5);
  EXPECT_NEAR(figures.plant_seconds.median, 0.9, 1e-12);
}

TEST(ScoreTest, PatchingAMotorOfAMixedCauseOrForAFlakeIsToldApart) {
  const Figures figures = Score({Of(kDrift, kDrift, 0.9), Of(kDrift, kRules, 0.9),
                                 Of(kFlake, kRules, 0.9), Of(kFlake, kSpec, 0.9)});
  EXPECT_EQ(figures.false_motor_fixes.hits, 1);
  EXPECT_EQ(figures.false_motor_fixes.of, 3);
  // The side of the last is right, its category is not.
  EXPECT_EQ(figures.side.hits, 2);
  EXPECT_EQ(figures.accuracy.hits, 1);
}

TEST(ScoreTest, SplitsAreMeasuredApart) {
  const std::vector<Answer> answers = {Of(kRules, kRules, 0.9),
                                       Of(kSpec, kRules, 0.9, Split::kTest)};
  EXPECT_EQ(Score(answers, Split::kTuning).accuracy.value(), 1.0);
  EXPECT_EQ(Score(answers, Split::kTest).accuracy.value(), 0.0);
}

TEST(ScoreTest, CalibrationComparesConfidenceWithWhatWasRight) {
  const Figures figures = Score({Of(kRules, kRules, 0.72), Of(kRules, kSpec, 0.78),
                                 Of(kSpec, kSpec, 0.9), Of(kSpec, kSpec, 1.0)});
  ASSERT_EQ(figures.calibration.size(), 5u);
  EXPECT_EQ(figures.calibration[1].right.of, 2);
  EXPECT_EQ(figures.calibration[1].right.hits, 1);
  EXPECT_NEAR(figures.calibration[1].mean_confidence, 0.75, 1e-12);
  EXPECT_EQ(figures.calibration[2].right.of, 0);
  EXPECT_EQ(figures.calibration[3].right.of, 1) << "0.9 begins a bin";
  EXPECT_EQ(figures.calibration[4].right.of, 1) << "1 is in the last";
}

TEST(PairsTest, GroupingsAreComparedByThePairsTheyPutTogether) {
  // True groups {1,2,3}, {4,5}; said {1,2}, {3,4,5}. True pairs 4, said pairs 4, both {12}, {45}.
  const PairScore score = ScorePairs(
      {{"w", "a", "x"}, {"w", "a", "x"}, {"w", "a", "y"}, {"w", "b", "y"}, {"w", "b", "y"}});
  EXPECT_EQ(score.true_pairs, 4);
  EXPECT_EQ(score.said_pairs, 4);
  EXPECT_EQ(score.both, 2);
  EXPECT_DOUBLE_EQ(*score.precision(), 0.5);
  EXPECT_DOUBLE_EQ(*score.recall(), 0.5);
  EXPECT_DOUBLE_EQ(*score.f1(), 0.5);
}

TEST(PairsTest, FailuresOfDifferentWorldsMakeNoPair) {
  const PairScore score = ScorePairs({{"v", "a", "x"}, {"w", "a", "x"}});
  EXPECT_EQ(score.true_pairs, 0);
  EXPECT_EQ(score.f1(), std::nullopt);
}

TEST(EndingsTest, OnlyRunsThatCouldBeHealedCountAndRedoneStepsSpoilThem) {
  const std::vector<Ending> endings = {
      {.fix_exists = true, .success = true, .actions = 1},
      {.fix_exists = true, .success = true, .failures = 2, .actions = 3},
      {.fix_exists = true, .success = true, .steps_redone = 1, .actions = 1},
      {.fix_exists = true, .success = false, .actions = 4},
      {.fix_exists = false, .success = false}};
  const Resumption resumption = ScoreEndings(endings);
  EXPECT_EQ(resumption.resumed.hits, 2);
  EXPECT_EQ(resumption.resumed.of, 4);
  EXPECT_NEAR(*resumption.actions, 4.0 / 3, 1e-12);
  EXPECT_EQ(ScoreEndings({}).actions, std::nullopt);
}

TEST(BarsTest, WithoutDataABarIsNeitherHeldNorMissed) {
  for (const Bar& bar : BarsOf({}, {}, {})) EXPECT_EQ(bar.Holds(), std::nullopt) << bar.name;
}

TEST(BarsTest, AFalseMotorFixOrAMissingDecisionMissesItsBar) {
  const auto held = [](const std::vector<Answer>& answers, std::string_view name) {
    for (const Bar& bar : BarsOf(answers, {}, {})) {
      if (bar.name == name) return bar.Holds();
    }
    return std::optional<bool>();
  };
  EXPECT_EQ(held({Of(kSpec, kRules, 0.9)}, "false motor fixes"), false);
  EXPECT_EQ(held({Of(kRules, kRules, 0.9)}, "false motor fixes"), true);
  EXPECT_EQ(held({{.truth = kSpec, .said = std::nullopt}}, "undecided"), false);
  EXPECT_EQ(held({Abstention(kSpec)}, "undecided"), true);
  EXPECT_EQ(held({Abstention(kSpec)}, "abstained"), false);
  EXPECT_EQ(held({Of(kRules, kRules, 0.9)}, "accuracy (tuning)"), true);
  EXPECT_EQ(held({Of(kRules, kRules, 0.9)}, "accuracy (test)"), std::nullopt);
}

TEST(OpinionTest, TheHeuristicsAreAskedInTheirOrder) {
  Symptom symptom;
  EXPECT_EQ(HeuristicsAsWorded(symptom), kSpec);
  symptom.quality_dropped = true;
  EXPECT_EQ(HeuristicsAsWorded(symptom), kDrift);
  symptom.gone_under_other_profile = true;
  EXPECT_EQ(HeuristicsAsWorded(symptom), kSpec);
  symptom.apps_alike = 2;
  EXPECT_EQ(HeuristicsAsWorded(symptom), kRules);
}

TEST(OpinionTest, TheTenLineRuleAsksTheDialectThenTheValidators) {
  Symptom symptom;
  EXPECT_EQ(TenLineRule(symptom), kRules);
  symptom.valid = false;
  EXPECT_EQ(TenLineRule(symptom), kSpec);
  symptom.passed_before_upgrade = true;
  EXPECT_EQ(TenLineRule(symptom), kDrift);
  symptom.passed_before_upgrade = false;
  symptom.declared = false;
  EXPECT_EQ(TenLineRule(symptom), kDrift);
}

TEST(OpinionTest, AnOpinionPaysForTheRunsItRepeatsAndFinishesThoseItCanHeal) {
  const std::vector<Symptom> symptoms = {
      {.run = "1", .truth = kRules, .motor_fix_exists = true, .whole_run_seconds = 2},
      {.run = "2", .truth = kSpec, .app_fix_exists = true, .whole_run_seconds = 4},
      {.run = "3", .truth = kRules, .motor_fix_exists = true, .whole_run_seconds = 8},
      {.run = "3", .truth = kSpec, .app_fix_exists = true, .whole_run_seconds = 8}};
  const Row row = ScoreOpinion("always motor", [](const Symptom&) { return kRules; }, symptoms, 10);
  EXPECT_EQ(row.side.hits, 2);
  EXPECT_EQ(row.side.of, 4);
  EXPECT_EQ(row.false_motor_fixes.hits, 2);
  EXPECT_EQ(row.false_motor_fixes.of, 4);
  EXPECT_EQ(row.finished.hits, 1) << "run 3 needs the app's fix as well";
  EXPECT_EQ(row.finished.of, 3);
  EXPECT_DOUBLE_EQ(row.plant_seconds, 20);
}

}  // namespace
}  // namespace aiop::scoring
