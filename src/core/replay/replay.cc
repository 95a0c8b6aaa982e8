// SPDX-License-Identifier: Apache-2.0
#include "core/replay/replay.h"

#include <algorithm>
#include <cmath>

#include "core/replay/experiments.h"

namespace aiop::replay {
namespace {

using policy::Examination;

// Confidences of policies have two or three digits.
constexpr double kSameConfidence = 1e-9;

model::PastRuling Written(const policy::Ruling& ruling, const policy::Policy& policy) {
  return {.policy = policy.Id(),
          .classification = ruling.classification,
          .category = ruling.category,
          .rule = ruling.rule,
          .confidence = ruling.confidence,
          .abstained = ruling.abstained};
}

bool SameDecision(const model::PastRuling& a, const model::PastRuling& b) {
  return a.classification == b.classification && a.category == b.category && a.rule == b.rule &&
         std::abs(a.confidence - b.confidence) < kSameConfidence && a.abstained == b.abstained;
}

std::string Word(std::optional<bool> holds) {
  if (!holds) return "unknown";
  return *holds ? "yes" : "no";
}

std::optional<bool> Before(const model::DecisionHistory& history, const std::string& proposition) {
  const auto known = history.known.find(proposition);
  if (known == history.known.end()) return std::nullopt;
  return known->second;
}

const policy::PropositionState* Find(const Examination& now, const std::string& name) {
  const auto found = std::ranges::find(now.propositions, name, &policy::PropositionState::name);
  return found == now.propositions.end() ? nullptr : &*found;
}

// "twin_passes was yes and is now unknown".
std::string Change(const model::DecisionHistory& history, const policy::PropositionState& state) {
  const auto before = Before(history, state.name);
  std::string text = state.name;
  text += before == state.holds ? " is " + Word(state.holds)
                                : " was " + Word(before) + " and is now " + Word(state.holds);
  if (!state.fact.empty()) text += " (" + state.fact + ")";
  return text;
}

// Compares two rulings on one history.
class Comparison {
 public:
  Comparison(const model::DecisionHistory& history, const Replayed& replayed,
             const Examination& now, double abstain_below)
      : history_(history), replayed_(replayed), now_(now), abstain_below_(abstain_below) {}

  Difference Explain() const {
    const std::string& before = history_.ruling.rule;
    if (before == replayed_.ruling.rule) return SameRule();
    const auto old = std::ranges::find(now_.rules, before, &policy::RuleState::name);
    if (old == now_.rules.end()) {
      return {.proposition = FirstChanged(),
              .why = "the policy has no rule " + before + "; " + NowMatches()};
    }
    if (old->holds == true) {
      return {.proposition = "", .why = before + " would hold too, but " + NowMatches()};
    }
    return NoLongerHolds(*old);
  }

 private:
  Difference SameRule() const {
    const model::PastRuling& before = history_.ruling;
    const model::PastRuling& after = replayed_.ruling;
    const std::string rule = "the rule " + after.rule;
    if (before.category != after.category || before.classification != after.classification) {
      return {.proposition = "", .why = rule + " is the same and its outcome is another"};
    }
    if (before.abstained != after.abstained) {
      return {.proposition = "",
              .why = rule + " is the same; its confidence is " +
                     (after.abstained ? "below" : "not below") + " the policy's abstain_below, " +
                     json::Text(describe::Encode(abstain_below_))};
    }
    // The same rule with another confidence: the rule's own, or what was found of the control.
    return {.proposition = FirstChanged(), .why = rule + " is the same and its confidence another"};
  }

  Difference NoLongerHolds(const policy::RuleState& old) const {
    Difference difference{.proposition = old.blocked_by, .why = old.name + " no longer holds: "};
    if (const auto* state = Find(now_, old.blocked_by)) {
      difference.why += Change(history_, *state);
    } else {
      difference.why += "its condition is another";
    }
    if (!replayed_.unknown.empty()) {
      difference.why += "; the history lacks the experiment " + replayed_.unknown.front();
    }
    difference.why += "; " + NowMatches();
    return difference;
  }

  std::string NowMatches() const {
    const std::string& rule = replayed_.ruling.rule;
    return rule == "none" ? "no rule holds" : "the first rule that holds is " + rule;
  }

  std::string FirstChanged() const {
    for (const policy::PropositionState& each : now_.propositions) {
      if (Before(history_, each.name) != each.holds) return each.name;
    }
    return "";
  }

  const model::DecisionHistory& history_;
  const Replayed& replayed_;
  const Examination& now_;
  double abstain_below_;
};

// Asks and answers until the policy rules. Without a ruling: one by no rule.
policy::Ruling Hear(const model::DecisionHistory& history, const policy::Policy& policy,
                    policy::Evidence& evidence, Replayed& replayed) {
  Answers answers(history);
  for (int i = 0; i < kWishLimit; ++i) {
    policy::Answer answer = policy::Decide(evidence, policy);
    if (auto* ruling = std::get_if<policy::Ruling>(&answer)) return std::move(*ruling);
    const auto& wish = std::get<policy::Wish>(answer);
    const Answers::Answer given = answers.To(wish);
    replayed.asked.push_back(TextOf(wish, history));
    if (!given.known) replayed.unknown.push_back(replayed.asked.back());
    policy::Learn(evidence, given.experiment);
  }
  policy::Ruling none;
  none.rule = "none";
  none.abstained = true;
  return none;
}

}  // namespace

Replayed Replay(const model::DecisionHistory& history, const policy::Policy& policy) {
  policy::Evidence evidence = EvidenceOf(history);
  evidence.plant_ms_budget = policy.PerIncident().plant_ms;
  Replayed replayed;
  replayed.ruling = Written(Hear(history, policy, evidence, replayed), policy);
  if (!SameDecision(history.ruling, replayed.ruling)) {
    const Examination now = policy::Examine(evidence, policy);
    replayed.difference = Comparison(history, replayed, now, policy.AbstainBelow()).Explain();
  }
  return replayed;
}

}  // namespace aiop::replay
