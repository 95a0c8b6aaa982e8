// SPDX-License-Identifier: Apache-2.0
#include "grouping/measure.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

namespace aiop::grouping {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void Stop(const fs::path& path, const char* what) {
  std::fprintf(stderr, "grouping: %s: %s\n", path.c_str(), what);
  std::exit(2);
}

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) Stop(path, "cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

void ReadLabelled(const fs::path& path, System& system) {
  system.text = ReadAll(path);
  system.whole = Lines(system.text);
  const std::string labels = ReadAll(fs::path(path).replace_extension(".labels"));
  Numbers numbers;
  for (const std::string_view label : Lines(labels)) {
    const size_t tab = label.find('\t');
    const size_t row = system.labels.size();
    size_t header = 0;
    if (tab == std::string_view::npos || row >= system.whole.size() ||
        std::from_chars(label.data() + tab + 1, label.data() + label.size(), header).ec !=
            std::errc() ||
        header > system.whole[row].size()) {
      Stop(path, "its labels do not fit it");
    }
    system.labels.push_back(numbers.Of(std::string(label.substr(0, tab))));
    system.lines.push_back(system.whole[row].substr(header));
  }
  if (system.labels.size() != system.whole.size()) Stop(path, "it has lines without a label");
}

// One record of a CSV file with quotation marks, as RFC 4180 has it.
std::vector<std::string> Record(std::string_view& rest) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  while (!rest.empty()) {
    const char c = rest[0];
    rest.remove_prefix(1);
    if (c == '"') {
      if (quoted && rest.starts_with('"')) {
        fields.back() += '"';
        rest.remove_prefix(1);
      } else {
        quoted = !quoted;
      }
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c == '\n' && !quoted) {
      break;
    } else if (c != '\r' || quoted) {
      fields.back() += c;
    }
  }
  return fields;
}

bool ReadTable(const fs::path& path, System& system) {
  const std::string table = ReadAll(path);
  std::string_view rest = table;
  const auto header = Record(rest);
  const auto content = std::ranges::find(header, "Content") - header.begin();
  const auto event = std::ranges::find(header, "EventId") - header.begin();
  const auto columns = static_cast<std::ptrdiff_t>(header.size());
  if (content == columns || event == columns) return false;
  Numbers numbers;
  std::vector<size_t> ends;
  while (!rest.empty()) {
    const auto fields = Record(rest);
    if (fields.size() != header.size()) Stop(path, "a record has too many or too few fields");
    system.text += fields[static_cast<size_t>(content)];
    ends.push_back(system.text.size());
    system.labels.push_back(numbers.Of(fields[static_cast<size_t>(event)]));
  }
  size_t start = 0;
  for (const size_t end : ends) {
    system.lines.push_back(std::string_view(system.text).substr(start, end - start));
    start = end;
  }
  system.whole = system.lines;
  return true;
}

}  // namespace

std::vector<System> ReadSystems(const std::string& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) paths.push_back(entry.path());
  if (error) Stop(folder, "is no folder that can be read");
  std::ranges::sort(paths);
  std::vector<System> systems;
  systems.reserve(paths.size());  // views point into them
  for (const fs::path& path : paths) {
    System& system = systems.emplace_back();
    system.name = path.stem().string();
    bool usable = false;
    if (path.extension() == ".log" && fs::exists(fs::path(path).replace_extension(".labels"))) {
      ReadLabelled(path, system);
      usable = true;
    } else if (path.extension() == ".csv") {
      usable = ReadTable(path, system);
    }
    if (!usable || system.lines.empty()) {
      systems.pop_back();
      continue;
    }
    system.events = *std::ranges::max_element(system.labels) + 1;
  }
  return systems;
}

Score Measure(const System& system, const std::vector<int>& predicted) {
  const size_t lines = system.labels.size();
  const int groups = *std::ranges::max_element(predicted) + 1;
  std::vector<size_t> true_size(static_cast<size_t>(system.events));
  std::vector<size_t> size(static_cast<size_t>(groups));
  std::vector<int> label(static_cast<size_t>(groups),
                         -1);  // of all its lines; -2: of different ones
  for (size_t i = 0; i < lines; ++i) {
    const auto group = static_cast<size_t>(predicted[i]);
    ++true_size[static_cast<size_t>(system.labels[i])];
    ++size[group];
    if (label[group] == -1) label[group] = system.labels[i];
    if (label[group] != system.labels[i]) label[group] = -2;
  }
  size_t right_lines = 0;
  size_t right_groups = 0;
  for (size_t group = 0; group < size.size(); ++group) {
    if (label[group] < 0 || true_size[static_cast<size_t>(label[group])] != size[group]) continue;
    right_lines += size[group];
    ++right_groups;
  }
  Score score;
  score.predicted_groups = size.size();
  score.ga = static_cast<double>(right_lines) / static_cast<double>(lines);
  const double precision = static_cast<double>(right_groups) / static_cast<double>(size.size());
  const double recall = static_cast<double>(right_groups) / static_cast<double>(system.events);
  if (right_groups > 0) score.fga = 2 * precision * recall / (precision + recall);
  return score;
}

}  // namespace aiop::grouping
