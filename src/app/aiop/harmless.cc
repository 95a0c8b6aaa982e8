// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/harmless.h"

#include <algorithm>
#include <array>

#include "app/aiop/table.h"
#include "base/json/json.h"

namespace aiop::app {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The sequences that Paint() writes.
const std::vector<std::string>& OwnColours() {
  static const std::vector<std::string> codes = [] {
    using enum Colour;
    std::vector<std::string> all;
    for (const Colour colour : {kGreen, kRed, kYellow, kBlue, kBold, kDim}) {
      const std::string painted = Paint("|", colour, true);
      const size_t text = painted.find('|');
      all.push_back(painted.substr(0, text));
      all.push_back(painted.substr(text + 1));
    }
    return all;
  }();
  return codes;
}

// How many bytes at the beginning are harmful; 0: none.
size_t HarmfulAt(std::string_view text) {
  // C1 controls; embeddings, overrides and isolates of the writing direction.
  constexpr auto kRanges = std::to_array<std::pair<std::string_view, std::string_view>>(
      {{"\xC2\x80", "\xC2\x9F"},
       {"\xE2\x80\xAA", "\xE2\x80\xAE"},
       {"\xE2\x81\xA6", "\xE2\x81\xA9"}});
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x20 || first == 0x7F) {
    const bool line_end = first == '\r' && text.size() > 1 && text[1] == '\n';
    return first == '\n' || first == '\t' || line_end ? 0 : 1;
  }
  for (const auto& [low, high] : kRanges) {
    const std::string_view piece = text.substr(0, low.size());
    if (piece.size() == low.size() && piece >= low && piece <= high) return low.size();
  }
  return 0;
}

}  // namespace

std::string Harmless(std::string_view given, bool colours) {
  const std::string text = json::ToValidUtf8(given);
  std::string out;
  out.reserve(text.size());
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto own = std::ranges::find_if(
        OwnColours(), [&](const std::string& code) { return rest.starts_with(code); });
    if (colours && rest.front() == '\033' && own != OwnColours().end()) {
      out += *own;
      rest.remove_prefix(own->size());
      continue;
    }
    const size_t harmful = HarmfulAt(rest);
    if (harmful > 0) {
      out += kReplacement;
      rest.remove_prefix(harmful);
    } else {
      out += rest.front();
      rest.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace aiop::app
