// SPDX-License-Identifier: Apache-2.0
// Figures: the rank test, medians and verdicts.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/verdict/distribution.h"
#include "core/verdict/share.h"
#include "core/verdict/verdict.h"

namespace aiop::verdict {
namespace {

Status CheckFigures(std::span<const double> sample) {
  if (std::cmp_greater(sample.size(), kTrialLimit)) return Invalid("too many samples");
  if (std::ranges::all_of(sample, [](double each) { return std::isfinite(each); })) return {};
  return Invalid("a figure that is not a finite number");
}

Status CheckSome(std::span<const double> sample) {
  if (sample.empty()) return Invalid("no samples");
  return CheckFigures(sample);
}

std::vector<double> Sorted(std::span<const double> sample) {
  std::vector<double> sorted(sample.begin(), sample.end());
  std::ranges::sort(sorted);
  return sorted;
}

double MedianOfSorted(const std::vector<double>& sorted) {
  const size_t middle = sorted.size() / 2;
  // Halved first: the sum of two large figures may not be finite.
  return sorted.size() % 2 == 1 ? sorted[middle] : sorted[middle - 1] / 2 + sorted[middle] / 2;
}

// U: in how many pairs the sample's figure is the larger one, equal ones counting half; and the sum
// of t^3 - t over all groups of t equal figures.
struct Ranking {
  double u = 0;
  double ties = 0;
};

Ranking Rank(const std::vector<double>& sample, const std::vector<double>& baseline) {
  Ranking ranking;
  size_t below = 0;  // of the baseline
  size_t i = 0;
  while (i < sample.size() || below < baseline.size()) {
    const double value = i == sample.size()         ? baseline[below]
                         : below == baseline.size() ? sample[i]
                                                    : std::min(sample[i], baseline[below]);
    size_t mine = 0;
    size_t theirs = 0;
    for (; i < sample.size() && sample[i] == value; ++i) ++mine;
    for (; below + theirs < baseline.size() && baseline[below + theirs] == value;) ++theirs;
    ranking.u +=
        static_cast<double>(mine) * (static_cast<double>(below) + static_cast<double>(theirs) / 2);
    below += theirs;
    const auto equal = static_cast<double>(mine + theirs);
    ranking.ties += equal * equal * equal - equal;
  }
  return ranking;
}

double ExactChance(double u, int64_t n, int64_t m, Side side) {
  const auto whole = static_cast<int64_t>(std::llround(u));
  const double less = UAtMost(whole, n, m);
  const double greater = UAtMost(n * m - whole, n, m);  // U is symmetric
  if (side == Side::kLess) return less;
  if (side == Side::kGreater) return greater;
  return std::min(1.0, 2 * std::min(less, greater));
}

double ApproximateChance(const Ranking& ranking, double n, double m, Side side) {
  const double all = n + m;
  const double variance = n * m / 12 * (all + 1 - ranking.ties / (all * (all - 1)));
  if (!(variance > 0)) return 1;  // all figures are equal
  const double deviation = std::sqrt(variance);
  const double distance = ranking.u - n * m / 2;
  if (side == Side::kLess) return NormalAbove(-(distance + 0.5) / deviation);
  if (side == Side::kGreater) return NormalAbove((distance - 0.5) / deviation);
  return std::min(1.0, 2 * NormalAbove((std::abs(distance) - 0.5) / deviation));
}

// How many order statistics from each end the interval of a median reaches; nothing if even the
// extremes do not hold it often enough.
std::optional<int64_t> RankOfLimit(int64_t n, double tail) {
  if (BinomialAtMost(0, n, 0.5) > tail) return std::nullopt;
  int64_t low = 0;
  int64_t high = n / 2 + 1;
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (BinomialAtMost(middle, n, 0.5) <= tail ? low : high) = middle;
  }
  return low;
}

std::optional<Interval> IntervalOfSorted(const std::vector<double>& sorted, double confidence) {
  const auto n = static_cast<int64_t>(sorted.size());
  const auto rank = RankOfLimit(n, (1 - confidence) / 2);
  if (!rank) return std::nullopt;
  return Interval{sorted[static_cast<size_t>(*rank)], sorted[static_cast<size_t>(n - 1 - *rank)]};
}

// The median and its interval, at half the error, since two of them are compared.
struct Middle {
  double median;
  std::optional<Interval> interval;
};

Middle MiddleOf(std::span<const double> sample, double confidence) {
  const std::vector<double> sorted = Sorted(sample);
  return {MedianOfSorted(sorted), IntervalOfSorted(sorted, 1 - (1 - confidence) / 2)};
}

std::optional<Ratio> RatioOf(const Middle& sample, const Middle& baseline) {
  if (!(sample.median > 0) || !(baseline.median > 0)) return std::nullopt;
  Ratio ratio{.value = sample.median / baseline.median, .interval = {}};
  if (!std::isfinite(ratio.value)) return std::nullopt;
  if (sample.interval && baseline.interval && baseline.interval->low > 0) {
    const Interval interval{std::max(0.0, sample.interval->low) / baseline.interval->high,
                            sample.interval->high / baseline.interval->low};
    if (std::isfinite(interval.low) && std::isfinite(interval.high)) ratio.interval = interval;
  }
  return ratio;
}

// Whether `figure` is worse than `than` by more than the tolerance.
bool Beyond(double figure, double than, const FigureRule& rule) {
  if (rule.better == Better::kLower) return figure > than + std::abs(than) * (rule.tolerance - 1);
  return figure < than - std::abs(than) * (1 - 1 / rule.tolerance);
}

Verdict Weigh(double chance, const Middle& sample, const Middle& baseline, const FigureRule& rule) {
  if (chance < rule.error && Beyond(sample.median, baseline.median, rule)) return Verdict::kFail;
  if (!sample.interval || !baseline.interval) return Verdict::kInconclusive;
  // The worst that the sample's median may be, against the best of the baseline's.
  const bool lower = rule.better == Better::kLower;
  const double worst = lower ? sample.interval->high : sample.interval->low;
  const double best = lower ? baseline.interval->low : baseline.interval->high;
  return Beyond(worst, best, rule) ? Verdict::kInconclusive : Verdict::kPass;
}

std::string_view Because(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "the figures hold against the baseline";
    case Verdict::kFail:
      return "the figures are worse than the baseline's";
    case Verdict::kInconclusive:
      return "the difference may be chance, and may be real";
  }
  return "";
}

}  // namespace

