// SPDX-License-Identifier: Apache-2.0
#include "core/rollback/rollback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aiop::rollback {
namespace {

using testing::ElementsAre;

model::MotorVersion Version(const std::string& number, const std::string& parent,
                            const std::string& change = "") {
  model::MotorVersion version;
  version.reference = {"motor", number, "hash-" + number};
  version.commit = "commit-" + number;
  if (!parent.empty()) version.parent = "commit-" + parent;
  version.change = change;
  return version;
}

const std::vector<model::MotorVersion> kKnown = {
    Version("0.9.0", ""), Version("1.0.0", ""), Version("1.0.1", "1.0.0"),
    Version("1.0.2", "1.0.1"), Version("1.1.0", "1.0.1")};

std::vector<std::string> Left(const std::string& from, const std::string& to) {
  std::vector<std::string> numbers;
  for (const auto& each : VersionsLeft(kKnown, "commit-" + from, "commit-" + to)) {
    numbers.push_back(each.reference.version);
  }
  return numbers;
}

TEST(VersionsLeft, AreAllDownToTheOneGoneBackTo) {
  EXPECT_THAT(Left("1.0.2", "1.0.1"), ElementsAre("1.0.2"));
  EXPECT_THAT(Left("1.0.2", "1.0.0"), ElementsAre("1.0.2", "1.0.1"));
}
TEST(VersionsLeft, AreNoneOnTheWayForward) {
  EXPECT_THAT(Left("1.0.0", "1.0.2"), ElementsAre());
  EXPECT_THAT(Left("1.0.1", "1.0.1"), ElementsAre());
}
TEST(VersionsLeft, EndWhereTheLinesMeet) {
  EXPECT_THAT(Left("1.0.2", "1.1.0"), ElementsAre("1.0.2"));
}
TEST(VersionsLeft, AreTheWholeLineIfItNeverMeets) {
  EXPECT_THAT(Left("1.0.1", "0.9.0"), ElementsAre("1.0.1", "1.0.0"));
}

TEST(Promotion, IsToldFromARollback) {
  const auto made = Version("1.0.1", "1.0.0", "change-1");
  model::PointerMove move;
  move.change = "change-1";
  EXPECT_TRUE(IsPromotion(move, made));
  EXPECT_FALSE(IsPromotion(move, kKnown[1])) << "back to the version before";
  move.change = "";
  move.because = "change change-1: a fix";
  EXPECT_TRUE(IsPromotion(move, made)) << "as it used to be stored";
  move.because = "by hand";
  EXPECT_FALSE(IsPromotion(move, made)) << "forward again, by hand";
}

TEST(RestorePoint, OfAVersionIsTheNewest) {
  model::RestorePoint first;
  first.id = "first";
  first.commit = "commit-1.0.0";
  first.created = Timestamp{Milliseconds{1}};
  model::RestorePoint second = first;
  second.id = "second";
  second.created = Timestamp{Milliseconds{2}};
  EXPECT_EQ(PointOf({first, second}, kKnown[1])->id, "second");
  EXPECT_EQ(PointOf({second, first}, kKnown[1])->id, "second");
  EXPECT_FALSE(PointOf({first}, kKnown[2]));
}

class Standings : public testing::Test {
 protected:
  Standings() {
    target_.app_ctx = {"app", "1.0.0", "app-1"};
    target_.motor_ctx = {"motor", "1.0.0", "motor-1"};
  }
  void Add(const std::string& name, const std::string& motor, int64_t at, bool stale = false) {
    model::Checkpoint checkpoint;
    checkpoint.ordinal = static_cast<int64_t>(all_.size()) + 1;
    checkpoint.id = "run/" + std::to_string(checkpoint.ordinal);
    checkpoint.name = name;
    checkpoint.app_ctx = target_.app_ctx;
    checkpoint.motor_ctx = {"motor", "1", motor};
    checkpoint.created = Timestamp{Milliseconds{at}};
    checkpoint.stale = stale;
    all_.push_back(checkpoint);
  }
  std::optional<Standing> At(const std::string& name) const {
    return StandAt(all_, name, Timestamp{Milliseconds{10}}, target_);
  }
  static std::vector<std::string> Changed(const Standing& standing) {
    std::vector<std::string> changed;
    for (const auto& each : standing.changed) {
      changed.push_back(each.id + (each.stale ? " stale" : " holds"));
    }
    return changed;
  }
  std::vector<model::Checkpoint> all_;
  lifecycle::ResumeTarget target_;
};

TEST_F(Standings, GiveUpWhatWasMadeSince) {
  Add("read", "motor-1", 1);
  Add("layout", "motor-1", 2);
  Add("check", "motor-2", 11);
  const auto standing = At("layout");
  ASSERT_TRUE(standing);
  EXPECT_EQ(standing->checkpoint, "layout");
  EXPECT_EQ(standing->given_up, 1);
  EXPECT_THAT(Changed(*standing), ElementsAre("run/3 stale"));
}

TEST_F(Standings, TakeUpAgainWhatTheBadVersionMadeStale) {
  Add("read", "motor-1", 1);
  Add("layout", "motor-1", 2, true);
  Add("layout", "motor-2", 11);
  const auto standing = At("layout");
  ASSERT_TRUE(standing);
  EXPECT_EQ(standing->checkpoint, "layout");
  EXPECT_THAT(Changed(*standing), ElementsAre("run/2 holds", "run/3 stale"));
}

TEST_F(Standings, LeaveStaleWhatWasDoneAgainBefore) {
  Add("read", "motor-1", 1, true);
  Add("read", "motor-1", 2);
  Add("layout", "motor-2", 11);
  const auto standing = At("read");
  ASSERT_TRUE(standing);
  EXPECT_THAT(Changed(*standing), ElementsAre("run/3 stale"));
}

TEST_F(Standings, AreAtTheStartIfThereWasNoCheckpoint) {
  Add("read", "motor-2", 11);
  const auto standing = At("");
  ASSERT_TRUE(standing);
  EXPECT_EQ(standing->checkpoint, "");
  EXPECT_THAT(Changed(*standing), ElementsAre("run/1 stale"));
}

TEST_F(Standings, FollowAnAppThatChangedSince) {
  Add("read", "motor-1", 1);
  Add("layout", "motor-1", 2);
  target_.app_ctx = {"app", "1.1.0", "app-2"};
  target_.declared.after_app_patch = {.kind = model::Survival::Kind::kNamed, .name = "read"};
  const auto standing = At("layout");
  ASSERT_TRUE(standing);
  EXPECT_EQ(standing->checkpoint, "read");
  EXPECT_THAT(Changed(*standing), ElementsAre("run/2 stale"));
}

TEST_F(Standings, NeedTheCheckpoint) {
  Add("read", "motor-2", 11);
  EXPECT_FALSE(At("read")) << "it was made later";
}

}  // namespace
}  // namespace aiop::rollback
