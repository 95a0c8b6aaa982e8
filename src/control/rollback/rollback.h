// SPDX-License-Identifier: Apache-2.0
//
// Going back to an earlier version of a motor. Code, prompts, rules, validators, config and version
// are one commit of the motor's repository, so that one pointer moves them all together.
//
// A rollback is one commit of the motor store (pointer, states of versions, the move with the runs
// it returns), then our branch `main`, then one commit of the ledger (the runs taken back to where
// the restore point saw them, the changes that were left). Killed in between, Finish() does the
// rest, to the same end. Until Delivered() is told, the same request answers with the same move:
// said twice, it does not go back twice.
//
// No state of its own; whoever owns the home and calls one at a time may call these. Errors:
// kNotFound no such version, kInvalid the active one, kForbidden one that was never promoted.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json/json.h"
#include "base/result/result.h"
#include "control/contexts/contexts.h"
#include "core/model/model.h"

namespace aiop::rollback {

struct ReturnedRun {
  std::string run;
  std::string app;
  std::string profile;
  std::string from_version;
  std::string checkpoint;  // where it goes on; empty: from the start
  int64_t given_up = 0;    // checkpoints made since
};
// An open run on a version that is left, which stays as it is.
struct StayingRun {
  std::string run;
  std::string app;
  std::string why;
};

// What a rollback would do.
struct Plan {
  model::Plant plant;
  model::MotorVersion to;
  std::vector<model::MotorVersion> left;         // newest first; none: forward
  std::vector<model::MotorVersion> entered;      // newest first; none: back
  std::map<std::string, std::string> open_runs;  // and their checkpoints
  std::vector<std::string> changed_paths;
  std::vector<model::Change> changes;        // that become rolled_back
  std::optional<model::RestorePoint> point;  // of the version gone back to
  std::string no_return;                     // why no run can be returned; empty: they can
  std::vector<ReturnedRun> returned;
  std::vector<StayingRun> staying;
};

// `to` empty: the version that the active one was made from. Changes nothing; needs no ownership.
Result<Plan> PlanFor(contexts::Home& home, const std::string& plant, const std::string& to);
json::Object ToJson(const Plan& plan);

enum class Asked { kByOperator, kByHuman };
// Carries it out. One by the operator itself counts as delivered.
Result<model::PointerMove> Carry(contexts::Home& home, const Plan& plan, const std::string& actor,
                                 const std::string& because, Asked asked);

// Does what a killed process left undone. What was finished: the last move of the plant, if there
// was something to do.
Result<std::optional<model::PointerMove>> Finish(contexts::Home& home, const std::string& plant);

// The last move of the plant, if it is a rollback that is not finished, or whose answer has not
// reached who asked for it.
Result<std::optional<model::PointerMove>> Undelivered(contexts::Home& home,
                                                      const std::string& plant);
Status Delivered(contexts::Home& home, const model::PointerMove& move);

// What a move did, with its runs as they stand now.
Result<json::Object> Describe(contexts::Home& home, const model::PointerMove& move);

// ---- Retention ----

struct KeptPoint {
  model::RestorePoint point;
  bool kept = false;  // dropped before, or would be now
  std::string because;
};
// By the limits in the active version's motor.yaml, newest first. Changes nothing.
Result<std::vector<KeptPoint>> Retention(contexts::Home& home, const std::string& plant);
// Marks those that the limits drop.
Status DropOldPoints(contexts::Home& home, const std::string& plant);

}  // namespace aiop::rollback
