// SPDX-License-Identifier: Apache-2.0
//
// Merging incidents and taking it back. What was done is a remark (control/remarks), so that it can
// be undone exactly.
#pragma once

#include <string>

#include "control/contexts/contexts.h"

namespace aiop::app {

// `id` is the same failure as `into`: it becomes `merged`, runs that wait at it wait at the other.
// Occurrences stay where they are, so that Unmerge restores exactly.
Result<model::Incident> Merge(contexts::Home& home, const std::string& id, const std::string& into,
                              const std::string& by);
Result<model::Incident> Unmerge(contexts::Home& home, const std::string& id, const std::string& by);

}  // namespace aiop::app
