// SPDX-License-Identifier: Apache-2.0
#include "core/spelling/spelling.h"

#include <gtest/gtest.h>

namespace aiop::spelling {
namespace {

TEST(Spelling, CountsMistakes) {
  EXPECT_EQ(Distance("", ""), 0u);
  EXPECT_EQ(Distance("", "abc"), 3u);
  EXPECT_EQ(Distance("integer", "intiger"), 1u);
  EXPECT_EQ(Distance("nmae", "name"), 1u);
  EXPECT_EQ(Distance("kitten", "sitting"), 3u);
  EXPECT_EQ(Distance("sitting", "kitten"), 3u);
}

TEST(Spelling, AWordOverTheLimitIsAsFarAsItIsLong) {
  const std::string text(kWordLimitBytes + 1, 'a');
  EXPECT_EQ(Distance(text, "a"), text.size());
  EXPECT_EQ(Distance(text, text), 0u);
}

TEST(Spelling, SaysWhatWasMeantIfThatIsOneWord) {
  EXPECT_EQ(MeantBy("intiger", {"text", "integer", "number"}), "integer");
  EXPECT_EQ(MeantBy("heigth", {"width", "height"}), "height");
  EXPECT_EQ(MeantBy("integer", {"text", "integer"}), std::nullopt);  // right as it is
  EXPECT_EQ(MeantBy("date", {"text", "integer"}), std::nullopt);     // another word
  EXPECT_EQ(MeantBy("colar", {"color", "collar"}), std::nullopt);    // two as close
  EXPECT_EQ(MeantBy("ni", {"no"}), std::nullopt);                    // too short to tell
  EXPECT_EQ(MeantBy("code", {"mode"}), std::nullopt);  // one letter of four is another word
  EXPECT_EQ(MeantBy("contnet-tpye", {"content-type"}), "content-type");
  EXPECT_EQ(MeantBy("es2022", {"es2019", "es2020"}), std::nullopt);
  EXPECT_EQ(MeantBy("intiger", {}), std::nullopt);
}

}  // namespace
}  // namespace aiop::spelling
