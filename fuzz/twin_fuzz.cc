// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "base/yaml/yaml.h"
#include "core/twin/twin.h"

// First line: pointers, separated by blanks; the rest: the text. JSON stays JSON and gets shorter;
// what is said to be cut is what gives the same twin again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t feed = input.find('\n');
  if (feed == std::string_view::npos) return 0;
  std::vector<std::string> pointers(1);
  for (const char c : input.substr(0, feed)) {
    if (c == ' ') {
      pointers.emplace_back();
    } else {
      pointers.back() += c;
    }
  }
  const std::string_view text = input.substr(feed + 1);
  const auto cutting = aiop::twin::Cut(text, pointers);
  if (!cutting) return 0;
  AIOP_CHECK(!cutting->cut.empty());
  const bool json = aiop::twin::FormatOf(text) == aiop::twin::Format::kJson;
  AIOP_CHECK(!json || aiop::twin::FormatOf(cutting->text) == aiop::twin::Format::kJson);
  AIOP_CHECK(!json || cutting->text.size() < text.size());
  if (!aiop::yaml::Parse(text, "f")) return 0;  // duplicate keys: pointers are not exact
  const auto again = aiop::twin::Cut(text, cutting->cut);
  AIOP_CHECK(again && again->cut == cutting->cut && again->text == cutting->text);
  return 0;
}
