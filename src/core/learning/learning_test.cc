// SPDX-License-Identifier: Apache-2.0
#include "core/learning/learning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aiop::learning {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Timestamp kNow{Milliseconds{5'000}};

model::Pattern Learned() {
  model::Pattern pattern;
  pattern.id = "p";
  pattern.fingerprint = "f";
  pattern.family = "family";
  pattern.plant = "home";
  pattern.components = {{"renderer", "2.1.0"}};
  pattern.recipe = {.kind = model::RecipeKind::kDiff, .text = "diff", .paths = {"layout.py"}};
  return pattern;
}
model::PatternUse Use(const std::string& change) {
  return {.change = change,
          .plant = "home",
          .incident = "i",
          .outcome = "trying",
          .elapsed_ms = 40,
          .at = kNow};
}

TEST(Patterns, AreTriedOnTheirFailureInTheirPlant) {
  EXPECT_EQ(WhyTry(Learned(), {.plant = "home", .fingerprints = {"f"}}), "learned here");
  EXPECT_FALSE(WhyTry(Learned(), {.plant = "home", .fingerprints = {"g"}}));
}

TEST(Patterns, AreTriedInAnotherPlantOnlyWhereAPartIsShared) {
  Failure failure{.plant = "away", .fingerprints = {"other"}, .families = {"family"}};
  EXPECT_FALSE(WhyTry(Learned(), failure));
  failure.components = {{"renderer", "2.4.1"}};
  EXPECT_THAT(WhyTry(Learned(), failure).value_or(""), HasSubstr("renderer 2.4.1"));
  failure.components = {{"renderer", "3.0.0"}};
  EXPECT_FALSE(WhyTry(Learned(), failure));
  failure.components = {{"parser", "2.1.0"}};
  EXPECT_FALSE(WhyTry(Learned(), failure));
}

TEST(Patterns, BelowOneADifferentMinorIsAnotherPart) {
  model::Pattern pattern = Learned();
  pattern.components = {{"renderer", "0.3.0"}};
  const Failure failure{
      .plant = "away", .families = {"family"}, .components = {{"renderer", "0.4.0"}}};
  EXPECT_FALSE(WhyTry(pattern, failure));
}

TEST(Patterns, DemotedOnesAndThoseOfAppsAreNeverTried) {
  model::Pattern demoted = Learned();
  Demote(demoted, "by hand", kNow);
  const Failure failure{.plant = "home", .fingerprints = {"f"}};
  EXPECT_FALSE(WhyTry(demoted, failure));
  model::Pattern app = Learned();
  app.side = model::Scope::kApp;
  EXPECT_FALSE(WhyTry(app, failure));
  model::Pattern check = Learned();
  check.recipe.kind = model::RecipeKind::kValidator;
  EXPECT_FALSE(WhyTry(check, failure));
}

TEST(Patterns, ArePromotedByTheKthConfirmation) {
  model::Pattern pattern = Learned();
  Confirm(pattern, Use("a"), 2, kNow);
  EXPECT_EQ(pattern.state, model::PatternState::kCandidate);
  Confirm(pattern, Use("a"), 2, kNow);
  EXPECT_EQ(pattern.successes, 1) << "one change confirms once";
  Confirm(pattern, Use("b"), 2, kNow);
  EXPECT_EQ(pattern.state, model::PatternState::kPromoted);
  EXPECT_EQ(pattern.successes, 2);
  EXPECT_THAT(pattern.uses, SizeIs(2));
  EXPECT_EQ(pattern.uses.back().outcome, "healed");
}

TEST(Patterns, AreDemotedByOneFailureAndStaySo) {
  model::Pattern pattern = Learned();
  Confirm(pattern, Use("a"), 1, kNow);
  Fail(pattern, Use("b"), "back", kNow);
  Fail(pattern, Use("b"), "back", kNow);
  EXPECT_EQ(pattern.state, model::PatternState::kDemoted);
  EXPECT_EQ(pattern.failures, 1);
  EXPECT_EQ(pattern.because, "back");
  Confirm(pattern, Use("c"), 1, kNow);
  EXPECT_EQ(pattern.state, model::PatternState::kDemoted);
}

TEST(Patterns, AUseKeepsWhatItTookWhenItsOutcomeBecomesKnown) {
  model::Pattern pattern = Learned();
  NoteUse(pattern, Use("a"));
  model::PatternUse later = Use("a");
  later.elapsed_ms = 0;
  later.outcome = "refused";
  NoteUse(pattern, later);
  ASSERT_THAT(pattern.uses, SizeIs(1));
  EXPECT_EQ(pattern.uses[0].outcome, "refused");
  EXPECT_EQ(pattern.uses[0].elapsed_ms, 40);
}

