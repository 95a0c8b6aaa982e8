// SPDX-License-Identifier: Apache-2.0
#include "control/store/store.h"

#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>

#include "base/file/file.h"
#include "control/store/sqlite.h"

namespace aiop::store {
namespace {

namespace fs = std::filesystem;

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("aiop-store-" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { ASSERT_TRUE(file::RemoveTree(folder_).has_value()); }
  fs::path folder_;
};

model::Run MakeRun(std::string id, std::string app) {
  model::Run run;
  run.id = std::move(id);
  run.plant = "p";
  run.app = std::move(app);
  return run;
}

model::StoredEvent MakeEvent(std::string id) {
  model::StoredEvent event;
  event.envelope.id = std::move(id);
  event.run = "r";
  return event;
}

TEST_F(StoreTest, KeepsRecordsOverReopening) {
  {
    auto ledger = *Ledger::Open(folder_ / "ledger.db");
    ASSERT_TRUE(ledger->Put(MakeRun("r1", "a")).has_value());
  }
  auto ledger = *Ledger::Open(folder_ / "ledger.db");
  EXPECT_EQ(ledger->Get<model::Run>("r1")->app, "a");
  EXPECT_EQ(ledger->Get<model::Run>("r2").error().code, Code::kNotFound);
}

TEST_F(StoreTest, FindsByKeyInOrder) {
  auto ledger = *Ledger::Open(folder_ / "ledger.db");
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(
        ledger->Put(MakeRun("r" + std::to_string(i), i % 2 == 0 ? "even" : "odd")).has_value());
  }
  const auto runs = ledger->ListBy<model::Run>(Kind<model::Run>::Field::kApp, "even");
  ASSERT_EQ(runs->size(), 3u);
  EXPECT_EQ(runs->at(0).id, "r0");
  EXPECT_EQ(runs->at(2).id, "r4");
  EXPECT_EQ(ledger->List<model::Run>({.limit = 2, .newest_first = true})->front().id, "r4");
  EXPECT_EQ(ledger->List<model::Run>({.containing = "\"odd\""})->size(), 2u);
}

TEST_F(StoreTest, ACommitIsAllOrNothing) {
  auto ledger = *Ledger::Open(folder_ / "ledger.db");
  ASSERT_TRUE(ledger->Put(MakeRun("taken", "a")).has_value());
  Ledger::Batch batch;
  batch.Put(MakeRun("new", "b")).Put(MakeRun("taken", "c"), Mode::kInsert);
  EXPECT_EQ(ledger->Commit(std::move(batch)).error().code, Code::kConflict);
  EXPECT_FALSE(ledger->Find<model::Run>("new")->has_value());
}

TEST_F(StoreTest, ARemovedRecordIsGoneWithTheCommitThatRemovesIt) {
  auto ledger = *Ledger::Open(folder_ / "ledger.db");
  ASSERT_TRUE(ledger->Put(MakeRun("old", "a")).has_value());
  Ledger::Batch refused;
  refused.Remove<model::Run>("old")
      .Put(MakeRun("old2", "a"))
      .Put(MakeRun("old2", "a"), Mode::kInsert);
  EXPECT_EQ(ledger->Commit(std::move(refused)).error().code, Code::kConflict);
  EXPECT_TRUE(ledger->Find<model::Run>("old")->has_value());
  Ledger::Batch batch;
  batch.Put(MakeRun("new", "a")).Remove<model::Run>("old").Remove<model::Run>("never was");
  ASSERT_TRUE(ledger->Commit(std::move(batch)).has_value());
  EXPECT_FALSE(ledger->Find<model::Run>("old")->has_value());
  EXPECT_TRUE(ledger->Find<model::Run>("new")->has_value());
}

TEST_F(StoreTest, TellsDuplicatesFromNewEvents) {
  auto ledger = *Ledger::Open(folder_ / "ledger.db");
  ASSERT_TRUE(ledger->Put(MakeEvent("e1")).has_value());
  Ledger::Batch batch;
  batch.Put(MakeEvent("e1"), Mode::kInsertIfNew).Put(MakeEvent("e2"), Mode::kInsertIfNew);
  EXPECT_EQ(*ledger->CommitAndTell(std::move(batch)), (std::vector<bool>{false, true}));
  EXPECT_EQ(ledger->List<model::StoredEvent>()->at(1).envelope.seq, 2);
}

TEST_F(StoreTest, AnOldFenceIsRefused) {
  auto ledger = *Ledger::Open(folder_ / "ledger.db");
  const Fence first = *ledger->database().TakeLease("r", "one");
  const Fence second = *ledger->database().TakeLease("r", "two");
  Ledger::Batch stale;
  stale.Guard(first).Put(MakeRun("r", "a"));
  EXPECT_EQ(ledger->Commit(std::move(stale)).error().code, Code::kConflict);
  Ledger::Batch fresh;
  fresh.Guard(second).Put(MakeRun("r", "a"));
  EXPECT_TRUE(ledger->Commit(std::move(fresh)).has_value());
}

TEST_F(StoreTest, AFileOfAnotherSideIsRefusedAtTheDoor) {
  {
    auto apps = *AppStore::Open(folder_ / "context.db");
  }
  const auto motors = MotorStore::Open(folder_ / "context.db");
  ASSERT_FALSE(motors.has_value());
  EXPECT_EQ(motors.error().code, Code::kInvalid);
}

TEST_F(StoreTest, AStoreFromBeforeAKindHasNoneOfIt) {
  ASSERT_TRUE(Ledger::Open(folder_ / "ledger.db").has_value());
  {
    const auto old = Connection::Open((folder_ / "ledger.db").string(), false);
    ASSERT_TRUE(old.has_value());
    ASSERT_TRUE((*old)->Execute("DROP TABLE history").has_value());
  }
  {
    const auto reader = *Ledger::Open(folder_ / "ledger.db", true);
    EXPECT_EQ(reader->List<model::DecisionHistory>()->size(), 0U);
    EXPECT_FALSE(reader->Find<model::DecisionHistory>("any")->has_value());
    EXPECT_EQ(*reader->database().Count("history", {}), 0);
    EXPECT_FALSE(reader->database().ListRows("run", {.key = 9}).has_value());
  }
  const auto owner = *Ledger::Open(folder_ / "ledger.db");
  model::DecisionHistory history;
  history.decision = "d";
  ASSERT_TRUE(owner->Put(history).has_value());
  EXPECT_EQ(owner->List<model::DecisionHistory>()->size(), 1U);
}

TEST_F(StoreTest, ManyThreadsShareTheWriter) {
  auto ledger = *Ledger::Open(folder_ / "ledger.db");
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        ASSERT_TRUE(
            ledger->Put(MakeRun(std::to_string(t) + "-" + std::to_string(i), "a")).has_value());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(*ledger->database().Count("run", {}), 400);
}

TEST_F(StoreTest, SearchesTranscriptsByWordsRunAndStep) {
  auto apps = *AppStore::Open(folder_ / "app.db");
  ASSERT_TRUE(apps->database()
                  .IndexText("r1", "1", "generate", "TypeError: cannot read \"x\" of undefined")
                  .has_value());
  ASSERT_TRUE(
      apps->database().IndexText("r2", "1", "check", "error TS2304: Cannot find name").has_value());
  EXPECT_EQ(apps->database().SearchText("cannot", "", "", 10)->size(), 2u);
  EXPECT_EQ(apps->database().SearchText("cannot", "r2", "", 10)->size(), 1u);
  EXPECT_EQ(apps->database().SearchText("cannot \"x\"", "", "generate", 10)->size(), 1u);
  EXPECT_TRUE(apps->database().SearchText("\" OR 1", "", "", 10)->empty());
}

TEST_F(StoreTest, AReaderSeesWhatAWriterCommitted) {
  auto ledger = *Ledger::Open(folder_ / "ledger.db");
  ASSERT_TRUE(ledger->Put(MakeRun("r1", "a")).has_value());
  auto reader = *Ledger::Open(folder_ / "ledger.db", true);
  EXPECT_TRUE(reader->Find<model::Run>("r1")->has_value());
  EXPECT_FALSE(reader->Put(MakeRun("r2", "a")).has_value());
}

TEST_F(StoreTest, TellsListenersWhatIsOnDiskBeforeWhoeverCommitted) {
  auto ledger = *Ledger::Open(folder_ / "ledger.db");
  ASSERT_TRUE(ledger->Put(MakeRun("before", "a")).has_value());
  std::vector<Stored> told;
  const auto number = ledger->database().Listen([&](const std::vector<Stored>& stored) {
    told.insert(told.end(), stored.begin(), stored.end());
  });
  ASSERT_TRUE(number.has_value());
  ASSERT_TRUE(ledger->Put(MakeRun("r", "first")).has_value());
  ASSERT_EQ(told.size(), 1u);
  ASSERT_TRUE(ledger->Put(MakeRun("r", "second")).has_value());
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[1].kind, "run");
  EXPECT_EQ(told[1].id, "r");
  EXPECT_NE(told[1].body.find("second"), std::string::npos);
  EXPECT_EQ(told[1].sequence, told[0].sequence);  // it keeps its place
  EXPECT_EQ(ledger->database().ListRows("run", {})->back().sequence, told[0].sequence);
  ledger->database().StopListening(*number);
  ASSERT_TRUE(ledger->Put(MakeRun("r2", "a")).has_value());
  EXPECT_EQ(told.size(), 2u);
}

