// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/json/json.h"
#include "base/yaml/yaml.h"
#include "core/twin/twin.h"

namespace aiop::twin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr std::string_view kSpec = R"({
  "openapi": "3.1.0",
  "info": {"title": "Shop", "version": "1"},
  "paths": {
    "/items": {"get": {"schema": {"$ref": "#/components/schemas/Item"}}},
    "/carts": {"get": {"schema": {"$ref": "#/components/schemas/Missing"}}, "post": {"schema": {}}},
    "/users": {"get": {"schema": {"$ref": "#/components/schemas/User"}}}
  },
  "components": {"schemas": {
    "Item": {"type": "object"},
    "User": {"type": "object", "properties": {"name": {"type": "string"}}}
  }}
}
)";

// What a validator of such specs objects to: missing parts and references to what is not there.
void Object(const json::Value& root, const json::Value& at, const std::string& pointer,
            std::vector<std::string>& objections) {
  if (const auto* object = at.if_object()) {
    for (const auto& member : *object) {
      const std::string child = json::Child(pointer, member.key());
      if (member.key() == "$ref" && member.value().is_string()) {
        const std::string target(member.value().as_string().subview(1));
        if (json::Find(root, target) == nullptr) objections.push_back(child);
      } else if (member.key() == "bad") {
        objections.push_back(child);
      }
      Object(root, member.value(), child, objections);
    }
  } else if (const auto* array = at.if_array()) {
    for (size_t i = 0; i < array->size(); ++i) {
      Object(root, (*array)[i], json::Child(pointer, i), objections);
    }
  }
}

struct Asked {
  int times = 0;
  Validator With(bool pointers, size_t at_once = 1000) {
    return [this, pointers, at_once](std::string_view text) -> Result<Opinion> {
      ++times;
      AIOP_TRY(const auto document, yaml::Parse(text, "spec"));
      std::vector<std::string> objections;
      for (const char* member : {"/openapi", "/info/title", "/paths"}) {
        if (json::Find(document.value, member) == nullptr) objections.push_back(member);
      }
      Object(document.value, document.value, "", objections);
      Opinion opinion{objections.empty(), {}};
      if (objections.size() > at_once) objections.resize(at_once);
      if (pointers) opinion.pointers = objections;
      return opinion;
    };
  }
};

