// SPDX-License-Identifier: Apache-2.0
// Where a figure is from a published example, the comment says which; the rest was worked out with
// whole numbers (sums over all outcomes), not with this code.
#include "core/verdict/verdict.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "core/verdict/distribution.h"

namespace aiop::verdict {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// ---- Intervals of a rate ----

struct Published {
  Rate rate;
  Interval wilson;
  Interval exact;
};

// Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, methods 3 and 5.
const std::vector<Published> kNewcombe = {
    {{81, 263}, {0.2553, 0.3662}, {0.2527, 0.3676}},
    {{15, 148}, {0.0624, 0.1605}, {0.0578, 0.1617}},
    {{0, 20}, {0, 0.1611}, {0, 0.1684}},
    {{1, 29}, {0.0061, 0.1718}, {0.0009, 0.1776}},
};

TEST(RateIntervals, AreThosePublished) {
  for (const auto& [rate, wilson, exact] : kNewcombe) {
    const auto by_wilson = Wilson(rate);
    ASSERT_TRUE(by_wilson.has_value());
    EXPECT_NEAR(by_wilson->low, wilson.low, 5.1e-5);
    EXPECT_NEAR(by_wilson->high, wilson.high, 5.1e-5);
    const auto by_tails = ClopperPearson(rate);
    ASSERT_TRUE(by_tails.has_value());
    EXPECT_NEAR(by_tails->low, exact.low, 5.1e-5);
    EXPECT_NEAR(by_tails->high, exact.high, 5.1e-5);
  }
}

// The example of R's binom.test: Conover (1971), 682 of 925 against 3/4.
TEST(RateIntervals, AgreeWithConoversExample) {
  const auto interval = ClopperPearson({682, 925});
  EXPECT_NEAR(interval->low, 0.7076683, 1e-7);
  EXPECT_NEAR(interval->high, 0.7654066, 1e-7);
  EXPECT_NEAR(*BinomialTest({682, 925}, 0.75, Side::kTwoSided), 0.3825, 5e-5);
}

// Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
TEST(Difference, IsThatPublished) {
  const struct {
    Rate rate, baseline;
    Interval interval;
  } cases[] = {{{56, 70}, {48, 80}, {0.0524, 0.3339}},
               {{9, 10}, {3, 10}, {0.1705, 0.8090}},
               {{0, 10}, {0, 20}, {-0.1611, 0.2775}},
               {{10, 10}, {0, 20}, {0.6791, 1.0000}}};
  for (const auto& each : cases) {
    const auto interval = Difference(each.rate, each.baseline);
    EXPECT_NEAR(interval->low, each.interval.low, 5.1e-5);
    EXPECT_NEAR(interval->high, each.interval.high, 5.1e-5);
  }
}

TEST(RateIntervals, HoldTheRateAndShrinkWithMoreTrials) {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    const int64_t trials = std::uniform_int_distribution<int64_t>(1, 400)(random);
    const Rate rate{std::uniform_int_distribution<int64_t>(0, trials)(random), trials};
    const double share = static_cast<double>(rate.successes) / static_cast<double>(trials);
    for (const auto& interval : {*Wilson(rate), *ClopperPearson(rate)}) {
      EXPECT_GE(interval.low, 0);
      EXPECT_LE(interval.high, 1);
      EXPECT_LE(interval.low, share + 1e-12);
      EXPECT_GE(interval.high, share - 1e-12);
    }
    const auto more = *ClopperPearson({rate.successes * 4, trials * 4});
    const auto less = *ClopperPearson(rate);
    EXPECT_LE(more.high - more.low, less.high - less.low + 1e-12);
  }
}

// What defines the interval: at its ends the tails are half the error.
TEST(RateIntervals, OfClopperAndPearsonEndWhereTheTailsAreHalfTheError) {
  for (const Rate rate : {Rate{3, 17}, Rate{250, 1000}, Rate{99'000, 100'000}}) {
    const auto interval = *ClopperPearson(rate, 0.9);
    EXPECT_NEAR(BinomialAtLeast(rate.successes, rate.trials, interval.low), 0.05, 1e-9);
    EXPECT_NEAR(BinomialAtMost(rate.successes, rate.trials, interval.high), 0.05, 1e-9);
  }
}

