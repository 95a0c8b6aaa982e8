// SPDX-License-Identifier: Apache-2.0
// The runs of a trial. Private to the module.
#pragma once

#include <string>
#include <vector>

#include "control/governance/governance.h"
#include "core/canary/canary.h"

namespace aiop::governance {

struct Governor::TrialRuns {
  std::vector<std::string> names;  // on the candidate
  canary::Evidence evidence;
  // Why the candidate is worse whatever the figures say; empty if nothing shows that.
  std::string against;
};

}  // namespace aiop::governance
