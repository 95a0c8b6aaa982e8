// SPDX-License-Identifier: Apache-2.0
//
// Kills a process at each durable write of a motor's life, does it all again in the same folder,
// and expects what an undisturbed run gives.
#include <gtest/gtest.h>

#include "control/motors/motors.h"
#include "control/motors/testing.h"

namespace aiop::motors {
namespace {

constexpr char kFolderVariable[] = "MOTORS_TEST_FOLDER";
constexpr int kMostPoints = 60;

const Author kAuthor{"aiop", "aiop@localhost"};
const Timestamp kTime{std::chrono::seconds(1'700'000'500)};

// What the killed process does; started by the test below only. Prints the id of the promoted
// commit.
TEST(CrashDeathTest, DISABLED_LifeOfAMotor) {
  const std::filesystem::path folder = std::getenv(kFolderVariable);
  AIOP_MOTORS_GET(Repository motor, Repository::Import(folder / "source", folder / "motor"));
  AIOP_MOTORS_GET(const std::string head, motor.Head());
  AIOP_MOTORS_GET(const std::string tree, motor.WithFiles(head, {{"fix.txt", "fixed\n"}}));
  AIOP_MOTORS_GET(const std::string commit, motor.Commit(tree, {head}, kAuthor, kTime, "fix"));
  AIOP_MOTORS_OK(motor.MoveRef("refs/heads/main", head, commit));
  AIOP_MOTORS_OK(motor.Tag("v1.0.1", commit, "Release", kAuthor, kTime));
  Checkouts checkouts(folder / "checkouts");
  AIOP_MOTORS_GET(const auto path, checkouts.Sealed(motor, commit,
                                                    {.argv = {"sh", "-c", "echo x > made"},
                                                     .timeout = Milliseconds(20'000),
                                                     .home_folder = folder / "home"}));
  AIOP_MOTORS_OK(checkouts.VerifyContent(path));
  std::printf("promoted %s\n", commit.c_str());
}

std::string PromotedIn(const std::string& output) {
  const size_t at = output.find("promoted ");
  return at == std::string::npos ? output : output.substr(at, output.find('\n', at) - at);
}

process::Output LiveIn(const std::filesystem::path& folder, int crash_at) {
  process::Command command{.argv = {std::filesystem::read_symlink("/proc/self/exe"),
                                    "--gtest_filter=CrashDeathTest.DISABLED_LifeOfAMotor",
                                    "--gtest_also_run_disabled_tests", "--gtest_brief=1"},
                           .folder = folder,
                           .environment = process::CleanEnvironment(folder)};
  command.environment[kFolderVariable] = folder.string();
  if (crash_at > 0) command.environment["AIOP_CRASH_AT"] = std::to_string(crash_at);
  auto output = process::Run(command, "", Milliseconds(60'000), size_t{1} << 20);
  EXPECT_TRUE(output.has_value());
  return output ? *output : process::Output{};
}

TEST(CrashDeathTest, NothingIsLostWhereverItIsKilled) {
  const MotorFolder folder;
  folder.MakeMotor("origin");
  folder.Git("origin", {"tag", "v1.0.0"});
  int crash_at = 1;
  std::string promoted;
  for (bool killed = true; killed; ++crash_at) {
    ASSERT_LT(crash_at, kMostPoints);
    const std::string name = "life" + std::to_string(crash_at);
    ASSERT_TRUE(file::MakeFolders(folder / name).has_value());
    folder.Git(".", {"clone", "--quiet", "origin", name + "/source"});
    killed = LiveIn(folder / name, crash_at).exit.signal == 9;
    const auto output = LiveIn(folder / name, 0);
    ASSERT_TRUE(output.ok()) << "killed at " << crash_at << ": " << output.out << output.err;
    if (promoted.empty()) promoted = PromotedIn(output.out);
    ASSERT_EQ(PromotedIn(output.out), promoted) << "killed at " << crash_at;
  }
  EXPECT_TRUE(promoted.starts_with("promoted ")) << promoted;
  EXPECT_GT(crash_at, 8) << "the points must have been there";
}

}  // namespace
}  // namespace aiop::motors
