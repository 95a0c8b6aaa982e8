// SPDX-License-Identifier: Apache-2.0
//
// Drain, the online log parser with a tree of fixed depth (He, Zhu, Zheng, Lyu: "Drain: An Online
// Log Parsing Approach with Fixed Depth Tree", ICWS 2017), written from the paper's description, to
// compare with. Depth 4, similarity 0.4, 100 children a node: the defaults of its authors. It
// needs the lines in order and keeps state: the group of a line depends on the lines before it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace aiop::grouping {

class Drain {
 public:
  static constexpr size_t kDepth = 4;  // root, number of tokens, then kDepth - 2 tokens, leaf
  static constexpr double kSimilarity = 0.4;
  static constexpr size_t kChildren = 100;

  Drain();
  // The number of the group that `line` falls into; opens one when none is similar enough.
  int Add(std::string_view line);

 private:
  struct Group {
    int number = 0;
    std::vector<std::string> tokens;  // "<*>" where members differ
  };
  struct Node {
    std::unordered_map<std::string, std::unique_ptr<Node>> children;
    std::vector<size_t> groups;  // of a leaf: indices into groups_
  };

  Node& Leaf(const std::vector<std::string>& tokens);

  Node root_;
  std::vector<Group> groups_;
};

// The usual shared preprocessing: block ids, addresses with ports, hexadecimal and plain numbers
// become "<*>". What stands between blanks is a token.
std::string Preprocess(std::string_view line);

}  // namespace aiop::grouping
