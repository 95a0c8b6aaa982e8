// SPDX-License-Identifier: Apache-2.0
// At which similarity two incidents are worth showing together. Labelled logs are grouped as
// failures are; two templates of one system are a true pair if lines of one event made both. For
// each threshold: of the pairs it links, how many are true (precision), and of the true pairs, how
// many it links (recall), over all systems and over those that were not looked at while tuning.
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/fingerprint/fingerprint.h"
#include "grouping/held_out.h"
#include "grouping/measure.h"

namespace aiop::grouping {
namespace {

struct Pair {
  double similarity = 0;
  bool same = false;
  bool held_out = false;
};

void AddPairs(const System& system, std::vector<Pair>& pairs) {
  std::map<std::string, std::set<int>> events;
  for (size_t i = 0; i < system.lines.size(); ++i) {
    events[fingerprint::Template(system.lines[i])].insert(system.labels[i]);
  }
  for (auto one = events.begin(); one != events.end(); ++one) {
    for (auto other = std::next(one); other != events.end(); ++other) {
      bool same = false;
      for (const int event : one->second) same = same || other->second.contains(event);
      pairs.push_back({.similarity = fingerprint::Similarity(one->first, other->first),
                       .same = same,
                       .held_out = IsHeldOut(system.name)});
    }
  }
}

void PrintLine(double threshold, const std::vector<Pair>& pairs, bool held_out_only) {
  double linked = 0;
  double right = 0;
  double same = 0;
  for (const Pair& pair : pairs) {
    if (held_out_only && !pair.held_out) continue;
    const bool links = pair.similarity >= threshold;
    same += pair.same ? 1 : 0;
    linked += links ? 1 : 0;
    right += links && pair.same ? 1 : 0;
  }
  std::printf("  %6.0f %6.0f  %.3f  %.3f", linked, same, linked > 0 ? right / linked : 1.0,
              same > 0 ? right / same : 1.0);
}

int Run(int count, char** words) {
  std::vector<Pair> pairs;
  for (int i = 1; i < count; ++i) {
    for (const System& system : ReadSystems(words[i])) AddPairs(system, pairs);
  }
  if (count == 1) {
    for (const System& system : ReadSystems(AIOP_GROUPING_CORPUS)) AddPairs(system, pairs);
  }
  std::printf("           all systems                     held out\n");
  std::printf("from    linked   true  prec.  recall     linked   true  prec.  recall\n");
  for (int percent = 30; percent <= 95; percent += 5) {
    const double threshold = percent / 100.0;
    std::printf("%.2f%s", threshold, threshold == fingerprint::kSimilarFrom ? "*" : " ");
    PrintLine(threshold, pairs, false);
    std::printf("   ");
    PrintLine(threshold, pairs, true);
    std::printf("\n");
  }
  return 0;
}

}  // namespace
}  // namespace aiop::grouping

int main(int count, char** words) { return aiop::grouping::Run(count, words); }
