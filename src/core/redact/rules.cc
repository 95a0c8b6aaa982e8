// SPDX-License-Identifier: Apache-2.0
#include "core/redact/rules.h"

#include <algorithm>
#include <array>
#include <string>

namespace aiop::redact {
namespace {

// The value of an assignment: in quotes, in escaped quotes (JSON inside a string), or bare. Bare
// values do not start with what opens code or another operator.
#define AIOP_VALUE                                                                  \
  R"re((?:"((?:[^"\\\r\n]|\\.)+)"|'((?:[^'\\\r\n]|\\.)+)'|\\+["']([^"'\\\r\n]+))re" \
  R"re(|["']?([^\s"',;:=>&|{}()\[\]<\\][^\s"',;&]*)))re"
#define AIOP_ASSIGN R"(\\*["']?\s{0,8}[:=]\s{0,8})"

constexpr auto kRules = std::to_array<Rule>({
    // A key cut off by the end of the text is a key all the same.
    {R"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)"
     R"((?:(?s:.)*?-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|(?s:.)*))"},
    {R"((?i)\b(?:AGE-SECRET-KEY-1[0-9A-Z]{50,}))"},
    {R"(\b(?:AKIA|ASIA|AROA|AIDA|ABIA)[0-9A-Z]{16}\b)"},
    {R"(\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,})"},
    {R"(\bgl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|imt|oas)-[A-Za-z0-9_.-]{16,})"},
    {R"(\bxox[a-z]-[A-Za-z0-9-]{8,}|\bxapp-[A-Za-z0-9-]{16,})"},
    {R"(hooks\.slack\.com/services/([A-Za-z0-9/_-]{8,}))"},
    {R"(\bsk-[A-Za-z0-9_-]{16,})", Condition::kMixed},
    {R"(\b[prs]k_(?:live|test)_[A-Za-z0-9]{16,})"},
    {R"(\bnpm_[A-Za-z0-9]{30,}|\bhf_[A-Za-z0-9]{30,}|\bpypi-[A-Za-z0-9_-]{50,})"},
    {R"(\bdckr_pat_[A-Za-z0-9_-]{20,}|\bAIza[0-9A-Za-z_-]{35}|\bya29\.[A-Za-z0-9_-]{20,})"},
    {R"(\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,3})"},
    {R"((?i)\bbearer\s{1,8}([A-Za-z0-9._~+/=-]{3,}))", Condition::kWord},
    {R"((?i)\bauthorization)" AIOP_ASSIGN
     R"(["']?(?:basic|token|digest|negotiate|apikey|aws4-hmac-sha256|hmac)[ \t]{1,8}([^\r\n"']{3,}))"},
    {R"((?i)\b(?:authorization|x-auth-token|x-api-key))" AIOP_ASSIGN AIOP_VALUE, Condition::kToken},
    {R"((?i)\b(?:set-)?cookie["']?\s{0,8}[:=]\s{0,8}["']?([^\s=;:"']+=[^\r\n"']+))"},
    {R"((?i)\b[a-z][a-z0-9+.-]{0,30}://[^\s/?#:@"'<>]*:([^\s/"'<>]+)@)"},
    {R"(\bhttps?://([A-Za-z0-9_-]{20,})@)", Condition::kMixed},
    {R"((?i)(?:password|passwd|passphrase|passcode|pwd|secrets?|credentials?|api[_.-]?key|)"
     R"(private[_.-]?key|access[_.-]?key(?:[_.-]?id)?|secret[_.-]?(?:access[_.-]?)?key|)"
     R"(signing[_.-]?key|encryption[_.-]?key|(?:auth|access|refresh|api|id|bearer)[_.-]?token))"
     R"((?:[_.-]?(?:confirmation|confirm|hash|value|[0-9]{1,2}))?)" AIOP_ASSIGN AIOP_VALUE,
     Condition::kAssigned},
    {R"((?i)token=([^\s"',;&]{3,}))", Condition::kParameter},
    {R"((?i)token)" AIOP_ASSIGN AIOP_VALUE, Condition::kToken},
    {R"((?i)(?:^|[\s"'(,\[])--?[a-z0-9-]{0,40}(?:password|passwd|passphrase|secret|token|api-?key|)"
     R"(access-?key|private-?key|credentials?)(?:=|\s{1,8})["']?([^\s"'<>{}\[\]()$,;-][^\s"',;]*))",
     Condition::kWord},
});

// What stands after `name:` in types, prose and code.
constexpr auto kOrdinaryValues = std::to_array<std::string_view>({
    "any",    "array",    "bool",        "boolean",   "byte",   "bytes",    "char",    "const",
    "date",   "default",  "double",      "empty",     "error",  "expired",  "false",   "field",
    "float",  "found",    "hidden",      "incorrect", "int",    "integer",  "invalid", "is",
    "key",    "long",     "missing",     "must",      "never",  "new",      "nil",     "no",
    "none",   "not",      "null",        "number",    "object", "optional", "partial", "readonly",
    "record", "required", "rejected",    "str",       "string", "strings",  "symbol",  "the",
    "true",   "type",     "undefined",   "unknown",   "unset",  "void",     "wrong",   "yes",
    "std",    "accepted", "this",        "self",      "await",  "function", "option",  "cannot",
    "a",      "an",       "process.env", "and",       "or",
});

// What follows a flag or a scheme name in prose.
constexpr auto kOrdinaryWords = std::to_array<std::string_view>({
    "a",
    "an",
    "and",
    "are",
    "argument",
    "as",
    "at",
    "auth",
    "authentication",
    "authorization",
    "be",
    "before",
    "but",
    "by",
    "can",
    "cannot",
    "credential",
    "credentials",
    "does",
    "environment",
    "flag",
    "flags",
    "for",
    "format",
    "from",
    "given",
    "has",
    "header",
    "headers",
    "if",
    "in",
    "instead",
    "is",
    "it",
    "may",
    "missing",
    "must",
    "not",
    "of",
    "on",
    "only",
    "option",
    "options",
    "or",
    "parameter",
    "realm=",
    "required",
    "scheme",
    "schemes",
    "security",
    "set",
    "should",
    "specified",
    "string",
    "the",
    "then",
    "to",
    "token",
    "tokens",
    "type",
    "unless",
    "value",
    "variable",
    "was",
    "when",
    "which",
    "will",
    "with",
    "without",
});

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string LowerWord(std::string_view value) {
  std::string word(value);
  while (!word.empty() && std::string_view(".,;:!?)]}|'\"`").contains(word.back())) word.pop_back();
  while (word.ends_with("[")) word.pop_back();  // string[]
  for (char& c : word) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return word;
}

template <class Words>
bool Contains(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// next(), this.lexer.peek(1): code, where it stands apart from its operator.
bool IsCall(std::string_view value, char before) {
  if (before != ' ' && before != '\t') return false;
  const size_t open = value.find('(');
  if (open == std::string_view::npos || open == 0 || !IsLetter(value[0])) return false;
  const bool name =
      std::all_of(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(open), [](char c) {
        return IsLetter(c) || IsDigit(c) || c == '_' || c == '.' || c == ':' || c == '$';
      });
  return name && value.substr(open).contains(')');
}

bool IsAssigned(std::string_view value, char before) {
  const std::string word = LowerWord(value);
  return !word.empty() && !Contains(kOrdinaryValues, word) && !IsCall(value, before);
}

}  // namespace

std::span<const Rule> BuiltInRules() { return kRules; }

bool Holds(Condition condition, std::string_view value, char before) {
  const bool has_digit = std::any_of(value.begin(), value.end(), IsDigit);
  switch (condition) {
    case Condition::kNone:
      return true;
    case Condition::kMixed:
      return has_digit ||
             std::any_of(value.begin(), value.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    case Condition::kAssigned:
      return IsAssigned(value, before);
    case Condition::kParameter:
      return IsAssigned(value, before) &&
             (value.size() >= 8 || !std::all_of(value.begin(), value.end(), IsDigit));
    case Condition::kToken:
      return IsAssigned(value, before) && !value.contains(' ') &&
             ((value.size() >= 8 && has_digit) || value.size() >= 20);
    case Condition::kWord:
      return !Contains(kOrdinaryWords, LowerWord(value));
  }
  return true;
}

}  // namespace aiop::redact
