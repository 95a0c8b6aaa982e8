// SPDX-License-Identifier: Apache-2.0
#include "core/schema/values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

namespace aiop::schema {
namespace {

static_assert(std::numeric_limits<long double>::digits >= 64,
              "long double must hold every int64, uint64 and double exactly");

long double Exact(const json::Value& number) {
  if (const auto* integer = number.if_int64()) return static_cast<long double>(*integer);
  if (const auto* integer = number.if_uint64()) return static_cast<long double>(*integer);
  return static_cast<long double>(number.get_double());
}

std::strong_ordering Order(bool less, bool greater) {
  return less      ? std::strong_ordering::less
         : greater ? std::strong_ordering::greater
                   : std::strong_ordering::equal;
}

std::strong_ordering CompareTexts(std::string_view a, std::string_view b) {
  const int order = a.compare(b);
  return Order(order < 0, order > 0);
}

int Rank(const json::Value& value) {
  if (value.is_null()) return 0;
  if (value.is_bool()) return 1;
  if (value.is_number()) return 2;
  if (value.is_string()) return 3;
  return value.is_array() ? 4 : 5;
}

std::vector<const boost::json::key_value_pair*> Sorted(const json::Object& object) {
  std::vector<const boost::json::key_value_pair*> members;
  for (const auto& member : object) members.push_back(&member);
  std::sort(members.begin(), members.end(),
            [](const auto* a, const auto* b) { return a->key() < b->key(); });
  return members;
}

std::strong_ordering CompareObjects(const json::Object& a, const json::Object& b) {
  if (a.size() != b.size()) return Order(a.size() < b.size(), true);
  const auto left = Sorted(a);
  const auto right = Sorted(b);
  for (size_t i = 0; i < left.size(); ++i) {
    const auto keys = Order(left[i]->key() < right[i]->key(), left[i]->key() > right[i]->key());
    if (keys != 0) return keys;
    if (const auto values = Compare(left[i]->value(), right[i]->value()); values != 0) {
      return values;
    }
  }
  return std::strong_ordering::equal;
}

std::strong_ordering CompareArrays(const json::Array& a, const json::Array& b) {
  if (a.size() != b.size()) return Order(a.size() < b.size(), true);
  for (size_t i = 0; i < a.size(); ++i) {
    if (const auto order = Compare(a[i], b[i]); order != 0) return order;
  }
  return std::strong_ordering::equal;
}

// digits * 10^exponent, never negative.
struct Decimal {
  unsigned __int128 digits = 0;
  int exponent = 0;
};

Decimal DecimalOf(const json::Value& number) {
  if (const auto* integer = number.if_int64()) {
    const auto bits = static_cast<uint64_t>(*integer);
    return {*integer < 0 ? uint64_t{0} - bits : bits, 0};
  }
  if (const auto* integer = number.if_uint64()) return {*integer, 0};
  // The shortest text that reads back as the same double is what its author most likely wrote.
  char buffer[64];
  const auto written = std::to_chars(std::begin(buffer), std::end(buffer),
                                     std::fabs(number.get_double()), std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<size_t>(written.ptr - buffer));
  const size_t e = text.find('e');
  Decimal decimal;
  bool fraction = false;
  for (const char c : text.substr(0, e)) {
    if (c == '.') {
      fraction = true;
      continue;
    }
    decimal.digits = decimal.digits * 10 + static_cast<unsigned>(c - '0');
    if (fraction) --decimal.exponent;
  }
  const std::string_view power = text.substr(e + 1);
  const bool plus = power.starts_with('+');
  int exponent = 0;
  std::from_chars(power.data() + (plus ? 1 : 0), power.data() + power.size(), exponent);
  decimal.exponent += exponent;
  return decimal;
}

}  // namespace

std::strong_ordering CompareNumbers(const json::Value& a, const json::Value& b) {
  const long double left = Exact(a);
  const long double right = Exact(b);
  return Order(left<right, left> right);
}

std::strong_ordering Compare(const json::Value& a, const json::Value& b) {
  if (Rank(a) != Rank(b)) return Order(Rank(a) < Rank(b), true);
  switch (Rank(a)) {
    case 1:
      return Order(a.get_bool() < b.get_bool(), a.get_bool() > b.get_bool());
    case 2:
      return CompareNumbers(a, b);
    case 3:
      return CompareTexts({a.get_string().data(), a.get_string().size()},
                          {b.get_string().data(), b.get_string().size()});
    case 4:
      return CompareArrays(a.get_array(), b.get_array());
    case 5:
      return CompareObjects(a.get_object(), b.get_object());
    default:
      return std::strong_ordering::equal;
  }
}

bool IsInteger(const json::Value& value) {
  if (value.is_int64() || value.is_uint64()) return true;
  return value.is_double() && std::trunc(value.get_double()) == value.get_double();
}

bool IsMultipleOf(const json::Value& value, const json::Value& divisor) {
  const Decimal a = DecimalOf(value);
  Decimal b = DecimalOf(divisor);
  if (a.digits == 0) return true;
  if (a.exponent >= b.exponent) {
    unsigned __int128 rest = a.digits % b.digits;
    for (int i = b.exponent; i < a.exponent && rest != 0; ++i) rest = rest * 10 % b.digits;
    return rest == 0;
  }
  for (int i = a.exponent; i < b.exponent; ++i) {
    b.digits *= 10;
    if (b.digits > a.digits) return false;  // and before it could overflow
  }
  return a.digits % b.digits == 0;
}

size_t CodePoints(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string_view KindName(const json::Value& value) {
  if (value.is_null()) return "null";
  if (value.is_bool()) return "a boolean";
  if (value.is_string()) return "a string";
  if (value.is_array()) return "an array";
  if (value.is_object()) return "an object";
  return IsInteger(value) ? "an integer" : "a number";
}

}  // namespace aiop::schema
