// SPDX-License-Identifier: Apache-2.0
#include "core/policy/condition.h"

#include <algorithm>

namespace aiop::policy {
namespace {

using Kind = Condition::Kind;

class Reader {
 public:
  explicit Reader(std::vector<describe::Problem>& problems) : problems_(problems) {}

  Condition Read(const json::Value& value, const std::string& path, size_t depth) {
    if (depth > kConditionDepthLimit) return Refuse(path, "is nested too deeply");
    if (const auto* text = value.if_string()) return ReadName({text->data(), text->size()}, path);
    if (const auto* list = value.if_array()) return ReadList(Kind::kAll, *list, path, depth);
    const auto* object = value.if_object();
    if (object == nullptr || object->size() != 1) {
      return Refuse(path,
                    "must be a proposition, a list, or one of {all: ...}, {any: ...}, {not: ...}");
    }
    const std::string key(object->begin()->key());
    const json::Value& inner = object->begin()->value();
    const std::string inner_path = json::Child(path, key);
    if (key == "not") {
      return {.kind = Kind::kNot, .parts = {Read(inner, inner_path, depth + 1)}};
    }
    if (key != "all" && key != "any") return Refuse(inner_path, "must be all, any or not");
    if (!inner.is_array()) return Refuse(inner_path, "must be a list");
    return ReadList(key == "all" ? Kind::kAll : Kind::kAny, inner.get_array(), inner_path, depth);
  }

 private:
  Condition Refuse(const std::string& path, std::string message) {
    problems_.push_back({path, std::move(message)});
    return {};
  }

  Condition ReadName(std::string_view text, const std::string& path) {
    constexpr std::string_view kNot = "not ";
    const bool contrary = text.starts_with(kNot);
    if (contrary) text.remove_prefix(kNot.size());
    const auto index = FindProposition(text);
    if (!index) {
      return Refuse(path, "names no known proposition: '" + std::string(text) + "'");
    }
    Condition proposition{.kind = Kind::kProposition, .parts = {}, .proposition = *index};
    if (!contrary) return proposition;
    return {.kind = Kind::kNot, .parts = {std::move(proposition)}};
  }

  Condition ReadList(Kind kind, const json::Array& list, const std::string& path, size_t depth) {
    Condition condition{.kind = kind};
    for (size_t i = 0; i < list.size(); ++i) {
      condition.parts.push_back(Read(list[i], json::Child(path, i), depth + 1));
    }
    return condition;
  }

  std::vector<describe::Problem>& problems_;
};

Truth Negated(Truth truth) {
  if (truth == Truth::kUnknown) return truth;
  return truth == Truth::kYes ? Truth::kNo : Truth::kYes;
}

// Kleene's strong logic. `leaf` gives the value of a proposition that occurs under an even
// (positive) or odd number of negations.
Truth Evaluate(const Condition& condition, bool positive,
               const std::function<Truth(size_t, bool)>& leaf) {
  switch (condition.kind) {
    case Kind::kProposition:
      return leaf(condition.proposition, positive);
    case Kind::kNot:
      return Negated(Evaluate(condition.parts.front(), !positive, leaf));
    case Kind::kAll:
    case Kind::kAny:
      break;
  }
  const Truth decisive = condition.kind == Kind::kAll ? Truth::kNo : Truth::kYes;
  Truth result = Negated(decisive);
  for (const Condition& part : condition.parts) {
    const Truth truth = Evaluate(part, positive, leaf);
    if (truth == decisive) return decisive;
    if (truth == Truth::kUnknown) result = Truth::kUnknown;
  }
  return result;
}

}  // namespace

Condition ReadCondition(const json::Value& value, const std::string& path,
                        std::vector<describe::Problem>& problems) {
  return Reader(problems).Read(value, path, 0);
}

Board::Board(const Knowledge& knowledge)
    : knowledge_(knowledge), known_(AllPropositions().size()) {}

const Known& Board::At(size_t proposition) {
  std::optional<Known>& known = known_[proposition];
  if (!known) known = AllPropositions()[proposition].find(knowledge_);
  return *known;
}

const Known& Board::Named(std::string_view name) {
  const auto index = FindProposition(name);
  AIOP_CHECK(index.has_value());
  return At(*index);
}

Truth Evaluate(const Condition& condition, Board& board) {
  return Evaluate(condition, true, [&](size_t each, bool) { return board.At(each).truth; });
}

bool CouldBecomeTrue(const Condition& condition, Board& board) {
  return Evaluate(condition, true, [&](size_t each, bool positive) {
           const Known& known = board.At(each);
           if (known.truth != Truth::kUnknown || !known.wish) return known.truth;
           return positive ? Truth::kYes : Truth::kNo;
         }) == Truth::kYes;
}

std::vector<Wish> WishesOf(const Condition& condition, Board& board) {
  std::vector<Wish> wishes;
  if (condition.kind == Kind::kProposition) {
    const Known& known = board.At(condition.proposition);
    if (known.truth == Truth::kUnknown && known.wish) wishes.push_back(*known.wish);
    return wishes;
  }
  for (const Condition& part : condition.parts) {
    if (Evaluate(part, board) != Truth::kUnknown) continue;
    std::ranges::move(WishesOf(part, board), std::back_inserter(wishes));
  }
  return wishes;
}

std::optional<size_t> BlockerOf(const Condition& condition, Board& board) {
  if (Evaluate(condition, board) == Truth::kYes) return std::nullopt;
  if (condition.kind == Kind::kProposition) return condition.proposition;
  for (const Condition& part : condition.parts) {
    // What is denied blocks by being true, or by not being known.
    if (condition.kind == Kind::kNot) {
      const auto reasons = ReasonsOf(part, board);
      return reasons.empty() ? std::nullopt : std::optional(reasons.front());
    }
    if (const auto blocker = BlockerOf(part, board)) return blocker;
  }
  return std::nullopt;
}

std::vector<size_t> ReasonsOf(const Condition& condition, Board& board) {
  if (condition.kind == Kind::kProposition) return {condition.proposition};
  std::vector<size_t> reasons;
  for (const Condition& part : condition.parts) {
    // Of alternatives only those that hold are reasons.
    if (condition.kind == Kind::kAny && Evaluate(part, board) != Truth::kYes) continue;
    std::ranges::copy(ReasonsOf(part, board), std::back_inserter(reasons));
  }
  return reasons;
}

}  // namespace aiop::policy
