// SPDX-License-Identifier: Apache-2.0
// The sentences of a policy file: plain text with {names} that are filled in from the evidence.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace aiop::policy {

// The names in braces, in order; an unclosed brace yields the rest of the text.
std::vector<std::string> PlaceholdersOf(std::string_view text);

std::string Fill(std::string_view text, const std::function<std::string(std::string_view)>& value);

// "a", "a and b", "a, b and 3 more".
std::string Listed(const std::vector<std::string>& names, size_t shown = 4);

// At most `limit` bytes, cut between characters, control characters made blanks.
std::string Shortened(std::string_view text, size_t limit);

}  // namespace aiop::policy
