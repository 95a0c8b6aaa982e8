// SPDX-License-Identifier: Apache-2.0
#include "core/interface/interface.h"

#include <gtest/gtest.h>

namespace aiop::interface {
namespace {

using version::Change;

Change Bump(const char* before, const char* after) {
  return CompareSchemas(*json::Parse(before), *json::Parse(after)).bump;
}

TEST(Compare, NamesOfWhatIsOffered) {
  const Interface base{.name = "m",
                       .profiles = {"types", "client"},
                       .dialects = {"a-1"},
                       .schema = {},
                       .artifacts = {"page"}};
  Interface next = base;
  EXPECT_EQ(Compare(base, next).bump, Change::kPatch);
  EXPECT_EQ(Compare(base, next).Text(), "no part of the interface changed");
  next.profiles = {"client", "types", "server"};
  EXPECT_EQ(Compare(base, next).bump, Change::kMinor);
  EXPECT_EQ(Compare(base, next).Text(), "profile 'server' is new");
  next.dialects = {};
  EXPECT_EQ(Compare(base, next).bump, Change::kMajor);
  EXPECT_EQ(Compare(base, next).Text(), "dialect 'a-1' is gone");
  next = base;
  next.artifacts = {"leaflet"};
  EXPECT_EQ(Compare(base, next).bump, Change::kMajor);
  next = base;
  next.name = "n";
  EXPECT_EQ(Compare(base, next).bump, Change::kMajor);
}

TEST(CompareSchemas, AcceptsLess) {
  const char* base =
      R"({"type": "object", "properties": {"a": {"enum": ["x", "y"]}, "n": {"type": "number", "maximum": 9}},
          "required": ["a"]})";
  for (
      const char* after :
      {R"({"type": "object", "properties": {"a": {"enum": ["x", "y"]}}, "required": ["a"]})",
       R"({"type": "object", "properties": {"a": {"enum": ["x"]}, "n": {"type": "number", "maximum": 9}},
            "required": ["a"]})",
       R"({"type": "object", "properties": {"a": {"enum": ["x", "y"]}, "n": {"type": "integer", "maximum": 9}},
            "required": ["a"]})",
       R"({"type": "object", "properties": {"a": {"enum": ["x", "y"]}, "n": {"type": "number", "maximum": 8}},
            "required": ["a"]})",
       R"({"type": "object", "properties": {"a": {"enum": ["x", "y"]}, "n": {"type": "number", "maximum": 9}},
            "required": ["a", "n"]})",
       R"({"type": "object", "properties": {"a": {"enum": ["x", "y"]}, "n": {"type": "number", "maximum": 9}},
            "required": ["a"], "additionalProperties": false})",
       R"({"type": "object", "properties": {"a": {"enum": ["x", "y"]}, "n": {"type": "number", "maximum": 9}},
            "required": ["a"], "patternProperties": {"^x": {"type": "string"}}})",
       R"({"type": "object", "properties": {"a": {"enum": ["x", "y"]}, "n": {"type": "number", "maximum": 9}},
            "required": ["a"], "not": {"required": ["n"]}})"}) {
    EXPECT_EQ(Bump(base, after), Change::kMajor) << after;
  }
  EXPECT_EQ(CompareSchemas(std::nullopt, *json::Parse(base)).bump, Change::kMajor);
}

TEST(CompareSchemas, AcceptsMore) {
  const char* base =
      R"({"properties": {"a": {"enum": ["x"]}, "n": {"type": "integer", "minimum": 2}}, "required": ["a"],
          "additionalProperties": false})";
  for (
      const char* after :
      {R"({"properties": {"a": {"enum": ["x", "y"]}, "n": {"type": "integer", "minimum": 2}}, "required": ["a"],
            "additionalProperties": false})",
       R"({"properties": {"a": {"enum": ["x"]}, "n": {"type": "number", "minimum": 2}}, "required": ["a"],
            "additionalProperties": false})",
       R"({"properties": {"a": {"enum": ["x"]}, "n": {"type": "integer"}}, "required": ["a"],
            "additionalProperties": false})",
       R"({"properties": {"a": {"enum": ["x"]}, "n": {"type": "integer", "minimum": 2}},
            "additionalProperties": false})",
       R"({"properties": {"a": {"enum": ["x"]}, "n": {"type": "integer", "minimum": 2}, "z": {"type": "string"}},
            "required": ["a"], "additionalProperties": false})"}) {
    EXPECT_EQ(Bump(base, after), Change::kMinor) << after;
  }
  EXPECT_EQ(CompareSchemas(*json::Parse(base), std::nullopt).bump, Change::kMinor);
}

TEST(CompareSchemas, WordsForPeopleAndUnusedDefinitionsChangeNothing) {
  EXPECT_EQ(
      Bump(
          R"({"type": "object", "description": "a"})",
          R"({"type": "object", "description": "b", "title": "c", "$defs": {"n": {"type": "null"}}})"),
      Change::kPatch);
}

TEST(CompareSchemas, DescribingAPropertyOffersItAndNoLongerDescribingItWithdrawsIt) {
  const char* with = R"({"type": "object", "properties": {"a": {"type": "string"}}})";
  EXPECT_EQ(Bump(R"({"type": "object"})", with), Change::kMinor);
  EXPECT_EQ(Bump(with, R"({"type": "object"})"), Change::kMajor);
}

}  // namespace
}  // namespace aiop::interface
