// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "control/motors/checkout.h"

// A record that is taken says the same when written and read again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto seal = aiop::motors::ParseSeal(std::string(reinterpret_cast<const char*>(data), size));
  if (!seal) return 0;
  const auto again = aiop::motors::ParseSeal(aiop::motors::SealText(*seal));
  AIOP_CHECK(again.has_value());
  AIOP_CHECK(again->tree == seal->tree && again->reusable == seal->reusable);
  AIOP_CHECK(again->entries.size() == seal->entries.size());
  for (size_t i = 0; i < seal->entries.size(); ++i) {
    AIOP_CHECK(again->entries[i].path == seal->entries[i].path);
    AIOP_CHECK(again->entries[i].hash == seal->entries[i].hash);
  }
  return 0;
}