// ---- Tests of rates ----

TEST(BinomialTails, AreTheSumsOfAllOutcomes) {
  for (const int64_t trials : {1, 2, 7, 30, 255, 256, 300, 1000}) {
    for (const double p : {0.01, 0.3, 0.5, 0.97}) {
      double sum = 0;
      for (int64_t k = 0; k <= trials; ++k) {
        sum += BinomialExactly(k, trials, p);
        ASSERT_NEAR(BinomialAtMost(k, trials, p), sum, 1e-10);
        ASSERT_NEAR(BinomialAtLeast(k + 1, trials, p), 1 - sum, 1e-10);
      }
      ASSERT_NEAR(sum, 1, 1e-10);
    }
  }
}

// Worked out in whole numbers: 3 of 10 at 1/2 is (1 + 10 + 45 + 120) / 1024, and twice that.
TEST(BinomialTest, IsExact) {
  EXPECT_NEAR(*BinomialTest({3, 10}, 0.5, Side::kLess), 176.0 / 1024, 1e-12);
  EXPECT_NEAR(*BinomialTest({3, 10}, 0.5, Side::kTwoSided), 352.0 / 1024, 1e-12);
  EXPECT_NEAR(*BinomialTest({5, 10}, 0.5, Side::kTwoSided), 1, 1e-12);
  EXPECT_NEAR(*BinomialTest({0, 5}, 0.5, Side::kGreater), 1, 1e-12);
  EXPECT_EQ(*BinomialTest({4, 5}, 1, Side::kLess), 0);
  EXPECT_EQ(*BinomialTest({5, 5}, 1, Side::kTwoSided), 1);
}

TEST(BinomialTest, TwoSidedIsTheSumOfOutcomesNoLikelier) {
  for (const int64_t trials : {1, 2, 5, 12, 40}) {
    for (const double target : {0.0, 0.05, 0.5, 0.8, 1.0}) {
      for (int64_t k = 0; k <= trials; ++k) {
        const double seen = BinomialExactly(k, trials, target) * (1 + 1e-7);
        double sum = 0;
        for (int64_t i = 0; i <= trials; ++i) {
          const double each = BinomialExactly(i, trials, target);
          if (each <= seen) sum += each;
        }
        ASSERT_NEAR(*BinomialTest({k, trials}, target, Side::kTwoSided), std::min(1.0, sum), 1e-9)
            << k << " of " << trials << " at " << target;
      }
    }
  }
}

// Fisher's lady tasting tea (3 of 4 cups right), and his criminal twins: 10 of 13 against 2 of 17.
TEST(FisherTest, GivesFishersOwnFigures) {
  EXPECT_NEAR(*FisherTest({3, 4}, {1, 4}, Side::kGreater), 17.0 / 70, 1e-12);
  EXPECT_NEAR(*FisherTest({3, 4}, {1, 4}, Side::kTwoSided), 34.0 / 70, 1e-12);
  EXPECT_NEAR(*FisherTest({2, 17}, {10, 13}, Side::kLess), 0.0004652, 5e-8);
  EXPECT_NEAR(*FisherTest({2, 17}, {10, 13}, Side::kTwoSided), 0.0005367, 5e-8);
}

// Exact for tables whose binomial coefficients are whole numbers of 64 bits.
double Choose(int64_t n, int64_t k) {
  double result = 1;
  for (int64_t i = 1; i <= k; ++i)
    result = result * static_cast<double>(n - k + i) / static_cast<double>(i);
  return std::round(result);
}

