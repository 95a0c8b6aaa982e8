// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/text.h"

#include <algorithm>

namespace aiop::evidence {
namespace {

constexpr size_t kBlockBytes = size_t{64} << 10;

}  // namespace

std::string_view Texts::Keep(std::string_view text) {
  if (text.empty()) return {};
  if (size_ - used_ < text.size()) {
    size_ = std::max(kBlockBytes, text.size());
    used_ = 0;
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size_));
  }
  char* place = blocks_.back().get() + used_;
  std::ranges::copy(text, place);
  used_ += text.size();
  return {place, text.size()};
}

Symbol Texts::Intern(std::string_view text) {
  if (const auto known = Find(text)) return *known;
  const std::string_view kept = Keep(text);
  const auto number = static_cast<uint32_t>(texts_.size());
  texts_.push_back(kept);
  numbers_.emplace(kept, number);
  return {number};
}

std::optional<Symbol> Texts::Find(std::string_view text) const {
  const auto found = numbers_.find(text);
  if (found == numbers_.end()) return std::nullopt;
  return Symbol{found->second};
}

}  // namespace aiop::evidence
