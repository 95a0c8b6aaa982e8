// SPDX-License-Identifier: Apache-2.0
#include "core/replay/replay.h"

#include <gtest/gtest.h>

#include <random>

#include "base/file/file.h"
#include "base/yaml/yaml.h"
#include "core/policy/testing.h"

namespace aiop::replay {
namespace {

using model::DecisionHistory;
using model::ExperimentKind;
using model::ExperimentResult;
using World = std::function<ExperimentResult(const policy::Wish&)>;

constexpr std::string_view kGone = R"(
  - {name: gone, when: [control_passed], classification: app, category: TRANSIENT, confidence: 0.9, because: gone}
)";
constexpr std::string_view kWorksElsewhere = R"(
  - {name: works-elsewhere, when: [other_version_passes], classification: motor, category: MOTOR-RULES, confidence: 0.9, because: it works}
)";
constexpr std::string_view kGoldenFails = R"(
  - {name: golden-fails, when: [golden_fails], classification: motor, category: MOTOR-RULES, confidence: 0.8, because: golden}
)";
constexpr std::string_view kRecurs = R"(
  - {name: often, when: [recurs], classification: motor, category: MOTOR-RULES, confidence: 0.9, because: often}
)";
constexpr std::string_view kUnclear = R"(
  - {name: unclear, when: [], classification: app, category: APP-SPEC, confidence: 0.4, because: unclear}
)";

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// The thresholds and limits of the default policy with these rules.
policy::Policy WithRules(std::initializer_list<std::string_view> rules,
                         std::string_view abstain_below = "0.7") {
  std::string text = policy::testing::DefaultPolicyText();
  text.resize(text.find("\nrules:"));
  const size_t threshold =
      text.find("abstain_below: ") + std::string_view("abstain_below: ").size();
  text.replace(threshold, 3, abstain_below);
  text += "\nrules:";
  for (const std::string_view rule : rules) text += rule;
  auto policy = policy::testing::PolicyFromText(text, "test.yaml");
  EXPECT_TRUE(policy.has_value()) << (policy ? "" : policy.error().message);
  return *policy;
}

policy::Policy Usual() { return WithRules({kGone, kWorksElsewhere, kGoldenFails, kUnclear}); }

policy::Evidence SomeEvidence() {
  policy::Evidence evidence = policy::testing::BareEvidence();
  evidence.incident.title = "it broke";
  evidence.incident.plant = "press";
  evidence.older_versions = {"1.1.0", "1.0.0"};
  evidence.golden = {"golden/plain.json"};
  return evidence;
}

// Decides as an engine does, and keeps the history of it.
DecisionHistory Hear(policy::Evidence evidence, const policy::Policy& policy, const World& world) {
  DecisionHistory history = Begin(evidence);
  for (int i = 0; i < kWishLimit; ++i) {
    const policy::Answer answer = policy::Decide(evidence, policy);
    if (const auto* ruling = std::get_if<policy::Ruling>(&answer)) {
      Conclude(history, *ruling, evidence, policy);
      history.decision = "decision";
      return history;
    }
    const auto& wish = std::get<policy::Wish>(answer);
    policy::Evidence scratch = evidence;
    policy::testing::Record(scratch, wish, world(wish));
    Note(history, wish, scratch.experiments.back());
    policy::Learn(evidence, scratch.experiments.back());
  }
  ADD_FAILURE() << "no ruling";
  return history;
}

// Fails on this version, and on the version before; the first one is good.
ExperimentResult Regressed(const policy::Wish& wish) {
  if (wish.kind == ExperimentKind::kOtherVersion && wish.motor_version == "1.0.0") {
    return ExperimentResult::kPassed;
  }
  return ExperimentResult::kSameFailure;
}

TEST(Replay, DecidesTheSameWithTheSamePolicy) {
  const DecisionHistory history = Hear(SomeEvidence(), Usual(), Regressed);
  ASSERT_EQ(history.ruling.rule, "works-elsewhere");
  const Replayed replayed = Replay(history, Usual());
  EXPECT_FALSE(replayed.difference.has_value());
  EXPECT_EQ(replayed.asked,
            (std::vector<std::string>{"control", "other_version 1.1.0", "other_version 1.0.0"}));
  EXPECT_TRUE(replayed.unknown.empty());
}

