// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/yaml/yaml.h"

// Each error names file and line; each line belongs to a value that is there.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  const auto document = aiop::yaml::Parse(text, "f");
  if (!document) {
    AIOP_CHECK(document.error().message.starts_with("f:"));
    return 0;
  }
  for (const auto& [pointer, line] : document->lines) {
    AIOP_CHECK(aiop::json::Find(document->value, pointer) != nullptr);
    AIOP_CHECK(line >= 1 && line <= lines + 1);
  }
  AIOP_CHECK(aiop::yaml::LineOf(*document, "/no/such") >= 1);
  return 0;
}
