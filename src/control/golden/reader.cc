// SPDX-License-Identifier: Apache-2.0
#include "control/golden/reader.h"

#include <algorithm>

namespace aiop::golden {
namespace {

constexpr size_t kProblemLimit = 20;

}  // namespace

void Reader::Refuse(const std::string& path, std::string_view why) {
  if (problems_.size() >= kProblemLimit) return;
  problems_.push_back(std::string(file_) + ":" + std::to_string(yaml::LineOf(document_, path)) +
                      ": " + (path.empty() ? "/" : path) + " " + std::string(why));
}

Status Reader::Verdict() const {
  if (problems_.empty()) return {};
  std::string all;
  for (const std::string& each : problems_) all += (all.empty() ? "" : "\n") + each;
  return Invalid(all);
}

bool Reader::Object(const json::Value& value, const std::string& path,
                    const std::vector<std::string_view>& members) {
  const auto* object = value.if_object();
  if (!object) {
    Refuse(path, "must be a mapping");
    return false;
  }
  for (const auto& member : *object) {
    const std::string_view key(member.key());
    if (std::ranges::find(members, key) == members.end()) {
      Refuse(json::Child(path, key), "is not known here");
    }
  }
  return true;
}

std::string Reader::Text(const json::Value& object, const std::string& path, std::string_view key) {
  const json::Value* value = json::Member(object, key);
  if (!value || value->is_null()) return "";
  if (const auto* text = value->if_string()) return {text->data(), text->size()};
  if (value->is_structured()) {
    Refuse(json::Child(path, key), "must be a text");
    return "";
  }
  return json::Text(*value);
}

std::string Reader::Needed(const json::Value& object, const std::string& path,
                           std::string_view key) {
  const json::Value* value = json::Member(object, key);
  std::string text = Text(object, path, key);
  if (text.empty() && !(value && value->is_structured())) {
    Refuse(value ? json::Child(path, key) : path, "needs `" + std::string(key) + "`");
  }
  return text;
}

std::vector<std::string> Reader::Texts(const json::Value& object, const std::string& path,
                                       std::string_view key) {
  const json::Value* value = json::Member(object, key);
  if (!value || value->is_null()) return {};
  if (!value->is_structured()) return {Text(object, path, key)};
  const auto* list = value->if_array();
  if (!list) {
    Refuse(json::Child(path, key), "must be a list");
    return {};
  }
  std::vector<std::string> texts;
  for (size_t i = 0; i < list->size(); ++i) {
    const json::Value& item = (*list)[i];
    const auto* text = item.if_string();
    if (!text) Refuse(json::Child(json::Child(path, key), i), "must be a text");
    if (text) texts.emplace_back(text->data(), text->size());
  }
  return texts;
}

}  // namespace aiop::golden
