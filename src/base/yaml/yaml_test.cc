// SPDX-License-Identifier: Apache-2.0
#include "base/yaml/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aiop::yaml {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string JsonOf(std::string_view text) {
  const auto document = Parse(text, "f.yaml");
  return document ? json::Text(document->value) : document.error().message;
}

TEST(Parse, TypesPlainScalarsByTheCoreSchema) {
  EXPECT_EQ(JsonOf("[~, null, Null, true, False, TRUE, 7, -7, +7, 0x1F, 0o17, 1.5, .5, 1., 1e3]"),
            "[null,null,null,true,false,true,7,-7,7,31,15,1.5,0.5,1.0,1000.0]");
  EXPECT_EQ(JsonOf("[18446744073709551615, -9223372036854775808]"),
            "[18446744073709551615,-9223372036854775808]");
  EXPECT_EQ(JsonOf("a:\nb: ''\n"), R"({"a":null,"b":""})");
}

TEST(Parse, LeavesTextWhatOnlyYaml11ReadsOtherwise) {
  EXPECT_EQ(JsonOf("[no, yes, on, off, y, n, 12:30, 2024-01-31, 1_000, 0b11, 1.2.3, nUll, -, 0o8, "
                   "0x, 1e, .]"),
            R"(["no","yes","on","off","y","n","12:30","2024-01-31","1_000","0b11","1.2.3","nUll",)"
            R"("-","0o8","0x","1e","."])");
  EXPECT_EQ(JsonOf("010"), "10") << "decimal in the 1.2 core schema";
}

TEST(Parse, QuotedAndBlockScalarsAreText) {
  EXPECT_EQ(JsonOf("['1', \"true\", \"\", ! 12, !!str 12]"), R"(["1","true","","12","12"])");
  EXPECT_EQ(JsonOf("a: |\n  1\n  2\nb: >-\n  x\n  y\n"), R"({"a":"1\n2\n","b":"x y"})");
}

TEST(Parse, CoreTagsMustFit) {
  EXPECT_EQ(JsonOf("[!!int '3', !!float 3, !!bool 'true', !!null '', !!seq [], !!map {}]"),
            "[3,3.0,true,null,[],{}]");
  EXPECT_THAT(JsonOf("a: 1\nb: !!int x"), StartsWith("f.yaml:2: /b: 'x' is no !!int"));
  for (const char* text : {"!mine 1", "a: !mine {b: 1}", "!!binary aGk=", "!!set {a, b}",
                           "!<tag:example.org,2000:x> y", "!mine k: 1", "!!seq {}"}) {
    EXPECT_THAT(JsonOf(text), HasSubstr("tag")) << text;
  }
}

TEST(Parse, RefusesNumbersThatDoNotFit) {
  for (const char* text : {"1e400", "-1e400", ".inf", "-.INF", ".nan", "99999999999999999999",
                           "[1e400]", "0xFFFFFFFFFFFFFFFFFF", "!!float .inf"}) {
    EXPECT_THAT(JsonOf(text), StartsWith("f.yaml:1: ")) << text;
  }
  EXPECT_EQ(JsonOf("'1e400'"), "\"1e400\"");
}

TEST(Parse, RefusesDuplicateKeysNamingBothLines) {
  EXPECT_EQ(JsonOf("a: 1\nb: 2\n\"a\": 3\n"),
            "f.yaml:3: the key 'a' occurs twice; it was first set in line 1");
  EXPECT_THAT(JsonOf("{\"x\": {\"a\": 1,\n\"a\": 2}}"), StartsWith("f.yaml:2: the key 'a'"));
  EXPECT_THAT(JsonOf("200: a\n'200': b\n"), StartsWith("f.yaml:2: the key '200'"));
}

TEST(Parse, KeysAreTextAsWritten) {
  EXPECT_EQ(JsonOf("200: ok\n0x1F: x\ntrue: y\n1e400: z\n"),
            R"({"200":"ok","0x1F":"x","true":"y","1e400":"z"})");
  for (const char* text : {"? [a, b]\n: 1", "? {a: 1}\n: 1", "~: 1", ": 1", "a: &x b\n*x : 1",
                           "a: &x {b: 1}\nc:\n  <<: *x\n"}) {
    EXPECT_THAT(JsonOf(text), StartsWith("f.yaml:")) << text;
  }
}

TEST(Parse, OneDocumentOnly) {
  EXPECT_EQ(JsonOf("---\na: 1\n...\n"), R"({"a":1})");
  EXPECT_EQ(JsonOf("%YAML 1.2\n---\na: 1\n"), R"({"a":1})");
  EXPECT_EQ(JsonOf("---\n"), "null");
  EXPECT_THAT(JsonOf("a: 1\n---\nb: 2\n"), StartsWith("f.yaml:2: a second document"));
  EXPECT_THAT(JsonOf("{\"a\": 1} x"), StartsWith("f.yaml:1: "));
  EXPECT_THAT(JsonOf("{} {}"), StartsWith("f.yaml:1: "));
}

TEST(Parse, RefusesAnEmptyFile) {
  for (const char* text : {"", "\n\n", "# only a comment\n", "\xef\xbb\xbf"}) {
    EXPECT_EQ(JsonOf(text), "f.yaml:1: there is no document in this file") << text;
  }
}