TEST(Replay, SaysWhichRuleComesFirstNow) {
  const DecisionHistory history = Hear(SomeEvidence(), Usual(), Regressed);
  const Replayed replayed = Replay(history, WithRules({kUnclear, kGone, kWorksElsewhere}));
  ASSERT_TRUE(replayed.difference.has_value());
  EXPECT_EQ(replayed.ruling.rule, "unclear");
  EXPECT_EQ(replayed.ruling.category, model::Category::kAppSpec);
  EXPECT_TRUE(replayed.ruling.abstained);
  EXPECT_TRUE(replayed.asked.empty());
}

TEST(Replay, SaysThatARuleWouldHoldToo) {
  policy::Evidence evidence = SomeEvidence();
  evidence.failing_runs = 3;
  const DecisionHistory history = Hear(evidence, WithRules({kRecurs, kUnclear}), Regressed);
  ASSERT_EQ(history.ruling.rule, "often");
  const Replayed replayed = Replay(history, WithRules({kUnclear, kRecurs}));
  ASSERT_TRUE(replayed.difference.has_value());
  EXPECT_EQ(replayed.difference->why,
            "often would hold too, but the first rule that holds is unclear");
}

TEST(Replay, WhatIsUnknownIsPassedOver) {
  const World golden = [](const policy::Wish& wish) {
    return wish.kind == ExperimentKind::kGoldenApp ? ExperimentResult::kSameFailure
                                                   : Regressed(wish);
  };
  const auto first_golden = WithRules({kGone, kGoldenFails, kWorksElsewhere, kUnclear});
  const DecisionHistory history = Hear(SomeEvidence(), first_golden, golden);
  ASSERT_EQ(history.ruling.rule, "golden-fails");
  // The usual policy asks for other versions first, which nobody ran.
  const Replayed replayed = Replay(history, Usual());
  EXPECT_EQ(replayed.unknown,
            (std::vector<std::string>{"other_version 1.1.0", "other_version 1.0.0"}));
  EXPECT_EQ(replayed.ruling.rule, "golden-fails");
  EXPECT_FALSE(replayed.difference.has_value());
}

TEST(Replay, NamesTheExperimentThatTheHistoryLacks) {
  const DecisionHistory history = Hear(SomeEvidence(), Usual(), Regressed);
  DecisionHistory poorer = history;
  std::erase_if(poorer.experiments, [](const auto& each) { return each.about == "1.0.0"; });
  const Replayed replayed = Replay(poorer, Usual());
  EXPECT_EQ(replayed.unknown.front(), "other_version 1.0.0");
  ASSERT_TRUE(replayed.difference.has_value());
  EXPECT_EQ(replayed.difference->proposition, "other_version_passes");
  EXPECT_NE(replayed.difference->why.find("other_version_passes was yes and is now no"),
            std::string::npos)
      << replayed.difference->why;
  EXPECT_NE(replayed.difference->why.find("lacks the experiment other_version 1.0.0"),
            std::string::npos)
      << replayed.difference->why;
}

TEST(Replay, SaysThatARuleIsGone) {
  const DecisionHistory history = Hear(SomeEvidence(), Usual(), Regressed);
  const Replayed replayed = Replay(history, WithRules({kGone, kUnclear}));
  ASSERT_TRUE(replayed.difference.has_value());
  EXPECT_EQ(replayed.difference->why,
            "the policy has no rule works-elsewhere; the first rule that holds is unclear");
}

TEST(Replay, SaysThatAThresholdDecides) {
  const DecisionHistory history = Hear(SomeEvidence(), Usual(), Regressed);
  const auto stricter = WithRules({kGone, kWorksElsewhere, kGoldenFails, kUnclear}, "0.95");
  const Replayed replayed = Replay(history, stricter);
  ASSERT_TRUE(replayed.difference.has_value());
  EXPECT_TRUE(replayed.ruling.abstained);
  EXPECT_EQ(replayed.difference->why,
            "the rule works-elsewhere is the same; its confidence is below the policy's "
            "abstain_below, 0.95");
}

