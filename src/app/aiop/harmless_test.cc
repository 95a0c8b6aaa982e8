// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/harmless.h"

#include <gtest/gtest.h>

#include "app/aiop/table.h"

namespace aiop::app {
namespace {

TEST(Harmless, LeavesOrdinaryTextAsItIs) {
  const std::string text = "Zeile eins\n\tÜbergänge \xE2\x80\xA6 \xF0\x9F\x92\xA9\r\nzwei\n";
  EXPECT_EQ(Harmless(text, false), text);
  EXPECT_EQ(Harmless("", false), "");
}

TEST(Harmless, LeavesOwnColours) {
  const std::string text = Paint("red", Colour::kRed, true) + Paint("dim", Colour::kDim, true);
  EXPECT_EQ(Harmless(text, true), text);
  EXPECT_EQ(Harmless(Paint("red", Colour::kRed, true), false), "�[31mred�[0m");
}

TEST(Harmless, TakesOutWhatATerminalObeys) {
  EXPECT_EQ(Harmless("\033[2J\033]0;x\a", false), "�[2J�]0;x�");
  EXPECT_EQ(Harmless("over\rwritten", false), "over�written");
  EXPECT_EQ(Harmless(std::string_view("a\0b\x7F", 4), false), "a�b�");
  EXPECT_EQ(Harmless("\xC2\x9B"
                     "31m",
                     false),
            "�31m");
}

TEST(Harmless, TakesOutWhatTurnsTheWritingAround) {
  EXPECT_EQ(Harmless("\xE2\x80\xAEtxet\xE2\x81\xA9", false), "�txet�");
}

TEST(Harmless, TakesOutBytesThatAreNoText) { EXPECT_EQ(Harmless("\xFF|\x9B", false), "�|�"); }

}  // namespace
}  // namespace aiop::app
