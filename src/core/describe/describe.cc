// SPDX-License-Identifier: Apache-2.0
#include "core/describe/describe.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace aiop::describe {
namespace {

std::string NumberText(double value) {
  if (value == std::floor(value) && std::fabs(value) < 1e15) {
    return std::to_string(static_cast<long long>(value));
  }
  std::string text = std::to_string(value);
  while (text.ends_with('0')) text.pop_back();
  return text;
}

void CheckBounds(double value, const std::string& path, const Rule& rule, Reading& reading) {
  if (rule.minimum && value < *rule.minimum) {
    reading.Refuse(path, "must be at least " + NumberText(*rule.minimum));
  }
  if (rule.maximum && value > *rule.maximum) {
    reading.Refuse(path, "must be at most " + NumberText(*rule.maximum));
  }
}

std::string_view KindOf(const json::Value& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return "null";
    case boost::json::kind::bool_:
      return "a boolean";
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
    case boost::json::kind::double_:
      return "a number";
    case boost::json::kind::string:
      return "a string";
    case boost::json::kind::array:
      return "a list";
    case boost::json::kind::object:
      return "an object";
  }
  return "unknown";
}

void RefuseKind(const json::Value& in, const std::string& path, std::string_view wanted,
                Reading& reading) {
  reading.Refuse(path, "must be " + std::string(wanted) + ", not " + std::string(KindOf(in)));
}

}  // namespace

std::string Describe(const std::vector<Problem>& problems) {
  std::string out;
  for (size_t i = 0; i < problems.size() && i < kProblemsShown; ++i) {
    if (i > 0) out += "; ";
    out += (problems[i].path.empty() ? "/" : problems[i].path) + " " + problems[i].message;
  }
  if (problems.size() > kProblemsShown) {
    out += "; and " + std::to_string(problems.size() - kProblemsShown) + " more";
  }
  return out;
}

bool IsName(std::string_view text) {
  if (text.empty() || text.size() > 100) return false;
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return letter_or_digit(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
           return letter_or_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

bool IsNonEmpty(std::string_view text) { return !text.empty(); }

json::Value Encode(double value) {
  AIOP_CHECK(std::isfinite(value));
  // Whole numbers look whole: 3, not 3E0.
  if (value == std::floor(value) && std::fabs(value) < 1e15) return static_cast<int64_t>(value);
  return value;
}

void Decode(const json::Value& in, const std::string& path, const Rule&, Reading& reading,
            bool& out) {
  if (!in.is_bool()) return RefuseKind(in, path, "true or false", reading);
  out = in.get_bool();
}

void Decode(const json::Value& in, const std::string& path, const Rule& rule, Reading& reading,
            int64_t& out) {
  if (in.is_int64()) {
    out = in.get_int64();
  } else if (in.is_double() && in.get_double() == std::floor(in.get_double()) &&
             std::fabs(in.get_double()) < 9e15) {
    out = static_cast<int64_t>(in.get_double());
  } else {
    return RefuseKind(in, path, "a whole number", reading);
  }
  CheckBounds(static_cast<double>(out), path, rule, reading);
}

void Decode(const json::Value& in, const std::string& path, const Rule& rule, Reading& reading,
            double& out) {
  if (!in.is_number()) return RefuseKind(in, path, "a number", reading);
  out = in.is_double()  ? in.get_double()
        : in.is_int64() ? static_cast<double>(in.get_int64())
                        : static_cast<double>(in.get_uint64());
  CheckBounds(out, path, rule, reading);
}

void Decode(const json::Value& in, const std::string& path, const Rule& rule, Reading& reading,
            std::string& out) {
  if (!in.is_string()) return RefuseKind(in, path, "a string", reading);
  out.assign(in.get_string().data(), in.get_string().size());
  if (rule.ok && !rule.ok(out)) reading.Refuse(path, "must be " + std::string(rule.expectation));
}

void Decode(const json::Value& in, const std::string& path, const Rule&, Reading& reading,
            Timestamp& out) {
  if (!in.is_string()) return RefuseKind(in, path, "an RFC 3339 time", reading);
  const auto time = ParseTimestamp({in.get_string().data(), in.get_string().size()});
  if (!time) return reading.Refuse(path, time.error().message);
  out = *time;
}

void Decode(const json::Value& in, const std::string&, const Rule&, Reading&, json::Value& out) {
  out = in;
}

void Decode(const json::Value& in, const std::string& path, const Rule&, Reading& reading,
            json::Object& out) {
  if (!in.is_object()) return RefuseKind(in, path, "an object", reading);
  out = in.get_object();
}

void RefuseEnum(const json::Value& in, const std::string& path,
                std::span<const std::string_view> words, Reading& reading) {
  std::string message = "must be one of ";
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) message += ", ";
    message += words[i];
  }
  const auto* text = in.if_string();
  message += text ? ", not '" + std::string(text->data(), std::min<size_t>(text->size(), 64)) + "'"
                  : ", not " + std::string(KindOf(in));
  reading.Refuse(path, std::move(message));
}

const json::Value* Decoder::Take(std::string_view name) {
  names_.push_back(name);
  return object_.if_contains({name.data(), name.size()});
}

void Decoder::Finish() {
  if (reading_.unknown == Unknown::kIgnore) return;
  for (const auto& member : object_) {
    const std::string_view key(member.key().data(), member.key().size());
    if (std::find(names_.begin(), names_.end(), key) == names_.end()) {
      reading_.Refuse(json::Child(path_, key), "is not a known field");
    }
  }
}

json::Object LeafSchema(std::string_view type, const Rule& rule) {
  json::Object schema{{"type", std::string(type)}};
  if (rule.minimum) schema["minimum"] = Encode(*rule.minimum);
  if (rule.maximum) schema["maximum"] = Encode(*rule.maximum);
  if (!rule.format.empty()) schema["format"] = std::string(rule.format);
  if (!rule.pattern.empty()) schema["pattern"] = std::string(rule.pattern);
  return schema;
}

json::Value AssembleSchema(std::string_view name, SchemaDefinitions definitions) {
  return json::Object{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                      {"title", std::string(name)},
                      {"$ref", "#/$defs/" + std::string(name)},
                      {"$defs", std::move(definitions.definitions)}};
}

}  // namespace aiop::describe
