// SPDX-License-Identifier: Apache-2.0
// Plants that are programs: `run: [command]`.
#pragma once

#include "control/plants/dialogue.h"
#include "control/plants/plants.h"

namespace aiop::plants {

Result<Outcome> ExecuteProgram(const Execution& execution, Sink& sink);

// ---- Shared with pipelines

// The command as it is to be started: environment, folder, lock and sandbox.
Result<process::Command> Prepare(const Execution& execution, std::vector<std::string> argv);

// Starts it; what is wrong with the program itself is Ending::kNotStarted, anything else an error.
struct Started {
  std::unique_ptr<process::Child> child;  // null: it could not be executed
  std::string why;
};
Result<Started> Start(const process::Command& command);

// "exit status 3", "killed by signal 11 (Segmentation fault)": the same in a sandbox and outside,
// so that failures there compare.
std::string DescribeExit(const process::Exit& exit);

// Fills in what the exit of a program tells: code, signal, times, error tail.
void TakeExit(const Closing& closing, bool sandboxed, Outcome& outcome);

}  // namespace aiop::plants
