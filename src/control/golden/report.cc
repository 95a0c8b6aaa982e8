// SPDX-License-Identifier: Apache-2.0
// From what was seen in each story to what core/scoring measures.
#include <algorithm>
#include <set>
#include <tuple>

#include "control/golden/golden.h"

namespace aiop::golden {
namespace {

constexpr double kMillisecondsPerSecond = 1000;

double Seconds(int64_t milliseconds) {
  return static_cast<double>(milliseconds) / kMillisecondsPerSecond;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& each : words) text += (text.empty() ? "" : ", ") + each;
  return text;
}

scoring::Said SaidBy(const SeenDecision& decision) {
  return {.label = {decision.classification, decision.category},
          .confidence = decision.confidence,
          .abstained = decision.abstained,
          .patches_motor = decision.patches_motor,
          .plant_seconds = Seconds(decision.plant_ms)};
}

// One story being added to a report.
class Adding {
 public:
  Adding(const Played& played, Report& report)
      : seen_(played.observation), incident_(played.story.incident), report_(report) {
    name_ = played.story.plant + "/" + played.story.incident.name;
  }

  void All() {
    for (const std::string& each : seen_.problems) report_.broken.push_back({name_, each});
    if (!seen_.problems.empty()) return;
    AddAnswers();
    for (const SeenFailure& failure : seen_.failures) AddFailure(failure);
    AddGroups();
    for (const SeenRun& run : seen_.runs) AddEnding(run);
    report_.first_seconds += Seconds(seen_.first_ms);
    report_.operator_row.plant_seconds += Seconds(seen_.plant_ms);
    report_.operator_row.finished.of += seen_.jobs_failed;
    report_.operator_row.finished.hits += seen_.jobs_finished;
  }

 private:
  const Truth& TruthOf(const SeenFailure& failure) const {
    return incident_.truth[static_cast<size_t>(failure.truth.value_or(0))];
  }

  // Labels of one cause may differ in what heals them.
  HealedBy HealedByOf(const SeenFailure& failure) const {
    const auto label = failure.label ? failure.label : failure.truth;
    return incident_.truth[static_cast<size_t>(label.value_or(0))].healed_by;
  }

  void AddAnswer(size_t truth, const SeenFailure& example, const SeenDecision* decision) {
    const Truth& is = incident_.truth[truth];
    NamedAnswer answer;
    answer.story = name_;
    answer.apps = Joined(is.apps);
    answer.failure = example.text;
    answer.because = is.because;
    answer.answer = {.split = incident_.split, .truth = is.label, .said = std::nullopt};
    if (decision) {
      answer.rule = decision->rule;
      answer.rationale = decision->rationale;
      answer.answer.said = SaidBy(*decision);
    }
    report_.answers.push_back(std::move(answer));
  }

  // Each decision once for each truth that it is about; a truth that no decision is about, once.
  void AddAnswers() {
    for (size_t truth = 0; truth < incident_.truth.size(); ++truth) {
      std::set<int64_t> decided;
      const SeenFailure* example = nullptr;
      for (const SeenFailure& failure : seen_.failures) {
        if (failure.truth != static_cast<int64_t>(truth)) continue;
        if (!example) example = &failure;
        for (const int64_t each : failure.decisions) {
          if (!decided.insert(each).second) continue;
          AddAnswer(truth, failure, &seen_.decisions[static_cast<size_t>(each)]);
        }
      }
      if (decided.empty() && example) AddAnswer(truth, *example, nullptr);
    }
  }

  void AddFailure(const SeenFailure& failure) {
    const Truth& truth = TruthOf(failure);
    scoring::Symptom symptom;
    symptom.run = name_ + "/" + failure.run;
    symptom.truth = truth.label;
    symptom.apps_alike = failure.apps_alike;
    symptom.gone_under_other_profile = failure.gone_under_other_profile;
    symptom.quality_dropped = failure.quality_dropped;
    symptom.declared = failure.declared;
    symptom.valid = failure.valid;
    symptom.passed_before_upgrade = failure.passed_before_upgrade;
    symptom.motor_fix_exists =
        HealedByOf(failure) == HealedBy::kBranch || HealedByOf(failure) == HealedBy::kUpgrade;
    symptom.app_fix_exists = HealedByOf(failure) == HealedBy::kAppUpdate;
    for (const SeenRun& run : seen_.runs) {
      if (run.run == failure.run) symptom.whole_run_seconds = Seconds(run.plant_ms);
    }
    report_.symptoms.push_back(std::move(symptom));
    // The operator's own row: its first word on this failure.
    if (failure.decisions.empty()) return;
    const auto& first = seen_.decisions[static_cast<size_t>(failure.decisions.front())];
    const scoring::Label said{first.classification, first.category};
    scoring::Row& row = report_.operator_row;
    row.side.Add(!first.abstained && said.classification == truth.label.classification);
    row.category.Add(!first.abstained && said == truth.label);
    if (first.patches_motor) row.false_motor_fixes.Add(!scoring::MotorHasToChange(truth.label));
  }

