// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/manual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/aiop/definition.h"
#include "base/file/file.h"
#include "base/process/testing.h"

namespace aiop::app {
namespace {

using testing::HasSubstr;

process::Output Shell(const std::string& script) {
  process::Command command;
  command.argv = {"bash", "-c", script};
  command.environment = process::CleanEnvironment("/");
  auto output = process::Run(command, "", Milliseconds{20'000}, size_t{1} << 20);
  return output ? *std::move(output) : process::Output{};
}

// What bash offers for the words, the last of which is being typed.
std::string Completed(const std::vector<std::string>& words) {
  std::string list;
  for (const auto& each : words) list += "'" + each + "' ";
  const auto output = Shell(*CompletionScript("bash") + "\ncompopt() { :; }\nCOMP_WORDS=(" + list +
                            ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_aiop\n"
                            "echo \"${COMPREPLY[*]}\"\n");
  EXPECT_TRUE(output.ok()) << output.err;
  return output.out;
}

TEST(Help, NamesUsageOptionsAndAnExample) {
  for (const Command& each : Commands()) {
    const auto text = HelpText(each.path);
    ASSERT_TRUE(text.has_value()) << each.path;
    EXPECT_THAT(*text, HasSubstr("Usage: aiop " + std::string(each.path)));
    EXPECT_THAT(*text, HasSubstr("  " + std::string(each.examples.front())));
    for (const Option& option : each.options) {
      EXPECT_THAT(*text, HasSubstr(std::string(option.name)));
    }
  }
  EXPECT_FALSE(HelpText("no such").has_value());
}

TEST(Help, ShowsWhatIsRequiredInTheUsage) {
  EXPECT_EQ(UsageLine("plant add"), "aiop plant add --motor PATH_OR_URL [OPTION...] NAME");
  EXPECT_EQ(UsageLine("app diff"), "aiop app diff NAME [V1] [V2]");
  EXPECT_EQ(UsageLine("plant"), "aiop plant COMMAND ...");
}

TEST(Man, DescribesEveryCommandInRoff) {
  const std::string page = ManPage();
  EXPECT_TRUE(page.starts_with(".\\\""));
  for (const Command& each : Commands()) {
    if (each.handler)
      EXPECT_THAT(page, HasSubstr(".SS aiop " + std::string(each.path).substr(0, 3)));
  }
  // No line of text may be taken for a control line.
  size_t start = 0;
  while (start < page.size()) {
    const size_t end = std::min(page.find('\n', start), page.size());
    const std::string_view line(page.data() + start, end - start);
    start = end + 1;
    if (!line.starts_with(".")) continue;
    EXPECT_TRUE(line.starts_with(".\\\"") || line.starts_with(".TH ") || line.starts_with(".S") ||
                line == ".TP" || line == ".PP" || line == ".nf" || line == ".fi" ||
                line == ".B aiop")
        << line;
  }
}

TEST(Completion, BashOffersCommandsOptionsAndChoices) {
  EXPECT_THAT(Completed({"aiop", "pl"}), HasSubstr("plant"));
  EXPECT_EQ(Completed({"aiop", "plant", "v"}), "verify\n");
  EXPECT_EQ(Completed({"aiop", "--json", "runs", "--sta"}), "--state\n");
  EXPECT_EQ(Completed({"aiop", "runs", "--state", "PAU"}), "PAUSED\n");
  EXPECT_EQ(Completed({"aiop", "completion", "f"}), "fish\n");
}

TEST(Completion, EachShellHasAScriptAndOthersAreRefused) {
  EXPECT_TRUE(Shell("bash -n <<'END'\n" + *CompletionScript("bash") + "END\n").ok());
  EXPECT_THAT(*CompletionScript("zsh"), testing::StartsWith("#compdef aiop"));
  EXPECT_THAT(*CompletionScript("fish"), HasSubstr("-a 'verify'"));
  EXPECT_FALSE(CompletionScript("tcsh").has_value());
}

}  // namespace
}  // namespace aiop::app
