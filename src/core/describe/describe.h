// SPDX-License-Identifier: Apache-2.0
//
// One description of a struct, from which its JSON form, its validation and its JSON Schema follow.
//
//   struct Point {
//     int64_t x = 0;
//     std::optional<std::string> label;
//     static constexpr std::string_view kName = "Point";
//     template <class Self, class Visitor>
//     static void Visit(Self& self, Visitor& visit) {
//       visit.Required("x", self.x, "Distance from the left edge.", Between(0, 100));
//       visit.Optional("label", self.label, "What people call it.");
//     }
//   };
//   json::Value value = ToJson(point);
//   Result<Point> point = FromJson<Point>(value);      // all problems, each with its JSON pointer
//   json::Value schema = SchemaOf<Point>();            // JSON Schema 2020-12
//
// Kinds of field: bool, int64_t, double, std::string, Timestamp, json::Value, json::Object, enums
// (by EnumNames), described structs, and std::optional, std::vector, std::map<std::string, ...> of
// these. Pure; thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/json/json.h"
#include "base/result/result.h"
#include "base/time/time.h"

namespace aiop::describe {

// One thing wrong with a value: where (JSON pointer) and what.
struct Problem {
  std::string path;
  std::string message;
};

// "/a/b: must be a string; /c: is missing": the first kProblemsShown of them.
inline constexpr size_t kProblemsShown = 20;
std::string Describe(const std::vector<Problem>& problems);

// A bound on a field. `ok` and `pattern` say the same, one for the code and one for the schema.
struct Rule {
  std::optional<double> minimum;
  std::optional<double> maximum;
  std::string_view format;   // JSON Schema `format`
  std::string_view pattern;  // JSON Schema `pattern`
  bool (*ok)(std::string_view) = nullptr;
  std::string_view expectation;  // "must be ..." when ok says no
};

constexpr Rule Between(double minimum, double maximum) {
  return {.minimum = minimum, .maximum = maximum};
}
constexpr Rule AtLeast(double minimum) { return {.minimum = minimum}; }

// A name that can stand in paths, refs and commands.
bool IsName(std::string_view text);
bool IsNonEmpty(std::string_view text);
inline constexpr Rule kNameRule{
    .pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
    .ok = IsName,
    .expectation = "a name of letters, digits, '.', '_', '-' (at most 100)"};
inline constexpr Rule kNonEmptyRule{
    .pattern = ".", .ok = IsNonEmpty, .expectation = "a text that is not empty"};

// What to do with members that the description does not name.
enum class Unknown { kRefuse, kIgnore };

// The words of an enum, by argument-dependent lookup: `constexpr auto EnumNames(Colour)` returns an
// array of pairs.
template <class E>
concept NamedEnum = std::is_enum_v<E> && requires(E value) { EnumNames(value); };

template <class T>
concept Described = requires { T::kName; };

template <NamedEnum E>
std::string_view Name(E value) {
  for (const auto& [each, name] : EnumNames(E{})) {
    if (each == value) return name;
  }
  return "?";
}

template <NamedEnum E>
std::optional<E> FromName(std::string_view name) {
  for (const auto& [value, each] : EnumNames(E{})) {
    if (each == name) return value;
  }
  return std::nullopt;
}

// ---- Writing ----

inline json::Value Encode(bool value) { return value; }
inline json::Value Encode(int64_t value) { return value; }
json::Value Encode(double value);
inline json::Value Encode(const std::string& value) { return json::Value(value); }
inline json::Value Encode(Timestamp value) { return json::Value(FormatTimestamp(value)); }
inline json::Value Encode(const json::Value& value) { return value; }
inline json::Value Encode(const json::Object& value) { return value; }
template <NamedEnum E>
json::Value Encode(E value) {
  return json::Value(std::string(Name(value)));
}
template <Described T>
json::Value Encode(const T& value);
template <class T>
json::Value Encode(const std::vector<T>& values) {
  json::Array out;
  out.reserve(values.size());
  for (const T& value : values) out.push_back(Encode(value));
  return out;
}
template <class T>
json::Value Encode(const std::map<std::string, T>& values) {
  json::Object out;
  for (const auto& [key, value] : values) out[key] = Encode(value);
  return out;
}

class Encoder {
 public:
  json::Object object;

  template <class T>
  void Required(std::string_view name, const T& value, std::string_view, Rule = {}) {
    object[{name.data(), name.size()}] = Encode(value);
  }
  // Left out when there is nothing to say: an absent optional, an empty string, a null value.
  template <class T>
  void Optional(std::string_view name, const T& value, std::string_view doc, Rule = {}) {
    if constexpr (requires { value.has_value(); }) {
      if (value.has_value()) Required(name, *value, doc);
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (!value.empty()) Required(name, value, doc);
    } else if constexpr (std::is_same_v<T, json::Value>) {
      if (!value.is_null()) Required(name, value, doc);
    } else {
      Required(name, value, doc);
    }
  }
};

template <Described T>
json::Value Encode(const T& value) {
  Encoder encoder;
  T::Visit(value, encoder);
  return std::move(encoder.object);
}

template <class T>
json::Value ToJson(const T& value) {
  return Encode(value);
}

// ---- Reading ----

struct Reading {
  std::vector<Problem> problems;
  Unknown unknown = Unknown::kRefuse;

