// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/arguments.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <charconv>
#include <memory>

namespace aiop::app {
namespace {

// What CLI11 fills in; its addresses must not move while it parses.
struct Slot {
  std::string name;
  Kind kind = Kind::kText;
  std::vector<std::string> values;
  CLI::Option* option = nullptr;
};
struct Node {
  const Command* command = nullptr;
  CLI::App* parser = nullptr;
  std::vector<std::unique_ptr<Slot>> slots;
  std::vector<std::string> words;  // its arguments, in order
};

void AddOption(Node& node, const Option& option) {
  auto& slot = *node.slots.emplace_back(std::make_unique<Slot>());
  slot.name = option.name;
  slot.kind = option.kind;
  if (option.kind == Kind::kFlag) {
    slot.option = node.parser->add_flag(slot.name);
    return;
  }
  slot.option = node.parser->add_option(slot.name, slot.values);
  // One value each time it is named, so that words after it stay arguments.
  slot.option->allow_extra_args(false)->expected(1)->multi_option_policy(
      CLI::MultiOptionPolicy::TakeAll);
}

// CLI11 collects all arguments in one list; which is which is ours to say.
void AddArguments(Node& node) {
  constexpr int kArgumentLimit = 1 << 16;
  if (node.command->arguments.empty()) return;
  node.parser->add_option("arguments", node.words)->expected(0, kArgumentLimit);
}

std::string Quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string Suggest(std::string_view word, const std::vector<std::string_view>& known) {
  const auto near = Nearest(word, known);
  std::string text;
  for (const std::string_view each : near) text += (text.empty() ? "" : ", ") + Quoted(each);
  return text.empty() ? "" : "; did you mean " + text + "?";
}

std::string HelpHint(std::string_view path) {
  return "see 'aiop " + std::string(path) + (path.empty() ? "" : " ") + "--help'";
}

std::string UnknownWord(const Command* command, const std::string& word) {
  const std::string_view path = command ? command->path : "";
  std::vector<std::string_view> known;
  if (word.starts_with("-")) {
    if (command) {
      for (const Option& each : command->options) known.push_back(each.name);
    }
    for (const Option& each : GlobalOptions()) known.push_back(each.name);
    const std::string name = word.substr(0, word.find('='));
    const std::string near = Suggest(name, known);
    return "unknown option " + Quoted(name) + (near.empty() ? ": " + HelpHint(path) : near);
  }
  const auto below = Below(path);
  if (below.empty() || (command && command->handler && !command->arguments.empty())) {
    return "unexpected argument " + Quoted(word) + ": " + HelpHint(path);
  }
  for (const Command* each : below) known.push_back(LastWord(each->path));
  const std::string near = Suggest(word, known);
  const std::string whole = std::string(path) + (path.empty() ? "" : " ") + word;
  return "unknown command " + Quoted(whole) + (near.empty() ? ": " + HelpHint(path) : near);
}

Status CheckValues(const Arguments& read) {
  const Command& command = *read.command;
  const auto check = [&](std::string_view name, Kind kind) -> Status {
    for (const std::string& value : read.All(name)) {
      int64_t number = 0;
      const auto end = value.data() + value.size();
      const auto [stop, error] = std::from_chars(value.data(), end, number);
      if (kind == Kind::kNumber && (error != std::errc() || stop != end || number < 0)) {
        return Invalid(std::string(name) + " must be a whole number, not " + Quoted(value));
      }
      if (kind != Kind::kFlag && value.empty()) return Invalid(std::string(name) + " is empty");
    }
    return {};
  };
  for (const Option& each : command.options) {
    const auto values = read.All(each.name);
    if (values.empty() && each.required) {
      return Invalid(std::string(each.name) + " " + std::string(each.value) +
                     " is missing: " + HelpHint(command.path));
    }
    if (values.size() > 1 && !each.repeated && each.kind != Kind::kFlag) {
      return Invalid(std::string(each.name) + " may be given once only");
    }
    for (const std::string& value : values) {
      const auto& choices = each.choices;
      if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end())
        continue;
      std::string list;
      for (const auto choice : choices) list += (list.empty() ? "" : ", ") + std::string(choice);
      return Invalid(std::string(each.name) + " is one of " + list + ", not " + Quoted(value));
    }
    AIOP_CHECK_OK(check(each.name, each.kind));
  }
  for (const Argument& each : command.arguments) {
    const size_t given = read.All(each.name).size();
    if (given == 0 && (each.count == Count::kOne || each.count == Count::kMany)) {
      return Invalid(std::string(each.name) + " is missing: " + HelpHint(command.path));
    }
    AIOP_CHECK_OK(check(each.name, each.kind));
  }
  return {};
}

void Collect(const Node& node, Arguments& read) {
  for (const auto& slot : node.slots) {
    if (slot->option->count() == 0) continue;
    auto& values = read.values[slot->name];
    if (slot->kind == Kind::kFlag) {
      values = {""};
    } else {
      values.insert(values.end(), slot->values.begin(), slot->values.end());
    }
  }
}

// Gives each argument its words; the first word too many is an error.
Status Distribute(const Node& node, Arguments& read) {
  size_t taken = 0;
  for (const Argument& each : node.command->arguments) {
    const bool several = each.count == Count::kAny || each.count == Count::kMany;
    const size_t end = several ? node.words.size() : std::min(taken + 1, node.words.size());
    for (; taken < end; ++taken) {
      read.values[std::string(each.name)].push_back(node.words[taken]);
    }
  }
  if (taken == node.words.size()) return {};
  return Invalid("unexpected argument " + Quoted(node.words[taken]) + ": " +
                 HelpHint(node.command->path));
}

// The parser of every command, below `root`.
std::vector<std::unique_ptr<Node>> Build(CLI::App& root) {
  std::vector<std::unique_ptr<Node>> nodes;
  auto& top = *nodes.emplace_back(std::make_unique<Node>());
  top.parser = &root;
  root.set_help_flag();
  root.require_subcommand(0, 1);
  for (const Option& each : GlobalOptions()) AddOption(top, each);
  for (const Command& command : Commands()) {
    CLI::App* parent = &root;
    for (const auto& each : nodes) {
      if (each->command && each->command->path == Group(command.path)) parent = each->parser;
    }
    auto& node = *nodes.emplace_back(std::make_unique<Node>());
    node.command = &command;
    node.parser = parent->add_subcommand(std::string(LastWord(command.path)));
    node.parser->set_help_flag();
    node.parser->require_subcommand(0, 1);
    node.parser->fallthrough();
    for (const Option& each : command.options) AddOption(node, each);
    AddArguments(node);
  }
  return nodes;
}

}  // namespace

