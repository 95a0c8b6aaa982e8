// SPDX-License-Identifier: Apache-2.0
//
// Private: finds schemas by URI. Knows every subschema of the documents it has loaded: which
// resource it belongs to, and where.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/schema/graph.h"

namespace aiop::schema {

class Registry {
 public:
  struct Place {
    Resource* resource = nullptr;
    std::string pointer;  // in its document, for messages
  };
  struct Target {
    const json::Value* schema = nullptr;
    std::string dynamic_anchor;  // the name, if the fragment named a dynamic anchor
  };

  Registry(Graph& graph, const Options& options) : graph_(graph), options_(options) {}

  // Copies the document into the graph and returns it there.
  Result<const json::Value*> Load(const json::Value& document, const std::string& uri);

  const Place& PlaceOf(const json::Value* schema) const { return places_.at(schema); }

  // What `reference` names, seen from `from`.
  Result<Target> Resolve(const Resource& from, std::string_view reference);

 private:
  Status Index(const json::Value& schema, Resource* resource, const std::string& pointer,
               size_t depth);
  Status IndexParts(const json::Object& schema, Resource* resource, const std::string& pointer,
                    size_t depth);
  Result<Resource*> Identified(const json::Object& schema, const json::Value& value,
                               Resource* resource, const std::string& pointer);
  Status NoteAnchors(const json::Object& schema, const json::Value& value, Resource& resource,
                     const std::string& pointer);
  Result<Resource*> AddResource(const std::string& uri, const json::Value& root,
                                const Dialect& inherited);
  Result<Resource*> Find(const std::string& uri);
  Result<bool> LoadFromOutside(const std::string& uri);
  Result<Dialect> DialectOf(const std::string& uri);
  Result<Dialect> CustomDialect(const std::string& uri, const json::Value& meta_schema);

  Graph& graph_;
  const Options& options_;
  std::unordered_map<const json::Value*, Place> places_;
  std::map<std::string, Resource*> by_uri_;
  std::set<std::string> loaded_;
};

}  // namespace aiop::schema