TEST(Patterns, AnotherRecipeIsAnotherVersion) {
  model::Pattern pattern = Learned();
  Retarget(pattern, pattern.recipe, kNow);
  EXPECT_EQ(pattern.version, 1);
  Retarget(pattern, {.kind = model::RecipeKind::kDiff, .text = "moved", .paths = {}}, kNow);
  EXPECT_EQ(pattern.version, 2);
  Retarget(pattern, {}, kNow);
  EXPECT_EQ(pattern.recipe.text, "moved");
}

TEST(Patterns, PromotedOnesComeFirstThenTheOftenerConfirmed) {
  std::vector<model::Pattern> patterns(3, Learned());
  patterns[0].id = "rare";
  patterns[0].successes = 1;
  patterns[1].id = "often";
  patterns[1].successes = 4;
  patterns[2].id = "promoted";
  patterns[2].state = model::PatternState::kPromoted;
  Rank(patterns);
  EXPECT_EQ(patterns[0].id, "promoted");
  EXPECT_EQ(patterns[1].id, "often");
}

TEST(Patterns, UpgradesAreReadAsTheyAreWritten) {
  const auto step = ParseUpgrade("npm @scope/tool 1.2.0 -> 1.3.1");
  ASSERT_TRUE(step);
  EXPECT_EQ(step->dependency, "@scope/tool");
  EXPECT_EQ(step->to, "1.3.1");
  EXPECT_EQ(Text(*step), "npm @scope/tool 1.2.0 -> 1.3.1");
  for (const char* bad : {"", "npm tool", "tool 1.0.0 -> 2.0.0", "npm tool 1 -> 2", "-> a b c"}) {
    EXPECT_FALSE(ParseUpgrade(bad)) << bad;
  }
}

TEST(Patterns, AFileIsFoundAtItsPathOrByItsNameIfThatIsUnique) {
  EXPECT_EQ(PlaceOf("a/x.py", {"a/x.py", "b/x.py"}), "a/x.py");
  EXPECT_EQ(PlaceOf("a/x.py", {"vendor/x.py", "y.py"}), "vendor/x.py");
  EXPECT_FALSE(PlaceOf("a/x.py", {"b/x.py", "c/x.py"}));
  EXPECT_FALSE(PlaceOf("a/x.py", {"b/xx.py"}));
}

AppFault Fault(const std::string& app, const std::string& path) {
  return {.app = app,
          .incident = "incident-" + app,
          .kind = "row",
          .title = "row <*> holds no number",
          .path = path,
          .message = "the count must be a whole number"};
}

TEST(Suggestions, AreMadeOnceEnoughAppsShowedTheFault) {
  std::vector<AppFault> faults{Fault("a", "/items/0/count"), Fault("b", "/items/7/count"),
                               Fault("b", "/items/8/count")};
  EXPECT_THAT(Suggest(faults, 3), IsEmpty()) << "two apps, however often";
  faults.push_back(Fault("c", "/items/2/count"));
  const auto made = Suggest(faults, 3);
  ASSERT_THAT(made, SizeIs(1));
  EXPECT_THAT(made[0].apps, ElementsAre("a", "b", "c"));
  const auto schema = json::Parse(made[0].text);
  ASSERT_TRUE(schema);
  const json::Value* place =
      json::Find(*schema, "/properties/items/items/properties/count/description");
  ASSERT_NE(place, nullptr) << made[0].text;
  EXPECT_EQ(place->as_string(), "the count must be a whole number");
}

TEST(Suggestions, AreTheFindingAsTextWhereThePlaceIsNotKnown) {
  const auto made = Suggest({Fault("a", ""), Fault("b", "/x"), Fault("c", "/y")}, 3);
  ASSERT_THAT(made, SizeIs(1));
  EXPECT_EQ(made[0].text, "the count must be a whole number");
}

TEST(Suggestions, PathsAreAlikeUpToPlacesInLists) {
  EXPECT_EQ(PathPattern("/items/12/count"), "/items/*/count");
  EXPECT_EQ(PathPattern("/paths/~1pets/get"), "/paths/~1pets/get");
  EXPECT_EQ(PathPattern(""), "");
}

}  // namespace
}  // namespace aiop::learning
