// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/figures_text.h"

#include <algorithm>
#include <cstdio>

namespace aiop::app {

std::string Fixed(double value, int digits) {
  std::string text(64, '\0');
  const int length = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  text.resize(static_cast<size_t>(std::max(0, length)));
  return text;
}

std::string Fixed(const std::optional<double>& value, int digits) {
  return value ? Fixed(*value, digits) : "no data";
}

std::string InPercent(double share) { return Fixed(share * 100, 1); }

std::string Shown(const kpi::Share& share) {
  if (!share.share) return "no data";
  return InPercent(*share.share) + " % (" + std::to_string(share.hits) + "/" +
         std::to_string(share.of) + ", 95 %: " + InPercent(share.low.value_or(0)) + "-" +
         InPercent(share.high.value_or(1)) + ")";
}

std::string Shown(const scoring::Rate& rate) { return Shown(kpi::ShareOf(rate.hits, rate.of)); }

}  // namespace aiop::app
