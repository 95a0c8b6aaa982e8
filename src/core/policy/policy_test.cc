// SPDX-License-Identifier: Apache-2.0
#include "core/policy/policy.h"

#include <algorithm>

#include "core/policy/testing.h"

namespace aiop::policy {
namespace {

// The default policy's head, with rules of the test's own.
std::string WithRules(std::string_view rules) {
  const std::string text = testing::DefaultPolicyText();
  return text.substr(0, text.find("\nrules:")) + "\nrules:\n" + std::string(rules);
}

std::string RuleText(std::string_view name, std::string_view when, std::string_view extra = "") {
  return "  - {name: " + std::string(name) + ", when: " + std::string(when) +
         ", classification: app, category: APP-SPEC, confidence: 0.9, because: so" +
         std::string(extra) + "}\n";
}

std::string Refusal(std::string_view text) {
  const auto policy = testing::PolicyFromText(text, "p.yaml");
  EXPECT_FALSE(policy.has_value());
  if (policy) return "";
  EXPECT_EQ(policy.error().code, Code::kInvalid);
  return policy.error().message;
}

int LineOfText(std::string_view text, std::string_view part) {
  return 1 + static_cast<int>(std::ranges::count(text.substr(0, text.find(part)), '\n'));
}

TEST(Load, ReadsTheDefaultPolicy) {
  const Policy& policy = testing::DefaultPolicy();
  EXPECT_EQ(policy.Id(), "default@1.2.0");
  EXPECT_DOUBLE_EQ(policy.AbstainBelow(), 0.7);
  EXPECT_EQ(policy.PerIncident().plant_ms, 1'800'000);
  EXPECT_GT(policy.PerDay().plant_ms, policy.PerIncident().plant_ms);
  EXPECT_EQ(policy.GiveUpAfter(), 3);
  EXPECT_EQ(policy.RegressionRuns(), 3);
  EXPECT_EQ(policy.CandidatesPerIncident(), 4);
}

TEST(Load, NamesFileLineAndField) {
  const std::string unknown = WithRules(RuleText("a", "[spec_valid, speck_valid]"));
  EXPECT_EQ(Refusal(unknown), "p.yaml:" + std::to_string(LineOfText(unknown, "speck")) +
                                  ": /rules/0/when/1: names no known proposition: 'speck_valid'");
  const std::string twice = WithRules(RuleText("a", "[]") + RuleText("a", "[]"));
  EXPECT_EQ(Refusal(twice), "p.yaml:" + std::to_string(LineOfText(twice, "name: a, when: []") + 1) +
                                ": /rules/1/name: is the name of an earlier rule: 'a'");
}

TEST(Load, RefusesWhatItDoesNotKnow) {
  const auto expect = [](const std::string& text, std::string_view part) {
    EXPECT_NE(Refusal(text).find(part), std::string::npos) << Refusal(text);
  };
  expect(WithRules(RuleText("a", "[]", ", priority: 3")), "/rules/0/priority: ");
  expect(WithRules("  []\n"), "/rules: must not be empty");
  expect(WithRules(RuleText("a", "{none: []}")), "/rules/0/when/none: must be all, any or not");
  expect(WithRules(RuleText("a", "{all: [], any: []}")), "/rules/0/when: must be a proposition");
  expect(WithRules(RuleText("a", "{any: spec_valid}")), "/rules/0/when/any: must be a list");
  expect(WithRules(RuleText("a", "7")), "/rules/0/when: must be a proposition");
  expect(WithRules(RuleText("a", "[not not spec_valid]")), "'not spec_valid'");
  expect(WithRules(RuleText("a", "[]", ", asks: maybe")), "/rules/0/asks: ");
  expect("extra: 1\n" + testing::DefaultPolicyText(), "/extra: ");
  expect(WithRules("  - {name: a, when: [], classification: app, category: MOTOR-RULES, "
                   "confidence: 1, because: b}\n"),
         "/rules/0/category: does not belong to the classification app");
  expect(WithRules("  - {name: a, when: [], classification: app, category: APP-SPEC, confidence: "
                   "1.5, because: b}\n"),
         "/rules/0/confidence: ");
  expect(WithRules("  - {name: a, when: [], classification: app, category: APP-SPEC, confidence: "
                   "1, because: 'x {who}'}\n"),
         "/rules/0/because: names no known placeholder: '{who}'");
}

TEST(Load, ReadsWhenAFailureBecomesAnIncident) {
  EXPECT_EQ(testing::DefaultPolicy().OpensAfter(), 1);
  EXPECT_EQ(testing::DefaultPolicy().OpensWithinMilliseconds(), 600'000);
  const auto read = [](std::string_view incidents) {
    return testing::PolicyFromText(
        "incidents: " + std::string(incidents) + "\n" + testing::DefaultPolicyText(), "p.yaml");
  };
  const auto policy = read("{opens_after: 3, within: 2h}");
  ASSERT_TRUE(policy.has_value()) << policy.error().message;
  EXPECT_EQ(policy->OpensAfter(), 3);
  EXPECT_EQ(policy->OpensWithinMilliseconds(), 7'200'000);
  EXPECT_EQ(read("{within: 90s}")->OpensWithinMilliseconds(), 90'000);
  EXPECT_EQ(read("{within: 1d}")->OpensWithinMilliseconds(), 86'400'000);
  for (const std::string_view wrong :
       {"{opens_after: 0}", "{within: soon}", "{within: 0m}", "{within: m}", "{within: 10}",
        "{within: 9999d}", "{within: 10mm}", "{after: 3}"}) {
    const auto refused = read(wrong);
    ASSERT_FALSE(refused.has_value()) << wrong;
    EXPECT_NE(refused.error().message.find("/incidents"), std::string::npos)
        << refused.error().message;
  }
}

TEST(Load, RefusesEachMissingPartAndSaysAllOfThem) {
  const auto policy = Policy::Load(*json::Parse(R"({"id":"a b","version":"1.0"})"), "p.json");
  ASSERT_FALSE(policy.has_value());
  for (const char* part :
       {"p.json: /id: ", "/version: must be a version", "/thresholds: is missing",
        "/budgets: is missing", "/limits: is missing", "/rules: is missing"}) {
    EXPECT_NE(policy.error().message.find(part), std::string::npos) << policy.error().message;
  }
}

TEST(Load, RefusesDeepNesting) {
  std::string when = "spec_valid";
  for (int i = 0; i < 40; ++i) when = "[" + when + "]";
  EXPECT_NE(Refusal(WithRules(RuleText("a", when))).find("nested too deeply"), std::string::npos);
}

TEST(Propositions, AreAllExplained) {
  std::set<std::string> names;
  for (const auto& [name, meaning] : Propositions()) {
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_TRUE(meaning.ends_with('.')) << name;
  }
  EXPECT_TRUE(names.contains("twin_passes"));
}

// `any` and `not` over unknown values: what could still become true is asked for, nothing else.
TEST(Conditions, AskForWhatCouldMakeThemTrueOnly) {
  const auto first_wish = [](std::string_view when) {
    const auto policy = testing::PolicyFromText(WithRules(RuleText("a", when)), "p.yaml");
    EXPECT_TRUE(policy.has_value()) << (policy ? "" : policy.error().message);
    Evidence evidence = testing::BareEvidence();
    evidence.has_validators = true;
    const Answer answer = Decide(evidence, *policy);
    const auto* wish = std::get_if<Wish>(&answer);
    return wish ? testing::TextOf(*wish) : std::get<Ruling>(answer).rule;
  };
  EXPECT_EQ(first_wish("[spec_valid]"), "validators shop");
  EXPECT_EQ(first_wish("[not spec_valid]"), "validators shop");
  EXPECT_EQ(first_wish("[spec_valid, is_budget]"), "none");  // is_budget is known to be false
  EXPECT_EQ(first_wish("{any: [spec_valid, not is_budget]}"), "a");     // true without asking
  EXPECT_EQ(first_wish("[spec_valid, other_version_passes]"), "none");  // no version to be asked
  EXPECT_EQ(first_wish("{any: [other_version_passes, spec_valid]}"), "validators shop");
  EXPECT_EQ(first_wish("{not: {any: [is_budget, spec_valid]}}"), "validators shop");
  EXPECT_EQ(first_wish("[]"), "a");
}

TEST(Decide, AbstainsWithoutAnyRule) {
  const auto policy = testing::PolicyFromText(WithRules(RuleText("a", "[is_budget]")), "p.yaml");
  ASSERT_TRUE(policy.has_value());
  const Answer answer = Decide(testing::BareEvidence(), *policy);
  const Ruling& ruling = std::get<Ruling>(answer);
  EXPECT_TRUE(ruling.abstained);
  EXPECT_EQ(ruling.confidence, 0);
  EXPECT_FALSE(ruling.next_checks.empty());
}

TEST(Decide, CitesEventsRunsAndExperiments) {
  Evidence evidence = testing::BareEvidence();
  evidence.has_validators = true;
  evidence.older_versions = {"1.9.0"};
  const auto arbitration =
      testing::Arbitrate(evidence, testing::DefaultPolicy(), [](const Wish& wish) {
        return wish.kind == model::ExperimentKind::kControl ? model::ExperimentResult::kSameFailure
                                                            : model::ExperimentResult::kPassed;
      });
  EXPECT_EQ(
      arbitration.ruling.rationale,
      "App shop (version 1.2.0) stopped at an error on motor version 2.0.0 under the profile "
      "types. Repeated unchanged, it failed the same way. Independent validators accept its spec. "
      "The unchanged app goes through on motor version 1.9.0. The spec is in order and motor "
      "version "
      "1.9.0 handles it, so motor version 2.0.0 is at fault.");
  std::set<std::string> cited;
  for (const auto& fact : arbitration.ruling.evidence) {
    EXPECT_FALSE(fact.refs.empty()) << fact.fact;
    cited.insert(fact.refs.begin(), fact.refs.end());
  }
  EXPECT_EQ(cited, (std::set<std::string>{"event", "run-1", "experiment-1", "experiment-2",
                                          "experiment-3"}));
}

// Versions 0.0.1 ... 0.0.20; the fault came in with 0.0.`since`.
TEST(Bisect, FindsTheVersionThatBroughtTheFailureIn) {
  for (int since = 2; since <= 20; ++since) {
    Evidence evidence = testing::BareEvidence();
    evidence.motor_version = "0.0.20";
    for (int i = 19; i >= 1; --i) evidence.older_versions.push_back("0.0." + std::to_string(i));
    const auto run = [&](const Wish& wish) {
      const bool fails = std::stoi(wish.motor_version.substr(4)) >= since;
      testing::Record(
          evidence, wish,
          fails ? model::ExperimentResult::kSameFailure : model::ExperimentResult::kPassed);
    };
    run({.kind = model::ExperimentKind::kControl, .motor_version = "0.0.20"});
    auto bisection = Bisect(evidence, testing::DefaultPolicy());
    for (int asked = 0; bisection && bisection->next; ++asked) {
      ASSERT_LT(asked, 7);
      run(*bisection->next);
      bisection = Bisect(evidence, testing::DefaultPolicy());
    }
    ASSERT_TRUE(bisection.has_value());
    EXPECT_EQ(bisection->first_bad, "0.0." + std::to_string(since));
    EXPECT_EQ(bisection->last_good, "0.0." + std::to_string(since - 1));
  }
}

TEST(Bisect, StepsOverVersionsThatGiveNoAnswer) {
  Evidence evidence = testing::BareEvidence();
  evidence.older_versions = {"1.9.0", "1.8.0", "1.7.0"};
  evidence.sightings = {{.run = "r",
                         .app = "shop",
                         .profile = "types",
                         .app_version = "1.2.0",
                         .motor_version = "1.7.0"}};
  testing::Record(evidence, {.kind = model::ExperimentKind::kControl},
                  model::ExperimentResult::kSameFailure);
  const auto first = Bisect(evidence, testing::DefaultPolicy());
  ASSERT_TRUE(first && first->next);
  EXPECT_EQ(first->next->motor_version, "1.8.0");
  testing::Record(evidence, *first->next, model::ExperimentResult::kOtherFailure);
  const auto second = Bisect(evidence, testing::DefaultPolicy());
  ASSERT_TRUE(second && second->next);
  EXPECT_EQ(second->next->motor_version, "1.9.0");
  testing::Record(evidence, *second->next, model::ExperimentResult::kPassed);
  const auto third = Bisect(evidence, testing::DefaultPolicy());
  ASSERT_TRUE(third.has_value());
  EXPECT_EQ(third->last_good, "1.9.0");
  EXPECT_EQ(third->first_bad, "2.0.0");
  EXPECT_FALSE(third->next.has_value());
}

}  // namespace
}  // namespace aiop::policy
