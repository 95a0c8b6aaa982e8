// SPDX-License-Identifier: Apache-2.0
#include "base/identity/identity.h"

#include <gtest/gtest.h>

#include <string>

#include "base/hash/hash.h"

namespace aiop {
namespace {

TEST(NewId, IsAUuidOfVersionSevenAndOnlyGrows) {
  std::string previous = NewId();
  for (int i = 0; i < 20'000; ++i) {
    const std::string id = NewId();
    ASSERT_TRUE(IsUuid(id)) << id;
    ASSERT_EQ(id[14], '7');
    ASSERT_LT(previous, id);
    previous = id;
  }
}

TEST(IdFromHash, DependsOnTheContentAlone) {
  EXPECT_EQ(IdFromHash(HashBytes("a")), IdFromHash(HashBytes("a")));
  EXPECT_NE(IdFromHash(HashBytes("a")), IdFromHash(HashBytes("b")));
  EXPECT_TRUE(IsUuid(IdFromHash(HashBytes("a"))));
}

TEST(HashBytes, MatchesThePublishedVector) {
  EXPECT_EQ(HashBytes("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace aiop
