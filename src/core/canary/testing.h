// SPDX-License-Identifier: Apache-2.0
// Trials played with made-up runs: what a version with these properties would come to. For tests
// and the bench; the random numbers come from the caller's generator.
#pragma once

#include <algorithm>
#include <random>
#include <string>

#include "core/canary/canary.h"

namespace aiop::canary::testing {

// How runs of a version turn out.
struct Nature {
  double success = 0.95;
  double quality = 0.85;
  double quality_noise = 0.06;
  double latency_ms = 4000;
  double latency_noise = 0.15;  // of its logarithm
  double cost_usd = 0.02;
  double cost_noise = 0.1;   // of its logarithm
  int history = 5;           // runs of each app before the trial
  double differences = 0.1;  // between apps, in quality, and ten times that in time (logarithm)
};

// Eight apps that differ from each other, as apps do.
inline constexpr int kApps = 8;

inline Sample Make(const Nature& nature, int app, std::mt19937_64& random, bool concurrent) {
  std::normal_distribution<double> normal;
  const double trait = (app % kApps - kApps / 2.0) / kApps;  // -0.5 to 0.4
  Sample sample{.run = "", .app = "app" + std::to_string(app), .profile = ""};
  sample.concurrent = concurrent;
  sample.succeeded = std::uniform_real_distribution<double>()(random) < nature.success;
  if (!sample.succeeded) return sample;
  sample.quality = std::clamp(
      nature.quality + nature.differences * trait + nature.quality_noise * normal(random), 0.0,
      1.0);
  sample.latency_ms = nature.latency_ms * std::exp(-10 * nature.differences * trait +
                                                   nature.latency_noise * normal(random));
  sample.cost_usd = nature.cost_usd * std::exp(nature.cost_noise * normal(random));
  return sample;
}

struct Played {
  model::Verdict verdict = model::Verdict::kInconclusive;
  int64_t runs = 0;
};

// A plant with some history, in which a quarter of the apps is in the trial; judged after each run
// of one of them until it is decided, or nobody would wait any longer.
inline Played Play(const Nature& before, const Nature& candidate, int64_t min_runs,
                   std::mt19937_64& random, int64_t most = 200) {
  constexpr int kInTrial = kApps / 4;
  Evidence evidence{.candidate = {}, .baseline = {}, .min_runs = min_runs};
  std::vector<Sample> history;  // newest first
  for (int round = 0; round < before.history; ++round) {
    for (int app = 0; app < kApps; ++app) history.push_back(Make(before, app, random, false));
  }
  for (int64_t runs = 0; runs < most;) {
    for (int app = kInTrial; app < kApps; ++app) {
      history.insert(history.begin(), Make(before, app, random, true));
    }
    for (int app = 0; app < kInTrial; ++app) {
      evidence.candidate.push_back(Make(candidate, app, random, true));
      evidence.baseline = Comparable(evidence.candidate, history);
      ++runs;
      const Judgement judgement = Judge(evidence);
      if (judgement.verdict != model::Verdict::kInconclusive) return {judgement.verdict, runs};
    }
  }
  return {model::Verdict::kInconclusive, most};
}

}  // namespace aiop::canary::testing
