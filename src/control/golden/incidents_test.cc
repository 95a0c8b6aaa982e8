// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/golden/golden.h"

namespace aiop::golden {
namespace {

using testing::HasSubstr;

constexpr std::string_view kStory = R"(
- name: wide-pages
  split: test
  tags: [heuristic-1]
  timeline:
    - motor: {version: 1.0.1, message: "Simpler", replace: {rules.py: [["a", "b"]]}, files: {old.py: null}}
    - branch: {name: fix/x, folder: versions/2, files: {new.json: {a: 1}}}
    - app: {name: wide, spec: {title: wide}, profiles: [print]}
    - app: {name: notes, spec: "two words", as: notes.md}
    - app: {name: tree, files: {a.py: "a = 1"}}
    - patch: {app: wide, replace: [["wide", "narrow"]]}
    - flag: {name: network, value: 2}
    - flag: {name: network}
    - run: all
    - run: [wide, notes]
  truth:
    - apps: [wide]
      profile: print
      text: "no font"
      run: 2
      may: true
      classification: motor
      category: MOTOR-RULES
      because: the release dropped it
      healed_by: branch
)";

template <class T>
const T& At(const Incident& incident, size_t step) {
  return std::get<T>(incident.timeline.at(step));
}

TEST(IncidentsTest, EveryStepIsRead) {
  const auto read = ReadIncidents(kStory, "incidents.yaml");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  ASSERT_EQ(read->size(), 1u);
  const Incident& incident = read->front();
  EXPECT_EQ(incident.split, scoring::Split::kTest);
  ASSERT_EQ(incident.timeline.size(), 10u);
  const auto& release = At<MotorStep>(incident, 0);
  EXPECT_EQ(release.version, "1.0.1");
  EXPECT_EQ(release.edits.replace.at("rules.py"), (Replacements{{"a", "b"}}));
  EXPECT_EQ(release.edits.files.at("old.py"), std::nullopt);
  EXPECT_EQ(At<BranchStep>(incident, 1).edits.folder, "versions/2");
  EXPECT_EQ(At<BranchStep>(incident, 1).edits.files.at("new.json"), "{\n  \"a\": 1\n}\n");
  EXPECT_EQ(At<AppStep>(incident, 2).file, "wide.json");
  EXPECT_EQ(At<AppStep>(incident, 2).profiles, std::vector<std::string>{"print"});
  EXPECT_EQ(At<AppStep>(incident, 3).text, "two words");
  EXPECT_EQ(At<AppStep>(incident, 3).file, "notes.md");
  EXPECT_EQ(At<AppStep>(incident, 4).edits.files.at("a.py"), "a = 1");
  EXPECT_EQ(At<AppStep>(incident, 5).replace, (Replacements{{"wide", "narrow"}}));
  EXPECT_EQ(At<FlagStep>(incident, 6).value, "2\n");
  EXPECT_EQ(At<FlagStep>(incident, 7).value, std::nullopt);
  EXPECT_TRUE(At<RunStep>(incident, 8).apps.empty());
  EXPECT_EQ(At<RunStep>(incident, 9).apps, (std::vector<std::string>{"wide", "notes"}));
  const Truth& truth = incident.truth.front();
  EXPECT_EQ(truth.profile, "print");
  EXPECT_EQ(truth.run, 2);
  EXPECT_TRUE(truth.may);
  EXPECT_EQ(truth.label.category, model::Category::kMotorRules);
  EXPECT_EQ(truth.healed_by, HealedBy::kBranch);
}

struct Mistake {
  std::string was;
  std::string is;
  std::string complaint;
};

class MistakesTest : public testing::TestWithParam<Mistake> {};

TEST_P(MistakesTest, AreNamedWithFileAndLine) {
  std::string text(kStory);
  const size_t at = text.find(GetParam().was);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, GetParam().was.size(), GetParam().is);
  const auto read = ReadIncidents(text, "incidents.yaml");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, Code::kInvalid);
  EXPECT_THAT(read.error().message, HasSubstr(GetParam().complaint));
  EXPECT_THAT(read.error().message, HasSubstr("incidents.yaml:"));
}

INSTANTIATE_TEST_SUITE_P(
    All, MistakesTest,
    testing::Values(
        Mistake{"split: test", "split: both", "must be one of tuning test"},
        Mistake{"category: MOTOR-RULES", "category: APP-SPEC", "is of classification app"},
        Mistake{"- run: all", "- walk: all", "is no step"},
        Mistake{"old.py: null", "../old.py: null", "relative path inside"},
        Mistake{"old.py: null", "/etc/old: null", "relative path inside"},
        Mistake{R"([["a", "b"]])", R"([["", "b"]])", "[old text, new text]"},
        Mistake{"spec: {title: wide}", "speck: {title: wide}", "is not known here"},
        Mistake{"spec: {title: wide}", "spec: {title: wide}, spec_file: a.json", "needs one of"},
        Mistake{"folder: versions/2", "folder: ../2", "relative path inside the plant"},
        Mistake{"may: true", "may: perhaps", "must be true or false"},
        Mistake{"run: 2", "run: 0", "number of a run step"},
        Mistake{"because: the release dropped it", "because:", "needs `because`"},
        Mistake{"apps: [wide]", "apps: []", "needs `apps`"},
        Mistake{"as: notes.md", "as: ../notes.md", "the name of a file"},
        Mistake{"healed_by: branch", "healed_by: luck", "must be one of"},
        Mistake{
            "      healed_by: branch\n",
            "      healed_by: none\n      cause: a\n    - {apps: b, cause: a, classification: app, "
            "category: APP-SPEC, because: x, healed_by: none}\n",
            "another category"}));

TEST(IncidentsTest, TwoOfOneNameAreRefused) {
  const auto read = ReadIncidents(std::string(kStory) + std::string(kStory), "incidents.yaml");
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().message, HasSubstr("the name of another"));
}

}  // namespace
}  // namespace aiop::golden