TEST(FisherTest, IsTheSumOverAllTables) {
  for (int64_t n = 1; n <= 9; ++n) {
    for (int64_t m = 1; m <= 9; ++m) {
      for (int64_t a = 0; a <= n; ++a) {
        for (int64_t b = 0; b <= m; ++b) {
          const auto ways = [&](int64_t k) {
            const int64_t rest = a + b - k;
            return rest < 0 || rest > m ? 0 : Choose(n, k) * Choose(m, rest);
          };
          double less = 0;
          double both = 0;
          for (int64_t k = 0; k <= n; ++k) {
            if (k <= a) less += ways(k);
            if (ways(k) <= ways(a)) both += ways(k);
          }
          const double all = Choose(n + m, a + b);
          ASSERT_NEAR(*FisherTest({a, n}, {b, m}, Side::kLess), less / all, 1e-11);
          ASSERT_NEAR(*FisherTest({a, n}, {b, m}, Side::kTwoSided), both / all, 1e-11);
          // The other side of one is this side of the other.
          ASSERT_NEAR(*FisherTest({a, n}, {b, m}, Side::kGreater),
                      *FisherTest({b, m}, {a, n}, Side::kLess), 1e-11);
        }
      }
    }
  }
}

// ---- Tests of figures ----

// Hollander and Wolfe (1973), table 4.1, as in R's wilcox.test: W = 35, p = 0.1272 (one-sided).
TEST(MannWhitneyTest, GivesThePublishedFigure) {
  const std::vector<double> at_term = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
  const std::vector<double> early = {1.15, 0.88, 0.90, 0.74, 1.21};
  EXPECT_NEAR(*MannWhitneyTest(at_term, early, Side::kGreater), 0.1272, 5e-5);
  EXPECT_NEAR(*MannWhitneyTest(at_term, early, Side::kTwoSided), 0.2544, 5e-5);
}

// Mann and Whitney (1947), table I: chances of U at most u.
TEST(MannWhitneyTest, HasTheDistributionOfTheTable) {
  EXPECT_NEAR(UAtMost(0, 3, 3), 0.050, 5e-4);
  EXPECT_NEAR(UAtMost(4, 3, 3), 0.500, 5e-4);
  EXPECT_NEAR(UAtMost(3, 4, 4), 0.100, 5e-4);
  EXPECT_NEAR(UAtMost(4, 5, 5), 0.048, 5e-4);
  EXPECT_NEAR(UAtMost(13, 8, 8), 0.025, 5e-4);
}

TEST(MannWhitneyTest, IsTheShareOfAllOrders) {
  for (int64_t n = 1; n <= 5; ++n) {
    for (int64_t m = 1; m <= 5; ++m) {
      std::vector<int> belongs(static_cast<size_t>(n + m), 0);
      std::fill(belongs.begin(), belongs.begin() + m, 0);
      std::fill(belongs.begin() + m, belongs.end(), 1);
      std::vector<int64_t> orders(static_cast<size_t>(n * m + 1), 0);
      int64_t all = 0;
      do {
        int64_t u = 0;
        int64_t below = 0;
        for (const int each : belongs) each == 1 ? u += below : ++below;
        ++orders[static_cast<size_t>(u)];
        ++all;
      } while (std::next_permutation(belongs.begin(), belongs.end()));
      int64_t sum = 0;
      for (int64_t u = 0; u <= n * m; ++u) {
        sum += orders[static_cast<size_t>(u)];
        ASSERT_NEAR(UAtMost(u, n, m), static_cast<double>(sum) / static_cast<double>(all), 1e-12);
      }
    }
  }
}

TEST(MannWhitneyTest, ApproximationMeetsTheExactTestAtTheLimit) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  std::vector<double> sample;
  std::vector<double> baseline;
  for (int64_t i = 0; i < kExactLimit; ++i) {
    sample.push_back(normal(random) + 0.3);
    baseline.push_back(normal(random));
  }
  const double exact = *MannWhitneyTest(sample, baseline, Side::kGreater);
  sample.push_back(0.15);
  EXPECT_NEAR(*MannWhitneyTest(sample, baseline, Side::kGreater), exact, 0.02);
}

// 1 1 2 against 1 2 2 3: U = 3, variance 12/12 (8 - (24 + 24)/42) = 48/7, so that
// z = (3 - 6 + 0.5) / 2.618615 = -0.954703 and the tail below it is 0.169864.
TEST(MannWhitneyTest, CorrectsForTies) {
  EXPECT_NEAR(
      *MannWhitneyTest(std::vector<double>{1, 1, 2}, std::vector<double>{1, 2, 2, 3}, Side::kLess),
      0.169864, 1e-5);
  const std::vector<double> equal(20, 5.0);
  EXPECT_EQ(*MannWhitneyTest(equal, equal, Side::kTwoSided), 1);
}

