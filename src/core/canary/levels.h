// SPDX-License-Identifier: Apache-2.0
// Apps differ: those on trial may always have taken longer than the others, or scored lower. What
// is known of that from the version before. Private to the module.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace aiop::canary {

struct Measured {
  std::pair<std::string, std::string> kind;  // app and profile
  double value = 0;
};

struct Level {
  double offset = 0;       // of the candidate's kinds against all of the version before
  double uncertainty = 0;  // one standard deviation of it
};

// How the kinds of `candidate` compared with all others while both ran on the version before. A
// kind with history counts by its own mean, however unlike the others it is; one without may be as
// unlike as kinds are (the variance between them).
Level LevelOf(const std::vector<Measured>& candidate, const std::vector<Measured>& baseline);

}  // namespace aiop::canary
