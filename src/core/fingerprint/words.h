// SPDX-License-Identifier: Apache-2.0
// What kind of word one token of a line is. Private to the module.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace aiop::fingerprint {

enum Class : uint8_t {
  kBlank = 1,
  kDelimiter = 2,  // ends a token: brackets, separators, quotes
  kDigit = 4,
  kLower = 8,
  kUpper = 16,
  kSlash = 32,
  kDot = 64,
  kOther = 128,
};

inline constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (size_t c = 0; c < 256; ++c) classes[c] = c <= ' ' || c == 0x7f ? kBlank : kOther;
  for (const char c : std::string_view("()[]{}<>,;=|\"'`"))
    classes[static_cast<uint8_t>(c)] = kDelimiter;
  for (size_t c = '0'; c <= '9'; ++c) classes[c] = kDigit;
  for (size_t c = 'a'; c <= 'z'; ++c) classes[c] = kLower;
  for (size_t c = 'A'; c <= 'Z'; ++c) classes[c] = kUpper;
  classes['/'] = classes['\\'] = kSlash;
  classes['.'] = kDot;
  return classes;
}();

inline uint8_t ClassOf(char c) { return kClasses[static_cast<uint8_t>(c)]; }
inline bool IsDigitChar(char c) { return ClassOf(c) == kDigit; }
inline bool IsLetter(char c) { return (ClassOf(c) & (kLower | kUpper)) != 0; }
inline bool IsWordChar(char c) {
  return (ClassOf(c) & (kDigit | kLower | kUpper)) != 0 || c == '_';
}

template <size_t N>
bool IsOneOf(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, word) != words.end();
}

// The extension of the file a token names, its position (":12:3") left out; empty if it names none.
std::string_view ExtensionOf(std::string_view token);
// "TS2304", "E0308", "E404", "ORA-00942", "ENOENT", "SIGSEGV", "EADDRINUSE".
bool IsErrorCode(std::string_view word);
// A package's name rather than a file of the app: lower case, not relative.
bool IsPackageName(std::string_view text);
// The abbreviation of a unit behind a number: "KB", "ms", "sec". Full words are none: in many
// programs "1 byte" and "2 bytes" are two messages.
bool IsUnit(std::string_view word);
bool IsMonthOrDay(std::string_view word);
// "true", "false", "null" and their like, which fill a place rather than say something.
bool IsTruthValue(std::string_view word);
// "home.example.org", "com.example.shop.Main": at least three parts with a letter each.
bool IsDottedName(std::string_view token);
// "report.db", "www.example": two parts in lower case, the second short.
bool IsBareFileOrHost(std::string_view token);
// "RUNNING", "KILL_WAIT".
bool IsUpperCase(std::string_view word);
// Eight or more hexadecimal digits without a number among them.
bool IsHexWord(std::string_view word);

}  // namespace aiop::fingerprint
