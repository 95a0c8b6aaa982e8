// SPDX-License-Identifier: Apache-2.0
//
// Faults on purpose, for tests and drills. Thread-safe.
//
// Points at which a test may end the process, to prove that nothing acknowledged is lost. Each
// durable write calls Point() right after it happened. With AIOP_CRASH_AT=N in the environment the
// N-th call kills the process with SIGKILL; with AIOP_CRASH_LOG=FILE each call appends its number
// and name to FILE. Without both, a call is one relaxed atomic increment.
//
// Guards that a chaos drill switches off, to prove that it would notice if they were missing. That
// works in the home of a drill only: `aiop chaos run` puts the file kDrillMark, holding a secret of
// its own, into the home it makes, and starts its programs with AIOP_CHAOS_WITHOUT=SECRET:GUARD or
// AIOP_CHAOS_CLOCK=SECRET:FILE. In any other home, or with another secret, both mean nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace aiop::fault {

void Point(const char* name);

inline constexpr std::string_view kDrillMark = "drill";

// To be told of each home before it is used.
void EnterHome(const std::filesystem::path& home);

// Whether this process works in a drill that switched this guard off.
bool GuardIsOff(std::string_view guard);

// By how much a drill has put the wall clock wrong: the number in its file, read at each call.
int64_t ClockErrorMilliseconds();

}  // namespace aiop::fault
