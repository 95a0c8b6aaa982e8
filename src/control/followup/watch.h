// SPDX-License-Identifier: Apache-2.0
// One change under after-care. Private to the module.
#pragma once

#include <map>
#include <set>
#include <utility>

#include "control/followup/followup.h"

namespace aiop::followup {

struct FollowUp::Watch {
  model::Change change;
  model::Incident incident;                                // that it answers, as merged since
  std::set<std::string> incidents;                         // that one, and those merged into it
  std::set<std::string> prints;                            // their fingerprints
  std::set<std::string> points;                            // last checkpoints before the failure
  std::set<std::pair<std::string, std::string>> affected;  // app and profile that showed it before
};

}  // namespace aiop::followup
