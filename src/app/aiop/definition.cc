// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/definition.h"

#include <algorithm>

#include "core/spelling/spelling.h"

namespace aiop::app {
namespace {

constexpr size_t kSuggestions = 3;

// Without the dashes of an option, which say nothing.
std::string_view Bare(std::string_view word) {
  const size_t start = word.find_first_not_of('-');
  return start == std::string_view::npos ? word : word.substr(start);
}

}  // namespace

const Command* FindCommand(std::string_view path) {
  for (const Command& each : Commands()) {
    if (each.path == path) return &each;
  }
  return nullptr;
}

std::string_view LastWord(std::string_view path) {
  const size_t space = path.rfind(' ');
  return space == std::string_view::npos ? path : path.substr(space + 1);
}

std::string_view Group(std::string_view path) {
  const size_t space = path.rfind(' ');
  return space == std::string_view::npos ? std::string_view() : path.substr(0, space);
}

std::vector<const Command*> Below(std::string_view path) {
  std::vector<const Command*> commands;
  for (const Command& each : Commands()) {
    if (Group(each.path) == path && each.path != path) commands.push_back(&each);
  }
  return commands;
}

std::vector<std::string_view> Nearest(std::string_view word,
                                      const std::vector<std::string_view>& known) {
  std::vector<std::pair<size_t, std::string_view>> near;
  for (const std::string_view each : known) {
    const size_t distance = spelling::Distance(Bare(word), Bare(each));
    const bool begins = Bare(word).size() > 1 &&
                        (each.starts_with(word) || (each.size() > 1 && word.starts_with(each)));
    const size_t shorter = std::min(Bare(word).size(), Bare(each).size());
    if (begins || distance <= std::max<size_t>(1, shorter / 2)) {
      near.emplace_back(distance, each);
    }
  }
  std::sort(near.begin(), near.end());
  if (near.size() > kSuggestions) near.resize(kSuggestions);
  std::vector<std::string_view> words;
  words.reserve(near.size());
  for (const auto& [distance, each] : near) words.push_back(each);
  return words;
}

}  // namespace aiop::app
