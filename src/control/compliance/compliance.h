// SPDX-License-Identifier: Apache-2.0
//
// Whether a home keeps to what the operator-observer specification asks for (section 19), answered
// from what is stored in it and looked at anew each time. Fails closed: what has no evidence does
// not hold. core/kpi says what each line takes; this module reads the records.
//
// Reading needs no lock on the home; RecordDrills writes, as the home's owner. Errors are those of
// the stores; kNotFound for a plant that is not there.
#pragma once

#include <string>

#include "base/result/result.h"
#include "control/contexts/contexts.h"
#include "core/kpi/kpi.h"

namespace aiop::compliance {

// Of one plant, or of all if `plant` is empty. At most `limit` mute events are listed.
Result<kpi::ComplianceReport> Check(contexts::Home& home, const std::string& plant, size_t limit);

// Remembers what chaos drills came to, as evidence that they were held; the same report once.
// Drills with a guard switched off on purpose prove nothing and are left out.
Status RecordDrills(contexts::Home& home, const model::ChaosReport& report);

}  // namespace aiop::compliance
