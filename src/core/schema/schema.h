// SPDX-License-Identifier: Apache-2.0
//
// JSON Schema 2020-12 (draft-07 documents too), all violations at once, each with its paths.
//
//   AIOP_TRY(auto schema, Schema::Compile(*json::Parse(R"({"type": "object", "required":
//   ["name"]})"))); schema.Validate(value);   // {{"", "/required", "the member 'name' is
//   missing"}}
//
// What cannot be judged is never called valid: an unresolvable reference, a required vocabulary or
// a dialect that is not known, a malformed keyword and a regular expression that RE2 lacks are
// errors of Compile (kInvalid, naming the place in the schema). Unknown keywords are annotations,
// as the standard says. Nothing is fetched: other documents come from Options. Copies share one
// compiled graph; Validate is const and thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json/json.h"
#include "base/result/result.h"

namespace aiop::schema {

inline constexpr size_t kViolationLimit = 200;    // more are not listed
inline constexpr size_t kSchemaDepthLimit = 256;  // nesting of a schema document
inline constexpr size_t kRecursionLimit = 600;    // schemas within schemas at one time in Validate
inline constexpr size_t kStepLimit = size_t{8} << 20;  // schemas applied in one Validate

struct Violation {
  std::string instance_path;  // JSON pointer into the value
  std::string keyword_path;   // JSON pointer through the schema and its references to the keyword
  std::string message;
  // What words would have been right here: the members of an enum, or the names of an object's
  // properties where another name is refused.
  std::vector<std::string> allowed = {};
};

enum class Draft { k2020_12, kDraft7 };

struct Options {
  bool assert_formats =
      false;  // else `format` is only an annotation; ignored for formats of no standard
  Draft default_draft = Draft::k2020_12;         // of documents without $schema
  std::map<std::string, json::Value> documents;  // absolute URI -> what $ref and $schema may name
};

struct Graph;

class Schema {
 public:
  static Result<Schema> Compile(const json::Value& schema, const Options& options = {});

  // Empty if `value` is valid. A schema that recurses or works past its limits is a violation of
  // its own.
  std::vector<Violation> Validate(const json::Value& value) const;

 private:
  explicit Schema(std::shared_ptr<const Graph> graph) : graph_(std::move(graph)) {}
  std::shared_ptr<const Graph> graph_;
};

}  // namespace aiop::schema