TEST(Replay, SaysThatAnOutcomeIsAnother) {
  const DecisionHistory history = Hear(SomeEvidence(), Usual(), Regressed);
  const std::string other = Replaced(std::string(kWorksElsewhere), "MOTOR-RULES", "MOTOR-PERF");
  const Replayed replayed = Replay(history, WithRules({kGone, other, kUnclear}));
  ASSERT_TRUE(replayed.difference.has_value());
  EXPECT_EQ(replayed.difference->why,
            "the rule works-elsewhere is the same and its outcome is another");
}

// ---- Any history ----

policy::Evidence RandomEvidence(std::mt19937& random) {
  const auto flip = [&] { return random() % 2 == 0; };
  policy::Evidence evidence = SomeEvidence();
  evidence.has_accepts = flip();
  evidence.has_validators = flip();
  evidence.spec_is_folder = flip();
  evidence.real_failures = 1 + static_cast<int64_t>(random() % 5);
  evidence.other_profiles = {"print"};
  evidence.other_apps = {"toys", "tools"};
  evidence.earlier_revisions = {"1.1.0"};
  evidence.newer_versions = {"2.1.0"};
  evidence.pending_fixes = {"fix/a", "fix/b"};
  evidence.other_motors = {"etcher"};
  if (flip()) evidence.event.scope = model::Scope::kApp;
  if (flip()) evidence.event.signal_type = model::SignalType::kValidation;
  if (flip()) evidence.event.payload = {{"details", "npm ERR! 404 \xC3\xBC"}, {"value", 3.5}};
  for (int i = 0; i < 6; ++i) {
    evidence.sightings.push_back({.run = "run-" + std::to_string(10 + i),
                                  .app = flip()   ? "shop"
                                         : flip() ? "toys"
                                                  : "tools",
                                  .profile = flip() ? "types" : "print",
                                  .app_version = flip() ? "1.2.0" : "1.1.0",
                                  .motor_version = flip() ? "2.0.0" : "1.1.0",
                                  .motor_commit = "",
                                  .failed = flip(),
                                  .shadowed = random() % 5 == 0});
  }
  return evidence;
}

TEST(Replay, AnyHistoryIsReadBackAndDecidedTheSame) {
  constexpr unsigned kHistories = 300;
  for (unsigned seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const World world = [&](const policy::Wish&) {
      return static_cast<ExperimentResult>(random() % 5);
    };
    const auto& policy = policy::testing::DefaultPolicy();
    const DecisionHistory history = Hear(RandomEvidence(random), policy, world);
    const std::string line = LineOf(history);
    const auto read = ReadLine(line);
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(LineOf(*read), line);
    const Replayed replayed = Replay(*read, policy);
    EXPECT_FALSE(replayed.difference.has_value()) << line << replayed.difference->why;
    EXPECT_EQ(replayed.asked.size(), history.experiments.size());
    EXPECT_TRUE(replayed.unknown.empty());
  }
}

TEST(Replay, EveryDifferenceIsExplained) {
  constexpr unsigned kHistories = 200;
  size_t different = 0;
  const auto other = WithRules({kGone, kGoldenFails, kWorksElsewhere, kUnclear}, "0.5");
  for (unsigned seed = 1; seed <= kHistories; ++seed) {
    std::mt19937 random(seed);
    const World world = [&](const policy::Wish&) {
      return static_cast<ExperimentResult>(random() % 5);
    };
    const DecisionHistory history =
        Hear(RandomEvidence(random), policy::testing::DefaultPolicy(), world);
    const Replayed replayed = Replay(history, other);
    if (!replayed.difference) continue;
    ++different;
    EXPECT_FALSE(replayed.difference->why.empty());
  }
  EXPECT_EQ(different, kHistories) << "the policies have no rule in common";
}

// ---- Files ----

TEST(HistoryFile, SaysInWhichLineItIsBroken) {
  const std::string line = LineOf(Hear(SomeEvidence(), Usual(), Regressed));
  EXPECT_EQ(ReadFile(line + "\n" + line, "a.jsonl")->size(), 2U);
  EXPECT_EQ(ReadFile("", "a.jsonl")->size(), 0U);
  const auto broken = ReadFile(line + "{\"history\": 1}\n", "a.jsonl");
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error().code, Code::kInvalid);
  EXPECT_TRUE(broken.error().message.starts_with("a.jsonl:2: ")) << broken.error().message;
  const auto cut = ReadFile(line.substr(0, line.size() / 2), "a.jsonl");
  ASSERT_FALSE(cut.has_value());
  EXPECT_TRUE(cut.error().message.starts_with("a.jsonl:1: "));
}

