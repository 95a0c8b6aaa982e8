// SPDX-License-Identifier: Apache-2.0
// History files: one decision in one line.
#include <algorithm>

#include "core/replay/replay.h"

namespace aiop::replay {
namespace {

// Lists and texts that are empty say what leaving them out says. What a plant sent stays as it is.
void DropEmpty(json::Value& value) {
  if (auto* list = value.if_array()) {
    for (json::Value& each : *list) DropEmpty(each);
    return;
  }
  auto* object = value.if_object();
  if (object == nullptr) return;
  std::vector<std::string> empty;
  for (auto& member : *object) {
    if (member.key() == "payload") continue;
    DropEmpty(member.value());
    const auto* list = member.value().if_array();
    if (list != nullptr && list->empty()) empty.emplace_back(member.key());
  }
  for (const std::string& key : empty) object->stable_erase(key);
}

}  // namespace

std::string LineOf(const model::DecisionHistory& history) {
  json::Value value = describe::ToJson(history);
  DropEmpty(value);
  return json::Text(value) + "\n";
}

Result<model::DecisionHistory> ReadLine(std::string_view line) {
  AIOP_TRY(const json::Value value, json::Parse(line));
  const json::Value* version = json::Member(value, "history");
  if (version == nullptr || !version->is_int64()) {
    return Invalid("is no history of a decision: it has no number `history`");
  }
  if (version->get_int64() > model::kHistoryVersion) {
    return Invalid("was written by a newer aiop (history version " +
                   std::to_string(version->get_int64()) + ", this program knows " +
                   std::to_string(model::kHistoryVersion) + "): use that one");
  }
  return describe::FromJson<model::DecisionHistory>(value);
}

Result<std::vector<model::DecisionHistory>> ReadFile(std::string_view text,
                                                     std::string_view file_name) {
  std::vector<model::DecisionHistory> histories;
  size_t number = 0;
  while (!text.empty()) {
    ++number;
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto history = ReadLine(line);
    if (!history) {
      return Invalid(std::string(file_name) + ":" + std::to_string(number) + ": " +
                     history.error().message);
    }
    histories.push_back(*std::move(history));
  }
  return histories;
}

}  // namespace aiop::replay
