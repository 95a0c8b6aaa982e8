// SPDX-License-Identifier: Apache-2.0
//
// How runs, incidents and changes move from state to state, and which checkpoints a patch leaves
// usable. Pure functions: the engine stores what they return and performs the effects they name.
// Every move that is not listed is refused.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/model/model.h"

namespace aiop::lifecycle {

// ---- Runs (specification section 9) ----

enum class RunEvent {
  kStart,      // IDLE -> RUNNING
  kSucceeded,  // RUNNING -> SUCCESS
  kFailed,     // RUNNING -> PAUSED (evidence): the cause is not known yet
  kPause,   // RUNNING, PATCHING_*, VALIDATING, RESUMING -> PAUSED; PAUSED stays, for a new reason
  kCancel,  // RUNNING, PAUSED -> FAILED
  kGiveUp,  // RUNNING, PAUSED -> FAILED: the policy's give_up_after
  kPatchMotor,        // PAUSED, VALIDATING -> PATCHING_MOTOR
  kPatchApp,          // PAUSED, VALIDATING -> PATCHING_APP
  kPatched,           // PATCHING_* -> VALIDATING
  kPatchImpossible,   // PATCHING_* -> PAUSED (fix)
  kValidated,         // VALIDATING -> RESUMING
  kValidationFailed,  // VALIDATING -> PAUSED (fix)
  kResume,            // PAUSED -> RESUMING
  kResumed,           // RESUMING -> RUNNING
  kInterrupted,  // the owner died: RUNNING, PATCHING_*, VALIDATING, RESUMING -> PAUSED (operator)
};

// What the engine has to do once the new state is stored.
enum class RunEffect { kNothing, kLaunch, kStopPlant, kArbitrate, kRestoreAndLaunch };

struct RunStep {
  model::RunState state = model::RunState::kIdle;
  std::optional<model::PausedBecause> paused_because;
  RunEffect effect = RunEffect::kNothing;
};

// The step, or kInvalid naming state and event. `because` is used by kPause only.
Result<RunStep> StepRun(model::RunState state, RunEvent event,
                        model::PausedBecause because = model::PausedBecause::kHuman);

std::string_view Name(RunEvent event);

// Whether an edge is one of specification section 9 as the contract spells it out.
bool IsLegalEdge(model::RunState from, model::RunState to);

// ---- Incidents ----

enum class IncidentEvent {
  kOccurred,
  kArbitrationStarted,
  kRuled,
  kHealed,
  kJoined,  // another incident is merged into it, and its runs still stand
  kMergedAway,
  kSplitOff
};
Result<model::IncidentState> StepIncident(model::IncidentState state, IncidentEvent event);

// ---- Changes ----

// Whether a change may go from one state to another.
bool MayMove(model::ChangeState from, model::ChangeState to);

// ---- Checkpoints ----

// What a run is about to continue on.
struct ResumeTarget {
  model::AppReference app_ctx;
  model::MotorReference motor_ctx;
  model::ResumeSpec declared;  // the motor's `resume`
  // For plants whose checkpoints have keys: the key each checkpoint would have under the target, by
  // name. Empty for plants that give none: then only what the motor declares survives a patch.
  std::map<std::string, std::string> expected_keys;
};

struct Survivors {
  std::optional<model::Checkpoint> last;  // where to go on; absent = from the start
  std::vector<model::Checkpoint> stale;   // no longer usable, oldest first
};

// Splits a run's checkpoints (not yet stale ones, oldest first) into those whose making does not
// depend on what changed and the rest. The first that depends on it makes all later ones stale.
Survivors CheckpointsAfter(const std::vector<model::Checkpoint>& checkpoints,
                           const ResumeTarget& target);

}  // namespace aiop::lifecycle
