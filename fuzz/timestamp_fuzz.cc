// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "base/time/time.h"

// What was read is written in a form that reads back as the same moment.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto time = aiop::ParseTimestamp(text);
  if (!time) return 0;
  const std::string written = aiop::FormatTimestamp(*time);
  const auto again = aiop::ParseTimestamp(written);
  AIOP_CHECK(again.has_value());
  AIOP_CHECK(*again == *time);
  return 0;
}
