// SPDX-License-Identifier: Apache-2.0
//
// For tests that start programs: including this file starts the zygote before main(), while there
// is no thread.
#pragma once

#include "base/process/process.h"

namespace aiop::process {

inline const bool kZygoteStartedForTests = [] {
  AIOP_CHECK(StartZygote());
  return true;
}();

}  // namespace aiop::process
