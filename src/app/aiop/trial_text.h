// SPDX-License-Identifier: Apache-2.0
// Trials of a change, for people.
#pragma once

#include "app/aiop/output.h"
#include "core/model/model.h"

namespace aiop::app {

// Nothing if it was never on trial.
void ShowTrials(Output& out, const model::Change& change);

}  // namespace aiop::app
