// SPDX-License-Identifier: Apache-2.0
#include "core/lifecycle/lifecycle.h"

namespace aiop::lifecycle {

Result<model::IncidentState> StepIncident(model::IncidentState state, IncidentEvent event) {
  using enum model::IncidentState;
  switch (event) {
    case IncidentEvent::kOccurred:
      // A failure that comes back reopens what was thought healed; otherwise it inherits what is
      // known. One that was merged away stays so.
      return state == kResolved ? kOpen : state;
    case IncidentEvent::kArbitrationStarted:
      if (state == kMerged) break;
      return kArbitrating;
    case IncidentEvent::kRuled:
      if (state == kArbitrating) return kDecided;
      break;
    case IncidentEvent::kHealed:
      if (state == kDecided || state == kResolved) return kResolved;
      break;
    case IncidentEvent::kJoined:
      if (state == kDecided || state == kResolved) return kDecided;
      break;
    case IncidentEvent::kMergedAway:
      if (state != kMerged) return kMerged;
      break;
    case IncidentEvent::kSplitOff:
      if (state == kMerged) return kOpen;
      break;
  }
  return Invalid("an incident that is " + std::string(describe::Name(state)) +
                 " cannot take this step");
}

}  // namespace aiop::lifecycle
