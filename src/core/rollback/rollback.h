// SPDX-License-Identifier: Apache-2.0
//
// What going back to an earlier motor version means: which versions are left, and where a run that
// went on since stands afterwards. Pure; values only, so thread-safe; nothing fails.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/lifecycle/lifecycle.h"
#include "core/model/model.h"

namespace aiop::rollback {

// The versions that a move from one commit to another leaves behind, newest first: those that the
// first was made from, up to the first that the second was made from too. None if the move is
// forward.
std::vector<model::MotorVersion> VersionsLeft(const std::vector<model::MotorVersion>& known,
                                              const std::string& from_commit,
                                              const std::string& to_commit);

// Whether a move of the pointer was a promotion, and not a rollback or the first.
bool IsPromotion(const model::PointerMove& move, const model::MotorVersion& to);

// The restore point that names where runs stood on this version before it was left: the newest.
// Dropped ones too: the caller says what it is.
std::optional<model::RestorePoint> PointOf(const std::vector<model::RestorePoint>& points,
                                           const model::MotorVersion& version);

struct Standing {
  std::string checkpoint;                  // where it goes on; empty: from the start
  std::vector<model::Checkpoint> changed;  // stale from now on, or no longer
  int64_t given_up = 0;                    // checkpoints that were good and are not any more
};

// Where a run stands that is taken back to the checkpoint that a restore point names. `all`: every
// checkpoint of the run, stale ones too, oldest first. What was made after `when` is given up; what
// held then holds again, as far as it holds for `target`. Nothing if the checkpoint is not known.
std::optional<Standing> StandAt(const std::vector<model::Checkpoint>& all,
                                const std::string& checkpoint, Timestamp when,
                                const lifecycle::ResumeTarget& target);

}  // namespace aiop::rollback
