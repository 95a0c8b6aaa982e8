// SPDX-License-Identifier: Apache-2.0
// Any text as a policy file: refused with a message, or a policy that decides.
#include <cstddef>
#include <cstdint>

#include "base/json/json.h"
#include "core/policy/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto value = aiop::json::Parse({reinterpret_cast<const char*>(data), size});
  if (!value) return 0;
  const auto policy = aiop::policy::Policy::Load(*value, "fuzz.json");
  if (!policy) return policy.error().message.empty() ? __builtin_trap(), 0 : 0;
  aiop::policy::Evidence evidence;
  evidence.app = "shop";
  evidence.motor_version = "1.0.0";
  evidence.has_validators = true;
  evidence.older_versions = {"0.9.0"};
  evidence.plant_ms_budget = 1;
  const aiop::policy::Answer answer = aiop::policy::Decide(evidence, *policy);
  if (const auto* ruling = std::get_if<aiop::policy::Ruling>(&answer)) {
    if (ruling->rationale.empty()) __builtin_trap();
  }
  return 0;
}
