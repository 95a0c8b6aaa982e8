// SPDX-License-Identifier: Apache-2.0
//
// JSON as the product takes it: strict on the way in, one form on the way out (Boost.JSON
// underneath).
//
// Parse refuses what other readers quietly bend: duplicate keys, numbers that are not finite or do
// not fit, nesting deeper than kDepthLimit, bytes after the value. Its errors name line and column.
// Thread-safe: values only.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result/result.h"

namespace aiop::json {

using Value = boost::json::value;
using Object = boost::json::object;
using Array = boost::json::array;

inline constexpr unsigned kDepthLimit = 64;
inline constexpr uint64_t kTextLimitBytes = uint64_t{64} << 20;

Result<Value> Parse(std::string_view text);

// Compact, keys in the order they were set. Invalid UTF-8 in strings becomes U+FFFD.
std::string Text(const Value& value);

// Compact, keys sorted: equal values have equal texts. What is hashed.
std::string CanonicalText(const Value& value);

// Indented by two spaces, for people; ends with a newline.
std::string PrettyText(const Value& value);

// Adds a step to a JSON pointer (RFC 6901), escaping it.
std::string Child(std::string_view pointer, std::string_view key);
std::string Child(std::string_view pointer, size_t index);
// The last key of a pointer, unescaped; empty for the root.
std::string LastKey(std::string_view pointer);

// The value at a JSON pointer, or null if there is none. Lives as long as `root`.
const Value* Find(const Value& root, std::string_view pointer);

// The member `key` of an object, or null if `value` is no object or has none.
const Value* Member(const Value& value, std::string_view key);

// A string member's text; empty if absent or no string.
std::string_view TextMember(const Value& value, std::string_view key);

// The bytes of the member `key` of the object in `text` exactly as they stand there; empty if there
// is none. `text` must have been accepted by Parse.
std::string_view RawMember(std::string_view text, std::string_view key);

// Replaces invalid UTF-8 by U+FFFD.
std::string ToValidUtf8(std::string_view bytes);

}  // namespace aiop::json
