// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/arguments.h"

#include <gtest/gtest.h>

#include <set>

namespace aiop::app {
namespace {

using Words = std::vector<std::string>;

std::string Refusal(const Words& words) {
  const auto read = ReadArguments(words);
  if (read) return "(accepted)";
  EXPECT_EQ(read.error().code, Code::kInvalid);
  return read.error().message;
}

TEST(Definitions, EveryCommandIsExplainedWithAnExampleOfItself) {
  std::set<std::string_view> paths;
  for (const Command& each : Commands()) {
    EXPECT_TRUE(paths.insert(each.path).second) << each.path;
    EXPECT_FALSE(each.summary.empty()) << each.path;
    ASSERT_FALSE(each.examples.empty()) << each.path;
    EXPECT_NE(each.examples.front().find(each.path), std::string_view::npos) << each.path;
    if (!Group(each.path).empty()) {
      EXPECT_NE(FindCommand(Group(each.path)), nullptr) << each.path;
    }
    if (!each.handler) EXPECT_FALSE(Below(each.path).empty()) << each.path;
    for (const Option& option : each.options) {
      EXPECT_TRUE(option.name.starts_with("--")) << option.name;
      EXPECT_EQ(option.kind == Kind::kFlag, option.value.empty()) << option.name;
      EXPECT_TRUE(option.help.ends_with(".")) << each.path << " " << option.name;
    }
  }
}

TEST(Arguments, GlobalOptionsStandAnywhere) {
  for (const Words& words : {Words{"--json", "--home", "h", "run", "show", "ID"},
                             Words{"run", "show", "ID", "--json", "--home=h"},
                             Words{"run", "--json", "show", "--home", "h", "ID"}}) {
    const auto read = ReadArguments(words);
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(read->command->path, "run show");
    EXPECT_TRUE(read->Has("--json"));
    EXPECT_EQ(read->One("--home"), "h");
    EXPECT_EQ(read->One("ID"), "ID");
  }
}

TEST(Arguments, RunIsACommandAndAGroup) {
  const auto run = ReadArguments({"run", "--plant", "p", "--app", "a", "--app", "b", "--fresh"});
  ASSERT_TRUE(run.has_value()) << run.error().message;
  EXPECT_EQ(run->command->path, "run");
  EXPECT_EQ(run->All("--app"), (Words{"a", "b"}));
  EXPECT_TRUE(run->Has("--fresh"));
  EXPECT_EQ(run->Number("--jobs", 1), 1);
  EXPECT_EQ(Refusal({"run"}), "--plant P is missing: see 'aiop run --help'");
  EXPECT_EQ(Refusal({"run", "show", "ID", "--plant", "p"}),
            "unknown option '--plant': see 'aiop run show --help'");
}

TEST(Arguments, WhatIsUnknownIsRefusedWithTheNearestNames) {
  EXPECT_EQ(Refusal({"rns"}), "unknown command 'rns'; did you mean 'runs'?");
  EXPECT_EQ(Refusal({"run", "shwo"}), "unknown command 'run shwo'; did you mean 'show'?");
  EXPECT_EQ(Refusal({"kubernetes"}), "unknown command 'kubernetes': see 'aiop --help'");
  EXPECT_EQ(Refusal({"runs", "--stat", "PAUSED"}),
            "unknown option '--stat'; did you mean '--state'?");
  EXPECT_EQ(Refusal({"plant"}), "'aiop plant' needs a command after it: see 'aiop plant --help'");
}

TEST(Arguments, WordsAreGivenToArgumentsInOrder) {
  const auto merge = ReadArguments({"incident", "merge", "A", "B"});
  ASSERT_TRUE(merge.has_value()) << merge.error().message;
  EXPECT_EQ(merge->One("ID"), "A");
  EXPECT_EQ(merge->One("INTO"), "B");
  EXPECT_EQ(Refusal({"incident", "merge", "A"}),
            "INTO is missing: see 'aiop incident merge --help'");
  EXPECT_EQ(Refusal({"incident", "merge", "A", "B", "C"}),
            "unexpected argument 'C': see 'aiop incident merge --help'");
  const auto diff = ReadArguments({"app", "diff", "a"});
  ASSERT_TRUE(diff.has_value());
  EXPECT_FALSE(diff->Has("V1"));
}

TEST(Arguments, NamesThatAreCommandsElsewhereAreNames) {
  const auto show = ReadArguments({"app", "show", "run"});
  ASSERT_TRUE(show.has_value()) << show.error().message;
  EXPECT_EQ(show->command->path, "app show");
  EXPECT_EQ(show->One("NAME"), "run");
}

TEST(Arguments, AWrappedCommandKeepsItsOwnOptions) {
  const auto read =
      ReadArguments({"observe", "--app", "a", "--", "grep", "--json", "-c", "--app", "x"});
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_FALSE(read->Has("--json"));
  EXPECT_EQ(read->One("--app"), "a");
  EXPECT_EQ(read->All("COMMAND"), (Words{"grep", "--json", "-c", "--app", "x"}));
}

TEST(Arguments, ValuesAreChecked) {
  EXPECT_EQ(Refusal({"run", "--plant", "p", "--jobs", "two"}),
            "--jobs must be a whole number, not 'two'");
  EXPECT_EQ(Refusal({"run", "--plant", "p", "--jobs", "-1"}),
            "--jobs must be a whole number, not '-1'");
  EXPECT_EQ(Refusal({"run", "--plant", "p", "--plant", "q"}), "--plant may be given once only");
  EXPECT_EQ(Refusal({"events", "tail", "--scope", "plant"}),
            "--scope is one of app, motor, not 'plant'");
  EXPECT_EQ(Refusal({"plant", "show", ""}), "NAME is empty");
  EXPECT_NE(Refusal({"run", "--plant"}), "(accepted)");
}

TEST(Arguments, HelpNeedsNothingElse) {
  const auto read = ReadArguments({"plant", "add", "--help"});
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->help);
  EXPECT_EQ(read->help_for, "plant add");
}

}  // namespace
}  // namespace aiop::app
