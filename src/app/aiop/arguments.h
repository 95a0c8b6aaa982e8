// SPDX-License-Identifier: Apache-2.0
//
// The command line, read against the table of commands (CLI11 underneath). Errors are kInvalid and
// say what would have been right. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/aiop/definition.h"
#include "base/result/result.h"

namespace aiop::app {

struct Arguments {
  const Command* command = nullptr;  // null: none was named
  bool help = false;
  bool version = false;
  std::string help_for;  // path of the command (or group) that help was asked for
  // By option name ("--plant") or argument name ("ID"). A flag that was given has one empty value.
  std::map<std::string, std::vector<std::string>, std::less<>> values;

  bool Has(std::string_view name) const { return values.find(name) != values.end(); }
  // The value, or empty.
  std::string One(std::string_view name) const;
  std::vector<std::string> All(std::string_view name) const;
  int64_t Number(std::string_view name, int64_t otherwise) const;
};

// `words` without the program's name.
Result<Arguments> ReadArguments(const std::vector<std::string>& words);

}  // namespace aiop::app
