// SPDX-License-Identifier: Apache-2.0
// Two JSON Schemas, keyword by keyword. What is not understood and changed counts as breaking.
#include <algorithm>
#include <array>
#include <set>

#include "core/interface/interface.h"

namespace aiop::interface {
namespace {

// Annotations: they say nothing about what is accepted.
constexpr auto kAnnotations =
    std::to_array<std::string_view>({"$id", "$schema", "$comment", "title", "description",
                                     "default", "examples", "deprecated", "readOnly", "writeOnly"});

struct Bound {
  std::string_view keyword;
  bool upper;
};
constexpr auto kBounds = std::to_array<Bound>({{"minimum", false},
                                               {"exclusiveMinimum", false},
                                               {"minLength", false},
                                               {"minItems", false},
                                               {"minProperties", false},
                                               {"maximum", true},
                                               {"exclusiveMaximum", true},
                                               {"maxLength", true},
                                               {"maxItems", true},
                                               {"maxProperties", true}});

constexpr auto kNamed =
    std::to_array<std::string_view>({"$defs", "definitions", "patternProperties"});
constexpr auto kInner =
    std::to_array<std::string_view>({"items", "additionalProperties", "contains", "propertyNames",
                                     "additionalItems", "unevaluatedProperties"});

std::string At(const std::string& path) { return path.empty() ? "the spec" : path; }

double Number(const json::Value& value) { return value.to_number<double>(); }

std::set<std::string> Texts(const json::Value* value) {
  std::set<std::string> texts;
  if (value == nullptr) return texts;
  if (!value->is_array()) {
    texts.insert(json::CanonicalText(*value));
    return texts;
  }
  for (const auto& each : value->get_array()) texts.insert(json::CanonicalText(each));
  return texts;
}

class Comparer {
 public:
  Difference Run(const json::Value& before, const json::Value& after) {
    Walk(before, after, "", 0);
    return std::move(difference_);
  }

 private:
  void Narrower(const std::string& path, const std::string& what) {
    difference_.breaking.push_back(At(path) + " " + what);
  }
  void Wider(const std::string& path, const std::string& what) {
    difference_.added.push_back(At(path) + " " + what);
  }

  void Walk(const json::Value& before, const json::Value& after, const std::string& path,
            int depth) {
    if (json::CanonicalText(before) == json::CanonicalText(after)) return;
    if (before.is_bool() && after.is_bool()) {
      return before.get_bool() ? Narrower(path, "is refused") : Wider(path, "is accepted");
    }
    if (before.is_bool() && !before.get_bool()) return Wider(path, "is accepted");
    if (after.is_bool() && after.get_bool()) return Wider(path, "accepts anything");
    if (!before.is_object() || !after.is_object() || depth >= kDepthLimit) {
      return Narrower(path, "is described anew");
    }
    Keywords(before.get_object(), after.get_object(), path, depth);
  }

  void Keywords(const json::Object& before, const json::Object& after, const std::string& path,
                int depth) {
    std::set<std::string> keywords;
    for (const auto& each : before) keywords.insert(std::string(each.key()));
    for (const auto& each : after) keywords.insert(std::string(each.key()));
    for (const std::string& keyword : keywords) {
      const json::Value* was = before.if_contains(keyword);
      const json::Value* is = after.if_contains(keyword);
      if (was && is && json::CanonicalText(*was) == json::CanonicalText(*is)) continue;
      Keyword(keyword, was, is, path, depth);
    }
  }

  void Keyword(const std::string& keyword, const json::Value* was, const json::Value* is,
               const std::string& path, int depth) {
    if (std::ranges::find(kAnnotations, keyword) != kAnnotations.end()) return;
    const auto* bound = std::ranges::find(kBounds, keyword, &Bound::keyword);
    if (keyword == "properties") return Properties(was, is, path, depth);
    if (keyword == "required") return Required(was, is, path);
    if (keyword == "enum" || keyword == "type") return Choice(keyword, was, is, path);
    if (bound != kBounds.end()) return Limit(*bound, was, is, path);
    if (std::ranges::find(kNamed, keyword) != kNamed.end())
      return Named(keyword, was, is, path, depth);
    if (std::ranges::find(kInner, keyword) != kInner.end()) {
      const json::Value anything = true;
      return Walk(was ? *was : anything, is ? *is : anything, path + "/" + keyword, depth + 1);
    }
    // Alternatives, conditions, references, patterns, and what nobody knows.
    if (is == nullptr && keyword != "$ref") return Wider(path, "is no longer held to " + keyword);
    Narrower(path, "is held to another " + keyword);
  }

