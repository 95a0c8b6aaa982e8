// SPDX-License-Identifier: Apache-2.0
//
// Private: turns subschemas into Nodes, one keyword at a time.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/schema/graph.h"
#include "core/schema/registry.h"

namespace aiop::schema {

// What a keyword's compile function works on.
struct Site {
  const json::Object& schema;
  const json::Value& value;  // the keyword's
  std::string pointer;       // to the keyword, for messages
  Node& node;
};

class Compiler {
 public:
  Compiler(Graph& graph, const Options& options) : graph_(graph), registry_(graph, options) {}

  Status Compile(const json::Value& schema);

  // The node of a subschema that lies at `value`; compiled later, so recursion is no problem.
  Result<const Node*> Sub(const json::Value& value, const std::string& pointer);
  Result<Registry::Target> Resolve(const Site& site);
  Result<const Node*> NodeOf(const json::Value* schema);

 private:
  Status CompileNode(const json::Value& schema, Node& node);
  Status CompileDynamicAnchors(Resource& resource);

  Graph& graph_;
  Registry registry_;
  std::unordered_map<const json::Value*, Node*> nodes_;
  std::vector<const json::Value*> waiting_;
};

enum class Vocabulary { kCore, kApplicator, kUnevaluated, kValidation, kFormat };
enum class Drafts { kBoth, kOnly2020_12, kOnlyDraft7 };

struct Keyword {
  std::string_view name;
  Vocabulary vocabulary;
  Drafts drafts;
  Status (*compile)(Compiler& compiler, const Site& site);
};

// In the order they are checked: unevaluated* come after all others.
std::span<const Keyword> ReferenceKeywords();
std::span<const Keyword> LogicKeywords();
std::span<const Keyword> ScalarKeywords();
std::span<const Keyword> ArrayKeywords();
std::span<const Keyword> ObjectKeywords();
std::span<const Keyword> UnevaluatedKeywords();

// "POINTER: must be WHAT", for a malformed keyword.
std::unexpected<Error> Malformed(const Site& site, std::string_view what);
// The pointer to another keyword of the same schema.
std::string SiblingPointer(const Site& site, std::string_view keyword);
// A whole number from 0.
Result<size_t> CountOf(const Site& site);
Result<std::vector<std::string>> TextsOf(const Site& site, const json::Value& list);
Result<std::vector<const Node*>> SubList(Compiler& compiler, const Site& site);

inline std::string_view View(boost::json::string_view text) { return {text.data(), text.size()}; }

}  // namespace aiop::schema
