// SPDX-License-Identifier: Apache-2.0
//
// Pass, fail or inconclusive, from samples: whether a rate reaches a target or holds against a
// baseline, and whether a figure (latency, cost, quality) got worse. Gates, canaries and after-care
// all ask here, so that noise is called noise in one way.
//
// Three answers, because "not shown to be worse" is not "shown to be good": *fail* needs a test
// that shows it, *pass* needs an interval that excludes it, all else is inconclusive. Too few
// samples are inconclusive, and none at all never pass. A figure that is not finite, or a count
// that cannot be, is kInvalid.
//
// Sources of the formulas:
// - binomial and hypergeometric tails, Fisher's exact test: R. A. Fisher, "Statistical Methods for
//   Research Workers" (5th ed. 1934), section 21.02; two-sided as the sum of all tables that are no
//   likelier than the one seen (as R's fisher.test and binom.test do).
// - Clopper and Pearson, Biometrika 26 (1934) 404-413; the tails through the regularised incomplete
//   beta function, DLMF 8.17.5 and 8.17.22.
// - Wilson, JASA 22 (1927) 209-212. Difference of two rates: Newcombe, Statistics in Medicine 17
//   (1998) 873-890, method 10.
// - Mann and Whitney, Annals of Mathematical Statistics 18 (1947) 50-60; tie correction and
//   continuity correction as in Hollander, Wolfe, Chicken, "Nonparametric Statistical Methods" (3rd
//   ed. 2014), section 4.1.
// - interval of a median from order statistics: David and Nagaraja, "Order Statistics" (3rd ed.
//   2003), section 7.1; that of a ratio of two medians from two of them, each at half the error
//   (Bonferroni), so that it holds at least as often as it says.
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/result/result.h"

namespace aiop::verdict {

enum class Verdict { kPass, kFail, kInconclusive };
std::string_view Name(Verdict verdict);

inline constexpr double kError = 0.05;              // how often a test may cry wolf
inline constexpr int64_t kRateMinimum = 10;         // trials on each side
inline constexpr int64_t kFigureMinimum = 8;        // samples on each side
inline constexpr double kRateMargin = 0.05;         // a rate may be so much lower and still pass
inline constexpr double kFigureTolerance = 1.1;     // a median may be so many times worse
inline constexpr int64_t kExactLimit = 50;          // samples of a side for the exact U test
inline constexpr int64_t kTrialLimit = 10'000'000;  // more trials than this are refused

// ---- Rates ----

struct Rate {
  int64_t successes = 0;
  int64_t trials = 0;
};
struct Interval {
  double low = 0;
  double high = 0;
};
enum class Side { kLess, kGreater, kTwoSided };

// The interval that holds the true rate with `confidence`; kInvalid without trials.
Result<Interval> Wilson(const Rate& rate, double confidence = 1 - kError);
Result<Interval> ClopperPearson(const Rate& rate, double confidence = 1 - kError);
// Of rate minus baseline.
Result<Interval> Difference(const Rate& rate, const Rate& baseline, double confidence = 1 - kError);

// How likely a rate at least as extreme is if the true rate is `target`.
Result<double> BinomialTest(const Rate& rate, double target, Side side);
// How likely tables at least as extreme are if both have one true rate. kLess: `rate` is lower.
Result<double> FisherTest(const Rate& rate, const Rate& baseline, Side side);

// ---- Figures ----

// How likely samples at least as far apart are if both come from one distribution. kLess: `sample`
// tends to be lower than `baseline`. Exact up to kExactLimit samples a side without ties, else the
// normal approximation. kInvalid if either is empty.
Result<double> MannWhitneyTest(std::span<const double> sample, std::span<const double> baseline,
                               Side side);

double Median(std::span<const double> sample);  // `sample` is not empty
// Nothing if there are too few samples for that confidence.
Result<std::optional<Interval>> MedianInterval(std::span<const double> sample,
                                               double confidence = 1 - kError);

struct Ratio {
  double value = 0;
  std::optional<Interval> interval;  // nothing: too few samples
};
// Median of `sample` over median of `baseline`. Nothing if these are not above zero.
Result<std::optional<Ratio>> RatioOfMedians(std::span<const double> sample,
                                            std::span<const double> baseline,
                                            double confidence = 1 - kError);

// ---- Verdicts ----

struct Judgement {
  Verdict verdict = Verdict::kInconclusive;
  double probability = 1;            // of a worse-looking result by chance alone (one-sided)
  std::optional<double> estimate;    // the rate, the difference of rates, or the ratio of medians
  std::optional<Interval> interval;  // of the estimate
  std::string because;               // one clause for people
};

struct RateRule {
  int64_t minimum = kRateMinimum;
  double margin = 0;  // against a target; kRateMargin is the default against a baseline
  double error = kError;
};
// Fail: the true rate is shown to be below `target`. Pass: it is shown to be at least `target` less
// the margin.
Result<Judgement> JudgeRate(const Rate& rate, double target, const RateRule& rule = {});
// Fail: shown to be lower than the baseline's. Pass: shown not to be lower by more than the margin.
Result<Judgement> JudgeRates(const Rate& rate, const Rate& baseline,
                             const RateRule& rule = {.margin = kRateMargin});

enum class Better { kLower, kHigher };
struct FigureRule {
  Better better = Better::kLower;
  int64_t minimum = kFigureMinimum;
  double tolerance = kFigureTolerance;  // at least 1
  double error = kError;
};
// Fail: shown to be worse, and the median by more than the tolerance. Pass: shown not to be worse
// by more than the tolerance.
Result<Judgement> JudgeFigures(std::span<const double> sample, std::span<const double> baseline,
                               const FigureRule& rule = {});

}  // namespace aiop::verdict