  // What a schema describes is what it offers, also where it lets anything else through.
  void Properties(const json::Value* was, const json::Value* is, const std::string& path,
                  int depth) {
    static const json::Object kNone;
    const auto& old_ones = was && was->is_object() ? was->get_object() : kNone;
    const auto& new_ones = is && is->is_object() ? is->get_object() : kNone;
    for (const auto& each : old_ones) {
      const std::string name(each.key());
      const json::Value* now = new_ones.if_contains(name);
      if (now != nullptr) {
        Walk(each.value(), *now, json::Child(path, name), depth + 1);
      } else {
        Narrower(json::Child(path, name), "is gone");
      }
    }
    for (const auto& each : new_ones) {
      const std::string name(each.key());
      if (!old_ones.contains(name)) Wider(json::Child(path, name), "is new");
    }
  }

  void Required(const json::Value* was, const json::Value* is, const std::string& path) {
    const auto before = Texts(was);
    const auto after = Texts(is);
    for (const auto& name : after) {
      if (!before.contains(name)) Narrower(path, "requires " + name);
    }
    for (const auto& name : before) {
      if (!after.contains(name)) Wider(path, "no longer requires " + name);
    }
  }

  void Choice(const std::string& keyword, const json::Value* was, const json::Value* is,
              const std::string& path) {
    if (was == nullptr) return Narrower(path, "is held to a " + keyword);
    if (is == nullptr) return Wider(path, "is no longer held to a " + keyword);
    const auto before = Texts(was);
    auto after = Texts(is);
    // Every integer is a number.
    if (keyword == "type" && after.contains("\"number\"")) after.insert("\"integer\"");
    for (const auto& each : before) {
      if (!after.contains(each)) Narrower(path, "no longer takes " + each);
    }
    for (const auto& each : after) {
      if (!before.contains(each)) Wider(path, "takes " + each);
    }
  }

  void Limit(const Bound& bound, const json::Value* was, const json::Value* is,
             const std::string& path) {
    const std::string keyword(bound.keyword);
    if (was == nullptr) return Narrower(path, "has a " + keyword);
    if (is == nullptr) return Wider(path, "has no " + keyword + " any more");
    if (!was->is_number() || !is->is_number()) return Narrower(path, "has another " + keyword);
    const bool narrower = bound.upper ? Number(*is) < Number(*was) : Number(*is) > Number(*was);
    if (narrower) return Narrower(path, "has a narrower " + keyword);
    Wider(path, "has a wider " + keyword);
  }

  void Named(const std::string& keyword, const json::Value* was, const json::Value* is,
             const std::string& path, int depth) {
    if (was == nullptr || is == nullptr || !was->is_object() || !is->is_object()) {
      // Definitions that nobody refers to are of no account; those that are show at the reference.
      if (keyword != "patternProperties") return;
      return is == nullptr ? Wider(path, "is no longer held to " + keyword)
                           : Narrower(path, "is held to another " + keyword);
    }
    for (const auto& each : was->get_object()) {
      const json::Value* now = is->get_object().if_contains(each.key());
      const std::string name(each.key());
      if (now == nullptr) {
        Narrower(json::Child(path, name), "is gone");
      } else {
        Walk(each.value(), *now, json::Child(path, name), depth + 1);
      }
    }
  }

  Difference difference_;
};

}  // namespace

Difference CompareSchemas(const std::optional<json::Value>& before,
                          const std::optional<json::Value>& after) {
  Difference difference;
  if (before && after) {
    difference = Comparer().Run(*before, *after);
  } else if (after) {
    difference.breaking.push_back("the spec is held to a schema");
  } else if (before) {
    difference.added.push_back("the spec is no longer held to a schema");
  }
  difference.bump = !difference.breaking.empty() ? version::Change::kMajor
                    : !difference.added.empty()  ? version::Change::kMinor
                                                 : version::Change::kPatch;
  return difference;
}

}  // namespace aiop::interface
