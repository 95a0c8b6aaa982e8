// SPDX-License-Identifier: Apache-2.0
//
// Private: change records of apps.
#pragma once

#include "control/app_repair/app_repair.h"

namespace aiop::app_repair {

inline constexpr size_t kDiffShownBytes = size_t{1} << 20;

// Moves a change, storing it with its reason.
Result<model::Change> MoveChange(engine::Engine& engine, model::Change change,
                                 model::ChangeState to, const std::string& reason);

// The changes of an app, oldest first.
Result<std::vector<model::Change>> ChangesOf(contexts::Home& home, const std::string& app);

}  // namespace aiop::app_repair
