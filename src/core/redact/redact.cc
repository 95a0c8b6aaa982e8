// SPDX-License-Identifier: Apache-2.0
#include "core/redact/redact.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>

#include "core/redact/key_names.h"
#include "core/redact/rules.h"

namespace aiop::redact {
namespace {

// Taking one secret out can lay bare another ("\b" now sees the marker). Real text needs one pass;
// text that is still changing after this many is built to, and is taken out whole.
constexpr int kPassLimit = 8;
constexpr int kMaxGroups = 6;

struct Span {
  size_t begin;
  size_t end;
};

struct CompiledRule {
  std::unique_ptr<RE2> expression;
  Condition condition = Condition::kNone;
  bool groups = false;
};

RE2::Options OptionsFor(RE2::Options::Encoding encoding) {
  RE2::Options options;
  options.set_encoding(encoding);
  options.set_log_errors(false);
  return options;
}

std::vector<Span> Markers(std::string_view text) {
  std::vector<Span> found;
  for (size_t at = text.find(kMarker); at != std::string_view::npos;
       at = text.find(kMarker, at + kMarker.size())) {
    found.push_back({at, at + kMarker.size()});
  }
  return found;
}

// Adds the secrets that `rule` finds in text[begin, end) and returns nothing else: markers are
// never looked into.
void Collect(const CompiledRule& rule, re2::StringPiece text, Span within,
             std::vector<Span>& secrets) {
  re2::StringPiece groups[kMaxGroups];
  const int wanted =
      rule.groups ? std::min(kMaxGroups, rule.expression->NumberOfCapturingGroups() + 1) : 1;
  size_t at = within.begin;
  while (at < within.end &&
         rule.expression->Match(text, at, within.end, RE2::UNANCHORED, groups, wanted)) {
    re2::StringPiece secret = groups[0];
    for (int i = 1; i < wanted; ++i) {
      if (groups[i].data() != nullptr && !groups[i].empty()) secret = groups[i];
    }
    const auto begin = static_cast<size_t>(secret.data() - text.data());
    const size_t end = begin + secret.size();
    const std::string_view value(secret.data(), secret.size());
    if (secret.empty()) {
      at = std::max(at, end) + 1;
    } else if (Holds(rule.condition, value, begin > 0 ? text[begin - 1] : '\0')) {
      secrets.push_back({begin, end});
      at = end;
    } else {
      at = std::max(at + 1, begin);  // something inside the harmless value may still be a secret
    }
  }
}

std::string Replaced(std::string_view text, std::vector<Span> secrets) {
  std::sort(secrets.begin(), secrets.end(),
            [](const Span& a, const Span& b) { return a.begin < b.begin; });
  std::string out;
  size_t done = 0;
  for (size_t i = 0; i < secrets.size();) {
    size_t end = secrets[i].end;
    out.append(text.substr(done, secrets[i].begin - done));
    out.append(kMarker);
    for (++i; i < secrets.size() && secrets[i].begin <= end; ++i) {
      end = std::max(end, secrets[i].end);
    }
    done = end;
  }
  out.append(text.substr(done));
  return out;
}

}  // namespace

struct Redactor::Rules {
  std::vector<CompiledRule> built_in;
  std::unique_ptr<RE2::Set> built_in_set;  // one pass that tells which of them can match
  std::vector<CompiledRule> extra;

  std::vector<const CompiledRule*> Matching(re2::StringPiece text) const {
    std::vector<const CompiledRule*> rules;
    std::vector<int> hits;
    RE2::Set::ErrorInfo error{RE2::Set::kNoError};
    if (built_in_set->Match(text, &hits, &error)) {
      for (const int hit : hits) rules.push_back(&built_in[static_cast<size_t>(hit)]);
    } else if (error.kind != RE2::Set::kNoError) {  // out of memory: ask each rule itself
      for (const auto& rule : built_in) rules.push_back(&rule);
    }
    for (const auto& rule : extra) rules.push_back(&rule);
    return rules;
  }

