// SPDX-License-Identifier: Apache-2.0
//
// Motors for tests: real git repositories made with the git program in a temporary folder.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/file/file.h"
#include "base/process/process.h"
#include "base/process/testing.h"

namespace aiop::motors {

// A folder that goes away, and what tests do to repositories in it.
class MotorFolder {
 public:
  MotorFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "aiop-motors-XXXXXX").string();
    AIOP_CHECK(mkdtemp(name.data()) != nullptr);
    path_ = std::filesystem::canonical(name);
  }
  MotorFolder(const MotorFolder&) = delete;
  ~MotorFolder() { static_cast<void>(file::RemoveTree(path_)); }

  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  // Runs git in a folder below and returns what it printed, without the last line feed.
  std::string Git(std::string_view folder, const std::vector<std::string>& arguments,
                  std::string_view input = {}) const {
    process::Command command{.argv = {"git"}, .folder = path_ / folder};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    command.environment = process::CleanEnvironment(path_);
    command.environment.insert({{"GIT_CONFIG_NOSYSTEM", "1"},
                                {"GIT_TEST_FSYNC", "0"},  // what tests make need not last
                                {"GIT_AUTHOR_NAME", "Ada"},
                                {"GIT_AUTHOR_EMAIL", "ada@example.org"},
                                {"GIT_COMMITTER_NAME", "Ada"},
                                {"GIT_COMMITTER_EMAIL", "ada@example.org"},
                                {"GIT_AUTHOR_DATE", "1700000000 +0000"},
                                {"GIT_COMMITTER_DATE", "1700000000 +0000"}});
    const auto output = process::Run(command, input, Milliseconds(60'000), size_t{1} << 24);
    EXPECT_TRUE(output.has_value()) << output.error().message;
    if (!output) return "";
    EXPECT_TRUE(output->ok()) << arguments[0] << ": " << output->err;
    std::string text = output->out;
    if (text.ends_with('\n')) text.pop_back();
    return text;
  }

  void Write(std::string_view name, std::string_view content, unsigned mode = 0644) const {
    ASSERT_TRUE(file::MakeFolders((path_ / name).parent_path()).has_value());
    ASSERT_TRUE(file::Write(path_ / name, content, mode).has_value());
  }

  std::string Read(std::string_view name) const {
    const auto content = file::Read(path_ / name);
    return content ? *content : "(" + content.error().message + ")";
  }

  // A work tree `name` on branch main with one commit: motor.yaml, lib/rules.txt, an executable and
  // a link.
  void MakeMotor(std::string_view name, const std::vector<std::string>& options = {}) const {
    const std::string folder(name);
    ASSERT_TRUE(file::MakeFolders(path_ / folder).has_value());
    std::vector<std::string> init = {"init", "--quiet", "--initial-branch=main"};
    init.insert(init.end(), options.begin(), options.end());
    Git(folder, init);
    Write(folder + "/motor.yaml", "name: demo\nversion: 1.0.0\nrun: [\"true\"]\n");
    Write(folder + "/lib/rules.txt", "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n");
    Write(folder + "/bin/run", "#!/bin/sh\nexit 0\n", 0755);
    std::filesystem::create_symlink("lib/rules.txt", path_ / folder / "rules");
    CommitAll(folder, "first");
  }

  // Commits the work tree as it is and returns the commit.
  std::string CommitAll(const std::string& folder, const std::string& message) const {
    Git(folder, {"add", "--all", "--force"});
    Git(folder, {"commit", "--quiet", "--allow-empty", "-m", message});
    return Git(folder, {"rev-parse", "HEAD"});
  }

 private:
  std::filesystem::path path_;
};

}  // namespace aiop::motors

// The value of a Result that must be there; the test fails and ends otherwise.
#define AIOP_MOTORS_GET_INNER(temporary, declaration, expression)  \
  auto temporary = (expression);                                   \
  ASSERT_TRUE(temporary.has_value()) << temporary.error().message; \
  declaration = *std::move(temporary)
#define AIOP_MOTORS_GET(declaration, expression) \
  AIOP_MOTORS_GET_INNER(AIOP_CONCAT(got_, __COUNTER__), declaration, expression)
#define AIOP_MOTORS_OK(expression)                         \
  do {                                                     \
    const auto done = (expression);                        \
    ASSERT_TRUE(done.has_value()) << done.error().message; \
  } while (false)
#define AIOP_MOTORS_FAILS(expression, expected_code, part)                               \
  do {                                                                                   \
    const auto refused = (expression);                                                   \
    ASSERT_FALSE(refused.has_value());                                                   \
    EXPECT_EQ(int(refused.error().code), int(expected_code)) << refused.error().message; \
    EXPECT_THAT(refused.error().message, testing::HasSubstr(part));                      \
  } while (false)
