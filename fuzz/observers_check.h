// SPDX-License-Identifier: Apache-2.0
// What holds for the events of every reader, whatever bytes it was given.
#pragma once

#include <set>
#include <string>

#include "base/json/json.h"
#include "control/observers/observers.h"
#include "core/describe/describe.h"

namespace aiop::observers {

inline Context FuzzContext() { return {.trace_id = "trace", .now = {}, .occasion = "attempt 1"}; }

// `read` gives the Result of one reading.
template <class Read>
void CheckReader(Read read) {
  const Result<Events> events = read();
  const Result<Events> again = read();
  AIOP_CHECK(events.has_value() == again.has_value());
  if (!events) {
    AIOP_CHECK(events.error().code == Code::kInvalid && !events.error().message.empty());
    return;
  }
  AIOP_CHECK(!events->empty() && events->size() <= 2 * kEventLimit + 1 &&
             events->size() == again->size());
  std::set<std::string> ids;
  for (size_t i = 0; i < events->size(); ++i) {
    AIOP_CHECK((*events)[i].id == (*again)[i].id);
    AIOP_CHECK(ids.insert((*events)[i].id).second);
    AIOP_CHECK((*events)[i].Details().size() <= 4 * kDetailsLimitBytes);
    AIOP_CHECK(json::Parse(json::Text(describe::Encode((*events)[i]))).has_value());
  }
}

}  // namespace aiop::observers
