// SPDX-License-Identifier: Apache-2.0
//
// Private: JSON values compared as JSON Schema means it: 1 equals 1.0, and no integer is rounded.
#pragma once

#include <compare>
#include <cstddef>
#include <string_view>

#include "base/json/json.h"

namespace aiop::schema {

// Both must be numbers.
std::strong_ordering CompareNumbers(const json::Value& a, const json::Value& b);

// A total order in which equal means the same JSON value.
std::strong_ordering Compare(const json::Value& a, const json::Value& b);

// 2.0 is an integer.
bool IsInteger(const json::Value& value);

// In decimals, as written: 0.0075 is a multiple of 0.0001. `divisor` must be above 0.
bool IsMultipleOf(const json::Value& value, const json::Value& divisor);

// Code points of valid UTF-8.
size_t CodePoints(std::string_view text);

// "a string", "an integer", ...
std::string_view KindName(const json::Value& value);

}  // namespace aiop::schema
