// SPDX-License-Identifier: Apache-2.0
// A ruling in words: what was found, who has to change, what was ruled out, what a human could
// check.
#pragma once

#include "core/policy/condition.h"

namespace aiop::policy {

// Whether `{name}` may stand in a rule's sentence.
bool IsPlaceholder(std::string_view name);

// Fills in rationale, evidence, rejected and next_checks of `ruling`, whose outcome is set. `rule`
// is null if none fitted. Text of the failing event never enters: it is material, not evidence.
void Explain(Ruling& ruling, const Rule* rule, Board& board);

}  // namespace aiop::policy
