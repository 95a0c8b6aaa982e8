// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <map>
#include <optional>

#include "control/motors/testing.h"
#include "control/upgrade/upgrade.h"

namespace aiop::upgrade {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Shelf : public Registry {
 public:
  std::vector<std::pair<std::string, std::string>> pins;
  std::map<std::string, std::vector<std::string>> published;
  std::map<std::string, Code> failing;
  bool serves = true;
  mutable std::vector<std::string> asked;

  std::string_view name() const override { return "shelf"; }
  bool Serves(const motors::Repository&, const std::string&) const override { return serves; }
  Result<std::vector<std::pair<std::string, std::string>>> Pins(const motors::Repository&,
                                                                const std::string&) const override {
    return pins;
  }
  Result<std::vector<std::string>> Published(const std::string& dependency) const override {
    asked.push_back(dependency);
    if (const auto found = failing.find(dependency); found != failing.end())
      return Fail(found->second, "no");
    return published.at(dependency);
  }
  Result<std::string> Apply(motors::Repository&, const std::string&,
                            const Upgrade&) const override {
    return Internal("not asked here");
  }
};

class CandidatesTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_.MakeMotor("source");
    auto motor = motors::Repository::Import(folder_ / "source", folder_ / "motor");
    ASSERT_TRUE(motor.has_value()) << motor.error().message;
    motor_.emplace(*std::move(motor));
  }

  std::vector<std::string> Texts(std::string_view failure, size_t limit = 100) {
    const auto upgrades = Candidates(shelf_, *motor_, "HEAD", failure, limit);
    if (!upgrades) return {"(" + upgrades.error().message + ")"};
    std::vector<std::string> texts;
    for (const Upgrade& upgrade : *upgrades) texts.push_back(upgrade.Text());
    return texts;
  }

  motors::MotorFolder folder_;
  std::optional<motors::Repository> motor_;
  Shelf shelf_;
};

TEST_F(CandidatesTest, PatchThenMinorThenMajorsThenTheRest) {
  shelf_.pins = {{"a", "1.1.1"}};
  shelf_.published["a"] = {"1.0.0", "1.1.0", "1.1.1", "1.1.2", "1.1.10", "1.2.0",
                           "1.3.0", "1.3.1", "2.0.0", "2.5.0", "4.0.0"};
  EXPECT_THAT(Texts(""), ElementsAre("a 1.1.1 -> 1.1.10", "a 1.1.1 -> 1.3.1", "a 1.1.1 -> 2.5.0",
                                     "a 1.1.1 -> 4.0.0", "a 1.1.1 -> 1.1.2", "a 1.1.1 -> 1.2.0",
                                     "a 1.1.1 -> 1.3.0", "a 1.1.1 -> 2.0.0"));
  EXPECT_THAT(Texts("", 2), ElementsAre("a 1.1.1 -> 1.1.10", "a 1.1.1 -> 1.3.1"));
  EXPECT_THAT(Texts("", 0), IsEmpty());
}

TEST_F(CandidatesTest, WhatTheFailureNamesComesFirst) {
  shelf_.pins = {{"@s/b", "1.0.0"}, {"a", "1.0.0"}, {"forms", "1.0.0"}, {"ms", "1.0.0"}};
  for (const auto& [dependency, from] : shelf_.pins)
    shelf_.published[dependency] = {"1.0.0", "1.0.1", "2.0.0"};
  const std::vector<std::string> by_name = Texts("the forms-x in lib/ms.js, @types/ms and src/a/b");
  EXPECT_EQ(by_name[0], "@s/b 1.0.0 -> 1.0.1");
  EXPECT_EQ(by_name[1], "a 1.0.0 -> 1.0.1");
  EXPECT_EQ(by_name[4], "@s/b 1.0.0 -> 2.0.0");
  EXPECT_THAT(Texts("at f (/x/node_modules/ms/index.js:1)\n at node_modules/@s/b/x.js", 5),
              ElementsAre("ms 1.0.0 -> 1.0.1", "@s/b 1.0.0 -> 1.0.1", "ms 1.0.0 -> 2.0.0",
                          "@s/b 1.0.0 -> 2.0.0", "a 1.0.0 -> 1.0.1"));
  shelf_.asked.clear();
  EXPECT_THAT(Texts("Error in 'forms'.", 2),
              ElementsAre("forms 1.0.0 -> 1.0.1", "forms 1.0.0 -> 2.0.0"));
  EXPECT_THAT(shelf_.asked, ElementsAre("forms")) << "the others cannot come before";
  EXPECT_EQ(Texts("caused by ms.")[0], "ms 1.0.0 -> 1.0.1");
  EXPECT_EQ(Texts(".pnpm/ms@1.0.0/node_modules")[0], "ms 1.0.0 -> 1.0.1");
}

TEST_F(CandidatesTest, GoesOnWithoutWhatCannotBeAsked) {
  shelf_.pins = {{"a", "1.0.0"}, {"b", "1.0.0"}};
  shelf_.published["b"] = {"1.0.1"};
  shelf_.failing["a"] = Code::kUnavailable;
  EXPECT_THAT(Texts(""), ElementsAre("b 1.0.0 -> 1.0.1"));
  shelf_.published["b"] = {"1.0.0"};
  EXPECT_THAT(Texts(""), ElementsAre("(no)"));
  shelf_.failing["a"] = Code::kNotFound;
  EXPECT_THAT(Texts(""), IsEmpty());
  shelf_.serves = false;
  shelf_.asked.clear();
  EXPECT_THAT(Texts(""), IsEmpty());
  EXPECT_THAT(shelf_.asked, IsEmpty());
}

}  // namespace
}  // namespace aiop::upgrade
