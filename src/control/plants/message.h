// SPDX-License-Identifier: Apache-2.0
//
// One line of a plant's output, understood: a message of the SPI, a mistake, or log. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/describe/describe.h"
#include "core/model/model.h"

namespace aiop::plants {

inline constexpr size_t kCheckpointNameLimitBytes = 200;

enum class MessageKind : uint8_t {
  kLog,  // no JSON object
  kEvent,
  kArtifact,
  kUsage,
  kCheckpoint,
  kResult,
  kInvalid,  // claims to be a message and is none: `why`
};

struct Message {
  MessageKind kind = MessageKind::kLog;
  json::Value event;             // as sent, an object; its members are not checked here
  std::string_view raw_payload;  // the bytes of the event's payload; lives as long as the line
  model::ArtifactRef artifact;
  model::Usage usage;
  std::string checkpoint;
  json::Value state;  // of the checkpoint
  model::PlantRunResult result;
  std::string why;
};

// Whether a checkpoint may carry `state` (http plants: they have no folder).
enum class State : uint8_t { kRefused, kAllowed };

// A line is a message if it is a JSON object with exactly one of the known keys. An object with
// anything else is a mistake, and so is a line that begins like a message but is no valid JSON;
// every other line is log.
Message ParseLine(std::string_view line, State state);

}  // namespace aiop::plants
