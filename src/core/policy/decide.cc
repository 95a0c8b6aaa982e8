// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/policy/explain.h"

namespace aiop::policy {
namespace {

// The rules as the evidence leaves them: those that could still fire and ask for it, and the first
// that is known to be true; nothing after that one matters.
struct Survey {
  std::vector<const Rule*> live;
  const Rule* terminal = nullptr;
};

Survey Look(const std::vector<Rule>& rules, Board& board) {
  Survey survey;
  for (const Rule& rule : rules) {
    switch (Evaluate(rule.when, board)) {
      case Truth::kYes:
        survey.terminal = &rule;
        return survey;
      case Truth::kUnknown:
        if (rule.asks && CouldBecomeTrue(rule.when, board)) survey.live.push_back(&rule);
        break;
      case Truth::kNo:
        break;
    }
  }
  return survey;
}

// Rules that could only say again, a little surer, what the terminal rule says surely enough.
void DropSettled(Survey& survey, double settled_at) {
  if (survey.terminal == nullptr || survey.terminal->confidence < settled_at) return;
  while (!survey.live.empty() && survey.live.back()->SameOutcome(*survey.terminal)) {
    survey.live.pop_back();
  }
}

// What needs no plant first, then the control, on which all other experiments rest, then what the
// first undecided rule asks for, in the order it is written.
Wish Choose(const Survey& survey, Board& board) {
  const std::string& own = board.Base().evidence.app;
  const Wish* control = nullptr;
  std::vector<std::vector<Wish>> wishes;
  wishes.reserve(survey.live.size());
  for (const Rule* rule : survey.live) wishes.push_back(WishesOf(rule->when, board));
  for (const auto& of_rule : wishes) {
    for (const Wish& wish : of_rule) {
      if (IsSpecCheck(wish.kind) && wish.app == own) return wish;
      if (wish.kind == model::ExperimentKind::kControl && control == nullptr) control = &wish;
    }
  }
  if (control != nullptr) return *control;
  const auto& first = wishes.front();
  const auto free =
      std::ranges::find_if(first, [](const Wish& wish) { return IsSpecCheck(wish.kind); });
  return free != first.end() ? *free : first.front();
}

// A failure that nobody saw twice may be chance, however clear the rest is.
double Capped(double confidence, const Knowledge& knowledge) {
  const bool went_through = std::ranges::any_of(knowledge.controls, &Trial::Passed);
  if (knowledge.reproduced == Truth::kYes || went_through || knowledge.Recurs()) return confidence;
  return std::min(confidence, knowledge.control_differs ? knowledge.tuning.control_differs
                                                        : knowledge.tuning.without_control);
}

}  // namespace

Answer Decide(const Evidence& evidence, const Policy& policy) {
  AIOP_CHECK(policy.rules_ != nullptr && policy.tuning_ != nullptr);
  const Knowledge knowledge(evidence, *policy.tuning_);
  Board board(knowledge);
  Survey survey = Look(*policy.rules_, board);
  DropSettled(survey, policy.tuning_->settled_at);
  if (!survey.live.empty()) return Choose(survey, board);

  Ruling ruling;
  ruling.rule = "none";
  if (const Rule* rule = survey.terminal; rule != nullptr) {
    ruling.classification = rule->classification;
    ruling.category = rule->category;
    ruling.rule = rule->name;
    ruling.covers = rule->Covered();
    ruling.confidence = Capped(rule->confidence, knowledge);
  }
  ruling.abstained = survey.terminal == nullptr || ruling.confidence < policy.abstain_below_;
  Explain(ruling, survey.terminal, board);
  return ruling;
}

}  // namespace aiop::policy
