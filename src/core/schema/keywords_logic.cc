// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "core/schema/compiler.h"

namespace aiop::schema {
namespace {

Status AllOf(Compiler& compiler, const Site& site) {
  AIOP_TRY(auto nodes, SubList(compiler, site));
  site.node.checks.push_back([nodes = std::move(nodes)](Frame& frame) {
    for (size_t i = 0; i < nodes.size(); ++i) frame.Apply(*nodes[i], {"allOf", i});
  });
  return {};
}

// Why each alternative fails, as far as one line carries it.
std::string Reasons(const std::vector<std::string>& reasons) {
  constexpr size_t kListed = 3;
  std::string text;
  for (size_t i = 0; i < reasons.size() && i < kListed; ++i) {
    text += (i == 0 ? " (" : "; ") + std::to_string(i) + ": " + reasons[i];
  }
  if (reasons.size() > kListed) text += "; ...";
  return text.empty() ? text : text + ")";
}

Status AnyOf(Compiler& compiler, const Site& site) {
  AIOP_TRY(auto nodes, SubList(compiler, site));
  site.node.checks.push_back([nodes = std::move(nodes)](Frame& frame) {
    std::vector<std::string> reasons(nodes.size());
    bool any = false;
    // All of them, since each that holds may evaluate other members.
    for (size_t i = 0; i < nodes.size(); ++i) {
      any = frame.Holds(*nodes[i], {"anyOf", i}, frame.run.sink ? &reasons[i] : nullptr) || any;
    }
    if (!any) frame.Fail("anyOf", "none of the alternatives holds" + Reasons(reasons));
  });
  return {};
}

Status OneOf(Compiler& compiler, const Site& site) {
  AIOP_TRY(auto nodes, SubList(compiler, site));
  site.node.checks.push_back([nodes = std::move(nodes)](Frame& frame) {
    std::vector<std::string> reasons(nodes.size());
    std::vector<size_t> holding;
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (frame.Holds(*nodes[i], {"oneOf", i}, frame.run.sink ? &reasons[i] : nullptr)) {
        holding.push_back(i);
      }
    }
    if (holding.empty()) {
      frame.Fail("oneOf", "none of the alternatives holds" + Reasons(reasons));
    } else if (holding.size() > 1) {
      frame.Fail("oneOf", "exactly one alternative must hold, but " + std::to_string(holding[0]) +
                              " and " + std::to_string(holding[1]) + " both do");
    }
  });
  return {};
}

Status Not(Compiler& compiler, const Site& site) {
  AIOP_TRY(const Node* node, compiler.Sub(site.value, site.pointer));
  site.node.checks.push_back([node](Frame& frame) {
    const Evaluated before = frame.evaluated;  // annotations under `not` do not count
    if (frame.Holds(*node, {"not"})) frame.Fail("not", "what it excludes holds");
    frame.evaluated = before;
  });
  return {};
}

Status If(Compiler& compiler, const Site& site) {
  AIOP_TRY(const Node* condition, compiler.Sub(site.value, site.pointer));
  const Node* branches[2] = {nullptr, nullptr};
  for (const auto& [index, name] : {std::pair<size_t, const char*>{0, "then"}, {1, "else"}}) {
    const auto* branch = site.schema.if_contains(name);
    if (branch) {
      AIOP_TRY(branches[index], compiler.Sub(*branch, SiblingPointer(site, name)));
    }
  }
  site.node.checks.push_back([condition, then = branches[0], other = branches[1]](Frame& frame) {
    if (frame.Holds(*condition, {"if"})) {
      if (then) frame.Apply(*then, {"then"});
    } else if (other) {
      frame.Apply(*other, {"else"});
    }
  });
  return {};
}

constexpr auto kKeywords = std::to_array<Keyword>({
    {"allOf", Vocabulary::kApplicator, Drafts::kBoth, AllOf},
    {"anyOf", Vocabulary::kApplicator, Drafts::kBoth, AnyOf},
    {"oneOf", Vocabulary::kApplicator, Drafts::kBoth, OneOf},
    {"not", Vocabulary::kApplicator, Drafts::kBoth, Not},
    {"if", Vocabulary::kApplicator, Drafts::kBoth, If},
});

}  // namespace

std::span<const Keyword> LogicKeywords() { return kKeywords; }

}  // namespace aiop::schema
