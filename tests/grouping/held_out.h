// SPDX-License-Identifier: Apache-2.0
// Which systems of this folder the rules were never fitted to: every second name in alphabetical
// order. They are only measured, so that the figures say how the rules do on logs nobody looked at.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace aiop::grouping {

inline bool IsHeldOut(std::string_view system) {
  static constexpr auto kHeldOut = std::to_array<std::string_view>(
      {"cmake", "fail2ban", "gcc", "javac", "mosquitto", "npm", "postgres", "redis", "unbound"});
  return std::ranges::find(kHeldOut, system) != kHeldOut.end();
}

}  // namespace aiop::grouping
