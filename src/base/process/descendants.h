// SPDX-License-Identifier: Apache-2.0
//
// All processes below the keeper, wherever they hid: by descent (the keeper adopts orphans) and by
// the cookie in their environment, for those that were orphaned in another pid namespace or whose
// keeper was killed. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace aiop::process {

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;  // 0: found by the cookie
};

class Descendants {
 public:
  // Of this process, carrying AIOP_ATTEMPT=attempt.
  explicit Descendants(const std::string& attempt);

  // Parents before children. What starts or ends meanwhile may be missed: repeat.
  std::vector<Process> List() const;

  // Processes with the cookie that are not below us. Looks at every process of the machine.
  std::vector<Process> Strays() const;

  // Signals everything that is found, again and again until nothing new turns up (or `kSweepLimit`
  // times). Returns how many processes were signalled.
  size_t Signal(int signal_number) const;

  // Kills what Strays() finds, once. Returns how many there were.
  size_t KillStrays() const;

  // Resident memory of all, in bytes: shared pages count for each.
  static uint64_t ResidentBytes(const std::vector<Process>& processes);

 private:
  pid_t self_;
  std::string cookie_;
  bool has_children_files_;
};

}  // namespace aiop::process
