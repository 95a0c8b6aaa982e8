// SPDX-License-Identifier: Apache-2.0
//
// Private: changed specs as versions of an app that are not the app's yet.
#pragma once

#include "control/app_repair/app_repair.h"

namespace aiop::app_repair {

// A folder below the home's experiments, removed with everything in it at the end of the scope.
class Scratch {
 public:
  explicit Scratch(contexts::Home& home);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The app version with these files changed: its content is in the blobs, its reference is the one
// it would get; nothing else knows of it.
Result<model::AppVersion> WithFiles(contexts::Home& home, const model::AppVersion& app,
                                    const std::map<std::string, std::optional<std::string>>& files);

// The spec's text; a folder has none.
Result<std::string> SpecText(contexts::Home& home, const model::AppVersion& app);

}  // namespace aiop::app_repair
