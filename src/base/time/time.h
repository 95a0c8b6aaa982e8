// SPDX-License-Identifier: Apache-2.0
//
// Points in time as the product writes them: UTC, RFC 3339, milliseconds
// ("2025-08-19T11:35:12.000Z"). Thread-safe: values only, no state.
#pragma once

#include <chrono>
#include <compare>
#include <string>
#include <string_view>

#include "base/result/result.h"

namespace aiop {

using Milliseconds = std::chrono::milliseconds;

// Milliseconds since the Unix epoch.
struct Timestamp {
  Milliseconds since_epoch{0};

  auto operator<=>(const Timestamp&) const = default;
  Timestamp operator+(Milliseconds span) const { return {since_epoch + span}; }
  Milliseconds operator-(Timestamp other) const { return since_epoch - other.since_epoch; }
};

// "2025-08-19T11:35:12.000Z".
std::string FormatTimestamp(Timestamp time);

// Any RFC 3339 date-time (offset and fraction allowed; finer than a millisecond is cut off).
// Refuses everything else.
Result<Timestamp> ParseTimestamp(std::string_view text);

// The wall clock. Only shell code may call it: core/ is handed its times.
Timestamp Now();

// How long something takes, whatever happens to the wall clock meanwhile. Shell code only, too.
class Stopwatch {
 public:
  Stopwatch();
  Milliseconds Elapsed() const;

 private:
  std::chrono::steady_clock::time_point began_;
  Timestamp began_by_the_wall_;
};

// Blocks the calling thread. Only for polling what gives no signal of its own; never to wait for
// another thread.
void WaitFor(Milliseconds span);

// "850 ms", "12.3 s", "4 min 05 s", for people.
std::string FormatDuration(Milliseconds span);

}  // namespace aiop
