// SPDX-License-Identifier: Apache-2.0
// How each drill is played. Private to the module.
#pragma once

#include "control/chaos/scene.h"

namespace aiop::chaos {

Status KillPlant(Scene& scene);
Status KillOperator(Scene& scene);
Status StoreUnavailable(Scene& scene);
Status DiskFull(Scene& scene);
Status ClockJump(Scene& scene);
Status SlowModel(Scene& scene);
Status DuplicatedEvents(Scene& scene);
Status EventStorm(Scene& scene);
Status BadMotorRelease(Scene& scene);
Status PoisonedEvents(Scene& scene);
Status RollbackExercise(Scene& scene);

// A command in namespaces of its own, in which it may mount; nothing if this machine allows none.
Result<std::optional<std::vector<std::string>>> OwnMounts(Scene& scene);

}  // namespace aiop::chaos
