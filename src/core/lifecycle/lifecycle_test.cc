// SPDX-License-Identifier: Apache-2.0
#include "core/lifecycle/lifecycle.h"

#include <gtest/gtest.h>

namespace aiop::lifecycle {
namespace {

using model::PausedBecause;
using model::RunState;

std::vector<RunState> AllStates() {
  std::vector<RunState> states;
  for (const auto& [state, name] : EnumNames(RunState{})) states.push_back(state);
  return states;
}

TEST(StepRun, EveryStepOfEveryPairIsALegalEdgeOrRefused) {
  for (const RunState from : AllStates()) {
    for (int event = 0; event <= static_cast<int>(RunEvent::kInterrupted); ++event) {
      const auto step = StepRun(from, static_cast<RunEvent>(event));
      if (!step) continue;
      // A pause of a paused run changes its reason, not its state.
      if (from == RunState::kPaused && step->state == RunState::kPaused) continue;
      EXPECT_TRUE(IsLegalEdge(from, step->state))
          << describe::Name(from) << " --" << Name(static_cast<RunEvent>(event)) << "--> "
          << describe::Name(step->state);
      EXPECT_EQ(step->paused_because.has_value(), step->state == RunState::kPaused);
    }
  }
}

TEST(StepRun, EveryLegalEdgeCanBeWalked) {
  for (const RunState from : AllStates()) {
    for (const RunState to : AllStates()) {
      if (!IsLegalEdge(from, to)) continue;
      bool walked = false;
      for (int event = 0; event <= static_cast<int>(RunEvent::kInterrupted); ++event) {
        const auto step = StepRun(from, static_cast<RunEvent>(event));
        walked = walked || (step && step->state == to);
      }
      EXPECT_TRUE(walked) << describe::Name(from) << " -> " << describe::Name(to);
    }
  }
}

TEST(StepRun, EndedRunsTakeNothing) {
  for (const RunState from : {RunState::kSuccess, RunState::kFailed}) {
    for (int event = 0; event <= static_cast<int>(RunEvent::kInterrupted); ++event) {
      EXPECT_FALSE(StepRun(from, static_cast<RunEvent>(event)).has_value());
    }
  }
}

TEST(StepRun, RandomWalksNeverLeaveTheMachine) {
  uint32_t random = 1;
  for (int walk = 0; walk < 2000; ++walk) {
    RunState state = RunState::kIdle;
    for (int i = 0; i < 60; ++i) {
      random = random * 1664525u + 1013904223u;
      const auto step = StepRun(state, static_cast<RunEvent>((random >> 16) % 15));
      if (!step) continue;
      ASSERT_TRUE(step->state == state || IsLegalEdge(state, step->state));
      state = step->state;
    }
  }
}

model::Checkpoint At(int64_t ordinal, std::string name, std::string app, std::string motor,
                     std::string key = "") {
  model::Checkpoint checkpoint;
  checkpoint.ordinal = ordinal;
  checkpoint.name = std::move(name);
  checkpoint.app_ctx.hash = std::move(app);
  checkpoint.motor_ctx.hash = std::move(motor);
  checkpoint.key = std::move(key);
  return checkpoint;
}

ResumeTarget Target(std::string app, std::string motor) {
  ResumeTarget target;
  target.app_ctx.hash = std::move(app);
  target.motor_ctx.hash = std::move(motor);
  return target;
}

TEST(CheckpointsAfter, NothingChangedKeepsAll) {
  const auto survivors =
      CheckpointsAfter({At(1, "a", "A", "M"), At(2, "b", "A", "M")}, Target("A", "M"));
  EXPECT_EQ(survivors.last->name, "b");
  EXPECT_TRUE(survivors.stale.empty());
}

TEST(CheckpointsAfter, APatchWithoutDeclarationOrKeysKeepsNone) {
  const auto survivors =
      CheckpointsAfter({At(1, "a", "A", "M"), At(2, "b", "A", "M")}, Target("A", "N"));
  EXPECT_FALSE(survivors.last.has_value());
  EXPECT_EQ(survivors.stale.size(), 2u);
}

TEST(CheckpointsAfter, TheDeclaredOneIsTheLastToSurvive) {
  auto target = Target("A", "N");
  target.declared.after_motor_patch = {model::Survival::Kind::kNamed, "b"};
  const auto survivors =
      CheckpointsAfter({At(1, "a", "A", "M"), At(2, "b", "A", "M"), At(3, "c", "A", "M")}, target);
  EXPECT_EQ(survivors.last->name, "b");
  ASSERT_EQ(survivors.stale.size(), 1u);
  EXPECT_EQ(survivors.stale[0].name, "c");
}

TEST(CheckpointsAfter, ADeclaredNameThatWasNotReachedKeepsNone) {
  auto target = Target("A", "N");
  target.declared.after_motor_patch = {model::Survival::Kind::kNamed, "z"};
  EXPECT_FALSE(CheckpointsAfter({At(1, "a", "A", "M")}, target).last.has_value());
}

TEST(CheckpointsAfter, KeysFindTheFirstThatDependsOnTheChange) {
  auto target = Target("A", "N");
  target.expected_keys = {{"a", "k1"}, {"b", "k2-new"}, {"c", "k3"}};
  const auto survivors = CheckpointsAfter(
      {At(1, "a", "A", "M", "k1"), At(2, "b", "A", "M", "k2"), At(3, "c", "A", "M", "k3")}, target);
  EXPECT_EQ(survivors.last->name, "a");
  EXPECT_EQ(survivors.stale.size(), 2u) << "what comes after a stale checkpoint is stale too";
}

TEST(CheckpointsAfter, BothSidesMustHold) {
  auto target = Target("B", "N");
  target.declared.after_motor_patch = {model::Survival::Kind::kAll, ""};
  target.declared.after_app_patch = {model::Survival::Kind::kNone, ""};
  EXPECT_FALSE(CheckpointsAfter({At(1, "a", "A", "M")}, target).last.has_value());
}

TEST(MayMove, EndsAreEnds) {
  for (const auto& [to, name] : EnumNames(model::ChangeState{})) {
    // Only an admin can let it through all the same.
    EXPECT_EQ(MayMove(model::ChangeState::kRejected, to), to == model::ChangeState::kPromoted);
    EXPECT_FALSE(MayMove(model::ChangeState::kSuperseded, to));
    EXPECT_FALSE(MayMove(model::ChangeState::kRolledBack, to));
  }
  EXPECT_TRUE(MayMove(model::ChangeState::kPromoted, model::ChangeState::kRolledBack));
  EXPECT_FALSE(MayMove(model::ChangeState::kDrafted, model::ChangeState::kPromoted))
      << "never without gates";
}

}  // namespace
}  // namespace aiop::lifecycle
