// SPDX-License-Identifier: Apache-2.0
//
// Reads from a home what core/kpi counts, and keeps watch over objectives and silence: a missed
// objective is one event of scope motor for as long as it is missed, and every failure event has an
// incident or a stored reason why not.
//
// Reading needs no lock on the home; NoteBreaches writes, through the engine of its owner. Errors
// are those of the stores; kNotFound for a plant that is not there.
#pragma once

#include <string>
#include <vector>

#include "base/result/result.h"
#include "control/engine/engine.h"
#include "core/kpi/kpi.h"

namespace aiop::figures {

// Of one plant, or of all if `plant` is empty.
Result<kpi::Records> Read(contexts::Home& home, const std::string& plant);
Result<kpi::KpiReport> Report(contexts::Home& home, const std::string& plant, Timestamp since,
                              Timestamp until);

// How the objectives of the active motors stand, each with the event that tells of its breach.
Result<std::vector<kpi::ObjectiveStanding>> Objectives(contexts::Home& home,
                                                       const std::string& plant, Timestamp now);
// Whether NoteBreaches would have something to say.
bool HasNews(const kpi::ObjectiveStanding& standing);
// Stores an event for each objective that is missed since it was last told of, and one for each
// that is no longer; the same breach once, whoever looks how often. The standings get the events.
Status NoteBreaches(engine::Engine& engine, std::vector<kpi::ObjectiveStanding>& standings);

// Looks at every error and critical event. All are counted; at most `limit` mute ones are listed.
Result<kpi::ComplianceReport> Compliance(contexts::Home& home, const std::string& plant,
                                         size_t limit);

}  // namespace aiop::figures
