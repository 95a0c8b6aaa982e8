// SPDX-License-Identifier: Apache-2.0
#include "control/arbitration/history.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "base/file/file.h"
#include "core/evidence/testing.h"

namespace aiop::arbitration {
namespace {

namespace fs = std::filesystem;
namespace made = evidence::testing;

class HistoryTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("aiop-history-" + std::to_string(getpid()));
    fs::create_directories(folder_);
    ledger_ = *store::Ledger::Open(folder_ / "ledger.db");
  }
  void TearDown() override {
    ledger_.reset();
    ASSERT_TRUE(file::RemoveTree(folder_).has_value());
  }

  // Commits of a few records each, as they came.
  void Store(const std::vector<made::Stored>& stored, size_t from, size_t to) {
    constexpr size_t kCommit = 20;
    for (size_t i = from; i < to;) {
      store::Ledger::Batch batch;
      for (const size_t end = std::min(to, i + kCommit); i < end; ++i)
        std::visit([&](const auto& record) { batch.Put(record); }, stored[i].record);
      ASSERT_TRUE(ledger_->Commit(std::move(batch)).has_value());
    }
  }

  fs::path folder_;
  std::unique_ptr<store::Ledger> ledger_;
};

std::string TextOf(const evidence::Surroundings& around) {
  std::string text = std::to_string(around.failing_runs);
  for (const auto& each : around.sightings) {
    text += "\n" + each.run + "|" + each.app + "|" + each.profile + "|" + each.app_version + "|" +
            each.motor_version + "|" + each.motor_commit + (each.failed ? "|failed" : "");
  }
  return text;
}

std::string AllOf(History& history, const made::History& past, const made::Shape& shape) {
  std::string text;
  for (const model::Run& run : past.runs) {
    text += TextOf(*history.Around(made::QuestionAbout(past, run, shape))) + "\n";
    const auto record = *history.RecordOf(run.motor_ctx);
    text += std::to_string(record.succeeded) + "/" + std::to_string(record.ended);
    for (const auto& figures : record.figures) {
      text += " " + std::to_string(figures.count);
      for (const auto& reference : figures.references) text += "," + reference;
    }
  }
  for (const model::Incident& incident : past.incidents) {
    for (const auto& each : *history.AllAt(incident.id)) text += " " + each.run;
    for (const auto& first : *history.FirstStanding(incident.id, 1)) text += " first " + first.run;
  }
  return text;
}

std::string AllOf(const evidence::Index& index, const made::History& past,
                  const made::Shape& shape) {
  std::string text;
  for (const model::Run& run : past.runs)
    text += TextOf(index.Around(made::QuestionAbout(past, run, shape))) + "\n";
  return text;
}

TEST_F(HistoryTest, KnowsTheSameWhetherItReadsOrIsTold) {
  const made::Shape shape{.runs = 150};
  made::History past(42, shape);
  History told(*ledger_);  // asked at the start: told of everything
  History half(*ledger_);  // asked in the middle
  History late(*ledger_);  // asked at the end: reads everything
  ASSERT_TRUE(told.RecordOf({"motor", "1.0.0", "aaaaaaaaaaaa"}).has_value());
  const size_t middle = past.stored.size() / 2;
  Store(past.stored, 0, middle);
  ASSERT_TRUE(half.FirstStanding("incident-0", 1).has_value());
  Store(past.stored, middle, past.stored.size());
  const std::string expected = AllOf(told, past, shape);
  EXPECT_EQ(AllOf(half, past, shape), expected);
  EXPECT_EQ(AllOf(late, past, shape), expected);
}

TEST_F(HistoryTest, AsksAnIndexOfAllThatIsStored) {
  const made::Shape shape{.runs = 150};
  made::History past(7, shape);
  evidence::Index index;
  for (const auto& each : past.stored) made::Put(index, each);
  History history(*ledger_);
  Store(past.stored, 0, past.stored.size());
  std::string text;
  for (const model::Run& run : past.runs)
    text += TextOf(*history.Around(made::QuestionAbout(past, run, shape))) + "\n";
  EXPECT_EQ(text, AllOf(index, past, shape));
}

TEST_F(HistoryTest, NamesThoseWhoStandInTheOrderInWhichTheyFailed) {
  made::History past(3, {.runs = 200});
  Store(past.stored, 0, past.stored.size());
  History history(*ledger_);
  for (const model::Incident& incident : past.incidents) {
    // By what it failed at there first; one that failed at what was merged into it, by what it
    // failed at last.
    std::map<std::string, int64_t> when;
    const auto occurrences = *ledger_->List<model::Occurrence>();
    for (size_t i = 0; i < occurrences.size(); ++i) {
      const auto run = *ledger_->Get<model::Run>(occurrences[i].run);
      if (run.incident != incident.id || run.state != model::RunState::kPaused) continue;
      const auto failed_here = std::ranges::find_if(occurrences, [&](const auto& each) {
        return each.run == run.id && each.incident == incident.id;
      });
      when[run.id] = failed_here == occurrences.end() ? static_cast<int64_t>(i)
                                                      : failed_here - occurrences.begin();
    }
    std::vector<std::string> expected;
    for (const auto& [run, at] : when) expected.push_back(run);
    std::ranges::sort(expected, {}, [&](const std::string& run) { return when.at(run); });
    std::vector<std::string> standing;
    for (const auto& each : *history.AllAt(incident.id)) standing.push_back(each.run);
    EXPECT_FALSE(expected.empty());
    EXPECT_EQ(standing, expected);
  }
}

TEST_F(HistoryTest, SaysSoWhenARecordCannotBeRead) {
  store::Commit commit;
  commit.writes.push_back({"run", "r", {}, "{}", store::Mode::kPut});
  ASSERT_TRUE(ledger_->database().CommitNow(std::move(commit)).has_value());
  History history(*ledger_);
  EXPECT_EQ(history.FirstStanding("incident-0", 1).error().code, Code::kUnavailable);
}

TEST_F(HistoryTest, SaysSoWhenARecordItIsToldOfCannotBeRead) {
  History history(*ledger_);
  ASSERT_TRUE(history.FirstStanding("incident-0", 1).has_value());
  store::Commit commit;
  commit.writes.push_back({"run", "r", {}, "{}", store::Mode::kPut});
  ASSERT_TRUE(ledger_->database().CommitNow(std::move(commit)).has_value());
  EXPECT_EQ(history.FirstStanding("incident-0", 1).error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace aiop::arbitration
