// SPDX-License-Identifier: Apache-2.0
#include "core/model/model.h"

#include <algorithm>

namespace aiop::model {
namespace {

bool IsNumberWithoutLeadingZero(std::string_view text) {
  return !text.empty() && text.size() <= 9 && (text.size() == 1 || text[0] != '0') &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool AreIdentifiers(std::string_view text, bool numeric_without_zero) {
  size_t start = 0;
  while (start <= text.size()) {
    const size_t dot = std::min(text.find('.', start), text.size());
    const std::string_view part = text.substr(start, dot - start);
    if (part.empty()) return false;
    const bool digits = std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (digits && numeric_without_zero && part.size() > 1 && part[0] == '0') return false;
    for (const char c : part) {
      const bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
      if (!fine) return false;
    }
    if (dot == text.size()) return true;
    start = dot + 1;
  }
  return false;
}

}  // namespace

bool IsSemanticVersion(std::string_view text) {
  if (const size_t plus = text.find('+'); plus != std::string_view::npos) {
    if (!AreIdentifiers(text.substr(plus + 1), false)) return false;
    text = text.substr(0, plus);
  }
  if (const size_t dash = text.find('-'); dash != std::string_view::npos) {
    if (!AreIdentifiers(text.substr(dash + 1), true)) return false;
    text = text.substr(0, dash);
  }
  const size_t first = text.find('.');
  const size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  return second != std::string_view::npos && IsNumberWithoutLeadingZero(text.substr(0, first)) &&
         IsNumberWithoutLeadingZero(text.substr(first + 1, second - first - 1)) &&
         IsNumberWithoutLeadingZero(text.substr(second + 1));
}

bool IsContextReference(std::string_view text) {
  const size_t at = text.find('@');
  const size_t plus = text.rfind('+');
  if (at == std::string_view::npos || plus == std::string_view::npos || plus < at) return false;
  const std::string_view hash = text.substr(plus + 1);
  return describe::IsName(text.substr(0, at)) && IsSemanticVersion(text.substr(at + 1, plus - at - 1)) &&
         hash.size() == 12 && std::all_of(hash.begin(), hash.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string EventEnvelope::Details() const {
  if (const auto* details = payload.if_contains("details")) {
    if (const auto* text = details->if_string()) return {text->data(), text->size()};
    return json::Text(*details);
  }
  if (const auto* message = payload.if_contains("message"); message && message->is_string()) {
    return {message->get_string().data(), message->get_string().size()};
  }
  return json::Text(payload);
}

std::vector<std::pair<std::string, json::Value>> AllSchemas() {
  std::vector<std::pair<std::string, json::Value>> schemas;
  const auto add = [&]<class T>(describe::Tag<T>) {
    schemas.emplace_back(std::string(T::kName), describe::SchemaOf<T>());
  };
  add(describe::Tag<EventEnvelope>{});
  add(describe::Tag<DecisionRecord>{});
  add(describe::Tag<PlantRunRequest>{});
  add(describe::Tag<PlantRunResult>{});
  add(describe::Tag<MotorManifest>{});
  add(describe::Tag<App>{});
  add(describe::Tag<AppVersion>{});
  add(describe::Tag<Artifact>{});
  add(describe::Tag<Plant>{});
  add(describe::Tag<MotorVersion>{});
  add(describe::Tag<RestorePoint>{});
  add(describe::Tag<PointerMove>{});
  add(describe::Tag<Run>{});
  add(describe::Tag<Transition>{});
  add(describe::Tag<Checkpoint>{});
  add(describe::Tag<Attempt>{});
  add(describe::Tag<Incident>{});
  add(describe::Tag<Occurrence>{});
  add(describe::Tag<Experiment>{});
  add(describe::Tag<Change>{});
  return schemas;
}

}  // namespace aiop::model
