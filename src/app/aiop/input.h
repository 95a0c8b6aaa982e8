// SPDX-License-Identifier: Apache-2.0
// Files and standard input, as people name them on a command line.
#pragma once

#include <cstdint>
#include <string>

#include "base/result/result.h"

namespace aiop::app {

// The whole file; "-" or "" is standard input. kInvalid above the limit, kNotFound if there is
// none.
Result<std::string> ReadInput(const std::string& name, uint64_t limit_bytes);

// A number from 0 to 1.
Result<double> ReadShare(const std::string& text, std::string_view option);

}  // namespace aiop::app
