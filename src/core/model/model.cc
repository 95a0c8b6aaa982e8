// SPDX-License-Identifier: Apache-2.0
#include "core/model/model.h"

#include <algorithm>

#include "core/version/version.h"

namespace aiop::model {
bool IsSemanticVersion(std::string_view text) { return version::Parse(text).has_value(); }

bool IsContextReference(std::string_view text) {
  const size_t at = text.find('@');
  const size_t plus = text.rfind('+');
  if (at == std::string_view::npos || plus == std::string_view::npos || plus < at) return false;
  const std::string_view hash = text.substr(plus + 1);
  return describe::IsName(text.substr(0, at)) &&
         IsSemanticVersion(text.substr(at + 1, plus - at - 1)) && hash.size() == 12 &&
         std::all_of(hash.begin(), hash.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
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
  add(describe::Tag<DecisionHistory>{});
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
  add(describe::Tag<Pattern>{});
  add(describe::Tag<Token>{});
  add(describe::Tag<HookDelivery>{});
  add(describe::Tag<Provenance>{});
  add(describe::Tag<ChaosReport>{});
  return schemas;
}

}  // namespace aiop::model
