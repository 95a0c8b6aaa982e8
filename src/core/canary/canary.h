// SPDX-License-Identifier: Apache-2.0
//
// Trials of a new motor version with some of the apps: which apps take part, and what the runs say.
//
// The cohort is sticky: apps are put in an order by a hash of plant and name, and a share takes
// them from the front. The same apps come again, and a larger share contains the smaller.
//
// Four figures are compared with the version before: success, and quality, latency and cost as far
// as that version tells of them. Each is looked at anew after so many runs, at growing distances;
// all figures and looks share one error (kFalseRejections), so that a version that is no different
// is rarely called worse, however often somebody looks. *Fail*: one figure is shown to be worse.
// *Pass*: every figure is shown not to be worse by more than its margin. All else is inconclusive,
// and no data at all never pass. Apps differ: what is known of how those on trial compared with the
// others on the version before is allowed for, and what is not known of it makes the verdict more
// careful. What so few runs as were asked for can show at best is the least
// that is asked of them: the fewer the runs, the wider the margin of success.
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "core/model/model.h"

namespace aiop::canary {

// How often a version that is no different is called worse, over all figures and looks.
inline constexpr double kFalseRejections = 0.01;
// How sure it has to be that a figure is not worse by more than its margin.
inline constexpr double kPassConfidence = 0.9;
inline constexpr double kSuccessMargin = 0.15;     // points that the rate of success may be lower
inline constexpr double kQualityTolerance = 1.1;   // times that the median may be worse
inline constexpr double kLatencyTolerance = 1.25;  // the same
inline constexpr double kCostTolerance = 1.25;     // the same
// Added to both sides before latencies are compared: fractions of a second matter to nobody.
inline constexpr double kLatencyGraceMilliseconds = 500;
// Fewer samples of the version before than this are nothing to compare with.
inline constexpr int64_t kBaselineMinimum = 3;
// Runs of the version before that are looked at: the newest.
inline constexpr size_t kBaselineLimit = 200;

// ---- Who takes part ----

struct Cohort {
  std::vector<std::string> apps;     // in the order of their hash
  std::vector<std::string> unknown;  // names and labels that no app has
};
// `choice`: a share ("20%", at least one app), or names of apps and label:WORD by comma. kInvalid
// for text that is neither.
Result<Cohort> Choose(std::string_view choice, const std::string& plant,
                      const std::vector<model::App>& apps);

// ---- What the runs say ----

// A run that came to an end, good or bad.
struct Sample {
  std::string run;
  std::string app;
  std::string profile;
  bool succeeded = false;
  std::optional<double> quality;
  std::optional<double> latency_ms;
  std::optional<double> cost_usd;
  bool concurrent = false;  // made while the trial went on
};

struct Evidence {
  std::vector<Sample> candidate;  // in the order they were made
  std::vector<Sample> baseline;   // of the version before
  int64_t min_runs = 0;
};

struct Judgement {
  model::Verdict verdict = model::Verdict::kInconclusive;
  std::vector<model::CanaryFigure> figures;
  int64_t missing = 0;  // runs until there is something new to say; 0 once it is decided
  std::string because;
};
Judgement Judge(const Evidence& evidence);

// The samples of the version before to compare with, of those that are there, newest first: all of
// the same apps and profiles, those that were made at the same time, and then the newest of the
// others, kBaselineLimit at most.
std::vector<Sample> Comparable(const std::vector<Sample>& candidate,
                               const std::vector<Sample>& baseline);

// The first numbers of runs at which a figure is looked at, at most `most`.
std::vector<int64_t> Looks(int64_t min_runs, int64_t most);

}  // namespace aiop::canary
