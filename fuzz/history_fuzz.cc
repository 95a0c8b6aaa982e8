// SPDX-License-Identifier: Apache-2.0
// Any text as a file of histories: refused with a message, or histories that are written as they
// were read, and decided.
#include <cstddef>
#include <cstdint>

#include "base/file/file.h"
#include "base/yaml/yaml.h"
#include "core/policy/policy.h"
#include "core/replay/replay.h"

namespace {

const aiop::policy::Policy& Policy() {
  static const auto* policy = [] {
    const auto text = aiop::file::Read(AIOP_SOURCE_DIR "/policies/default.yaml");
    if (!text) __builtin_trap();
    const auto document = aiop::yaml::Parse(*text, "default.yaml");
    if (!document) __builtin_trap();
    auto loaded = aiop::policy::Policy::Load(document->value, "default.yaml");
    if (!loaded) __builtin_trap();
    return new aiop::policy::Policy(*std::move(loaded));
  }();
  return *policy;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto histories =
      aiop::replay::ReadFile({reinterpret_cast<const char*>(data), size}, "fuzz.jsonl");
  if (!histories) return histories.error().message.empty() ? __builtin_trap(), 0 : 0;
  for (const auto& history : *histories) {
    const std::string line = aiop::replay::LineOf(history);
    const auto again = aiop::replay::ReadLine(line);
    if (!again || aiop::replay::LineOf(*again) != line) __builtin_trap();
    const auto replayed = aiop::replay::Replay(history, Policy());
    if (replayed.difference && replayed.difference->why.empty()) __builtin_trap();
    (void)aiop::replay::Normalised({history}, {{"a", "b"}});
  }
  return 0;
}
