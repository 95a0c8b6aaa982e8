// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/fingerprint/fingerprint.h"

namespace aiop::fingerprint {
namespace {

TEST(Similarity, OfTheSameWordsIsOne) {
  EXPECT_DOUBLE_EQ(Similarity("no rule for <*>", "no rule for <*>"), 1);
  EXPECT_DOUBLE_EQ(Similarity("No rule: for <*>!", "no  rule for (<*>)"), 1);
  EXPECT_DOUBLE_EQ(Similarity("", ""), 1);
}

TEST(Similarity, OfNoCommonWordIsNone) {
  EXPECT_DOUBLE_EQ(Similarity("out of memory", "connection refused"), 0);
  EXPECT_DOUBLE_EQ(Similarity("out of memory", ""), 0);
  EXPECT_DOUBLE_EQ(Similarity("...", "out of memory"), 0);
}

TEST(Similarity, CountsWordsAndNeighbours) {
  // 3 of 4 words and 2 of 3 pairs of each are common: 2 * 5 / 14.
  EXPECT_DOUBLE_EQ(Similarity("cannot open the file", "cannot open the door"), 10.0 / 14);
  // The same words in another order share no pair.
  EXPECT_DOUBLE_EQ(Similarity("a b c", "c b a"), 6.0 / 10);
}

TEST(Similarity, AWordCountsAsOftenAsItIsThere) { EXPECT_LT(Similarity("no no no no", "no"), 0.5); }

TEST(Similarity, IsSymmetric) {
  const std::string_view texts[] = {"a b c d", "a b", "x a b c", "<*> a <*>", ""};
  for (const auto one : texts) {
    for (const auto other : texts) {
      EXPECT_DOUBLE_EQ(Similarity(one, other), Similarity(other, one));
      EXPECT_GE(Similarity(one, other), 0);
      EXPECT_LE(Similarity(one, other), 1);
    }
  }
}

}  // namespace
}  // namespace aiop::fingerprint
