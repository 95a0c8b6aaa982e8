// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "base/json/json.h"

// What Parse takes can be written and taken again, and looks the same then.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = aiop::json::Parse(text);
  if (!value) {
    AIOP_CHECK(!value.error().message.empty());
    return 0;
  }
  const std::string canonical = aiop::json::CanonicalText(*value);
  const auto again = aiop::json::Parse(canonical);
  AIOP_CHECK(again.has_value());
  AIOP_CHECK(aiop::json::Parse(aiop::json::PrettyText(*value)).has_value());
  if (const auto* object = value->if_object()) {
    for (const auto& member : *object) {
      const std::string_view key(member.key().data(), member.key().size());
      const std::string_view raw = aiop::json::RawMember(text, key);
      AIOP_CHECK(raw.empty() || aiop::json::Parse(raw).has_value());
    }
  }
  return 0;
}
