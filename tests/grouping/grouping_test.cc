// SPDX-License-Identifier: Apache-2.0
// Holds grouping of log lines at its bar. A figure that falls says which system; when one rises for
// good, raise its bar. `./do bench grouping_bench` prints them all beside other methods.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/fingerprint/fingerprint.h"
#include "grouping/held_out.h"
#include "grouping/measure.h"

namespace aiop::grouping {
namespace {

constexpr double kGaBar = 0.86;
constexpr double kFgaBar = 0.84;

System Sample(std::vector<int> labels) {
  System system;
  system.labels = std::move(labels);
  for (const int label : system.labels) system.events = std::max(system.events, label + 1);
  return system;
}

TEST(Measure, CountsOnlyGroupsThatAreExactlyATrueOne) {
  const System system = Sample({0, 0, 1, 1, 2});
  EXPECT_DOUBLE_EQ(Measure(system, {5, 5, 3, 3, 4}).ga, 1);    // the numbers do not matter
  EXPECT_DOUBLE_EQ(Measure(system, {0, 0, 1, 2, 3}).ga, 0.6);  // one true group split
  EXPECT_DOUBLE_EQ(Measure(system, {0, 0, 0, 0, 1}).ga, 0.2);  // two merged
  EXPECT_DOUBLE_EQ(Measure(system, {0, 1, 0, 1, 0}).ga, 0);
}

TEST(Measure, FgaIsTheHarmonicMeanOverGroups) {
  const System system = Sample({0, 0, 1, 1, 2});
  // 2 of 4 predicted groups are right, 2 of 3 true ones found.
  EXPECT_DOUBLE_EQ(Measure(system, {0, 0, 1, 2, 3}).fga, 2 * 0.5 * (2.0 / 3) / (0.5 + 2.0 / 3));
  EXPECT_DOUBLE_EQ(Measure(system, {0, 0, 1, 1, 2}).fga, 1);
  EXPECT_DOUBLE_EQ(Measure(system, {0, 1, 0, 1, 0}).fga, 0);
}

Score OfLineTemplates(const System& system) {
  Numbers numbers;
  std::vector<int> groups;
  for (const std::string_view line : system.lines)
    groups.push_back(numbers.Of(fingerprint::LineTemplate(line)));
  return Measure(system, groups);
}

TEST(Corpus, LineTemplatesStayAtTheirBar) {
  const auto systems = ReadSystems(AIOP_GROUPING_CORPUS);
  ASSERT_GE(systems.size(), 12u);
  double ga = 0;
  double fga = 0;
  for (const System& system : systems) {
    const Score score = OfLineTemplates(system);
    RecordProperty(system.name, std::to_string(score.ga) + " / " + std::to_string(score.fga));
    std::printf("%-12s GA %.3f FGA %.3f%s\n", system.name.c_str(), score.ga, score.fga,
                IsHeldOut(system.name) ? " (held out)" : "");
    ga += score.ga;
    fga += score.fga;
  }
  const auto count = static_cast<double>(systems.size());
  EXPECT_GE(ga / count, kGaBar);
  EXPECT_GE(fga / count, kFgaBar);
}

TEST(Corpus, GroupsDoNotDependOnTheOrderOfLines) {
  for (System& system : ReadSystems(AIOP_GROUPING_CORPUS)) {
    const Score forward = OfLineTemplates(system);
    std::ranges::reverse(system.lines);
    std::ranges::reverse(system.labels);
    EXPECT_DOUBLE_EQ(OfLineTemplates(system).ga, forward.ga) << system.name;
  }
}

}  // namespace
}  // namespace aiop::grouping
