// SPDX-License-Identifier: Apache-2.0
#include "base/process/keeper.h"

#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <optional>

#include "base/file/file.h"
#include "base/process/descendants.h"
#include "base/process/spawn.h"
#include "base/process/wire.h"

namespace aiop::process {
namespace {

using std::chrono::nanoseconds;

constexpr Milliseconds kKillInterval{1};

// Time that also passes while the machine is suspended: leases do not wait for us either.
nanoseconds Clock() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

// To keep up with a program that forks as fast as it can. Only root may; others have RLIMIT_NPROC,
// which holds for them.
void GoFirst() {
  sched_param parameters{};
  parameters.sched_priority = sched_get_priority_min(SCHED_FIFO);
  sched_setscheduler(0, SCHED_FIFO, &parameters);
}

enum class Phase { kRunning, kEnding, kKilling };

class Keeper {
 public:
  explicit Keeper(const KeeperDescriptors& descriptors)
      : streams_{file::Descriptor(descriptors[0]), file::Descriptor(descriptors[1]),
                 file::Descriptor(descriptors[2])},
        control_(descriptors[3]) {}

  void Run();

 private:
  Status Start();
  void Watch();
  void Reap();
  void Obey();
  void Advance();
  void CheckLimits();
  void End(Ending ending);
  void Kill(Ending ending);
  void EnterKilling();
  bool AllGone();
  void Sleep();
  nanoseconds NextDeadline() const;
  Exit TakeExit() const;
  bool has_watch() const {
    return request_.command.watch.memory_bytes || request_.command.watch.processes;
  }

