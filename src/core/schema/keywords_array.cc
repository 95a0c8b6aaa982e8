// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "core/schema/compiler.h"
#include "core/schema/values.h"

namespace aiop::schema {
namespace {

// The first items, one schema each: `prefixItems`, or `items` as a list in draft-07.
void AddPrefix(const Site& site, std::string_view keyword, std::vector<const Node*> nodes) {
  site.node.checks.push_back([keyword, nodes = std::move(nodes)](Frame& frame) {
    const auto* items = frame.instance.if_array();
    for (size_t i = 0; items && i < std::min(items->size(), nodes.size()); ++i) {
      frame.ApplyTo(*nodes[i], {keyword, i}, (*items)[i], i);
      frame.evaluated.Mark(i);
    }
  });
}

void AddRest(const Site& site, std::string_view keyword, const Node* node, size_t first) {
  site.node.checks.push_back([keyword, node, first](Frame& frame) {
    const auto* items = frame.instance.if_array();
    for (size_t i = first; items && i < items->size(); ++i) {
      frame.ApplyTo(*node, {keyword}, (*items)[i], i);
      frame.evaluated.Mark(i);
    }
  });
}

Status PrefixItems(Compiler& compiler, const Site& site) {
  AIOP_TRY(auto nodes, SubList(compiler, site));
  AddPrefix(site, "prefixItems", std::move(nodes));
  return {};
}

Status Items(Compiler& compiler, const Site& site) {
  if (site.value.is_array()) return Malformed(site, "a schema (a list of them is prefixItems)");
  AIOP_TRY(const Node* node, compiler.Sub(site.value, site.pointer));
  const auto* prefix = site.schema.if_contains("prefixItems");
  AddRest(site, "items", node, prefix && prefix->is_array() ? prefix->get_array().size() : 0);
  return {};
}

Status Draft7Items(Compiler& compiler, const Site& site) {
  const auto* list = site.value.if_array();
  if (!list) {
    AIOP_TRY(const Node* node, compiler.Sub(site.value, site.pointer));
    AddRest(site, "items", node, 0);
    return {};
  }
  if (!list->empty()) {
    AIOP_TRY(auto nodes, SubList(compiler, site));
    AddPrefix(site, "items", std::move(nodes));
  }
  if (const auto* rest = site.schema.if_contains("additionalItems")) {
    AIOP_TRY(const Node* node, compiler.Sub(*rest, SiblingPointer(site, "additionalItems")));
    AddRest(site, "additionalItems", node, list->size());
  }
  return {};
}

Result<size_t> SiblingCount(const Site& site, const char* name, size_t otherwise) {
  const auto* value = site.schema.if_contains(name);
  if (!value || !site.node.resource->dialect.validation) return otherwise;
  return CountOf(Site{site.schema, *value, SiblingPointer(site, name), site.node});
}

Status Contains(Compiler& compiler, const Site& site) {
  AIOP_TRY(const Node* node, compiler.Sub(site.value, site.pointer));
  size_t least = 1;
  size_t most = static_cast<size_t>(-1);
  const bool counted = site.node.resource->dialect.draft == Draft::k2020_12;
  if (counted) {
    AIOP_TRY(least, SiblingCount(site, "minContains", least));
    AIOP_TRY(most, SiblingCount(site, "maxContains", most));
  }
  site.node.checks.push_back([node, least, most](Frame& frame) {
    const auto* items = frame.instance.if_array();
    if (!items) return;
    size_t count = 0;
    for (size_t i = 0; i < items->size(); ++i) {
      if (!frame.PartHolds(*node, {"contains"}, (*items)[i], i)) continue;
      ++count;
      frame.evaluated.Mark(i);
    }
    const std::string found = std::to_string(count) + " items are as asked for, ";
    if (count < least) {
      frame.Fail(least == 1 ? "contains" : "minContains",
                 found + "but at least " + std::to_string(least) + " must be");
    }
    if (count > most) {
      frame.Fail("maxContains", found + "but at most " + std::to_string(most) + " may be");
    }
  });
  return {};
}

Status MinItems(Compiler&, const Site& site) {
  AIOP_TRY(const size_t limit, CountOf(site));
  site.node.checks.push_back([limit](Frame& frame) {
    const auto* items = frame.instance.if_array();
    if (items && items->size() < limit) {
      frame.Fail("minItems", "has fewer than " + std::to_string(limit) + " items");
    }
  });
  return {};
}

Status MaxItems(Compiler&, const Site& site) {
  AIOP_TRY(const size_t limit, CountOf(site));
  site.node.checks.push_back([limit](Frame& frame) {
    const auto* items = frame.instance.if_array();
    if (items && items->size() > limit) {
      frame.Fail("maxItems", "has more than " + std::to_string(limit) + " items");
    }
  });
  return {};
}

Status UniqueItems(Compiler&, const Site& site) {
  if (!site.value.is_bool()) return Malformed(site, "a boolean");
  if (!site.value.get_bool()) return {};
  site.node.checks.push_back([](Frame& frame) {
    const auto* items = frame.instance.if_array();
    if (!items) return;
    std::vector<size_t> order(items->size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      const auto values = Compare((*items)[a], (*items)[b]);
      return values != 0 ? values < 0 : a < b;
    });
    for (size_t i = 1; i < order.size(); ++i) {
      if (Compare((*items)[order[i - 1]], (*items)[order[i]]) != 0) continue;
      frame.Fail("uniqueItems", "the items " + std::to_string(order[i - 1]) + " and " +
                                    std::to_string(order[i]) + " are the same");
      return;
    }
  });
  return {};
}

Status UnevaluatedItems(Compiler& compiler, const Site& site) {
  AIOP_TRY(const Node* node, compiler.Sub(site.value, site.pointer));
  site.node.checks.push_back([node](Frame& frame) {
    const auto* items = frame.instance.if_array();
    for (size_t i = 0; items && i < items->size(); ++i) {
      if (frame.evaluated.Has(i)) continue;
      frame.ApplyTo(*node, {"unevaluatedItems"}, (*items)[i], i);
      frame.evaluated.Mark(i);
    }
  });
  return {};
}

Status UnevaluatedProperties(Compiler& compiler, const Site& site) {
  AIOP_TRY(const Node* node, compiler.Sub(site.value, site.pointer));
  site.node.checks.push_back([node](Frame& frame) {
    const auto* members = frame.instance.if_object();
    if (!members) return;
    size_t position = 0;
    for (const auto& member : *members) {
      if (!frame.evaluated.Has(position)) {
        frame.ApplyTo(*node, {"unevaluatedProperties"}, member.value(), View(member.key()));
        frame.evaluated.Mark(position);
      }
      ++position;
    }
  });
  return {};
}

constexpr auto kKeywords = std::to_array<Keyword>({
    {"prefixItems", Vocabulary::kApplicator, Drafts::kOnly2020_12, PrefixItems},
    {"items", Vocabulary::kApplicator, Drafts::kOnly2020_12, Items},
    {"items", Vocabulary::kApplicator, Drafts::kOnlyDraft7, Draft7Items},
    {"contains", Vocabulary::kApplicator, Drafts::kBoth, Contains},
    {"minItems", Vocabulary::kValidation, Drafts::kBoth, MinItems},
    {"maxItems", Vocabulary::kValidation, Drafts::kBoth, MaxItems},
    {"uniqueItems", Vocabulary::kValidation, Drafts::kBoth, UniqueItems},
});

constexpr auto kUnevaluated = std::to_array<Keyword>({
    {"unevaluatedItems", Vocabulary::kUnevaluated, Drafts::kOnly2020_12, UnevaluatedItems},
    {"unevaluatedProperties", Vocabulary::kUnevaluated, Drafts::kOnly2020_12,
     UnevaluatedProperties},
});

}  // namespace

std::span<const Keyword> ArrayKeywords() { return kKeywords; }
std::span<const Keyword> UnevaluatedKeywords() { return kUnevaluated; }

}  // namespace aiop::schema
