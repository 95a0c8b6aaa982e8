// SPDX-License-Identifier: Apache-2.0
//
// What a motor version came to, measured against the one before: failure rate, latency, cost and
// quality, each with its count and 95 % interval, so that a stranger can judge it. And its place in
// the motor's own changelog.
//
// A run counts for a version if it was tried on it: it failed there if its last attempt there did.
// Latency, cost and quality are of runs that went through on that version alone, without being
// resumed. Rates have Wilson's interval, the others that of their median (core/verdict). A run made
// beside another (shadow) counts for nothing.
//
// Pure and thread-safe; never fails.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/kpi/kpi.h"
#include "core/model/model.h"

namespace aiop::impact {

// failures, latency_ms, cost_usd, quality; those without any sample on both sides are left out.
std::vector<model::Comparison> Compare(const kpi::Builds& builds, const std::string& before,
                                       const std::string& after);

// "failed runs: 2 of 4 (50.0 %, 95 % interval 15.0 to 85.0 %) before, 0 of 3 (...) after".
std::string Text(const model::Comparison& comparison);

// The changelog with these lines as what was measured of a version, in place of what stood there.
// Unchanged if it has no entry of the version.
std::string WithMeasured(std::string_view changelog, const std::string& version,
                         const std::vector<std::string>& lines);

}  // namespace aiop::impact
