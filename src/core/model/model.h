// SPDX-License-Identifier: Apache-2.0
//
// The vocabulary: every record that is stored, sent or shown, each described once (core/describe),
// so that its JSON, its JSON Schema (schemas/) and its validation cannot drift apart. Field names
// of EventEnvelope, DecisionRecord, PlantRunRequest and PlantRunResult are those of the
// operator-observer specification, section 8. Pure values.
#pragma once

#include "core/model/access.h"
#include "core/model/change.h"
#include "core/model/context.h"
#include "core/model/decision.h"
#include "core/model/drill.h"
#include "core/model/event.h"
#include "core/model/experiment.h"
#include "core/model/forge.h"
#include "core/model/history.h"
#include "core/model/incident.h"
#include "core/model/manifest.h"
#include "core/model/pattern.h"
#include "core/model/plant.h"
#include "core/model/provenance.h"
#include "core/model/run.h"

namespace aiop::model {

// Every described record by name with its JSON Schema: what schemas/ holds.
std::vector<std::pair<std::string, json::Value>> AllSchemas();

}  // namespace aiop::model
