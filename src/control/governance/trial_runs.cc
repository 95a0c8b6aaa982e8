// SPDX-License-Identifier: Apache-2.0
// What the runs of a trial showed, and what those of the version before did.
#include "control/governance/trial_runs.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/kpi/kpi.h"

namespace aiop::governance {
namespace {

// How often each version is asked before a failure is called a regression: what comes and goes is
// for the figures to say.
constexpr int kRegressionProofs = 3;

// A run on the candidate of a trial.
bool TakesPart(const model::Change& change, const model::Run& run) {
  return !run.shadow && run.canary == change.id && run.motor_ctx.version == change.version;
}

// Quality is the last score it was given.
Result<canary::Sample> SampleOf(const store::Ledger& ledger, const model::Run& run) {
  kpi::Build build;
  build.run = run;
  AIOP_TRY(build.attempts,
           ledger.ListBy<model::Attempt>(store::Kind<model::Attempt>::Field::kRun, run.id));
  canary::Sample sample;
  sample.run = run.id;
  sample.app = run.app;
  sample.profile = run.profile;
  sample.succeeded = kpi::Outcome(run).value_or(false);
  if (!sample.succeeded) return sample;
  AIOP_TRY(const auto events,
           ledger.ListBy<model::StoredEvent>(store::Kind<model::StoredEvent>::Field::kRun, run.id));
  for (const auto& event : events) {
    if (event.envelope.signal_type != model::SignalType::kQualityScore) continue;
    const json::Value* value = event.envelope.payload.if_contains("value");
    if (value != nullptr && value->is_number()) sample.quality = value->to_number<double>();
  }
  // What went on from a checkpoint did not do all the work.
  if (run.resumed > 0) return sample;
  sample.latency_ms = kpi::LatencyOf(build);
  sample.cost_usd = kpi::CostOf(build);
  return sample;
}

std::set<std::string> RunsOfEarlierTrials(const model::Change& change) {
  std::set<std::string> runs;
  for (size_t i = 0; i + 1 < change.canaries.size(); ++i) {
    runs.insert(change.canaries[i].runs.begin(), change.canaries[i].runs.end());
  }
  return runs;
}

}  // namespace

Result<Governor::FailureMeans> Governor::WeighFailure(const model::Change& change,
                                                      const model::Run& run) {
  if (run.incident.empty()) return FailureMeans::kSomething;
  contexts::Home& home = engine_.home();
  AIOP_TRY(const contexts::Motor base,
           contexts::MotorAtCommit(home, change.plant, change.base_commit));
  AIOP_TRY(const contexts::Motor candidate,
           contexts::MotorAtCommit(home, change.plant, change.candidate));
  experiments::Asker asker{run.incident, "", policy_.PerIncident(), policy_.PerDay()};
  AIOP_TRY(const auto incident, engine_.CurrentIncident(run.incident));
  AIOP_TRY(asker.fingerprint, engine_.FingerprintOf(incident, run.id));
  experiments::Question question;
  question.kind = model::ExperimentKind::kControl;
  question.run = run;
  AIOP_TRY(question.app, contexts::VersionOf(home, run.app_ctx));
  question.profile = run.profile;
  question.from_scratch = true;
  question.to_the_end = true;
  const auto ask = [&](const contexts::Motor& motor, bool anew) {
    question.motor = motor;
    question.fresh = anew;
    const std::string& version = motor.version.reference.version;
    question.question = "Does " + run.app + ", which failed on trial, pass on " + version + "?";
    question.changed = "motor " + change.version + " -> " + version;
    return harness_.Ask(asker, question);
  };
  AIOP_TRY(const auto before, ask(base, false));
  // It is not the candidate's fault.
  if (before.result == model::ExperimentResult::kSameFailure) return FailureMeans::kNothing;
  if (before.result != model::ExperimentResult::kPassed) return FailureMeans::kSomething;
  // Asked when it is first seen; after that it is for the figures to say.
  if (std::ranges::count(change.canaries.back().runs, run.id) > 0) return FailureMeans::kSomething;
  for (int i = 0; i < kRegressionProofs; ++i) {
    AIOP_TRY(const auto with, ask(candidate, true));
    if (with.result != model::ExperimentResult::kSameFailure) return FailureMeans::kSomething;
    AIOP_TRY(const auto without, ask(base, true));
    if (without.result != model::ExperimentResult::kPassed) return FailureMeans::kSomething;
  }
  return FailureMeans::kRegression;
}

Status Governor::AddLiveRuns(const model::Change& change, const std::vector<model::Run>& runs,
                             TrialRuns& trial) {
  const auto& ledger = engine_.home().ledger();
  const model::Canary& last = change.canaries.back();
  const auto earlier = RunsOfEarlierTrials(change);
  std::set<std::string> profiles;
  int64_t healed = 0;
  std::string not_healed;
  for (const model::Run& run : runs) {
    const auto outcome = kpi::Outcome(run);
    if (!TakesPart(change, run) || !outcome || earlier.contains(run.id)) continue;
    FailureMeans means = FailureMeans::kSomething;
    // One that the change was made for has failed on the version before.
    if (!*outcome && run.healed_by != change.id) {
      AIOP_TRY(means, WeighFailure(change, run));
    }
    trial.names.push_back(run.id);
    profiles.insert(run.profile);
    if (means == FailureMeans::kNothing) continue;
    if (means == FailureMeans::kRegression) {
      trial.against = run.app + " fails on " + change.version + " and passes on " +
                      change.base_version + ", each time that it was asked (run " + run.id + ")";
    }
    AIOP_TRY(auto sample, SampleOf(ledger, run));
    trial.evidence.candidate.push_back(std::move(sample));
    if (run.healed_by != change.id) continue;
    if (*outcome) ++healed;
    if (!*outcome) not_healed = run.app;
  }
  std::vector<canary::Sample> before;
  size_t of_others = 0;
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    if (before.size() >= 2 * canary::kBaselineLimit) break;
    // How the apps on trial did before is looked for further back.
    const bool own = std::ranges::count(last.cohort, run->app) > 0;
    if (!own && of_others >= canary::kBaselineLimit) continue;
    // It stood at its failure on the version before, until it took part.
    const bool came_from_there = TakesPart(change, *run) && run->healed_by == change.id;
    const bool there = !run->shadow && run->motor_commit == change.base_commit;
    if (!came_from_there && (!there || !kpi::Outcome(*run))) continue;
    if (!profiles.empty() && !profiles.contains(run->profile)) continue;
    canary::Sample sample{.run = run->id, .app = run->app, .profile = run->profile};
    if (!came_from_there) {
      AIOP_TRY(sample, SampleOf(ledger, *run));
    }
    sample.concurrent = run->created >= last.started;
    of_others += own ? 0 : 1;
    before.push_back(std::move(sample));
  }
  trial.evidence.baseline = canary::Comparable(trial.evidence.candidate, before);
  if (healed == 0 && !not_healed.empty() && trial.against.empty()) {
    trial.against = "no run that it was made for is healed by it: " + not_healed + " fails again";
  }
  return {};
}

