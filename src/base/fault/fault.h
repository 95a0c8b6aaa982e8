// SPDX-License-Identifier: Apache-2.0
//
// Points at which a test may end the process, to prove that nothing acknowledged is lost. Each
// durable write calls Point() right after it happened. With AIOP_CRASH_AT=N in the environment the
// N-th call kills the process with SIGKILL; with AIOP_CRASH_LOG=FILE each call appends its number
// and name to FILE. Without both, a call is one relaxed atomic increment. Thread-safe.
#pragma once

namespace aiop::fault {

void Point(const char* name);

}  // namespace aiop::fault
