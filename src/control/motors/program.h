// SPDX-License-Identifier: Apache-2.0
//
// The `git` program, run so that nothing of the user's environment or settings bends what it does,
// no hook runs and nothing is asked for at a terminal.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/process/process.h"
#include "base/result/result.h"
#include "control/motors/motors.h"

namespace aiop::motors {

inline constexpr size_t kGitOutputLimitBytes = size_t{1} << 30;

struct GitCall {
  std::vector<std::string> arguments;
  std::string_view input = {};
  std::map<std::string, std::string> environment = {};  // on top of the usual
  std::filesystem::path folder = {};                    // working directory
};

class GitProgram {
 public:
  // `git_folder` is what commands work on; empty: whatever the working directory is in. `source` is
  // the repository talked to: if it is a local path only local repositories may be read (and what
  // those are partial clones of), else only the network. `settings_folder` is where our settings
  // file is written.
  GitProgram(std::filesystem::path git_folder, std::filesystem::path settings_folder,
             std::string source);

  // What it did, whatever the exit status; kUnavailable if it could not be run, kTimeout.
  Result<process::Output> Run(const GitCall& call) const;
  // Its standard output, or the last lines of its complaint as an error with `code`.
  Result<std::string> Read(const GitCall& call, Code code) const;

  // The last lines of what git said, without credentials in URLs.
  std::string Complaint(const process::Output& output) const;

 private:
  std::filesystem::path git_folder_;
  std::filesystem::path settings_folder_;
  std::string source_;
};

// Is it the path of something on this machine (and not a URL)?
bool IsLocal(const std::string& source);

// The URL without "user:password@".
std::string WithoutCredentials(std::string_view text);

}  // namespace aiop::motors
