// SPDX-License-Identifier: Apache-2.0
// Lines that ran and lines there are, by file. Private to the module.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "control/observers/observers.h"

namespace aiop::observers {

class LineCoverage {
 public:
  // A line of `file`; one that is given several times (tests merged, templates) ran if it ran once.
  void Add(const std::string& file, uint32_t line, bool ran) {
    files_[file].lines.emplace_back(line, ran);
  }
  // What the report says itself of a file whose lines it does not list.
  void AddTotals(const std::string& file, int64_t covered, int64_t all);

  // The event; kInvalid if there is not one line.
  Result<Events> Finish(const Context& context, std::string_view tool, std::string_view file_name,
                        std::optional<double> minimum);

 private:
  struct File {
    std::vector<std::pair<uint32_t, bool>> lines;
    int64_t covered = 0;
    int64_t all = 0;
  };
  std::map<std::string, File> files_;
};

Result<Events> ReadLcov(const Context& context, std::string_view text, std::string_view file_name,
                        std::optional<double> minimum);
Result<Events> ReadCobertura(const Context& context, std::string_view text,
                             std::string_view file_name, std::optional<double> minimum);

}  // namespace aiop::observers
