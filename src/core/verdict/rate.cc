// SPDX-License-Identifier: Apache-2.0
// Rates: intervals, tests and verdicts.
#include <algorithm>
#include <cmath>

#include "core/verdict/distribution.h"
#include "core/verdict/share.h"
#include "core/verdict/verdict.h"

namespace aiop::verdict {
namespace {

// Probabilities that differ by rounding only count as equal, as in R's fisher.test.
constexpr double kAlmostEqual = 1 + 1e-7;

Status CheckRate(const Rate& rate) {
  if (rate.trials < 0 || rate.successes < 0 || rate.successes > rate.trials ||
      rate.trials > kTrialLimit) {
    return Invalid("no rate: " + std::to_string(rate.successes) + " successes of " +
                   std::to_string(rate.trials) + " trials");
  }
  return {};
}

Status CheckTrials(const Rate& rate) {
  AIOP_CHECK_OK(CheckRate(rate));
  return rate.trials == 0 ? Status(Invalid("a rate without trials")) : Status();
}

double Share(const Rate& rate) {
  return static_cast<double>(rate.successes) / static_cast<double>(rate.trials);
}

// The p where `tail(p)`, which rises with p, reaches `wanted`.
template <class Tail>
double Solve(Tail tail, double wanted) {
  double low = 0;
  double high = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (tail(middle) < wanted ? low : high) = middle;
  }
  return (low + high) / 2;
}

// The four cells of a table with fixed margins, seen through its first cell.
struct Table {
  int64_t trials;     // of the rate
  int64_t others;     // trials of the baseline
  int64_t successes;  // of both
  int64_t Low() const { return std::max<int64_t>(0, successes - others); }
  int64_t High() const { return std::min(trials, successes); }
  double Exactly(int64_t k) const {
    return std::exp(LogChoose(trials, k) + LogChoose(others, successes - k) -
                    LogChoose(trials + others, successes));
  }
};

double Chance(double sum) { return std::clamp(sum, 0.0, 1.0); }

std::string TooFew(int64_t have, int64_t need) {
  return std::to_string(have) + " trials, at least " + std::to_string(need) + " are needed";
}

}  // namespace

Result<Interval> Wilson(const Rate& rate, double confidence) {
  AIOP_CHECK_OK(CheckTrials(rate));
  AIOP_CHECK_OK(CheckShare(confidence, "a confidence"));
  const double z = NormalQuantile((1 - confidence) / 2);
  const auto n = static_cast<double>(rate.trials);
  const double p = Share(rate);
  const double centre = p + z * z / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  return Interval{rate.successes == 0 ? 0 : std::max(0.0, (centre - half) / scale),
                  rate.successes == rate.trials ? 1 : std::min(1.0, (centre + half) / scale)};
}

Result<Interval> ClopperPearson(const Rate& rate, double confidence) {
  AIOP_CHECK_OK(CheckTrials(rate));
  AIOP_CHECK_OK(CheckShare(confidence, "a confidence"));
  const double tail = (1 - confidence) / 2;
  const auto [k, n] = rate;
  Interval interval{0, 1};
  if (k > 0) interval.low = Solve([&](double p) { return BinomialAtLeast(k, n, p); }, tail);
  if (k < n) interval.high = Solve([&](double p) { return -BinomialAtMost(k, n, p); }, -tail);
  return interval;
}

Result<Interval> Difference(const Rate& rate, const Rate& baseline, double confidence) {
  AIOP_TRY(const Interval first, Wilson(rate, confidence));
  AIOP_TRY(const Interval second, Wilson(baseline, confidence));
  const double a = Share(rate);
  const double b = Share(baseline);
  return Interval{a - b - std::hypot(a - first.low, second.high - b),
                  a - b + std::hypot(first.high - a, b - second.low)};
}

