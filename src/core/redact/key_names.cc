// SPDX-License-Identifier: Apache-2.0
#include "core/redact/key_names.h"

#include <algorithm>
#include <string>
#include <vector>

namespace aiop::redact {
namespace {

using Words = std::vector<std::string>;

// Longer names are prose, not keys.
constexpr size_t kKeyLimitBytes = 128;

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool StartsWord(std::string_view key, size_t at) {
  if (at == 0 || !IsUpper(key[at])) return false;
  const bool after_small = !IsUpper(key[at - 1]);
  const bool before_small = at + 1 < key.size() && IsLower(key[at + 1]);
  return after_small || before_small;  // "apiKey" and "APIKey"
}

Words WordsOf(std::string_view key) {
  Words words(1);
  for (size_t at = 0; at < key.size(); ++at) {
    const char c = key[at];
    if (!IsUpper(c) && !IsLower(c) && !IsDigit(c)) {
      words.emplace_back();
      continue;
    }
    if (StartsWord(key, at)) words.emplace_back();
    words.back() += IsUpper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  std::erase(words, "");
  // "password2" is still a password.
  for (auto& word : words) {
    while (word.size() > 1 && IsDigit(word.back())) word.pop_back();
  }
  return words;
}

bool In(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// `password_file`, `tokenUrl`: about a secret, not one.
bool IsAboutASecret(std::string_view last_word) {
  return In(
      last_word,
      {"count",  "counts",  "limit",    "limits",     "length",   "size",     "policy",  "url",
       "uri",    "path",    "file",     "filename",   "dir",      "name",     "names",   "type",
       "types",  "expires", "expiry",   "expiration", "ttl",      "age",      "enabled", "required",
       "field",  "header",  "ref",      "reference",  "hint",     "manager",  "store",   "provider",
       "format", "version", "status",   "min",        "max",      "rotation", "usage",   "index",
       "rules",  "schema",  "strength", "endpoint",   "method",   "scheme",   "schemes", "cost",
       "budget", "rate",    "regex",    "pattern",    "location", "scope",    "scopes",  "valid"});
}

bool IsContainerWord(std::string_view word) {
  return In(word, {"secret", "secrets", "credential", "credentials", "cookie", "cookies"});
}

bool IsSecretWord(std::string_view word) {
  return word.ends_with("password") || word.ends_with("passwd") || word.ends_with("passphrase") ||
         In(word, {"passwords", "pwd", "passcode", "authorization", "apikey", "apikeys", "apitoken",
                   "accesstoken", "refreshtoken", "authtoken", "bearertoken", "idtoken",
                   "privatekey", "secretkey", "accesskey", "clientsecret", "setcookie"});
}

bool IsSecretKeyPair(std::string_view first, std::string_view second) {
  return In(second, {"key", "keys"}) &&
         In(first, {"api", "private", "access", "secret", "signing", "encryption", "master", "ssh",
                    "auth", "account", "deploy", "license"});
}

// Cursors and vocabulary entries are called tokens too.
bool IsHarmlessTokenPrefix(std::string_view word) {
  return In(word,
            {"page",         "next",       "previous",  "prev",  "continuation", "sync", "resume",
             "eos",          "bos",        "pad",       "unk",   "cls",          "sep",  "mask",
             "special",      "stop",       "start",     "end",   "max",          "min",  "per",
             "cancellation", "unexpected", "lookahead", "design"});
}

bool IsToken(const Words& words) {
  const size_t last = words.size() - 1;
  if (words[last] == "tokens") {
    return last > 0 &&
           In(words[last - 1], {"access", "refresh", "auth", "api", "session", "bearer"});
  }
  if (words[last] == "value" && last > 0) {
    return words[last - 1] == "token";
  }
  return words[last] == "token" && (last == 0 || !IsHarmlessTokenPrefix(words[last - 1]));
}

}  // namespace

Sensitivity SensitivityOf(std::string_view key) {
  if (key.empty() || key.size() > kKeyLimitBytes) return Sensitivity::kNone;
  const Words words = WordsOf(key);
  if (words.empty() || IsAboutASecret(words.back())) return Sensitivity::kNone;
  if (IsContainerWord(words.back())) return Sensitivity::kContainer;
  for (size_t i = 0; i < words.size(); ++i) {
    if (IsSecretWord(words[i]) || IsContainerWord(words[i])) return Sensitivity::kScalar;
    if (i > 0 && IsSecretKeyPair(words[i - 1], words[i])) return Sensitivity::kScalar;
  }
  return IsToken(words) ? Sensitivity::kText : Sensitivity::kNone;
}

}  // namespace aiop::redact
