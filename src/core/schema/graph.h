// SPDX-License-Identifier: Apache-2.0
//
// Private: the compiled form of a schema. Each subschema is a Node with the checks of its keywords;
// a Frame is one Node applied to one value.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/schema/schema.h"

namespace aiop::schema {

class Frame;
using Check = std::function<void(Frame&)>;

// What the keywords of a resource mean.
struct Dialect {
  Draft draft = Draft::k2020_12;
  bool applicator = true;
  bool unevaluated = true;
  bool validation = true;
  bool assert_formats = false;
};

struct Node;

// A schema with an identifier of its own: a document, or a part with $id.
struct Resource {
  std::string uri;  // absolute where it can be, no fragment
  const json::Value* root = nullptr;
  Dialect dialect;
  std::map<std::string, const json::Value*> anchors;          // the dynamic ones too
  std::map<std::string, const json::Value*> dynamic_anchors;  // $dynamicAnchor
  std::map<std::string, const Node*> dynamic_nodes;           // the same, compiled
};

struct Node {
  const Resource* resource = nullptr;
  std::optional<bool> always;  // the schemas true and false
  std::vector<Check> checks;
};

// Checks point into `documents`, so these never change once compiled.
struct Graph {
  std::deque<json::Value> documents;
  std::deque<Resource> resources;
  std::deque<Node> nodes;
  const Node* root = nullptr;
};

// One step of a JSON pointer.
struct Step {
  Step(std::string_view name) : key(name) {}                  // NOLINT: reads as a path
  Step(const char* name) : key(name) {}                       // NOLINT
  Step(size_t position) : index(position), is_index(true) {}  // NOLINT
  std::string_view key;
  size_t index = 0;
  bool is_index = false;
};

// A JSON pointer as a list of its steps on the stack, made text only for a violation.
struct Path {
  const Path* parent = nullptr;
  Step step;
};

std::string PointerOf(const Path* path);

// The members and items that some keyword has judged, by position.
struct Evaluated {
  std::vector<bool> parts;

  bool Has(size_t position) const { return position < parts.size() && parts[position]; }
  void Mark(size_t position);
  void Merge(const Evaluated& other);
};

// One call of Validate.
struct Run {
  std::vector<Violation>* sink = nullptr;  // null: only the answer matters
  size_t sink_limit = kViolationLimit;
  size_t steps = 0;
  size_t depth = 0;
  std::optional<Violation> abort;       // a limit was passed: the answer is unknown
  std::vector<const Resource*> scopes;  // the dynamic scope, outermost first
};

// When what a schema evaluated is told to the one that applied it.
enum class Merging { kIfValid, kAlways };

class Frame {
 public:
  Frame(Run& run_of, const Node& node_of, const json::Value& value, const Path* value_path,
        const Path* schema_path)
      : run(run_of),
        node(node_of),
        instance(value),
        instance_path(value_path),
        keyword_path(schema_path) {}

  void Fail(std::string_view keyword, std::string message, std::vector<std::string> allowed = {});

  // Applies `schema` to this instance. What it evaluated counts here if it holds.
  bool Apply(const Node& schema, std::initializer_list<Step> keyword);
  // The same without listing violations, or with the first one in `why`.
  bool Holds(const Node& schema, std::initializer_list<Step> keyword, std::string* why = nullptr);
  // Applies `schema` to a part of the instance; violations make this frame fail.
  bool ApplyTo(const Node& schema, std::initializer_list<Step> keyword, const json::Value& part,
               Step step);
  bool PartHolds(const Node& schema, std::initializer_list<Step> keyword, const json::Value& part,
                 Step step);

  Run& run;
  const Node& node;
  const json::Value& instance;
  const Path* instance_path;
  const Path* keyword_path;
  Evaluated evaluated;
  bool valid = true;

 private:
  friend bool Evaluate(Run& run, const Node& node, const json::Value& instance,
                       const Path* instance_path, const Path* keyword_path, Evaluated* evaluated,
                       Merging merging);
  void Work();
};

// Whether `instance` is valid; false too once run.abort is set.
bool Evaluate(Run& run, const Node& node, const json::Value& instance, const Path* instance_path,
              const Path* keyword_path, Evaluated* evaluated, Merging merging = Merging::kIfValid);

}  // namespace aiop::schema
