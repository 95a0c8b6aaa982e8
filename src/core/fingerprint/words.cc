// SPDX-License-Identifier: Apache-2.0
#include "core/fingerprint/words.h"

namespace aiop::fingerprint {
namespace {

// Extensions that make a bare word a file name. What a file is called is volatile, its kind is not.
bool IsFileExtension(std::string_view extension) {
  static constexpr auto kExtensions = std::to_array<std::string_view>(
      {"c",   "cc",   "cjs",  "cpp",  "cs",  "css",  "cxx",  "d",   "go",   "gz",  "h",
       "hh",  "hpp",  "html", "java", "js",  "json", "jsx",  "kt",  "lock", "log", "md",
       "mjs", "mts",  "o",    "php",  "py",  "rb",   "rs",   "sh",  "so",   "sql", "swift",
       "tmp", "toml", "ts",   "tsx",  "txt", "xml",  "yaml", "yml", "zip"});
  return !extension.empty() && extension.size() <= 5 && IsOneOf(extension, kExtensions);
}

}  // namespace

std::string_view ExtensionOf(std::string_view token) {
  for (int part = 0; part < 2; ++part) {
    size_t end = token.size();
    while (end > 0 && IsDigitChar(token[end - 1])) --end;
    if (end == token.size() || end == 0 || token[end - 1] != ':') break;
    token = token.substr(0, end - 1);
  }
  const size_t dot = token.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  const std::string_view extension = token.substr(dot + 1);
  return IsFileExtension(extension) ? extension : std::string_view();
}

bool IsErrorCode(std::string_view word) {
  size_t letters = 0;
  while (letters < word.size() && ClassOf(word[letters]) == kUpper) ++letters;
  if (letters == 0) return false;
  if (letters == word.size()) return letters >= 4 && (word[0] == 'E' || word.starts_with("SIG"));
  size_t position = letters;
  if (word[position] == '-' || word[position] == '_') ++position;
  const size_t digits = word.size() - position;
  return letters <= 6 && digits >= 3 && digits <= 5 &&
         std::all_of(word.begin() + static_cast<ptrdiff_t>(position), word.end(), IsDigitChar);
}

bool IsPackageName(std::string_view text) {
  if (text.empty() || text[0] == '.' || text[0] == '/' || text.size() > 100) return false;
  return std::ranges::all_of(text, [](char c) {
    return (ClassOf(c) & (kDigit | kLower | kDot)) != 0 || c == '-' || c == '_' || c == '@' ||
           c == '/';
  });
}

bool IsUnit(std::string_view word) {
  static constexpr auto kUnits = std::to_array<std::string_view>(
      {"B",  "K",   "M",   "G",   "T",  "kB",  "KB",   "MB",   "GB",   "TB",  "Kb",
       "Mb", "Gb",  "kb",  "mb",  "gb", "KiB", "MiB",  "GiB",  "TiB",  "ms",  "us",
       "ns", "s",   "h",   "m",   "d",  "sec", "secs", "msec", "usec", "min", "hrs",
       "Hz", "kHz", "MHz", "GHz", "%",  "C",   "kbps", "Mbps", "KB/s", "MB/s"});
  return word.size() <= 4 && IsOneOf(word, kUnits);
}

bool IsMonthOrDay(std::string_view word) {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Mon",
       "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"});
  return word.size() == 3 && ClassOf(word[0]) == kUpper && IsOneOf(word, kNames);
}

bool IsTruthValue(std::string_view word) {
  static constexpr auto kValues = std::to_array<std::string_view>(
      {"true", "false", "null", "nil", "None", "True", "False", "NULL", "TRUE", "FALSE", "NaN",
       "nan", "inf", "N/A", "none"});
  return word.size() >= 3 && word.size() <= 5 && IsOneOf(word, kValues);
}

bool IsDottedName(std::string_view token) {
  size_t dots = 0;
  bool letter = false;  // in the part at hand
  for (const char c : token) {
    if (c == '.') {
      if (!letter) return false;
      ++dots;
      letter = false;
    } else if (IsWordChar(c) || c == '-' || c == '$' || c == '/' || c == ':') {
      letter = letter || IsWordChar(c);
    } else {
      return false;
    }
  }
  return dots >= 2 && letter;
}

bool IsBareFileOrHost(std::string_view token) {
  const size_t dot = token.find('.');
  if (dot == std::string_view::npos || dot < 2) return false;
  const std::string_view last = token.substr(dot + 1);
  if (last.size() < 2) return false;
  const auto fits = [](char c) { return ClassOf(c) == kLower || c == '-' || c == '_'; };
  return std::ranges::all_of(token.substr(0, dot), fits) &&
         std::ranges::all_of(last, [](char c) { return ClassOf(c) == kLower; });
}

bool IsUpperCase(std::string_view word) {
  return word.size() >= 3 &&
         std::ranges::all_of(word, [](char c) { return ClassOf(c) == kUpper || c == '_'; });
}

bool IsHexWord(std::string_view word) {
  return word.size() >= 8 && std::ranges::all_of(word, [](char c) {
           return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

}  // namespace aiop::fingerprint