  file::Descriptor streams_[3];
  file::Descriptor control_;
  file::Descriptor signals_;
  file::Descriptor timer_;
  std::optional<file::Lock> lock_;
  std::optional<Descendants> descendants_;
  Request request_;
  pid_t program_ = 0;
  std::optional<int> status_;  // of the program, once reaped
  bool childless_ = false;
  bool owner_gone_ = false;
  Phase phase_ = Phase::kRunning;
  Ending ending_ = Ending::kItself;
  nanoseconds started_{0};
  nanoseconds renewed_{0};
  nanoseconds ends_at_{0};  // of the grace period, in phase kEnding
};

Status Keeper::Start() {
  AIOP_TRY(const std::string frame, ReceiveFrame(control_.get()));
  AIOP_TRY(request_, DecodeRequest(frame));
  if (!request_.command.lock_file.empty()) {
    AIOP_TRY(lock_, file::Lock::Acquire(request_.command.lock_file, 0));
  }
  descendants_.emplace(request_.attempt);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  signal(SIGCHLD, SIG_DFL);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  signals_ = file::Descriptor(signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
  timer_ = file::Descriptor(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!signals_ || !timer_) return SystemError("cannot prepare the keeper", errno);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return SystemError("cannot adopt orphans", errno);
  const int streams[3] = {streams_[0].get(), streams_[1].get(), streams_[2].get()};
  started_ = renewed_ = Clock();
  AIOP_TRY(program_, Spawn(request_.command, request_.attempt, streams));
  for (file::Descriptor& stream : streams_) stream.Close();
  if (request_.command.watch.processes) GoFirst();
  return {};
}

void Keeper::Run() {
  Started started;
  if (const Status status = Start(); !status) {
    started.code = int(status.error().code);
    started.message = status.error().message;
    lock_.reset();
  }
  started.pid = program_;
  started.keeper = getpid();
  const Status told = SendFrame(control_.get(), Encode(started));
  if (program_ == 0) return;
  if (!told) Kill(Ending::kOwnerGone);
  Watch();
  lock_.reset();
  // Fails if the owner is gone; then nobody wants to know.
  if (!SendFrame(control_.get(), Encode(TakeExit()))) _exit(1);
}

void Keeper::Watch() {
  for (;;) {
    Reap();
    if (AllGone()) return;
    Obey();
    Advance();
    if (phase_ == Phase::kKilling) {
      descendants_->Signal(SIGKILL);
      Reap();
      if (AllGone()) return;
    }
    Sleep();
  }
}

void Keeper::Reap() {
  for (;;) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid == program_) status_ = status;
    if (pid < 0 && errno == EINTR) continue;
    childless_ = pid < 0;
    if (pid <= 0) return;
  }
}

// Childless means without any descendant, as orphans are ours. The cookie finds those orphaned
// elsewhere.
bool Keeper::AllGone() {
  if (!childless_) return false;
  if (descendants_->KillStrays() == 0) return true;
  phase_ = Phase::kKilling;
  return false;
}

void Keeper::Obey() {
  while (!owner_gone_) {
    char orders[64];
    const ssize_t got = recv(control_.get(), orders, sizeof orders, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (got <= 0) {
      owner_gone_ = true;
      Kill(Ending::kOwnerGone);
      return;
    }
    for (const char order : std::string_view(orders, size_t(got))) {
      if (order == Order::kRenew) renewed_ = Clock();
      if (order == Order::kTerminate) End(Ending::kTerminated);
      if (order == Order::kKill) Kill(Ending::kKilled);
    }
  }
}

void Keeper::Advance() {
  if (status_ && phase_ == Phase::kRunning) {
    phase_ = Phase::kEnding;
    ends_at_ = Clock() + std::min<nanoseconds>(request_.options.grace, kLeftoverGrace);
    descendants_->Signal(SIGTERM);
  }
  const Milliseconds renew_deadline = request_.options.renew_deadline;
  if (renew_deadline.count() > 0 && Clock() >= renewed_ + renew_deadline) {
    Kill(Ending::kRenewalMissed);
  }
  CheckLimits();
  if (phase_ == Phase::kEnding && Clock() >= ends_at_) EnterKilling();
}

void Keeper::CheckLimits() {
  if (phase_ == Phase::kKilling) return;
  const auto& watch = request_.command.watch;
  if (watch.wall && Clock() >= started_ + *watch.wall) Kill(Ending::kWallLimit);
  if (!has_watch() || phase_ == Phase::kKilling) return;
  const std::vector<Process> processes = descendants_->List();
  if (watch.processes && processes.size() > *watch.processes) {
    Kill(Ending::kProcessLimit);
  } else if (watch.memory_bytes && Descendants::ResidentBytes(processes) > *watch.memory_bytes) {
    Kill(Ending::kMemoryLimit);
  }
}

// An order that comes after the program has ended by itself no longer changes how it ended.
void Keeper::End(Ending ending) {
  if (phase_ != Phase::kRunning) return;
  if (!status_) ending_ = ending;
  phase_ = Phase::kEnding;
  ends_at_ = Clock() + request_.options.grace;
  descendants_->Signal(SIGTERM);
}

void Keeper::Kill(Ending ending) {
  if (phase_ == Phase::kKilling) return;
  if (!status_ && ending_ == Ending::kItself) ending_ = ending;
  EnterKilling();
}

void Keeper::EnterKilling() {
  phase_ = Phase::kKilling;
  GoFirst();
  // Stop all before killing them one by one, since each that is killed makes room for another to
  // fork. While the program is not reaped, its process group is ours for certain and stops with one
  // call; and if the program is a sandbox, all inside dies with it.
  if (!status_) {
    kill(-program_, SIGSTOP);
    kill(program_, SIGKILL);
  }
  descendants_->Signal(SIGSTOP);
}

nanoseconds Keeper::NextDeadline() const {
  nanoseconds next = nanoseconds::max();
  const auto consider = [&](nanoseconds time) { next = std::min(next, time); };
  if (phase_ == Phase::kKilling) {
    consider(Clock() + kKillInterval);
    return next;
  }
  if (phase_ == Phase::kEnding) consider(ends_at_);
  if (request_.options.renew_deadline.count() > 0) {
    consider(renewed_ + request_.options.renew_deadline);
  }
  if (request_.command.watch.wall) consider(started_ + *request_.command.watch.wall);
  if (has_watch()) consider(Clock() + kWatchInterval);
  return next;
}

void Keeper::Sleep() {
  itimerspec when{};
  if (const nanoseconds next = NextDeadline(); next != nanoseconds::max()) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(next);
    when.it_value.tv_sec = seconds.count();
    when.it_value.tv_nsec = std::max<int64_t>((next - seconds).count(), 1);
  }
  timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
  pollfd wakers[] = {{signals_.get(), POLLIN, 0},
                     {timer_.get(), POLLIN, 0},
                     {owner_gone_ ? -1 : control_.get(), POLLIN, 0}};
  poll(wakers, std::size(wakers), -1);
  signalfd_siginfo ignored{};
  while (read(signals_.get(), &ignored, sizeof ignored) > 0) {
  }
}

Exit Keeper::TakeExit() const {
  Exit exit;
  const int status = status_.value_or(0);
  if (WIFEXITED(status)) exit.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) exit.signal = WTERMSIG(status);
  exit.ending = ending_;
  exit.killed_by_us = ending_ != Ending::kItself;
  exit.wall = std::chrono::duration_cast<Milliseconds>(Clock() - started_);
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto span = [](timeval time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  exit.user = span(usage.ru_utime);
  exit.system = span(usage.ru_stime);
  exit.max_rss_bytes = uint64_t(usage.ru_maxrss) * 1024;
  return exit;
}

}  // namespace

void RunKeeper(const KeeperDescriptors& descriptors) {
  prctl(PR_SET_NAME, "attempt-keeper");
  setsid();
  Keeper(descriptors).Run();
  _exit(0);
}

}  // namespace aiop::process
