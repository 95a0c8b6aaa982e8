// SPDX-License-Identifier: Apache-2.0
#include "core/tampering/lines.h"

#include <cctype>

namespace aiop::tampering {
namespace {

bool IsComment(std::string_view text) {
  if (text.starts_with("#!")) return false;
  return text.starts_with('#') || text.starts_with("//");
}

bool IsNamePart(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

}  // namespace

std::vector<Line> CodeLines(std::string_view text) {
  std::vector<Line> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t last = line.find_last_not_of(" \t\r");
    if (last == std::string_view::npos) continue;
    line = line.substr(0, last + 1);
    const size_t first = line.find_first_not_of(" \t");
    if (!IsComment(line.substr(first))) lines.push_back({line, first, false});
  }
  return lines;
}

std::optional<std::string_view> MarkAdded(const std::vector<Line>& before,
                                          std::vector<Line>& after) {
  size_t next = 0;
  for (Line& line : after) {
    line.added = next == before.size() || line.text != before[next].text;
    if (!line.added) ++next;
  }
  if (next < before.size()) return before[next].text;
  return std::nullopt;
}

bool HasWord(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    const bool starts = at == 0 || !IsNamePart(text[at - 1]) || !IsNamePart(word.front());
    const bool ends = end == text.size() || !IsNamePart(text[end]) || !IsNamePart(word.back());
    if (starts && ends) return true;
  }
  return false;
}

}  // namespace aiop::tampering
