// SPDX-License-Identifier: Apache-2.0
// Plants that are services: `run: {http: URL}`.
#pragma once

#include "control/plants/plants.h"

namespace aiop::plants {

// The request is the body of a POST, the answer a stream of lines as a program would print them.
// Checkpoints may carry `state`. There is no folder, nothing to acknowledge, and no sandbox.
Result<Outcome> ExecuteService(const Execution& execution, Sink& sink);

}  // namespace aiop::plants
