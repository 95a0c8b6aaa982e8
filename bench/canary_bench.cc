// SPDX-License-Identifier: Apache-2.0
// How often trials of motor versions are wrong, and how many runs they take: versions that are no
// different (false rejections), and versions whose quality fell by 15 points (caught or not), for
// several kinds of noise and least numbers of runs. The generator is seeded: the same figures each
// time.
#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <vector>

#include "core/canary/testing.h"

namespace aiop::canary {
namespace {

constexpr uint64_t kSeed = 7;
constexpr int kPairs = 200;
constexpr int kRegressions = 100;
// Noise of a score, and runs of each app before the trial. What is known of the apps on trial stays
// at that: the louder the noise, the more of it a difference of 15 points takes.
struct Setting {
  double noise;
  int history;
  bool enough;  // history to tell by
};
constexpr auto kSettings = std::to_array<Setting>(
    {{0.03, 5, true}, {0.06, 5, true}, {0.1, 5, true}, {0.15, 5, false}, {0.15, 30, true}});

struct Tally {
  int passed = 0;
  int failed = 0;
  int open = 0;
  std::vector<int64_t> runs;  // of those that were decided
};

Tally PlayMany(const testing::Nature& before, const testing::Nature& candidate, int64_t min_runs,
               int count) {
  std::mt19937_64 random(kSeed);
  Tally tally;
  for (int i = 0; i < count; ++i) {
    const auto played = testing::Play(before, candidate, min_runs, random);
    if (played.verdict == model::Verdict::kInconclusive) {
      ++tally.open;
      continue;
    }
    ++(played.verdict == model::Verdict::kPass ? tally.passed : tally.failed);
    tally.runs.push_back(played.runs);
  }
  std::ranges::sort(tally.runs);
  return tally;
}

int64_t Quantile(const std::vector<int64_t>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto last = static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<size_t>(share * last + 0.5)];
}

void Print(const char* what, const Setting& setting, int64_t min_runs, const Tally& tally) {
  std::printf("%-22s %5.2f %7d %8lld %7d %7d %6d   %5lld %5lld %5lld\n", what, setting.noise,
              setting.history, static_cast<long long>(min_runs), tally.passed, tally.failed,
              tally.open, static_cast<long long>(Quantile(tally.runs, 0.5)),
              static_cast<long long>(Quantile(tally.runs, 0.95)),
              static_cast<long long>(Quantile(tally.runs, 1)));
}

int Run() {
  std::printf("%-22s %5s %7s %8s %7s %7s %6s   %5s %5s %5s\n", "version on trial", "noise",
              "history", "min_runs", "passed", "failed", "open", "p50", "p95", "most");
  int worst_rejected = 0;
  int worst_caught = kRegressions;
  int wrongly_passed = 0;
  for (const Setting& setting : kSettings) {
    for (const int64_t min_runs : {3, 10, 20}) {
      const testing::Nature before{.quality_noise = setting.noise, .history = setting.history};
      testing::Nature worse = before;
      worse.quality -= 0.15;
      const Tally same = PlayMany(before, before, min_runs, kPairs);
      const Tally fell = PlayMany(before, worse, min_runs, kRegressions);
      Print("no different", setting, min_runs, same);
      Print("quality 15 points less", setting, min_runs, fell);
      worst_rejected = std::max(worst_rejected, same.failed);
      wrongly_passed = std::max(wrongly_passed, fell.passed);
      if (setting.enough) worst_caught = std::min(worst_caught, fell.failed);
    }
  }
  const testing::Nature wild{.success = 0.7, .quality_noise = 0.15, .latency_noise = 0.5};
  const Tally noisy = PlayMany(wild, wild, 10, kPairs);
  Print("no different, wild", {0.15, wild.history, false}, 10, noisy);
  worst_rejected = std::max(worst_rejected, noisy.failed);
  std::printf("\nfalse rejections: at most %d of %d (%.1f %%)\n", worst_rejected, kPairs,
              100.0 * worst_rejected / kPairs);
  std::printf(
      "regressions caught: at least %d of %d where the history is enough for the noise (5 runs of "
      "each app up to 0.10, 30 at 0.15); promoted: at most %d\n",
      worst_caught, kRegressions, wrongly_passed);
  std::printf(
      "p50, p95, most: runs on the version on trial until it was decided; open: after 200\n");
  return worst_rejected * 50 <= kPairs && worst_caught >= 95 ? 0 : 1;
}

}  // namespace
}  // namespace aiop::canary

int main() { return aiop::canary::Run(); }