Result<double> BinomialTest(const Rate& rate, double target, Side side) {
  AIOP_CHECK_OK(CheckTrials(rate));
  AIOP_CHECK_OK(CheckShare(target, "a target"));
  const auto [k, n] = rate;
  if (side == Side::kLess) return BinomialAtMost(k, n, target);
  if (side == Side::kGreater) return BinomialAtLeast(k, n, target);
  // All outcomes no likelier than the one seen: the whole tail on its side, and what is as unlikely
  // on the other. Outcomes get likelier up to the mode, so both tails end at a point to be found.
  // All outcomes no likelier than the one seen: outcomes get likelier up to the mode and unlikelier
  // after it, so they are two tails whose ends are found by halving.
  const double seen = BinomialExactly(k, n, target) * kAlmostEqual;
  const auto unlikely = [&](int64_t i) { return BinomialExactly(i, n, target) <= seen; };
  const int64_t mode =
      std::min(n, static_cast<int64_t>(std::floor(static_cast<double>(n + 1) * target)));
  if (unlikely(mode)) return 1.0;
  int64_t low = -1;  // the last unlikely one below the mode
  for (int64_t likely = mode; likely - low > 1;) {
    const int64_t middle = low + (likely - low) / 2;
    (unlikely(middle) ? low : likely) = middle;
  }
  int64_t high = n + 1;  // the first unlikely one above the mode
  for (int64_t likely = mode; high - likely > 1;) {
    const int64_t middle = likely + (high - likely) / 2;
    (unlikely(middle) ? high : likely) = middle;
  }
  return Chance(BinomialAtMost(low, n, target) + BinomialAtLeast(high, n, target));
}

Result<double> FisherTest(const Rate& rate, const Rate& baseline, Side side) {
  AIOP_CHECK_OK(CheckTrials(rate));
  AIOP_CHECK_OK(CheckTrials(baseline));
  const Table table{rate.trials, baseline.trials, rate.successes + baseline.successes};
  const double seen = table.Exactly(rate.successes) * kAlmostEqual;
  double sum = 0;
  for (int64_t k = table.Low(); k <= table.High(); ++k) {
    if (side == Side::kLess && k > rate.successes) break;
    if (side == Side::kGreater && k < rate.successes) continue;
    const double each = table.Exactly(k);
    if (side != Side::kTwoSided || each <= seen) sum += each;
  }
  return Chance(sum);
}

Result<Judgement> JudgeRate(const Rate& rate, double target, const RateRule& rule) {
  AIOP_CHECK_OK(CheckRate(rate));
  AIOP_CHECK_OK(CheckShare(target, "a target"));
  AIOP_CHECK_OK(CheckShare(rule.error, "an error"));
  AIOP_CHECK_OK(CheckShare(rule.margin, "a margin"));
  Judgement judgement;
  if (rate.trials < std::max<int64_t>(1, rule.minimum)) {
    judgement.because = TooFew(rate.trials, std::max<int64_t>(1, rule.minimum));
    return judgement;
  }
  judgement.estimate = Share(rate);
  AIOP_TRY(judgement.interval, ClopperPearson(rate, 1 - rule.error));
  AIOP_TRY(judgement.probability, BinomialTest(rate, target, Side::kLess));
  if (judgement.probability < rule.error) {
    judgement.verdict = Verdict::kFail;
    judgement.because = "the rate is below its target";
  } else if (judgement.interval->low >= target - rule.margin) {
    judgement.verdict = Verdict::kPass;
    judgement.because = "the rate reaches its target";
  } else {
    judgement.because = "so few trials fit a rate on either side of the target";
  }
  return judgement;
}

Result<Judgement> JudgeRates(const Rate& rate, const Rate& baseline, const RateRule& rule) {
  AIOP_CHECK_OK(CheckRate(rate));
  AIOP_CHECK_OK(CheckRate(baseline));
  AIOP_CHECK_OK(CheckShare(rule.error, "an error"));
  AIOP_CHECK_OK(CheckShare(rule.margin, "a margin"));
  Judgement judgement;
  const int64_t fewest = std::min(rate.trials, baseline.trials);
  if (fewest < std::max<int64_t>(1, rule.minimum)) {
    judgement.because = TooFew(fewest, std::max<int64_t>(1, rule.minimum));
    return judgement;
  }
  judgement.estimate = Share(rate) - Share(baseline);
  AIOP_TRY(judgement.interval, Difference(rate, baseline, 1 - rule.error));
  AIOP_TRY(judgement.probability, FisherTest(rate, baseline, Side::kLess));
  if (judgement.probability < rule.error) {
    judgement.verdict = Verdict::kFail;
    judgement.because = "the rate is lower than the baseline's";
  } else if (judgement.interval->low >= -rule.margin) {
    judgement.verdict = Verdict::kPass;
    judgement.because = "the rate holds against the baseline";
  } else {
    judgement.because = "the difference may be chance, and may be real";
  }
  return judgement;
}

}  // namespace aiop::verdict
