// SPDX-License-Identifier: Apache-2.0
// Plants fail by chance now and then, so one failed run is no proof that a candidate broke
// something: it is run again, and the version before beside it.
#include "control/governance/governance.h"

namespace aiop::governance {
namespace {

// Of five runs of the candidate three have to fail, and of two on the version before none. A plant
// in which one run of twenty fails by chance is then blamed in less than one run of a thousand.
constexpr int kRunsOfCandidate = 5;
constexpr int kFailuresThatCount = 3;
constexpr int kRunsOfBase = 2;

bool Failed(const model::Experiment& experiment) {
  return experiment.result == model::ExperimentResult::kOtherFailure ||
         experiment.result == model::ExperimentResult::kSameFailure;
}

}  // namespace

Result<Governor::Held> Governor::AskIfHolds(const model::Change& change,
                                            experiments::Question question,
                                            const contexts::Motor& base) {
  const experiments::Asker asker{change.incident, "", policy_.PerIncident(), policy_.PerDay()};
  AIOP_TRY(const auto first, harness_.Ask(asker, question));
  Held held{.verdict = model::Verdict::kPass, .text = first.answer, .experiment = first};
  if (first.result == model::ExperimentResult::kPassed) return held;
  held.verdict = model::Verdict::kInconclusive;
  if (!Failed(first)) return held;
  question.fresh = true;
  int runs = 1;
  int failures = 1;
  while (failures < kFailuresThatCount &&
         failures + kRunsOfCandidate - runs >= kFailuresThatCount) {
    AIOP_TRY(const auto again, harness_.Ask(asker, question));
    ++runs;
    if (Failed(again)) ++failures;
    if (again.result == model::ExperimentResult::kPassed) held.experiment = again;
    if (!Failed(again) && again.result != model::ExperimentResult::kPassed) return held;
  }
  const std::string counted = std::to_string(failures) + " of " + std::to_string(runs) + " runs";
  if (failures < kFailuresThatCount) {
    held.verdict = model::Verdict::kPass;
    held.text = "It failed in " + counted + ", as by chance: " + first.answer;
    return held;
  }
  held.verdict = model::Verdict::kFail;
  question.motor = base;
  question.kind = model::ExperimentKind::kControl;
  question.question = "Does " + question.run.app + " pass without the patch?";
  question.changed.clear();
  for (int i = 0; i < kRunsOfBase; ++i) {
    AIOP_TRY(const auto without, harness_.Ask(asker, question));
    if (without.result == model::ExperimentResult::kPassed) continue;
    held.verdict = model::Verdict::kInconclusive;
    held.text += " It fails without the patch too: " + without.answer;
    break;
  }
  return held;
}

}  // namespace aiop::governance
