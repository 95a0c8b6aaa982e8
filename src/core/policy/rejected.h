// SPDX-License-Identifier: Apache-2.0
// What a ruling excludes, and what it leaves to a human.
#pragma once

#include "core/policy/condition.h"

namespace aiop::policy {

// The hypotheses app, motor, mixed and transient that the evidence speaks against, each with why.
// One that nothing speaks against is not listed: it was not excluded.
std::vector<model::Rejected> RejectedBy(const Ruling& ruling, Board& board);

// What a human could check when the evidence does not suffice; never empty.
std::vector<std::string> NextChecks(Board& board);

}  // namespace aiop::policy
