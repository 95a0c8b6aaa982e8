// SPDX-License-Identifier: Apache-2.0
#include "control/upgrade/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aiop::upgrade {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(Manifest, OnlyExactVersionsArePins) {
  const auto pins =
      PinsOf(R"({"dependencies": {"z": "1.2.3", "caret": "^1.0.0", "tag": "latest", "x": "1.x",
      "@s/n": "2.0.0-rc.1", "git": "github:a/b", "alias": "npm:a@1.0.0", "-rf": "1.0.0", "odd": 7},
      "devDependencies": {"d": "3.0.0", "z": "1.2.4"}, "optionalDependencies": {"a": "0.0.1"},
      "peerDependencies": {"p": "1.0.0"}})");
  ASSERT_TRUE(pins.has_value()) << pins.error().message;
  EXPECT_THAT(*pins, ElementsAre(Pair("@s/n", "2.0.0-rc.1"), Pair("a", "0.0.1"), Pair("d", "3.0.0"),
                                 Pair("z", "1.2.4")));
  EXPECT_TRUE(PinsOf("{}")->empty());
  EXPECT_EQ(PinsOf("{").error().code, Code::kInvalid);
  EXPECT_THAT(PinsOf("[]").error().message, HasSubstr("not an object"));
}

TEST(Manifest, ChangesNothingButTheVersion) {
  const std::string text =
      "{\r\n\t\"x\": \"1.0.0\",\n \"devDependencies\" :{\"b\":\"1.0.0\" ,\"a\": \"1.0.0\"},\n"
      "\"dependencies\": {\"a\":\"1.0.0\"}, \"overrides\": {\"a\": \"1.0.0\"}}";
  const auto changed = WithPin(text, "a", "1.0.0", "10.0.0");
  ASSERT_TRUE(changed.has_value()) << changed.error().message;
  EXPECT_EQ(
      *changed,
      "{\r\n\t\"x\": \"1.0.0\",\n \"devDependencies\" :{\"b\":\"1.0.0\" ,\"a\": \"10.0.0\"},\n"
      "\"dependencies\": {\"a\":\"10.0.0\"}, \"overrides\": {\"a\": \"1.0.0\"}}");
  EXPECT_EQ(WithPin(text, "a", "1.0.1", "2.0.0").error().code, Code::kInvalid);
  EXPECT_EQ(WithPin(text, "c", "1.0.0", "2.0.0").error().code, Code::kInvalid);
}

TEST(Manifest, NeedsNoMoreThanItselfUnlessItSaysSo) {
  EXPECT_TRUE(StandsAlone(*json::Parse(R"({"dependencies": {"a": "1.0.0", "b": "~2"}})")));
  for (const char* text :
       {R"({"workspaces": ["x"]})", R"({"dependencies": {"a": "file:../a"}})",
        R"({"devDependencies": {"a": "./a"}})", R"({"dependencies": {"a": "workspace:*"}})"}) {
    EXPECT_FALSE(StandsAlone(*json::Parse(text))) << text;
  }
}

TEST(Manifest, KnowsNamesOfPackages) {
  for (const char* name : {"a", "is-number", "@types/node", "JSONStream", "a.b_c~d"})
    EXPECT_TRUE(IsPackageName(name)) << name;
  for (const char* name :
       {"", "-a", ".a", "a/b", "@a", "@/a", "@a/", "@a/../b", "a b", "a@1", "../a", "a;b"}) {
    EXPECT_FALSE(IsPackageName(name)) << name;
  }
}

TEST(Lock, IsReadInEveryFormat) {
  EXPECT_EQ(
      LockedVersion(*json::Parse(R"({"packages": {"node_modules/a": {"version": "1.0.0"}}})"), "a"),
      "1.0.0");
  EXPECT_EQ(LockedVersion(*json::Parse(R"({"dependencies": {"a": {"version": "2.0.0"}}})"), "a"),
            "2.0.0");
  EXPECT_EQ(LockedVersion(*json::Parse(R"({"packages": {}})"), "a"), "");
  EXPECT_TRUE(HasAddresses(*json::Parse(R"({"p": [{"a": {"resolved": "https://host/a.tgz"}}]})")));
  EXPECT_FALSE(HasAddresses(
      *json::Parse(R"({"p": {"a": {"resolved": "packages/a", "x": "https://host"}}})")));
}

TEST(Answer, IsReadStrictly) {
  const auto versions =
      VersionsIn(R"([{"name": "a", "version": "10.0.0"}, {"name": "a", "version": "9.0.0"},
      {"name": "a", "version": "9.1.0", "deprecated": "broken"}, {"name": "a", "version": "9.2.0", "deprecated": ""},
      {"name": "a", "version": "9.3.0", "deprecated": false}, {"name": "a", "version": "9.4.0", "deprecated": true},
      {"name": "a", "version": "11.0.0-beta.1"}])",
                 "a");
  ASSERT_TRUE(versions.has_value()) << versions.error().message;
  EXPECT_THAT(*versions, ElementsAre("9.0.0", "9.2.0", "9.3.0", "10.0.0"));
  EXPECT_THAT(*VersionsIn(R"({"name": "a", "version": "1.0.0"})", "a"), ElementsAre("1.0.0"));
  for (const char* text : {"", "\"1.0.0\"", "[\"1.0.0\"]", R"([{"name": "b", "version": "1.0.0"}])",
                           R"([{"name": "a", "version": "one"}])", R"({"name": "a"})"}) {
    EXPECT_FALSE(VersionsIn(text, "a").has_value()) << text;
  }
}

}  // namespace
}  // namespace aiop::upgrade
