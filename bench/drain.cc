// SPDX-License-Identifier: Apache-2.0
#include "drain.h"

#include <algorithm>
#include <cctype>

namespace aiop::grouping {
namespace {

constexpr std::string_view kAny = "<*>";

std::vector<std::string> Tokens(std::string_view line) {
  std::vector<std::string> tokens;
  while (!line.empty()) {
    const size_t start = std::min(line.find_first_not_of(" \t"), line.size());
    line.remove_prefix(start);
    const size_t end = std::min(line.find_first_of(" \t"), line.size());
    if (end > 0) tokens.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return tokens;
}

bool HasDigit(std::string_view token) {
  return std::ranges::any_of(token, [](char c) { return c >= '0' && c <= '9'; });
}

bool IsWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The end of digits and dots of an IPv4 address (and its port) at `at`; `at` if there is none.
size_t SkipAddress(std::string_view line, size_t at) {
  size_t place = at;
  for (int part = 0; part < 4; ++part) {
    size_t digits = 0;
    while (place < line.size() && std::isdigit(static_cast<unsigned char>(line[place])) != 0) {
      ++place;
      ++digits;
    }
    if (digits == 0 || digits > 3) return at;
    if (part < 3 && (place >= line.size() || line[place++] != '.')) return at;
  }
  if (place + 1 < line.size() && line[place] == ':' &&
      std::isdigit(static_cast<unsigned char>(line[place + 1])) != 0) {
    ++place;
    while (place < line.size() && std::isdigit(static_cast<unsigned char>(line[place])) != 0)
      ++place;
  }
  return place;
}

// The end of "blk_-123", "0x1f" or "-12" at `at`; `at` if there is none.
size_t SkipNumber(std::string_view line, size_t at) {
  const std::string_view rest = line.substr(at);
  size_t skip = 0;
  const bool hex = rest.starts_with("0x");
  if (rest.starts_with("blk_-") || rest.starts_with("blk_"))
    skip = rest.starts_with("blk_-") ? 5 : 4;
  if (hex) skip = 2;
  if (skip == 0 && (rest[0] == '-' || rest[0] == '+')) skip = 1;
  const size_t start = skip;
  const auto takes = [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return hex ? std::isxdigit(byte) != 0 : std::isdigit(byte) != 0;
  };
  while (skip < rest.size() && takes(rest[skip])) ++skip;
  if (skip == start || (skip < rest.size() && IsWord(rest[skip]))) return at;
  return at + skip;
}

double Similarity(const std::vector<std::string>& pattern, const std::vector<std::string>& tokens,
                  size_t& wildcards) {
  size_t same = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (pattern[i] == kAny) {
      ++wildcards;
    } else if (pattern[i] == tokens[i]) {
      ++same;
    }
  }
  return tokens.empty() ? 1 : static_cast<double>(same) / static_cast<double>(tokens.size());
}

}  // namespace

std::string Preprocess(std::string_view line) {
  std::string out;
  for (size_t at = 0; at < line.size();) {
    const bool starts = at == 0 || !IsWord(line[at - 1]);
    size_t end = starts ? SkipAddress(line, at) : at;
    if (end == at && starts) end = SkipNumber(line, at);
    if (end == at) {
      out += line[at++];
    } else {
      out += kAny;
      at = end;
    }
  }
  return out;
}

Drain::Drain() = default;

Drain::Node& Drain::Leaf(const std::vector<std::string>& tokens) {
  const auto child = [](Node& node, const std::string& key) -> Node& {
    auto& made = node.children[key];
    if (!made) made = std::make_unique<Node>();
    return *made;
  };
  Node* node = &child(root_, std::to_string(tokens.size()));
  for (size_t i = 0; i + 2 < kDepth && i < tokens.size(); ++i) {
    const std::string& token = tokens[i];
    const std::string any(kAny);
    if (node->children.contains(token)) {
      node = node->children[token].get();
    } else if (HasDigit(token) || node->children.size() + 1 >= kChildren) {
      node = &child(*node, any);
    } else {
      node = &child(*node, token);
    }
  }
  return *node;
}

int Drain::Add(std::string_view line) {
  std::vector<std::string> tokens = Tokens(line);
  Node& leaf = Leaf(tokens);
  double best = -1;
  size_t best_wildcards = 0;
  Group* found = nullptr;
  for (const size_t index : leaf.groups) {
    Group& group = groups_[index];
    if (group.tokens.size() != tokens.size()) continue;
    size_t wildcards = 0;
    const double similarity = Similarity(group.tokens, tokens, wildcards);
    if (similarity > best || (similarity == best && wildcards > best_wildcards)) {
      best = similarity;
      best_wildcards = wildcards;
      found = &group;
    }
  }
  if (found != nullptr && best >= kSimilarity) {
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (found->tokens[i] != tokens[i]) found->tokens[i] = kAny;
    }
    return found->number;
  }
  const int number = static_cast<int>(groups_.size());
  leaf.groups.push_back(groups_.size());
  groups_.push_back({number, std::move(tokens)});
  return number;
}

}  // namespace aiop::grouping
