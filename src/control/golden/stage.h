// SPDX-License-Identifier: Apache-2.0
// Where a story is played: the motor's repository, the home, the specs, the world. Private.
#pragma once

#include <memory>

#include "control/contexts/contexts.h"
#include "control/golden/golden.h"
#include "control/golden/source.h"

namespace aiop::golden {

class Stage {
 public:
  static Result<std::unique_ptr<Stage>> Create(const Plant& plant, const PlayOptions& options);

  // Any step but a run.
  Status Do(const Step& step);
  // The plant is added when something first needs it: releases before that are its history.
  Status NeedPlant();
  contexts::Home& home() { return *home_; }
  const std::string& plant() const { return plant_.name; }

 private:
  Stage(const Plant& plant, const PlayOptions& options, Source source)
      : plant_(plant), folder_(options.folder), source_(std::move(source)) {}
  Status SetApp(const AppStep& step);
  Result<std::filesystem::path> MakeSpec(const AppStep& step);
  Status SetFlag(const FlagStep& step);

  const Plant& plant_;
  std::filesystem::path folder_;
  Source source_;
  std::unique_ptr<contexts::Home> home_;
  bool added_ = false;
  std::map<std::string, std::filesystem::path> specs_;  // as they are now, by app
  int revisions_ = 0;
};

}  // namespace aiop::golden
