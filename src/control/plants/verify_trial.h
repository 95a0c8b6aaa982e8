// SPDX-License-Identifier: Apache-2.0
//
// Runs of a plant for its contract tests: each in the same work folder, everything it says kept.
// One thread.
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/plants/message.h"
#include "control/plants/plants.h"

namespace aiop::plants {

// One line of a plant's output, understood.
struct Said {
  std::string line;
  Message message;  // its raw_payload is not kept
};

struct Trial {
  Outcome outcome;
  std::vector<Said> messages;            // lines of standard output that are not log
  std::vector<std::string> error_lines;  // standard error
  // Content hash by artifact id, when it ended; empty for one that has no file.
  std::map<std::string, std::string> artifacts;
  // When told to stop at a checkpoint:
  bool reached = false;
  bool went_on = false;  // files changed before the checkpoint was acknowledged
  json::Value state;     // of that checkpoint
};

struct TrialPlan {
  std::filesystem::path spec;  // empty: the good one
  std::string profile;
  model::Purpose purpose = model::Purpose::kExperiment;
  std::string stop_at;  // end it at this checkpoint, not acknowledged
  bool watch = false;   // then first wait a while to see whether it goes on
  // Resume after this checkpoint, from the work folder as it was when a plan stopped there.
  std::string resume_after;
  json::Value state;
};

class Trials {
 public:
  explicit Trials(const VerifyOptions& options) : options_(options) {}

  Result<Trial> Run(const TrialPlan& plan);
  std::filesystem::path work_folder() const { return options_.scratch / "work"; }
  std::filesystem::path kept_folder() const { return options_.scratch / "kept"; }
  static constexpr const char* kTraceId = "0198c0de-0000-7000-8000-000000000001";

 private:
  Status PrepareFolder(const TrialPlan& plan) const;
  Execution MakeExecution(const TrialPlan& plan, const std::atomic<bool>& stop) const;

  const VerifyOptions& options_;
};

}  // namespace aiop::plants