  // A run that fails twice for one reason is one failure of that reason.
  void AddGroups() {
    std::set<std::tuple<std::string, int64_t, std::string>> seen;
    std::set<int64_t> causes;
    std::set<std::string> incidents;
    for (const SeenFailure& failure : seen_.failures) {
      const int64_t truth = failure.truth.value_or(0);
      if (!seen.insert({failure.run, truth, failure.incident}).second) continue;
      groups_.push_back({.world = name_, .truth = std::to_string(truth), .said = failure.incident});
      causes.insert(truth);
      incidents.insert(failure.incident);
    }
    report_.failures.insert(report_.failures.end(), groups_.begin(), groups_.end());
    const auto pairs = scoring::ScorePairs(groups_);
    if (pairs.both == pairs.true_pairs && pairs.both == pairs.said_pairs) return;
    report_.misgrouped.push_back(
        {name_, std::to_string(groups_.size()) + " failures of " + std::to_string(causes.size()) +
                    " causes are in " + std::to_string(incidents.size()) + " incidents; of " +
                    std::to_string(pairs.true_pairs) + " pairs that belong together " +
                    std::to_string(pairs.both) + " are, and " +
                    std::to_string(pairs.said_pairs - pairs.both) + " others"});
  }

  void AddEnding(const SeenRun& run) {
    std::set<int64_t> truths;
    bool fix_exists = true;
    for (const SeenFailure& failure : seen_.failures) {
      if (failure.run != run.run) continue;
      truths.insert(failure.truth.value_or(0));
      fix_exists = fix_exists && HealedByOf(failure) != HealedBy::kNone;
    }
    report_.endings.push_back({.split = incident_.split,
                               .fix_exists = fix_exists,
                               .success = run.state == model::RunState::kSuccess,
                               .steps_redone = run.steps_redone,
                               .failures = static_cast<int64_t>(truths.size()),
                               .actions = run.resumed});
  }

  const Observation& seen_;
  const Incident& incident_;
  Report& report_;
  std::string name_;
  std::vector<scoring::Grouped> groups_;
};

// A retry says that nobody has to change.
scoring::Label SaysNobody(const scoring::Symptom&) {
  return {model::Classification::kApp, model::Category::kTransient};
}
scoring::Label SaysApp(const scoring::Symptom&) {
  return {model::Classification::kApp, model::Category::kAppSpec};
}
scoring::Label SaysMotor(const scoring::Symptom&) {
  return {model::Classification::kMotor, model::Category::kMotorRules};
}

}  // namespace

std::vector<scoring::Answer> Report::Answers() const {
  std::vector<scoring::Answer> plain;
  plain.reserve(answers.size());
  for (const NamedAnswer& each : answers) plain.push_back(each.answer);
  return plain;
}

Report Summarise(const std::vector<Played>& played) {
  Report report;
  report.operator_row.name = "AI Operator";
  for (const Played& each : played) Adding(each, report).All();
  return report;
}

std::vector<scoring::Row> Compare(const Report& report, const std::vector<Played>& retried) {
  scoring::Row blind = scoring::ScoreOpinion("blind retry x3", SaysNobody, report.symptoms, 0);
  blind.finished = {};
  for (const Played& each : retried) {
    blind.finished.of += each.observation.jobs_failed;
    blind.finished.hits += each.observation.jobs_finished;
    blind.plant_seconds += Seconds(each.observation.plant_ms);
  }
  const auto opinion = [&](std::string_view name, scoring::Label (*says)(const scoring::Symptom&)) {
    return scoring::ScoreOpinion(name, says, report.symptoms, report.first_seconds);
  };
  return {report.operator_row,
          std::move(blind),
          opinion("always app", SaysApp),
          opinion("always motor", SaysMotor),
          opinion("section 11 heuristics", scoring::HeuristicsAsWorded),
          opinion("ten-line rule", scoring::TenLineRule)};
}

}  // namespace aiop::golden
