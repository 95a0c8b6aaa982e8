// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "control/motors/tree.h"

// Lines are paths of links and, after a '>', where they lead. A link without other links on its way
// is taken only if its target, put together with its folder, does not begin above the motor.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::map<std::string, std::string> links;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const size_t arrow = line.find('>');
    if (arrow == std::string_view::npos) continue;
    const std::string path(line.substr(0, arrow));
    if (aiop::motors::CheckPath(path)) links.emplace(path, line.substr(arrow + 1));
  }
  for (const auto& [path, target] : links) {
    if (!aiop::motors::CheckLink(path, links) || links.size() > 1) continue;
    const auto at = (std::filesystem::path(path).parent_path() / target).lexically_normal();
    AIOP_CHECK(!at.is_absolute() && *at.begin() != "..");
  }
  return 0;
}
