// SPDX-License-Identifier: Apache-2.0
// The cohort is sticky: whatever is peculiar to its apps is so in every trial. So their levels are
// taken as they are and not drawn towards the mean of all. The variance between kinds is that of
// the method of moments (Searle, Casella, McCulloch, "Variance Components" (1992), section 3.6).
#include "core/canary/levels.h"

#include <algorithm>
#include <cmath>

namespace aiop::canary {
namespace {

struct Group {
  double count = 0;
  double sum = 0;
  double squares = 0;
  double Mean() const { return count > 0 ? sum / count : 0; }
};

struct Spread {
  double mean = 0;
  double within = 0;   // variance of runs of one kind
  double between = 0;  // variance of the kinds' levels
};

using Groups = std::map<std::pair<std::string, std::string>, Group>;

Spread SpreadOf(const Groups& groups) {
  Group all;
  double inside = 0;
  double count_squares = 0;
  for (const auto& [kind, group] : groups) {
    all.count += group.count;
    all.sum += group.sum;
    inside += group.squares - group.sum * group.Mean();
    count_squares += group.count * group.count;
  }
  Spread spread;
  spread.mean = all.Mean();
  const auto kinds = static_cast<double>(groups.size());
  const double inside_freedom = all.count - kinds;
  if (inside_freedom > 0) spread.within = std::max(0.0, inside / inside_freedom);
  if (kinds < 2) return spread;
  double across = 0;
  for (const auto& [kind, group] : groups) {
    across += group.count * std::pow(group.Mean() - spread.mean, 2);
  }
  const double typical = (all.count - count_squares / all.count) / (kinds - 1);
  if (typical > 0) {
    spread.between = std::max(0.0, (across / (kinds - 1) - spread.within) / typical);
  }
  return spread;
}

}  // namespace

Level LevelOf(const std::vector<Measured>& candidate, const std::vector<Measured>& baseline) {
  Groups groups;
  for (const Measured& each : baseline) {
    Group& group = groups[each.kind];
    ++group.count;
    group.sum += each.value;
    group.squares += each.value * each.value;
  }
  const Spread spread = SpreadOf(groups);
  Level level;
  if (candidate.empty()) return level;
  std::map<std::pair<std::string, std::string>, double> weights;
  for (const Measured& each : candidate) {
    weights[each.kind] += 1 / static_cast<double>(candidate.size());
  }
  double variance = 0;
  for (const auto& [kind, weight] : weights) {
    const auto group = groups.find(kind);
    const bool known = group != groups.end();
    if (known) level.offset += weight * (group->second.Mean() - spread.mean);
    variance += weight * weight * (known ? spread.within / group->second.count : spread.between);
  }
  level.uncertainty = std::sqrt(variance);
  return level;
}

}  // namespace aiop::canary
