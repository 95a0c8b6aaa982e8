// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aiop::app {
namespace {

using testing::HasSubstr;
using testing::Not;

model::Run MakeRun(const std::string& app, model::RunState state) {
  model::Run run;
  run.id = "run-" + app;
  run.plant = "pages";
  run.app = app;
  run.state = state;
  run.motor_ctx.version = "1.0.1";
  run.steps_done = 4;
  return run;
}

model::Run Waiting(const std::string& app, model::PausedBecause because) {
  model::Run run = MakeRun(app, model::RunState::kPaused);
  run.paused_because = because;
  run.cause = "the cause of " + app;
  return run;
}

TEST(Picture, TellsStatesReasonsAndWhatWasSaved) {
  supervision::Summary summary;
  model::Run resumed = MakeRun("wide", model::RunState::kSuccess);
  resumed.resumed = 1;
  resumed.steps_kept = 2;
  summary.runs = {MakeRun("narrow", model::RunState::kSuccess), resumed};
  const std::string text = PictureText(summary, 100, false);
  EXPECT_THAT(text, HasSubstr("narrow  SUCCESS"));
  EXPECT_THAT(text, HasSubstr("resumed, then went through"));
  EXPECT_THAT(text, HasSubstr("1 run went on from a checkpoint: 2 finished steps not done again"));
  EXPECT_THAT(text, Not(HasSubstr("What to do next")));
}

TEST(Picture, SaysWhatToDoNextOnceForAllItConcerns) {
  supervision::Summary summary;
  model::DecisionRecord decision;
  decision.decision_id = "d1";
  decision.classification = model::Classification::kMotor;
  decision.category = model::Category::kMotorRules;
  decision.rationale = "Both fail the same way.";
  decision.confidence = 0.95;
  decision.evidence = {{"It failed again.", {"0199f2c4-7d5e-7abc-8def-0123456789ab"}}};
  summary.decisions = {decision};
  for (const char* app : {"one", "two"}) {
    model::Run run = Waiting(app, model::PausedBecause::kFix);
    run.decision = "d1";
    summary.runs.push_back(run);
  }
  const std::string text = PictureText(summary, 100, false);
  EXPECT_THAT(text, HasSubstr("MOTOR-RULES: the motor has to change (confidence 95 %)"));
  EXPECT_THAT(text, HasSubstr("- It failed again. [0123456789ab]"));
  EXPECT_THAT(text, HasSubstr("  one, two:\n    aiop decision show d1\n"
                              "    aiop change submit --plant pages --patch FILE"));
}

TEST(Picture, NamesTheChangeThatAwaitsApproval) {
  supervision::Summary summary;
  model::Run run = Waiting("one", model::PausedBecause::kApproval);
  run.incident = "i1";
  summary.runs = {run, Waiting("two", model::PausedBecause::kOperator)};
  model::Change change;
  change.id = "c1";
  change.incident = "i1";
  change.plant = "pages";
  change.title = "Give wide pages a place";
  change.status = model::ChangeState::kAwaitingApproval;
  summary.changes = {change};
  const std::string text = PictureText(summary, 100, false);
  EXPECT_THAT(text, HasSubstr("  one:\n    aiop change show c1\n    aiop change approve c1\n"));
  EXPECT_THAT(text, HasSubstr("  two:\n    aiop run --plant pages"));
  EXPECT_EQ(text.find("change approve"), text.rfind("change approve"));
}

TEST(Decision, AnAbstentionSaysThatItIsNotSure) {
  model::DecisionRecord decision;
  decision.decision_id = "d1";
  decision.outcome = "abstained";
  decision.confidence = 0.5;
  EXPECT_THAT(DecisionText(decision, 100, false),
              HasSubstr("APP-SPEC: not sure; likeliest: the app has to change (confidence 50 %)"));
}

}  // namespace
}  // namespace aiop::app
