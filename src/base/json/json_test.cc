// SPDX-License-Identifier: Apache-2.0
#include "base/json/json.h"

#include <gtest/gtest.h>

namespace aiop::json {
namespace {

TEST(Parse, RefusesWhatOtherReadersBend) {
  for (const char* text : {"", "{", "{\"a\":1,\"a\":2}", "[1e400]", "{} x", "[1,]", "nul",
                           "{\"a\":{\"b\":1,\"b\":1}}", "\"\\ud800\"", "[NaN]"}) {
    EXPECT_FALSE(Parse(text).has_value()) << text;
  }
  EXPECT_FALSE(Parse(std::string(100, '[') + std::string(100, ']')).has_value());
  EXPECT_TRUE(Parse(std::string(60, '[') + std::string(60, ']')).has_value());
}

TEST(Parse, SaysWhere) {
  const auto result = Parse("{\n  \"a\": 1,\n  \"a\": 2\n}");
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().message.find("line 3"), std::string::npos) << result.error().message;
  EXPECT_NE(result.error().message.find("'a' occurs twice"), std::string::npos);
}

TEST(Parse, SameKeyInDifferentObjectsIsFine) {
  EXPECT_TRUE(Parse(R"([{"a":1},{"a":{"a":2}}])").has_value());
}

TEST(CanonicalText, SortsKeysAtEachLevel) {
  EXPECT_EQ(CanonicalText(*Parse(R"({"b":[{"d":1,"c":2}],"a":null})")),
            R"({"a":null,"b":[{"c":2,"d":1}]})");
}

TEST(Child, EscapesAsThePointerStandardSays) {
  EXPECT_EQ(Child("/paths", "/pets/{id}~"), "/paths/~1pets~1{id}~0");
  EXPECT_EQ(Child("/items", size_t{3}), "/items/3");
}

TEST(LastKey, IsUnescaped) {
  EXPECT_EQ(LastKey(""), "");
  EXPECT_EQ(LastKey("/a/b"), "b");
  EXPECT_EQ(LastKey(Child("/rows/3", "a/b~c")), "a/b~c");
  EXPECT_EQ(LastKey("/a/"), "");
}

TEST(Find, FollowsAPointer) {
  const Value value = *Parse(R"({"a/b":[10,20]})");
  ASSERT_NE(Find(value, "/a~1b/1"), nullptr);
  EXPECT_EQ(*Find(value, "/a~1b/1"), Value(20));
  EXPECT_EQ(Find(value, "/a~1b/7"), nullptr);
}

TEST(RawMember, KeepsTheBytes) {
  const std::string_view text = R"({ "x" : "a\"}" , "payload" : {"n": 1.10, "s":"]"} ,"z":1})";
  EXPECT_EQ(RawMember(text, "payload"), R"({"n": 1.10, "s":"]"})");
  EXPECT_EQ(RawMember(text, "x"), R"("a\"}")");
  EXPECT_EQ(RawMember(text, "z"), "1");
  EXPECT_EQ(RawMember(text, "none"), "");
}

TEST(Text, CanBeReadBackWhateverWasCut) {
  const std::string cut = "gr\xc3\xbc\xc3";
  for (const Value& value : {Value(Object{{"a", cut}}), Value(Object{{cut, 1.5}, {"b", cut}})}) {
    for (const std::string& text : {Text(value), CanonicalText(value), PrettyText(value)}) {
      const auto read = Parse(text);
      ASSERT_TRUE(read.has_value()) << text;
      EXPECT_EQ(CanonicalText(*read), CanonicalText(value)) << "a hash stays what it was";
    }
  }
}

TEST(ToValidUtf8, ReplacesOnlyWhatIsBroken) {
  EXPECT_EQ(ToValidUtf8("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(ToValidUtf8("a\xff"
                        "b\xc3"),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd");
  EXPECT_EQ(ToValidUtf8("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

}  // namespace
}  // namespace aiop::json
