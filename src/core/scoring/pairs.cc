// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <tuple>

#include "core/scoring/scoring.h"

namespace aiop::scoring {
namespace {

int64_t PairsOf(int64_t members) { return members * (members - 1) / 2; }

template <class Key>
int64_t PairsIn(const std::map<Key, int64_t>& groups) {
  int64_t pairs = 0;
  for (const auto& [key, members] : groups) pairs += PairsOf(members);
  return pairs;
}

std::optional<double> Share(int64_t part, int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::optional<double> PairScore::precision() const { return Share(both, said_pairs); }
std::optional<double> PairScore::recall() const { return Share(both, true_pairs); }
std::optional<double> PairScore::f1() const { return Share(2 * both, true_pairs + said_pairs); }

PairScore ScorePairs(const std::vector<Grouped>& failures) {
  std::map<std::tuple<std::string, std::string>, int64_t> by_truth;
  std::map<std::tuple<std::string, std::string>, int64_t> by_said;
  std::map<std::tuple<std::string, std::string, std::string>, int64_t> by_both;
  for (const Grouped& failure : failures) {
    ++by_truth[{failure.world, failure.truth}];
    ++by_said[{failure.world, failure.said}];
    ++by_both[{failure.world, failure.truth, failure.said}];
  }
  return {
      .true_pairs = PairsIn(by_truth), .said_pairs = PairsIn(by_said), .both = PairsIn(by_both)};
}

}  // namespace aiop::scoring
