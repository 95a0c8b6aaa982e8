// SPDX-License-Identifier: Apache-2.0
#include "core/twin/twin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aiop::twin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string TextWithout(std::string_view text, const std::vector<std::string>& pointers) {
  const auto cutting = Cut(text, pointers);
  return cutting ? cutting->text : "(" + cutting.error().message + ")";
}

std::vector<std::string> CutFrom(std::string_view text, const std::vector<std::string>& pointers) {
  const auto cutting = Cut(text, pointers);
  return cutting ? cutting->cut : std::vector<std::string>{cutting.error().message};
}

TEST(FormatOf, IsJsonOnlyIfAllOfItIs) {
  EXPECT_EQ(FormatOf(" {\"a\": [1e400, -0.5E+3]}\n"), Format::kJson);
  EXPECT_EQ(FormatOf("\xef\xbb\xbf[]"), Format::kJson);
  for (const char* text :
       {"a: 1", "", "{a: 1}", "[1,]", "[01]", "[1.]", "[1] 2", "\"\\x\"", "nul", "[\"\t\"]",
        "{\"a\" 1}", "[1", "[}", "{\"a\":1,}", "-", "+1", "\"\\u12g4\""}) {
    EXPECT_EQ(FormatOf(text), Format::kYaml) << text;
  }
}

TEST(CutJson, TakesOneCommaAndTheBlanksAround) {
  EXPECT_EQ(TextWithout(R"({"a": 1, "b": 2, "c": 3})", {"/a"}), R"({"b": 2, "c": 3})");
  EXPECT_EQ(TextWithout(R"({"a": 1, "b": 2, "c": 3})", {"/b"}), R"({"a": 1, "c": 3})");
  EXPECT_EQ(TextWithout(R"({"a": 1, "b": 2, "c": 3})", {"/c"}), R"({"a": 1, "b": 2})");
  EXPECT_EQ(TextWithout("{\n  \"a\" : 1 ,\n  \"b\" : 2\n}\n", {"/b"}), "{\n  \"a\" : 1\n}\n");
  EXPECT_EQ(TextWithout("[ [ 1 ] , 2 ]", {"/0/0", "/1"}), "[ [] ]");
  EXPECT_EQ(TextWithout("{ \"a\": 1 }", {"/a"}), "{}");
}

TEST(CutJson, ItemsAreCountedInTheOriginal) {
  EXPECT_EQ(TextWithout("[0, 1, 2, 3, 4]", {"/0", "/1", "/3"}), "[2, 4]");
  EXPECT_EQ(TextWithout("[0, 1, 2, 3, 4]", {"/4", "/2", "/4"}), "[0, 1, 3]");
  EXPECT_EQ(TextWithout("[0, 1]", {"/1", "/0"}), "[]");
}

TEST(CutJson, LeavesTheRestAsItIs) {
  EXPECT_EQ(TextWithout(R"({"a":1e400,"x":0,"b":12345678901234567890123,"c":-0.0,"d":"\u00e4\/"})",
                        {"/x"}),
            R"({"a":1e400,"b":12345678901234567890123,"c":-0.0,"d":"\u00e4\/"})");
  EXPECT_EQ(TextWithout("\xef\xbb\xbf{\"a\":1,\"b\":\"\xff\"}\r\n", {"/a"}),
            "\xef\xbb\xbf{\"b\":\"\xff\"}\r\n");
}

TEST(CutJson, KeysMatchByMeaning) {
  EXPECT_EQ(TextWithout(R"({"\u0061\/b": 1, "c": 2})", {"/a~1b"}), R"({"c": 2})");
  EXPECT_EQ(TextWithout(R"({"\ud83d\ude00": 1, "c": 2})", {"/\xf0\x9f\x98\x80"}), R"({"c": 2})");
  EXPECT_EQ(TextWithout(R"({"": {"~": 1, "}\"": 2}})", {"//~0"}), R"({"": {"}\"": 2}})");
  EXPECT_EQ(TextWithout(R"({"a b": 1, "c": 2})", {"#/a%20b"}), R"({"c": 2})");
  EXPECT_THAT(CutFrom(R"({"\u0061/~": [0, {"x": 1}]})", {"/a~1~0/1/x"}), ElementsAre("/a~1~0/1/x"));
}

TEST(CutJson, AllDuplicatesGo) {
  EXPECT_EQ(TextWithout(R"({"a":1,"b":2,"\u0061":3})", {"/a"}), R"({"b":2})");
  EXPECT_EQ(TextWithout(R"({"a":{"x":1},"a":{"y":2}})", {"/a/y"}), R"({"a":{"x":1},"a":{}})");
}

