// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/process/process.h"

namespace aiop::process {
namespace {

using Steady = std::chrono::steady_clock;

// What a program that ran too long gets between SIGTERM and SIGKILL.
constexpr Milliseconds kRunGrace{500};
// How long a request to stop may go unnoticed.
constexpr Milliseconds kStopInterval{100};

// One stream of the program as it is collected.
struct Collector {
  int fd = -1;  // -1 at its end
  std::string* text = nullptr;
};

class Conversation {
 public:
  Conversation(Child& child, std::string_view input, Steady::time_point deadline, size_t limit,
               const std::atomic<bool>* stop)
      : child_(child), input_(input), deadline_(deadline), limit_(limit), stop_(stop) {}

  Result<Output> Hold();

 private:
  void Feed();
  void Collect(Collector& collector);
  void Drain(Collector& collector);
  int Patience() const;
  bool Ending() const { return output_.timed_out || stopped_; }

  Child& child_;
  std::string_view input_;
  const Steady::time_point deadline_;
  const size_t limit_;
  const std::atomic<bool>* const stop_;
  bool stopped_ = false;
  Output output_;
};

void Conversation::Feed() {
  while (!input_.empty()) {
    const ssize_t written = write(child_.input(), input_.data(), input_.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) return;
    // A program may end, or close its input, without having read all: that is its business.
    if (written < 0) break;
    input_.remove_prefix(size_t(written));
  }
  child_.CloseInput();
}

void Conversation::Collect(Collector& collector) {
  char buffer[65536];
  const ssize_t got = read(collector.fd, buffer, sizeof buffer);
  if (got < 0 && errno == EINTR) return;
  if (got <= 0) {
    collector.fd = -1;
    return;
  }
  const size_t room = limit_ - collector.text->size();
  collector.text->append(buffer, std::min(room, size_t(got)));
  if (size_t(got) > room) output_.truncated = true;
}

// All writers we know are gone; a stranger may hold the stream open, so its end may never come.
void Conversation::Drain(Collector& collector) {
  while (collector.fd >= 0) {
    pollfd stream{collector.fd, POLLIN, 0};
    if (poll(&stream, 1, 0) <= 0) return;
    Collect(collector);
  }
}

int Conversation::Patience() const {
  if (Ending()) return -1;
  const auto left = std::chrono::ceil<Milliseconds>(deadline_ - Steady::now()).count();
  return int(std::clamp<int64_t>(left, 0, stop_ ? kStopInterval.count() : INT32_MAX));
}

Result<Output> Conversation::Hold() {
  fcntl(child_.input(), F_SETFL, O_NONBLOCK);
  Collector out{child_.output(), &output_.out};
  Collector err{child_.errors(), &output_.err};
  Feed();
  for (;;) {
    pollfd streams[] = {{child_.input(), POLLOUT, 0},
                        {out.fd, POLLIN, 0},
                        {err.fd, POLLIN, 0},
                        {child_.ended(), POLLIN, 0}};
    const int ready = poll(streams, std::size(streams), Patience());
    if (ready < 0 && errno != EINTR) return SystemError("cannot wait for a program", errno);
    if (ready < 0) continue;
    if (!Ending()) {
      stopped_ = stop_ && *stop_;
      output_.timed_out = !stopped_ && Steady::now() >= deadline_;
      if (Ending()) child_.Terminate();
    }
    if (streams[0].revents != 0) Feed();
    if (streams[1].revents != 0) Collect(out);
    if (streams[2].revents != 0) Collect(err);
    if (streams[3].revents != 0) break;
  }
  Drain(out);
  Drain(err);
  AIOP_TRY(output_.exit, child_.Wait());
  if (stopped_) return Fail(Code::kCancelled, "stopped while a program was running");
  return std::move(output_);
}

}  // namespace

Result<Output> Run(const Command& command, std::string_view input, Milliseconds timeout,
                   size_t output_limit_bytes) {
  const auto deadline = Steady::now() + timeout;
  AIOP_TRY(const std::unique_ptr<Child> child, Child::Start(command, {.grace = kRunGrace}));
  return Conversation(*child, input, deadline, output_limit_bytes, command.stop).Hold();
}

}  // namespace aiop::process
