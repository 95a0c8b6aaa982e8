// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <initializer_list>

namespace aiop::app {
namespace {

constexpr int kInterruptedExit = 130;

// A handler can reach nothing else.
std::atomic<int> wake_fd{-1};
std::atomic<int> received{0};

void OnSignal(int) {
  const int saved = errno;
  if (received.fetch_add(1) > 0) _exit(kInterruptedExit);
  const char stop = 's';
  [[maybe_unused]] const ssize_t written = write(wake_fd.load(), &stop, 1);
  errno = saved;
}

}  // namespace

StopOnSignals::StopOnSignals(std::function<void()> stop) {
  if (pipe2(pipe_, O_CLOEXEC) != 0) return;
  received = 0;
  wake_fd = pipe_[1];
  thread_ = std::thread([fd = pipe_[0], stop = std::move(stop)] {
    char what = 0;
    while (true) {
      const ssize_t count = read(fd, &what, 1);
      if (count < 0 && errno == EINTR) continue;
      if (count != 1 || what != 's') return;
      stop();
    }
  });
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action{};
    action.sa_handler = OnSignal;
    action.sa_flags = SA_RESTART;
    sigaction(signal, &action, &before_[signal]);
  }
}

StopOnSignals::~StopOnSignals() {
  for (const auto& [signal, action] : before_) sigaction(signal, &action, nullptr);
  if (!thread_.joinable()) return;
  const char quit = 'q';
  [[maybe_unused]] const ssize_t written = write(pipe_[1], &quit, 1);
  thread_.join();
  wake_fd = -1;
  close(pipe_[0]);
  close(pipe_[1]);
}

}  // namespace aiop::app
