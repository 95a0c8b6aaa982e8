// SPDX-License-Identifier: Apache-2.0
//
// What commands there are, said once: parsing, --help, shell completions and the man page follow
// from this table. Pure; thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "core/model/model.h"

namespace aiop::app {

class Session;

enum class Count { kOne, kOptional, kAny, kMany };  // one, at most one, any number, at least one

// What a word stands for: completions offer files or folders, the parser checks numbers.
enum class Kind { kFlag, kText, kNumber, kFile, kFolder, kRepository };

struct Argument {
  std::string_view name;  // as shown: "ID"
  std::string_view help;
  Count count = Count::kOne;
  Kind kind = Kind::kText;
};

struct Option {
  std::string_view name;   // with its dashes: "--plant"
  std::string_view value;  // as shown: "NAME"; empty for a flag
  std::string_view help;
  Kind kind = Kind::kText;
  bool required = false;
  bool repeated = false;
  std::vector<std::string_view> choices = {};
};

// Runs a command and returns its exit code.
using Handler = Result<int> (*)(Session&);

struct Command {
  std::string_view path;  // "run show"; groups come before what is in them
  std::string_view summary;
  std::string_view details;
  std::vector<Argument> arguments = {};
  std::vector<Option> options = {};
  std::vector<std::string_view> examples = {};
  Handler handler = nullptr;  // absent: only a group
  // The least role of a token that may use it. Commands that look at the team of a plant too ask
  // by themselves.
  model::Role least = model::Role::kViewer;
};

// In the order in which help lists them.
std::span<const Command> Commands();
// Understood by every command, before or after its name.
std::span<const Option> GlobalOptions();

// The command with exactly this path, or null.
const Command* FindCommand(std::string_view path);
// The last word of a command's path, and the path without it.
std::string_view LastWord(std::string_view path);
std::string_view Group(std::string_view path);
// The commands directly below a path ("" the first words).
std::vector<const Command*> Below(std::string_view path);

// The known words nearest to `word` (at most three, nearest first): small spelling distance, or one
// begins the other.
std::vector<std::string_view> Nearest(std::string_view word,
                                      const std::vector<std::string_view>& known);

}  // namespace aiop::app
