// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/impact/impact.h"

namespace aiop::impact {
namespace {

constexpr std::string_view kHeading = "## ";
constexpr std::string_view kMeasured = "- Measured: ";

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// "## 1.0.1" or "## 1.0.1 - 2026-01-02".
bool IsEntryOf(std::string_view line, std::string_view version) {
  if (!line.starts_with(kHeading)) return false;
  line.remove_prefix(kHeading.size());
  return line.starts_with(version) &&
         (line.size() == version.size() || line[version.size()] == ' ');
}

}  // namespace

std::string WithMeasured(std::string_view changelog, const std::string& version,
                         const std::vector<std::string>& lines) {
  std::vector<std::string> out;
  bool found = false;
  bool inside = false;
  size_t behind = 0;  // the last line of the entry that is not blank
  for (std::string& line : Lines(changelog)) {
    if (line.starts_with(kHeading)) {
      inside = !found && IsEntryOf(line, version);
      found = found || inside;
    }
    if (inside && line.starts_with(kMeasured)) continue;
    const bool blank = line.empty();
    out.push_back(std::move(line));
    if (inside && !blank) behind = out.size();
  }
  if (!found) return std::string(changelog);
  std::vector<std::string> measured;
  for (const std::string& line : lines) measured.push_back(std::string(kMeasured) + line);
  out.insert(out.begin() + static_cast<std::ptrdiff_t>(behind), measured.begin(), measured.end());
  std::string text;
  for (const std::string& line : out) text += line + "\n";
  return text;
}

}  // namespace aiop::impact
