// SPDX-License-Identifier: Apache-2.0
// Taking runs back to where a restore point saw them. Private to the module.
#pragma once

#include "control/rollback/rollback.h"
#include "core/rollback/rollback.h"

namespace aiop::rollback {

// Where a run stands if it is taken back; nothing if its checkpoint is gone.
Result<std::optional<Standing>> StandingOf(contexts::Home& home, const model::Run& run,
                                           const model::RestorePoint& point);

// Adds to `batch` what takes the run back: PAUSED for the reason it was PAUSED for then.
Status AddReturn(contexts::Home& home, const model::PointerMove& move,
                 const model::RestorePoint& point, const model::Run& run,
                 store::Ledger::Batch& batch);

// The promoted changes that made these versions.
Result<std::vector<model::Change>> ChangesOf(contexts::Home& home,
                                             const std::vector<model::MotorVersion>& versions);

}  // namespace aiop::rollback
