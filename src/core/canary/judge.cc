// SPDX-License-Identifier: Apache-2.0
// What the runs of a trial say.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include "core/canary/canary.h"
#include "core/canary/levels.h"
#include "core/verdict/verdict.h"

namespace aiop::canary {
namespace {

using model::Verdict;

constexpr double kFigures = 4;
// The first looks get an equal part of the error, the endless rest shares what is left.
constexpr int64_t kEqualLooks = 10;
constexpr double kEqualShare = 0.08;
constexpr int64_t kFirstLook = 3;
constexpr double kGrowth = 1.5;
// How much of the uncertainty about the apps' levels counts: before a difference is called a
// regression, and before it is called none.
constexpr double kDoubtAgainst = 2;
constexpr double kDoubtFor = 0.5;

double ShareOf(int64_t look) {
  if (look < kEqualLooks) return kEqualShare;
  const auto rest = static_cast<double>(look - kEqualLooks + 1);
  return (1 - kEqualShare * kEqualLooks) / (rest * (rest + 1));
}

double ErrorOf(int64_t look) { return kFalseRejections / kFigures * ShareOf(look); }

int64_t Wanted(int64_t min_runs) { return std::max(min_runs, kFirstLook); }

// The next look after `runs`.
int64_t NextLook(int64_t min_runs, int64_t runs) {
  int64_t look = kFirstLook;
  const int64_t wanted = Wanted(min_runs);
  while (look <= runs) {
    const auto next = static_cast<int64_t>(std::ceil(static_cast<double>(look) * kGrowth));
    look = look < wanted && next > wanted ? wanted : next;
  }
  return look;
}

struct Look {
  int64_t runs = 0;    // looked at
  int64_t number = 0;  // from 0
  bool may_pass = false;
};

// The last look that so many runs have reached.
std::optional<Look> LookAt(int64_t min_runs, int64_t runs) {
  const auto looks = Looks(min_runs, runs);
  if (looks.empty()) return std::nullopt;
  return Look{looks.back(), std::ssize(looks) - 1, looks.back() >= Wanted(min_runs)};
}

// What so few samples can show at best. Of two medians, each from the least to the greatest of its
// samples, which misses it with twice 0.5 to their number (core/verdict adds both up).
double ConfidenceFor(int64_t samples) {
  constexpr double kHair = 1e-9;
  constexpr int64_t kPlenty = 60;
  const double missed = 4 * std::pow(0.5, static_cast<double>(std::min(samples, kPlenty)));
  return std::min(kPassConfidence, 1 - missed - kHair);
}

// Of a rate.
double SuccessMarginFor(int64_t runs) {
  constexpr double kHair = 1e-9;
  const auto interval = verdict::Wilson({.successes = runs, .trials = runs}, kPassConfidence);
  return interval ? std::max(kSuccessMargin, 1 - interval->low + kHair) : kSuccessMargin;
}

// The values of a figure, and how they are compared.
struct Figure {
  std::string_view signal;
  verdict::Better better = verdict::Better::kLower;
  double tolerance = 1;
  double grace = 0;
  std::optional<double> Sample::* value = nullptr;
};
constexpr Figure kQuality{"quality", verdict::Better::kHigher, kQualityTolerance, 0,
                          &Sample::quality};
constexpr Figure kLatency{"latency", verdict::Better::kLower, kLatencyTolerance,
                          kLatencyGraceMilliseconds, &Sample::latency_ms};
constexpr Figure kCost{"cost", verdict::Better::kLower, kCostTolerance, 0, &Sample::cost_usd};

std::vector<Measured> ValuesOf(const std::vector<Sample>& samples, const Figure& figure) {
  std::vector<Measured> values;
  for (const Sample& each : samples) {
    const auto& value = each.*figure.value;
    if (!value || !std::isfinite(*value)) continue;
    values.push_back({{each.app, each.profile}, *value});
  }
  return values;
}

double MedianOf(const std::vector<Measured>& values) {
  std::vector<double> plain;
  for (const Measured& each : values) plain.push_back(each.value);
  return verdict::Median(plain);
}

// Times and costs are compared by their ratio, so their logarithms are what is levelled.
double Scaled(const Figure& figure, double value) {
  constexpr double kLeast = 1e-12;
  const bool ratio = figure.better == verdict::Better::kLower;
  return ratio ? std::log(std::max(kLeast, value + figure.grace)) : value;
}

double Unscaled(const Figure& figure, double value) {
  return figure.better == verdict::Better::kLower ? std::exp(value) : value;
}

std::string Runs(int64_t count) { return std::to_string(count) + (count == 1 ? " run" : " runs"); }

std::string Number(double value) {
  std::array<char, 64> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                     std::chars_format::general, 4);
  return written.ec == std::errc() ? std::string(buffer.data(), written.ptr) : "very much";
}

std::string Percent(double share) { return Number(std::round(share * 1000) / 10) + " %"; }

struct Judged {
  model::CanaryFigure figure;
  int64_t missing = 0;
};

// True if there is too little to look at; says what is missing.
bool TooFew(const Evidence& evidence, Judged& judged, int64_t wanted) {
  const int64_t runs = judged.figure.samples;
  if (judged.figure.baseline_samples < kBaselineMinimum) {
    judged.missing = std::max<int64_t>(1, wanted - runs);
    judged.figure.because = Runs(judged.figure.baseline_samples) +
                            " on the version before to compare with, at least " +
                            std::to_string(kBaselineMinimum) + " are needed";
    return true;
  }
  if (runs >= kFirstLook) return false;
  judged.missing = wanted - runs;
  judged.figure.because = Runs(runs) + " of " + std::to_string(Wanted(evidence.min_runs));
  return true;
}

// How it stands where neither is shown.
void Undecided(const Evidence& evidence, const Look& look, Judged& judged) {
  const int64_t runs = judged.figure.samples;
  judged.figure.verdict = Verdict::kInconclusive;
  if (!look.may_pass) {
    const int64_t wanted = Wanted(evidence.min_runs);
    judged.missing = std::max<int64_t>(1, wanted - runs);
    judged.figure.because = Runs(runs) + " of " + std::to_string(wanted);
    return;
  }
  const int64_t next = NextLook(evidence.min_runs, runs);
  judged.missing = next - runs;
  judged.figure.because =
      "the difference may be chance, and may be real; looked at again after " + Runs(next);
}

Judged JudgeSuccess(const Evidence& evidence) {
  Judged judged;
  model::CanaryFigure& figure = judged.figure;
  figure.signal = "success";
  const auto rate_of = [](std::span<const Sample> samples) {
    return verdict::Rate{std::ranges::count_if(samples, &Sample::succeeded), std::ssize(samples)};
  };
  const auto share = [](const verdict::Rate& rate) -> std::optional<double> {
    if (rate.trials == 0) return std::nullopt;
    return static_cast<double>(rate.successes) / static_cast<double>(rate.trials);
  };
  const verdict::Rate before = rate_of(evidence.baseline);
  const verdict::Rate now = rate_of(evidence.candidate);
  figure.samples = now.trials;
  figure.baseline_samples = before.trials;
  figure.value = share(now);
  figure.baseline_value = share(before);
  if (TooFew(evidence, judged, Wanted(evidence.min_runs))) return judged;
  const Look look = LookAt(evidence.min_runs, now.trials).value_or(Look{});
  const verdict::Rate seen =
      rate_of(std::span(evidence.candidate).first(static_cast<size_t>(look.runs)));
  const double margin = SuccessMarginFor(Wanted(evidence.min_runs));
  const auto worse = verdict::JudgeRates(
      seen, before, {.minimum = 1, .margin = margin, .error = ErrorOf(look.number)});
  const auto holds = verdict::JudgeRates(
      seen, before, {.minimum = 1, .margin = margin, .error = 1 - kPassConfidence});
  const std::string rates = Percent(*figure.value) + " of " + Runs(now.trials) + ", " +
                            Percent(*figure.baseline_value) + " of " + Runs(before.trials) +
                            " before";
  if (worse && worse->verdict == verdict::Verdict::kFail) {
    figure.verdict = Verdict::kFail;
    figure.because = "fewer runs succeed: " + rates;
  } else if (look.may_pass && holds && holds->interval && holds->interval->low >= -margin) {
    figure.verdict = Verdict::kPass;
    figure.because = rates + ": not lower by more than " + Percent(margin);
  } else {
    Undecided(evidence, look, judged);
  }
  return judged;
}

// Both sides as they are compared: the candidate's as if its apps were like all others.
struct Levelled {
  std::vector<double> now;
  std::vector<double> before;
  double doubt = 0;  // one standard deviation of that, on the scale of comparison
};

Levelled LevelOut(const Figure& of, std::vector<Measured> now, std::vector<Measured> before) {
  for (auto* values : {&now, &before}) {
    for (Measured& each : *values) each.value = Scaled(of, each.value);
  }
  const Level level = LevelOf(now, before);
  Levelled levelled;
  levelled.doubt = level.uncertainty;
  for (const Measured& each : now) levelled.now.push_back(each.value - level.offset);
  for (const Measured& each : before) levelled.before.push_back(each.value);
  return levelled;
}

// The candidate's values, better (or, below zero, worse) by so many doubts.
std::vector<double> Favoured(const Figure& of, const Levelled& levelled, double doubts) {
  const double better = of.better == verdict::Better::kHigher ? 1 : -1;
  std::vector<double> values;
  for (const double each : levelled.now) {
    values.push_back(Unscaled(of, each + better * doubts * levelled.doubt));
  }
  return values;
}

// Nothing if the version before says nothing of it: then there is nothing to hold it against.
std::optional<Judged> JudgeFigure(const Evidence& evidence, const Figure& of) {
  const std::vector<Measured> now = ValuesOf(evidence.candidate, of);
  const std::vector<Measured> before = ValuesOf(evidence.baseline, of);
  if (before.empty()) return std::nullopt;
  Judged judged;
  model::CanaryFigure& figure = judged.figure;
  figure.signal = of.signal;
  figure.samples = std::ssize(now);
  figure.baseline_samples = std::ssize(before);
  if (!now.empty()) figure.value = MedianOf(now);
  figure.baseline_value = MedianOf(before);
  if (TooFew(evidence, judged, Wanted(evidence.min_runs))) return judged;
  const Look look = LookAt(evidence.min_runs, figure.samples).value_or(Look{});
  const Levelled levelled = LevelOut(of, {now.begin(), now.begin() + look.runs}, before);
  std::vector<double> then;
  for (const double each : levelled.before) then.push_back(Unscaled(of, each));
  verdict::FigureRule rule{
      .better = of.better, .minimum = 1, .tolerance = 1, .error = ErrorOf(look.number)};
  // Worse even in the best light, and by enough to matter in an even one.
  const auto in_best_light =
      verdict::JudgeFigures(Favoured(of, levelled, kDoubtAgainst), then, rule);
  rule.tolerance = of.tolerance;
  const auto even = verdict::JudgeFigures(Favoured(of, levelled, 0), then, rule);
  rule.error = 1 - ConfidenceFor(std::min(look.runs, figure.baseline_samples));
  const auto holds = verdict::JudgeFigures(Favoured(of, levelled, -kDoubtFor), then, rule);
  const auto fails = [](const Result<verdict::Judgement>& judged_so) {
    return judged_so && judged_so->verdict == verdict::Verdict::kFail;
  };
  const std::string medians =
      "median " + Number(*figure.value) + ", " + Number(*figure.baseline_value) + " before";
  if (fails(in_best_light) && fails(even)) {
    figure.verdict = Verdict::kFail;
    figure.because = "shown to be worse: " + medians;
  } else if (look.may_pass && holds && holds->verdict == verdict::Verdict::kPass) {
    figure.verdict = Verdict::kPass;
    figure.because = medians + ": not worse by more than " + Percent(of.tolerance - 1);
  } else {
    Undecided(evidence, look, judged);
  }
  return judged;
}

std::string SayWhy(const Judgement& judgement) {
  const auto first = [&](Verdict verdict) {
    return std::ranges::find(judgement.figures, verdict, &model::CanaryFigure::verdict);
  };
  if (judgement.verdict == Verdict::kFail) {
    const auto failed = first(Verdict::kFail);
    return failed->signal + " " + failed->because;
  }
  if (judgement.verdict == Verdict::kPass) {
    std::string names;
    for (const auto& each : judgement.figures) names += (names.empty() ? "" : ", ") + each.signal;
    return names + " hold against the version before";
  }
  const auto open = first(Verdict::kInconclusive);
  return Runs(judgement.missing) + " more needed: " + open->signal + ": " + open->because;
}

}  // namespace

