// SPDX-License-Identifier: Apache-2.0
// Objectives: how much of their error budget is left.
#include <algorithm>
#include <cmath>

#include "core/kpi/kpi.h"

namespace aiop::kpi {
namespace {

// Part of the long window that the short one is.
constexpr int64_t kShortPart = 12;
constexpr double kHourMilliseconds = 3'600'000;
// So many of the runs that were bad are named: the latest.
constexpr size_t kRunsNamed = 20;
// Sums of shares of a run differ from the exact one by rounding.
constexpr double kRounding = 1e-9;

// What one run did to an objective: 0 is good, 1 is bad.
struct Sample {
  Timestamp at;
  double bad = 0;
  const Build* build = nullptr;
};

// A run that did not come to its end says nothing of what it would have taken, unless that is too
// much already.
std::optional<double> BadOfAmount(const Build& build, std::optional<double> amount, double limit) {
  if (!amount) return std::nullopt;
  if (*amount > limit) return 1;
  return build.run.state == model::RunState::kSuccess ? std::optional(0.0) : std::nullopt;
}

std::optional<double> BadOfScore(const std::optional<double>& score,
                                 const std::optional<double>& threshold) {
  if (!score) return std::nullopt;
  if (threshold) return *score >= *threshold ? 0 : 1;
  return 1 - std::clamp(*score, 0.0, 1.0);
}

std::optional<double> BadOf(const Build& build, model::Signal signal,
                            const std::optional<double>& threshold) {
  const auto outcome = Outcome(build.run);
  switch (signal) {
    case model::Signal::kSuccess:
      return outcome ? std::optional(*outcome ? 0.0 : 1.0) : std::nullopt;
    case model::Signal::kLatency:
      return outcome ? BadOfAmount(build, LatencyOf(build), threshold.value_or(0)) : std::nullopt;
    case model::Signal::kCost:
      return outcome ? BadOfAmount(build, CostOf(build), threshold.value_or(0)) : std::nullopt;
    case model::Signal::kQuality:
      return BadOfScore(build.quality, threshold);
    case model::Signal::kCoverage:
      return BadOfScore(build.coverage, threshold);
  }
  return std::nullopt;
}

std::optional<double> ThresholdOf(const model::Objective& objective,
                                  const model::Budgets& budgets) {
  if (objective.threshold) return objective.threshold;
  if (objective.signal == model::Signal::kLatency) return budgets.latency_ms;
  if (objective.signal == model::Signal::kCost) return budgets.cost_usd;
  return std::nullopt;
}

bool IsFigure(model::Signal signal) {
  return signal == model::Signal::kQuality || signal == model::Signal::kCoverage;
}

// Bad share over allowed share. Where nothing is allowed, any bad run burns without end: no number.
std::optional<double> BurnRate(const std::vector<Sample>& samples, Timestamp since, double target) {
  double bad = 0;
  int64_t count = 0;
  for (const Sample& sample : samples) {
    if (sample.at < since) continue;
    bad += sample.bad;
    ++count;
  }
  if (count == 0 || target >= 1) return std::nullopt;
  return bad / static_cast<double>(count) / (1 - target);
}

void FillBudget(ObjectiveStanding& standing) {
  const auto runs = static_cast<double>(standing.runs);
  standing.measured = 1 - standing.bad / runs;
  standing.budget_runs = runs * (1 - standing.target);
  standing.budget_left_runs = standing.budget_runs - standing.bad;
  if (std::abs(standing.budget_left_runs) < kRounding) standing.budget_left_runs = 0;
  if (standing.budget_runs > kRounding) {
    standing.budget_left = standing.budget_left_runs / standing.budget_runs;
  }
  standing.verdict = standing.budget_left_runs < 0 ? Verdict::kFail : Verdict::kPass;
}

void NameBadRuns(ObjectiveStanding& standing, const std::vector<Sample>& samples) {
  for (auto sample = samples.rbegin(); sample != samples.rend(); ++sample) {
    if (sample->bad <= 0 || standing.bad_runs.size() == kRunsNamed) continue;
    standing.bad_runs.push_back(sample->build->run.id);
    const std::string& incident = sample->build->run.incident;
    const bool named = std::ranges::find(standing.incidents, incident) != standing.incidents.end();
    const bool stands = sample->build->run.state != model::RunState::kSuccess;
    if (stands && !incident.empty() && !named) standing.incidents.push_back(incident);
  }
}

}  // namespace

double LatencyOf(const Build& build) {
  double sum = 0;
  for (const auto& attempt : build.attempts) {
    if (attempt.app_ctx != build.run.app_ctx || attempt.motor_ctx != build.run.motor_ctx) continue;
    sum += attempt.usage.latency_ms.value_or(static_cast<double>(attempt.wall_ms));
  }
  return sum;
}

std::optional<double> CostOf(const Build& build) {
  std::optional<double> sum;
  for (const auto& attempt : build.attempts) {
    if (attempt.app_ctx != build.run.app_ctx || attempt.motor_ctx != build.run.motor_ctx) continue;
    if (attempt.usage.cost_usd) sum = sum.value_or(0) + *attempt.usage.cost_usd;
  }
  return sum;
}

ObjectiveStanding Measure(const model::Objective& objective, const model::Budgets& budgets,
                          const Builds& builds, Timestamp now) {
  ObjectiveStanding standing;
  standing.signal = objective.signal;
  standing.target = objective.target;
  standing.window = objective.window;
  standing.threshold = ThresholdOf(objective, budgets);
  const Milliseconds window = model::ParseWindow(objective.window).value_or(Milliseconds{0});
  const Milliseconds brief = window / kShortPart;
  standing.short_window_hours = static_cast<double>(brief.count()) / kHourMilliseconds;
  std::vector<Sample> samples;
  int64_t good = 0;
  for (const auto& [id, build] : builds) {
    if (build.run.updated < now + -window || build.run.updated > now) continue;
    const auto bad = BadOf(build, objective.signal, standing.threshold);
    if (!bad) continue;
    samples.push_back({build.run.updated, *bad, &build});
    standing.bad += *bad;
    good += *bad <= 0 ? 1 : 0;
  }
  std::ranges::sort(samples, {}, [](const Sample& sample) {
    return std::pair(sample.at, std::string_view(sample.build->run.id));
  });
  standing.runs = static_cast<int64_t>(samples.size());
  if (samples.empty()) return standing;
  FillBudget(standing);
  if (!IsFigure(objective.signal) || standing.threshold) {
    const Share share = ShareOf(good, standing.runs);
    standing.low = share.low;
    standing.high = share.high;
  }
  standing.burn_rate = BurnRate(samples, now + -window, objective.target);
  standing.burn_rate_short = BurnRate(samples, now + -brief, objective.target);
  NameBadRuns(standing, samples);
  return standing;
}

}  // namespace aiop::kpi
