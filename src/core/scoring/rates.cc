// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>
#include <set>

#include "core/scoring/scoring.h"
#include "core/verdict/verdict.h"

namespace aiop::scoring {
std::optional<double> Rate::value() const {
  if (of == 0) return std::nullopt;
  return static_cast<double>(hits) / static_cast<double>(of);
}

Interval Rate::Wilson95() const {
  const auto interval = verdict::Wilson({hits, of});
  return interval ? Interval{.low = interval->low, .high = interval->high} : Interval{};
}

Spread SpreadOf(std::vector<double> values) {
  Spread spread{.count = static_cast<int64_t>(values.size())};
  if (values.empty()) return spread;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  spread.median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  spread.mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  return spread;
}

void Confusion::Add(std::string_view truth, std::string_view said, int64_t count) {
  counts_[std::string(truth)][std::string(said)] += count;
}

int64_t Confusion::At(std::string_view truth, std::string_view said) const {
  const auto row = counts_.find(truth);
  if (row == counts_.end()) return 0;
  const auto cell = row->second.find(said);
  return cell == row->second.end() ? 0 : cell->second;
}

std::vector<std::string> Confusion::Names() const {
  std::set<std::string> names;
  for (const auto& [truth, row] : counts_) {
    names.insert(truth);
    for (const auto& [said, count] : row) names.insert(said);
  }
  return {names.begin(), names.end()};
}

std::optional<double> Confusion::F1(std::string_view name) const {
  int64_t is = 0;
  int64_t called = 0;
  for (const auto& [truth, row] : counts_) {
    for (const auto& [said, count] : row) {
      if (truth == name) is += count;
      if (said == name) called += count;
    }
  }
  if (is + called == 0) return std::nullopt;
  return 2.0 * static_cast<double>(At(name, name)) / static_cast<double>(is + called);
}

std::optional<double> Confusion::MacroF1(std::string_view ignored) const {
  double sum = 0;
  int64_t count = 0;
  for (const std::string& name : Names()) {
    if (name == kUndecided || (!ignored.empty() && name == ignored)) continue;
    sum += F1(name).value_or(0);
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

}  // namespace aiop::scoring