std::string_view Name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kFail:
      return "fail";
    case Verdict::kInconclusive:
      return "inconclusive";
  }
  return "";
}

Result<double> MannWhitneyTest(std::span<const double> sample, std::span<const double> baseline,
                               Side side) {
  AIOP_CHECK_OK(CheckSome(sample));
  AIOP_CHECK_OK(CheckSome(baseline));
  const Ranking ranking = Rank(Sorted(sample), Sorted(baseline));
  const auto n = static_cast<int64_t>(sample.size());
  const auto m = static_cast<int64_t>(baseline.size());
  if (ranking.ties == 0 && n <= kExactLimit && m <= kExactLimit) {
    return ExactChance(ranking.u, n, m, side);
  }
  return ApproximateChance(ranking, static_cast<double>(n), static_cast<double>(m), side);
}

double Median(std::span<const double> sample) {
  AIOP_CHECK(!sample.empty());
  return MedianOfSorted(Sorted(sample));
}

Result<std::optional<Interval>> MedianInterval(std::span<const double> sample, double confidence) {
  AIOP_CHECK_OK(CheckFigures(sample));
  AIOP_CHECK_OK(CheckShare(confidence, "a confidence"));
  if (sample.empty()) return std::optional<Interval>();
  return IntervalOfSorted(Sorted(sample), confidence);
}

Result<std::optional<Ratio>> RatioOfMedians(std::span<const double> sample,
                                            std::span<const double> baseline, double confidence) {
  AIOP_CHECK_OK(CheckFigures(sample));
  AIOP_CHECK_OK(CheckFigures(baseline));
  AIOP_CHECK_OK(CheckShare(confidence, "a confidence"));
  if (sample.empty() || baseline.empty()) return std::optional<Ratio>();
  return RatioOf(MiddleOf(sample, confidence), MiddleOf(baseline, confidence));
}

Result<Judgement> JudgeFigures(std::span<const double> sample, std::span<const double> baseline,
                               const FigureRule& rule) {
  AIOP_CHECK_OK(CheckFigures(sample));
  AIOP_CHECK_OK(CheckFigures(baseline));
  AIOP_CHECK_OK(CheckShare(rule.error, "an error"));
  if (!(rule.tolerance >= 1) || !std::isfinite(rule.tolerance))
    return Invalid("a tolerance is at least 1");
  Judgement judgement;
  const auto fewest = static_cast<int64_t>(std::min(sample.size(), baseline.size()));
  const int64_t needed = std::max<int64_t>(1, rule.minimum);
  if (fewest < needed) {
    judgement.because =
        std::to_string(fewest) + " samples, at least " + std::to_string(needed) + " are needed";
    return judgement;
  }
  const Side worse = rule.better == Better::kLower ? Side::kGreater : Side::kLess;
  AIOP_TRY(judgement.probability, MannWhitneyTest(sample, baseline, worse));
  const Middle mine = MiddleOf(sample, 1 - rule.error);
  const Middle theirs = MiddleOf(baseline, 1 - rule.error);
  if (const auto ratio = RatioOf(mine, theirs)) {
    judgement.estimate = ratio->value;
    judgement.interval = ratio->interval;
  }
  judgement.verdict = Weigh(judgement.probability, mine, theirs, rule);
  judgement.because = Because(judgement.verdict);
  return judgement;
}

}  // namespace aiop::verdict
