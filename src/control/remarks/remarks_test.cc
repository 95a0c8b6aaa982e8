// SPDX-License-Identifier: Apache-2.0
#include "control/remarks/remarks.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/file/file.h"

namespace aiop::remarks {
namespace {

namespace fs = std::filesystem;

class CorrectionsTest : public testing::Test {
 protected:
  void SetUp() override {
    static int count = 0;
    folder_ = fs::temp_directory_path() /
              ("aiop-remarks-" + std::to_string(getpid()) + "-" + std::to_string(count++));
    fs::create_directories(folder_);
    ledger_ = *store::Ledger::Open(folder_ / "ledger.db");
    for (const char* id : {"one", "two"}) {
      model::DecisionRecord decision;
      decision.decision_id = id;
      decision.plant = "pages";
      decision.category = model::Category::kMotorRules;
      decision.outcome = "open";
      decision.hash = std::string("hash of ") + id;
      ASSERT_TRUE(ledger_->Put(decision).has_value());
    }
  }
  void TearDown() override {
    ledger_.reset();
    ASSERT_TRUE(file::RemoveTree(folder_).has_value());
  }
  void Say(const std::string& decision, model::Category category) {
    const auto corrected =
        Correct(*ledger_, decision, {.category = category, .because = "I know", .by = "ada"});
    ASSERT_TRUE(corrected.has_value()) << corrected.error().message;
  }
  // Puts the correction back with another word, as somebody at the file would.
  void Falsify(const std::string& id) {
    auto event = *ledger_->Get<model::StoredEvent>(id);
    event.envelope.payload["as"] = "APP-BUILD";
    ASSERT_TRUE(ledger_->Put(event).has_value());
  }

  fs::path folder_;
  std::unique_ptr<store::Ledger> ledger_;
};

TEST_F(CorrectionsTest, AreKeptInOrderAndTheLastOneIsTold) {
  Say("one", model::Category::kAppSpec);
  Say("two", model::Category::kMotorRules);
  Say("one", model::Category::kAppBuild);
  const auto corrections = CorrectionsOf(*ledger_, "one");
  ASSERT_EQ(corrections->size(), 2u);
  EXPECT_EQ(CategoryIn(corrections->back()), model::Category::kAppBuild);
  EXPECT_EQ(AllCorrections(*ledger_)->size(), 3u);
  EXPECT_EQ(ledger_->Get<model::DecisionRecord>("one")->outcome,
            "corrected: APP-BUILD, because I know; before: open");
  EXPECT_TRUE(CorrectionsOf(*ledger_, "two")->front().envelope.Details().starts_with("confirmed"));
  const auto verified = VerifyCorrections(*ledger_);
  EXPECT_TRUE(verified.has_value()) << verified.error().message;
}

TEST_F(CorrectionsTest, OfNoDecisionAreRefused) {
  const auto corrected = Correct(*ledger_, "three", {});
  ASSERT_FALSE(corrected.has_value());
  EXPECT_EQ(corrected.error().code, Code::kNotFound);
}

TEST_F(CorrectionsTest, AChangedOneIsFound) {
  Say("one", model::Category::kAppSpec);
  Falsify("correction/one/1");
  const auto verified = VerifyCorrections(*ledger_);
  ASSERT_FALSE(verified.has_value());
  EXPECT_NE(verified.error().message.find("correction/one/1 was changed"), std::string::npos);
}

TEST_F(CorrectionsTest, ADecisionThatTellsOfAMissingOneIsFound) {
  auto decision = *ledger_->Get<model::DecisionRecord>("two");
  decision.outcome = "corrected: APP-SPEC, because I know";
  ASSERT_TRUE(ledger_->Put(decision).has_value());
  EXPECT_FALSE(VerifyCorrections(*ledger_).has_value());
}

TEST_F(CorrectionsTest, BelongToTheDecisionTheyWereMadeFor) {
  Say("one", model::Category::kAppSpec);
  auto decision = *ledger_->Get<model::DecisionRecord>("one");
  decision.hash = "of another";
  ASSERT_TRUE(ledger_->Put(decision).has_value());
  EXPECT_FALSE(VerifyCorrections(*ledger_).has_value());
}

}  // namespace
}  // namespace aiop::remarks
