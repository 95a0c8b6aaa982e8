// SPDX-License-Identifier: Apache-2.0
// Runs: one app, one profile, one motor version, driven to SUCCESS, FAILED or PAUSED.
#pragma once

#include "core/model/plant.h"

namespace aiop::model {

// Specification section 9, spelled as CONTRACT of the command line gives them. Stored by name;
// never rename.
enum class RunState {
  kIdle,
  kRunning,
  kPaused,
  kPatchingMotor,
  kPatchingApp,
  kValidating,
  kResuming,
  kSuccess,
  kFailed
};
constexpr auto EnumNames(RunState) {
  using enum RunState;
  return std::to_array<std::pair<RunState, std::string_view>>({{kIdle, "IDLE"},
                                                               {kRunning, "RUNNING"},
                                                               {kPaused, "PAUSED"},
                                                               {kPatchingMotor, "PATCHING_MOTOR"},
                                                               {kPatchingApp, "PATCHING_APP"},
                                                               {kValidating, "VALIDATING"},
                                                               {kResuming, "RESUMING"},
                                                               {kSuccess, "SUCCESS"},
                                                               {kFailed, "FAILED"}});
}

enum class PausedBecause {
  kHuman,
  kApproval,
  kEvidence,
  kFix,
  kBudget,
  kBreaker,
  kCanary,
  kInference,
  kOperator,
  kBoot
};
constexpr auto EnumNames(PausedBecause) {
  using enum PausedBecause;
  return std::to_array<std::pair<PausedBecause, std::string_view>>({{kHuman, "human"},
                                                                    {kApproval, "approval"},
                                                                    {kEvidence, "evidence"},
                                                                    {kFix, "fix"},
                                                                    {kBudget, "budget"},
                                                                    {kBreaker, "breaker"},
                                                                    {kCanary, "canary"},
                                                                    {kInference, "inference"},
                                                                    {kOperator, "operator"},
                                                                    {kBoot, "boot"}});
}

struct Run {
  std::string id;  // also its trace id
  std::string plant;
  std::string app;
  std::string profile;
  AppReference app_ctx;
  MotorReference motor_ctx;
  std::string motor_commit;
  RunState state = RunState::kIdle;
  std::optional<PausedBecause> paused_because;
  std::string cause;  // of the last transition, for people
  int64_t transitions = 0;
  std::string checkpoint;  // the last valid one; empty if none
  int64_t checkpoint_ordinal = 0;
  int64_t attempts = 0;
  std::optional<Timestamp> not_before;  // goes on no earlier: the fault was transient
  int64_t resumed = 0;                  // how often it was resumed after a failure
  int64_t steps_done = 0;               // steps executed, over all attempts
  int64_t steps_redone = 0;       // of these, executed again although their checkpoint still held
  int64_t steps_kept = 0;         // finished steps that its resumptions did not have to do again
  int64_t steps_invalidated = 0;  // steps whose checkpoint a patch made stale
  int64_t plant_ms = 0;           // time spent in the plant, over all attempts
  std::string incident;           // the one it stopped at last
  std::string decision;
  std::string batch;  // the `aiop run` command it was made by
  std::string forked_from;
  bool pinned_motor = false;  // the user named the motor version
  std::string canary;         // the change whose trial it is part of
  bool shadow = false;        // made beside another run, compared and not used
  std::string rerun_of;       // the run whose artifacts it makes anew
  std::string healed_by;      // the change that let it go on
  std::string result_root;    // snapshot of workDir when it succeeded
  Timestamp created;
  Timestamp updated;

  static constexpr std::string_view kName = "Run";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "");
    visit.Required("plant", self.plant, "");
    visit.Required("app", self.app, "");
    visit.Required("profile", self.profile, "Empty if the app has none.");
    visit.Required("app_ctx", self.app_ctx, "");
    visit.Required("motor_ctx", self.motor_ctx, "");
    visit.Optional("motor_commit", self.motor_commit, "");
    visit.Required("state", self.state, "");
    visit.Optional("paused_because", self.paused_because, "");
    visit.Optional("cause", self.cause, "Of the last transition.");
    visit.Optional("transitions", self.transitions, "");
    visit.Optional("checkpoint", self.checkpoint, "The last one that holds.");
    visit.Optional("checkpoint_ordinal", self.checkpoint_ordinal, "");
    visit.Optional("attempts", self.attempts, "");
    visit.Optional("not_before", self.not_before, "Goes on no earlier: its fault was transient.");
    visit.Optional("resumed", self.resumed, "");
    visit.Optional("steps_done", self.steps_done, "");
    visit.Optional("steps_redone", self.steps_redone, "");
    visit.Optional("steps_kept", self.steps_kept,
                   "Finished steps that resumptions did not do again.");
    visit.Optional("steps_invalidated", self.steps_invalidated, "");
    visit.Optional("plant_ms", self.plant_ms, "");
    visit.Optional("incident", self.incident, "");
    visit.Optional("decision", self.decision, "");
    visit.Optional("batch", self.batch, "");
    visit.Optional("forked_from", self.forked_from, "");
    visit.Optional("pinned_motor", self.pinned_motor, "");
    visit.Optional("canary", self.canary, "The change whose trial it is part of.");
    visit.Optional("shadow", self.shadow, "Made beside another run, compared and not used.");
    visit.Optional("rerun_of", self.rerun_of, "The run whose artifacts it makes anew.");
    visit.Optional("healed_by", self.healed_by, "The change that let it go on.");
    visit.Optional("result_root", self.result_root, "Snapshot of workDir when it succeeded.");
    visit.Required("created", self.created, "");
    visit.Required("updated", self.updated, "");
  }
  bool Ended() const { return state == RunState::kSuccess || state == RunState::kFailed; }
};

