// SPDX-License-Identifier: Apache-2.0
#include "core/pace/pace.h"

#include <gtest/gtest.h>

namespace aiop::pace {
namespace {

Timestamp At(int64_t seconds) { return Timestamp{Milliseconds{1'000'000'000 + seconds * 1000}}; }

TEST(Pace, AllowsAsManyAsWereNotBegunWithinAMinute) {
  EXPECT_EQ(Allowed({}, At(0), 3), 3);
  EXPECT_EQ(Allowed({At(0), At(10)}, At(20), 3), 1);
  EXPECT_EQ(Allowed({At(0), At(1), At(2), At(3)}, At(4), 3), 0) << "the limit was lowered since";
  EXPECT_EQ(Allowed({At(0), At(10)}, At(60), 3), 2) << "the first is a minute old";
}

TEST(Pace, SaysHowLongToWait) {
  EXPECT_EQ(UntilNext({}, At(0), 2).count(), 0);
  EXPECT_EQ(UntilNext({At(0)}, At(5), 2).count(), 0);
  EXPECT_EQ(UntilNext({At(10), At(0)}, At(20), 2).count(), 40'000);
  EXPECT_EQ(UntilNext({At(0), At(1), At(2), At(3)}, At(4), 2).count(), 58'000);
}

TEST(Pace, AfterThatWaitOneIsAllowed) {
  const std::vector<Timestamp> begun{At(0), At(1), At(2), At(3), At(7)};
  for (int64_t limit = 1; limit <= 5; ++limit) {
    const Milliseconds wait = UntilNext(begun, At(8), limit);
    EXPECT_GE(Allowed(begun, At(8) + wait, limit), 1) << limit;
    if (wait.count() > 0) {
      EXPECT_EQ(Allowed(begun, At(8) + (wait - Milliseconds{1}), limit), 0) << limit;
    }
  }
}

}  // namespace
}  // namespace aiop::pace
