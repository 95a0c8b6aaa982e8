// SPDX-License-Identifier: Apache-2.0
// The JSON Schema 2020-12 of a described struct. The last part of describe.h, which alone includes
// it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace aiop::describe {

struct SchemaDefinitions {
  json::Object definitions;  // name -> schema of each described struct met so far
};

json::Object LeafSchema(std::string_view type, const Rule& rule);

template <class T>
struct Tag {};

inline json::Object SchemaFor(Tag<bool>, const Rule& rule, SchemaDefinitions&) {
  return LeafSchema("boolean", rule);
}
inline json::Object SchemaFor(Tag<int64_t>, const Rule& rule, SchemaDefinitions&) {
  return LeafSchema("integer", rule);
}
inline json::Object SchemaFor(Tag<double>, const Rule& rule, SchemaDefinitions&) {
  return LeafSchema("number", rule);
}
inline json::Object SchemaFor(Tag<std::string>, const Rule& rule, SchemaDefinitions&) {
  return LeafSchema("string", rule);
}
inline json::Object SchemaFor(Tag<Timestamp>, const Rule&, SchemaDefinitions&) {
  return LeafSchema("string", {.format = "date-time"});
}
inline json::Object SchemaFor(Tag<json::Value>, const Rule&, SchemaDefinitions&) { return {}; }
inline json::Object SchemaFor(Tag<json::Object>, const Rule&, SchemaDefinitions&) {
  return LeafSchema("object", {});
}
template <NamedEnum E>
json::Object SchemaFor(Tag<E>, const Rule&, SchemaDefinitions&) {
  json::Array words;
  for (const auto& [value, name] : EnumNames(E{})) words.push_back(json::Value(std::string(name)));
  return {{"enum", std::move(words)}};
}
template <Described T>
json::Object SchemaFor(Tag<T>, const Rule&, SchemaDefinitions& definitions);
template <class T>
json::Object SchemaFor(Tag<std::optional<T>>, const Rule& rule, SchemaDefinitions& definitions) {
  return SchemaFor(Tag<T>{}, rule, definitions);
}
template <class T>
json::Object SchemaFor(Tag<std::vector<T>>, const Rule& rule, SchemaDefinitions& definitions) {
  return {{"type", "array"}, {"items", SchemaFor(Tag<T>{}, rule, definitions)}};
}
template <class T>
json::Object SchemaFor(Tag<std::map<std::string, T>>, const Rule& rule,
                       SchemaDefinitions& definitions) {
  return {{"type", "object"}, {"additionalProperties", SchemaFor(Tag<T>{}, rule, definitions)}};
}

class SchemaBuilder {
 public:
  explicit SchemaBuilder(SchemaDefinitions& definitions) : definitions_(definitions) {}
  json::Object properties;
  json::Array required;

  template <class T>
  void Required(std::string_view name, const T& value, std::string_view doc, Rule rule = {}) {
    required.push_back(json::Value(std::string(name)));
    Optional(name, value, doc, rule);
  }
  template <class T>
  void Optional(std::string_view name, const T&, std::string_view doc, Rule rule = {}) {
    json::Object schema = SchemaFor(Tag<std::remove_cvref_t<T>>{}, rule, definitions_);
    if (!doc.empty()) schema["description"] = std::string(doc);
    properties[{name.data(), name.size()}] = std::move(schema);
  }

 private:
  SchemaDefinitions& definitions_;
};

template <Described T>
json::Object SchemaFor(Tag<T>, const Rule&, SchemaDefinitions& definitions) {
  const std::string name(T::kName);
  if (!definitions.definitions.contains(name)) {
    definitions.definitions[name] = nullptr;  // stops recursion
    SchemaBuilder builder(definitions);
    const T value{};
    T::Visit(value, builder);
    definitions.definitions[name] = json::Object{{"type", "object"},
                                                 {"properties", std::move(builder.properties)},
                                                 {"required", std::move(builder.required)},
                                                 {"additionalProperties", false}};
  }
  return {{"$ref", "#/$defs/" + name}};
}

// A self-contained JSON Schema 2020-12 document for T.
json::Value AssembleSchema(std::string_view name, SchemaDefinitions definitions);

template <Described T>
json::Value SchemaOf() {
  SchemaDefinitions definitions;
  SchemaFor(Tag<T>{}, {}, definitions);
  return AssembleSchema(T::kName, std::move(definitions));
}

}  // namespace aiop::describe