TEST(Parse, RefusesBrokenSyntaxNamingTheLine) {
  EXPECT_THAT(JsonOf("a: 1\nb: [1, 2\n"), StartsWith("f.yaml:"));
  EXPECT_THAT(JsonOf("a: 1\nb: c: d\n"), StartsWith("f.yaml:2: "));
  EXPECT_THAT(JsonOf("a: *nowhere\n"), StartsWith("f.yaml:1: "));
  EXPECT_THAT(JsonOf("a: \"\\q\"\n"), StartsWith("f.yaml:1: "));
}

TEST(Parse, TabsDoNotIndent) {
  EXPECT_THAT(JsonOf("a:\n\tb: 1\n"), StartsWith("f.yaml:"));
  EXPECT_EQ(JsonOf("{\n\t\"a\":\t1\n}"), R"({"a":1})");
}

TEST(Parse, RefusesBytesThatAreNoText) {
  EXPECT_EQ(JsonOf("a: 1\nb: \xff\n"), "f.yaml:2: not valid UTF-8");
  EXPECT_THAT(JsonOf(std::string("a: 1\n\0b: 2\n", 11)), StartsWith("f.yaml:2: a control"));
  EXPECT_THAT(JsonOf("a: 1\n\x04: 2\n"), StartsWith("f.yaml:2: a control"));
  EXPECT_EQ(JsonOf("\xef\xbb\xbfgr\xc3\xbc: \xf0\x9f\x98\x80"),
            "{\"gr\xc3\xbc\":\"\xf0\x9f\x98\x80\"}");
}

TEST(Parse, ExpandsAliases) {
  EXPECT_EQ(JsonOf("a: &x {k: [1]}\nb: *x\nc: [*x, &y 2, *y]\n"),
            R"({"a":{"k":[1]},"b":{"k":[1]},"c":[{"k":[1]},2,2]})");
  EXPECT_THAT(JsonOf("a: &x\n  b: *x\n"), StartsWith("f.yaml:2: an alias refers to the value"));
}

TEST(Parse, StopsAnchorBombs) {
  std::string nodes = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n";
  std::string bytes = "l0: &l0 " + std::string(1 << 20, 'x') + "\n";
  std::string depth = "l0: &l0 []\n";
  for (int i = 1; i < 100; ++i) {
    const std::string name = "l" + std::to_string(i);
    const std::string before = "*l" + std::to_string(i - 1);
    nodes += name + ": &" + name + " [";
    for (int k = 0; k < 10; ++k) nodes += (k ? ", " : "") + before;
    nodes += "]\n";
    bytes += name + ": &" + name + " [" + before + "]\n";
    depth += name + ": &" + name + " [" + before + "]\n";
  }
  EXPECT_THAT(JsonOf(nodes), HasSubstr("values, aliases expanded"));
  EXPECT_THAT(JsonOf(bytes), HasSubstr("expand to more than"));
  EXPECT_THAT(JsonOf(depth), StartsWith("f.yaml:64: nested deeper than 64"));
}

TEST(Parse, LimitsDepth) {
  const auto nested = [](size_t n) { return std::string(n, '[') + "x" + std::string(n, ']'); };
  EXPECT_TRUE(Parse(nested(kDepthLimit), "f").has_value());
  EXPECT_THAT(JsonOf(nested(kDepthLimit + 1)), HasSubstr("nested deeper"));
  EXPECT_THAT(JsonOf(nested(100000)), HasSubstr("nested deeper"));
  std::string dashes;
  for (int i = 0; i < 100000; ++i) dashes += "- ";
  EXPECT_THAT(JsonOf(dashes), HasSubstr("nested deeper"));
}

TEST(Parse, TakesJsonWithItsEscapes) {
  EXPECT_EQ(JsonOf(R"({"a":"\ud83d\ude00\/","b":[1,2.5,-0,true,null],"c":{}})"),
            "{\"a\":\"\xf0\x9f\x98\x80/\",\"b\":[1,2.5,0,true,null],\"c\":{}}");
  EXPECT_THAT(JsonOf(R"(["\ud800"])"), StartsWith("f.yaml:1: "));
}

TEST(LineOf, KnowsKeysAndItems) {
  const auto document =
      Parse("# head\nname: x\nsteps:\n  - run: a\n  - run: b\n    \"a/b\": [1,\n      2]\n", "f");
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(LineOf(*document, "/name"), 2);
  EXPECT_EQ(LineOf(*document, "/steps"), 3);
  EXPECT_EQ(LineOf(*document, "/steps/1/run"), 5);
  EXPECT_EQ(LineOf(*document, "/steps/1/a~1b/1"), 7);
  EXPECT_EQ(LineOf(*document, "/steps/1/none/deeper"), 5);
  EXPECT_EQ(LineOf(*document, "/none"), 2) << "the document's own line";
}

TEST(LineOf, KnowsJsonToo) {
  const auto document =
      Parse("{\n \"a\\u0062\":\n  [1,\n   {\"c}\": \"x\\\"\\n\"\n}],\n \"d\": 2}", "f");
  ASSERT_TRUE(document.has_value()) << document.error().message;
  EXPECT_EQ(LineOf(*document, "/ab"), 2);
  EXPECT_EQ(LineOf(*document, "/ab/0"), 3);
  EXPECT_EQ(LineOf(*document, "/ab/1/c}"), 4);
  EXPECT_EQ(LineOf(*document, "/d"), 6);
}

TEST(LineOf, AnAliasHasItsOwnLine) {
  const auto document = Parse("a: &x\n  k: 1\nb: *x\n", "f");
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(LineOf(*document, "/a/k"), 2);
  EXPECT_EQ(LineOf(*document, "/b/k"), 3);
}

}  // namespace
}  // namespace aiop::yaml