TEST(HistoryFile, RefusesWhatANewerProgramWrote) {
  std::string line = LineOf(Hear(SomeEvidence(), Usual(), Regressed));
  line = Replaced(line, "\"history\":1", "\"history\":2");
  const auto read = ReadLine(line);
  ASSERT_FALSE(read.has_value());
  EXPECT_NE(read.error().message.find("newer aiop"), std::string::npos);
  EXPECT_NE(ReadLine("{}").error().message.find("no history"), std::string::npos);
}

TEST(HistoryFile, CutsALongTextAndKeepsItsFigures) {
  policy::Evidence evidence = SomeEvidence();
  evidence.event.payload = {{"details", std::string(kEventBytesKept * 3, 'x')},
                            {"value", 7},
                            {"unit", "ms"},
                            {"noise", std::string(kEventBytesKept, 'y')}};
  const DecisionHistory history = Begin(evidence);
  EXPECT_EQ(history.event.payload.at("details").as_string().size(), kEventBytesKept);
  EXPECT_EQ(history.event.payload.at("value").as_int64(), 7);
  EXPECT_FALSE(history.event.payload.contains("noise"));
}

// ---- Normalising ----

// The same story, played once more: other ids, other times, another folder.
DecisionHistory Played(char mark, int64_t plant_ms, const std::string& folder) {
  const std::string id = "01a1fe92-f125-7000-9b5d-1538a7cc158" + std::string(1, mark);
  policy::Evidence evidence = SomeEvidence();
  evidence.incident.id = "incident" + id;
  evidence.run = id;
  evidence.event.id = "event" + id;
  evidence.motor_commit = "commit" + id;
  evidence.event.payload = {{"details", "cannot read " + folder + "/spec.json of " + id}};
  evidence.sightings.push_back({.run = id, .app = "shop", .failed = true});
  DecisionHistory history = Hear(evidence, Usual(), Regressed);
  history.decision = id;
  history.motor_decision = "earlier" + id;
  for (auto& each : history.experiments) {
    each.id += id;
    each.plant_ms = plant_ms;
  }
  return history;
}

TEST(Normalised, TwoPlaysOfOneStoryAreEqual) {
  const auto first =
      Normalised({Played('1', 17, "/tmp/a"), Played('3', 5, "/tmp/a")}, {{"/tmp/a", "/story"}});
  const auto second =
      Normalised({Played('2', 99, "/var/b"), Played('4', 6, "/var/b")}, {{"/var/b", "/story"}});
  ASSERT_EQ(first.size(), 2U);
  for (size_t i = 0; i < first.size(); ++i) EXPECT_EQ(LineOf(first[i]), LineOf(second[i]));
  EXPECT_NE(LineOf(first[0]), LineOf(first[1])) << "two runs of one story stay two";
  EXPECT_EQ(first[0].run, "run-001");
  EXPECT_EQ(first[1].run, "run-002");
  EXPECT_EQ(first[0].sightings.front().run, "run-001");
  EXPECT_EQ(first[0].event.payload.at("details").as_string(),
            "cannot read /story/spec.json of <id>");
  EXPECT_EQ(first[0].experiments.front().plant_ms, kNormalPlantMs);
  EXPECT_FALSE(Replay(first[0], Usual()).difference.has_value());
}

TEST(Normalised, LeavesOutMeasuredLatencies) {
  DecisionHistory history = Played('1', 1, "/tmp/a");
  history.event.signal_type = model::SignalType::kLatency;
  history.event.payload = {
      {"details", "812 ms, over 500 ms"}, {"value", 812}, {"unit", "ms"}, {"budget", 500}};
  const auto normal = Normalised({history}, {});
  EXPECT_EQ(json::Text(json::Value(normal.front().event.payload)),
            R"({"unit":"ms","budget":500,"details":"a latency over its budget"})");
}

}  // namespace
}  // namespace aiop::replay
