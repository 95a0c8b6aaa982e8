// SPDX-License-Identifier: Apache-2.0
#include "core/schema/compiler.h"

#include "core/schema/values.h"

namespace aiop::schema {
namespace {

bool Applies(const Keyword& keyword, const Dialect& dialect) {
  const Drafts other = dialect.draft == Draft::kDraft7 ? Drafts::kOnly2020_12 : Drafts::kOnlyDraft7;
  if (keyword.drafts == other) return false;
  switch (keyword.vocabulary) {
    case Vocabulary::kCore:
      return true;
    case Vocabulary::kApplicator:
      return dialect.applicator;
    case Vocabulary::kUnevaluated:
      return dialect.unevaluated;
    case Vocabulary::kValidation:
      return dialect.validation;
    case Vocabulary::kFormat:
      return dialect.assert_formats;
  }
  return false;
}

}  // namespace

std::unexpected<Error> Malformed(const Site& site, std::string_view what) {
  return Invalid("schema" + site.pointer + ": must be " + std::string(what));
}

std::string SiblingPointer(const Site& site, std::string_view keyword) {
  return json::Child(site.pointer.substr(0, site.pointer.rfind('/')), keyword);
}

Result<size_t> CountOf(const Site& site) {
  if (!site.value.is_number() || !IsInteger(site.value) ||
      CompareNumbers(site.value, json::Value(0)) < 0 ||
      CompareNumbers(site.value, json::Value(uint64_t{1} << 62)) > 0) {
    return Malformed(site, "a whole number from 0");
  }
  return site.value.is_double() ? static_cast<size_t>(site.value.get_double())
                                : site.value.to_number<size_t>();
}

Result<std::vector<std::string>> TextsOf(const Site& site, const json::Value& list) {
  std::vector<std::string> texts;
  const auto* array = list.if_array();
  if (!array) return Malformed(site, "a list of names");
  for (const auto& item : *array) {
    if (!item.is_string()) return Malformed(site, "a list of names");
    texts.emplace_back(View(item.get_string()));
  }
  return texts;
}

Result<std::vector<const Node*>> SubList(Compiler& compiler, const Site& site) {
  const auto* array = site.value.if_array();
  if (!array || array->empty()) return Malformed(site, "a list of schemas that is not empty");
  std::vector<const Node*> nodes;
  for (size_t i = 0; i < array->size(); ++i) {
    AIOP_TRY(const Node* node, compiler.Sub((*array)[i], json::Child(site.pointer, i)));
    nodes.push_back(node);
  }
  return nodes;
}

Status Compiler::Compile(const json::Value& schema) {
  AIOP_TRY(const json::Value* root, registry_.Load(schema, ""));
  AIOP_TRY(graph_.root, Sub(*root, ""));
  while (!waiting_.empty()) {
    const json::Value* next = waiting_.back();
    waiting_.pop_back();
    AIOP_CHECK_OK(CompileNode(*next, *nodes_.at(next)));
  }
  return {};
}

Result<const Node*> Compiler::Sub(const json::Value& value, const std::string& pointer) {
  if (!value.is_object() && !value.is_bool()) {
    return Invalid("schema" + pointer + ": must be a schema (an object or a boolean)");
  }
  return NodeOf(&value);
}

Result<const Node*> Compiler::NodeOf(const json::Value* schema) {
  if (const auto known = nodes_.find(schema); known != nodes_.end()) return known->second;
  Resource& resource = *registry_.PlaceOf(schema).resource;
  graph_.nodes.push_back({.resource = &resource});
  Node* node = &graph_.nodes.back();
  nodes_[schema] = node;
  waiting_.push_back(schema);
  AIOP_CHECK_OK(CompileDynamicAnchors(resource));
  return node;
}

// $dynamicRef may end at any of them once the resource is in the dynamic scope.
Status Compiler::CompileDynamicAnchors(Resource& resource) {
  for (const auto& [name, schema] : resource.dynamic_anchors) {
    if (resource.dynamic_nodes.contains(name)) continue;
    resource.dynamic_nodes[name] = nullptr;  // being made: NodeOf comes back here
    AIOP_TRY(resource.dynamic_nodes[name], NodeOf(schema));
  }
  return {};
}

Result<Registry::Target> Compiler::Resolve(const Site& site) {
  if (!site.value.is_string()) return Malformed(site, "a URI reference");
  auto target = registry_.Resolve(*site.node.resource, View(site.value.get_string()));
  if (!target) return Invalid("schema" + site.pointer + ": " + target.error().message);
  return target;
}

Status Compiler::CompileNode(const json::Value& schema, Node& node) {
  if (schema.is_bool()) {
    node.always = schema.get_bool();
    return {};
  }
  const json::Object& object = schema.get_object();
  const std::string pointer = registry_.PlaceOf(&schema).pointer;
  const Dialect& dialect = node.resource->dialect;
  const bool only_reference = dialect.draft == Draft::kDraft7 && object.contains("$ref");
  for (const auto keywords : {ReferenceKeywords(), LogicKeywords(), ScalarKeywords(),
                              ArrayKeywords(), ObjectKeywords(), UnevaluatedKeywords()}) {
    for (const Keyword& keyword : keywords) {
      const auto* value = object.if_contains({keyword.name.data(), keyword.name.size()});
      if (!value || !Applies(keyword, dialect)) continue;
      if (only_reference && keyword.name != "$ref") continue;
      AIOP_CHECK_OK(
          keyword.compile(*this, Site{object, *value, json::Child(pointer, keyword.name), node}));
    }
  }
  return {};
}

}  // namespace aiop::schema
