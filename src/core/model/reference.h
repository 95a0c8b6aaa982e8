// SPDX-License-Identifier: Apache-2.0
//
// References to one version of one context: `name@MAJOR.MINOR.PATCH+HASH`, HASH being the first 12
// hex digits of the content's SHA-256. App and motor references are different types, so that one
// cannot be put where the other belongs.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "core/describe/describe.h"

namespace aiop::model {

bool IsContextReference(std::string_view text);
inline constexpr describe::Rule kReferenceRule{
    .pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}@[0-9]+\\.[0-9]+\\.[0-9]+\\S*\\+[0-9a-f]{12}$",
    .ok = IsContextReference,
    .expectation = "a context reference such as name@1.2.3+0123456789ab"};

template <class Side>
struct Reference {
  std::string name;
  std::string version;  // semver
  std::string hash;     // first 12 hex digits of the content's SHA-256

  bool empty() const { return name.empty(); }
  std::string Text() const { return empty() ? "" : name + "@" + version + "+" + hash; }
  static Reference FromText(std::string_view text);  // empty if it is none
  auto operator<=>(const Reference&) const = default;
};

using AppReference = Reference<struct AppSide>;
using MotorReference = Reference<struct MotorSide>;

template <class Side>
Reference<Side> Reference<Side>::FromText(std::string_view text) {
  const size_t at = text.find('@');
  const size_t plus = text.rfind('+');
  if (at == std::string_view::npos || plus == std::string_view::npos || plus < at) return {};
  return {std::string(text.substr(0, at)), std::string(text.substr(at + 1, plus - at - 1)),
          std::string(text.substr(plus + 1))};
}

template <class Side>
json::Value Encode(const Reference<Side>& value) {
  return json::Value(value.Text());
}
template <class Side>
void Decode(const json::Value& in, const std::string& path, const describe::Rule&,
            describe::Reading& reading, Reference<Side>& out) {
  std::string text;
  describe::Decode(in, path, {}, reading, text);
  if (!text.empty() && !IsContextReference(text)) {
    reading.Refuse(path, "must be " + std::string(kReferenceRule.expectation));
  }
  out = Reference<Side>::FromText(text);
}
template <class Side>
json::Object SchemaFor(describe::Tag<Reference<Side>>, const describe::Rule&,
                       describe::SchemaDefinitions&) {
  return {{"type", "string"}};
}

}  // namespace aiop::model
