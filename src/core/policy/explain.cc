// SPDX-License-Identifier: Apache-2.0
#include "core/policy/explain.h"

#include <algorithm>
#include <array>

#include "core/policy/rejected.h"
#include "core/policy/template.h"

namespace aiop::policy {
namespace {

using model::ExperimentKind;

constexpr auto kPlaceholders = std::to_array<std::string_view>(
    {"app", "app_version", "motor", "profile", "other_version", "golden", "other_profile",
     "earlier_revision", "failing_apps", "passing_apps", "pending_fix"});

std::string FirstPassing(const std::vector<Trial>& trials, std::string_view otherwise) {
  const auto found = std::ranges::find_if(trials, &Trial::Passed);
  return found == trials.end() ? std::string(otherwise) : found->what;
}

std::string Names(const std::map<std::string, Trial>& apps) {
  std::vector<std::string> names;
  names.reserve(apps.size());
  for (const auto& [app, trial] : apps) names.push_back(app);
  return names.empty() ? "other apps" : Listed(names);
}

std::string PlaceholderValue(std::string_view name, const Knowledge& knowledge) {
  const Evidence& evidence = knowledge.evidence;
  if (name == "app") return evidence.app;
  if (name == "app_version") return evidence.app_version;
  if (name == "motor") return evidence.motor_version;
  if (name == "profile") return evidence.profile.empty() ? "the default profile" : evidence.profile;
  if (name == "other_version") {
    return FirstPassing(knowledge.VersionTrials(Direction::kOlder),
                        FirstPassing(knowledge.versions, "another version"));
  }
  if (name == "golden") {
    const auto found = std::ranges::find_if(knowledge.golden, &Trial::Same);
    return found == knowledge.golden.end() ? "of the motor" : found->what;
  }
  if (name == "other_profile") return FirstPassing(knowledge.profiles, "another profile");
  if (name == "earlier_revision") return FirstPassing(knowledge.revisions, "an earlier version");
  if (name == "pending_fix") return FirstPassing(knowledge.fixes, "a pending fix");
  if (name == "failing_apps") return Listed(knowledge.AllFailingApps());
  return Names(knowledge.passing_apps);
}

std::string_view Words(model::SignalType signal) {
  using enum model::SignalType;
  switch (signal) {
    case kValidation:
      return "a failed validation";
    case kError:
      return "an error";
    case kLatency:
      return "a latency over its budget";
    case kCost:
      return "a cost over its budget";
    case kCoverage:
      return "too low a coverage";
    case kQualityScore:
      return "too low a quality score";
  }
  return "a failure";
}

std::string WhatHappened(const Evidence& evidence) {
  std::string text = "App " + evidence.app + " (version " + evidence.app_version + ") stopped at " +
                     std::string(Words(evidence.event.signal_type)) + " on motor version " +
                     evidence.motor_version;
  if (!evidence.profile.empty()) text += " under the profile " + evidence.profile;
  return text + ".";
}

class FactList {
 public:
  void Add(const std::string& fact, std::vector<std::string> references) {
    if (fact.empty()) return;
    const bool known =
        std::ranges::any_of(facts_, [&](const model::Fact& each) { return each.fact == fact; });
    if (known) return;
    if (references.size() > kReferencesKept) references.resize(kReferencesKept);
    facts_.push_back({fact, std::move(references)});
  }
  void Add(const Known& known) {
    if (known.truth != Truth::kUnknown) Add(known.fact, known.references);
  }
  bool Cites(std::string_view reference) const {
    return std::ranges::any_of(
        facts_, [&](const model::Fact& each) { return Contains(each.refs, reference); });
  }
  std::string Paragraph() const {
    std::string text;
    for (const model::Fact& fact : facts_) text += (text.empty() ? "" : " ") + fact.fact;
    return text;
  }
  std::vector<model::Fact> Take() { return std::move(facts_); }

 private:
  std::vector<model::Fact> facts_;
};

std::string Outcome(model::ExperimentResult result) {
  using enum model::ExperimentResult;
  switch (result) {
    case kPassed:
      return "it went through";
    case kSameFailure:
      return "it failed the same way";
    case kOtherFailure:
      return "it failed in another way";
    case kNotPossible:
      return "this could not be run";
    case kOverBudget:
      return "this was not run, for it would exceed the budget";
  }
  return "";
}

// One experiment that the rule did not rest on; said all the same, so that nothing tried is hidden.
std::string Tried(const model::Experiment& experiment, bool counts) {
  std::string text = experiment.question.empty()
                         ? std::string(describe::Name(experiment.kind)) + ":"
                         : experiment.question;
  text += " Answer: " + Outcome(experiment.result) + ".";
  if (!counts)
    text += " It does not count, because the unchanged control did not fail the same way.";
  return text;
}

void AddOtherExperiments(FactList& facts, const Knowledge& knowledge) {
  for (const model::Experiment& experiment : knowledge.evidence.experiments) {
    const bool of_a_fix = experiment.kind == ExperimentKind::kCandidate ||
                          experiment.kind == ExperimentKind::kRegression;
    if (of_a_fix || IsSpecCheck(experiment.kind) || facts.Cites(experiment.id)) continue;
    const bool counts =
        knowledge.reproduced == Truth::kYes || experiment.kind == ExperimentKind::kControl;
    facts.Add(Tried(experiment, counts), {experiment.id});
  }
}

std::string Conclusion(const Ruling& ruling, const Rule* rule, const Knowledge& knowledge) {
  std::string text;
  if (rule != nullptr) {
    text = Fill(rule->because,
                [&](std::string_view name) { return PlaceholderValue(name, knowledge); });
  }
  if (!ruling.abstained) return text;
  if (knowledge.control_differs && !knowledge.Recurs()) {
    text += text.empty() ? "" : " ";
    text +=
        "But apart from the real run it does not fail this way, so that experiments prove nothing.";
  }
  text += text.empty() ? "" : " ";
  return text + "That does not suffice to decide: a human has to look.";
}

}  // namespace

bool IsPlaceholder(std::string_view name) { return Contains(kPlaceholders, name); }

void Explain(Ruling& ruling, const Rule* rule, Board& board) {
  const Knowledge& knowledge = board.Base();
  const Evidence& evidence = knowledge.evidence;
  FactList facts;
  facts.Add(WhatHappened(evidence), {evidence.event.id, evidence.run});
  facts.Add(board.Named("reproduced"));
  if (rule != nullptr) {
    for (const size_t reason : ReasonsOf(rule->when, board)) facts.Add(board.At(reason));
  }
  ruling.rationale = facts.Paragraph() + " " + Conclusion(ruling, rule, knowledge);
  facts.Add(board.Named("declared"));
  facts.Add(board.Named("spec_valid"));
  AddOtherExperiments(facts, knowledge);
  ruling.evidence = facts.Take();
  ruling.rejected = RejectedBy(ruling, board);
  if (ruling.abstained) ruling.next_checks = NextChecks(board);
}

}  // namespace aiop::policy
