// SPDX-License-Identifier: Apache-2.0
//
// Private: runs the program npm, in its own home. Thread-safe.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "base/time/time.h"

namespace aiop::upgrade {

class NpmClient {
 public:
  NpmClient(std::filesystem::path home_folder, std::string command)
      : home_folder_(std::move(home_folder)), command_(std::move(command)) {}

  // What npm prints, given --json among others. A failure has npm's own code and words in it:
  // kNotFound (no such package or version), kConflict (versions that do not fit together),
  // kUnavailable (all else: no npm, no network, no time).
  Result<std::string> Run(const std::vector<std::string>& arguments,
                          const std::filesystem::path& folder, Milliseconds timeout) const;

  const std::filesystem::path& home_folder() const { return home_folder_; }

 private:
  std::filesystem::path home_folder_;
  std::string command_;
};

}  // namespace aiop::upgrade