std::vector<int64_t> Looks(int64_t min_runs, int64_t most) {
  std::vector<int64_t> looks;
  for (int64_t next = NextLook(min_runs, 0); next <= most; next = NextLook(min_runs, next)) {
    looks.push_back(next);
  }
  return looks;
}

std::vector<Sample> Comparable(const std::vector<Sample>& candidate,
                               const std::vector<Sample>& baseline) {
  std::set<std::pair<std::string, std::string>> kinds;
  for (const Sample& each : candidate) kinds.emplace(each.app, each.profile);
  const auto rank = [&](const Sample& sample) {
    return kinds.contains({sample.app, sample.profile}) ? 0 : sample.concurrent ? 1 : 2;
  };
  std::vector<Sample> chosen;
  for (int wanted = 0; wanted <= 2; ++wanted) {
    for (const Sample& each : baseline) {
      if (rank(each) == wanted && chosen.size() < kBaselineLimit) chosen.push_back(each);
    }
  }
  return chosen;
}

Judgement Judge(const Evidence& evidence) {
  std::vector<Judged> all{JudgeSuccess(evidence)};
  for (const Figure& figure : {kQuality, kLatency, kCost}) {
    if (auto judged = JudgeFigure(evidence, figure)) all.push_back(*std::move(judged));
  }
  Judgement judgement;
  bool failed = false;
  bool passed = true;
  for (Judged& each : all) {
    failed = failed || each.figure.verdict == Verdict::kFail;
    passed = passed && each.figure.verdict == Verdict::kPass;
    judgement.missing = std::max(judgement.missing, each.missing);
    judgement.figures.push_back(std::move(each.figure));
  }
  judgement.verdict = failed ? Verdict::kFail : passed ? Verdict::kPass : Verdict::kInconclusive;
  if (judgement.verdict != Verdict::kInconclusive) judgement.missing = 0;
  judgement.because = SayWhy(judgement);
  return judgement;
}

}  // namespace aiop::canary
