// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "core/fingerprint/fingerprint.h"

namespace aiop::fingerprint {
namespace {

bool IsPartOfWord(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '*' || static_cast<unsigned char>(c) >= 0x80;
}

// Words, and pairs of neighbouring words, sorted.
std::vector<std::string> Features(std::string_view text) {
  std::vector<std::string> features;
  std::string before;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && IsPartOfWord(text[end])) ++end;
    if (end == at) {
      ++at;
      continue;
    }
    std::string word(text.substr(at, end - at));
    std::ranges::transform(word, word.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    if (!before.empty()) features.push_back(before + " " + word);
    features.push_back(word);
    before = std::move(word);
    at = end;
  }
  std::ranges::sort(features);
  return features;
}

}  // namespace

double Similarity(std::string_view one, std::string_view other) {
  const auto a = Features(one);
  const auto b = Features(other);
  if (a.empty() || b.empty()) return a.empty() && b.empty() ? 1 : 0;
  std::vector<std::string> common;
  std::ranges::set_intersection(a, b, std::back_inserter(common));
  return 2.0 * static_cast<double>(common.size()) / static_cast<double>(a.size() + b.size());
}

}  // namespace aiop::fingerprint
