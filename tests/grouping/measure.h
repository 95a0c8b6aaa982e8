// SPDX-License-Identifier: Apache-2.0
//
// Measures how well a method groups log lines: reads labelled logs and computes the two figures of
// the log-parsing literature. Used by the bench and by the test that holds our figures at their
// bar.
//
//   GA  = lines whose predicted group is exactly the set of lines of one true group / all lines
//   FGA = harmonic mean of: groups predicted exactly / groups predicted, and / true groups
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace aiop::grouping {

struct System {
  std::string name;
  std::string text;                     // what the lines point into
  std::vector<std::string_view> whole;  // lines as the tool wrote them
  std::vector<std::string_view>
      lines;                // without the header (time, level, process): what is grouped
  std::vector<int> labels;  // the true group of each line
  int events = 0;           // true groups
};

// The systems of a folder, by name: NAME.log beside NAME.labels (a line "EVENT<tab>LENGTH OF THE
// HEADER" for each), and every NAME.csv that has the columns Content and EventId. Exits with a
// message when a file is damaged.
std::vector<System> ReadSystems(const std::string& folder);

struct Score {
  double ga = 0;
  double fga = 0;
  size_t predicted_groups = 0;
};
Score Measure(const System& system, const std::vector<int>& predicted);

// Numbers texts in the order in which they are first seen.
class Numbers {
 public:
  int Of(std::string text) {
    return numbers_.emplace(std::move(text), static_cast<int>(numbers_.size())).first->second;
  }

 private:
  std::unordered_map<std::string, int> numbers_;
};

}  // namespace aiop::grouping
