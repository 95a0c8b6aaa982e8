// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "core/schema/compiler.h"
#include "core/schema/format.h"
#include "core/schema/pattern.h"
#include "core/schema/values.h"

namespace aiop::schema {
namespace {

constexpr size_t kShownBytes = 80;

// A value in a message, cut where it gets long.
std::string Shown(const json::Value& value) {
  std::string text = json::Text(value);
  if (text.size() > kShownBytes) text = json::ToValidUtf8(text.substr(0, kShownBytes)) + "...";
  return text;
}

bool IsOfType(const json::Value& value, std::string_view type) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_bool();
  if (type == "string") return value.is_string();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  if (type == "number") return value.is_number();
  return type == "integer" && value.is_number() && IsInteger(value);
}

Status Type(Compiler&, const Site& site) {
  constexpr std::string_view kTypes[] = {"null",   "boolean", "string", "array",
                                         "object", "number",  "integer"};
  std::vector<std::string> types;
  if (site.value.is_string()) {
    types.emplace_back(View(site.value.get_string()));
  } else {
    AIOP_TRY(types, TextsOf(site, site.value));
  }
  std::string listed;
  for (const auto& type : types) {
    if (std::find(std::begin(kTypes), std::end(kTypes), type) == std::end(kTypes)) {
      return Malformed(site, "a type of JSON, not '" + type + "'");
    }
    listed += (listed.empty() ? "" : " or ") + type;
  }
  site.node.checks.push_back([types = std::move(types), listed](Frame& frame) {
    const bool fits = std::any_of(types.begin(), types.end(), [&](const std::string& type) {
      return IsOfType(frame.instance, type);
    });
    if (!fits) {
      frame.Fail("type", "is " + std::string(KindName(frame.instance)) + ", but must be " + listed);
    }
  });
  return {};
}

Status Enum(Compiler&, const Site& site) {
  const auto* values = site.value.if_array();
  if (!values) return Malformed(site, "a list of values");
  site.node.checks.push_back([values, text = Shown(site.value)](Frame& frame) {
    const bool found = std::any_of(values->begin(), values->end(), [&](const json::Value& value) {
      return Compare(value, frame.instance) == 0;
    });
    if (found) return;
    std::vector<std::string> words;
    for (const json::Value& value : *values) {
      if (value.is_string()) words.emplace_back(value.get_string());
    }
    frame.Fail("enum", Shown(frame.instance) + " is none of " + text, std::move(words));
  });
  return {};
}

Status Const(Compiler&, const Site& site) {
  site.node.checks.push_back([value = &site.value](Frame& frame) {
    if (Compare(*value, frame.instance) != 0) frame.Fail("const", "must be " + Shown(*value));
  });
  return {};
}

template <class Broken>
Status Bound(const Site& site, const char* keyword, const char* what, Broken broken) {
  if (!site.value.is_number()) return Malformed(site, "a number");
  site.node.checks.push_back([limit = &site.value, keyword, what, broken](Frame& frame) {
    if (frame.instance.is_number() && broken(CompareNumbers(frame.instance, *limit))) {
      frame.Fail(keyword, Shown(frame.instance) + " must be " + what + " " + Shown(*limit));
    }
  });
  return {};
}

Status Minimum(Compiler&, const Site& site) {
  return Bound(site, "minimum", "at least", [](auto order) { return order < 0; });
}
Status Maximum(Compiler&, const Site& site) {
  return Bound(site, "maximum", "at most", [](auto order) { return order > 0; });
}
Status ExclusiveMinimum(Compiler&, const Site& site) {
  return Bound(site, "exclusiveMinimum", "more than", [](auto order) { return order <= 0; });
}
Status ExclusiveMaximum(Compiler&, const Site& site) {
  return Bound(site, "exclusiveMaximum", "less than", [](auto order) { return order >= 0; });
}

Status MultipleOf(Compiler&, const Site& site) {
  if (!site.value.is_number() || CompareNumbers(site.value, json::Value(0)) <= 0) {
    return Malformed(site, "a number above 0");
  }
  site.node.checks.push_back([divisor = &site.value](Frame& frame) {
    if (frame.instance.is_number() && !IsMultipleOf(frame.instance, *divisor)) {
      frame.Fail("multipleOf", Shown(frame.instance) + " is no multiple of " + Shown(*divisor));
    }
  });
  return {};
}

Status MinLength(Compiler&, const Site& site) {
  AIOP_TRY(const size_t limit, CountOf(site));
  site.node.checks.push_back([limit](Frame& frame) {
    const auto* text = frame.instance.if_string();
    if (text && CodePoints(View(*text)) < limit) {
      frame.Fail("minLength", "is shorter than " + std::to_string(limit) + " characters");
    }
  });
  return {};
}

Status MaxLength(Compiler&, const Site& site) {
  AIOP_TRY(const size_t limit, CountOf(site));
  site.node.checks.push_back([limit](Frame& frame) {
    const auto* text = frame.instance.if_string();
    if (text && CodePoints(View(*text)) > limit) {
      frame.Fail("maxLength", "is longer than " + std::to_string(limit) + " characters");
    }
  });
  return {};
}

Status MatchesPattern(Compiler&, const Site& site) {
  if (!site.value.is_string()) return Malformed(site, "a regular expression");
  auto pattern = Pattern::Compile(View(site.value.get_string()));
  if (!pattern) return Invalid("schema" + site.pointer + ": " + pattern.error().message);
  site.node.checks.push_back([pattern = *std::move(pattern), source = &site.value](Frame& frame) {
    const auto* text = frame.instance.if_string();
    if (text && !pattern.Matches(View(*text))) {
      frame.Fail("pattern", Shown(frame.instance) + " does not match " + Shown(*source));
    }
  });
  return {};
}

Status Format(Compiler&, const Site& site) {
  if (!site.value.is_string()) return Malformed(site, "a format name");
  const std::string name(View(site.value.get_string()));
  const FormatCheck check = FindFormat(name);
  if (!check) {
    if (!IsStandardFormat(name)) return {};
    return Invalid("schema" + site.pointer + ": the format '" + name + "' cannot be asserted");
  }
  site.node.checks.push_back([check, name](Frame& frame) {
    const auto* text = frame.instance.if_string();
    if (text && !check(View(*text))) {
      frame.Fail("format", Shown(frame.instance) + " is no valid " + name);
    }
  });
  return {};
}

constexpr auto kKeywords = std::to_array<Keyword>({
    {"type", Vocabulary::kValidation, Drafts::kBoth, Type},
    {"enum", Vocabulary::kValidation, Drafts::kBoth, Enum},
    {"const", Vocabulary::kValidation, Drafts::kBoth, Const},
    {"minimum", Vocabulary::kValidation, Drafts::kBoth, Minimum},
    {"maximum", Vocabulary::kValidation, Drafts::kBoth, Maximum},
    {"exclusiveMinimum", Vocabulary::kValidation, Drafts::kBoth, ExclusiveMinimum},
    {"exclusiveMaximum", Vocabulary::kValidation, Drafts::kBoth, ExclusiveMaximum},
    {"multipleOf", Vocabulary::kValidation, Drafts::kBoth, MultipleOf},
    {"minLength", Vocabulary::kValidation, Drafts::kBoth, MinLength},
    {"maxLength", Vocabulary::kValidation, Drafts::kBoth, MaxLength},
    {"pattern", Vocabulary::kValidation, Drafts::kBoth, MatchesPattern},
    {"format", Vocabulary::kFormat, Drafts::kBoth, Format},
});

}  // namespace

std::span<const Keyword> ScalarKeywords() { return kKeywords; }

}  // namespace aiop::schema
