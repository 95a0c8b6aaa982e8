// SPDX-License-Identifier: Apache-2.0
#include "base/yaml/scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace aiop::yaml {
namespace {

enum class Kind { kNull, kBool, kInteger, kFloat, kNotFinite, kText };

bool OneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool AllIn(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

std::string_view WithoutSign(std::string_view text) {
  return !text.empty() && (text[0] == '-' || text[0] == '+') ? text.substr(1) : text;
}

constexpr std::string_view kDigits = "0123456789";

bool IsInteger(std::string_view text) {
  return AllIn(WithoutSign(text), kDigits) ||
         (text.starts_with("0o") && AllIn(text.substr(2), "01234567")) ||
         (text.starts_with("0x") && AllIn(text.substr(2), "0123456789abcdefABCDEF"));
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool IsFloat(std::string_view text) {
  std::string_view mantissa = WithoutSign(text);
  if (const size_t e = mantissa.find_first_of("eE"); e != std::string_view::npos) {
    if (!AllIn(WithoutSign(mantissa.substr(e + 1)), kDigits)) return false;
    mantissa = mantissa.substr(0, e);
  }
  const size_t dot = mantissa.find('.');
  if (dot == std::string_view::npos) return AllIn(mantissa, kDigits);
  const std::string_view whole = mantissa.substr(0, dot);
  const std::string_view fraction = mantissa.substr(dot + 1);
  if (whole.empty()) return AllIn(fraction, kDigits);
  return AllIn(whole, kDigits) && (fraction.empty() || AllIn(fraction, kDigits));
}

Kind KindOf(std::string_view text) {
  if (OneOf(text, {"", "~", "null", "Null", "NULL"})) return Kind::kNull;
  if (OneOf(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) return Kind::kBool;
  if (IsInteger(text)) return Kind::kInteger;
  if (IsFloat(text)) return Kind::kFloat;
  if (OneOf(WithoutSign(text), {".inf", ".Inf", ".INF"})) return Kind::kNotFinite;
  if (OneOf(text, {".nan", ".NaN", ".NAN"})) return Kind::kNotFinite;
  return Kind::kText;
}

template <class Number>
bool Read(std::string_view digits, int base, Number& number) {
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  return result.ec == std::errc() && result.ptr == digits.data() + digits.size();
}

Result<json::Value> Integer(std::string_view text) {
  int base = 10;
  std::string_view digits = text;
  if (text.starts_with("0o") || text.starts_with("0x")) {
    base = text[1] == 'o' ? 8 : 16;
    digits = text.substr(2);
  } else if (text.starts_with('+')) {
    digits = text.substr(1);
  }
  int64_t number = 0;
  if (Read(digits, base, number)) return json::Value(number);
  uint64_t large = 0;
  if (Read(digits, base, large)) return json::Value(large);
  return Invalid("the integer " + std::string(text) +
                 " does not fit into 64 bits; quote it if it is text");
}

Result<json::Value> Float(const std::string& text) {
  const std::string digits(text.starts_with('+') ? text.substr(1) : text);
  const double number = std::strtod(digits.c_str(), nullptr);
  if (std::isfinite(number)) return json::Value(number);
  return Invalid("the number " + text + " is too large to represent; quote it if it is text");
}

Result<json::Value> OfKind(Kind kind, const std::string& text) {
  switch (kind) {
    case Kind::kNull:
      return json::Value(nullptr);
    case Kind::kBool:
      return json::Value(text[0] == 't' || text[0] == 'T');
    case Kind::kInteger:
      return Integer(text);
    case Kind::kFloat:
      return Float(text);
    case Kind::kNotFinite:
      return Invalid("the number " + text + " has no JSON form; quote it if it is text");
    case Kind::kText:
      break;
  }
  return json::Value(text);
}

}  // namespace

Result<json::Value> TypedScalar(std::string_view tag, const std::string& text) {
  if (tag == "!") return json::Value(text);
  const Kind kind = KindOf(text);
  if (tag == "?" || tag.empty()) return OfKind(kind, text);
  if (!tag.starts_with(kCoreTag)) {
    return Invalid("the tag '" + std::string(tag) + "' is not one of YAML's core schema");
  }
  const std::string_view name = tag.substr(kCoreTag.size());
  if (name == "str") return json::Value(text);
  const bool fits = (name == "null" && kind == Kind::kNull) ||
                    (name == "bool" && kind == Kind::kBool) ||
                    (name == "int" && kind == Kind::kInteger) ||
                    (name == "float" && (kind == Kind::kFloat || kind == Kind::kNotFinite));
  if (fits) return OfKind(kind, text);
  const bool decimal = kind == Kind::kInteger && !text.starts_with("0o") && !text.starts_with("0x");
  if (name == "float" && decimal) return Float(text);
  if (OneOf(name, {"null", "bool", "int", "float"})) {
    return Invalid("'" + text + "' is no !!" + std::string(name));
  }
  return Invalid("the tag '!!" + std::string(name) + "' does not belong on a scalar here");
}

}  // namespace aiop::yaml