TEST(CutJson, WhatIsNotThereNamesWhatIsAboveIt) {
  EXPECT_THAT(CutFrom(R"({"a":{"b":[1]},"c":2})", {"/a/b/7/x"}), ElementsAre("/a/b"));
  EXPECT_THAT(CutFrom(R"({"a":{"b":[1]},"c":2})", {"/a/b/-"}), ElementsAre("/a/b"));
  EXPECT_THAT(CutFrom(R"({"a":{"b":[1]},"c":2})", {"/a/b/00"}), ElementsAre("/a/b"));
  EXPECT_THAT(CutFrom(R"({"a":{"b":[1]},"c":2})", {"/c/x", "", "/nowhere"}), ElementsAre("/c"));
  EXPECT_EQ(TextWithout(R"({"a":{"b":[1]},"c":2})", {"/a/b/0", "/a", "/a/b"}), R"({"c":2})");
}

TEST(CutJson, RefusesWhatCannotBeDone) {
  for (const auto& pointers : std::vector<std::vector<std::string>>{{}, {""}, {"/x"}, {"a"}}) {
    const auto cutting = Cut("{\"a\":1}", pointers);
    ASSERT_FALSE(cutting.has_value());
    EXPECT_EQ(cutting.error().code, Code::kInvalid);
  }
  EXPECT_THAT(TextWithout("{\"a\": [}", {"/a"}), HasSubstr("neither JSON (no JSON from line 1"));
  EXPECT_THAT(TextWithout(std::string(kTextLimitBytes + 1, ' '), {"/a"}), HasSubstr("larger than"));
}

TEST(CutJson, DepthIsNoLimit) {
  const size_t depth = 200'000;
  std::string text;
  std::string pointer;
  for (size_t i = 0; i < depth; ++i) text += "{\"a\":[";
  for (size_t i = 0; i < depth; ++i) text += "]}";
  for (size_t i = 0; i < depth - 1; ++i) pointer += "/a/0";
  const auto cutting = Cut(text, {pointer + "/a"});
  ASSERT_TRUE(cutting.has_value()) << cutting.error().message;
  EXPECT_EQ(cutting->text.size(), text.size() - 6);
  EXPECT_EQ(cutting->cut.front().size(), pointer.size() + 2);
}

TEST(CutJson, TakesTextsUpToTheLimit) {
  std::string text = "{\"x\":[";
  while (text.size() < kTextLimitBytes - 100) text += "{\"key\":\"some text\",\"n\":[1,2,3]},";
  text += "0],\"y\":1}";
  const auto cutting = Cut(text, {"/x/1/key", "/y"});
  ASSERT_TRUE(cutting.has_value()) << cutting.error().message;
  EXPECT_EQ(cutting->text.size(), text.size() - 18 - 6);
}

TEST(CutYaml, TakesTheLinesOfAnEntry) {
  const std::string text =
      "# head\n"
      "a: 1\n"
      "\n"
      "# of b\n"
      "b:\n"
      "  x: 1\n"
      "  # in b\n"
      "  y: |\n"
      "    text\n"
      "\n"
      "   # text too, or not\n"
      "\n"
      "# of c\n"
      "c:\n"
      "- 1\n"
      "- 2 # two\n"
      "-\n"
      "- 4\n";
  const std::string head = text.substr(0, text.find("b:\n"));
  const std::string tail = text.substr(text.find("# of c"));
  EXPECT_EQ(TextWithout(text, {"/b"}), head + tail);
  EXPECT_EQ(TextWithout(text, {"/c/1"}), text.substr(0, text.find("- 2 # two")) + "-\n- 4\n");
  EXPECT_EQ(TextWithout(text, {"/c/2", "/c/3", "/b", "/a"}),
            "# head\n# of b\n# of c\nc:\n- 1\n- 2 # two\n");
  EXPECT_EQ(TextWithout(text, {"/c/0", "/c/1", "/c/2", "/c/3", "/b", "/a"}),
            "# head\n# of b\n# of c\nc:\n []\n");
}

TEST(CutYaml, MovesTheNextKeyUpBehindTheDash) {
  EXPECT_EQ(TextWithout("- a: 1\n  b: 2\n  c: 3\n- - x\n  - y\n", {"/0/a", "/1/0"}),
            "- b: 2\n  c: 3\n- - y\n");
  EXPECT_EQ(TextWithout("- a: 1\n  b: 2\n  c: 3\n", {"/0/a", "/0/b"}), "- c: 3\n");
  EXPECT_EQ(TextWithout("- a: 1\n  b: 2\n  c: 3\n", {"/0/c"}), "- a: 1\n  b: 2\n");
  EXPECT_EQ(TextWithout("- a: 1\n- b", {"/0/a"}), "- {}\n- b");
  EXPECT_EQ(TextWithout("k:\n  a: 1", {"/k/a"}), "k:\n   {}");
}

