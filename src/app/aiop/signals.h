// SPDX-License-Identifier: Apache-2.0
//
// The first SIGINT, SIGTERM or SIGHUP calls `stop` (in a thread of its own), a second one ends the
// process at once. One object at a time; while it lives. Plants end with the process in any case.
#pragma once

#include <csignal>
#include <functional>
#include <map>
#include <thread>

namespace aiop::app {

class StopOnSignals {
 public:
  explicit StopOnSignals(std::function<void()> stop);
  ~StopOnSignals();
  StopOnSignals(const StopOnSignals&) = delete;
  StopOnSignals& operator=(const StopOnSignals&) = delete;

 private:
  int pipe_[2] = {-1, -1};
  std::map<int, struct sigaction> before_;
  std::thread thread_;
};

}  // namespace aiop::app