TEST(MannWhitneyTest, CriesWolfAsOftenAsItSays) {
  std::mt19937 random(11);
  std::lognormal_distribution<double> latency(0, 0.5);
  int cries = 0;
  constexpr int kRounds = 4000;
  for (int i = 0; i < kRounds; ++i) {
    std::vector<double> sample(12);
    std::vector<double> baseline(15);
    for (double& each : sample) each = latency(random);
    for (double& each : baseline) each = latency(random);
    if (*MannWhitneyTest(sample, baseline, Side::kGreater) < kError) ++cries;
  }
  EXPECT_LT(cries, kRounds * kError + 4 * std::sqrt(kRounds * kError));
  EXPECT_GT(cries, kRounds * kError / 2);
}

// David and Nagaraja: of ten, the second and ninth hold the median in 97.9 % of cases, the third
// and eighth only in 89.1 %.
TEST(MedianInterval, TakesTheOrderStatisticsThatSuffice) {
  std::vector<double> ten(10);
  std::iota(ten.begin(), ten.end(), 1.0);
  const auto interval = *MedianInterval(ten, 0.95);
  ASSERT_TRUE(interval.has_value());
  EXPECT_EQ(interval->low, 2);
  EXPECT_EQ(interval->high, 9);
  const auto narrower = *MedianInterval(ten, 0.89);
  EXPECT_EQ(narrower->low, 3);
  EXPECT_EQ(narrower->high, 8);
  EXPECT_FALSE(MedianInterval(std::vector<double>{1, 2, 3, 4, 5}, 0.95)->has_value());
  EXPECT_TRUE(MedianInterval(std::vector<double>{1, 2, 3, 4, 5, 6}, 0.95)->has_value());
}

TEST(RatioOfMedians, HoldsTheTrueRatioAtLeastAsOftenAsItSays) {
  std::mt19937 random(5);
  std::lognormal_distribution<double> latency(1, 0.6);
  int held = 0;
  constexpr int kRounds = 1500;
  for (int i = 0; i < kRounds; ++i) {
    std::vector<double> sample(25);
    std::vector<double> baseline(20);
    for (double& each : sample) each = 1.7 * latency(random);
    for (double& each : baseline) each = latency(random);
    const auto ratio = *RatioOfMedians(sample, baseline);
    ASSERT_TRUE(ratio && ratio->interval);
    if (ratio->interval->low <= 1.7 && 1.7 <= ratio->interval->high) ++held;
  }
  EXPECT_GT(held, kRounds * (1 - kError));
}

TEST(RatioOfMedians, NeedsMediansAboveZero) {
  const std::vector<double> some = {1, 2, 3};
  EXPECT_FALSE(RatioOfMedians(some, std::vector<double>{0, 0, 0})->has_value());
  EXPECT_FALSE(RatioOfMedians(std::vector<double>{-1, 0, 1}, some)->has_value());
  EXPECT_FALSE(RatioOfMedians({}, some)->has_value());
  const auto ratio = *RatioOfMedians(std::vector<double>{4, 6}, some);
  EXPECT_EQ(ratio->value, 2.5);
  EXPECT_FALSE(ratio->interval.has_value());
}

// ---- Verdicts ----

TEST(JudgeRate, TellsTheThreeCasesApart) {
  EXPECT_EQ(JudgeRate({300, 300}, 0.98)->verdict, Verdict::kPass);
  EXPECT_EQ(JudgeRate({20, 30}, 0.98)->verdict, Verdict::kFail);
  EXPECT_EQ(JudgeRate({30, 30}, 0.98)->verdict, Verdict::kInconclusive);  // too few to tell
  EXPECT_EQ(JudgeRate({30, 30}, 0.98, {.margin = 0.1})->verdict, Verdict::kPass);
}

