// SPDX-License-Identifier: Apache-2.0
// Short words for the parts of the table of commands.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "app/aiop/definition.h"

namespace aiop::app {

inline Argument Id(std::string_view name, std::string_view help) {
  return {.name = name, .help = help};
}
inline Option Flag(std::string_view name, std::string_view help) {
  return {.name = name, .value = "", .help = help, .kind = Kind::kFlag};
}
inline Option Text(std::string_view name, std::string_view value, std::string_view help) {
  return {.name = name, .value = value, .help = help};
}
inline Option Required(Option option) {
  option.required = true;
  return option;
}
inline Option Repeated(Option option) {
  option.repeated = true;
  return option;
}
inline Option Of(Kind kind, Option option) {
  option.kind = kind;
  return option;
}
inline Option OneOf(Option option, std::vector<std::string_view> choices) {
  option.choices = std::move(choices);
  return option;
}
inline Option Jobs() {
  return Of(Kind::kNumber, Text("--jobs", "N", "How many runs go on side by side (default 1)."));
}
inline Option PolicyFile() {
  return Of(Kind::kFile, Text("--policy", "FILE",
                              "A policy file instead of the built-in one (also $AIOP_POLICY)."));
}
// What every list takes, after its own filters.
inline std::vector<Option> Listing(std::vector<Option> filters) {
  filters.push_back(Of(Kind::kNumber, Text("--limit", "N", "At most this many (default 1000).")));
  filters.push_back(Of(Kind::kNumber, Text("--after", "CURSOR",
                                           "Go on after this place: `next` of the page before.")));
  return filters;
}

// The commands about what happened and what was changed; the others are in commands.cc.
std::vector<Command> RecordCommands();
std::vector<Command> ArtifactCommands();
std::vector<Command> HookCommands();

}  // namespace aiop::app
