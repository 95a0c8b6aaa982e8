// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/lifecycle/lifecycle.h"

namespace aiop::lifecycle {
namespace {

// The ordinal of the newest checkpoint called `name`, or 0.
int64_t OrdinalOf(const std::vector<model::Checkpoint>& checkpoints, const std::string& name) {
  int64_t ordinal = 0;
  for (const auto& checkpoint : checkpoints) {
    if (checkpoint.name == name) ordinal = checkpoint.ordinal;
  }
  return ordinal;
}

bool Survives(const model::Checkpoint& checkpoint, const std::vector<model::Checkpoint>& all,
              const model::Survival& declared, const ResumeTarget& target) {
  switch (declared.kind) {
    case model::Survival::Kind::kAll:
      return true;
    case model::Survival::Kind::kNone:
      return false;
    case model::Survival::Kind::kNamed:
      return checkpoint.ordinal <= OrdinalOf(all, declared.name);
    case model::Survival::Kind::kByKey: {
      const auto expected = target.expected_keys.find(checkpoint.name);
      return expected != target.expected_keys.end() && !checkpoint.key.empty() &&
             expected->second == checkpoint.key;
    }
  }
  return false;
}

}  // namespace

Survivors CheckpointsAfter(const std::vector<model::Checkpoint>& checkpoints,
                           const ResumeTarget& target) {
  Survivors survivors;
  bool holds = true;
  for (const auto& checkpoint : checkpoints) {
    if (checkpoint.app_ctx.hash != target.app_ctx.hash) {
      holds = holds && Survives(checkpoint, checkpoints, target.declared.after_app_patch, target);
    }
    if (checkpoint.motor_ctx.hash != target.motor_ctx.hash) {
      holds = holds && Survives(checkpoint, checkpoints, target.declared.after_motor_patch, target);
    }
    if (holds) {
      survivors.last = checkpoint;
    } else {
      survivors.stale.push_back(checkpoint);
    }
  }
  return survivors;
}

}  // namespace aiop::lifecycle
