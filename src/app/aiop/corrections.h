// SPDX-License-Identifier: Apache-2.0
//
// What people say about records afterwards: corrections of decisions, merges of incidents. Each is
// an event with an id of its own, so the record that it is about stays as it was made.
#pragma once

#include <string>
#include <vector>

#include "control/contexts/contexts.h"

namespace aiop::app {

// Stores a correction and says so in the decision's outcome, in one commit.
Result<model::DecisionRecord> Correct(contexts::Home& home, const std::string& decision,
                                      model::Category category, const std::string& because,
                                      const std::string& by);
// Oldest first.
Result<std::vector<model::StoredEvent>> CorrectionsOf(contexts::Home& home,
                                                      const std::string& decision);

// `id` is the same failure as `into`: it becomes `merged`, runs that wait at it wait at the other.
// Occurrences stay where they are, so that Unmerge restores exactly.
Result<model::Incident> Merge(contexts::Home& home, const std::string& id, const std::string& into,
                              const std::string& by);
Result<model::Incident> Unmerge(contexts::Home& home, const std::string& id, const std::string& by);

}  // namespace aiop::app
