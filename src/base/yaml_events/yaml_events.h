// SPDX-License-Identifier: Apache-2.0
//
// A YAML document as a stream of events with their places in the text, for those who work on the
// text itself (yaml-cpp underneath). Takes what base/yaml refuses: merge keys, duplicate keys, any
// tag, any number; nothing is given a meaning. One document per text. Thread-safe: values only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result/result.h"

namespace aiop::yaml_events {

inline constexpr size_t kTextLimitBytes = size_t{32} << 20;
inline constexpr size_t kDepthLimit = 256;

enum class Kind : uint8_t { kNull, kScalar, kAlias, kSequence, kMapping, kEnd };

// Keys of mappings are events like values: they alternate.
struct Event {
  Kind kind = Kind::kNull;
  size_t offset = 0;    // of its first byte, tag and anchor included; of a null and of an end: near
  bool flow = false;    // a collection between brackets
  uint64_t anchor = 0;  // the number of the anchor it has, or that the alias names; 0: none
  std::string_view tag;   // "?" for a plain scalar, "!" for a quoted one, else the full tag
  std::string_view text;  // of a scalar, decoded
};

// Calls `on_event` for each event in order. kInvalid with the line if the text is no YAML, not
// UTF-8, has control characters, more than one document, or passes a limit.
Status Read(std::string_view text, const std::function<void(const Event&)>& on_event);

}  // namespace aiop::yaml_events
