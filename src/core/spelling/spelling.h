// SPDX-License-Identifier: Apache-2.0
//
// How far two words are apart, and which word somebody meant. Pure and thread-safe. The distance is
// that of optimal string alignment: insertions, deletions, substitutions and swaps of neighbours
// count one each (Damerau 1964; bytes, not characters).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aiop::spelling {

inline constexpr size_t kWordLimitBytes = 256;  // longer words are as far apart as they are long
inline constexpr size_t kShortestWord = 5;      // of shorter ones most are close to each other

size_t Distance(std::string_view a, std::string_view b);

// The one of `known` that `word` is a misspelling of: at most two mistakes, at most one in five
// letters, none in a digit, and no other word as close. Nothing if `word` is known itself.
std::optional<std::string> MeantBy(std::string_view word, const std::vector<std::string>& known);

}  // namespace aiop::spelling
