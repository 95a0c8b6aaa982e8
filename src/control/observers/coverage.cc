// SPDX-License-Identifier: Apache-2.0
#include "control/observers/coverage.h"

#include <algorithm>
#include <cstdio>

#include "control/observers/builder.h"

namespace aiop::observers {
namespace {

struct FileShare {
  std::string_view name;
  int64_t covered = 0;
  int64_t all = 0;
  double Value() const { return static_cast<double>(covered) / static_cast<double>(all); }
};

std::string Percent(double share) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.1f %%", 100 * share);
  return buffer;
}

}  // namespace

void LineCoverage::AddTotals(const std::string& file, int64_t covered, int64_t all) {
  File& entry = files_[file];
  entry.covered = std::max(entry.covered, std::min(covered, all));
  entry.all = std::max(entry.all, all);
}

Result<Events> LineCoverage::Finish(const Context& context, std::string_view tool,
                                    std::string_view file_name, std::optional<double> minimum) {
  std::vector<FileShare> shares;
  FileShare total;
  for (auto& [name, file] : files_) {
    if (!file.lines.empty()) {
      // Those that ran come first among equal lines, and are the ones that stay.
      std::ranges::sort(file.lines, [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first < b.first : a.second > b.second;
      });
      const auto repeated = std::ranges::unique(file.lines, {}, &std::pair<uint32_t, bool>::first);
      file.lines.erase(repeated.begin(), repeated.end());
      file.all = static_cast<int64_t>(file.lines.size());
      file.covered = std::ranges::count(file.lines, true, &std::pair<uint32_t, bool>::second);
    }
    if (file.all == 0) continue;
    shares.push_back({name, file.covered, file.all});
    total.covered += file.covered;
    total.all += file.all;
  }
  if (total.all == 0)
    return InvalidAt(file_name, 1, "holds no line of code, so there is no coverage to read");

  std::ranges::sort(shares, {},
                    [](const FileShare& share) { return std::pair(share.Value(), share.name); });
  json::Array files;
  for (const FileShare& share : shares) {
    if (files.size() >= kFilesInCoverage) break;
    files.push_back({{"file", Clipped(share.name, kFieldLimitBytes)},
                     {"value", share.Value()},
                     {"covered", share.covered},
                     {"lines", share.all}});
  }
  json::Object payload;
  std::string details = "coverage " + Percent(total.Value()) + " (" +
                        std::to_string(total.covered) + " of " + std::to_string(total.all) +
                        " lines)";
  const bool below = minimum && total.Value() < *minimum;
  if (below) details += ", below the minimum of " + Percent(*minimum);
  payload["details"] = details;
  payload["tool"] = tool;
  payload["value"] = total.Value();
  payload["unit"] = "ratio";
  if (minimum) payload["budget"] = *minimum;
  payload["covered"] = total.covered;
  payload["lines"] = total.all;
  payload["file_count"] = static_cast<int64_t>(shares.size());
  payload["files"] = std::move(files);
  return Events{MakeEvent(context, tool, model::SignalType::kCoverage,
                          below ? model::Severity::kError : model::Severity::kInfo,
                          std::move(payload), 0)};
}

Result<Events> ReadCoverage(const Context& context, std::string_view text,
                            std::string_view file_name, std::optional<double> minimum) {
  AIOP_CHECK_OK(CheckSize(text, file_name));
  std::string_view start = text;
  if (start.starts_with("\xef\xbb\xbf")) start.remove_prefix(3);
  const size_t first = start.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && start[first] == '<')
    return ReadCobertura(context, text, file_name, minimum);
  return ReadLcov(context, text, file_name, minimum);
}

}  // namespace aiop::observers
