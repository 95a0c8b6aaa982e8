// SPDX-License-Identifier: Apache-2.0
#include "core/mend/mend.h"

#include <gtest/gtest.h>

#include "base/yaml/yaml.h"
#include "core/schema/schema.h"

namespace aiop::mend {
namespace {

constexpr std::string_view kSchema = R"({
  "type": "object", "additionalProperties": false, "required": ["title"],
  "properties": {"title": {"type": "string"}, "width": {"enum": ["narrow", "medium"]},
                 "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}},
                 "height": {"type": "integer", "maximum": 40}, "heights": {"type": "array"},
                 "notes": {"type": "array"}, "weight": {"type": "number"}},
  "$defs": {"part": {"type": "object", "properties": {"count": {"type": "integer"}}}}})";

// A validator that holds a spec to the schema, as far as it goes.
struct Judge {
  json::Value document = *json::Parse(kSchema);
  schema::Schema schema = *schema::Schema::Compile(document);

  Result<Mended> operator()(std::string_view text) const {
    return Mend(text, &document, [this](std::string_view asked) -> Result<Opinion> {
      AIOP_TRY(const auto spec, yaml::Parse(asked, "spec"));
      Opinion opinion{.accepted = true, .objections = {}};
      for (const auto& each : schema.Validate(spec.value)) {
        opinion.accepted = false;
        opinion.objections.push_back({.pointer = each.instance_path,
                                      .message = each.message,
                                      .meant = "",
                                      .allowed = each.allowed,
                                      .keyword = each.keyword_path});
      }
      return opinion;
    });
  }
};

std::string After(std::string_view text) {
  const auto mended = Judge()(text);
  if (!mended) return mended.error().message;
  return mended->accepted ? mended->text : "not accepted: " + mended->text;
}

TEST(Mend, AMisspeltNameIsRenamedAndNothingElseIsTouched) {
  EXPECT_EQ(After("{ \"titel\" : \"a\",\n  \"width\":\"narrow\" }"),
            "{ \"title\" : \"a\",\n  \"width\":\"narrow\" }");
  EXPECT_EQ(After("# mine\ntitel: a   # why not\nwidth: narrow\n"),
            "# mine\ntitle: a   # why not\nwidth: narrow\n");
}

TEST(Mend, AMisspeltWordOfAListIsReplaced) {
  EXPECT_EQ(After(R"({"title": "a", "width": "narow"})"), R"({"title": "a", "width": "narrow"})");
  EXPECT_EQ(After("title: a\nwidth: 'narow' # so\n"), "title: a\nwidth: narrow # so\n");
}

TEST(Mend, AValueIsWrittenInTheTypeThatIsAskedFor) {
  EXPECT_EQ(After(R"({"title": 12, "height": "7", "weight": "2.5", "notes": "a"})"),
            R"({"title": "12", "height": 7, "weight": 2.5, "notes": ["a"]})");
  EXPECT_EQ(After(R"({"title": "a", "parts": [{"count": "3"}]})"),
            R"({"title": "a", "parts": [{"count": 3}]})");
  EXPECT_EQ(After(R"({"title": "a", "height": "seven"})"),
            R"(not accepted: {"title": "a", "height": "seven"})");
}

TEST(Mend, ANumberOutOfRangeBecomesTheBoundAndIsCalledAGuess) {
  const auto mended = Judge()(R"({"title": "a", "height": 400})");
  ASSERT_TRUE(mended);
  EXPECT_EQ(mended->text, R"({"title": "a", "height": 40})");
  ASSERT_EQ(mended->edits.size(), 1u);
  EXPECT_TRUE(mended->edits.front().a_guess);
}

TEST(Mend, OfTwoNamesEquallyNearNoneIsChosen) {
  // One letter from `height` as well as from `heights`.
  EXPECT_EQ(After(R"({"title": "a", "heighd": 3})"), R"({"title": "a", "height": 3})");
  EXPECT_EQ(After(R"({"title": "a", "heightz": 3})"),
            R"(not accepted: {"title": "a", "heightz": 3})");
  // One that is there already is not meant again.
  EXPECT_EQ(After(R"({"title": "a", "titel": "b"})"),
            R"(not accepted: {"title": "a", "titel": "b"})");
}

Opinion Objecting(Objection objection) {
  return {.accepted = false, .objections = {std::move(objection)}};
}

std::vector<Edit> Proposed(std::string_view spec, Objection objection) {
  return Propose(*json::Parse(spec), Objecting(std::move(objection)).objections, nullptr);
}

TEST(Mend, AReferenceIsComparedWithTheNamesOfTheSpec) {
  const auto edits =
      Proposed(R"({"fields": {"amount": 1, "total": 2}, "mapping": {"sum": "amuont"}})",
               {.pointer = "/mapping/sum", .message = "no such field"});
  ASSERT_EQ(edits.size(), 1u);
  EXPECT_EQ(edits.front().to, json::Value("amount"));
  const auto target = Proposed(R"({"defs": {"adress": 1, "person": 2}, "use": "#/defs/persom"})",
                               {.pointer = "/use", .message = "points nowhere"});
  ASSERT_EQ(target.size(), 1u);
  EXPECT_EQ(target.front().to, json::Value("#/defs/person"));
  EXPECT_TRUE(Proposed(R"({"fields": {"amounts": 1, "amount_": 2}, "mapping": {"sum": "amount"}})",
                       {.pointer = "/mapping/sum", .message = "no such field"})
                  .empty());
}

TEST(Mend, WhatIsMissingIsTheOneMemberThatIsCalledAlmostSo) {
  const auto edits = Proposed(R"({"heigth": 3, "width": 2})",
                              {.pointer = "/height", .message = "a page needs a height"});
  ASSERT_EQ(edits.size(), 1u);
  EXPECT_EQ(edits.front().pointer, "/heigth");
  EXPECT_EQ(edits.front().to, json::Value("height"));
}

TEST(Mend, AnEditThatMeansMoreThanItsPlaceIsRefused) {
  const Edit edit{.kind = Edit::Kind::kReplace, .pointer = "/a", .to = json::Value(2), .text = ""};
  EXPECT_EQ(Make("a: &x 1\nb: 3\n", edit).value(), "a: &x 2\nb: 3\n");
  EXPECT_FALSE(Make("a: &x 1\nb: *x\n", edit));
  EXPECT_FALSE(Make("a: |\n  one\n", edit));
}

TEST(NearestVersion, IsOfTheSameMinorElseOfTheSameMajor) {
  const std::vector<std::string> published = {"1.2.0", "1.2.4", "1.4.0", "2.0.0", "3.0.0-rc.1"};
  EXPECT_EQ(NearestVersion("1.2.9", published), "1.2.4");
  EXPECT_EQ(NearestVersion("1.2.2", published), "1.2.4");  // 1.2.0 is as near, and older
  EXPECT_EQ(NearestVersion("1.3.7", published), "1.4.0");
  EXPECT_EQ(NearestVersion("4.0.0", published), "2.0.0");
  EXPECT_EQ(NearestVersion("1.4.0", published), std::nullopt);
  EXPECT_EQ(NearestVersion("^1.4.0", published), std::nullopt);
  EXPECT_EQ(NearestVersion("1.4.1", {}), std::nullopt);
}

}  // namespace
}  // namespace aiop::mend
