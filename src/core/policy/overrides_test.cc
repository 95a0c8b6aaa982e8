// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/policy/policy.h"
#include "core/policy/testing.h"

namespace aiop::policy {
namespace {

std::string With(std::string_view overrides) {
  return testing::DefaultPolicyText() + "\noverrides:\n" + std::string(overrides);
}

TEST(Overrides, AreForTheirPlantsAndTeams) {
  const auto policy = testing::PolicyFromText(With(R"(
  - {name: careful, plants: ["bill*"], thresholds: {abstain_below: 0.9}, budgets: {usd_per_day: 1}}
  - {name: docs, teams: [docs], limits: {other_versions: 0}, back_off: {first_ms: 5}}
  - {name: both, plants: [site], teams: [web], thresholds: {abstain_below: 0.5}}
)"),
                                              "p.yaml");
  ASSERT_TRUE(policy.has_value()) << policy.error().message;
  EXPECT_EQ(policy->For("shop", "").Id(), "default@1.2.0");
  EXPECT_EQ(policy->For("billing", "docs").Id(), "default@1.2.0+careful");  // the first that fits
  EXPECT_DOUBLE_EQ(policy->For("billing", "").AbstainBelow(), 0.9);
  EXPECT_DOUBLE_EQ(policy->For("billing", "").PerDay().usd, 1);
  EXPECT_EQ(policy->For("billing", "").PerDay().plant_ms, policy->PerDay().plant_ms);
  EXPECT_EQ(policy->For("guide", "docs").Id(), "default@1.2.0+docs");
  EXPECT_EQ(policy->For("guide", "docs").BackOffMilliseconds(1), 5);
  EXPECT_EQ(policy->For("site", "web").Id(), "default@1.2.0+both");
  EXPECT_EQ(policy->For("site", "").Id(), "default@1.2.0");
  EXPECT_DOUBLE_EQ(policy->AbstainBelow(), 0.7);
}

TEST(Overrides, LeaveOutRulesAndPutTheirOwnFirst) {
  const auto policy = testing::PolicyFromText(With(R"(
  - name: mine
    plants: [pages]
    without: [unclear]
    rules:
      - {name: ask-us, when: [control_passed], classification: app, category: TRANSIENT, confidence: 0.1, because: so}
)"),
                                              "p.yaml");
  ASSERT_TRUE(policy.has_value()) << policy.error().message;
  const auto passes = [](const Wish&) { return model::ExperimentResult::kPassed; };
  Evidence evidence = testing::BareEvidence();
  EXPECT_EQ(testing::Arbitrate(evidence, *policy, passes).ruling.rule, "gone-when-repeated");
  Evidence again = testing::BareEvidence();
  const Ruling ruling = testing::Arbitrate(again, policy->For("pages", ""), passes).ruling;
  EXPECT_EQ(ruling.rule, "ask-us");
  EXPECT_TRUE(ruling.abstained);
  const auto fails = [](const Wish&) { return model::ExperimentResult::kSameFailure; };
  Evidence dark = testing::BareEvidence();
  EXPECT_EQ(testing::Arbitrate(dark, policy->For("pages", ""), fails).ruling.rule, "none");
}

TEST(Overrides, MistakesNameFileLineAndField) {
  const auto refusal = [](std::string_view overrides) {
    const auto policy = testing::PolicyFromText(With(overrides), "p.yaml");
    return policy ? std::string() : policy.error().message;
  };
  const auto has = [&](std::string_view overrides, std::string_view part) {
    EXPECT_NE(refusal(overrides).find(part), std::string::npos) << refusal(overrides);
  };
  has("  - {name: a}\n", "/overrides/0: names neither plants nor teams");
  has("  - {name: a, plants: [x], without: [nothing]}\n", "/overrides/0/without/0: names no rule");
  has("  - {name: a, plants: [x], thresholds: {abstain_below: 7}}\n", "/thresholds/abstain_below");
  has("  - {name: a, plants: [x], colour: red}\n", "/overrides/0/colour");
  has("  7\n", "/overrides: must be a list");
  has("  - {name: a, plants: [x]}\n  - {name: a, plants: [y]}\n",
      "/overrides/1/name: is the name of an earlier");
  const std::string text = With("  - {name: a}\n");
  const auto line = 1 + std::ranges::count(text.substr(0, text.find("{name: a}")), '\n');
  has("  - {name: a}\n", "p.yaml:" + std::to_string(line) + ": ");
}

TEST(BackOff, DoublesUpToTheMost) {
  const Policy& policy = testing::DefaultPolicy();
  EXPECT_EQ(policy.BackOffMilliseconds(1), 1000);
  EXPECT_EQ(policy.BackOffMilliseconds(2), 2000);
  EXPECT_EQ(policy.BackOffMilliseconds(3), 4000);
  EXPECT_EQ(policy.BackOffMilliseconds(100), 60'000);
}

}  // namespace
}  // namespace aiop::policy
