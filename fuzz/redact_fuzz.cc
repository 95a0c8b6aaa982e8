// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "core/redact/redact.h"

// Redacting twice changes nothing more, in text and in JSON.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto& redactor =
      *new aiop::redact::Redactor(*aiop::redact::Redactor::Create({"(?i)customer-[0-9]+"}));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string once = redactor.Text(text);
  AIOP_CHECK(redactor.Text(once) == once);
  if (const auto value = aiop::json::Parse(text)) {
    const auto redacted = redactor.Json(*value);
    AIOP_CHECK(redactor.Json(redacted) == redacted);
  }
  return 0;
}
