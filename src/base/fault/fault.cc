// SPDX-License-Identifier: Apache-2.0
#include "base/fault/fault.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace aiop::fault {
namespace {

struct Plan {
  long crash_at = 0;
  int log = -1;

  Plan() {
    if (const char* text = std::getenv("AIOP_CRASH_AT")) crash_at = std::strtol(text, nullptr, 10);
    if (const char* path = std::getenv("AIOP_CRASH_LOG")) {
      log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    }
  }
};

}  // namespace

void Point(const char* name) {
  static const Plan plan;
  static std::atomic<long> count{0};
  const long number = count.fetch_add(1, std::memory_order_relaxed) + 1;
  if (plan.log >= 0) dprintf(plan.log, "%ld %s\n", number, name);
  if (number == plan.crash_at) kill(getpid(), SIGKILL);
}

}  // namespace aiop::fault
