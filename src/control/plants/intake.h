// SPDX-License-Identifier: Apache-2.0
//
// Hands the messages of one attempt to its Sink and remembers what came: the part that all kinds of
// plants share. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "control/plants/message.h"
#include "control/plants/plants.h"

namespace aiop::plants {

// What still counts of what a plant says.
enum class Phase : uint8_t {
  kRunning,
  kEnding,  // being ended by us: what it says of its progress is no longer to be relied on
};

// Who is speaking, and so what may be said.
enum class Speaker : uint8_t {
  kProgram,
  kService,  // checkpoints may carry state
  kStep,     // no checkpoints and no result: the pipeline gives them
};

class Intake {
 public:
  Intake(Sink& sink, std::string trace_id, Speaker speaker)
      : sink_(sink), trace_id_(std::move(trace_id)), speaker_(speaker) {}

  // Handles one line of output; `cut` if it was longer than the limit. Answers the name of the
  // checkpoint it stored, if any. Errors are those of the Sink.
  Result<std::optional<std::string>> Take(std::string_view line, bool cut, Phase phase);

  const std::optional<model::PlantRunResult>& result() const { return result_; }
  size_t messages() const { return messages_; }

 private:
  Result<std::optional<std::string>> Handle(const Message& message, std::string_view line,
                                            Phase phase);
  Status TakeResult(const Message& message, std::string_view line);

  Sink& sink_;
  const std::string trace_id_;
  const Speaker speaker_;
  std::optional<model::PlantRunResult> result_;
  size_t messages_ = 0;
};

}  // namespace aiop::plants
