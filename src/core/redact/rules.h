// SPDX-License-Identifier: Apache-2.0
//
// Private: the built-in shapes of secrets in text.
#pragma once

#include <span>
#include <string_view>

namespace aiop::redact {

// What a match's value must be besides its shape, where RE2 alone cannot tell.
enum class Condition {
  kNone,
  kMixed,      // has a digit or a capital: "sk-fading-circle-container" is a CSS class
  kAssigned,   // no type name, no keyword, no call: "password: string" is TypeScript
  kParameter,  // as kAssigned, and no small number: "max_token=512"
  kToken,      // as kAssigned, and long or with a digit: "unexpected token: class"
  kWord,       // no ordinary English word: "--token is required", "bearer authentication"
};

struct Rule {
  std::string_view
      pattern;  // RE2, Latin-1; its matched groups are the secret, else the whole match
  Condition condition = Condition::kNone;
};

std::span<const Rule> BuiltInRules();

// `value` is the secret's text, `before` the byte in front of it.
bool Holds(Condition condition, std::string_view value, char before);

}  // namespace aiop::redact
