// SPDX-License-Identifier: Apache-2.0
// That a page is taken by a real receiver is shown by tests/e2e/learning_test.py.
#include "control/paging/paging.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace aiop::paging {
namespace {

namespace fs = std::filesystem;

// Nothing listens on the discard port of this machine.
constexpr const char* kNobody = "http://127.0.0.1:9/page";

class PagingTest : public testing::Test {
 protected:
  PagingTest() : folder_(fs::temp_directory_path() / ("paging-" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
  }
  ~PagingTest() override { fs::remove_all(folder_); }
  Page Make(const std::string& key) const {
    return {.key = key, .url = kNobody, .body = {{"plant", "p"}}, .attempts = 0, .last_error = ""};
  }
  fs::path folder_;
};

TEST_F(PagingTest, WhatCannotBeDeliveredWaits) {
  Outbox outbox(folder_);
  ASSERT_TRUE(outbox.Put(Make("b")));
  ASSERT_TRUE(outbox.Put(Make("a")));
  for (int attempt = 1; attempt <= 2; ++attempt) {
    const auto tried = Outbox(folder_).Deliver();
    ASSERT_TRUE(tried);
    ASSERT_EQ(tried->size(), 2U);
    EXPECT_EQ(tried->front().key, "a");
    EXPECT_EQ(tried->front().attempts, attempt);
    EXPECT_FALSE(tried->front().last_error.empty());
  }
  const auto waiting = outbox.Waiting();
  ASSERT_TRUE(waiting);
  ASSERT_EQ(waiting->size(), 2U);
  EXPECT_EQ(json::TextMember(waiting->front().body, "plant"), "p");
}

TEST_F(PagingTest, TheSamePageIsPutOnce) {
  Outbox outbox(folder_);
  ASSERT_TRUE(outbox.Put(Make("a")));
  ASSERT_TRUE(outbox.Deliver());
  ASSERT_TRUE(outbox.Put(Make("a")));
  const auto waiting = outbox.Waiting();
  ASSERT_TRUE(waiting);
  ASSERT_EQ(waiting->size(), 1U);
  EXPECT_EQ(waiting->front().attempts, 1) << "what is known of it is kept";
}

TEST_F(PagingTest, WithoutAnyPageThereIsNothingToDo) {
  const auto tried = Outbox(folder_).Deliver();
  ASSERT_TRUE(tried);
  EXPECT_TRUE(tried->empty());
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(PagingTest, AFileThatIsNoPageIsNamed) {
  fs::create_directories(folder_);
  std::ofstream(folder_ / "x.json") << "{}";
  const auto waiting = Outbox(folder_).Waiting();
  ASSERT_FALSE(waiting);
  EXPECT_NE(waiting.error().message.find("x.json"), std::string::npos);
}

}  // namespace
}  // namespace aiop::paging
