// SPDX-License-Identifier: Apache-2.0
#include "core/canary/canary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "core/canary/testing.h"

namespace aiop::canary {
namespace {

using model::Verdict;
using testing::Nature;

std::vector<model::App> Apps(int count) {
  std::vector<model::App> apps;
  for (int i = 0; i < count; ++i) {
    model::App app;
    app.name = "app" + std::to_string(i);
    if (i % 3 == 0) app.labels = {"early"};
    apps.push_back(app);
  }
  return apps;
}

std::vector<std::string> Chosen(std::string_view choice, int count = 40) {
  const auto cohort = Choose(choice, "pages", Apps(count));
  EXPECT_TRUE(cohort.has_value()) << choice;
  return cohort ? cohort->apps : std::vector<std::string>();
}

Sample Ran(bool succeeded, std::optional<double> quality = std::nullopt, std::string app = "a") {
  Sample sample{.run = "", .app = std::move(app), .profile = ""};
  sample.succeeded = succeeded;
  sample.quality = quality;
  return sample;
}

std::vector<Sample> Repeated(const Sample& sample, size_t count) {
  return std::vector<Sample>(count, sample);
}

const model::CanaryFigure& FigureOf(const Judgement& judgement, std::string_view signal) {
  static const model::CanaryFigure kNone;
  const auto found = std::ranges::find(judgement.figures, signal, &model::CanaryFigure::signal);
  EXPECT_NE(found, judgement.figures.end()) << signal;
  return found == judgement.figures.end() ? kNone : *found;
}

TEST(Cohort, ALargerShareContainsTheSmaller) {
  std::vector<std::string> smaller;
  for (const char* share : {"5%", "10%", "20%", "50%", "99.9%", "100%"}) {
    const auto larger = Chosen(share);
    for (const auto& app : smaller) EXPECT_TRUE(std::ranges::count(larger, app) > 0) << share;
    EXPECT_GE(larger.size(), smaller.size());
    smaller = larger;
  }
  EXPECT_EQ(smaller.size(), 40U);
  EXPECT_EQ(Chosen("20%").size(), 8U);
}

TEST(Cohort, TheSameAppsComeAgainInWhateverOrder) {
  auto apps = Apps(40);
  const auto before = Choose("20%", "pages", apps);
  std::ranges::reverse(apps);
  const auto after = Choose("20%", "pages", apps);
  ASSERT_TRUE(before && after);
  EXPECT_EQ(before->apps, after->apps);
  const auto elsewhere = Choose("20%", "other", apps);
  ASSERT_TRUE(elsewhere.has_value());
  EXPECT_NE(before->apps, elsewhere->apps);
}

TEST(Cohort, AShareIsNeverNobody) {
  EXPECT_EQ(Chosen("1%", 3).size(), 1U);
  EXPECT_EQ(Chosen("34%", 3).size(), 2U);
  EXPECT_TRUE(Chosen("50%", 0).empty());
}

TEST(Cohort, NamesAndLabels) {
  auto apps = Chosen("app1, label:early,app1", 7);
  std::ranges::sort(apps);
  EXPECT_EQ(apps, (std::vector<std::string>{"app0", "app1", "app3", "app6"}));
  const auto some = Choose("app1,nobody,label:late", "pages", Apps(3));
  ASSERT_TRUE(some.has_value());
  EXPECT_EQ(some->unknown, (std::vector<std::string>{"nobody", "label:late"}));
}

TEST(Cohort, TextThatChoosesNothingIsRefused) {
  for (const char* wrong :
       {"", "0%", "101%", "-5%", "nan%", "%", "two%", "a,,b", "label:", "a b"}) {
    const auto cohort = Choose(wrong, "pages", Apps(3));
    ASSERT_FALSE(cohort.has_value()) << wrong;
    EXPECT_EQ(cohort.error().code, Code::kInvalid);
  }
}

TEST(Judging, NoDataNeverPass) {
  EXPECT_EQ(Judge({}).verdict, Verdict::kInconclusive);
  EXPECT_GT(Judge({}).missing, 0);
  const Judgement alone =
      Judge({.candidate = Repeated(Ran(true), 50), .baseline = {}, .min_runs = 3});
  EXPECT_EQ(alone.verdict, Verdict::kInconclusive);
  EXPECT_GT(alone.missing, 0);
  const Judgement none =
      Judge({.candidate = {}, .baseline = Repeated(Ran(true), 50), .min_runs = 3});
  EXPECT_EQ(none.verdict, Verdict::kInconclusive);
  EXPECT_EQ(none.missing, 3);
}

TEST(Judging, SoManyRunsAsWereAskedForAndNotOneLess) {
  const auto judge = [](size_t runs) {
    return Judge({.candidate = Repeated(Ran(true, 0.9), runs),
                  .baseline = Repeated(Ran(true, 0.9), 30),
                  .min_runs = 7});
  };
  for (size_t runs = 0; runs < 7; ++runs) {
    EXPECT_EQ(judge(runs).verdict, Verdict::kInconclusive) << runs;
    EXPECT_EQ(judge(runs).missing, static_cast<int64_t>(7 - runs));
  }
  EXPECT_EQ(judge(7).verdict, Verdict::kPass);
  EXPECT_EQ(judge(7).missing, 0);
}

TEST(Judging, ThreeRunsAreEnoughWhereTheyAreAskedFor) {
  Evidence evidence{.candidate = {}, .baseline = {}, .min_runs = 3};
  for (int i = 0; i < 4; ++i) {
    evidence.baseline.push_back(Ran(true, 0.9));
    evidence.baseline.back().latency_ms = 40 + i;
    evidence.baseline.back().cost_usd = 0;
  }
  evidence.candidate = evidence.baseline;
  evidence.candidate.pop_back();
  EXPECT_EQ(Judge(evidence).verdict, Verdict::kPass) << Judge(evidence).because;
}

TEST(Judging, FailuresAbortBeforeTheMinimum) {
  const Judgement judgement = Judge(
      {.candidate = Repeated(Ran(false), 8), .baseline = Repeated(Ran(true), 30), .min_runs = 50});
  EXPECT_EQ(judgement.verdict, Verdict::kFail);
  EXPECT_NE(judgement.because.find("fewer runs succeed"), std::string::npos) << judgement.because;
}

TEST(Judging, OneFigureThatGotWorseIsEnough) {
  Evidence evidence{.candidate = {}, .baseline = {}, .min_runs = 10};
  for (int i = 0; i < 40; ++i) {
    Sample sample = Ran(true, 0.9 + 0.001 * i);
    sample.latency_ms = 3000.0 + i;
    evidence.baseline.push_back(sample);
    sample.latency_ms = 6000.0 + i;
    evidence.candidate.push_back(sample);
  }
  const Judgement judgement = Judge(evidence);
  EXPECT_EQ(judgement.verdict, Verdict::kFail);
  EXPECT_EQ(FigureOf(judgement, "latency").verdict, Verdict::kFail);
  EXPECT_EQ(FigureOf(judgement, "quality").verdict, Verdict::kPass);
  EXPECT_EQ(FigureOf(judgement, "success").verdict, Verdict::kPass);
  EXPECT_TRUE(judgement.because.starts_with("latency")) << judgement.because;
}

TEST(Judging, ACandidateThatTellsNoScoreAnyMoreDoesNotPass) {
  const Judgement judgement = Judge({.candidate = Repeated(Ran(true), 30),
                                     .baseline = Repeated(Ran(true, 0.9), 30),
                                     .min_runs = 10});
  EXPECT_EQ(judgement.verdict, Verdict::kInconclusive);
  EXPECT_EQ(FigureOf(judgement, "quality").samples, 0);
}

TEST(Judging, AScoreThatIsNewHasNothingToBeHeldAgainst) {
  const Judgement judgement = Judge({.candidate = Repeated(Ran(true, 0.9), 30),
                                     .baseline = Repeated(Ran(true), 30),
                                     .min_runs = 10});
  EXPECT_EQ(judgement.verdict, Verdict::kPass);
}

TEST(Judging, FractionsOfASecondMatterToNobody) {
  Evidence evidence{.candidate = {}, .baseline = {}, .min_runs = 10};
  for (int i = 0; i < 30; ++i) {
    Sample sample = Ran(true);
    sample.latency_ms = 20.0 + i % 5;
    evidence.baseline.push_back(sample);
    sample.latency_ms = 60.0 + i % 5;
    evidence.candidate.push_back(sample);
  }
  EXPECT_EQ(Judge(evidence).verdict, Verdict::kPass);
}

TEST(Judging, LooksGrowAndHoldTheMinimum) {
  EXPECT_EQ(Looks(10, 60), (std::vector<int64_t>{3, 5, 8, 10, 15, 23, 35, 53}));
  EXPECT_EQ(Looks(3, 12), (std::vector<int64_t>{3, 5, 8, 12}));
  EXPECT_EQ(Looks(0, 5), (std::vector<int64_t>{3, 5}));
  EXPECT_TRUE(Looks(10, 2).empty());
}

TEST(Judging, AppsThatWereAlwaysSlowerAreNoEvidence) {
  Evidence evidence{.candidate = {}, .baseline = {}, .min_runs = 10};
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise(0, 50);
  const auto add = [&](std::vector<Sample>& to, const std::string& app, double latency) {
    to.push_back(Ran(true, std::nullopt, app));
    to.back().latency_ms = latency + noise(random);
  };
  for (int i = 0; i < 40; ++i) add(evidence.candidate, "heavy", 9000);
  for (int app = 0; app < 6; ++app) {
    for (int i = 0; i < 10; ++i) add(evidence.baseline, "light" + std::to_string(app), 2000);
  }
  // Nothing is known of the heavy one yet: it may be the version, it may be the app.
  EXPECT_NE(Judge(evidence).verdict, Verdict::kPass);
  for (int i = 0; i < 10; ++i) add(evidence.baseline, "heavy", 9000);
  EXPECT_EQ(Judge(evidence).verdict, Verdict::kPass) << Judge(evidence).because;
  for (Sample& each : evidence.candidate) *each.latency_ms *= 2;
  EXPECT_EQ(Judge(evidence).verdict, Verdict::kFail) << Judge(evidence).because;
}

TEST(Comparing, TheSameAppsComeFirst) {
  std::vector<Sample> baseline = Repeated(Ran(true, 0.9, "b"), 300);
  for (int i = 0; i < 7; ++i) baseline.push_back(Ran(true, 0.5, "a"));
  const auto chosen = Comparable(Repeated(Ran(true, 0.9, "a"), 5), baseline);
  EXPECT_EQ(chosen.size(), kBaselineLimit);
  EXPECT_EQ(std::ranges::count(chosen, "a", &Sample::app), 7);
}

TEST(Comparing, WithoutAHistoryOfTheAppsThoseOfTheSameTimeComeFirst) {
  std::vector<Sample> baseline = Repeated(Ran(true, 0.9, "old"), 300);
  for (int i = 0; i < 20; ++i) {
    baseline.push_back(Ran(true, 0.9, "now"));
    baseline.back().concurrent = true;
  }
  const auto chosen = Comparable(Repeated(Ran(true, 0.9, "a"), 5), baseline);
  ASSERT_EQ(chosen.size(), kBaselineLimit);
  EXPECT_EQ(chosen.front().app, "now");
  EXPECT_EQ(std::ranges::count(chosen, "now", &Sample::app), 20);
}

// ---- The bounds that trials keep, on fixed seeds ----

constexpr uint64_t kSeed = 20'260'417;

int64_t Rejected(const Nature& nature, int64_t min_runs) {
  std::mt19937_64 random(kSeed + static_cast<uint64_t>(min_runs));
  int64_t rejected = 0;
  for (int pair = 0; pair < 200; ++pair) {
    const auto played = testing::Play(nature, nature, min_runs, random);
    rejected += played.verdict == Verdict::kFail ? 1 : 0;
  }
  return rejected;
}

TEST(Bounds, VersionsThatAreNoDifferentAreRarelyRejected) {
  for (const int64_t min_runs : {3, 10, 20}) {
    EXPECT_LE(Rejected(Nature{}, min_runs), 4) << min_runs;
    EXPECT_LE(Rejected({.success = 0.7, .quality_noise = 0.15, .latency_noise = 0.5}, min_runs), 4)
        << "noisy, " << min_runs;
    EXPECT_LE(Rejected({.differences = 0.25}, min_runs), 4) << "unlike apps, " << min_runs;
  }
}

TEST(Bounds, AQualityThatFellByFifteenPointsIsCaught) {
  for (const int64_t min_runs : {3, 10, 20}) {
    for (const auto& [noise, history] :
         std::vector<std::pair<double, int>>{{0.03, 5}, {0.06, 5}, {0.1, 20}}) {
      const Nature before{.quality_noise = noise, .history = history};
      Nature worse = before;
      worse.quality -= 0.15;
      std::mt19937_64 random(kSeed);
      int caught = 0;
      for (int trial = 0; trial < 100; ++trial) {
        caught += testing::Play(before, worse, min_runs, random).verdict == Verdict::kFail ? 1 : 0;
      }
      EXPECT_GE(caught, 95) << "noise " << noise << ", at least " << min_runs << " runs";
    }
  }
}

}  // namespace
}  // namespace aiop::canary
