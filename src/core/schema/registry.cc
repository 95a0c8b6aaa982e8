// SPDX-License-Identifier: Apache-2.0
#include "core/schema/registry.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/schema/metaschema.h"
#include "core/schema/uri.h"

namespace aiop::schema {
namespace {

constexpr auto kSchemaKeywords = std::to_array<std::string_view>(
    {"additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items",
     "not", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties"});
constexpr auto kListKeywords =
    std::to_array<std::string_view>({"allOf", "anyOf", "items", "oneOf", "prefixItems"});
constexpr auto kMapKeywords =
    std::to_array<std::string_view>({"$defs", "definitions", "dependencies", "dependentSchemas",
                                     "patternProperties", "properties"});

bool IsSchema(const json::Value& value) { return value.is_object() || value.is_bool(); }

std::string WithoutEmptyFragment(std::string uri) {
  if (uri.ends_with('#')) uri.pop_back();
  return uri;
}

const std::string* TextOf(const json::Object& schema, const char* key, std::string& storage) {
  const auto* value = schema.if_contains(key);
  if (!value || !value->is_string()) return nullptr;
  storage.assign(value->get_string().data(), value->get_string().size());
  return &storage;
}

}  // namespace

Result<const json::Value*> Registry::Load(const json::Value& document, const std::string& uri) {
  graph_.documents.push_back(document);
  const json::Value& root = graph_.documents.back();
  Dialect dialect;
  dialect.draft = options_.default_draft;
  dialect.assert_formats = options_.assert_formats;
  loaded_.insert(uri);
  AIOP_TRY(Resource * resource, AddResource(uri, root, dialect));
  AIOP_CHECK_OK(Index(root, resource, "", 0));
  return &root;
}

Result<Resource*> Registry::AddResource(const std::string& uri, const json::Value& root,
                                        const Dialect& inherited) {
  Dialect dialect = inherited;
  if (root.is_object()) {
    std::string name;
    if (TextOf(root.get_object(), "$schema", name)) {
      AIOP_TRY(dialect, DialectOf(WithoutEmptyFragment(name)));
    }
  }
  graph_.resources.push_back({.uri = uri, .root = &root, .dialect = dialect});
  Resource* resource = &graph_.resources.back();
  by_uri_.emplace(uri, resource);
  return resource;
}

Status Registry::Index(const json::Value& schema, Resource* resource, const std::string& pointer,
                       size_t depth) {
  if (depth > kSchemaDepthLimit) {
    return Invalid("the schema is nested deeper than " + std::to_string(kSchemaDepthLimit));
  }
  if (!IsSchema(schema) || places_.contains(&schema)) return {};
  if (schema.is_object()) {
    const json::Object& object = schema.get_object();
    AIOP_TRY(resource, Identified(object, schema, resource, pointer));
    AIOP_CHECK_OK(NoteAnchors(object, schema, *resource, pointer));
    places_[&schema] = {resource, pointer};
    return IndexParts(object, resource, pointer, depth + 1);
  }
  places_[&schema] = {resource, pointer};
  return {};
}

Status Registry::IndexParts(const json::Object& schema, Resource* resource,
                            const std::string& pointer, size_t depth) {
  for (const auto& member : schema) {
    const std::string_view key(member.key().data(), member.key().size());
    const std::string here = json::Child(pointer, key);
    const auto among = [&](const auto& keywords) {
      return std::find(keywords.begin(), keywords.end(), key) != keywords.end();
    };
    if (member.value().is_array() && among(kListKeywords)) {
      const auto& list = member.value().get_array();
      for (size_t i = 0; i < list.size(); ++i) {
        AIOP_CHECK_OK(Index(list[i], resource, json::Child(here, i), depth));
      }
    } else if (member.value().is_object() && among(kMapKeywords)) {
      for (const auto& part : member.value().get_object()) {
        const std::string_view name(part.key().data(), part.key().size());
        AIOP_CHECK_OK(Index(part.value(), resource, json::Child(here, name), depth));
      }
    } else if (among(kSchemaKeywords)) {
      AIOP_CHECK_OK(Index(member.value(), resource, here, depth));
    }
  }
  return {};
}

// The resource that `schema` begins by its $id, else the one it is in.
Result<Resource*> Registry::Identified(const json::Object& schema, const json::Value& value,
                                       Resource* resource, const std::string& pointer) {
  std::string id;
  const bool draft7 = resource->dialect.draft == Draft::kDraft7;
  if (!TextOf(schema, "$id", id) || (draft7 && schema.contains("$ref"))) return resource;
  if (draft7 && id.starts_with('#')) return resource;  // an anchor
  const auto [uri, fragment] = SplitFragment(ResolveUri(resource->uri, id));
  if (!fragment.empty()) return Invalid(pointer + "/$id: '" + id + "' has a fragment");
  if (resource->root == &value) {  // the document's own name
    resource->uri = uri;
    by_uri_.emplace(uri, resource);
    return resource;
  }
  return AddResource(uri, value, resource->dialect);
}

Status Registry::NoteAnchors(const json::Object& schema, const json::Value& value,
                             Resource& resource, const std::string& pointer) {
  std::string name;
  if (resource.dialect.draft == Draft::kDraft7) {
    if (TextOf(schema, "$id", name) && name.starts_with('#') && !schema.contains("$ref")) {
      resource.anchors.emplace(name.substr(1), &value);
    }
    return {};
  }
  for (const char* keyword : {"$anchor", "$dynamicAnchor"}) {
    if (!TextOf(schema, keyword, name)) continue;
    const auto [old, added] = resource.anchors.emplace(name, &value);
    if (!added && old->second != &value) {
      std::string message = json::Child(pointer, keyword);
      message.append(": the anchor '").append(name).append("' occurs twice");
      return Invalid(std::move(message));
    }
    if (keyword == std::string_view("$dynamicAnchor")) resource.dynamic_anchors[name] = &value;
  }
  return {};
}

Result<bool> Registry::LoadFromOutside(const std::string& uri) {
  if (loaded_.contains(uri)) return false;
  if (const auto given = options_.documents.find(uri); given != options_.documents.end()) {
    AIOP_CHECK_OK(Load(given->second, uri));
    return true;
  }
  if (const json::Value* standard = StandardMetaSchema(uri)) {
    AIOP_CHECK_OK(Load(*standard, uri));
    return true;
  }
  return false;
}

Result<Resource*> Registry::Find(const std::string& uri) {
  if (const auto known = by_uri_.find(uri); known != by_uri_.end()) return known->second;
  AIOP_CHECK_OK(LoadFromOutside(uri));
  if (const auto known = by_uri_.find(uri); known != by_uri_.end()) return known->second;
  // It may be the $id of a part of a document that was given under another name.
  // One that is no schema is no concern of this reference.
  for (const auto& [name, document] : options_.documents) {
    [[maybe_unused]] const auto loaded = LoadFromOutside(name);
  }
  const auto known = by_uri_.find(uri);
  return known == by_uri_.end() ? nullptr : known->second;
}

Result<Registry::Target> Registry::Resolve(const Resource& from, std::string_view reference) {
  const auto unresolved = [&](const std::string& why) {
    return Invalid("the reference '" + std::string(reference) + "' cannot be resolved: " + why);
  };
  const auto [uri, raw_fragment] = SplitFragment(ResolveUri(from.uri, reference));
  AIOP_TRY(Resource * resource, Find(uri));
  if (!resource) return unresolved("there is no document '" + uri + "'");
  const std::string fragment = PercentDecoded(raw_fragment);
  if (fragment.empty()) return Target{resource->root, ""};
  if (!fragment.starts_with('/')) {
    const auto anchor = resource->anchors.find(fragment);
    if (anchor == resource->anchors.end()) return unresolved("no anchor '" + fragment + "'");
    return Target{anchor->second, resource->dynamic_anchors.contains(fragment) ? fragment : ""};
  }
  const json::Value* schema = json::Find(*resource->root, fragment);
  if (!schema) return unresolved("nothing is at '" + fragment + "'");
  if (!IsSchema(*schema)) return unresolved("no schema is at '" + fragment + "'");
  // A place that no known keyword leads to is a schema once it is referred to.
  AIOP_CHECK_OK(Index(*schema, resource, fragment, 0));
  return Target{schema, ""};
}

Result<Dialect> Registry::DialectOf(const std::string& uri) {
  Dialect dialect;
  dialect.assert_formats = options_.assert_formats;
  if (uri == "https://json-schema.org/draft/2020-12/schema") return dialect;
  if (uri == "http://json-schema.org/draft-07/schema" ||
      uri == "https://json-schema.org/draft-07/schema") {
    dialect.draft = Draft::kDraft7;
    return dialect;
  }
  for (const auto& name : {uri, uri + "#"}) {
    const auto given = options_.documents.find(name);
    if (given != options_.documents.end()) return CustomDialect(uri, given->second);
  }
  return Invalid(
      "$schema: the dialect '" + uri +
      "' is not supported; 2020-12 and draft-07 are, and meta-schemas given as documents");
}

Result<Dialect> Registry::CustomDialect(const std::string& uri, const json::Value& meta_schema) {
  constexpr std::string_view kPrefix = "https://json-schema.org/draft/2020-12/vocab/";
  Dialect dialect;
  dialect.assert_formats = options_.assert_formats;
  const auto* vocabularies = json::Member(meta_schema, "$vocabulary");
  if (!vocabularies) return dialect;
  if (!vocabularies->is_object()) return Invalid(uri + ": $vocabulary must be an object");
  const json::Object& listed = vocabularies->get_object();
  const auto has = [&](std::string_view name) {
    return listed.contains(std::string(kPrefix) + std::string(name));
  };
  dialect.applicator = has("applicator");
  dialect.unevaluated = has("unevaluated");
  dialect.validation = has("validation");
  dialect.assert_formats = options_.assert_formats || has("format-assertion");
  for (const auto& entry : listed) {
    const std::string_view name(entry.key().data(), entry.key().size());
    constexpr std::string_view kKnown[] = {
        "core",      "applicator",        "unevaluated",      "validation",
        "meta-data", "format-annotation", "format-assertion", "content"};
    const bool known =
        name.starts_with(kPrefix) && std::find(std::begin(kKnown), std::end(kKnown),
                                               name.substr(kPrefix.size())) != std::end(kKnown);
    const bool required = entry.value().is_bool() && entry.value().get_bool();
    if (!known && required) {
      return Invalid(uri + ": the vocabulary '" + std::string(name) + "' is not supported");
    }
  }
  return dialect;
}

}  // namespace aiop::schema
