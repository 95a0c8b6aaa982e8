// SPDX-License-Identifier: Apache-2.0
// What a run of golden incidents came to, for people and as JSON.
#pragma once

#include <vector>

#include "app/aiop/output.h"
#include "control/golden/golden.h"

namespace aiop::app {

// `rows`: the comparison with trivial operators; may be empty.
void ShowGolden(Output& out, const golden::Report& report, const std::vector<scoring::Row>& rows);
json::Value GoldenDocument(const golden::Report& report, const std::vector<scoring::Row>& rows);
// Whether all bars hold and every story was as its labels say.
bool GoldenHolds(const golden::Report& report);

}  // namespace aiop::app
