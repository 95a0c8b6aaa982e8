// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "core/version/version.h"

namespace version = aiop::version;

// What is taken is written as it stood, equals itself, and comes before what it is bumped to.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = version::Parse(text);
  if (!parsed) return 0;
  AIOP_CHECK(version::Text(*parsed) == text);
  AIOP_CHECK(*parsed == *parsed);
  const bool may_wrap =
      parsed->major == UINT64_MAX || parsed->minor == UINT64_MAX || parsed->patch == UINT64_MAX;
  for (const auto change :
       {version::Change::kPatch, version::Change::kMinor, version::Change::kMajor}) {
    AIOP_CHECK(may_wrap || *parsed < version::Bump(*parsed, change));
  }
  if (version::TagName(*parsed).size() <= version::kTextLimitBytes) {
    AIOP_CHECK(version::FromTag(version::TagName(*parsed)) == *parsed);
  }
  return 0;
}
