// SPDX-License-Identifier: Apache-2.0
// Checks that both halves of the module make. Private to the module.
#pragma once

#include <string>

#include "base/result/result.h"

namespace aiop::verdict {

// Refuses what is no share, NaN among it.
inline Status CheckShare(double value, const std::string& what) {
  if (value >= 0 && value <= 1) return {};
  return Invalid(what + " is between 0 and 1");
}

}  // namespace aiop::verdict