  void Refuse(const std::string& path, std::string message) {
    problems.push_back({path, std::move(message)});
  }
};

void Decode(const json::Value& in, const std::string& path, const Rule& rule, Reading& reading,
            bool& out);
void Decode(const json::Value& in, const std::string& path, const Rule& rule, Reading& reading,
            int64_t& out);
void Decode(const json::Value& in, const std::string& path, const Rule& rule, Reading& reading,
            double& out);
void Decode(const json::Value& in, const std::string& path, const Rule& rule, Reading& reading,
            std::string& out);
void Decode(const json::Value& in, const std::string& path, const Rule& rule, Reading& reading,
            Timestamp& out);
void Decode(const json::Value& in, const std::string& path, const Rule& rule, Reading& reading,
            json::Value& out);
void Decode(const json::Value& in, const std::string& path, const Rule& rule, Reading& reading,
            json::Object& out);
void RefuseEnum(const json::Value& in, const std::string& path,
                std::span<const std::string_view> words, Reading& reading);

template <NamedEnum E>
void Decode(const json::Value& in, const std::string& path, const Rule&, Reading& reading, E& out) {
  const auto* text = in.if_string();
  const auto value = text ? FromName<E>({text->data(), text->size()}) : std::nullopt;
  if (value) {
    out = *value;
    return;
  }
  std::vector<std::string_view> words;
  for (const auto& [each, name] : EnumNames(E{})) words.push_back(name);
  RefuseEnum(in, path, words, reading);
}
template <Described T>
void Decode(const json::Value& in, const std::string& path, const Rule&, Reading& reading, T& out);
template <class T>
void Decode(const json::Value& in, const std::string& path, const Rule& rule, Reading& reading,
            std::optional<T>& out) {
  Decode(in, path, rule, reading, out.emplace());
}
template <class T>
void Decode(const json::Value& in, const std::string& path, const Rule& rule, Reading& reading,
            std::vector<T>& out) {
  const auto* array = in.if_array();
  if (!array) return reading.Refuse(path, "must be a list");
  out.clear();
  for (size_t i = 0; i < array->size(); ++i) {
    T item{};
    Decode((*array)[i], json::Child(path, i), rule, reading, item);
    out.push_back(std::move(item));
  }
}
template <class T>
void Decode(const json::Value& in, const std::string& path, const Rule& rule, Reading& reading,
            std::map<std::string, T>& out) {
  const auto* object = in.if_object();
  if (!object) return reading.Refuse(path, "must be an object");
  out.clear();
  for (const auto& member : *object) {
    const std::string key(member.key());
    Decode(member.value(), json::Child(path, key), rule, reading, out[key]);
  }
}

class Decoder {
 public:
  Decoder(const json::Object& object, const std::string& path, Reading& reading)
      : object_(object), path_(path), reading_(reading) {}

  template <class T>
  void Required(std::string_view name, T& value, std::string_view, Rule rule = {}) {
    if (!Read(name, value, rule)) reading_.Refuse(json::Child(path_, name), "is missing");
  }
  template <class T>
  void Optional(std::string_view name, T& value, std::string_view, Rule rule = {}) {
    Read(name, value, rule);
  }
  // Refuses the members that no call has named.
  void Finish();

 private:
  template <class T>
  bool Read(std::string_view name, T& value, const Rule& rule) {
    const json::Value* in = Take(name);
    if (!in) return false;
    if (in->is_null() && !std::is_same_v<T, json::Value>) return false;
    Decode(*in, json::Child(path_, name), rule, reading_, value);
    return true;
  }
  const json::Value* Take(std::string_view name);

  const json::Object& object_;
  const std::string& path_;
  Reading& reading_;
  std::vector<std::string_view> names_;
};

template <Described T>
void Decode(const json::Value& in, const std::string& path, const Rule&, Reading& reading, T& out) {
  const auto* object = in.if_object();
  if (!object) return reading.Refuse(path, "must be an object");
  Decoder decoder(*object, path, reading);
  T::Visit(out, decoder);
  decoder.Finish();
}

// The struct, or every problem of the value.
template <class T>
std::expected<T, std::vector<Problem>> Read(const json::Value& value,
                                            Unknown unknown = Unknown::kRefuse) {
  Reading reading{.problems = {}, .unknown = unknown};
  T out{};
  Decode(value, "", {}, reading, out);
  if (!reading.problems.empty()) return std::unexpected(std::move(reading.problems));
  return out;
}

template <class T>
Result<T> FromJson(const json::Value& value, Unknown unknown = Unknown::kRefuse) {
  auto out = Read<T>(value, unknown);
  if (!out) return Invalid(Describe(out.error()));
  return *std::move(out);
}

template <class T>
Result<T> FromText(std::string_view text, Unknown unknown = Unknown::kRefuse) {
  AIOP_TRY(const json::Value value, json::Parse(text));
  return FromJson<T>(value, unknown);
}

}  // namespace aiop::describe

#include "core/describe/schema.h"
