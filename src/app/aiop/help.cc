// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "app/aiop/definition.h"
#include "app/aiop/manual.h"
#include "app/aiop/table.h"

namespace aiop::app {
namespace {

constexpr size_t kHelpWidth = 90;
constexpr size_t kColumn = 26;

std::string Shown(const Option& option) {
  return std::string(option.name) + (option.value.empty() ? "" : " " + std::string(option.value));
}

std::string Shown(const Argument& argument) {
  std::string name(argument.name);
  switch (argument.count) {
    case Count::kOne:
      return name;
    case Count::kOptional:
      return "[" + name + "]";
    case Count::kAny:
      return "[" + name + "...]";
    case Count::kMany:
      return name + "...";
  }
  return name;
}

std::string Entry(const std::string& left, std::string_view right) {
  std::string text = "  " + left;
  if (Width(text) + 2 > kColumn) {
    text += "\n" + std::string(kColumn, ' ');
  } else {
    text += std::string(kColumn - Width(text), ' ');
  }
  return text + Wrap(right, kHelpWidth, kColumn) + "\n";
}

std::string Options(std::span<const Option> options) {
  std::string text;
  for (const Option& each : options) {
    std::string help(each.help);
    if (!each.choices.empty()) {
      help += " One of";
      for (const auto choice : each.choices) help += " " + std::string(choice);
      help += ".";
    }
    text += Entry(Shown(each), help);
  }
  return text;
}

std::string CommandList(std::string_view path) {
  std::string text;
  for (const Command* each : Below(path)) {
    if (each->handler) text += Entry(std::string(each->path), each->summary);
    text += CommandList(each->path);
  }
  return text;
}

}  // namespace

std::string UsageLine(std::string_view path) {
  const Command* command = FindCommand(path);
  if (!command) return "aiop [--home DIR] [--json] COMMAND ...";
  std::string line = "aiop " + std::string(path);
  if (!command->handler) return line + " COMMAND ...";
  bool options = false;
  for (const Option& each : command->options) {
    if (each.required) {
      line += " " + Shown(each);
    } else {
      options = true;
    }
  }
  if (options) line += " [OPTION...]";
  for (const Argument& each : command->arguments) {
    const bool wrapped = each.name == "COMMAND" && each.count == Count::kAny && options;
    line += (wrapped ? " [-- " + std::string(each.name) + "...]" : " " + Shown(each));
  }
  return line;
}

Result<std::string> HelpText(std::string_view path) {
  const Command* command = FindCommand(path);
  if (!command && !path.empty()) {
    return Invalid("there is no command '" + std::string(path) + "': see 'aiop --help'");
  }
  std::string text;
  if (command) {
    text = std::string(command->summary) + ".\n";
    if (!command->details.empty()) text += "\n" + Wrap(command->details, kHelpWidth, 0) + "\n";
  } else {
    text =
        "AI Operator runs generative pipelines under supervision: what fails is arbitrated by\n"
        "experiment, the side at fault is patched behind gates, and the run goes on where it "
        "stopped.\n";
  }
  text += "\nUsage: " + UsageLine(path) + "\n";
  const std::string below = CommandList(path);
  if (!below.empty()) text += "\nCommands:\n" + below;
  if (command && !command->arguments.empty()) {
    text += "\nArguments:\n";
    for (const Argument& each : command->arguments) text += Entry(Shown(each), each.help);
  }
  if (command && !command->options.empty()) text += "\nOptions:\n" + Options(command->options);
  text += "\nEverywhere:\n" + Options(GlobalOptions());
  text += "\nExamples:\n";
  if (!command) {
    text +=
        "  aiop plant add clients --motor ./openapi-motor\n"
        "  aiop app add petstore --plant clients --spec petstore.json\n"
        "  aiop run --plant clients\n";
  } else {
    for (const auto each : command->examples) text += "  " + std::string(each) + "\n";
  }
  if (!command) {
    text +=
        "\nExit codes: 0 done and all well, 1 something FAILED, 2 bad usage or input, 3 waiting "
        "for a\nhuman, 4 something needed cannot be reached, 5 a rule forbids it, 70 a bug.\n";
  }
  return text;
}

}  // namespace aiop::app