TEST(JudgeRates, TellsTheThreeCasesApart) {
  EXPECT_EQ(JudgeRates({190, 200}, {380, 400})->verdict, Verdict::kPass);
  EXPECT_EQ(JudgeRates({10, 20}, {95, 100})->verdict, Verdict::kFail);
  EXPECT_EQ(JudgeRates({19, 20}, {95, 100})->verdict, Verdict::kInconclusive);
}

std::vector<double> Around(double median, size_t count) {
  std::vector<double> sample;
  sample.reserve(count);
  for (size_t i = 0; i < count; ++i)
    sample.push_back(median * (0.95 + 0.1 * static_cast<double>(i) / static_cast<double>(count)));
  return sample;
}

TEST(JudgeFigures, TellsTheThreeCasesApart) {
  EXPECT_EQ(JudgeFigures(Around(100, 40), Around(100, 40))->verdict, Verdict::kPass);
  EXPECT_EQ(JudgeFigures(Around(60, 40), Around(100, 40))->verdict, Verdict::kPass);
  const auto worse = JudgeFigures(Around(150, 40), Around(100, 40));
  EXPECT_EQ(worse->verdict, Verdict::kFail);
  EXPECT_NEAR(*worse->estimate, 1.5, 0.01);
  EXPECT_TRUE(worse->interval->low < 1.5 && 1.5 < worse->interval->high);
  // Worse for certain, but by less than anybody minds, and the interval does not exclude more.
  EXPECT_EQ(JudgeFigures(Around(108, 40), Around(100, 40))->verdict, Verdict::kInconclusive);
  const FigureRule quality{.better = Better::kHigher};
  EXPECT_EQ(JudgeFigures(Around(0.5, 40), Around(0.9, 40), quality)->verdict, Verdict::kFail);
  EXPECT_EQ(JudgeFigures(Around(0.9, 40), Around(0.5, 40), quality)->verdict, Verdict::kPass);
}

TEST(JudgeFigures, OfNothingButZerosHold) {
  const std::vector<double> free(20, 0.0);
  const auto judgement = JudgeFigures(free, free);
  EXPECT_EQ(judgement->verdict, Verdict::kPass);
  EXPECT_FALSE(judgement->estimate.has_value());
}

TEST(Verdicts, OfTooFewSamplesAreInconclusiveAndNoneNeverPass) {
  for (const int64_t minimum : {-5, 0, 1, 10}) {
    EXPECT_EQ(JudgeRate({0, 0}, 0, {.minimum = minimum})->verdict, Verdict::kInconclusive);
    EXPECT_EQ(JudgeRates({0, 0}, {50, 100}, {.minimum = minimum})->verdict, Verdict::kInconclusive);
    EXPECT_EQ(JudgeRates({50, 100}, {0, 0}, {.minimum = minimum})->verdict, Verdict::kInconclusive);
    EXPECT_EQ(JudgeFigures({}, Around(1, 9), {.minimum = minimum})->verdict,
              Verdict::kInconclusive);
    EXPECT_EQ(JudgeFigures(Around(1, 9), {}, {.minimum = minimum})->verdict,
              Verdict::kInconclusive);
    EXPECT_EQ(JudgeFigures({}, {}, {.minimum = minimum})->verdict, Verdict::kInconclusive);
  }
  EXPECT_EQ(JudgeRate({kRateMinimum - 1, kRateMinimum - 1}, 0)->verdict, Verdict::kInconclusive);
  EXPECT_EQ(JudgeRate({kRateMinimum, kRateMinimum}, 0)->verdict, Verdict::kPass);
  EXPECT_EQ(JudgeFigures(Around(9, kFigureMinimum - 1), Around(1, 40))->verdict,
            Verdict::kInconclusive);
  EXPECT_EQ(JudgeFigures(Around(9, kFigureMinimum), Around(1, 40))->verdict, Verdict::kFail);
  EXPECT_NE(JudgeRate({3, 4}, 0.5)->because.find("4 trials, at least 10"), std::string::npos);
}

