// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "core/lifecycle/lifecycle.h"

namespace aiop::lifecycle {
namespace {

using enum model::RunState;

struct Row {
  model::RunState from;
  RunEvent event;
  model::RunState to;
  RunEffect effect;
};

constexpr auto kTable = std::to_array<Row>({
    {kIdle, RunEvent::kStart, kRunning, RunEffect::kLaunch},
    {kRunning, RunEvent::kSucceeded, kSuccess, RunEffect::kNothing},
    {kRunning, RunEvent::kFailed, kPaused, RunEffect::kArbitrate},
    {kRunning, RunEvent::kPause, kPaused, RunEffect::kStopPlant},
    {kRunning, RunEvent::kCancel, kFailed, RunEffect::kStopPlant},
    {kRunning, RunEvent::kGiveUp, kFailed, RunEffect::kStopPlant},
    {kRunning, RunEvent::kInterrupted, kPaused, RunEffect::kNothing},
    {kPaused, RunEvent::kPause, kPaused, RunEffect::kNothing},
    {kPaused, RunEvent::kCancel, kFailed, RunEffect::kNothing},
    {kPaused, RunEvent::kGiveUp, kFailed, RunEffect::kNothing},
    {kPaused, RunEvent::kPatchMotor, kPatchingMotor, RunEffect::kNothing},
    {kPaused, RunEvent::kPatchApp, kPatchingApp, RunEffect::kNothing},
    {kPaused, RunEvent::kResume, kResuming, RunEffect::kRestoreAndLaunch},
    {kPatchingMotor, RunEvent::kPatched, kValidating, RunEffect::kNothing},
    {kPatchingMotor, RunEvent::kPatchImpossible, kPaused, RunEffect::kNothing},
    {kPatchingMotor, RunEvent::kPause, kPaused, RunEffect::kNothing},
    {kPatchingMotor, RunEvent::kInterrupted, kPaused, RunEffect::kNothing},
    {kPatchingApp, RunEvent::kPatched, kValidating, RunEffect::kNothing},
    {kPatchingApp, RunEvent::kPatchImpossible, kPaused, RunEffect::kNothing},
    {kPatchingApp, RunEvent::kPause, kPaused, RunEffect::kNothing},
    {kPatchingApp, RunEvent::kInterrupted, kPaused, RunEffect::kNothing},
    {kValidating, RunEvent::kValidated, kResuming, RunEffect::kRestoreAndLaunch},
    {kValidating, RunEvent::kValidationFailed, kPaused, RunEffect::kNothing},
    {kValidating, RunEvent::kPatchMotor, kPatchingMotor, RunEffect::kNothing},
    {kValidating, RunEvent::kPatchApp, kPatchingApp, RunEffect::kNothing},
    {kValidating, RunEvent::kPause, kPaused, RunEffect::kNothing},
    {kValidating, RunEvent::kInterrupted, kPaused, RunEffect::kNothing},
    {kResuming, RunEvent::kResumed, kRunning, RunEffect::kNothing},
    {kResuming, RunEvent::kPause, kPaused, RunEffect::kNothing},
    {kResuming, RunEvent::kInterrupted, kPaused, RunEffect::kNothing},
});

std::optional<model::PausedBecause> ReasonFor(RunEvent event, model::PausedBecause given) {
  switch (event) {
    case RunEvent::kFailed:
      return model::PausedBecause::kEvidence;
    case RunEvent::kPatchImpossible:
    case RunEvent::kValidationFailed:
      return model::PausedBecause::kFix;
    case RunEvent::kInterrupted:
      return model::PausedBecause::kOperator;
    default:
      return given;
  }
}

}  // namespace

std::string_view Name(RunEvent event) {
  constexpr std::array<std::string_view, 15> kNames = {
      "start",     "succeeded",         "failed",    "pause",   "cancel",
      "give_up",   "patch_motor",       "patch_app", "patched", "patch_impossible",
      "validated", "validation_failed", "resume",    "resumed", "interrupted"};
  return kNames.at(static_cast<size_t>(event));
}

Result<RunStep> StepRun(model::RunState state, RunEvent event, model::PausedBecause because) {
  const auto row = std::find_if(kTable.begin(), kTable.end(), [&](const Row& each) {
    return each.from == state && each.event == event;
  });
  if (row == kTable.end()) {
    return Invalid("a run that is " + std::string(describe::Name(state)) + " cannot take '" +
                   std::string(Name(event)) + "'");
  }
  RunStep step{.state = row->to, .paused_because = {}, .effect = row->effect};
  if (row->to == kPaused) step.paused_because = ReasonFor(event, because);
  return step;
}

bool IsLegalEdge(model::RunState from, model::RunState to) {
  switch (from) {
    case kIdle:
      return to == kRunning;
    case kRunning:
      return to == kPaused || to == kSuccess || to == kFailed;
    case kPaused:
      return to == kPatchingMotor || to == kPatchingApp || to == kResuming || to == kFailed;
    case kPatchingMotor:
    case kPatchingApp:
      return to == kValidating || to == kPaused;
    case kValidating:
      return to == kResuming || to == kPatchingMotor || to == kPatchingApp || to == kPaused;
    case kResuming:
      return to == kRunning || to == kPaused;
    case kSuccess:
    case kFailed:
      return false;
  }
  return false;
}

}  // namespace aiop::lifecycle
