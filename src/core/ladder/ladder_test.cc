// SPDX-License-Identifier: Apache-2.0
#include "core/ladder/ladder.h"

#include <gtest/gtest.h>

namespace aiop::ladder {
namespace {

using enum model::Classification;

struct Weeks {
  kpi::Records records;

  model::DecisionRecord& Decide(const std::string& id, model::Classification side,
                                const std::string& outcome) {
    model::DecisionRecord& decision = records.decisions[id];
    decision.decision_id = id;
    decision.classification = side;
    decision.category = side == kApp ? model::Category::kAppSpec : model::Category::kMotorRules;
    decision.outcome = outcome;
    decision.created = Timestamp{} + Milliseconds{1000};
    decision.cost = {.experiments = 2, .plant_ms = 50, .cost_usd = 0.25, .tokens = {}};
    return decision;
  }
  void Patch(const std::string& decision, const std::string& because) {
    model::Change& change = records.changes["change of " + decision];
    change.decision = decision;
    change.status = model::ChangeState::kAwaitingApproval;
    change.needs_human_because = because;
  }
  Report Look(model::AppPatches app_patches) const {
    return LookBack(records, app_patches, Timestamp{}, Timestamp{} + Milliseconds{2000});
  }
};

std::vector<int64_t> Columns(const Rung& rung) {
  return {rung.recorded, rung.waits, rung.by_itself};
}
using Row = std::vector<int64_t>;

TEST(Ladder, EachRungDoesMoreByItself) {
  Weeks weeks;
  weeks.Decide("app", kApp, "healed");
  weeks.Patch("app", "motor.yaml: autonomy: propose; motor.yaml: app_patches: ask");
  weeks.Decide("motor", kMotor, "waiting: change awaits approval");
  weeks.Patch("motor", "motor.yaml: autonomy: patch_app");
  const Report report = weeks.Look(model::AppPatches::kAuto);
  ASSERT_EQ(report.rungs.size(), 4u);
  EXPECT_EQ(Columns(report.rungs[0]), (Row{2, 0, 0}));
  EXPECT_EQ(Columns(report.rungs[1]), (Row{0, 2, 0}));
  EXPECT_EQ(Columns(report.rungs[2]), (Row{0, 1, 1}));
  EXPECT_EQ(Columns(report.rungs[3]), (Row{0, 0, 2}));
  EXPECT_EQ(report.rungs[2].healed, 1);
  EXPECT_EQ(report.rungs[3].unknown, 2);
  EXPECT_EQ(report.experiments, 4);
  EXPECT_EQ(report.plant_ms, 100);
  EXPECT_DOUBLE_EQ(report.cost_usd, 0.5);
  // Asked about each patch of an app, it patches none by itself.
  EXPECT_EQ(Columns(weeks.Look(model::AppPatches::kAsk).rungs[3]), (Row{0, 1, 1}));
}

TEST(Ladder, WhatWaitsForAReasonOfItsOwnWaitsOnEveryRung) {
  Weeks weeks;
  weeks.Decide("app", kApp, "waiting: change awaits approval");
  weeks.Patch("app", "motor.yaml: app_patches: ask; it leaves out 40 % of the spec");
  EXPECT_EQ(Columns(weeks.Look(model::AppPatches::kAuto).rungs[3]), (Row{0, 1, 0}));
}

TEST(Ladder, WhereThereWasNoPatchNothingIsChanged) {
  Weeks weeks;
  weeks.Decide("none", kApp, "waiting: the app has to change");
  weeks.Decide("unsure", kMotor, "abstained");
  weeks.Decide("chance", kApp, "healed").category = model::Category::kTransient;
  weeks.Decide("long ago", kMotor, "healed").created = Timestamp{} + Milliseconds{-1};
  const Report report = weeks.Look(model::AppPatches::kAuto);
  EXPECT_EQ(report.decisions, 3);
  EXPECT_EQ(report.no_patch, 1);
  EXPECT_EQ(report.abstained, 1);
  EXPECT_EQ(report.transient, 1);
  EXPECT_EQ(Columns(report.rungs[3]), (Row{3, 0, 0}));
}

TEST(Ladder, AHumanSaysWhatWasWrong) {
  Weeks weeks;
  weeks.Decide("motor", kMotor, "healed");
  weeks.records.corrections.push_back({"motor", model::Category::kAppSpec});
  const Report report = weeks.Look(model::AppPatches::kAuto);
  EXPECT_EQ(report.corrected, 1);
  EXPECT_EQ(report.rungs[3].wrong, 1);
  EXPECT_EQ(report.rungs[2].by_itself, 0);
}

}  // namespace
}  // namespace aiop::ladder
