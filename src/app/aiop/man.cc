// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/built_in.h"
#include "app/aiop/definition.h"
#include "app/aiop/manual.h"

namespace aiop::app {
namespace {

// Text as roff takes it: backslashes and dashes literal, no control lines.
std::string Escaped(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    line_start = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Item(const std::string& head, std::string_view body) {
  return ".TP\n" + head + "\n" + Escaped(body) + "\n";
}

std::string Bold(std::string_view text) { return "\\fB" + Escaped(text) + "\\fR"; }
std::string Italic(std::string_view text) { return "\\fI" + Escaped(text) + "\\fR"; }

std::string OptionItem(const Option& option) {
  std::string body(option.help);
  if (!option.choices.empty()) {
    body += " One of";
    for (const auto each : option.choices) body += " " + std::string(each);
    body += ".";
  }
  return Item(Bold(option.name) + (option.value.empty() ? "" : " " + Italic(option.value)), body);
}

std::string CommandSection(const Command& command) {
  std::string text =
      ".SS " + Escaped(UsageLine(command.path)) + "\n" + Escaped(command.summary) + ".\n";
  if (!command.details.empty()) text += ".PP\n" + Escaped(command.details) + "\n";
  for (const Argument& each : command.arguments) text += Item(Italic(each.name), each.help);
  for (const Option& each : command.options) text += OptionItem(each);
  text += ".PP\nExample:\n.nf\n";
  for (const auto each : command.examples) text += "    " + Escaped(each) + "\n";
  return text + ".fi\n";
}

}  // namespace

std::string ManPage() {
  std::string text =
      ".\\\" Made from the table of commands by 'aiop man'.\n"
      ".TH AIOP 1 \"\" \"aiop " +
      std::string(kVersion) +
      "\" \"AI Operator\"\n"
      ".SH NAME\naiop \\- run generative pipelines under supervision\n"
      ".SH SYNOPSIS\n.B aiop\n[\\fB\\-\\-home\\fR \\fIDIR\\fR] [\\fB\\-\\-json\\fR] "
      "\\fICOMMAND\\fR ...\n"
      ".SH DESCRIPTION\n"
      "AI Operator runs generative pipelines under supervision. A plant turns app specs into "
      "artifacts;\nwhat all apps share is the plant's motor, versioned on its own. When a run "
      "fails, the operator\nfinds out by experiment who has to change, patches that side behind "
      "gates, and resumes the run\nfrom its last checkpoint.\n"
      ".SH OPTIONS\n";
  for (const Option& each : GlobalOptions()) text += OptionItem(each);
  text += ".SH COMMANDS\n";
  for (const Command& each : Commands()) {
    if (each.handler) text += CommandSection(each);
  }
  text += ".SH EXIT STATUS\n";
  const std::pair<const char*, const char*> codes[] = {
      {"0", "Done, and all well."},
      {"1", "Something ended FAILED."},
      {"2", "Bad usage or bad input; nothing was changed. Also an unknown id or name."},
      {"3", "Waiting for a human: a run is PAUSED, a change awaits approval."},
      {"4", "What is needed cannot be reached or opened."},
      {"5", "A rule forbids it: a gate, a role, a budget."},
      {"70", "A bug in aiop."}};
  for (const auto& [code, meaning] : codes) text += Item(Bold(code), meaning);
  text += ".SH ENVIRONMENT\n";
  text += Item(Bold("AIOP_HOME"), "Where the state lives, unless --home says so.");
  text += Item(Bold("AIOP_POLICY"), "A policy file, unless --policy says so.");
  text += Item(Bold("NO_COLOR"), "No colours on a terminal.");
  return text;
}

}  // namespace aiop::app
