// SPDX-License-Identifier: Apache-2.0
// Runs scenarios/*.yaml: what is given, what the world answers, what is asked for and ruled.
#include <sstream>

#include "core/policy/testing.h"

namespace aiop::policy {
namespace {

using json::Value;
using model::ExperimentResult;

std::string Text(const Value* value) {
  return value && value->is_string() ? std::string(value->get_string()) : "";
}

std::vector<std::string> Texts(const Value* value) {
  std::vector<std::string> out;
  if (value == nullptr) return out;
  for (const Value& item : value->as_array()) out.emplace_back(item.as_string());
  return out;
}

bool Flag(const Value& object, std::string_view key) {
  const Value* value = json::Member(object, key);
  return value != nullptr && value->as_bool();
}

// "run app profile app_version motor_version failed|passed|shadowed"
Sighting SightingFrom(const std::string& line) {
  std::istringstream words(line);
  Sighting sighting;
  std::string outcome;
  words >> sighting.run >> sighting.app >> sighting.profile >> sighting.app_version >>
      sighting.motor_version >> outcome;
  EXPECT_TRUE(outcome == "failed" || outcome == "passed" || outcome == "shadowed") << line;
  sighting.failed = outcome == "failed";
  sighting.shadowed = outcome == "shadowed";
  return sighting;
}

SpecFacts SpecFrom(std::string app, const Value& value) {
  SpecFacts spec;
  spec.app = std::move(app);
  if (const Value* declared = json::Member(value, "declared")) spec.declared = declared->as_bool();
  if (const Value* valid = json::Member(value, "valid")) spec.valid = valid->as_bool();
  spec.findings = Texts(json::Member(value, "findings"));
  spec.refs = Texts(json::Member(value, "refs"));
  return spec;
}

void ReadEvent(Evidence& evidence, const Value& given) {
  if (const std::string signal = Text(json::Member(given, "signal")); !signal.empty()) {
    evidence.event.signal_type = *describe::FromName<model::SignalType>(signal);
  }
  if (const std::string scope = Text(json::Member(given, "scope")); !scope.empty()) {
    evidence.event.scope = *describe::FromName<model::Scope>(scope);
  }
  if (const std::string text = Text(json::Member(given, "text")); !text.empty()) {
    evidence.event.payload = {{"details", text}};
  }
}

Evidence EvidenceFrom(const Value& given) {
  Evidence evidence = testing::BareEvidence();
  ReadEvent(evidence, given);
  evidence.spec_is_folder = Flag(given, "folder");
  evidence.has_accepts = Flag(given, "accepts");
  evidence.has_validators = Flag(given, "validators");
  evidence.motor_decision_apps = Texts(json::Member(given, "motor_decision"));
  if (!evidence.motor_decision_apps.empty()) evidence.motor_decision = "decision";
  if (const Value* network = json::Member(given, "network"))
    evidence.has_network = network->as_bool();
  evidence.older_versions = Texts(json::Member(given, "older"));
  evidence.newer_versions = Texts(json::Member(given, "newer"));
  evidence.golden = Texts(json::Member(given, "golden"));
  evidence.other_profiles = Texts(json::Member(given, "profiles"));
  evidence.other_apps = Texts(json::Member(given, "apps"));
  evidence.pending_fixes = Texts(json::Member(given, "fixes"));
  evidence.other_motors = Texts(json::Member(given, "motors"));
  evidence.earlier_revisions = Texts(json::Member(given, "revisions"));
  for (const std::string& line : Texts(json::Member(given, "sightings"))) {
    evidence.sightings.push_back(SightingFrom(line));
  }
  if (const Value* specs = json::Member(given, "specs")) {
    for (const auto& member : specs->as_object()) {
      evidence.specs.push_back(SpecFrom(std::string(member.key()), member.value()));
    }
  }
  if (const Value* times = json::Member(given, "real_failures")) {
    evidence.real_failures = times->as_int64();
  }
  if (const Value* budget = json::Member(given, "budget_ms")) {
    evidence.plant_ms_budget = budget->as_int64();
  }
  return evidence;
}

std::string Summary(const Ruling& ruling) {
  std::ostringstream out;
  out << (ruling.abstained ? "abstains: " : "") << describe::Name(ruling.classification) << " "
      << describe::Name(ruling.category) << " " << ruling.rule << " " << ruling.confidence;
  return out.str();
}

void ExpectSayings(const Value& scenario, const Ruling& ruling) {
  for (const std::string& words : Texts(json::Member(scenario, "says"))) {
    EXPECT_NE(ruling.rationale.find(words), std::string::npos)
        << "'" << words << "' not in: " << ruling.rationale;
  }
  if (const Value* rejected = json::Member(scenario, "rejects")) {
    std::vector<std::string> hypotheses;
    for (const auto& each : ruling.rejected) {
      hypotheses.push_back(each.hypothesis);
      EXPECT_FALSE(each.why.empty());
    }
    EXPECT_EQ(hypotheses, Texts(rejected));
  }
}

void RunScenario(const Value& scenario, std::set<std::string>& rules_fired) {
  Evidence evidence = EvidenceFrom(*json::Member(scenario, "given"));
  testing::Meant() = Text(json::Member(*json::Member(scenario, "given"), "meant"));
  const Value* answers = json::Member(scenario, "answers");
  const auto arbitration =
      testing::Arbitrate(evidence, testing::DefaultPolicy(), [&](const Wish& wish) {
        const Value* answer = answers ? json::Member(*answers, testing::TextOf(wish)) : nullptr;
        EXPECT_NE(answer, nullptr) << "unexpected wish: " << testing::TextOf(wish);
        if (answer == nullptr) return ExperimentResult::kNotPossible;
        const auto result = describe::FromName<ExperimentResult>(Text(answer));
        EXPECT_TRUE(result.has_value()) << Text(answer);
        return result.value_or(ExperimentResult::kNotPossible);
      });
  const Ruling& ruling = arbitration.ruling;
  EXPECT_EQ(Summary(ruling), Text(json::Member(scenario, "rules")));
  if (const Value* asks = json::Member(scenario, "asks")) {
    EXPECT_EQ(arbitration.asked, Texts(asks));
  } else {
    EXPECT_EQ(arbitration.asked.size(), answers ? answers->as_object().size() : 0)
        << ::testing::PrintToString(arbitration.asked);
  }
  EXPECT_FALSE(ruling.rationale.empty());
  EXPECT_EQ(ruling.rationale.find('{'), std::string::npos) << ruling.rationale;
  EXPECT_FALSE(ruling.evidence.empty());
  EXPECT_EQ(ruling.abstained, !ruling.next_checks.empty());
  ExpectSayings(scenario, ruling);
  rules_fired.insert(ruling.rule);
}

TEST(Scenarios, AreAskedAndRuledAsWritten) {
  std::set<std::string> rules_fired;
  const auto text = file::Read(testing::SourceFolder() / "scenarios/default.yaml");
  ASSERT_TRUE(text.has_value());
  const auto document = yaml::Parse(*text, "default.yaml");
  ASSERT_TRUE(document.has_value()) << document.error().message;
  for (const Value& scenario : document->value.as_array()) {
    SCOPED_TRACE(Text(json::Member(scenario, "name")));
    RunScenario(scenario, rules_fired);
  }
  // Every rule of the policy is shown by a scenario. "...-asked" rules ask for the rule of that
  // name.
  const auto policy = yaml::Parse(testing::DefaultPolicyText(), "default.yaml");
  ASSERT_TRUE(policy.has_value());
  for (const Value& rule : json::Member(policy->value, "rules")->as_array()) {
    std::string name = Text(json::Member(rule, "name"));
    if (name.ends_with("-asked")) name.resize(name.rfind('-'));
    EXPECT_TRUE(rules_fired.contains(name)) << "no scenario shows the rule " << name;
  }
}

}  // namespace
}  // namespace aiop::policy
