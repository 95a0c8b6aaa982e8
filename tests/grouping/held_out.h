// SPDX-License-Identifier: Apache-2.0
// Which systems of this folder the rules were never fitted to. They are only measured, so that the
// figures say how the rules do on logs they were not made for. README.md tells how they were
// chosen.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace aiop::grouping {

inline bool IsHeldOut(std::string_view system) {
  static constexpr auto kHeldOut =
      std::to_array<std::string_view>({"cmake", "gcc", "mosquitto", "postgres", "unbound"});
  return std::ranges::find(kHeldOut, system) != kHeldOut.end();
}

}  // namespace aiop::grouping
