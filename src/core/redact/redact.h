// SPDX-License-Identifier: Apache-2.0
//
// Takes secrets out of what is about to be stored or shown: values under sensitive key names, token
// shapes anywhere in text, and what the user's own RE2 patterns match. Each is replaced by kMarker;
// the rest stays byte for byte.
//
//   AIOP_TRY(auto redactor, Redactor::Create({"(?i)customer-[0-9]+"}));
//   redactor.Text("curl --token abc123");   // "curl --token [redacted]"
//
// Redacting twice changes nothing more. Time grows linearly with the text for the built-in rules
// (RE2 only). Where secret and ordinary text look alike, an assignment is taken for a secret unless
// its value is a known ordinary word. Copies share one state; all methods are const and
// thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"
#include "base/result/result.h"

namespace aiop::redact {

inline constexpr std::string_view kMarker = "[redacted]";

class Redactor {
 public:
  // kInvalid naming the pattern and RE2's reason if one of `extra_patterns` is no RE2 expression.
  static Result<Redactor> Create(const std::vector<std::string>& extra_patterns);

  std::string Text(std::string_view text) const;

  // Same shape; strings (also keys) with secrets in them changed, and values under sensitive names
  // replaced.
  json::Value Json(json::Value value) const;

 private:
  struct Rules;
  explicit Redactor(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

  void RedactInside(json::Value& value) const;
  void RedactObject(json::Object& object) const;
  void RedactArray(json::Array& array) const;
  void RedactKeys(json::Object& object) const;

  std::shared_ptr<const Rules> rules_;
};

}  // namespace aiop::redact
