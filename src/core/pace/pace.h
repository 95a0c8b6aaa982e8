// SPDX-License-Identifier: Apache-2.0
//
// How many things may be begun now, if at most so many are begun within a minute: a sliding window
// over when others were begun, so that a killed process that begins again keeps to it too. Pure;
// values only, so thread-safe; nothing fails.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time/time.h"

namespace aiop::pace {

inline constexpr Milliseconds kWindow{60'000};

// `begun`: when the others were begun, in any order; `now` is no earlier.
int64_t Allowed(const std::vector<Timestamp>& begun, Timestamp now, int64_t per_minute);

// How long until at least one more is allowed; 0 if one is allowed now.
Milliseconds UntilNext(const std::vector<Timestamp>& begun, Timestamp now, int64_t per_minute);

}  // namespace aiop::pace