std::string Arguments::One(std::string_view name) const {
  const auto found = values.find(name);
  return found == values.end() || found->second.empty() ? "" : found->second.back();
}

std::vector<std::string> Arguments::All(std::string_view name) const {
  const auto found = values.find(name);
  return found == values.end() ? std::vector<std::string>() : found->second;
}

int64_t Arguments::Number(std::string_view name, int64_t otherwise) const {
  const std::string text = One(name);
  int64_t number = otherwise;
  if (!text.empty()) std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Result<Arguments> ReadArguments(const std::vector<std::string>& words) {
  CLI::App root;
  const auto nodes = Build(root);
  root.allow_extras();
  for (const auto& node : nodes) node->parser->allow_extras();
  // What stands after "--" is never an option or a command.
  const auto mark = std::find(words.begin(), words.end(), "--");
  std::vector<std::string> reversed(words.begin(), mark);
  std::reverse(reversed.begin(), reversed.end());
  try {
    root.parse(std::move(reversed));
  } catch (const CLI::Error& error) {
    std::string message = error.what();
    if (message.ends_with('\n')) message.pop_back();
    return Invalid(message);
  }
  Arguments read;
  for (const auto& node : nodes) {
    if (!node->parser->parsed() && node->command) continue;
    if (node->command) read.command = node->command;
    Collect(*node, read);
  }
  for (const auto& node : nodes) {
    if (!read.command || node->command != read.command) continue;
    if (mark != words.end()) node->words.insert(node->words.end(), mark + 1, words.end());
    const Status given = Distribute(*node, read);
    if (!given && !read.Has("--help")) return std::unexpected(given.error());
  }
  read.help = read.Has("--help");
  read.version = read.Has("--version");
  if (read.command) read.help_for = read.command->path;
  if (read.help || read.version) return read;
  if (const auto left = root.remaining(true); !left.empty()) {
    return Invalid(UnknownWord(read.command, left.front()));
  }
  if (!read.command) return read;
  // Options of the group above (as of 'run' in 'run show') are not those of the command.
  for (const auto& node : nodes) {
    if (!node->command || node->command == read.command || !node->parser->parsed()) continue;
    for (const auto& slot : node->slots) {
      if (slot->option->count() > 0) return Invalid(UnknownWord(read.command, slot->name));
    }
  }
  if (!read.command->handler) {
    return Invalid("'aiop " + std::string(read.command->path) +
                   "' needs a command after it: " + HelpHint(read.command->path));
  }
  AIOP_CHECK_OK(CheckValues(read));
  return read;
}

}  // namespace aiop::app
