// SPDX-License-Identifier: Apache-2.0
//
// Where motors may come from, and that nothing but our own repository changes when they do.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "base/hash/hash.h"
#include "control/motors/checkout.h"
#include "control/motors/motors.h"
#include "control/motors/testing.h"

namespace aiop::motors {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::HasSubstr;

// Everything in a folder, to the byte and the time.
std::vector<DiskEntry> Everything(const fs::path& folder) {
  auto entries = Scan(folder, ScanDepth::kContent);
  EXPECT_TRUE(entries.has_value());
  return entries ? *entries : std::vector<DiskEntry>{};
}

TEST(Import, TakesAWorkTreeAndLeavesItAsItWas) {
  const MotorFolder folder;
  folder.MakeMotor("source");
  const std::string first = folder.Git("source", {"rev-parse", "HEAD"});
  folder.Git("source", {"tag", "v1.0.0"});
  folder.Write("source/lib/rules.txt", "not committed");
  folder.Write("source/untracked", "x");
  const auto before = Everything(folder / "source");

  AIOP_MOTORS_GET(Repository motor, Repository::Import(folder / "source", folder / "motor"));
  EXPECT_EQ(FirstDifference(before, Everything(folder / "source"), ScanDepth::kContent), "");
  EXPECT_EQ(motor.Head(), first);
  EXPECT_EQ(motor.DefaultBranch(), "main");
  EXPECT_EQ(motor.ReadRef("refs/heads/main"), first);
  EXPECT_EQ(motor.SourceText(), (folder / "source").string());
  EXPECT_THAT(*motor.ReadFile(first, "lib/rules.txt"), HasSubstr("one\n"));
  AIOP_MOTORS_GET(const auto tags, motor.Tags());
  ASSERT_EQ(tags.size(), 1u);
  EXPECT_EQ(tags[0].commit, first);
  EXPECT_TRUE(tags[0].upstream);

  AIOP_MOTORS_GET(Repository again, Repository::Open(folder / "motor"));
  EXPECT_EQ(again.Head(), first);
}

TEST(Import, ListsFilesWithTheirModes) {
  const MotorFolder folder;
  folder.MakeMotor("source");
  AIOP_MOTORS_GET(Repository motor, Repository::Import(folder / "source", folder / "motor"));
  AIOP_MOTORS_GET(const auto files, motor.ListFiles(*motor.Head()));
  ASSERT_EQ(files.size(), 4u);
  EXPECT_EQ(files[0].path, "bin/run");
  EXPECT_EQ(files[0].mode, 0100755u);
  EXPECT_EQ(files[1].path, "lib/rules.txt");
  EXPECT_EQ(files[2].path, "motor.yaml");
  EXPECT_EQ(files[3].path, "rules");
  EXPECT_EQ(files[3].mode, 0120000u);
  EXPECT_EQ(files[1].blob, folder.Git("source", {"rev-parse", "HEAD:lib/rules.txt"}));
}

TEST(Import, TakesBareRepositoriesBundlesAndFileUrls) {
  const MotorFolder folder;
  folder.MakeMotor("source");
  const std::string first = folder.Git("source", {"rev-parse", "HEAD"});
  folder.Git(".", {"clone", "--quiet", "--bare", "source", "bare.git"});
  folder.Git("source", {"bundle", "create", "../motor.bundle", "HEAD", "main"});
  int count = 0;
  for (const std::string& source :
       {(folder / "bare.git").string(), (folder / "motor.bundle").string(),
        "file://" + (folder / "source").string()}) {
    AIOP_MOTORS_GET(Repository motor,
                    Repository::Import(source, folder / ("motor" + std::to_string(++count))));
    EXPECT_EQ(motor.Head(), first) << source;
    AIOP_MOTORS_OK(motor.Fetch());
  }
}

TEST(Import, RefusesWhatIsNoMotor) {
  const MotorFolder folder;
  ASSERT_TRUE(file::MakeFolders(folder / "empty").has_value());
  ASSERT_TRUE(file::MakeFolders(folder / "unborn").has_value());
  folder.Git("unborn", {"init", "--quiet"});
  AIOP_MOTORS_FAILS(Repository::Import(folder / "nothing", folder / "m"), Code::kNotFound,
                    "there is no motor at");
  AIOP_MOTORS_FAILS(Repository::Import("--upload-pack=touch x", folder / "m"), Code::kInvalid,
                    "neither a path nor a URL");
  AIOP_MOTORS_FAILS(Repository::Import("ext::sh -c true", folder / "m"), Code::kNotFound,
                    "no http, https");
  AIOP_MOTORS_FAILS(Repository::Import(folder / "empty", folder / "m"), Code::kInvalid,
                    "has no files");
  AIOP_MOTORS_FAILS(Repository::Import(folder / "unborn", folder / "m"), Code::kInvalid,
                    "no commit");
  AIOP_MOTORS_FAILS(Repository::Open(folder / "m"), Code::kNotFound, "there is no motor");
  EXPECT_FALSE(fs::exists(folder / "m" / "repository.git.importing"));
}

TEST(Import, KeepsCredentialsOutOfMessages) {
  const MotorFolder folder;
  const auto refused =
      Repository::Import("http://user:hunter2@127.0.0.1:9/motor.git", folder / "motor");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_THAT(refused.error().message, testing::Not(HasSubstr("hunter2")));
}

TEST(Import, IsRepeatableAndKeepsToOneSource) {
  const MotorFolder folder;
  folder.MakeMotor("source");
  folder.MakeMotor("other");
  folder.Write("motor/repository.git.importing/HEAD", "debris of a killed import");
  AIOP_MOTORS_OK(Repository::Import(folder / "source", folder / "motor"));
  const std::string second = folder.CommitAll("source", "second");
  AIOP_MOTORS_GET(Repository motor, Repository::Import(folder / "source", folder / "motor"));
  EXPECT_EQ(motor.Head(), second);
  AIOP_MOTORS_FAILS(Repository::Import(folder / "other", folder / "motor"), Code::kConflict,
                    "already is the home");
}

TEST(Import, NeverRunsHooksNorSettingsOfTheSource) {
  const MotorFolder folder;
  folder.MakeMotor("source");
  const std::string script = "#!/bin/sh\ntouch " + (folder / "ran").string() + "\n";
  folder.Write("evil.sh", script, 0755);
  for (const char* hook : {"pre-receive", "post-checkout", "reference-transaction", "post-merge",
                           "pre-auto-gc", "post-rewrite", "fsmonitor-watchman"}) {
    folder.Write(std::string("source/.git/hooks/") + hook, script, 0755);
  }
  const std::string evil = (folder / "evil.sh").string();
  folder.Git("source", {"config", "core.fsmonitor", evil});
  folder.Git("source", {"config", "uploadpack.packObjectsHook", evil});
  folder.Git("source", {"config", "core.alternateRefsCommand", evil});
  folder.Git("source", {"config", "core.sshCommand", evil});
  AIOP_MOTORS_GET(Repository motor, Repository::Import(folder / "source", folder / "motor"));
  AIOP_MOTORS_OK(motor.Fetch());
  AIOP_MOTORS_OK(motor.MoveRef("refs/heads/x", std::nullopt, *motor.Head()));
  EXPECT_FALSE(fs::exists(folder / "ran"));
}

TEST(Import, IgnoresTheGitEnvironmentAroundIt) {
  const MotorFolder folder;
  folder.MakeMotor("source");
  setenv("GIT_DIR", "/nowhere", 1);
  setenv("GIT_OBJECT_DIRECTORY", "/nowhere", 1);
  const auto motor = Repository::Import(folder / "source", folder / "motor");
  unsetenv("GIT_DIR");
  unsetenv("GIT_OBJECT_DIRECTORY");
  ASSERT_TRUE(motor.has_value()) << motor.error().message;
}

TEST(Import, TakesADetachedHead) {
  const MotorFolder folder;
  folder.MakeMotor("source");
  const std::string first = folder.Git("source", {"rev-parse", "HEAD"});
  const std::string second = folder.CommitAll("source", "second");
  folder.Git("source", {"checkout", "--quiet", first});
  AIOP_MOTORS_GET(Repository motor, Repository::Import(folder / "source", folder / "motor"));
  EXPECT_EQ(motor.Head(), first);
  EXPECT_FALSE(motor.DefaultBranch().has_value());
  folder.Git("source", {"checkout", "--quiet", "main"});
  AIOP_MOTORS_OK(motor.Fetch());
  EXPECT_EQ(motor.Head(), second);
  EXPECT_EQ(motor.DefaultBranch(), "main");
}

TEST(Import, TakesRepositoriesThatLibgit2CannotOpen) {
  const MotorFolder folder;
  folder.MakeMotor("worktrees");
  folder.Git("worktrees", {"config", "extensions.worktreeConfig", "true"});
  AIOP_MOTORS_OK(Repository::Import(folder / "worktrees", folder / "motor1"));

  folder.Git("worktrees", {"config", "uploadpack.allowFilter", "true"});
  folder.Git(".", {"clone", "--quiet", "--filter=blob:none", "--no-checkout",
                   "file://" + (folder / "worktrees").string(), "partial"});
  AIOP_MOTORS_GET(Repository partial, Repository::Import(folder / "partial", folder / "motor2"));
  EXPECT_TRUE(partial.ContentHash(*partial.Head()).has_value());

  folder.Git("worktrees", {"worktree", "add", "--quiet", "../linked", "-b", "linked"});
  AIOP_MOTORS_GET(Repository linked, Repository::Import(folder / "linked", folder / "motor3"));
  EXPECT_EQ(linked.DefaultBranch(), "linked");
}

TEST(Import, TakesARepositoryOfAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const MotorFolder folder;
  folder.MakeMotor("source");
  for (const auto& entry : fs::recursive_directory_iterator(folder / "source")) {
    ASSERT_EQ(lchown(entry.path().c_str(), 65534, 65534), 0);
  }
  ASSERT_EQ(lchown((folder / "source").c_str(), 65534, 65534), 0);
  AIOP_MOTORS_GET(Repository motor, Repository::Import(folder / "source", folder / "motor"));
  AIOP_MOTORS_OK(motor.Fetch());
}

TEST(Import, ConvertsSha256AndShallowRepositories) {
  const MotorFolder folder;
  folder.MakeMotor("long", {"--object-format=sha256"});
  folder.Git("long", {"tag", "-a", "-m", "annotated", "v1.0.0"});
  folder.MakeMotor("plain");
  folder.CommitAll("plain", "second");
  folder.Git(".",
             {"clone", "--quiet", "--depth=1", "file://" + (folder / "plain").string(), "shallow"});
  for (const char* source : {"long", "shallow"}) {
    const fs::path home = folder / (std::string("motor-") + source);
    AIOP_MOTORS_GET(Repository motor, Repository::Import(folder / source, home));
    AIOP_MOTORS_GET(const std::string head, motor.Head());
    EXPECT_EQ(motor.ReadFile(head, "motor.yaml"), folder.Read(std::string(source) + "/motor.yaml"));
    folder.Write(std::string(source) + "/motor.yaml", "changed");
    folder.Git(source, {"commit", "--quiet", "-am", "next"});
    AIOP_MOTORS_OK(motor.Fetch());
    AIOP_MOTORS_GET(const std::string next, motor.Head());
    EXPECT_EQ(motor.ReadFile(next, "motor.yaml"), "changed");
    EXPECT_EQ(motor.IsAncestor(head, next), true) << "ids of old commits stay the same";
    AIOP_MOTORS_FAILS(motor.Push({{"refs/heads/main", "refs/heads/x"}}), Code::kInvalid,
                      "cannot be pushed to");
  }
  AIOP_MOTORS_GET(Repository converted, Repository::Open(folder / "motor-long"));
  AIOP_MOTORS_GET(const auto tags, converted.Tags());
  ASSERT_EQ(tags.size(), 1u);
  EXPECT_EQ(tags[0].name, "v1.0.0");
}

TEST(PlainFolder, BecomesACommitAndItsChangesTheNext) {
  const MotorFolder folder;
  folder.Write("source/motor.yaml", "name: plain\n");
  folder.Write("source/dir/run \"it\"", "#!/bin/sh\n", 0755);
  folder.Write("source/node_modules/left-out/index.js", "x");
  folder.Write("source/.gitignore", "*.log\n");
  folder.Write("source/kept.log", "in");
  const auto before = Everything(folder / "source");
  AIOP_MOTORS_GET(Repository motor, Repository::Import(folder / "source", folder / "motor"));
  EXPECT_EQ(FirstDifference(before, Everything(folder / "source"), ScanDepth::kContent), "");
  AIOP_MOTORS_GET(const std::string first, motor.Head());
  AIOP_MOTORS_GET(const auto files, motor.ListFiles(first));
  std::vector<std::string> paths;
  for (const FileEntry& file : files) paths.push_back(file.path);
  EXPECT_THAT(paths, ElementsAre(".gitignore", "dir/run \"it\"", "kept.log", "motor.yaml"));
  EXPECT_EQ(files[1].mode, 0100755u);

  AIOP_MOTORS_OK(motor.Fetch());
  EXPECT_EQ(motor.Head(), first) << "nothing changed";
  folder.Write("source/motor.yaml", "name: changed\n");
  fs::remove(folder / "source" / "kept.log");
  AIOP_MOTORS_OK(motor.Fetch());
  AIOP_MOTORS_GET(const std::string second, motor.Head());
  EXPECT_EQ(motor.IsAncestor(first, second), true);
  EXPECT_THAT(*motor.ChangedPaths(first, second), ElementsAre("kept.log", "motor.yaml"));
  EXPECT_EQ(motor.ReadRef("refs/heads/main"), first) << "the promoted line is only ours to move";
}

TEST(PlainFolder, SameContentHasTheSameIdAnywhere) {
  const MotorFolder folder;
  folder.Write("a/motor.yaml", "name: plain\n");
  folder.Write("b/motor.yaml", "name: plain\n");
  AIOP_MOTORS_GET(Repository a, Repository::Import(folder / "a", folder / "motor-a"));
  AIOP_MOTORS_GET(Repository b, Repository::Import(folder / "b", folder / "motor-b"));
  EXPECT_EQ(*a.Head(), *b.Head());
}

TEST(PlainFolder, MayLieInsideAnotherRepository) {
  const MotorFolder folder;
  folder.MakeMotor("outer");
  folder.Write("outer/motors/inner/motor.yaml", "name: inner\n");
  AIOP_MOTORS_GET(Repository motor,
                  Repository::Import(folder / "outer/motors/inner", folder / "motor"));
  AIOP_MOTORS_GET(const auto files, motor.ListFiles(*motor.Head()));
  EXPECT_EQ(files.size(), 1u);
}

TEST(PlainFolder, RefusesSpecialFilesAndLinksOut) {
  const MotorFolder folder;
  folder.Write("pipes/motor.yaml", "x");
  ASSERT_EQ(mkfifo((folder / "pipes" / "pipe").c_str(), 0600), 0);
  AIOP_MOTORS_FAILS(Repository::Import(folder / "pipes", folder / "m"), Code::kInvalid, "pipe");
  folder.Write("links/motor.yaml", "x");
  fs::create_symlink("/etc/passwd", folder / "links" / "out");
  AIOP_MOTORS_FAILS(Repository::Import(folder / "links", folder / "m"), Code::kInvalid,
                    "out is a symbolic link that leads out");
}

}  // namespace
}  // namespace aiop::motors