TEST(Repair, CutsTheUserOfAMissingComponent) {
  Asked asked;
  const auto twin = Repair(kSpec, asked.With(true));
  ASSERT_TRUE(twin.has_value()) << twin.error().message;
  EXPECT_THAT(twin->cut, ElementsAre("/paths/~1carts/get/schema/$ref"));
  std::string expected(kSpec);
  expected.replace(expected.find(R"("$ref": "#/components/schemas/Missing")"), 38, "");
  EXPECT_EQ(twin->text, expected);
  EXPECT_EQ(asked.times, 2);
}

TEST(Repair, FindsItWithoutBeingToldWhere) {
  Asked asked;
  const auto twin = Repair(kSpec, asked.With(false));
  ASSERT_TRUE(twin.has_value()) << twin.error().message;
  EXPECT_THAT(twin->cut, ElementsAre("/paths/~1carts/get/schema/$ref"));
  EXPECT_LT(asked.times, 60);
}

TEST(Repair, FindsAPathItselfIfNothingLessWillDo) {
  const Validator no_carts = [](std::string_view text) -> Result<Opinion> {
    return Opinion{text.contains("\"paths\"") && !text.contains("/carts"), {}};
  };
  const auto twin = Repair(kSpec, no_carts);
  ASSERT_TRUE(twin.has_value()) << twin.error().message;
  EXPECT_THAT(twin->cut, ElementsAre("/paths/~1carts"));
}

TEST(Repair, WidensWhenWhatIsLeftIsObjectedTo) {
  // A schema without its $ref is no good either, so the objection moves up.
  Asked asked;
  const Validator strict = [&](std::string_view text) -> Result<Opinion> {
    AIOP_TRY(Opinion opinion, asked.With(true)(text));
    const auto document = json::Parse(text);
    const auto* schema = json::Find(*document, "/paths/~1carts/get/schema");
    if (schema != nullptr && schema->is_object() && schema->as_object().empty()) {
      opinion = {false, {"/paths/~1carts/get/schema/$ref"}};
    }
    const auto* get = json::Find(*document, "/paths/~1carts/get");
    if (get != nullptr && !get->as_object().contains("schema"))
      opinion = {false, {"/paths/~1carts/get/schema"}};
    return opinion;
  };
  const auto twin = Repair(kSpec, strict);
  ASSERT_TRUE(twin.has_value()) << twin.error().message;
  EXPECT_THAT(twin->cut, ElementsAre("/paths/~1carts/get"));
  EXPECT_EQ(asked.times, 4);
}

TEST(Repair, PointersOfLaterRoundsAreIntoTheTwin) {
  Asked asked;
  const std::string spec =
      R"({"openapi":1,"info":{"title":1},"paths":[{"bad":0,"k":1},{"x":[1,2,{"bad":0,"k":1},3]}],)"
      R"("l":[{"bad":1},7,{"bad":2},8]})";
  const auto twin = Repair(spec, asked.With(true, 1));
  ASSERT_TRUE(twin.has_value()) << twin.error().message;
  EXPECT_EQ(
      twin->text,
      R"({"openapi":1,"info":{"title":1},"paths":[{"k":1},{"x":[1,2,{"k":1},3]}],"l":[{},7,{},8]})");
  // Items that go shift the ones behind them.
  const Validator no_odd = [](std::string_view text) -> Result<Opinion> {
    const auto document = json::Parse(text);
    for (size_t i = 0; i < document->at("l").as_array().size(); ++i) {
      if (document->at("l").as_array()[i].as_int64() % 2 == 1)
        return Opinion{false, {json::Child("/l", i)}};
    }
    return Opinion{true, {}};
  };
  const auto even = Repair(R"({"l":[0,1,2,3,5,6,8,4]})", no_odd);
  ASSERT_TRUE(even.has_value()) << even.error().message;
  EXPECT_EQ(even->text, R"({"l":[0,2,6,8,4]})");
  EXPECT_THAT(even->cut, ElementsAre("/l/1", "/l/3", "/l/4"));
}

std::string Paths(int count, const std::set<int>& bad, bool yaml) {
  std::string text = yaml ? "openapi: 3\ninfo:\n  title: x\npaths:\n"
                          : R"({"openapi":3,"info":{"title":"x"},"paths":{)";
  for (int i = 0; i < count; ++i) {
    const std::string name = "/p" + std::to_string(i);
    const std::string inner = bad.contains(i) ? "bad" : "good";
    if (yaml) {
      text +=
          "  " + name + ":\n    # of it\n    get:\n      " + inner + ": 1\n      tags: [a, b]\n";
    } else {
      text +=
          (i == 0 ? "\"" : ",\"") + name + R"(":{"get":{")" + inner + R"(":1,"tags":["a","b"]}})";
    }
  }
  return text + (yaml ? "" : "}}");
}

TEST(Repair, FindsSeveralPartsWithoutPointers) {
  for (const bool yaml : {false, true}) {
    Asked asked;
    const auto twin = Repair(Paths(60, {3, 17, 40, 41}, yaml), asked.With(false));
    ASSERT_TRUE(twin.has_value()) << twin.error().message;
    EXPECT_THAT(twin->cut, UnorderedElementsAre("/paths/~1p3/get/bad", "/paths/~1p17/get/bad",
                                                "/paths/~1p40/get/bad", "/paths/~1p41/get/bad"));
    EXPECT_LT(asked.times, kReductionQuestions / 2) << yaml;
  }
}

TEST(Repair, FindsPartsThatMustGoTogether) {
  // Without the component alone its user dangles, without the user alone the component is bad.
  const std::string spec =
      R"({"openapi":1,"info":{"title":1,"x":2},"paths":{"/a":{"$ref":"#/c/A"},"/b":{"$ref":"#/c/B"},)"
      R"("/d":{"k":1}},"c":{"A":{"t":{"worse":1}},"B":{"t":1},"C":{"t":2}}})";
  Asked asked;
  const Validator validator = [&](std::string_view text) -> Result<Opinion> {
    AIOP_TRY(Opinion opinion, asked.With(false)(text));
    const auto document = json::Parse(text);
    const auto* c = json::Find(*document, "/c/A");
    opinion.accepted = opinion.accepted && c == nullptr;
    return opinion;
  };
  const auto twin = Repair(spec, validator);
  ASSERT_TRUE(twin.has_value()) << twin.error().message;
  EXPECT_THAT(twin->cut, UnorderedElementsAre("/paths/~1a/$ref", "/c/A"));
}

TEST(Repair, GoesOnWithoutPointersWhenTheyLeadNowhere) {
  const Validator misleading = [](std::string_view text) -> Result<Opinion> {
    return Opinion{!text.contains("guilty"), {"/components/schemas/Absent", "no pointer", ""}};
  };
  const auto twin =
      Repair(R"({"a":{"b":[1,2],"guilty":3},"components":{"x":1},"z":[1,2,3]})", misleading);
  ASSERT_TRUE(twin.has_value()) << twin.error().message;
  EXPECT_FALSE(twin->text.contains("guilty"));
  EXPECT_TRUE(twin->text.contains(R"("z":[1,2,3])"));
}

TEST(Repair, NothingIsCutFromWhatIsAccepted) {
  const auto twin =
      Repair("a: 1\n", [](std::string_view) -> Result<Opinion> { return Opinion{true, {"/a"}}; });
  ASSERT_TRUE(twin.has_value());
  EXPECT_EQ(twin->text, "a: 1\n");
  EXPECT_TRUE(twin->cut.empty());
}

TEST(Repair, SaysWhenNothingOfSubstanceIsLeft) {
  int questions = 0;
  const auto refused = Repair(Paths(300, {}, false), [&](std::string_view) -> Result<Opinion> {
    ++questions;
    return Opinion{};
  });
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kNotFound);
  EXPECT_LE(questions, 1 + kRepairRounds + kReductionQuestions);
  const auto emptied = Repair(Paths(10, {}, false), [](std::string_view text) -> Result<Opinion> {
    return Opinion{text.size() < 20, {}};
  });
  ASSERT_FALSE(emptied.has_value());
  EXPECT_EQ(emptied.error().code, Code::kNotFound);
}

TEST(Repair, PassesTheValidatorsErrorsOn) {
  const auto repaired = Repair(
      "{\"a\":1}", [](std::string_view) -> Result<Opinion> { return Unavailable("no validator"); });
  ASSERT_FALSE(repaired.has_value());
  EXPECT_EQ(repaired.error().code, Code::kUnavailable);
  EXPECT_THAT(Repair("a: [", {}).error().message, HasSubstr("neither"));
}

}  // namespace
}  // namespace aiop::twin
