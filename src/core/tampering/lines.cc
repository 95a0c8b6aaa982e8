// SPDX-License-Identifier: Apache-2.0
#include "core/tampering/lines.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

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

std::vector<std::string_view> MarkAdded(const std::vector<Line>& before, std::vector<Line>& after) {
  size_t head = 0;
  while (head < before.size() && head < after.size() && before[head].text == after[head].text) {
    ++head;
  }
  size_t old_end = before.size();
  size_t new_end = after.size();
  while (old_end > head && new_end > head && before[old_end - 1].text == after[new_end - 1].text) {
    --old_end;
    --new_end;
  }
  const size_t rows = old_end - head;
  const size_t columns = new_end - head;
  std::vector<std::string_view> gone;
  // lengths[i][j]: of the longest common subsequence of what is left from i and from j on.
  std::vector<uint32_t> lengths;
  const bool compared = rows * columns <= kPairLimit;
  if (compared) lengths.resize((rows + 1) * (columns + 1));
  const auto length = [&](size_t i, size_t j) -> uint32_t& {
    return lengths[i * (columns + 1) + j];
  };
  const auto same = [&](size_t i, size_t j) {
    return before[head + i].text == after[head + j].text;
  };
  for (size_t i = compared ? rows : 0; i-- > 0;) {
    for (size_t j = columns; j-- > 0;) {
      length(i, j) =
          same(i, j) ? length(i + 1, j + 1) + 1 : std::max(length(i + 1, j), length(i, j + 1));
    }
  }
  size_t i = 0;
  size_t j = 0;
  while (i < rows || j < columns) {
    if (compared && i < rows && j < columns && same(i, j)) {
      ++i;
      ++j;
    } else if (i < rows && (!compared || j == columns || length(i + 1, j) >= length(i, j + 1))) {
      gone.push_back(before[head + i++].text);
    } else {
      after[head + j++].added = true;
    }
  }
  return gone;
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