TEST_F(StoreTest, TellsListenersNothingOfWhatWasRefusedOrLeftAlone) {
  auto ledger = *Ledger::Open(folder_ / "ledger.db");
  std::vector<std::string> told;
  const auto number = ledger->database().Listen([&](const std::vector<Stored>& stored) {
    for (const auto& each : stored) told.push_back(each.id);
  });
  ASSERT_TRUE(number.has_value());
  ASSERT_TRUE(ledger->Put(MakeEvent("e"), Mode::kInsertIfNew).has_value());
  ASSERT_TRUE(ledger->Put(MakeEvent("e"), Mode::kInsertIfNew).has_value());
  Ledger::Batch refused;
  refused.Put(MakeRun("r", "a")).Put(MakeEvent("e"), Mode::kInsert);
  EXPECT_EQ(ledger->Commit(std::move(refused)).error().code, Code::kConflict);
  EXPECT_EQ(told, std::vector<std::string>{"e"});
  ledger->database().StopListening(*number);
}

TEST_F(StoreTest, LosesNothingBetweenReadingAndListening) {
  auto ledger = *Ledger::Open(folder_ / "ledger.db");
  constexpr int kRuns = 400;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kRuns; ++i) {
        const std::string id = std::to_string(writer) + "-" + std::to_string(i);
        ASSERT_TRUE(ledger->Put(MakeRun(id, "a")).has_value());
      }
    });
  }
  std::mutex mutex;
  std::set<std::string> known;
  const auto number = ledger->database().Listen([&](const std::vector<Stored>& stored) {
    const std::lock_guard lock(mutex);
    for (const auto& each : stored) known.insert(each.id);
  });
  ASSERT_TRUE(number.has_value());
  {
    const std::lock_guard lock(mutex);
    for (const auto& run : *ledger->List<model::Run>()) known.insert(run.id);
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(known.size(), size_t{4 * kRuns});
  ledger->database().StopListening(*number);
}

TEST_F(StoreTest, WaitsForWhoeverHoldsIt) {
  auto ledger = *Ledger::Open(folder_ / "ledger.db");
  auto held = *WriteHold::Take(folder_ / "ledger.db");
  Status put;
  std::thread writer([&] { put = ledger->Put(MakeRun("r1", "a")); });
  // Readers need not wait; what is not committed is not there.
  EXPECT_EQ(ledger->Get<model::Run>("r1").error().code, Code::kNotFound);
  held.reset();
  writer.join();
  ASSERT_TRUE(put.has_value()) << put.error().message;
  EXPECT_EQ(ledger->Get<model::Run>("r1")->app, "a");
}

}  // namespace
}  // namespace aiop::store