Status Governor::AddShadows(const model::Change& change, const std::vector<model::Run>& runs,
                            TrialRuns& trial) {
  const auto& ledger = engine_.home().ledger();
  std::map<std::string, const model::Run*> shadows;
  for (const model::Run& run : runs) {
    if (run.shadow && run.canary == change.id && run.Ended()) shadows[run.id] = &run;
  }
  for (const model::Run& run : runs) {
    if (run.shadow) continue;
    const auto outcome = kpi::Outcome(run);
    const auto beside = shadows.find(ShadowOf(change, run.id));
    if (!outcome || beside == shadows.end()) continue;
    trial.names.push_back(beside->first);
    AIOP_TRY(auto mine, SampleOf(ledger, *beside->second));
    // Both fail: nothing that speaks against the candidate.
    if (!*outcome && !mine.succeeded) continue;
    trial.evidence.candidate.push_back(std::move(mine));
    AIOP_TRY(auto used, SampleOf(ledger, run));
    used.concurrent = true;
    trial.evidence.baseline.push_back(std::move(used));
  }
  return {};
}

Result<Governor::TrialRuns> Governor::GatherTrial(const model::Change& change) {
  AIOP_TRY(const auto runs, engine_.home().ledger().ListBy<model::Run>(
                                store::Kind<model::Run>::Field::kPlant, change.plant));
  TrialRuns trial;
  trial.evidence.min_runs = change.canaries.back().min_runs;
  const bool shadow = change.canaries.back().shadow;
  AIOP_CHECK_OK(shadow ? AddShadows(change, runs, trial) : AddLiveRuns(change, runs, trial));
  return trial;
}

}  // namespace aiop::governance
