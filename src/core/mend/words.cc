// SPDX-License-Identifier: Apache-2.0
#include "core/mend/words.h"

#include <boost/json.hpp>
#include <set>

#include "core/mend/mend.h"
#include "core/spelling/spelling.h"

namespace aiop::mend {
namespace {

constexpr int kReferencesFollowed = 32;

std::vector<std::string> Steps(std::string_view pointer) {
  std::vector<std::string> steps;
  while (!pointer.empty() && pointer.front() == '/') {
    const size_t end = std::min(pointer.find('/', 1), pointer.size());
    steps.push_back(json::LastKey(pointer.substr(0, end)));
    pointer.remove_prefix(end);
  }
  return steps;
}

void Collect(const json::Value& value, std::set<std::string>& names) {
  if (names.size() >= kNamesLimit) return;
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      const std::string key(member.key());
      names.insert(key);
      const bool names_it = key == "id" || key == "key" || key == "name";
      if (names_it && member.value().is_string()) {
        names.emplace(member.value().get_string().c_str());
      }
      Collect(member.value(), names);
    }
  } else if (const auto* array = value.if_array()) {
    for (const json::Value& each : *array) Collect(each, names);
  }
}

}  // namespace

const json::Value* At(const json::Value* schema, std::string_view keyword) {
  const json::Value* at = schema;
  int followed = 0;
  for (const std::string& step : Steps(keyword)) {
    if (at == nullptr) return nullptr;
    at = json::Find(*at, json::Child("", step));
    if (step != "$ref" || at == nullptr) continue;
    if (!at->is_string() || !at->get_string().starts_with("#")) return nullptr;
    if (++followed > kReferencesFollowed) return nullptr;
    at = json::Find(*schema, std::string(at->get_string()).substr(1));
  }
  return at;
}

std::optional<json::Value> AsType(const json::Value& value, const std::string& type) {
  if (type == "array" && !value.is_array() && !value.is_object() && !value.is_null()) {
    return json::Value(json::Array{value});
  }
  if (type == "string" && (value.is_number() || value.is_bool())) {
    return json::Value(json::Text(value));
  }
  const bool from_text = type == "number" || type == "integer" || type == "boolean";
  if (!value.is_string() || !from_text) return std::nullopt;
  const std::string text(value.get_string());
  const auto read = json::Parse(text);
  // Written back it has to be what was there: 007 and 1e400 are no plain numbers.
  if (!read || json::Text(*read) != text) return std::nullopt;
  const bool fits = type == "boolean"   ? read->is_bool()
                    : type == "integer" ? read->is_int64()
                                        : read->is_number();
  return fits ? std::optional(*read) : std::nullopt;
}

std::vector<std::string> NamesIn(const json::Value& spec, const std::string& word) {
  std::set<std::string> names;
  Collect(spec, names);
  names.erase(word);
  return {names.begin(), names.end()};
}

std::optional<std::string> NearestTarget(const json::Value& spec, const std::string& reference) {
  const auto steps = Steps(std::string_view(reference).substr(1));
  const json::Value* at = &spec;
  std::string target;
  bool corrected = false;
  for (const std::string& step : steps) {
    if (const json::Value* next = json::Find(*at, json::Child("", step))) {
      target = json::Child(target, step);
      at = next;
      continue;
    }
    const auto* object = at->if_object();
    if (object == nullptr || corrected) return std::nullopt;
    std::vector<std::string> keys;
    for (const auto& member : *object) keys.emplace_back(member.key());
    const auto meant = spelling::MeantBy(step, keys);
    if (!meant) return std::nullopt;
    corrected = true;
    target = json::Child(target, *meant);
    at = json::Find(*at, json::Child("", *meant));
  }
  if (!corrected) return std::nullopt;
  return "#" + target;
}

std::string FirstQuoted(std::string_view text) {
  const size_t begin = text.find('\'');
  if (begin == std::string_view::npos) return "";
  const size_t end = text.find('\'', begin + 1);
  if (end == std::string_view::npos) return "";
  return std::string(text.substr(begin + 1, end - begin - 1));
}

}  // namespace aiop::mend
