// SPDX-License-Identifier: Apache-2.0
#include "control/sandbox/sandbox.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "base/file/file.h"
#include "base/process/testing.h"

namespace aiop::sandbox {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr Milliseconds kPatience{30000};
constexpr size_t kOutputLimit = 1 << 20;

process::Command Shell(const std::string& script, const fs::path& folder = "/") {
  return {.argv = {"bash", "-c", script},
          .folder = folder,
          .environment = process::CleanEnvironment("/nonexistent")};
}

class Sandbox : public testing::Test {
 protected:
  void SetUp() override {
    if (ProbeOnce().level < Level::kReduced) {
      GTEST_SKIP() << "no sandbox here: " << testing::PrintToString(ProbeOnce().notes);
    }
    folder_ = fs::path(testing::TempDir()) / ("sandbox-" + std::to_string(getpid()));
    ASSERT_TRUE(file::MakeFolders(folder_ / "work").has_value());
    ASSERT_TRUE(file::Write(folder_ / "secret", "the secret").has_value());
  }
  void TearDown() override { EXPECT_TRUE(file::RemoveTree(folder_).has_value()); }

  process::Output Run(const process::Command& command, const Policy& policy) {
    const auto wrapped = Wrap(command, policy);
    EXPECT_TRUE(wrapped.has_value()) << wrapped.error().message;
    if (!wrapped) return {};
    auto output = process::Run(*wrapped, "", kPatience, kOutputLimit);
    EXPECT_TRUE(output.has_value()) << output.error().message;
    return output.value_or(process::Output{});
  }

