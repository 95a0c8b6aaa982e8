// SPDX-License-Identifier: Apache-2.0
#include "core/policy/condition.h"

namespace aiop::policy {
namespace {

std::optional<bool> Holds(Truth truth) {
  if (truth == Truth::kUnknown) return std::nullopt;
  return truth == Truth::kYes;
}

}  // namespace

Examination Examine(const Evidence& evidence, const Policy& policy) {
  AIOP_CHECK(policy.rules_ != nullptr && policy.tuning_ != nullptr);
  const Knowledge knowledge(evidence, *policy.tuning_);
  Board board(knowledge);
  Examination examination;
  for (size_t i = 0; i < AllPropositions().size(); ++i) {
    const Known& known = board.At(i);
    examination.propositions.push_back(
        {std::string(AllPropositions()[i].name), Holds(known.truth), known.fact});
  }
  for (const Rule& rule : *policy.rules_) {
    const auto blocker = BlockerOf(rule.when, board);
    examination.rules.push_back(
        {rule.name, Holds(Evaluate(rule.when, board)),
         blocker ? std::string(AllPropositions()[*blocker].name) : std::string()});
  }
  return examination;
}

}  // namespace aiop::policy
