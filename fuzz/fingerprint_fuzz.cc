// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "base/result/result.h"
#include "core/fingerprint/fingerprint.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace aiop::fingerprint;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Fingerprint made = Of("plant", aiop::model::SignalType::kError, text);
  AIOP_CHECK(made.id.size() == 32);
  AIOP_CHECK(made.template_text.size() <= kTemplateLimitBytes);
  AIOP_CHECK(made.template_text == Template(text));
  AIOP_CHECK(LineTemplate(text) == LineTemplate(text));
  return 0;
}
