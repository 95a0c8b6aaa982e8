// SPDX-License-Identifier: Apache-2.0
#include "core/spelling/spelling.h"

#include <algorithm>
#include <iterator>

namespace aiop::spelling {
namespace {

constexpr size_t kMistakes = 2;
constexpr size_t kLettersAMistake = 5;

// es2022 is no misspelt es2020.
std::string Digits(std::string_view word) {
  std::string digits;
  std::ranges::copy_if(word, std::back_inserter(digits),
                       [](char c) { return c >= '0' && c <= '9'; });
  return digits;
}

}  // namespace

size_t Distance(std::string_view a, std::string_view b) {
  if (a.size() > kWordLimitBytes || b.size() > kWordLimitBytes) {
    return a == b ? 0 : std::max(a.size(), b.size());
  }
  const size_t width = b.size() + 1;
  std::vector<size_t> earlier(width);
  std::vector<size_t> above(width);
  std::vector<size_t> row(width);
  for (size_t j = 0; j < width; ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    std::swap(earlier, above);
    std::swap(above, row);
    row[0] = i;
    for (size_t j = 1; j < width; ++j) {
      const size_t change = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], earlier[j - 2] + 1);
      }
    }
  }
  return row.back();
}

std::optional<std::string> MeantBy(std::string_view word, const std::vector<std::string>& known) {
  if (word.size() < kShortestWord) return std::nullopt;
  size_t least = kMistakes + 1;
  const std::string* meant = nullptr;
  bool only = true;
  for (const std::string& each : known) {
    const size_t distance = Distance(word, each);
    if (distance == 0) return std::nullopt;
    if (distance > least || distance * kLettersAMistake > word.size()) continue;
    if (Digits(word) != Digits(each)) continue;
    only = distance < least || meant == nullptr || *meant == each;
    least = distance;
    meant = &each;
  }
  if (meant == nullptr || !only || least > kMistakes) return std::nullopt;
  return *meant;
}

}  // namespace aiop::spelling
