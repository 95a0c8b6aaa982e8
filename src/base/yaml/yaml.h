// SPDX-License-Identifier: Apache-2.0
//
// YAML 1.2 (core schema) and JSON text as one JSON value, with the line of each part of it
// (yaml-cpp underneath).
//
// Stricter than other readers, so that two of them cannot disagree about a file: duplicate keys,
// tags other than the core ones, merge keys, several documents, numbers that do not fit (or .inf,
// .nan), keys that are no scalars, control characters and an empty file are refused. Aliases are
// expanded up to a limit. Errors read "FILE:LINE: what is wrong". Plain scalars are null, true,
// false, a number or text (`no`, `on`, `12:30` and dates are text); quoted ones are text.
// Thread-safe: values only.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/json/json.h"
#include "base/result/result.h"

namespace aiop::yaml {

inline constexpr size_t kTextLimitBytes = size_t{32} << 20;
inline constexpr size_t kDepthLimit = json::kDepthLimit;
inline constexpr size_t kNodeLimit = size_t{4} << 20;            // aliases expanded
inline constexpr size_t kExpandedLimitBytes = size_t{64} << 20;  // what anchors and aliases copy
inline constexpr size_t kLineTableLimitBytes = size_t{64}
                                               << 20;  // pointers; past it no more lines are kept

struct Document {
  json::Value value;
  std::map<std::string, int>
      lines;  // JSON pointer -> 1-based line of the member's key or the item; "" is the root
};

// `file_name` is only for messages.
Result<Document> Parse(std::string_view text, std::string_view file_name);

// The line of `pointer`, or of its nearest ancestor that has one (what an alias expands to has the
// alias's line).
int LineOf(const Document& document, std::string_view pointer);

}  // namespace aiop::yaml
