// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "core/schema/schema.h"

// The first line is a schema, the rest a value. The same question twice has the same answer, within
// the limits.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t newline = text.find('\n');
  if (newline == std::string_view::npos) return 0;
  const auto schema = aiop::json::Parse(text.substr(0, newline));
  const auto value = aiop::json::Parse(text.substr(newline + 1));
  if (!schema || !value) return 0;
  aiop::schema::Options options;
  options.assert_formats = size % 2 == 0;
  const auto compiled = aiop::schema::Schema::Compile(*schema, options);
  if (!compiled) {
    AIOP_CHECK(compiled.error().code == aiop::Code::kInvalid);
    return 0;
  }
  const auto violations = compiled->Validate(*value);
  AIOP_CHECK(violations.size() <= aiop::schema::kViolationLimit + 1);
  for (const auto& violation : violations) AIOP_CHECK(!violation.message.empty());
  AIOP_CHECK(compiled->Validate(*value).size() == violations.size());
  return 0;
}
