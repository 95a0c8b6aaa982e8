// SPDX-License-Identifier: Apache-2.0
//
// Every way a program can leave processes behind, against every way a run can end.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "base/file/file.h"
#include "base/process/process.h"
#include "base/process/testing.h"

namespace aiop::process {
namespace {

using Steady = std::chrono::steady_clock;

constexpr Milliseconds kSoon{1000};
constexpr Milliseconds kPatience{20000};

// Six kinds of children, one without our environment, one deaf to SIGTERM. Each says its process
// id.
constexpr const char* kFamily = R"(
sleep 1000 & echo $!
timeout 1000 sleep 1000 & echo $!
setsid sleep 1000 & echo $!
( ( setsid bash -c 'sleep 1000 & echo $!; exit' & ) & )
bash -c 'set -m; sleep 1000 & echo $!; sleep 1000 & echo $!; disown -a; exit'
nohup sleep 1000 >/dev/null 2>&1 & echo $!; disown
setsid env -i sleep 1000 & echo $!
bash -c 'trap "" TERM; setsid sleep 1000; sleep 1000' & echo $!
)";
constexpr int kFamilySize = 9;

bool IsGone(pid_t pid) { return kill(pid, 0) != 0 && errno == ESRCH; }

// Gone, or only waiting for the machine's init to collect it.
bool IsDead(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("State:")) return line.contains('Z') || line.contains('X');
  }
  return true;
}

// Reads whole lines until `count` have come; fails the test if they do not.
std::vector<std::string> ReadLines(int fd, size_t count) {
  std::vector<std::string> lines;
  std::string line;
  const auto deadline = Steady::now() + kPatience;
  while (lines.size() < count && Steady::now() < deadline) {
    pollfd stream{fd, POLLIN, 0};
    if (poll(&stream, 1, 100) <= 0) continue;
    char byte = 0;
    if (read(fd, &byte, 1) != 1) break;
    if (byte != '\n') {
      line += byte;
      continue;
    }
    lines.push_back(line);
    line.clear();
  }
  EXPECT_EQ(lines.size(), count);
  return lines;
}

std::vector<pid_t> Numbers(const std::vector<std::string>& lines) {
  std::vector<pid_t> numbers;
  for (const std::string& line : lines) {
    numbers.push_back(pid_t(std::stol(line)));
    EXPECT_GT(numbers.back(), 1);
  }
  return numbers;
}

void ExpectAllGone(const std::vector<pid_t>& pids) {
  for (const pid_t pid : pids) EXPECT_TRUE(IsGone(pid)) << "process " << pid << " survived";
}

std::string LockFile() { return testing::TempDir() + "/lock-" + std::to_string(getpid()); }

class Family : public testing::Test {
 protected:
  void Raise(const std::string& last_words, KeeperOptions options = {.grace = Milliseconds(100)}) {
    auto child = Child::Start({.argv = {"bash", "-c", kFamily + last_words},
                               .folder = "/",
                               .environment = {{"PATH", "/usr/bin:/bin"}},
                               .lock_file = LockFile()},
                              options);
    ASSERT_TRUE(child.has_value()) << child.error().message;
    child_ = *std::move(child);
    pids_ = Numbers(ReadLines(child_->output(), kFamilySize));
    began_ = Steady::now();
  }

  Exit ExpectEnd(Ending ending) {
    const auto exit = child_->Wait(kPatience);
    EXPECT_LT(Steady::now() - began_, kSoon);
    EXPECT_TRUE(exit.has_value()) << exit.error().message;
    ExpectAllGone(pids_);
    EXPECT_TRUE(file::Lock::Acquire(LockFile(), 0).has_value());
    EXPECT_EQ(exit.value_or(Exit{}).ending, ending);
    return exit.value_or(Exit{});
  }

  std::unique_ptr<Child> child_;
  std::vector<pid_t> pids_;
  Steady::time_point began_;
};

TEST_F(Family, DiesWhenKilled) {
  Raise("wait");
  EXPECT_FALSE(file::Lock::Acquire(LockFile(), 0).has_value());
  child_->Kill();
  EXPECT_EQ(ExpectEnd(Ending::kKilled).signal, SIGKILL);
}

TEST_F(Family, DiesWhenTerminatedAlsoIfDeafToIt) {
  Raise("wait");
  child_->Terminate();
  EXPECT_EQ(ExpectEnd(Ending::kTerminated).signal, SIGTERM);
}

TEST_F(Family, DiesWhenTheProgramEnds) {
  Raise("read line; exit 7");
  began_ = Steady::now();
  child_->CloseInput();
  const Exit exit = ExpectEnd(Ending::kItself);
  EXPECT_EQ(exit.code, 7);
  EXPECT_FALSE(exit.killed_by_us);
}

TEST_F(Family, DiesWhenRenewalIsMissed) {
  Raise("wait", {.renew_deadline = Milliseconds(600)});
  for (int turn = 0; turn < 6; ++turn) {
    const auto still = child_->Wait(Milliseconds(200));
    ASSERT_FALSE(still.has_value());
    EXPECT_EQ(still.error().code, Code::kTimeout);
    EXPECT_TRUE(child_->Renew().has_value());
  }
  began_ = Steady::now();
  EXPECT_GE(ExpectEnd(Ending::kRenewalMissed).wall, Milliseconds(1200));
  EXPECT_FALSE(child_->Renew().has_value());
}

