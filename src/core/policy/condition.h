// SPDX-License-Identifier: Apache-2.0
// Conditions of rules: read from a policy file, evaluated over what is known.
#pragma once

#include <functional>

#include "core/describe/describe.h"
#include "core/policy/proposition.h"

namespace aiop::policy {

inline constexpr size_t kConditionDepthLimit = 16;

// Reads `when`; each problem is added to `problems` under `path`.
Condition ReadCondition(const json::Value& value, const std::string& path,
                        std::vector<describe::Problem>& problems);

// The propositions of one Decide(): each is looked up once, when first needed.
class Board {
 public:
  explicit Board(const Knowledge& knowledge);
  const Known& At(size_t proposition);
  const Known& Named(std::string_view name);  // `name` must exist
  const Knowledge& Base() const { return knowledge_; }

 private:
  const Knowledge& knowledge_;
  std::vector<std::optional<Known>> known_;
};

Truth Evaluate(const Condition& condition, Board& board);

// Whether experiments that can still be asked could make the condition true.
bool CouldBecomeTrue(const Condition& condition, Board& board);

// What the condition's unknown propositions wish, in the order written.
std::vector<Wish> WishesOf(const Condition& condition, Board& board);

// The first proposition that keeps the condition from being true; nothing if it is true, or never
// can be.
std::optional<size_t> BlockerOf(const Condition& condition, Board& board);

// The propositions that make a true condition true, in the order written.
std::vector<size_t> ReasonsOf(const Condition& condition, Board& board);

}  // namespace aiop::policy
