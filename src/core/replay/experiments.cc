// SPDX-License-Identifier: Apache-2.0
#include "core/replay/experiments.h"

namespace aiop::replay {
namespace {

using model::ExperimentKind;

// The wish as an experiment that was not possible.
model::Experiment Unanswered(const policy::Wish& wish, const model::DecisionHistory& history) {
  model::Experiment experiment;
  experiment.kind = wish.kind;
  experiment.incident = history.incident;
  experiment.plant = history.plant;
  experiment.app = wish.app.empty() ? history.app : wish.app;
  experiment.profile = wish.profile;
  experiment.app_ctx.version = wish.app_version.empty() ? history.app_version : wish.app_version;
  experiment.motor_ctx.version = wish.motor_version;
  experiment.motor_ctx.name = wish.plant;
  experiment.question = wish.question;
  if (wish.kind == ExperimentKind::kPendingFix) experiment.changed = wish.fix;
  experiment.result = model::ExperimentResult::kNotPossible;
  return experiment;
}

}  // namespace

std::string AboutOf(const policy::Wish& wish) {
  switch (wish.kind) {
    case ExperimentKind::kDeclared:
    case ExperimentKind::kValidators:
    case ExperimentKind::kOtherApp:
      return wish.app;
    case ExperimentKind::kOtherVersion:
      return wish.motor_version;
    case ExperimentKind::kOtherMotor:
      return wish.plant;
    case ExperimentKind::kGoldenApp:
      return wish.golden;
    case ExperimentKind::kOtherProfile:
      return wish.profile;
    case ExperimentKind::kEarlierRevision:
      return wish.app_version;
    case ExperimentKind::kPendingFix:
      return wish.fix;
    case ExperimentKind::kControl:
    case ExperimentKind::kRepairedTwin:
    case ExperimentKind::kReducedSpec:
    case ExperimentKind::kCandidate:
    case ExperimentKind::kRegression:
      return "";
  }
  return "";
}

std::string ElsewhereOf(const policy::Wish& wish, const model::DecisionHistory& history) {
  const bool said = wish.kind == ExperimentKind::kOtherVersion;
  return said || wish.motor_version == history.motor_version ? "" : wish.motor_version;
}

std::string TextOf(const policy::Wish& wish, const model::DecisionHistory& history) {
  const std::string about = AboutOf(wish);
  const std::string on = ElsewhereOf(wish, history);
  return std::string(describe::Name(wish.kind)) + (about.empty() ? "" : " " + about) +
         (on.empty() ? "" : " on " + on);
}

Answers::Answers(const model::DecisionHistory& history)
    : history_(history), given_(history.experiments.size()) {}

Answers::Answer Answers::To(const policy::Wish& wish) {
  Answer answer{.experiment = Unanswered(wish, history_)};
  const std::string about = AboutOf(wish);
  const std::string on = ElsewhereOf(wish, history_);
  for (size_t i = 0; i < history_.experiments.size(); ++i) {
    const model::PastExperiment& past = history_.experiments[i];
    if (given_[i] || past.kind != wish.kind || past.about != about || past.on != on) continue;
    given_[i] = true;
    answer.known = true;
    answer.experiment.id = past.id;
    if (!past.question.empty()) answer.experiment.question = past.question;
    if (!past.motor.empty()) answer.experiment.motor_ctx.name = past.motor;
    answer.experiment.result = past.result;
    answer.experiment.findings = past.findings;
    answer.experiment.plant_ms = past.plant_ms;
    return answer;
  }
  answer.experiment.id = "unknown-" + TextOf(wish, history_);
  return answer;
}

}  // namespace aiop::replay
