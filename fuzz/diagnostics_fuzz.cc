// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "observers_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace aiop::observers;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckReader([&] { return ReadDiagnostics(FuzzContext(), text, "cc", "x.txt"); });
  return 0;
}
