// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <thread>

#include "control/motors/checkout.h"
#include "control/motors/motors.h"
#include "control/motors/testing.h"

namespace aiop::motors {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;

class CheckoutsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_.MakeMotor("source");
    folder_.Write("source/package.json", "{}");
    folder_.CommitAll("source", "packages");
    auto motor = Repository::Import(folder_ / "source", folder_ / "motor");
    ASSERT_TRUE(motor.has_value()) << motor.error().message;
    motor_.emplace(*std::move(motor));
    head_ = *motor_->Head();
    checkouts_.emplace(folder_ / "checkouts");
  }

  // Each run of the set-up leaves one line in `folder_/runs`.
  SetupSpec SetupOf(const std::string& script) const {
    return {.argv = {"sh", "-c", "echo x >> '" + (folder_ / "runs").string() + "'; " + script},
            .timeout = Milliseconds(20'000),
            .home_folder = folder_ / "home"};
  }
  long Runs() const { return std::ranges::count(folder_.Read("runs"), 'x'); }

  // Writes into a sealed file as root or its owner can.
  void Tamper(const fs::path& path, const std::string& content) const {
    ASSERT_EQ(chmod(path.c_str(), 0644), 0);
    const file::Descriptor fd(open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
    ASSERT_EQ(write(fd.get(), content.data(), content.size()), ssize_t(content.size()));
    ASSERT_EQ(fchmod(fd.get(), 0444), 0);
  }

  const MotorFolder folder_;
  std::optional<Repository> motor_;
  std::optional<Checkouts> checkouts_;
  std::string head_;
};

unsigned ModeOf(const fs::path& path) {
  struct stat info{};
  EXPECT_EQ(lstat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777;
}

TEST_F(CheckoutsTest, SealsTheFilesReadOnly) {
  AIOP_MOTORS_GET(const fs::path path, checkouts_->Sealed(*motor_, head_, {}));
  EXPECT_EQ(*file::Read(path / "motor.yaml"), *motor_->ReadFile(head_, "motor.yaml"));
  EXPECT_EQ(fs::read_symlink(path / "rules"), "lib/rules.txt");
  EXPECT_EQ(ModeOf(path / "motor.yaml"), 0444u);
  EXPECT_EQ(ModeOf(path / "bin/run"), 0555u);
  EXPECT_EQ(ModeOf(path / "lib"), 0555u);
  EXPECT_EQ(ModeOf(path), 0555u);
  EXPECT_TRUE(fs::exists(path.string() + ".sealed"));
  AIOP_MOTORS_OK(checkouts_->Verify(path));
  AIOP_MOTORS_OK(checkouts_->VerifyContent(path));
  EXPECT_EQ(checkouts_->Verify(folder_ / "source").error().code, Code::kNotFound);
}

TEST_F(CheckoutsTest, IsMadeOncePerTreeAndSetup) {
  const SetupSpec setup = SetupOf("echo made > made");
  AIOP_MOTORS_GET(const fs::path path, checkouts_->Sealed(*motor_, head_, setup));
  AIOP_MOTORS_GET(const std::string same_tree,
                  motor_->Commit(*motor_->TreeOf(head_), {head_}, {"a", "a@b"}, {}, "same"));
  Checkouts later(folder_ / "checkouts");
  EXPECT_EQ(later.Sealed(*motor_, same_tree, setup), path);
  EXPECT_EQ(Runs(), 1);
  EXPECT_EQ(*file::Read(path / "made"), "made\n");
  AIOP_MOTORS_GET(const fs::path other, later.Sealed(*motor_, head_, SetupOf("true")));
  EXPECT_NE(other, path);
  EXPECT_EQ(Runs(), 2);
}

TEST_F(CheckoutsTest, ConcurrentCallersWaitForOne) {
  const SetupSpec setup = SetupOf("echo made > made");
  std::vector<Result<fs::path>> paths(6, Invalid("not called"));
  {
    std::vector<std::jthread> threads;
    for (auto& path : paths) {
      threads.emplace_back([&] { path = checkouts_->Sealed(*motor_, head_, setup); });
    }
  }
  for (const auto& path : paths) {
    ASSERT_TRUE(path.has_value()) << path.error().message;
    EXPECT_EQ(*path, *paths[0]);
  }
  EXPECT_EQ(Runs(), 1);
}

TEST_F(CheckoutsTest, SetupSeesNeitherTheUsersHomeNorEnvironment) {
  setenv("SECRET_OF_THE_USER", "hunter2", 1);
  const auto path = checkouts_->Sealed(*motor_, head_, SetupOf("env > seen; pwd > where"));
  unsetenv("SECRET_OF_THE_USER");
  ASSERT_TRUE(path.has_value()) << path.error().message;
  const std::string seen = *file::Read(*path / "seen");
  EXPECT_THAT(seen, testing::Not(HasSubstr("hunter2")));
  EXPECT_THAT(seen, HasSubstr("HOME=" + (folder_ / "home").string() + "\n"));
  EXPECT_EQ(*file::Read(*path / "where"), path->string() + "\n") << "absolute paths must last";
}

TEST_F(CheckoutsTest, FailedSetupsSayWhyAndAreTriedAgain) {
  const SetupSpec setup = SetupOf("echo out; echo 'no such package' >&2; test -e '" +
                                  (folder_ / "mended").string() + "'");
  const auto failed = checkouts_->Sealed(*motor_, head_, setup);
  ASSERT_FALSE(failed.has_value());
  EXPECT_THAT(failed.error().message, HasSubstr("exit status 1"));
  EXPECT_THAT(failed.error().message, HasSubstr("no such package"));
  EXPECT_THAT(failed.error().message, HasSubstr(".log"));
  folder_.Write("mended", "");
  AIOP_MOTORS_GET(const fs::path path, checkouts_->Sealed(*motor_, head_, setup));
  EXPECT_EQ(*file::Read(path.string() + ".log"), "out\nno such package\n");
  EXPECT_EQ(Runs(), 2);
}

TEST_F(CheckoutsTest, SlowSetupsAreEnded) {
  SetupSpec setup = SetupOf("exec sleep 600");
  setup.timeout = Milliseconds(200);
  AIOP_MOTORS_FAILS(checkouts_->Sealed(*motor_, head_, setup), Code::kTimeout, "longer than");
}

TEST_F(CheckoutsTest, DamageIsSeenAndRepaired) {
  const SetupSpec setup = SetupOf("mkdir node_modules; echo x > node_modules/a");
  AIOP_MOTORS_GET(const fs::path path, checkouts_->Sealed(*motor_, head_, setup));
  Tamper(path / "lib/rules.txt", "changed");
  AIOP_MOTORS_FAILS(checkouts_->Verify(path), Code::kConflict, "lib/rules.txt was changed");
  EXPECT_EQ(checkouts_->Sealed(*motor_, head_, setup), path);
  EXPECT_EQ(*file::Read(path / "lib/rules.txt"), *motor_->ReadFile(head_, "lib/rules.txt"));

  ASSERT_EQ(chmod((path / "lib").c_str(), 0755), 0);
  folder_.Write(fs::relative(path / "lib/more", folder_ / ".").string(), "x");
  ASSERT_EQ(chmod((path / "lib").c_str(), 0555), 0);
  AIOP_MOTORS_FAILS(checkouts_->Verify(path), Code::kConflict, "lib/more was added");
  EXPECT_EQ(checkouts_->Sealed(*motor_, head_, setup), path);

  ASSERT_EQ(chmod((path / "node_modules").c_str(), 0755), 0);
  fs::remove(path / "node_modules/a");
  ASSERT_EQ(chmod((path / "node_modules").c_str(), 0555), 0);
  AIOP_MOTORS_FAILS(checkouts_->Verify(path), Code::kConflict, "node_modules/a is gone");
  EXPECT_EQ(checkouts_->Sealed(*motor_, head_, setup), path);
  EXPECT_EQ(Runs(), 4);
}

TEST_F(CheckoutsTest, VerifyContentSeesWhatTimesHide) {
  AIOP_MOTORS_GET(const fs::path path, checkouts_->Sealed(*motor_, head_, {}));
  struct stat before{};
  ASSERT_EQ(stat((path / "motor.yaml").c_str(), &before), 0);
  std::string content = *file::Read(path / "motor.yaml");
  content[0] = 'N';
  Tamper(path / "motor.yaml", content);
  const timespec times[2] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(utimensat(AT_FDCWD, (path / "motor.yaml").c_str(), times, 0), 0);
  AIOP_MOTORS_OK(checkouts_->Verify(path));
  AIOP_MOTORS_FAILS(checkouts_->VerifyContent(path), Code::kConflict, "motor.yaml was changed");
}

TEST_F(CheckoutsTest, WhatACrashLeavesDoesNotCount) {
  AIOP_MOTORS_GET(const fs::path path, checkouts_->Sealed(*motor_, head_, SetupOf("true")));
  fs::remove(path.string() + ".sealed");  // killed before the record was written
  AIOP_MOTORS_OK(checkouts_->Sealed(*motor_, head_, SetupOf("true")));
  EXPECT_EQ(Runs(), 2);
  ASSERT_TRUE(file::Write(path.string() + ".sealed", "{\"version\":1}\ngarbage").has_value());
  AIOP_MOTORS_OK(checkouts_->Sealed(*motor_, head_, SetupOf("true")));
  EXPECT_EQ(Runs(), 3);
}

TEST_F(CheckoutsTest, ScratchIsWritableAndTakesInstalledModules) {
  const SetupSpec setup = SetupOf(
      "mkdir -p node_modules/.bin node_modules/a/node_modules/b; echo 1 > node_modules/a/x;"
      "echo 2 > node_modules/a/node_modules/b/y; ln -s ../a/x node_modules/.bin/a");
  AIOP_MOTORS_GET(const fs::path sealed, checkouts_->Sealed(*motor_, head_, setup));
  AIOP_MOTORS_GET(const std::string tree, motor_->WithFiles(head_, {{"lib/rules.txt", "new\n"}}));
  AIOP_MOTORS_OK(checkouts_->Scratch(*motor_, tree, folder_ / "scratch", setup));
  EXPECT_EQ(Runs(), 1) << "the same manifests: nothing to install";
  EXPECT_EQ(folder_.Read("scratch/lib/rules.txt"), "new\n");
  EXPECT_EQ(folder_.Read("scratch/node_modules/a/node_modules/b/y"), "2\n");
  EXPECT_EQ(fs::read_symlink(folder_ / "scratch/node_modules/.bin/a"), "../a/x");
  EXPECT_EQ(ModeOf(folder_ / "scratch/node_modules/a/x") & 0200, 0200u);
  folder_.Write("scratch/node_modules/a/x", "changed");
  AIOP_MOTORS_OK(checkouts_->VerifyContent(sealed));

  AIOP_MOTORS_GET(const std::string other, motor_->WithFiles(head_, {{"package.json", "{ }"}}));
  AIOP_MOTORS_OK(checkouts_->Scratch(*motor_, other, folder_ / "scratch2", setup));
  EXPECT_EQ(Runs(), 2) << "other manifests: installed anew";
  EXPECT_EQ(folder_.Read("scratch2/node_modules/a/x"), "1\n");
  AIOP_MOTORS_FAILS(checkouts_->Scratch(*motor_, tree, folder_ / "scratch", setup), Code::kInvalid,
                    "not empty");
}

TEST_F(CheckoutsTest, WhatOneSetUpInstalledServesEqualOnesOfOthersThroughASharedFolder) {
  SetupSpec setup = SetupOf("mkdir -p lib/node_modules node_modules/a; echo 1 > node_modules/a/x");
  setup.installed = folder_ / "installed";
  AIOP_MOTORS_GET(const fs::path first, checkouts_->Sealed(*motor_, head_, setup));
  folder_.Write("source/lib/rules.txt", "other rules, same packages\n");
  folder_.CommitAll("source", "rules");
  AIOP_MOTORS_OK(motor_->Fetch());
  AIOP_MOTORS_GET(const std::string second, motor_->Head());
  Checkouts others(folder_ / "other-checkouts");
  AIOP_MOTORS_GET(const fs::path path, others.Sealed(*motor_, second, setup));
  EXPECT_EQ(Runs(), 1);
  EXPECT_EQ(*file::Read(path / "node_modules/a/x"), "1\n");
  EXPECT_TRUE(fs::is_directory(path / "lib/node_modules"));
  EXPECT_EQ(*file::Read(path / "lib/rules.txt"), "other rules, same packages\n");
  AIOP_MOTORS_OK(others.VerifyContent(path));

  folder_.Write("source/package.json", R"({"dependencies": {}})");
  folder_.CommitAll("source", "other packages");
  AIOP_MOTORS_OK(motor_->Fetch());
  AIOP_MOTORS_GET(const std::string third, motor_->Head());
  AIOP_MOTORS_OK(others.Sealed(*motor_, third, setup));
  EXPECT_EQ(Runs(), 2) << "other manifests are set up anew";
}

TEST_F(CheckoutsTest, ASetUpThatMakesMoreThanModulesIsNotShared) {
  SetupSpec setup = SetupOf("mkdir node_modules dist; cp lib/rules.txt dist/");
  setup.installed = folder_ / "installed";
  AIOP_MOTORS_OK(checkouts_->Sealed(*motor_, head_, setup));
  Checkouts others(folder_ / "other-checkouts");
  AIOP_MOTORS_OK(others.Sealed(*motor_, head_, setup));
  EXPECT_EQ(Runs(), 2);
}

TEST_F(CheckoutsTest, ScratchRunsSetupsThatMakeMoreThanModules) {
  const SetupSpec setup = SetupOf("mkdir node_modules dist; cp lib/rules.txt dist/");
  AIOP_MOTORS_OK(checkouts_->Sealed(*motor_, head_, setup));
  AIOP_MOTORS_GET(const std::string tree, motor_->WithFiles(head_, {{"lib/rules.txt", "new\n"}}));
  AIOP_MOTORS_OK(checkouts_->Scratch(*motor_, tree, folder_ / "scratch", setup));
  EXPECT_EQ(folder_.Read("scratch/dist/rules.txt"), "new\n");
  EXPECT_EQ(Runs(), 2);
}

TEST(Seal, TextAndBack) {
  const Seal seal{
      "tree", "inputs", true, {{"a\nb%0A c", 0100444, 5, -7, "abc"}, {"d", 040555, 0, 0, ""}}};
  AIOP_MOTORS_GET(const Seal back, ParseSeal(SealText(seal)));
  EXPECT_EQ(back.tree, "tree");
  EXPECT_EQ(back.inputs, "inputs");
  EXPECT_TRUE(back.reusable);
  EXPECT_EQ(FirstDifference(seal.entries, back.entries, ScanDepth::kContent), "");
  EXPECT_EQ(back.entries[0].path, "a\nb%0A c");
  const std::string text = SealText(seal);
  EXPECT_FALSE(ParseSeal(text.substr(0, text.size() - 4)).has_value());
  EXPECT_FALSE(ParseSeal("").has_value());
}

}  // namespace
}  // namespace aiop::motors
