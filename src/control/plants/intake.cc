// SPDX-License-Identifier: Apache-2.0
#include "control/plants/intake.h"

namespace aiop::plants {

using Stored = std::optional<std::string>;

Result<Stored> Intake::Take(std::string_view line, bool cut, Phase phase) {
  sink_.OnText(Stream::kOutput, line);
  Message message =
      ParseLine(line, speaker_ == Speaker::kService ? State::kAllowed : State::kRefused);
  if (cut && message.kind != MessageKind::kLog) {
    message.kind = MessageKind::kInvalid;
    message.why = "is longer than " + std::to_string(kLineLimitBytes) + " bytes";
  }
  if (speaker_ == Speaker::kStep &&
      (message.kind == MessageKind::kCheckpoint || message.kind == MessageKind::kResult)) {
    message.kind = MessageKind::kInvalid;
    message.why = "checkpoints and the result are the pipeline's to give, not its steps'";
  }
  if (message.kind == MessageKind::kLog) return Stored();
  ++messages_;
  if (result_ && message.kind != MessageKind::kInvalid) {
    AIOP_CHECK_OK(sink_.OnInvalid(line, "came after the result, which must be the last message"));
    return Stored();
  }
  return Handle(message, line, phase);
}

Result<Stored> Intake::Handle(const Message& message, std::string_view line, Phase phase) {
  Status handled;
  switch (message.kind) {
    case MessageKind::kLog:
      break;
    case MessageKind::kEvent:
      handled = sink_.OnEvent(message.event, message.raw_payload);
      break;
    case MessageKind::kArtifact:
      handled = sink_.OnArtifact(message.artifact);
      break;
    case MessageKind::kUsage:
      handled = sink_.OnUsage(message.usage);
      break;
    case MessageKind::kCheckpoint:
      // A plant that is told to end may already be tidying up its folder.
      if (phase == Phase::kEnding) break;
      AIOP_CHECK_OK(sink_.OnCheckpoint(message.checkpoint, message.state, ""));
      return Stored(message.checkpoint);
    case MessageKind::kResult:
      if (phase == Phase::kRunning) handled = TakeResult(message, line);
      break;
    case MessageKind::kInvalid:
      handled = sink_.OnInvalid(line, message.why);
      break;
  }
  AIOP_CHECK_OK(handled);
  return Stored();
}

Status Intake::TakeResult(const Message& message, std::string_view line) {
  const std::string& named = message.result.trace_id;
  if (!named.empty() && named != trace_id_) {
    return sink_.OnInvalid(
        line, "/result/traceId is '" + named + "', but this run is '" + trace_id_ + "'");
  }
  result_ = message.result;
  return {};
}

}  // namespace aiop::plants
