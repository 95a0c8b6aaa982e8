// SPDX-License-Identifier: Apache-2.0
//
// Private: the lines of a check, and which of them a change adds. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aiop::tampering {

struct Line {
  std::string_view text;  // without blanks at its end
  size_t indentation = 0;
  bool added = false;
};

// Lines that are neither blank nor a comment.
std::vector<Line> CodeLines(std::string_view text);

// Where this many pairs of lines would have to be compared, what differs counts as all different.
inline constexpr size_t kPairLimit = 4'000'000;

// Marks the lines of `after` that `before` has not, by a longest common subsequence. The lines of
// `before` that are gone, in order.
std::vector<std::string_view> MarkAdded(const std::vector<Line>& before, std::vector<Line>& after);

// Whether the words of `text`, split at what is no part of a name, contain `word`.
bool HasWord(std::string_view text, std::string_view word);

}  // namespace aiop::tampering
