// SPDX-License-Identifier: Apache-2.0
#include "base/process/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/file/file.h"
#include "base/process/testing.h"

namespace aiop::process {
namespace {

using testing::HasSubstr;

constexpr Milliseconds kPatience{20000};
constexpr size_t kOutputLimit = 1 << 20;

Command Shell(const std::string& script) {
  return {.argv = {"bash", "-c", script},
          .folder = testing::TempDir(),
          .environment = {{"PATH", "/usr/bin:/bin"}}};
}

Output MustRun(const Command& command, std::string_view input = "") {
  auto output = process::Run(command, input, kPatience, kOutputLimit);
  EXPECT_TRUE(output.has_value()) << output.error().message;
  return output.value_or(Output{});
}

TEST(Run, CollectsStreamsAndStatus) {
  const Output output = MustRun(Shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(output.out, "out\n");
  EXPECT_EQ(output.err, "err\n");
  EXPECT_EQ(output.exit.Describe(), "exit status 3");
  EXPECT_FALSE(output.ok());
  EXPECT_FALSE(output.exit.killed_by_us);
}

TEST(Run, NamesTheSignalOfACrash) {
  const Output output = MustRun(Shell("kill -SEGV $$"));
  EXPECT_EQ(output.exit.signal, SIGSEGV);
  EXPECT_EQ(output.exit.Describe(), "killed by signal 11 (Segmentation fault)");
}

TEST(Run, FeedsMoreThanAPipeHolds) {
  const std::string input(3 << 20, 'x');
  const auto output = process::Run(Shell("cat"), input, kPatience, input.size());
  ASSERT_TRUE(output.has_value());
  EXPECT_EQ(output->out, input);
  EXPECT_FALSE(output->truncated);
}

TEST(Run, AProgramNeedNotReadItsInput) {
  EXPECT_TRUE(MustRun(Shell("exit 0"), std::string(1 << 20, 'x')).ok());
}

TEST(Run, KeepsNoMoreThanTheLimit) {
  const auto output =
      process::Run(Shell("head -c 3000000 /dev/zero; echo e >&2"), "", kPatience, 1000);
  ASSERT_TRUE(output.has_value());
  EXPECT_EQ(output->out, std::string(1000, '\0'));
  EXPECT_EQ(output->err, "e\n");
  EXPECT_TRUE(output->truncated);
  EXPECT_TRUE(output->exit.ok());
}

TEST(Run, EndsWhatTakesTooLong) {
  const auto output =
      process::Run(Shell("echo first; sleep 1000"), "", Milliseconds(200), kOutputLimit);
  ASSERT_TRUE(output.has_value());
  EXPECT_TRUE(output->timed_out);
  EXPECT_FALSE(output->ok());
  EXPECT_EQ(output->out, "first\n");
  EXPECT_EQ(output->exit.ending, Ending::kTerminated);
  EXPECT_LT(output->exit.wall, Milliseconds(1200));
}

TEST(Run, DoesNotWaitForAStreamThatADescendantKeepsOpen) {
  const Output output = MustRun(Shell("setsid sleep 1000 & echo done"));
  EXPECT_TRUE(output.ok());
  EXPECT_EQ(output.out, "done\n");
  EXPECT_LT(output.exit.wall, Milliseconds(1000));
}

TEST(Run, MeasuresDescendantsToo) {
  const Output output = MustRun(Shell("(i=0; while ((i < 200000)); do ((++i)); done); exit 0"));
  EXPECT_GT(output.exit.user, std::chrono::milliseconds(50));
  EXPECT_GT(output.exit.max_rss_bytes, 1u << 20);
}

TEST(Run, ServesManyThreads) {
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&good, thread] {
      for (int turn = 0; turn < 5; ++turn) {
        const std::string text = std::to_string(thread) + "." + std::to_string(turn);
        good += MustRun(Shell("cat; echo ."), text).out == text + ".\n";
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 40);
}

TEST(Start, InheritsNothing) {
  ASSERT_EQ(setenv("SECRET_OF_THE_TEST", "1", 1), 0);
  const int stray = open("/etc/passwd", O_RDONLY);  // not close-on-exec
  ASSERT_GE(stray, 0);
  Command command = Shell("ls /proc/self/fd | wc -l; env | sort | cut -d= -f1 | tr '\\n' ' '; pwd");
  command.folder = "/usr";
  command.environment["GIVEN"] = "1";
  const Output output = MustRun(command);
  close(stray);
  // ls itself opens the fourth, the folder it lists.
  EXPECT_EQ(output.out, "4\nAIOP_ATTEMPT GIVEN PATH PWD SHLVL _ /usr\n");
}

TEST(Start, KeeperHoldsOnlyWhatItNeeds) {
  const auto child = Child::Start(Shell("sleep 1000"));
  ASSERT_TRUE(child.has_value()) << child.error().message;
  const std::string folder = "/proc/" + std::to_string((*child)->keeper()) + "/fd";
  int links = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string target = std::filesystem::read_symlink(entry.path()).string();
    ++links;
    EXPECT_TRUE(target == "/dev/null" || target.starts_with("socket:") ||
                target.starts_with("anon_inode:"))
        << target;
  }
  EXPECT_EQ(links, 6);  // three times /dev/null, the socket, signals, timer
}

TEST(Start, SaysWhichProgramCannotRun) {
  const auto fails = [](const Command& command) {
    const auto child = Child::Start(command);
    EXPECT_FALSE(child.has_value());
    return child.has_value() ? Error{} : child.error();
  };
  Command command = Shell("");
  command.argv = {"no-such-program"};
  EXPECT_EQ(fails(command).code, Code::kNotFound);
  EXPECT_THAT(fails(command).message, HasSubstr("no-such-program"));
  command.argv = {"/nonexistent/program"};
  EXPECT_EQ(fails(command).code, Code::kNotFound);
  EXPECT_THAT(fails(command).message, HasSubstr("/nonexistent/program: No such file"));
  command.argv = {"/etc/passwd"};
  EXPECT_EQ(fails(command).code, Code::kForbidden);
  EXPECT_THAT(fails(command).message, HasSubstr("/etc/passwd: Permission denied"));
  const std::string script = testing::TempDir() + "/script-without-interpreter";
  ASSERT_TRUE(file::Write(script, "#!/nonexistent/interpreter\n", 0755).has_value());
  command.argv = {script};
  EXPECT_THAT(fails(command).message, HasSubstr("the interpreter it names does not exist"));
  command = Shell("");
  command.folder = "/nonexistent";
  EXPECT_THAT(fails(command).message, HasSubstr("in folder /nonexistent"));
  command.argv = {};
  EXPECT_EQ(fails(command).code, Code::kInvalid);
}

TEST(Start, SetsLimits) {
  Command command = Shell("ulimit -n; ulimit -c; ulimit -f; dd if=/dev/zero of=big bs=64k count=4");
  command.limits = {.file_size_bytes = 65536, .open_files = 33};
  const Output output = MustRun(command);
  EXPECT_THAT(output.out, HasSubstr("33\n0\n64\n"));
  EXPECT_EQ(std::filesystem::file_size(std::filesystem::path(testing::TempDir()) / "big"), 65536u);
  command = Shell("while :; do :; done");
  command.limits.cpu_seconds = 1;
  EXPECT_EQ(MustRun(command).exit.signal, SIGKILL);
}

TEST(Watch, EndsAtTheTimeLimit) {
  Command command = Shell("trap '' TERM; sleep 1000; sleep 1000");
  command.watch.wall = Milliseconds(100);
  const Output output = MustRun(command);
  EXPECT_EQ(output.exit.ending, Ending::kWallLimit);
  EXPECT_EQ(output.exit.Describe(), "ended by AI Operator: time limit passed");
  EXPECT_LT(output.exit.wall, Milliseconds(1000));
}

TEST(Watch, EndsAtTheMemoryLimitOfAllTogether) {
  Command command = Shell(
      "hog() { perl -e '$x = \"x\" x 30_000_000; sleep 1000' & }\n"
      "hog; hog; hog; wait");
  command.watch.memory_bytes = 70'000'000;
  EXPECT_EQ(MustRun(command).exit.ending, Ending::kMemoryLimit);
}

TEST(Watch, EndsAForkBomb) {
  Command command = Shell("bomb() { bomb | bomb & }; bomb; sleep 1000");
  command.watch.processes = 100;
  const Output output = MustRun(command);
  EXPECT_EQ(output.exit.ending, Ending::kProcessLimit);
  EXPECT_LT(output.exit.wall, Milliseconds(10000));
}

TEST(CleanEnvironment, HasOnlyWhatProgramsNeed) {
  ASSERT_EQ(setenv("https_proxy", "http://proxy.example:3128", 1), 0);
  ASSERT_EQ(setenv("AIOP_PLANT_KEY", "k", 1), 0);
  ASSERT_EQ(setenv("AIOP_CRASH_AT", "999999", 1), 0);
  ASSERT_EQ(setenv("AIOP_HOME", "/h", 1), 0);
  ASSERT_EQ(setenv("AIOP_STORE", "s", 1), 0);
  ASSERT_EQ(setenv("AIOP_ATTEMPT", "a", 1), 0);
  ASSERT_EQ(setenv("AIOP_TOKEN", "t", 1), 0);
  ASSERT_EQ(setenv("SECRET_OF_THE_TEST", "1", 1), 0);
  const auto environment = CleanEnvironment("/tmp/some-home");
  EXPECT_EQ(environment.at("HOME"), "/tmp/some-home");
  EXPECT_EQ(environment.at("LANG"), "C.UTF-8");
  EXPECT_EQ(environment.at("TZ"), "UTC");
  EXPECT_TRUE(environment.contains("PATH"));
  EXPECT_TRUE(environment.contains("TMPDIR"));
  EXPECT_EQ(environment.at("https_proxy"), "http://proxy.example:3128");
  EXPECT_EQ(environment.at("AIOP_PLANT_KEY"), "k");
  for (const char* name : {"AIOP_CRASH_AT", "AIOP_HOME", "AIOP_STORE", "AIOP_ATTEMPT", "AIOP_TOKEN",
                           "SECRET_OF_THE_TEST"}) {
    EXPECT_FALSE(environment.contains(name)) << name;
    unsetenv(name);
  }
}

TEST(FindProgram, LooksInAbsoluteFoldersOnly) {
  EXPECT_EQ(FindProgram("sh", "relative:/nonexistent:/bin:/usr/bin").value(), "/bin/sh");
  EXPECT_FALSE(FindProgram("sh", "").has_value());
  EXPECT_FALSE(FindProgram("", "/bin").has_value());
  EXPECT_FALSE(FindProgram("passwd", "/etc").has_value());
  EXPECT_FALSE(FindProgram("bin", "/usr").has_value());
}

}  // namespace
}  // namespace aiop::process
