// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "core/schema/compiler.h"
#include "core/schema/pattern.h"

namespace aiop::schema {
namespace {

struct PatternNode {
  Pattern pattern;
  std::string_view source;
  const Node* node;
};

Result<const json::Object*> MapOf(const Site& site) {
  const auto* map = site.value.if_object();
  if (!map) return Malformed(site, "an object");
  return map;
}

size_t PositionOf(const json::Object& object, const boost::json::key_value_pair& member) {
  return static_cast<size_t>(&member - object.begin());
}

Status Properties(Compiler& compiler, const Site& site) {
  AIOP_TRY(const json::Object* map, MapOf(site));
  std::vector<std::pair<std::string_view, const Node*>> nodes;
  for (const auto& property : *map) {
    AIOP_TRY(const Node* node,
             compiler.Sub(property.value(), json::Child(site.pointer, View(property.key()))));
    nodes.emplace_back(View(property.key()), node);
  }
  site.node.checks.push_back([nodes = std::move(nodes)](Frame& frame) {
    const auto* members = frame.instance.if_object();
    if (!members) return;
    for (const auto& [name, node] : nodes) {
      const auto member = members->find({name.data(), name.size()});
      if (member == members->end()) continue;
      frame.ApplyTo(*node, {"properties", name}, member->value(), name);
      frame.evaluated.Mark(PositionOf(*members, *member));
    }
  });
  return {};
}

Result<std::vector<PatternNode>> PatternNodes(Compiler& compiler, const Site& site) {
  AIOP_TRY(const json::Object* map, MapOf(site));
  std::vector<PatternNode> nodes;
  for (const auto& entry : *map) {
    const std::string pointer = json::Child(site.pointer, View(entry.key()));
    auto pattern = Pattern::Compile(View(entry.key()));
    if (!pattern) return Invalid("schema" + pointer + ": " + pattern.error().message);
    AIOP_TRY(const Node* node, compiler.Sub(entry.value(), pointer));
    nodes.push_back({*std::move(pattern), View(entry.key()), node});
  }
  return nodes;
}

Status PatternProperties(Compiler& compiler, const Site& site) {
  AIOP_TRY(auto nodes, PatternNodes(compiler, site));
  site.node.checks.push_back([nodes = std::move(nodes)](Frame& frame) {
    const auto* members = frame.instance.if_object();
    if (!members) return;
    for (const auto& member : *members) {
      for (const PatternNode& entry : nodes) {
        if (!entry.pattern.Matches(View(member.key()))) continue;
        frame.ApplyTo(*entry.node, {"patternProperties", entry.source}, member.value(),
                      View(member.key()));
        frame.evaluated.Mark(PositionOf(*members, member));
      }
    }
  });
  return {};
}

std::vector<std::string> NamesOf(const json::Object* members) {
  std::vector<std::string> names;
  if (members == nullptr) return names;
  for (const auto& member : *members) names.emplace_back(View(member.key()));
  return names;
}

Status AdditionalProperties(Compiler& compiler, const Site& site) {
  AIOP_TRY(const Node* node, compiler.Sub(site.value, site.pointer));
  std::vector<PatternNode> patterns;
  if (const auto* value = site.schema.if_contains("patternProperties")) {
    AIOP_TRY(patterns,
             PatternNodes(compiler, Site{site.schema, *value,
                                         SiblingPointer(site, "patternProperties"), site.node}));
  }
  const auto* named = site.schema.if_contains("properties");
  const json::Object* names = named ? named->if_object() : nullptr;
  site.node.checks.push_back([node, names, patterns = std::move(patterns)](Frame& frame) {
    const auto* members = frame.instance.if_object();
    if (!members) return;
    for (const auto& member : *members) {
      const std::string_view name = View(member.key());
      if (names && names->contains(member.key())) continue;
      const bool matched =
          std::any_of(patterns.begin(), patterns.end(),
                      [&](const PatternNode& entry) { return entry.pattern.Matches(name); });
      if (matched) continue;
      const size_t violations = frame.run.sink ? frame.run.sink->size() : 0;
      frame.ApplyTo(*node, {"additionalProperties"}, member.value(), name);
      if (node->always == false && frame.run.sink && frame.run.sink->size() > violations) {
        frame.run.sink->back().allowed = NamesOf(names);
      }
      frame.evaluated.Mark(PositionOf(*members, member));
    }
  });
  return {};
}

Status PropertyNames(Compiler& compiler, const Site& site) {
  AIOP_TRY(const Node* node, compiler.Sub(site.value, site.pointer));
  site.node.checks.push_back([node](Frame& frame) {
    const auto* members = frame.instance.if_object();
    if (!members) return;
    for (const auto& member : *members) {
      const json::Value name(member.key());
      frame.ApplyTo(*node, {"propertyNames"}, name, View(member.key()));
    }
  });
  return {};
}

void RequireAll(Frame& frame, std::string_view keyword, const std::vector<std::string>& names,
                const std::string& because) {
  const auto* members = frame.instance.if_object();
  if (!members) return;
  for (const std::string& name : names) {
    if (members->contains(name)) continue;
    std::string message = "the member '";
    message.append(name).append("' is missing").append(because);
    frame.Fail(keyword, std::move(message));
  }
}

Status Required(Compiler&, const Site& site) {
  AIOP_TRY(auto names, TextsOf(site, site.value));
  site.node.checks.push_back(
      [names = std::move(names)](Frame& frame) { RequireAll(frame, "required", names, ""); });
  return {};
}

Status MinProperties(Compiler&, const Site& site) {
  AIOP_TRY(const size_t limit, CountOf(site));
  site.node.checks.push_back([limit](Frame& frame) {
    const auto* members = frame.instance.if_object();
    if (members && members->size() < limit) {
      frame.Fail("minProperties", "has fewer than " + std::to_string(limit) + " members");
    }
  });
  return {};
}

Status MaxProperties(Compiler&, const Site& site) {
  AIOP_TRY(const size_t limit, CountOf(site));
  site.node.checks.push_back([limit](Frame& frame) {
    const auto* members = frame.instance.if_object();
    if (members && members->size() > limit) {
      frame.Fail("maxProperties", "has more than " + std::to_string(limit) + " members");
    }
  });
  return {};
}

void AddDependentRequired(const Site& site, std::string_view keyword, std::string_view trigger,
                          std::vector<std::string> names) {
  site.node.checks.push_back([keyword, trigger, names = std::move(names)](Frame& frame) {
    if (!json::Member(frame.instance, trigger)) return;
    RequireAll(frame, keyword, names, ", which '" + std::string(trigger) + "' needs");
  });
}

Status AddDependentSchema(Compiler& compiler, const Site& site, std::string_view keyword,
                          std::string_view trigger, const json::Value& schema) {
  AIOP_TRY(const Node* node, compiler.Sub(schema, json::Child(site.pointer, trigger)));
  site.node.checks.push_back([keyword, trigger, node](Frame& frame) {
    if (json::Member(frame.instance, trigger)) frame.Apply(*node, {keyword, trigger});
  });
  return {};
}

Status DependentRequired(Compiler&, const Site& site) {
  AIOP_TRY(const json::Object* map, MapOf(site));
  for (const auto& entry : *map) {
    AIOP_TRY(auto names, TextsOf(site, entry.value()));
    AddDependentRequired(site, "dependentRequired", View(entry.key()), std::move(names));
  }
  return {};
}

Status DependentSchemas(Compiler& compiler, const Site& site) {
  AIOP_TRY(const json::Object* map, MapOf(site));
  for (const auto& entry : *map) {
    AIOP_CHECK_OK(
        AddDependentSchema(compiler, site, "dependentSchemas", View(entry.key()), entry.value()));
  }
  return {};
}

// Lists of names and schemas in one keyword: draft-07, and what 2020-12 keeps for compatibility.
Status Dependencies(Compiler& compiler, const Site& site) {
  AIOP_TRY(const json::Object* map, MapOf(site));
  for (const auto& entry : *map) {
    if (entry.value().is_array()) {
      AIOP_TRY(auto names, TextsOf(site, entry.value()));
      AddDependentRequired(site, "dependencies", View(entry.key()), std::move(names));
    } else {
      AIOP_CHECK_OK(
          AddDependentSchema(compiler, site, "dependencies", View(entry.key()), entry.value()));
    }
  }
  return {};
}

constexpr auto kKeywords = std::to_array<Keyword>({
    {"required", Vocabulary::kValidation, Drafts::kBoth, Required},
    {"minProperties", Vocabulary::kValidation, Drafts::kBoth, MinProperties},
    {"maxProperties", Vocabulary::kValidation, Drafts::kBoth, MaxProperties},
    {"properties", Vocabulary::kApplicator, Drafts::kBoth, Properties},
    {"patternProperties", Vocabulary::kApplicator, Drafts::kBoth, PatternProperties},
    {"additionalProperties", Vocabulary::kApplicator, Drafts::kBoth, AdditionalProperties},
    {"propertyNames", Vocabulary::kApplicator, Drafts::kBoth, PropertyNames},
    {"dependentRequired", Vocabulary::kValidation, Drafts::kOnly2020_12, DependentRequired},
    {"dependentSchemas", Vocabulary::kApplicator, Drafts::kOnly2020_12, DependentSchemas},
    {"dependencies", Vocabulary::kApplicator, Drafts::kBoth, Dependencies},
});

}  // namespace

std::span<const Keyword> ObjectKeywords() { return kKeywords; }

}  // namespace aiop::schema
