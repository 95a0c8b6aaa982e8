// SPDX-License-Identifier: Apache-2.0
// incidents.yaml: whatever is read names paths inside folders only, and mistakes are told with
// lines.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "control/golden/golden.h"

namespace {

void CheckPaths(const aiop::golden::Edits& edits) {
  const auto check = [](const std::string& path) {
    if (path.empty() || path.front() == '/' || path.starts_with("../")) std::abort();
  };
  for (const auto& [path, replacements] : edits.replace) check(path);
  for (const auto& [path, content] : edits.files) check(path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto incidents = aiop::golden::ReadIncidents(text, "incidents.yaml");
  if (!incidents) {
    if (!incidents.error().message.starts_with("incidents.yaml:")) std::abort();
    return 0;
  }
  for (const auto& incident : *incidents) {
    if (incident.name.empty() || incident.timeline.empty() || incident.truth.empty()) std::abort();
    for (const auto& step : incident.timeline) {
      if (const auto* release = std::get_if<aiop::golden::MotorStep>(&step)) {
        CheckPaths(release->edits);
      } else if (const auto* app = std::get_if<aiop::golden::AppStep>(&step)) {
        CheckPaths(app->edits);
      }
    }
  }
  return 0;
}
