// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/table.h"

#include <gtest/gtest.h>

namespace aiop::app {
namespace {

Table Sample() {
  Table table({{"NAME"}, {"COUNT", Table::Align::kRight}, {"WHY", Table::Align::kLeft, true}});
  table.Add({"petstore", "7", "the plant succeeded"});
  table.Add({"ünïcode", "12", "two\nlines"});
  return table;
}

TEST(Table, AlignsItsColumns) {
  EXPECT_EQ(Sample().Render(0, false),
            "NAME      COUNT  WHY\n"
            "petstore      7  the plant succeeded\n"
            "ünïcode      12  two\n");
}

TEST(Table, TheFlexibleColumnGivesWay) {
  EXPECT_EQ(Sample().Render(30, false),
            "NAME      COUNT  WHY\n"
            "petstore      7  the plant su…\n"
            "ünïcode      12  two\n");
  const std::string narrow = Sample().Render(10, false);
  EXPECT_NE(narrow.find("petstore      7  the pla…"), std::string::npos) << narrow;
}

TEST(Table, ColoursDoNotMoveColumns) {
  Table table({{"STATE"}, {"X"}});
  table.Add({Cell("PAUSED", Colour::kYellow), "1"});
  EXPECT_EQ(table.Render(0, true),
            "\033[2mSTATE\033[0m   \033[2mX\033[0m\n\033[33mPAUSED\033[0m  1\n");
}

TEST(Cut, CountsCharactersAndDropsControls) {
  EXPECT_EQ(Cut("äöüß", 4), "äöüß");
  EXPECT_EQ(Cut("äöüßx", 4), "äöü…");
  EXPECT_EQ(Cut("a\tb\033[31mc", 20), "a b [31mc");
  EXPECT_EQ(Cut("text", 0), "");
}

TEST(Wrap, BreaksBetweenWordsBehindAnIndent) {
  EXPECT_EQ(Wrap("one two three four", 12, 3), "one two\n   three\n   four");
  EXPECT_EQ(Wrap("averyveryverylongword x", 8, 2), "averyveryverylongword\n  x");
  EXPECT_EQ(Wrap("", 8, 2), "");
}

TEST(Ago, SpeaksInTheUnitThatFits) {
  const Timestamp now{Milliseconds{1'000'000'000'000}};
  const auto before = [&](int64_t seconds) {
    return Ago(now + Milliseconds{-seconds * 1000}, now);
  };
  EXPECT_EQ(before(1), "just now");
  EXPECT_EQ(before(30), "30 s ago");
  EXPECT_EQ(before(200), "3 min ago");
  EXPECT_EQ(before(7300), "2 h ago");
  EXPECT_EQ(before(86400 * 5), "5 days ago");
}

}  // namespace
}  // namespace aiop::app
