// SPDX-License-Identifier: Apache-2.0
//
// What follows the source, what is ours, and how the two stay apart.
#include <gmock/gmock.h>

#include <thread>

#include "control/motors/motors.h"
#include "control/motors/testing.h"

namespace aiop::motors {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Author kAuthor{"aiop", "aiop@localhost"};
const Timestamp kTime{std::chrono::seconds(1'700'000'500)};

class Refs : public testing::Test {
 protected:
  void SetUp() override {
    folder_.MakeMotor("source");
    first_ = folder_.Git("source", {"rev-parse", "HEAD"});
    auto motor = Repository::Import(folder_ / "source", folder_ / "motor");
    ASSERT_TRUE(motor.has_value()) << motor.error().message;
    motor_.emplace(*std::move(motor));
  }

  // A commit of ours on top of `parent`.
  std::string OurCommit(const std::string& parent, const std::string& content) {
    const auto tree = motor_->WithFiles(parent, {{"ours.txt", content}});
    EXPECT_TRUE(tree.has_value());
    const auto commit = motor_->Commit(*tree, {parent}, kAuthor, kTime, "ours");
    EXPECT_TRUE(commit.has_value());
    return *commit;
  }

  const MotorFolder folder_;
  std::string first_;
  std::optional<Repository> motor_;
};

TEST_F(Refs, FetchBringsWhatIsNewAndKeepsWhatIsOurs) {
  const std::string ours = OurCommit(first_, "x");
  AIOP_MOTORS_OK(motor_->MoveRef("refs/heads/main", first_, ours));
  AIOP_MOTORS_OK(motor_->Tag("v1.0.1", ours, "ours", kAuthor, kTime));

  // The source rewrites its history, drops a branch and adds another where the old name was in the
  // way.
  folder_.Git("source", {"branch", "fix"});
  AIOP_MOTORS_OK(motor_->Fetch());
  folder_.Git("source", {"branch", "-D", "fix"});
  folder_.Git("source", {"branch", "fix/deep"});
  folder_.Git("source", {"commit", "--quiet", "--amend", "-m", "rewritten"});
  const std::string rewritten = folder_.Git("source", {"rev-parse", "HEAD"});
  AIOP_MOTORS_OK(motor_->Fetch());

  EXPECT_EQ(motor_->Head(), rewritten);
  EXPECT_EQ(motor_->ReadRef("refs/heads/main"), ours);
  EXPECT_EQ(motor_->ReadRef("refs/tags/v1.0.1"), ours);
  EXPECT_EQ(motor_->ReadRef("refs/upstream/heads/fix"), std::nullopt);
  EXPECT_EQ(motor_->ReadRef("refs/upstream/heads/fix/deep"), first_);
}

TEST_F(Refs, TagsMadeOutsideAreAdoptedOnceAndNeverMoved) {
  folder_.Git("source", {"tag", "-a", "-m", "annotated", "v1.10.0"});
  folder_.Git("source", {"tag", "v1.9.0"});
  folder_.Git("source", {"tag", "v1.9.0-rc.1"});
  folder_.Git("source", {"tag", "nightly"});
  folder_.Git("source", {"tag", "of-a-file", "HEAD:motor.yaml"});
  AIOP_MOTORS_OK(motor_->Fetch());
  const std::string second = folder_.CommitAll("source", "second");
  folder_.Git("source", {"tag", "--force", "v1.9.0"});
  folder_.Git("source", {"tag", "-d", "nightly"});
  AIOP_MOTORS_OK(motor_->Fetch());

  AIOP_MOTORS_GET(const auto tags, motor_->Tags());
  std::vector<std::string> names;
  for (const Tag& tag : tags) {
    names.push_back(tag.name);
    EXPECT_EQ(tag.commit, first_) << tag.name;
    EXPECT_EQ(tag.tree, *motor_->TreeOf(first_));
  }
  EXPECT_THAT(names, ElementsAre("v1.9.0-rc.1", "v1.9.0", "v1.10.0", "nightly"));
  EXPECT_EQ(version::Text(*tags[2].version), "1.10.0");
  EXPECT_FALSE(tags[3].version.has_value());
  EXPECT_TRUE(tags[2].upstream);
  EXPECT_FALSE(tags[1].upstream);
  EXPECT_THAT(*motor_->MovedTags(), ElementsAre("v1.9.0"));
}

TEST_F(Refs, BranchesAreThoseWithCommitsThatTheBaseLacks) {
  folder_.Git("source", {"branch", "fix/merged"});
  folder_.Git("source", {"checkout", "--quiet", "-b", "fix/b"});
  const std::string b = folder_.CommitAll("source", "b");
  folder_.Git("source", {"checkout", "--quiet", "-b", "fix/a/deep", "main"});
  folder_.Git("source", {"commit", "--quiet", "--allow-empty", "-m", "other"});
  folder_.Git("source", {"checkout", "--quiet", "-b", "feature"});
  folder_.CommitAll("source", "feature");
  folder_.Git("source", {"checkout", "--quiet", "main"});
  AIOP_MOTORS_OK(motor_->Fetch());

  AIOP_MOTORS_GET(const auto branches, motor_->Branches({"fix/*"}, first_));
  ASSERT_EQ(branches.size(), 2u);
  EXPECT_EQ(branches[0].name, "fix/a/deep");
  EXPECT_EQ(branches[1].name, "fix/b");
  EXPECT_EQ(branches[1].commit, b);
  EXPECT_EQ(FormatTimestamp(branches[1].time), "2023-11-14T22:13:20.000Z");
  AIOP_MOTORS_GET(const auto after, motor_->Branches({"fix/b"}, b));
  EXPECT_THAT(after, IsEmpty());
  AIOP_MOTORS_GET(const auto none, motor_->Branches({}, first_));
  EXPECT_THAT(none, IsEmpty());
}

TEST_F(Refs, MoveRefComparesAndSwaps) {
  const std::string a = OurCommit(first_, "a"), b = OurCommit(first_, "b");
  AIOP_MOTORS_OK(motor_->MoveRef("refs/heads/main", first_, a));
  AIOP_MOTORS_FAILS(motor_->MoveRef("refs/heads/main", first_, b), Code::kConflict, "is at " + a);
  AIOP_MOTORS_OK(motor_->MoveRef("refs/heads/main", first_, a));  // driven again
  EXPECT_EQ(motor_->ReadRef("refs/heads/main"), a);
  AIOP_MOTORS_OK(motor_->MoveRef("refs/heads/main", a, b));

  AIOP_MOTORS_OK(motor_->MoveRef("refs/heads/change/1", std::nullopt, a));
  AIOP_MOTORS_FAILS(motor_->MoveRef("refs/heads/change/1", std::nullopt, b), Code::kConflict,
                    "may not exist");
  AIOP_MOTORS_FAILS(motor_->MoveRef("refs/heads/change/2", a, b), Code::kConflict,
                    "does not exist");
  AIOP_MOTORS_FAILS(motor_->MoveRef("refs/heads/main", b, std::string(40, '1')), Code::kNotFound,
                    "no commit");
  for (const char* name : {"refs/upstream/heads/main", "refs/tags/v1.0.0", "HEAD",
                           "refs/heads/../../config", "refs/heads/x.lock", "main"}) {
    EXPECT_EQ(motor_->MoveRef(name, std::nullopt, a).error().code, Code::kInvalid) << name;
  }
}

TEST_F(Refs, OneOfManyWinsTheSwap) {
  constexpr int kThreads = 8;
  std::vector<std::string> commits;
  for (int i = 0; i < kThreads; ++i) commits.push_back(OurCommit(first_, std::to_string(i)));
  std::atomic<int> won = 0;
  {
    std::vector<std::jthread> threads;
    for (const std::string& commit : commits) {
      threads.emplace_back([&, commit] {
        if (motor_->MoveRef("refs/heads/main", first_, commit)) ++won;
      });
    }
  }
  EXPECT_EQ(won, 1);
  EXPECT_THAT(commits, testing::Contains(motor_->ReadRef("refs/heads/main")->value()));
}

TEST_F(Refs, TaggingTwiceIsFineUnlessItIsAnotherCommit) {
  const std::string a = OurCommit(first_, "a");
  AIOP_MOTORS_OK(motor_->Tag("v1.0.1", a, "Release 1.0.1\n", kAuthor, kTime));
  AIOP_MOTORS_OK(motor_->Tag("v1.0.1", a, "Release 1.0.1\n", kAuthor, kTime));
  AIOP_MOTORS_OK(motor_->Tag("light", a, "", kAuthor, kTime));
  AIOP_MOTORS_FAILS(motor_->Tag("v1.0.1", first_, "", kAuthor, kTime), Code::kConflict,
                    "names " + a);
  AIOP_MOTORS_FAILS(motor_->Tag("../x", a, "", kAuthor, kTime), Code::kInvalid, "no name");
  const std::string git = "--git-dir=" + motor_->GitFolder().string();
  EXPECT_EQ(folder_.Git(".", {git, "cat-file", "-t", "v1.0.1"}), "tag");
  EXPECT_EQ(folder_.Git(".", {git, "cat-file", "-t", "light"}), "commit");
  EXPECT_EQ(folder_.Git(".", {git, "fsck", "--strict"}), "");
  AIOP_MOTORS_GET(const auto tags, motor_->Tags());
  ASSERT_EQ(tags.size(), 2u);
  EXPECT_FALSE(tags[0].upstream);
}

TEST_F(Refs, AncestryIsOfCommitsAndReflexive) {
  const std::string a = OurCommit(first_, "a"), b = OurCommit(first_, "b");
  EXPECT_EQ(motor_->IsAncestor(first_, a), true);
  EXPECT_EQ(motor_->IsAncestor(a, first_), false);
  EXPECT_EQ(motor_->IsAncestor(a, b), false);
  EXPECT_EQ(motor_->IsAncestor(a, a), true);
  EXPECT_EQ(motor_->IsAncestor("main", a).error().code, Code::kInvalid);
}

TEST_F(Refs, PushGoesForwardOnlyAndAllOrNothing) {
  folder_.Git(".", {"clone", "--quiet", "--bare", "source", "bare.git"});
  AIOP_MOTORS_GET(Repository motor, Repository::Import(folder_ / "bare.git", folder_ / "pushing"));
  motor_.emplace(std::move(motor));
  const std::string ours = OurCommit(first_, "a");
  AIOP_MOTORS_OK(motor_->MoveRef("refs/heads/main", first_, ours));
  AIOP_MOTORS_OK(motor_->Tag("v1.0.1", ours, "", kAuthor, kTime));
  const std::vector<PushRef> refs = {{"refs/heads/main", "refs/heads/main"},
                                     {"refs/tags/v1.0.1", "refs/tags/v1.0.1"}};
  AIOP_MOTORS_OK(motor_->Push(refs));
  AIOP_MOTORS_OK(motor_->Push(refs));  // driven again
  EXPECT_EQ(folder_.Git("bare.git", {"rev-parse", "main", "v1.0.1"}), ours + "\n" + ours);

  folder_.Git(".", {"clone", "--quiet", "bare.git", "outside"});
  const std::string theirs = folder_.CommitAll("outside", "outside");
  folder_.Git("outside", {"push", "--quiet", "origin", "HEAD:main"});
  const std::string next = OurCommit(ours, "next");
  AIOP_MOTORS_OK(motor_->MoveRef("refs/heads/main", ours, next));
  AIOP_MOTORS_OK(motor_->Tag("v1.0.2", next, "", kAuthor, kTime));
  AIOP_MOTORS_FAILS(motor_->Push({{"refs/heads/main", "refs/heads/main"},
                                  {"refs/tags/v1.0.2", "refs/tags/v1.0.2"}}),
                    Code::kConflict, "moved on");
  EXPECT_EQ(folder_.Git("bare.git", {"rev-parse", "main"}), theirs);
  EXPECT_EQ(folder_.Git("bare.git", {"tag"}), "v1.0.1");
  for (const char* name : {"+refs/heads/main", "refs/heads/a:refs/heads/b", "main", ""}) {
    EXPECT_EQ(motor_->Push({{name, "refs/heads/main"}}).error().code, Code::kInvalid) << name;
  }
}

TEST_F(Refs, PushObeysTheRulesOfTheReceivingSide) {
  folder_.Git(".", {"clone", "--quiet", "--bare", "source", "bare.git"});
  folder_.Write("bare.git/hooks/pre-receive", "#!/bin/sh\necho not today\nexit 1\n", 0755);
  AIOP_MOTORS_GET(Repository motor, Repository::Import(folder_ / "bare.git", folder_ / "pushing"));
  AIOP_MOTORS_FAILS(motor.Push({{"refs/heads/main", "refs/heads/new"}}), Code::kForbidden,
                    "pre-receive hook declined");
}

TEST_F(Refs, PushNeverTouchesTheBranchThatIsCheckedOut) {
  const std::string ours = OurCommit(first_, "a");
  AIOP_MOTORS_OK(motor_->MoveRef("refs/heads/main", first_, ours));
  AIOP_MOTORS_FAILS(motor_->Push({{"refs/heads/main", "refs/heads/main"}}), Code::kForbidden,
                    "refuses the push");
  EXPECT_EQ(folder_.Git("source", {"rev-parse", "main"}), first_);
}

TEST(PullRequests, TheirHeadsAreFetchedAndThoseThatAreNotThereAreLeftOut) {
  const MotorFolder folder;
  folder.MakeMotor("source");
  const std::string first = folder.Git("source", {"rev-parse", "HEAD"});
  folder.Write("source/lib/rules.txt", "another\n");
  const std::string second = folder.CommitAll("source", "a fix");
  folder.Git("source", {"update-ref", "refs/pull/7/head", second});
  folder.Git("source", {"update-ref", "refs/pull/12/head", first});
  AIOP_MOTORS_GET(Repository motor, Repository::Import(folder / "source", folder / "motor"));
  EXPECT_EQ(*motor.FetchPullRequests({}), (std::map<int64_t, std::string>{}));
  EXPECT_EQ(*motor.FetchPullRequests({7, 12}),
            (std::map<int64_t, std::string>{{7, second}, {12, first}}));
  EXPECT_EQ(*motor.FetchPullRequests({7, 8}), (std::map<int64_t, std::string>{{7, second}}));
  EXPECT_FALSE(motor.FetchPullRequests({8}));
}

TEST(PullRequests, APlainFolderHasNone) {
  const MotorFolder folder;
  folder.Write("source/motor.yaml", "name: demo\nversion: 1.0.0\nrun: [\"true\"]\n");
  AIOP_MOTORS_GET(Repository motor, Repository::Import(folder / "source", folder / "motor"));
  EXPECT_EQ(motor.FetchPullRequests({7}).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace aiop::motors
