// SPDX-License-Identifier: Apache-2.0
#include "core/policy/testing.h"

namespace aiop::policy {
namespace {

using testing::BareEvidence;
using testing::DefaultPolicy;

const RuleState& RuleIn(const Examination& examination, std::string_view name) {
  for (const RuleState& each : examination.rules) {
    if (each.name == name) return each;
  }
  ADD_FAILURE() << "no rule " << name;
  return examination.rules.front();
}

TEST(Examine, NamesEveryPropositionAndRuleInTheirOrder) {
  const Examination examination = Examine(BareEvidence(), DefaultPolicy());
  const auto propositions = Propositions();
  ASSERT_EQ(examination.propositions.size(), propositions.size());
  for (size_t i = 0; i < propositions.size(); ++i) {
    EXPECT_EQ(examination.propositions[i].name, propositions[i].first);
    EXPECT_EQ(examination.propositions[i].fact.empty(),
              !examination.propositions[i].holds.has_value());
  }
  EXPECT_FALSE(examination.rules.empty());
}

TEST(Examine, TheFirstRuleThatHoldsIsTheOneThatDecides) {
  Evidence evidence = BareEvidence();
  const auto arbitration = testing::Arbitrate(
      evidence, DefaultPolicy(), [](const Wish&) { return model::ExperimentResult::kPassed; });
  for (const RuleState& each : Examine(evidence, DefaultPolicy()).rules) {
    EXPECT_EQ(each.holds == true, each.blocked_by.empty()) << each.name;
    if (each.holds != true) continue;
    EXPECT_EQ(each.name, arbitration.ruling.rule);
    break;
  }
}

TEST(Examine, NamesWhatBlocksARule) {
  Evidence evidence = BareEvidence();
  const Examination before = Examine(evidence, DefaultPolicy());
  const RuleState& gone = RuleIn(before, "gone-when-repeated");
  EXPECT_FALSE(gone.holds.has_value());
  EXPECT_EQ(gone.blocked_by, "control_passed");
  // `not declared` is blocked by what it denies.
  evidence.specs = {{.app = evidence.app, .declared = true}};
  const Examination declared = Examine(evidence, DefaultPolicy());
  EXPECT_EQ(RuleIn(declared, "undeclared").holds, false);
  EXPECT_EQ(RuleIn(declared, "undeclared").blocked_by, "declared");
}

TEST(Learn, KeepsWhatASpecCheckSaysApart) {
  Evidence evidence = BareEvidence();
  model::Experiment check;
  check.id = "check";
  check.kind = model::ExperimentKind::kValidators;
  check.app = evidence.app;
  check.result = model::ExperimentResult::kOtherFailure;
  check.findings = {{"/a", "is no number"}, {"", "is odd"}};
  check.plant_ms = 3;
  Learn(evidence, check);
  ASSERT_EQ(evidence.specs.size(), 1U);
  EXPECT_EQ(evidence.specs[0].valid, false);
  EXPECT_FALSE(evidence.specs[0].declared.has_value());
  EXPECT_EQ(evidence.specs[0].findings, (std::vector<std::string>{"/a is no number", "is odd"}));
  EXPECT_EQ(evidence.specs[0].refs, std::vector<std::string>{"check"});
  EXPECT_EQ(evidence.plant_ms_spent, 3);
  EXPECT_EQ(evidence.experiments.size(), 1U);

  check.kind = model::ExperimentKind::kDeclared;
  check.result = model::ExperimentResult::kNotPossible;
  Learn(evidence, check);
  EXPECT_FALSE(evidence.specs[0].declared.has_value()) << "not asked is no answer";
}

}  // namespace
}  // namespace aiop::policy