  // Whether anything was found; then `text` is without it.
  bool Pass(std::string& text) const {
    const re2::StringPiece piece(text);
    std::vector<Span> secrets;
    const std::vector<Span> markers = Markers(text);
    for (const CompiledRule* rule : Matching(piece)) {
      size_t begin = 0;
      for (const Span& marker : markers) {
        Collect(*rule, piece, {begin, marker.begin}, secrets);
        begin = marker.end;
      }
      Collect(*rule, piece, {begin, text.size()}, secrets);
    }
    if (secrets.empty()) return false;
    secrets.insert(secrets.end(), markers.begin(), markers.end());
    text = Replaced(text, std::move(secrets));
    return true;
  }
};

Result<Redactor> Redactor::Create(const std::vector<std::string>& extra_patterns) {
  auto rules = std::make_shared<Rules>();
  const RE2::Options latin1 = OptionsFor(RE2::Options::EncodingLatin1);
  rules->built_in_set = std::make_unique<RE2::Set>(latin1, RE2::UNANCHORED);
  for (const Rule& rule : BuiltInRules()) {
    const re2::StringPiece pattern(rule.pattern.data(), rule.pattern.size());
    auto expression = std::make_unique<RE2>(pattern, latin1);
    AIOP_CHECK(expression->ok());
    AIOP_CHECK(rules->built_in_set->Add(pattern, nullptr) >= 0);
    rules->built_in.push_back({std::move(expression), rule.condition, true});
  }
  AIOP_CHECK(rules->built_in_set->Compile());
  const RE2::Options utf8 = OptionsFor(RE2::Options::EncodingUTF8);
  for (const std::string& pattern : extra_patterns) {
    auto expression = std::make_unique<RE2>(pattern, utf8);
    if (!expression->ok()) {
      return Invalid("the redaction pattern '" + pattern +
                     "' is no RE2 expression: " + expression->error());
    }
    rules->extra.push_back({std::move(expression), Condition::kNone, false});
  }
  return Redactor(std::move(rules));
}

std::string Redactor::Text(std::string_view text) const {
  std::string out(text);
  for (int pass = 0; pass < kPassLimit; ++pass) {
    if (!rules_->Pass(out)) return out;
  }
  return std::string(kMarker);
}

json::Value Redactor::Json(json::Value value) const {
  RedactInside(value);
  return value;
}

namespace {

std::string_view View(const boost::json::string& text) { return {text.data(), text.size()}; }
std::string_view View(boost::json::string_view text) { return {text.data(), text.size()}; }

// `credentials: {"type": "object", ...}` describes credentials; it holds none.
bool IsDescription(const json::Object& object) {
  return object.contains("type") || object.contains("$ref") || object.contains("schema");
}

// Whether the whole value, standing under a sensitive name, was replaced.
bool Hide(json::Value& value, Sensitivity sensitivity) {
  if (auto* text = value.if_string()) {
    if (!text->empty()) value = kMarker;
    return true;
  }
  if (value.is_number() && sensitivity != Sensitivity::kText) {
    value = kMarker;
    return true;
  }
  if (auto* array = value.if_array()) {
    for (auto& item : *array) Hide(item, sensitivity);
  } else if (auto* object = value.if_object();
             object && sensitivity == Sensitivity::kContainer && !IsDescription(*object)) {
    for (auto& member : *object) Hide(member.value(), sensitivity);
  }
  return false;
}

// {"name": "Authorization", "value": "..."}, as HTTP archives and environments write it.
void HideNamedValue(json::Object& object) {
  auto* value = object.if_contains("value");
  if (!value) return;
  for (const char* label : {"name", "key"}) {
    const auto* name = object.if_contains(label);
    if (!name || !name->is_string()) continue;
    const Sensitivity sensitivity = SensitivityOf(View(name->get_string()));
    if (sensitivity != Sensitivity::kNone) Hide(*value, sensitivity);
  }
}

}  // namespace

void Redactor::RedactInside(json::Value& value) const {
  if (auto* text = value.if_string()) {
    std::string redacted = Text(View(*text));
    if (redacted != View(*text)) value = redacted;
  } else if (auto* array = value.if_array()) {
    RedactArray(*array);
  } else if (auto* object = value.if_object()) {
    RedactObject(*object);
  }
}

void Redactor::RedactObject(json::Object& object) const {
  RedactKeys(object);  // first: what a key says is judged as it will be stored
  for (auto& member : object) {
    const Sensitivity sensitivity = SensitivityOf(View(member.key()));
    const bool hidden = sensitivity != Sensitivity::kNone && Hide(member.value(), sensitivity);
    if (!hidden) RedactInside(member.value());
  }
  HideNamedValue(object);
}

void Redactor::RedactArray(json::Array& array) const {
  bool after_flag = false;  // ["--token", "xyz"]
  for (auto& item : array) {
    const auto* text = item.if_string();
    if (after_flag && text && !View(*text).starts_with('-')) {
      Hide(item, Sensitivity::kScalar);
    } else {
      RedactInside(item);
    }
    text = item.if_string();
    after_flag = text && View(*text).starts_with('-') && !View(*text).contains('=') &&
                 SensitivityOf(View(*text)) != Sensitivity::kNone;
  }
}

void Redactor::RedactKeys(json::Object& object) const {
  const bool clean = std::all_of(object.begin(), object.end(), [&](const auto& member) {
    return Text(View(member.key())) == View(member.key());
  });
  if (clean) return;
  json::Object renamed;
  for (auto& member : object) {
    const std::string base = Text(View(member.key()));
    std::string key = base;
    for (int i = 2; renamed.contains(key); ++i) key = base + " " + std::to_string(i);
    renamed.emplace(key, std::move(member.value()));
  }
  object = std::move(renamed);
}

}  // namespace aiop::redact
