// SPDX-License-Identifier: Apache-2.0
// Each distinct text once. Private to the module.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace aiop::evidence {

// A text by its number; the empty text is number 0.
struct Symbol {
  uint32_t number = 0;
  auto operator<=>(const Symbol&) const = default;
  bool empty() const { return number == 0; }
};

// Keeps texts at fixed places for as long as it lives.
class Texts {
 public:
  Texts() { Intern(""); }
  Texts(const Texts&) = delete;
  Texts& operator=(const Texts&) = delete;

  Symbol Intern(std::string_view text);
  std::optional<Symbol> Find(std::string_view text) const;
  std::string_view operator[](Symbol symbol) const { return texts_[symbol.number]; }
  // Without a number, for texts that are all different.
  std::string_view Keep(std::string_view text);

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t used_ = 0;
  size_t size_ = 0;
  std::vector<std::string_view> texts_;
  std::unordered_map<std::string_view, uint32_t> numbers_;
};

}  // namespace aiop::evidence

template <>
struct std::hash<aiop::evidence::Symbol> {
  size_t operator()(const aiop::evidence::Symbol& symbol) const noexcept {
    return std::hash<uint32_t>()(symbol.number);
  }
};
