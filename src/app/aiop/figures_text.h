// SPDX-License-Identifier: Apache-2.0
// How figures are put into words: every share with its count and interval. Pure.
#pragma once

#include <optional>
#include <string>

#include "core/kpi/kpi.h"
#include "core/scoring/scoring.h"

namespace aiop::app {

std::string Fixed(double value, int digits);
// "no data" if there is none.
std::string Fixed(const std::optional<double>& value, int digits);
// 0.984 as "98.4".
std::string InPercent(double share);
// "98.4 % (63/64, 95 %: 91.7-99.7)"
std::string Shown(const kpi::Share& share);
std::string Shown(const scoring::Rate& rate);

}  // namespace aiop::app
