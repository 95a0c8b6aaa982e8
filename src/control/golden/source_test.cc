// SPDX-License-Identifier: Apache-2.0
#include "control/golden/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file/file.h"
#include "base/process/process.h"
#include "base/process/testing.h"

namespace aiop::golden {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class SourceTest : public testing::Test {
 protected:
  void SetUp() override {
    static int count = 0;
    folder_ = fs::temp_directory_path() /
              ("aiop-golden-source-" + std::to_string(getpid()) + "-" + std::to_string(count++));
  }
  void TearDown() override { ASSERT_TRUE(file::RemoveTree(folder_).has_value()); }

  std::string Git(std::vector<std::string> arguments) const {
    process::Command command{.argv = {"git"},
                             .folder = folder_ / "motor.git",
                             .environment = process::CleanEnvironment(folder_)};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    const auto output = process::Run(command, "", Milliseconds{20'000}, 1 << 20);
    EXPECT_TRUE(output.has_value() && output->ok());
    return output ? output->out : "";
  }
  void Write(const std::string& path, const std::string& text, int mode = 0644) const {
    ASSERT_TRUE(file::MakeFolders((folder_ / path).parent_path()).has_value());
    ASSERT_TRUE(file::Write(folder_ / path, text, mode).has_value());
  }
  Result<Source> Make() const {
    Write("motor/motor.yaml", "name: m\nversion: 1.0.0\n");
    Write("motor/run.sh", "#!/bin/sh\necho a\n", 0755);
    return Source::Create(folder_ / "motor.git", folder_);
  }

  fs::path folder_;
};

TEST_F(SourceTest, ReleasesAreTaggedAndBranchesHangOnMain) {
  auto source = Make();
  ASSERT_TRUE(source.has_value()) << source.error().message;
  const Status released =
      source->Release({.version = "1.0.1",
                       .message = "echo b",
                       .edits = {.folder = "",
                                 .replace = {{"run.sh", {{"echo a", "echo b"}}}},
                                 .files = {{"new.txt", "new\n"}}}});
  ASSERT_TRUE(released.has_value()) << released.error().message;
  ASSERT_TRUE(source
                  ->Branch({.name = "fix/c",
                            .message = "",
                            .edits = {.folder = "",
                                      .replace = {{"run.sh", {{"echo b", "echo c"}}}},
                                      .files = {{"new.txt", std::nullopt}}}})
                  .has_value());
  EXPECT_EQ(Git({"tag"}), "v1.0.0\nv1.0.1\n");
  EXPECT_EQ(Git({"show", "v1.0.0:run.sh"}), "#!/bin/sh\necho a\n");
  EXPECT_EQ(Git({"show", "main:run.sh"}), "#!/bin/sh\necho b\n");
  EXPECT_THAT(Git({"show", "main:motor.yaml"}), HasSubstr("version: 1.0.1"));
  EXPECT_EQ(Git({"show", "fix/c:run.sh"}), "#!/bin/sh\necho c\n");
  EXPECT_EQ(Git({"ls-tree", "--name-only", "fix/c"}), "motor.yaml\nrun.sh\n");
  EXPECT_EQ(Git({"merge-base", "main", "fix/c"}), Git({"rev-parse", "main"}));
  EXPECT_THAT(Git({"ls-tree", "main", "run.sh"}), HasSubstr("100755"));
}

TEST_F(SourceTest, FilesOfAFolderOfThePlantComeFirstAndABranchKeepsTheVersion) {
  auto source = Make();
  ASSERT_TRUE(source.has_value()) << source.error().message;
  Write("versions/2/run.sh", "#!/bin/sh\necho 2\n", 0755);
  Write("versions/2/motor.yaml", "name: m\nversion: 1.0.0\ntimeout_ms: 5\n");
  const Edits edits{.folder = "versions/2", .replace = {{"run.sh", {{"echo 2", "echo two"}}}}};
  ASSERT_TRUE(source->Release({.version = "1.1.0", .message = "", .edits = {}}).has_value());
  ASSERT_TRUE(source->Branch({.name = "up/2", .message = "", .edits = edits}).has_value());
  EXPECT_EQ(Git({"show", "up/2:run.sh"}), "#!/bin/sh\necho two\n");
  EXPECT_EQ(Git({"show", "up/2:motor.yaml"}), "name: m\nversion: 1.1.0\ntimeout_ms: 5\n");
  ASSERT_TRUE(source->Release({.version = "1.2.0", .message = "", .edits = edits}).has_value());
  EXPECT_EQ(Git({"show", "main:motor.yaml"}), "name: m\nversion: 1.2.0\ntimeout_ms: 5\n");
}

TEST_F(SourceTest, AnEditThatDoesNotFitIsAMistake) {
  auto source = Make();
  ASSERT_TRUE(source.has_value()) << source.error().message;
  const auto branch = [&](const Edits& edits) {
    const Status done = source->Branch({.name = "fix/x", .message = "", .edits = edits});
    return done ? std::string() : done.error().message;
  };
  EXPECT_THAT(branch({.folder = "", .replace = {{"run.sh", {{"echo z", "x"}}}}, .files = {}}),
              HasSubstr("does not contain"));
  EXPECT_THAT(branch({.folder = "", .replace = {{"none.sh", {{"a", "b"}}}}, .files = {}}),
              HasSubstr("no such file"));
  EXPECT_THAT(branch({.folder = "", .replace = {}, .files = {{"none.sh", std::nullopt}}}),
              HasSubstr("no such file to delete"));
}

TEST(ReplacedTest, EveryOccurrenceIsReplacedOnce) {
  EXPECT_EQ(Replaced("a-a-b", {{"a", "aa"}}, "text"), "aa-aa-b");
  EXPECT_EQ(Replaced("one", {{"one", "two"}, {"two", "three"}}, "text"), "three");
}

}  // namespace
}  // namespace aiop::golden
