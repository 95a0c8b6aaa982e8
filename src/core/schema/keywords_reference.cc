// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "core/schema/compiler.h"

namespace aiop::schema {
namespace {

Status Reference(Compiler& compiler, const Site& site) {
  AIOP_TRY(const Registry::Target target, compiler.Resolve(site));
  AIOP_TRY(const Node* node, compiler.NodeOf(target.schema));
  site.node.checks.push_back([node](Frame& frame) { frame.Apply(*node, {"$ref"}); });
  return {};
}

// The outermost resource of the dynamic scope that has the anchor wins.
const Node* DynamicTarget(const Run& run, const std::string& anchor, const Node* fallback) {
  for (const Resource* resource : run.scopes) {
    const auto found = resource->dynamic_nodes.find(anchor);
    if (found != resource->dynamic_nodes.end()) return found->second;
  }
  return fallback;
}

Status DynamicReference(Compiler& compiler, const Site& site) {
  AIOP_TRY(Registry::Target target, compiler.Resolve(site));
  AIOP_TRY(const Node* node, compiler.NodeOf(target.schema));
  site.node.checks.push_back([node, anchor = std::move(target.dynamic_anchor)](Frame& frame) {
    const Node* chosen = anchor.empty() ? node : DynamicTarget(frame.run, anchor, node);
    frame.Apply(*chosen, {"$dynamicRef"});
  });
  return {};
}

constexpr auto kKeywords = std::to_array<Keyword>({
    {"$ref", Vocabulary::kCore, Drafts::kBoth, Reference},
    {"$dynamicRef", Vocabulary::kCore, Drafts::kOnly2020_12, DynamicReference},
});

}  // namespace

std::span<const Keyword> ReferenceKeywords() { return kKeywords; }

}  // namespace aiop::schema
