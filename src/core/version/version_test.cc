// SPDX-License-Identifier: Apache-2.0
#include "core/version/version.h"

#include <gtest/gtest.h>

namespace aiop::version {
namespace {

SemanticVersion Read(std::string_view text) {
  const auto version = Parse(text);
  EXPECT_TRUE(version.has_value()) << text;
  return version ? *version : SemanticVersion{};
}

TEST(Version, ReadsAndWritesTheSameText) {
  for (const char* text :
       {"0.0.0", "0.0.4", "1.2.3", "10.20.30", "1.1.2-prerelease+meta", "1.1.2+meta-valid",
        "1.0.0-alpha", "1.0.0-alpha.beta.1", "1.0.0-alpha0.valid", "1.0.0-rc.1+build.1",
        "1.0.0-0A.is.legal", "2.0.0+build.1848", "1.0.0+0.build.1-rc.10000aaa-kk-0.1",
        "1.2.3----RC-SNAPSHOT.12.9.1--.12+788", "18446744073709551615.0.0",
        "1.0.0-99999999999999999999999"}) {
    EXPECT_EQ(Text(Read(text)), text);
  }
}

TEST(Version, RefusesEverythingElse) {
  for (const char* text : {"",
                           "1",
                           "1.2",
                           "1.2.3.4",
                           "v1.2.3",
                           " 1.2.3",
                           "1.2.3 ",
                           "01.1.1",
                           "1.01.1",
                           "1.1.01",
                           "1.2.3-",
                           "1.2.3+",
                           "1.2.3-0123",
                           "1.2.3-0123.0123",
                           "1.1.2+.123",
                           "1.0.0-alpha..1",
                           "1.0.0-alpha_beta",
                           "1.2.3.DEV",
                           "1.2-SNAPSHOT",
                           "-1.0.3",
                           "+invalid",
                           "1.2.3+a+b",
                           "1.2.-3",
                           "99999999999999999999.0.0",
                           "1.2.3-\xc3\xa4"}) {
    const auto version = Parse(text);
    ASSERT_FALSE(version.has_value()) << text;
    EXPECT_EQ(version.error().code, Code::kInvalid);
  }
  EXPECT_FALSE(Parse("1.2.3-" + std::string(kTextLimitBytes, 'a')).has_value());
}

// The chain of examples in section 11 of the standard, and what it says in words.
TEST(Version, OrdersByPrecedence) {
  const char* const ascending[] = {
      "0.9.9",        "1.0.0-0",       "1.0.0-9",          "1.0.0-10",
      "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
      "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",       "1.0.0",
      "1.0.1",        "1.9.0",         "1.10.0",           "2.0.0",
      "2.1.0",        "2.1.1"};
  const size_t count = std::size(ascending);
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j < count; ++j) {
      EXPECT_EQ(Read(ascending[i]) <=> Read(ascending[j]), i <=> j)
          << ascending[i] << " " << ascending[j];
    }
  }
}

TEST(Version, BuildDoesNotCount) {
  EXPECT_TRUE(Read("1.0.0+a") == Read("1.0.0+b"));
  EXPECT_TRUE(Read("1.0.0-rc.1+a") < Read("1.0.0+b"));
}

TEST(Version, Bumps) {
  const auto bump = [](const char* text, Change change) { return Text(Bump(Read(text), change)); };
  EXPECT_EQ(bump("1.4.2", Change::kPatch), "1.4.3");
  EXPECT_EQ(bump("1.4.2", Change::kMinor), "1.5.0");
  EXPECT_EQ(bump("1.4.2+build", Change::kMajor), "2.0.0");
  EXPECT_EQ(bump("1.4.2-rc.1", Change::kPatch), "1.4.2");
  EXPECT_EQ(bump("1.4.2-rc.1", Change::kMinor), "1.5.0");
  EXPECT_EQ(bump("1.4.0-rc.1", Change::kMinor), "1.4.0");
  EXPECT_EQ(bump("2.0.0-rc.1", Change::kMajor), "2.0.0");
  EXPECT_EQ(bump("2.1.0-rc.1", Change::kMajor), "3.0.0");
}

TEST(Version, NamesTags) {
  EXPECT_EQ(TagName(Read("1.4.0-rc.1+x")), "v1.4.0-rc.1");
  ASSERT_TRUE(FromTag("v1.4.0").has_value());
  EXPECT_EQ(Text(*FromTag("v1.4.0")), "1.4.0");
  for (const char* tag : {"", "v", "1.4.0", "v1.4", "V1.4.0", "release-1.4.0", "vv1.4.0"}) {
    EXPECT_FALSE(FromTag(tag).has_value()) << tag;
  }
}

}  // namespace
}  // namespace aiop::version
