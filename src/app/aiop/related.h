// SPDX-License-Identifier: Apache-2.0
// What is shown beside an incident: how it was grouped, which incidents are like it, and which were
// there at the same time. Shown only: nothing is merged for it, and no decision looks at it.
#pragma once

#include <string>
#include <vector>

#include "control/contexts/contexts.h"

namespace aiop::app {

// Of each list, the best come first and are shown.
inline constexpr size_t kRelatedShown = 10;
// Incidents on one motor version this close in time are shown together.
inline constexpr Milliseconds kTogetherWithin{600'000};

struct Related {
  struct Similar {
    model::Incident incident;
    double similarity = 0;
  };
  std::vector<Similar> similar;           // same plant, templates alike
  std::vector<model::Incident> together;  // same plant and motor version, about the same time
};
Result<Related> RelatedTo(contexts::Home& home, const model::Incident& incident);

// The text that was hashed, among other fields, when it was grouped.
std::string TemplateOf(const model::Incident& incident);

// {"rule": "fp2", "fields": {"plant": ..., "signal_type": ..., "template": ...}}.
json::Value GroupingDocument(const model::Incident& incident);
json::Value SimilarDocument(const Related& related);
json::Value TogetherDocument(const Related& related);

}  // namespace aiop::app
