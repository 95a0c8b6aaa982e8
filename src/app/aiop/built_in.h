// SPDX-License-Identifier: Apache-2.0
// What the build puts into the program: its version, and policies/default.yaml.
#pragma once

#include <string_view>

namespace aiop::app {

extern const std::string_view kVersion;
extern const std::string_view kDefaultPolicy;

}  // namespace aiop::app
