// SPDX-License-Identifier: Apache-2.0
#include "base/time/time.h"

#include <gtest/gtest.h>

namespace aiop {
namespace {

TEST(Timestamp, RoundTripsTheSpecificationsExample) {
  const auto time = ParseTimestamp("2025-08-19T11:35:12Z");
  ASSERT_TRUE(time.has_value());
  EXPECT_EQ(FormatTimestamp(*time), "2025-08-19T11:35:12.000Z");
}

TEST(Timestamp, AppliesOffsetAndFraction) {
  EXPECT_EQ(FormatTimestamp(*ParseTimestamp("2024-02-29T23:30:00.5-01:00")),
            "2024-03-01T00:30:00.500Z");
  EXPECT_EQ(FormatTimestamp(*ParseTimestamp("2024-01-01T00:00:00.123456789+00:00")),
            "2024-01-01T00:00:00.123Z");
}

TEST(Timestamp, RefusesWhatIsNoTime) {
  for (const char* text : {"", "yesterday", "2025-13-01T00:00:00Z", "2025-02-30T00:00:00Z",
                           "2025-01-01T24:00:00Z", "2025-01-01T00:00:00", "2025-01-01T00:00:00Z ",
                           "2025-01-01T00:00:00.Z", "2025-01-01T00:00:00+24:00"}) {
    EXPECT_FALSE(ParseTimestamp(text).has_value()) << text;
  }
}

TEST(FormatDuration, SpeaksToPeople) {
  EXPECT_EQ(FormatDuration(Milliseconds{850}), "850 ms");
  EXPECT_EQ(FormatDuration(Milliseconds{12'345}), "12.3 s");
  EXPECT_EQ(FormatDuration(Milliseconds{245'000}), "4 min 05 s");
}

}  // namespace
}  // namespace aiop