TEST(CutYaml, CutsFlowCollectionsBetweenTheirBrackets) {
  EXPECT_EQ(
      TextWithout("a: {b: 1, c: [x, 'y,]', \"z\\\"]\"], d: it's} # rest\n", {"/a/b", "/a/c/1"}),
      "a: {c: [x, \"z\\\"]\"], d: it's} # rest\n");
  EXPECT_EQ(TextWithout("a: {b: 1, c: 2}\n", {"/a/b", "/a/c"}), "a: {}\n");
  EXPECT_EQ(TextWithout("a: &x !!seq\n  [1, # one, [\n   {k: v}]\n", {"/a/0"}),
            "a: &x !!seq\n  [{k: v}]\n");
  EXPECT_EQ(TextWithout("[1, # one, [\n {k: v,}, u:/x ]\n", {"/0", "/1/k"}), "[{}, u:/x ]\n");
  EXPECT_EQ(TextWithout("{\"a\": 1, # b\n 'c': 2,}\n", {"/c"}), "{\"a\": 1,}\n");
  EXPECT_THAT(CutFrom("x: [a: {b: 1, c: 2}, d]\n", {"/x/0/a/b"}), ElementsAre("/x/0"));
}

TEST(CutYaml, LeavesLineEndsAndLettersAsTheyAre) {
  EXPECT_EQ(
      TextWithout("\xef\xbb\xbf\xc3\xa4: \xe2\x82\xac\r\nb: 1e400\r\nc: {\xc3\xb6: 1, d: 2}\r\n",
                  {"/\xc3\xa4", "/c/\xc3\xb6"}),
      "\xef\xbb\xbf"
      "b: 1e400\r\nc: {d: 2}\r\n");
  EXPECT_EQ(TextWithout("%YAML 1.2\n---\na: 1\nb: 2\n...\n# end\n", {"/b"}),
            "%YAML 1.2\n---\na: 1\n...\n# end\n");
}

TEST(CutYaml, DoesNotOrphanAliases) {
  const std::string text = "a:\n  base: &x {k: 1}\n  other: 2\nb:\n  use: *x\n  c: 3\n";
  EXPECT_EQ(CutFrom(text, {"/a/base"})[0], "none of these parts can be cut out of the text");
  EXPECT_EQ(TextWithout(text, {"/a/base", "/b/use"}), "a:\n  other: 2\nb:\n  c: 3\n");
  EXPECT_THAT(CutFrom("t:\n  a:\n    base: &x 1\n    use: *x\n  z: 1\n", {"/t/a/base"}),
              ElementsAre("/t/a"));
  // Without the second &x the alias would mean the first.
  EXPECT_THAT(CutFrom("t:\n  a: &x 1\n  b: &x 2\n  c: *x\nu: 1\n", {"/t/b"}), ElementsAre("/t"));
}

TEST(CutYaml, CutsWhatIsAroundWhatItCannotPlace) {
  EXPECT_THAT(CutFrom("k:\n  ? [a, b]\n  : 1\n  ? c\n  : 2\nl: 1\n", {"/k/c"}), ElementsAre("/k"));
  EXPECT_THAT(CutFrom("k:\n  <<: {a: 1}\n  c: 2\n", {"/k/c"}), ElementsAre("/k/c"));
  EXPECT_EQ(TextWithout("k: 1\nk: 2\nl: 3\n", {"/k"}), "l: 3\n") << "duplicate keys";
}

TEST(CutYaml, KeepsMeaningOfScalarsOverSeveralLines) {
  const std::string text =
      "a: one\n  two\nb: 'x\n\n  # y'\nc: |+\n  keep\n\n\nd: >-\n  f\n  - g\ne: 1\n";
  for (const char* pointer : {"/a", "/b", "/c", "/d", "/e"}) {
    EXPECT_THAT(CutFrom(text, {pointer}), ElementsAre(pointer));
  }
  EXPECT_EQ(TextWithout(text, {"/a", "/b", "/d"}), "c: |+\n  keep\n\n\ne: 1\n");
}

TEST(CutYaml, RefusesWhatItCannotRead) {
  EXPECT_THAT(TextWithout("a: 1\n---\nb: 2\n", {"/a"}), HasSubstr("a second document"));
  EXPECT_THAT(TextWithout("a: [1\n", {"/a"}), HasSubstr("nor YAML (line "));
  EXPECT_THAT(TextWithout(std::string("a: \0", 4), {"/a"}), HasSubstr("control character"));
  EXPECT_THAT(TextWithout("a: \xff", {"/a"}), HasSubstr("UTF-8"));
  EXPECT_THAT(TextWithout(std::string(1000, '['), {"/a"}), HasSubstr("neither"));
  EXPECT_THAT(TextWithout("# nothing\n", {"/a"}), HasSubstr("no document"));
}

}  // namespace
}  // namespace aiop::twin