  fs::path folder_;
};

// A port of this machine's loopback on which somebody listens.
class Listener {
 public:
  Listener() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    AIOP_CHECK(bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    AIOP_CHECK(listen(socket_.get(), 8) == 0);
    AIOP_CHECK(getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  std::string port() const { return std::to_string(port_); }

 private:
  file::Descriptor socket_;
  uint16_t port_ = 0;
};

TEST_F(Sandbox, TheWorldOfAGoldenIncidentCanBeReadAndNotWritten) {
  process::Command command =
      Shell("cat $AIOP_GOLDEN_WORLD/secret; echo x > $AIOP_GOLDEN_WORLD/new");
  command.environment["AIOP_GOLDEN_WORLD"] = folder_.string();
  const auto output = Run(command, {});
  EXPECT_EQ(output.out, "the secret");
  EXPECT_FALSE(output.ok());
  EXPECT_FALSE(fs::exists(folder_ / "new"));
  command.environment.erase("AIOP_GOLDEN_WORLD");
  command.argv.back() = "cat '" + (folder_ / "secret").string() + "'";
  EXPECT_EQ(Run(command, {}).out, "") << "only because the variable names it";
}

TEST_F(Sandbox, ReachesTheNetworkOnlyIfGranted) {
  const Listener listener;
  const auto command =
      Shell("exec 3<>/dev/tcp/127.0.0.1/" + listener.port() + " && echo connected");
  const process::Output denied = Run(command, {});
  EXPECT_EQ(denied.out, "");
  EXPECT_THAT(denied.err, HasSubstr("Connection refused"));
  EXPECT_EQ(Run(command, {.network = true}).out, "connected\n");
}

TEST_F(Sandbox, WritesOnlyWhereAllowed) {
  const auto output =
      Run(Shell("for each in / /usr /etc /dev /run /var /work /seen /tmp /dev/shm; do\n"
                "  touch $each/new 2>/dev/null && echo $each; done"),
          {.bind_read_only = {{folder_, "/seen"}}, .bind_writable = {{folder_ / "work", "/work"}}});
  EXPECT_EQ(output.out, "/work\n/tmp\n/dev/shm\n");
  EXPECT_TRUE(fs::exists(folder_ / "work" / "new"));
  EXPECT_FALSE(fs::exists("/tmp/new"));
}

TEST_F(Sandbox, ShowsAFolderAtAnyPath) {
  ASSERT_TRUE(file::Write(folder_ / "work" / "name", "first").has_value());
  ASSERT_TRUE(file::MakeFolders(folder_ / "copy").has_value());
  ASSERT_TRUE(file::Write(folder_ / "copy" / "name", "second").has_value());
  const fs::path work = folder_ / "work";
  const auto command = Shell("pwd; cat name; echo changed > name", work);
  EXPECT_EQ(Run(command, {.bind_writable = {{work, work}}}).out, work.string() + "\nfirst");
  EXPECT_EQ(Run(command, {.bind_writable = {{folder_ / "copy", work}}}).out,
            work.string() + "\nsecond");
  EXPECT_EQ(file::Read(folder_ / "copy" / "name").value(), "changed\n");
}

TEST_F(Sandbox, HidesTheHost) {
  process::Command command = Shell("cat " + (folder_ / "secret").string() +
                                   "; ls /etc/shadow /etc/ssl/private /root /home /sys "
                                   "/proc/1/root/home; echo $HOME $TMPDIR; hostname");
  if (const char* home = std::getenv("HOME")) command.argv[2] += "; ls -d " + std::string(home);
  const auto output = Run(command, {});
  EXPECT_EQ(output.out, "/tmp /tmp\nsandbox\n");
  EXPECT_THAT(output.err, HasSubstr("secret: No such file"));
}

TEST_F(Sandbox, HasNoCapabilitiesAndItsOwnProcesses) {
  const auto output = Run(Shell("grep -h CapEff /proc/self/status; echo $$; kill -0 " +
                                std::to_string(getpid()) + " || echo invisible"),
                          {});
  EXPECT_THAT(output.out, HasSubstr("CapEff:\t0000000000000000"));
  EXPECT_THAT(output.out, HasSubstr("invisible"));
}

TEST_F(Sandbox, PassesStreamsStatusAndEnvironment) {
  process::Command command = Shell("cat; echo $GIVEN >&2; exit 7");
  command.environment["GIVEN"] = "given";
  const auto wrapped = Wrap(command, {});
  ASSERT_TRUE(wrapped.has_value());
  const auto output = process::Run(*wrapped, "input", kPatience, kOutputLimit);
  ASSERT_TRUE(output.has_value());
  EXPECT_EQ(output->out, "input");
  EXPECT_EQ(output->err, "given\n");
  EXPECT_EQ(output->exit.code, 7);
  EXPECT_EQ(Run(Shell("kill -SEGV $$"), {}).exit.code, 128 + SIGSEGV);
}

TEST_F(Sandbox, FindsProgramsOnThePathOutside) {
  const fs::path tools = folder_ / "tools";
  ASSERT_TRUE(file::MakeFolders(tools).has_value());
  ASSERT_TRUE(
      file::Write(tools / "only-here", "#!/bin/sh\necho from the tool\n", 0755).has_value());
  ASSERT_TRUE(file::Write(tools / "bash", "#!/bin/sh\necho not the real one\n", 0755).has_value());
  process::Command command = Shell("echo the real one");
  command.environment["PATH"] = tools.string() + ":/usr/bin:/bin";
  EXPECT_EQ(Run(command, {}).out, "the real one\n");
  command.argv = {"only-here"};
  EXPECT_EQ(Run(command, {}).out, "from the tool\n");
  command.argv = {"nowhere"};
  EXPECT_EQ(Wrap(command, {}).error().code, Code::kNotFound);
  command.argv = {"bash"};
  EXPECT_EQ(Run(command, {.read_only = {tools}}).out, "not the real one\n");
}

TEST_F(Sandbox, RefusesWhatItCannotGive) {
  const auto too_little = Wrap(Shell("true"), {.least = Level::kFull});
  ASSERT_FALSE(too_little.has_value());
  EXPECT_EQ(too_little.error().code, Code::kForbidden);
  EXPECT_THAT(too_little.error().message, HasSubstr("level full, and this machine offers reduced"));
  EXPECT_EQ(Wrap(Shell("true"), {.bind_writable = {{"/nonexistent", "/work"}}}).error().code,
            Code::kNotFound);
  EXPECT_EQ(Wrap(Shell("true"), {.bind_read_only = {{folder_, "work"}}}).error().code,
            Code::kInvalid);
}

TEST_F(Sandbox, EndsAllAtTheTimeLimit) {
  process::Command command =
      Shell("trap '' TERM; setsid sleep 1000 & (setsid sleep 1000 &) ; sleep 1000");
  command.lock_file = folder_ / "lock";
  const auto output = Run(command, {.limits = {.wall = Milliseconds(300)}});
  EXPECT_EQ(output.exit.ending, process::Ending::kWallLimit);
  EXPECT_LT(output.exit.wall, Milliseconds(1300));
  EXPECT_TRUE(file::Lock::Acquire(folder_ / "lock", 0).has_value());
}

TEST_F(Sandbox, EndsWhatTakesTooMuchMemory) {
  const auto output = Run(Shell("perl -e '$x = \"x\" x 100_000_000; sleep 1000'"),
                          {.limits = {.memory_bytes = 50'000'000}});
  EXPECT_EQ(output.exit.ending, process::Ending::kMemoryLimit);
}

TEST_F(Sandbox, BoundsTemporaryFiles) {
  const auto output = Run(Shell("head -c 30000000 /dev/zero > /tmp/big || stat -c %s /tmp/big"),
                          {.limits = {.memory_bytes = 20 << 20}});
  EXPECT_THAT(output.err, HasSubstr("No space left"));
}

// Whichever holds first: the kernel refuses to fork, or the keeper ends it all.
TEST_F(Sandbox, BoundsAForkBomb) {
  const auto output = Run(Shell("bomb() { bomb | bomb & }; bomb; sleep 1000"),
                          {.limits = {.processes = 50, .wall = Milliseconds(1500)}});
  EXPECT_TRUE(output.exit.killed_by_us) << output.exit.Describe();
  EXPECT_LT(output.exit.wall, Milliseconds(4000));
}

TEST_F(Sandbox, AllowsAsManyProcessesAsItSays) {
  const auto output = Run(Shell("for i in $(seq 10); do sleep 0.1 & done; wait; echo done"),
                          {.limits = {.processes = 12}});
  EXPECT_EQ(output.out, "done\n");
}

TEST(Level, HasNames) {
  for (const Level level : {Level::kNone, Level::kLandlock, Level::kReduced, Level::kFull}) {
    EXPECT_EQ(ParseLevel(LevelName(level)).value(), level);
  }
  EXPECT_FALSE(ParseLevel("complete").has_value());
}

TEST(Probe, SaysWhatItFound) {
  EXPECT_FALSE(ProbeOnce().notes.empty());
  EXPECT_EQ(&ProbeOnce(), &ProbeOnce());
}

}  // namespace
}  // namespace aiop::sandbox
