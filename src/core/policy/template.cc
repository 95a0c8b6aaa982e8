// SPDX-License-Identifier: Apache-2.0
#include "core/policy/template.h"

#include <algorithm>

namespace aiop::policy {

std::vector<std::string> PlaceholdersOf(std::string_view text) {
  std::vector<std::string> names;
  for (size_t open = text.find('{'); open != std::string_view::npos;
       open = text.find('{', open + 1)) {
    const size_t close = text.find('}', open);
    names.emplace_back(
        text.substr(open + 1, close == std::string_view::npos ? close : close - open - 1));
  }
  return names;
}

std::string Fill(std::string_view text, const std::function<std::string(std::string_view)>& value) {
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    const size_t open = text.find('{', at);
    const size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) return out.append(text.substr(at));
    out.append(text.substr(at, open - at));
    out.append(value(text.substr(open + 1, close - open - 1)));
    at = close + 1;
  }
  return out;
}

std::string Listed(const std::vector<std::string>& names, size_t shown) {
  std::string out;
  const size_t listed = names.size() > shown ? shown : names.size();
  for (size_t i = 0; i < listed; ++i) {
    const bool last = i + 1 == names.size();
    if (i > 0) out += last ? " and " : ", ";
    out += names[i];
  }
  if (names.size() > listed) out += " and " + std::to_string(names.size() - listed) + " more";
  return out;
}

std::string Shortened(std::string_view text, size_t limit) {
  size_t end = std::min(text.size(), limit);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  std::string out(text.substr(0, end));
  std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  if (end < text.size()) out += "...";
  return out;
}

}  // namespace aiop::policy