TEST_F(Family, DiesWithTheObject) {
  Raise("wait");
  child_.reset();
  EXPECT_TRUE(file::Lock::Acquire(LockFile(), int(kSoon.count())).has_value());
  ExpectAllGone(pids_);
}

TEST_F(Family, DiesWhenEvenTheKeeperIsKilled) {
  Raise("wait");
  ASSERT_EQ(kill(child_->keeper(), SIGKILL), 0);
  const auto exit = child_->Wait(kPatience);
  ASSERT_FALSE(exit.has_value());
  EXPECT_EQ(exit.error().code, Code::kInternal);
  // Without the keeper only the cookie is left to find them by, and `env -i` has thrown that away.
  std::vector<pid_t> survivors;
  for (const pid_t pid : pids_) {
    if (!IsDead(pid)) survivors.push_back(pid);
  }
  EXPECT_LE(survivors.size(), 1u);
  for (const pid_t pid : survivors) kill(pid, SIGKILL);
}

TEST_F(Family, WaitAnswersTheSameAgain) {
  Raise("wait");
  child_->Kill();
  ExpectEnd(Ending::kKilled);
  ExpectEnd(Ending::kKilled);
  child_->Terminate();
  ExpectEnd(Ending::kKilled);
}

TEST(Lock, RefusesASecondRun) {
  const Command command{.argv = {"sleep", "1000"},
                        .folder = "/",
                        .environment = {{"PATH", "/usr/bin:/bin"}},
                        .lock_file = LockFile()};
  const auto first = Child::Start(command);
  ASSERT_TRUE(first.has_value()) << first.error().message;
  const auto second = Child::Start(command);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::kConflict);
  (*first)->Kill();
  EXPECT_TRUE((*first)->Wait(kPatience).has_value());
  const auto third = Child::Start(command);
  ASSERT_TRUE(third.has_value()) << third.error().message;
  (*third)->Kill();
  EXPECT_TRUE((*third)->Wait(kPatience).has_value());
}

// Each process lives only until it has forked the next one.
TEST(Outrun, AChainOfForksIsCaught) {
  const auto child =
      Child::Start({.argv = {"perl", "-e", "$| = 1; print \"1\\n\"; while (1) { exit if fork }"},
                    .folder = "/",
                    .environment = {{"PATH", "/usr/bin:/bin"}},
                    .lock_file = LockFile()},
                   {.grace = Milliseconds(100)});
  ASSERT_TRUE(child.has_value()) << child.error().message;
  ReadLines((*child)->output(), 1);
  const auto began = Steady::now();
  (*child)->Kill();
  ASSERT_TRUE((*child)->Wait(kPatience).has_value());
  EXPECT_LT(Steady::now() - began, kSoon);
}

// An owner in a process of its own, so that it can be killed.
class Owner {
 public:
  Owner() {
    int ends[2] = {};
    AIOP_CHECK(pipe2(ends, O_CLOEXEC) == 0);
    output_ = file::Descriptor(ends[0]);
    const std::string program =
        std::filesystem::read_symlink("/proc/self/exe").parent_path() / "base_process_owner";
    const std::string script = std::string(kFamily) + "wait";
    const std::string lock_file = LockFile();
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], 1);
      execl(program.c_str(), program.c_str(), lock_file.c_str(), "bash", "-c", script.c_str(),
            nullptr);
      _exit(127);
    }
    close(ends[1]);
    const auto lines = ReadLines(output_.get(), 2);
    if (lines.size() != 2) return;
    zygote_ = pid_t(std::stol(lines[0].substr(7)));
    keeper_ = pid_t(std::stol(lines[1].substr(7)));
    family_ = Numbers(ReadLines(output_.get(), kFamilySize));
  }

  void Kill() {
    EXPECT_EQ(kill(pid_, SIGKILL), 0);
    EXPECT_EQ(waitpid(pid_, nullptr, 0), pid_);
  }

  // Whether all is over within a second: family and keeper gone, lock free.
  void ExpectEnd() const {
    EXPECT_TRUE(file::Lock::Acquire(LockFile(), int(kSoon.count())).has_value());
    ExpectAllGone(family_);
  }

  pid_t zygote() const { return zygote_; }
  pid_t keeper() const { return keeper_; }

 private:
  file::Descriptor output_;
  pid_t pid_ = 0;
  pid_t zygote_ = 0;
  pid_t keeper_ = 0;
  std::vector<pid_t> family_;
};

TEST(KilledOwner, TakesEverythingAlong) {
  Owner owner;
  EXPECT_FALSE(file::Lock::Acquire(LockFile(), 0).has_value());
  owner.Kill();
  owner.ExpectEnd();
}

TEST(KilledOwner, TakesEverythingAlongAlsoWithoutAZygote) {
  Owner owner;
  ASSERT_GT(owner.zygote(), 1);
  ASSERT_NE(owner.zygote(), owner.keeper());
  ASSERT_EQ(kill(owner.zygote(), SIGKILL), 0);
  EXPECT_FALSE(file::Lock::Acquire(LockFile(), 200).has_value())
      << "the zygote's end alone ends nothing";
  owner.Kill();
  owner.ExpectEnd();
}

}  // namespace
}  // namespace aiop::process
