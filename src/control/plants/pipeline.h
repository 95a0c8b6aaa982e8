// SPDX-License-Identifier: Apache-2.0
// Plants that are declared: `run: {pipeline: FILE}`.
#pragma once

#include "control/plants/plants.h"

namespace aiop::plants {

Result<Outcome> ExecutePipeline(const Execution& execution, Sink& sink);

}  // namespace aiop::plants
