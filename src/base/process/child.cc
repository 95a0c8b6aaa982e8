// SPDX-License-Identifier: Apache-2.0
//
// The owner's side of one supervised run.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>

#include "base/file/file.h"
#include "base/identity/identity.h"
#include "base/process/descendants.h"
#include "base/process/process.h"
#include "base/process/wire.h"
#include "base/process/zygote.h"

namespace aiop::process {
namespace {

// How long strays of a killed keeper are looked for, and how many empty-handed searches in a row
// end it: a process that is just executing a program has no environment for a moment.
constexpr Milliseconds kStrayInterval{5};
constexpr int kStrayRounds = 200;
constexpr int kStrayRoundsClean = 3;

struct Pipe {
  file::Descriptor read_end;
  file::Descriptor write_end;
};

Result<Pipe> MakePipe() {
  int ends[2] = {};
  if (pipe2(ends, O_CLOEXEC) != 0) return SystemError("cannot make a pipe", errno);
  return Pipe{file::Descriptor(ends[0]), file::Descriptor(ends[1])};
}

Status MakeAbsolute(std::filesystem::path& path) {
  if (path.empty() || path.is_absolute()) return {};
  std::error_code error;
  path = std::filesystem::absolute(path, error);
  if (error) return Unavailable("cannot find the working directory: " + error.message());
  return {};
}

class SupervisedChild final : public Child {
 public:
  SupervisedChild(file::Descriptor input, file::Descriptor output, file::Descriptor errors,
                  file::Descriptor control, const Started& started, std::string attempt)
      : input_(std::move(input)),
        output_(std::move(output)),
        errors_(std::move(errors)),
        control_(std::move(control)),
        pid_(started.pid),
        keeper_(started.keeper),
        attempt_(std::move(attempt)) {}

  int input() const override { return input_.get(); }
  int output() const override { return output_.get(); }
  int errors() const override { return errors_.get(); }
  void CloseInput() override { input_.Close(); }
  pid_t pid() const override { return pid_; }
  pid_t keeper() const override { return keeper_; }
  const std::string& attempt() const override { return attempt_; }
  int ended() const override { return control_.get(); }

  Status Renew() override { return Send(Order::kRenew); }
  void Terminate() override { Insist(Order::kTerminate); }
  void Kill() override { Insist(Order::kKill); }
  Result<Exit> Wait(std::optional<Milliseconds> timeout) override;

 private:
  Status Send(Order order) const;
  void Insist(Order order) const;
  Result<Exit> ReceiveExit() const;

  file::Descriptor input_;
  file::Descriptor output_;
  file::Descriptor errors_;
  const file::Descriptor control_;
  const pid_t pid_;
  const pid_t keeper_;
  const std::string attempt_;
  std::mutex mutex_;
  std::optional<Result<Exit>> exit_;  // guarded by mutex_
};

Status SupervisedChild::Send(Order order) const {
  const char byte = order;
  // Never waits: a keeper that has not read this many orders has not been scheduled for long, and
  // reads them yet.
  if (send(control_.get(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 || errno == EAGAIN)
    return {};
  return Fail(Code::kCancelled, "the program has ended");
}

// An order to end must not be lost: if it does not fit, end of file says the same.
void SupervisedChild::Insist(Order order) const {
  const char byte = order;
  if (send(control_.get(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1) {
    shutdown(control_.get(), SHUT_WR);
  }
}

Result<Exit> SupervisedChild::Wait(std::optional<Milliseconds> timeout) {
  using Steady = std::chrono::steady_clock;
  const auto deadline = Steady::now() + timeout.value_or(Milliseconds(0));
  for (;;) {
    int patience = -1;
    if (timeout) {
      const auto left = std::chrono::ceil<Milliseconds>(deadline - Steady::now()).count();
      patience = int(std::clamp<int64_t>(left, 0, INT32_MAX));
    }
    pollfd control{control_.get(), POLLIN, 0};
    const int ready = poll(&control, 1, patience);
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return Fail(Code::kTimeout, "the program still runs");
    const std::lock_guard lock(mutex_);
    if (!exit_) exit_ = ReceiveExit();
    return *exit_;
  }
}

Result<Exit> SupervisedChild::ReceiveExit() const {
  const Result<std::string> frame = ReceiveFrame(control_.get());
  if (frame) return DecodeExit(*frame);
  // Somebody killed the keeper. The kernel has killed the program with it; the rest is found by the
  // cookie.
  const Descendants descendants(attempt_);
  int clean = 0;
  for (int round = 0; round < kStrayRounds && clean < kStrayRoundsClean; ++round) {
    clean = descendants.KillStrays() > 0 ? 0 : clean + 1;
    std::this_thread::sleep_for(kStrayInterval);
  }
  return Internal("the keeper of process " + std::to_string(pid_) + " was killed");
}

}  // namespace

Result<std::unique_ptr<Child>> Child::Start(const Command& command, KeeperOptions options) {
  AIOP_TRY(Pipe input, MakePipe());
  AIOP_TRY(Pipe output, MakePipe());
  AIOP_TRY(Pipe errors, MakePipe());
  int sockets[2] = {};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
    return SystemError("cannot make a keeper's socket", errno);
  }
  file::Descriptor ours(sockets[0]);
  file::Descriptor theirs(sockets[1]);
  AIOP_CHECK_OK(ForkKeeper(
      {input.read_end.get(), output.write_end.get(), errors.write_end.get(), theirs.get()}));
  theirs.Close();
  Request request{command, options, NewId()};
  // The keeper's working directory is another one than ours.
  AIOP_CHECK_OK(MakeAbsolute(request.command.folder));
  AIOP_CHECK_OK(MakeAbsolute(request.command.lock_file));
  const Status sent = SendFrame(ours.get(), Encode(request));
  const Result<std::string> answer =
      sent ? ReceiveFrame(ours.get()) : std::unexpected(sent.error());
  if (!answer)
    return Unavailable("cannot start a keeper: too many processes, or too little memory");
  AIOP_TRY(const Started started, DecodeStarted(*answer));
  if (started.code >= 0) return Fail(Code(started.code), started.message);
  return std::make_unique<SupervisedChild>(std::move(input.write_end), std::move(output.read_end),
                                           std::move(errors.read_end), std::move(ours), started,
                                           request.attempt);
}

std::string Exit::Describe() const {
  switch (ending) {
    case Ending::kItself:
      break;
    case Ending::kTerminated:
      return "ended by AI Operator: asked to terminate";
    case Ending::kKilled:
      return "ended by AI Operator: killed";
    case Ending::kOwnerGone:
      return "ended by AI Operator: its owner is gone";
    case Ending::kRenewalMissed:
      return "ended by AI Operator: the lease was not renewed in time";
    case Ending::kWallLimit:
      return "ended by AI Operator: time limit passed";
    case Ending::kMemoryLimit:
      return "ended by AI Operator: memory limit passed";
    case Ending::kProcessLimit:
      return "ended by AI Operator: limit of processes passed";
  }
  if (signal == 0) return "exit status " + std::to_string(code);
  const char* name = sigdescr_np(signal);
  return "killed by signal " + std::to_string(signal) + " (" + (name ? name : "unknown") + ")";
}

}  // namespace aiop::process
