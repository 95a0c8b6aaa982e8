// SPDX-License-Identifier: Apache-2.0
#include "core/kpi/kpi.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/kpi/testing.h"

namespace aiop::kpi {
namespace {

using testing::Add;
using testing::At;
using testing::AttemptOf;
using testing::FailedAt;
using testing::kApp1;
using testing::kApp2;
using testing::kMotor1;
using testing::kMotor2;
using testing::MakeBuild;
using testing::MakeDecision;

constexpr double kClose = 1e-4;

TEST(ShareOf, CarriesWilsonsInterval) {
  const Share share = ShareOf(3, 4);
  EXPECT_DOUBLE_EQ(*share.share, 0.75);
  // z = 1.96: centre (0.75 + 0.48018) / 1.96036, half 1.96 * sqrt(0.046875 + 0.060023) / 1.96036.
  EXPECT_NEAR(*share.low, 0.3006, kClose);
  EXPECT_NEAR(*share.high, 0.9544, kClose);
}

TEST(ShareOf, NothingHasNoValue) {
  const Share share = ShareOf(0, 0);
  EXPECT_FALSE(share.share || share.low || share.high);
  EXPECT_EQ(json::Text(describe::ToJson(share)), R"({"hits":0,"of":0})");
}

TEST(MiddleOf, AFewFiguresHaveAMedianAndNoInterval) {
  const Middle middle = MiddleOf({4, 1, 7});
  EXPECT_EQ(middle.count, 3);
  EXPECT_DOUBLE_EQ(*middle.median, 4);
  EXPECT_DOUBLE_EQ(*middle.mean, 4);
  EXPECT_FALSE(middle.low.has_value());
  EXPECT_FALSE(MiddleOf({}).median.has_value());
}

TEST(Outcome, APauseBySomebodySaysNothing) {
  model::Run run;
  run.state = model::RunState::kPaused;
  run.incident = "i";
  run.paused_because = model::PausedBecause::kFix;
  EXPECT_EQ(Outcome(run), false);
  run.paused_because = model::PausedBecause::kHuman;
  EXPECT_EQ(Outcome(run), std::nullopt);
  run.state = model::RunState::kRunning;
  EXPECT_EQ(Outcome(run), std::nullopt);
  run.state = model::RunState::kFailed;
  EXPECT_EQ(Outcome(run), false);
}

TEST(Apps, CountRunsThatEndedOrStandAtAFailure) {
  Records records;
  Add(records, MakeBuild("at-once", model::RunState::kSuccess));
  Build healed = MakeBuild("healed", model::RunState::kSuccess);
  healed.occurrences.push_back(FailedAt("healed", "i", 10));
  Add(records, healed);
  Add(records, MakeBuild("stands", model::RunState::kPaused));
  Build early = MakeBuild("before-the-window", model::RunState::kFailed);
  early.run.updated = At(-1);
  Add(records, early);
  const auto app = Compute(records, At(0), At(1000)).app;
  EXPECT_EQ(app.success.hits, 2);
  EXPECT_EQ(app.success.of, 3);
  EXPECT_EQ(app.success_at_once.hits, 1);
  EXPECT_EQ(app.success_at_once.of, 3);
  // Made at 0 s, ended at 100 s.
  EXPECT_DOUBLE_EQ(*app.end_to_end_ms.median, 100'000);
}

TEST(Apps, CostIsThatOfAllAttemptsAndNothingIsNotZero) {
  Records records;
  Add(records, MakeBuild("silent", model::RunState::kSuccess));
  EXPECT_FALSE(Compute(records, At(0), At(1000)).app.cost_usd.median.has_value());
  Build told = MakeBuild("told", model::RunState::kSuccess);
  for (const double cost : {0.25, 0.5}) {
    auto attempt = AttemptOf("told", 1, 0, "success");
    attempt.usage.cost_usd = cost;
    told.attempts.push_back(attempt);
  }
  Add(records, told);
  const auto cost = Compute(records, At(0), At(1000)).app.cost_usd;
  EXPECT_EQ(cost.count, 1);
  EXPECT_DOUBLE_EQ(*cost.median, 0.75);
}

// One run that failed at 10 s and whose next attempt, with these versions, ended so.
Records Healed(const model::DecisionRecord& decision, const model::AppReference& app,
               const model::MotorReference& motor, const std::string& outcome = "success") {
  Records records;
  Build build = MakeBuild("r", model::RunState::kSuccess);
  build.occurrences.push_back(FailedAt("r", "i", 10));
  build.attempts.push_back(AttemptOf("r", 1, 0, "failed"));
  auto next = AttemptOf("r", 2, 20, outcome);
  next.app_ctx = app;
  next.motor_ctx = motor;
  build.attempts.push_back(next);
  Add(records, build);
  records.decisions[decision.decision_id] = decision;
  return records;
}

TEST(Truth, IsWhatMadeTheFailureGoAway) {
  using enum model::Category;
  const auto right = [](model::Category category, const model::AppReference& app,
                        const model::MotorReference& motor) {
    const auto decision = MakeDecision("d", category);
    return TruthOf(decision, Healed(decision, app, motor))->right;
  };
  EXPECT_TRUE(right(kMotorRules, kApp1, kMotor2));
  EXPECT_FALSE(right(kMotorRules, kApp2, kMotor1));
  EXPECT_FALSE(right(kMotorRules, kApp1, kMotor1)) << "it went away by itself";
  EXPECT_TRUE(right(kAppSpec, kApp2, kMotor1));
  EXPECT_FALSE(right(kAppSpec, kApp1, kMotor2));
  EXPECT_TRUE(right(kMixedDrift, kApp1, kMotor2));
  EXPECT_TRUE(right(kMixedDrift, kApp2, kMotor1));
  EXPECT_TRUE(right(kTransient, kApp1, kMotor1));
  EXPECT_FALSE(right(kTransient, kApp2, kMotor1));
}

TEST(Truth, IsUnknownWhereNothingTells) {
  const auto decision = MakeDecision("d", model::Category::kAppSpec);
  EXPECT_FALSE(TruthOf(decision, Healed(decision, kApp2, kMotor2)).has_value()) << "both changed";
  EXPECT_FALSE(TruthOf(decision, Healed(decision, kApp2, kMotor1, "failed")).has_value());
  EXPECT_FALSE(TruthOf(decision, Records{}).has_value());
}

TEST(Truth, AHumanOverrulesAndTheLastWordCounts) {
  const auto decision = MakeDecision("d", model::Category::kMotorRules);
  Records records = Healed(decision, kApp1, kMotor2);
  records.corrections = {{"d", model::Category::kMotorRules}, {"d", model::Category::kAppSpec}};
  const auto truth = TruthOf(decision, records);
  ASSERT_TRUE(truth.has_value());
  EXPECT_TRUE(truth->by_human);
  EXPECT_FALSE(truth->right);
  EXPECT_FALSE(truth->motor_changes);
}

TEST(Operator, CountsWhatIsKnown) {
  Records records;
  // Three to patch a motor, one of them false by a human, one right, one unknown; one asks.
  for (const char* id : {"false", "right", "unknown"})
    records.decisions[id] = MakeDecision(id, model::Category::kMotorRules);
  records.decisions["asks"] = MakeDecision("asks", model::Category::kMotorRules);
  records.decisions["asks"].action_plan = {{"pause", "pipeline", ""}, {"ask", "human", ""}};
  records.corrections = {{"false", model::Category::kTransient},
                         {"right", model::Category::kMotorRules}};
  const auto op = Compute(records, At(0), At(1000)).op;
  EXPECT_EQ(op.abstained.hits, 1);
  EXPECT_EQ(op.abstained.of, 4);
  EXPECT_EQ(op.accuracy.hits, 1);
  EXPECT_EQ(op.accuracy.of, 2);
  EXPECT_EQ(op.accuracy_healing.of, 0);
  EXPECT_EQ(op.false_motor_fixes.hits, 1);
  EXPECT_EQ(op.false_motor_fixes.of, 3);
  EXPECT_EQ(op.false_motor_fixes_known.of, 2);
}

TEST(Operator, ResumesThoseThatHaveAFix) {
  Records records;
  const auto failed = [&](const std::string& id, model::RunState state) {
    Build build = MakeBuild(id, state);
    build.occurrences.push_back(FailedAt(id, "i-" + id, 10));
    build.run.incident = "i-" + id;
    build.run.resumed = 1;
    Add(records, build);
  };
  failed("resumed", model::RunState::kSuccess);
  failed("redone", model::RunState::kSuccess);
  records.builds["redone"].run.steps_redone = 2;
  failed("without-a-fix", model::RunState::kPaused);
  // Its incident has a promoted change, and it stands there all the same.
  failed("left", model::RunState::kPaused);
  records.incidents["i-left"].change = "c";
  records.changes["c"].status = model::ChangeState::kPromoted;
  const auto op = Compute(records, At(0), At(1000)).op;
  EXPECT_EQ(op.resumed.hits, 1);
  EXPECT_EQ(op.resumed.of, 3);
  EXPECT_DOUBLE_EQ(*op.actions_per_failure, 1);
}

TEST(SavedOn, IsTheTimeBehindTheCheckpointsItWentOnFrom) {
  Build build = MakeBuild("r", model::RunState::kSuccess);
  build.attempts = {AttemptOf("r", 1, 0, "failed"), AttemptOf("r", 2, 20, "failed"),
                    AttemptOf("r", 3, 40, "success")};
  const auto checkpoint = [&](const char* name, int64_t attempt, int64_t usage_ms) {
    model::Checkpoint made;
    made.name = name;
    made.attempt = attempt;
    made.usage_ms = usage_ms;
    build.checkpoints.push_back(made);
  };
  checkpoint("read", 1, 3000);
  checkpoint("layout", 1, 5000);
  build.attempts[1].from_checkpoint = "read";
  checkpoint("layout", 2, 2000);
  build.attempts[2].from_checkpoint = "layout";
  // The second attempt kept 3 s; the third these 3 s and the 2 s that the second took to `layout`.
  EXPECT_EQ(SavedOn(build), Milliseconds{3000 + 3000 + 2000});
}

TEST(Motors, IncidentsCountByTheLastWordOnThem) {
  Records records;
  const auto incident = [&](const std::string& id, const std::string& decision) {
    records.incidents[id].id = id;
    records.incidents[id].decision = decision;
    records.incidents[id].last_seen = At(10);
  };
  records.decisions["d1"] = MakeDecision("d1", model::Category::kMotorRules);
  records.decisions["d2"] = MakeDecision("d2", model::Category::kMotorRules);
  incident("one", "d1");
  incident("two", "d2");
  incident("three", "");
  records.corrections = {{"d2", model::Category::kAppSpec}};
  std::map<std::string, int64_t> counts;
  for (const auto& each : Compute(records, At(0), At(1000)).motor.incidents) {
    EXPECT_EQ(each.share.of, 3);
    counts[each.category] = each.share.hits;
  }
  EXPECT_EQ(counts["MOTOR-RULES"], 1);
  EXPECT_EQ(counts["APP-SPEC"], 1);
  EXPECT_EQ(counts["undecided"], 1);
  EXPECT_EQ(counts["TRANSIENT"], 0);
}

TEST(Motors, ImpactIsAVerdictOverBothVersions) {
  Records records;
  model::Change change;
  change.id = "c";
  change.plant = "pages";
  change.incident = "i";
  change.status = model::ChangeState::kPromoted;
  change.base_version = "1.0.0";
  change.version = "1.0.1";
  records.changes["c"] = change;
  records.promoted["c"] = At(70);
  records.incidents["i"].first_seen = At(10);
  records.motors["pages/1.0.0"].ended = 40;
  records.motors["pages/1.0.0"].succeeded = 40;
  records.motors["pages/1.0.1"].ended = 40;
  records.motors["pages/1.0.1"].succeeded = 20;
  const auto motor = Compute(records, At(0), At(1000)).motor;
  ASSERT_EQ(motor.changes.size(), 1u);
  EXPECT_EQ(motor.changes[0].success.verdict, Verdict::kFail);
  EXPECT_DOUBLE_EQ(*motor.changes[0].success.before, 1);
  EXPECT_DOUBLE_EQ(*motor.changes[0].success.after, 0.5);
  EXPECT_EQ(motor.changes[0].quality.verdict, Verdict::kInconclusive) << "nothing was scored";
  EXPECT_FALSE(motor.changes[0].quality.after.has_value());
  EXPECT_DOUBLE_EQ(*motor.repair_ms.mean, 60'000);
}

TEST(Motors, AChangeThatWasRolledBackRepairedNothing) {
  Records records;
  records.changes["c"].id = "c";
  records.changes["c"].side = model::Scope::kMotor;
  records.changes["c"].status = model::ChangeState::kRolledBack;
  records.changes["c"].incident = "i";
  records.incidents["i"].first_seen = At(10);
  records.promoted["c"] = At(70);
  const auto motor = Compute(records, At(0), At(1000)).motor;
  EXPECT_EQ(motor.changes.size(), 1u);
  EXPECT_EQ(motor.repair_ms.count, 0);
}

// schemas/ is what others build against. After a deliberate change: AIOP_ACCEPT=1
// build/dev/src/core_kpi_test.
TEST(AllSchemas, AreWhatTheSchemasFolderSays) {
  const std::filesystem::path folder = std::filesystem::path(AIOP_SOURCE_DIR) / "schemas";
  for (const auto& [name, schema] : AllSchemas()) {
    const std::filesystem::path file = folder / (name + ".json");
    const std::string text = json::PrettyText(schema);
    if (std::getenv("AIOP_ACCEPT")) std::ofstream(file) << text;
    std::ifstream in(file);
    const std::string kept((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    EXPECT_EQ(kept, text) << file << " is out of step with the code";
  }
}

}  // namespace
}  // namespace aiop::kpi