struct Transition {
  std::string id;  // run/number
  std::string run;
  int64_t number = 0;
  RunState from = RunState::kIdle;
  RunState to = RunState::kIdle;
  std::optional<PausedBecause> paused_because;
  std::string cause;
  Timestamp at;

  static constexpr std::string_view kName = "Transition";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "");
    visit.Required("run", self.run, "");
    visit.Required("number", self.number, "");
    visit.Required("from", self.from, "");
    visit.Required("to", self.to, "");
    visit.Optional("paused_because", self.paused_because, "");
    visit.Required("cause", self.cause, "");
    visit.Required("at", self.at, "");
  }
};

// A stored checkpoint: where a run can go on, and the key of all that made it.
struct Checkpoint {
  std::string id;  // run/ordinal
  std::string run;
  int64_t ordinal = 0;
  std::string name;
  std::string root;  // snapshot of workDir
  std::string key;   // what it depends on; see core/lifecycle
  AppReference app_ctx;
  MotorReference motor_ctx;
  int64_t attempt = 0;
  json::Value state;   // http plants
  bool stale = false;  // a patch made it unusable
  int64_t usage_ms = 0;
  Timestamp created;

  static constexpr std::string_view kName = "Checkpoint";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "");
    visit.Required("run", self.run, "");
    visit.Required("ordinal", self.ordinal, "");
    visit.Required("name", self.name, "");
    visit.Optional("root", self.root, "Snapshot of workDir.");
    visit.Optional("key", self.key, "What it depends on.");
    visit.Required("app_ctx", self.app_ctx, "");
    visit.Required("motor_ctx", self.motor_ctx, "");
    visit.Required("attempt", self.attempt, "");
    visit.Optional("state", self.state, "What an http plant handed over.");
    visit.Optional("stale", self.stale, "A patch made it unusable.");
    visit.Optional("usage_ms", self.usage_ms, "Plant time up to here in its attempt.");
    visit.Required("created", self.created, "");
  }
};

// One start of a plant.
struct Attempt {
  std::string id;  // run/number, or the experiment's id
  std::string run;
  int64_t number = 0;
  Purpose purpose = Purpose::kRun;
  AppReference app_ctx;
  MotorReference motor_ctx;
  std::string from_checkpoint;
  std::string outcome;     // success | failed | partial | crashed | timeout | stopped | lost
  std::string exit;        // "exit 1", "signal 9", ...
  std::string transcript;  // blob with stdout, stderr and messages, redacted
  Usage usage;
  int64_t wall_ms = 0;
  int64_t cpu_ms = 0;
  Timestamp started;
  std::optional<Timestamp> ended;

  static constexpr std::string_view kName = "Attempt";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "");
    visit.Required("run", self.run, "");
    visit.Required("number", self.number, "");
    visit.Required("purpose", self.purpose, "");
    visit.Required("app_ctx", self.app_ctx, "");
    visit.Required("motor_ctx", self.motor_ctx, "");
    visit.Optional("from_checkpoint", self.from_checkpoint, "");
    visit.Optional("outcome", self.outcome,
                   "success, failed, partial, crashed, timeout, stopped or lost.");
    visit.Optional("exit", self.exit, "How the process ended.");
    visit.Optional("transcript", self.transcript,
                   "Blob with stdout, stderr and messages, redacted.");
    visit.Optional("usage", self.usage, "");
    visit.Optional("wall_ms", self.wall_ms, "");
    visit.Optional("cpu_ms", self.cpu_ms, "");
    visit.Required("started", self.started, "");
    visit.Optional("ended", self.ended, "");
  }
};

// One `aiop run` command: the runs it is responsible for, so that the same command after a crash
// goes on with them.
struct Batch {
  std::string id;
  std::string plant;
  bool closed = false;
  Timestamp created;

  static constexpr std::string_view kName = "Batch";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "");
    visit.Required("plant", self.plant, "");
    visit.Required("closed", self.closed, "");
    visit.Required("created", self.created, "");
  }
};

}  // namespace aiop::model
