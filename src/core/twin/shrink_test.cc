// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json/json.h"
#include "base/yaml/yaml.h"
#include "core/twin/twin.h"

namespace aiop::twin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kSpec = R"({
  "title": "Shop",
  "paths": {
    "/items": {"get": {"id": "list", "tags": ["a", "b"]}},
    "/carts": {"get": {"id": "list"}, "post": {"id": "add"}},
    "/users": {"get": {"id": "one"}}
  },
  "parts": {"Item": {"type": "object"}, "User": {"type": "object"}}
}
)";

// Fails as a generator would that cannot take the same id twice.
Result<bool> HasTheIdTwice(std::string_view text) {
  size_t found = 0;
  for (size_t at = text.find("\"list\""); at != std::string_view::npos;
       at = text.find("\"list\"", at + 1)) {
    ++found;
  }
  return found > 1;
}

TEST(Shrink, LeavesWhatIsNeededForTheFailure) {
  const auto shrunk = Shrink(kSpec, HasTheIdTwice, 1000);
  ASSERT_TRUE(shrunk.has_value()) << shrunk.error().message;
  EXPECT_TRUE(shrunk->complete);
  const auto value = json::Parse(shrunk->cutting.text);
  ASSERT_TRUE(value.has_value()) << shrunk->cutting.text;
  EXPECT_EQ(json::Text(*value),
            R"({"paths":{"/items":{"get":{"id":"list"}},"/carts":{"get":{"id":"list"}}}})");
}

TEST(Shrink, EveryPartThatIsLeftIsNeeded) {
  const auto shrunk = Shrink(kSpec, HasTheIdTwice, 1000);
  ASSERT_TRUE(shrunk.has_value());
  const auto again = Shrink(shrunk->cutting.text, HasTheIdTwice, 1000);
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(again->cutting.cut.empty());
  EXPECT_EQ(again->cutting.text, shrunk->cutting.text);
}

TEST(Shrink, StopsWhenItsQuestionsAreUsedUp) {
  int asked = 0;
  const auto shrunk = Shrink(
      kSpec,
      [&](std::string_view text) {
        ++asked;
        return HasTheIdTwice(text);
      },
      5);
  ASSERT_TRUE(shrunk.has_value());
  EXPECT_EQ(asked, 5);
  EXPECT_EQ(shrunk->questions, 5);
  EXPECT_FALSE(shrunk->complete);
  EXPECT_EQ(HasTheIdTwice(shrunk->cutting.text), true);
}

TEST(Shrink, TakesYaml) {
  const auto shrunk = Shrink(
      "title: x\nrows:\n  - count: 1\n  - count: seven\n  - count: 3\n",
      [](std::string_view text) -> Result<bool> {
        return text.find("seven") != std::string_view::npos;
      },
      1000);
  ASSERT_TRUE(shrunk.has_value()) << shrunk.error().message;
  EXPECT_THAT(shrunk->cutting.text, HasSubstr("count: seven"));
  EXPECT_THAT(shrunk->cutting.text, Not(HasSubstr("title")));
  EXPECT_THAT(shrunk->cutting.text, Not(HasSubstr("count: 3")));
}

TEST(Shrink, PassesErrorsOn) {
  const auto shrunk =
      Shrink(kSpec, [](std::string_view) -> Result<bool> { return Unavailable("no more"); }, 10);
  ASSERT_FALSE(shrunk.has_value());
  EXPECT_EQ(shrunk.error().message, "no more");
}

}  // namespace
}  // namespace aiop::twin