TEST(Verdicts, RefuseWhatIsNoFigure) {
  const std::vector<double> good = Around(1, 20);
  for (const double bad : {kNan, kInfinity, -kInfinity}) {
    std::vector<double> sample = good;
    sample[7] = bad;
    EXPECT_EQ(JudgeFigures(sample, good).error().code, Code::kInvalid);
    EXPECT_EQ(JudgeFigures(good, sample).error().code, Code::kInvalid);
    EXPECT_EQ(MannWhitneyTest(sample, good, Side::kLess).error().code, Code::kInvalid);
    EXPECT_EQ(MedianInterval(sample).error().code, Code::kInvalid);
    EXPECT_EQ(RatioOfMedians(good, sample).error().code, Code::kInvalid);
    EXPECT_EQ(JudgeRate({5, 10}, bad).error().code, Code::kInvalid);
    EXPECT_EQ(Wilson({5, 10}, bad).error().code, Code::kInvalid);
    EXPECT_EQ(JudgeRates({5, 10}, {5, 10}, {.margin = bad}).error().code, Code::kInvalid);
    EXPECT_EQ(JudgeFigures(good, good, {.tolerance = bad}).error().code, Code::kInvalid);
  }
  for (const Rate bad : {Rate{-1, 5}, Rate{6, 5}, Rate{0, -1}, Rate{1, kTrialLimit + 1}}) {
    EXPECT_EQ(JudgeRate(bad, 0.5).error().code, Code::kInvalid);
    EXPECT_EQ(JudgeRates({5, 10}, bad).error().code, Code::kInvalid);
    EXPECT_EQ(FisherTest(bad, {5, 10}, Side::kLess).error().code, Code::kInvalid);
  }
  EXPECT_EQ(Wilson({0, 0}).error().code, Code::kInvalid);
  EXPECT_EQ(MannWhitneyTest({}, good, Side::kLess).error().code, Code::kInvalid);
  EXPECT_EQ(JudgeFigures(good, good, {.tolerance = 0.5}).error().code, Code::kInvalid);
}

TEST(Verdicts, NeverContradictThemselves) {
  std::mt19937 random(13);
  for (int i = 0; i < 3000; ++i) {
    const int64_t n = std::uniform_int_distribution<int64_t>(0, 60)(random);
    const int64_t m = std::uniform_int_distribution<int64_t>(0, 60)(random);
    const Rate rate{std::uniform_int_distribution<int64_t>(0, n)(random), n};
    const Rate baseline{std::uniform_int_distribution<int64_t>(0, m)(random), m};
    const auto judgement = *JudgeRates(rate, baseline);
    ASSERT_TRUE(judgement.probability >= 0 && judgement.probability <= 1);
    if (judgement.verdict == Verdict::kFail) {
      ASSERT_LT(*judgement.estimate, 0);
      ASSERT_NE(JudgeRates(baseline, rate)->verdict, Verdict::kFail);
    }
    // One more success never makes it worse.
    if (rate.successes < n && judgement.verdict == Verdict::kPass) {
      ASSERT_EQ(JudgeRates({rate.successes + 1, n}, baseline)->verdict, Verdict::kPass);
    }
  }
}

TEST(Verdicts, DoNotDependOnTheOrderOfSamplesOrTheUnit) {
  std::mt19937 random(17);
  std::lognormal_distribution<double> latency(0, 0.4);
  for (int i = 0; i < 300; ++i) {
    std::vector<double> sample(20);
    std::vector<double> baseline(30);
    for (double& each : sample) each = 1.2 * latency(random);
    for (double& each : baseline) each = latency(random);
    const auto before = *JudgeFigures(sample, baseline);
    std::ranges::shuffle(sample, random);
    std::ranges::shuffle(baseline, random);
    ASSERT_EQ(JudgeFigures(sample, baseline)->verdict, before.verdict);
    for (double& each : sample) each *= 1024;  // a power of two: no rounding
    for (double& each : baseline) each *= 1024;
    const auto after = *JudgeFigures(sample, baseline);
    ASSERT_EQ(after.verdict, before.verdict);
    ASSERT_EQ(after.probability, before.probability);
    ASSERT_EQ(*after.estimate, *before.estimate);
  }
}

}  // namespace
}  // namespace aiop::verdict
