// SPDX-License-Identifier: Apache-2.0
// One step of a pipeline, done once. One thread.
#pragma once

#include <optional>
#include <string>

#include "control/plants/dialogue.h"
#include "control/plants/pipeline_file.h"
#include "control/plants/plants.h"

namespace aiop::plants {

// Why a step failed: becomes an event.
struct StepFailure {
  model::Scope scope = model::Scope::kMotor;
  model::SignalType signal = model::SignalType::kError;
  std::string details;
  json::Object more;  // further members of the payload
};

struct StepEnd {
  std::optional<StepFailure> failure;
  Close close = Close::kItself;  // anything else ended the whole attempt
  Outcome program;               // exit code, signal, error tail and times of its command, if any
};

class StepRunner {
 public:
  StepRunner(const Execution& execution, Steady::time_point deadline, Sink& sink)
      : execution_(execution), deadline_(deadline), sink_(sink) {}

  // Errors are those of the machine and of the Sink.
  Result<StepEnd> Do(const Step& step);

 private:
  template <class T>
  using OrFailure = std::expected<T, StepFailure>;

  Result<StepEnd> DoExec(const Step& step);
  Result<StepEnd> DoRender(const Step& step);
  Result<StepEnd> DoValidate(const Step& step);
  OrFailure<std::string> ReadInside(const std::filesystem::path& folder, const std::string& path,
                                    model::Scope scope) const;
  OrFailure<json::Value> ReadDocument(const std::string& name) const;
  std::optional<StepFailure> WriteInside(const std::string& path, std::string_view text) const;
  std::optional<StepFailure> CheckArtifacts(const Step& step) const;

  const Execution& execution_;
  const Steady::time_point deadline_;
  Sink& sink_;
};

// Where a path as the plant sees it lies for us: in a sandbox that may be elsewhere.
std::filesystem::path HostPath(const Execution& execution, const std::filesystem::path& seen);

}  // namespace aiop::plants
