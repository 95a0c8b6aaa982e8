// SPDX-License-Identifier: Apache-2.0
#include "control/plants/dialogue.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/json/json.h"

namespace aiop::plants {
namespace {

constexpr Milliseconds kStopPoll{50};
constexpr size_t kReadBytes = 65536;

// Renews the keeper's lease from a thread of its own: storing a checkpoint may take longer than
// the lease, and only a process that stands still as a whole must lose it.
class Renewal {
 public:
  explicit Renewal(process::Child& child)
      : thread_([this, &child](const std::stop_token& stop) { Run(child, stop); }) {}

 private:
  void Run(process::Child& child, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      if (!child.Renew()) return;
      changed_.wait_for(lock, stop, kRenewInterval, [] { return false; });
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;  // last, so that it ends first
};

Status MakeNonBlocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return SystemError("fcntl", errno);
  return {};
}

// The end of `text` that is kept: whole lines if there are any.
void KeepTail(std::string& text, size_t limit) {
  if (text.size() <= limit) return;
  text.erase(0, text.size() - limit);
  const size_t end = text.find('\n');
  if (end != std::string::npos && end + 1 < text.size()) text.erase(0, end + 1);
}

}  // namespace

Result<Closing> Dialogue::Hold(std::unique_ptr<process::Child> child) {
  child_ = std::move(child);
  const Renewal renewal(*child_);
  output_.fd = child_->output();
  output_.is_output = true;
  errors_.fd = child_->errors();
  for (const int fd : {child_->input(), child_->output(), child_->errors()}) {
    AIOP_CHECK_OK(MakeNonBlocking(fd));
  }
  const Status listened = Listen();
  if (!listened) {
    child_->Kill();
    // The error of the handlers is the one to tell; that of waiting could only hide it.
    [[maybe_unused]] const auto gone = child_->Wait();
    return std::unexpected(listened.error());
  }
  AIOP_TRY(process::Exit exit, child_->Wait());
  if (exit.ending == process::Ending::kRenewalMissed) {
    return Unavailable("AI Operator stood still for more than " + FormatDuration(kRenewDeadline) +
                       ", so that the plant was ended");
  }
  KeepTail(error_tail_, kErrorTailBytes);
  return Closing{.close = close_, .exit = exit, .error_tail = json::ToValidUtf8(error_tail_)};
}

void Dialogue::Finish() {
  finished_ = Steady::now();
  HangUp();
}

Status Dialogue::Listen() {
  bool running = true;
  while (running) {
    running = !Wait();
    Feed();
    AIOP_CHECK_OK(Read(errors_));
    AIOP_CHECK_OK(Read(output_));
    AIOP_CHECK_OK(CheckTime());
  }
  // All writers we know are gone. A stranger may hold a stream open, so its end may never come.
  for (Source* source : {&errors_, &output_}) {
    AIOP_CHECK_OK(ReadWaiting(*source));
    AIOP_CHECK_OK(source->lines.Finish(
        [&](std::string_view line, bool cut) { return Hear(*source, line, cut); }));
  }
  return {};
}

// Waits for something to do. Whether the program and all its descendants are gone.
bool Dialogue::Wait() {
  const auto now = Steady::now();
  Milliseconds patience = stop_ ? kStopPoll : Milliseconds(60'000);
  if (!ended_by_us_) {
    const auto limit = finished_ ? *finished_ + kFinishGrace : deadline_;
    const auto left = std::chrono::ceil<Milliseconds>(limit - now);
    patience = std::clamp(left, Milliseconds(0), patience);
  }
  const bool speak = said_ < unsaid_.size() || hang_up_;
  std::array<pollfd, 4> fds = {pollfd{child_->ended(), POLLIN, 0}, pollfd{output_.fd, POLLIN, 0},
                               pollfd{errors_.fd, POLLIN, 0},
                               pollfd{speak ? child_->input() : -1, POLLOUT, 0}};
  const int ready = poll(fds.data(), fds.size(), static_cast<int>(patience.count()));
  return ready > 0 && fds[0].revents != 0;
}

Result<size_t> Dialogue::Read(Source& source) {
  if (source.fd < 0) return size_t{0};
  std::array<char, kReadBytes> buffer;
  const ssize_t got = read(source.fd, buffer.data(), buffer.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return size_t{0};
  if (got <= 0) {
    source.fd = -1;
    return size_t{0};
  }
  const std::string_view bytes(buffer.data(), static_cast<size_t>(got));
  heard_bytes_ += bytes.size();
  if (!refused_) {
    AIOP_CHECK_OK(source.lines.Feed(
        bytes, [&](std::string_view line, bool cut) { return Hear(source, line, cut); }));
  }
  return bytes.size();
}

// What is in the stream at this moment, and no more.
Status Dialogue::ReadWaiting(Source& source) {
  int waiting = 0;
  if (source.fd < 0 || ioctl(source.fd, FIONREAD, &waiting) < 0) return {};
  for (auto left = static_cast<size_t>(std::max(0, waiting)); left > 0;) {
    AIOP_TRY(const size_t got, Read(source));
    if (got == 0) return {};
    left -= std::min(left, got);
  }
  return {};
}

Status Dialogue::Hear(const Source& source, std::string_view line, bool cut) {
  if (refused_) return {};
  if (source.is_output) return OnOutput(line, cut);
  error_tail_.append(line.substr(line.size() - std::min(line.size(), kErrorTailBytes))) += '\n';
  if (error_tail_.size() > 4 * kErrorTailBytes) KeepTail(error_tail_, kErrorTailBytes);
  return OnErrors(line);
}

void Dialogue::Feed() {
  if (child_->input() < 0) return;
  while (said_ < unsaid_.size()) {
    const ssize_t written = write(child_->input(), unsaid_.data() + said_, unsaid_.size() - said_);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) return;
    // A program may end, or close its input, without having read all: that is its business.
    if (written < 0) return child_->CloseInput();
    said_ += static_cast<size_t>(written);
  }
  unsaid_.clear();
  said_ = 0;
  if (hang_up_) child_->CloseInput();
}

Status Dialogue::CheckTime() {
  if (refused_ || heard_bytes_ > kOutputLimitBytes) {
    refused_ = true;
    if (close_ != Close::kTooMuch) child_->Kill();
    if (!finished_ && close_ == Close::kItself) close_ = Close::kTooMuch;
    ended_by_us_ = true;
    return {};
  }
  if (ended_by_us_) return {};
  const bool stop = stop_ && *stop_;
  const auto now = Steady::now();
  if (finished_) {
    if (stop || now >= *finished_ + kFinishGrace) End(Close::kItself);
  } else if (stop) {
    End(Close::kStopped);
  } else if (now >= deadline_) {
    // What it said in time may still wait to be read.
    AIOP_CHECK_OK(ReadWaiting(output_));
    if (!finished_) End(Close::kTimeout);
  }
  return {};
}

void Dialogue::End(Close close) {
  close_ = close;
  ended_by_us_ = true;
  child_->Terminate();
}

}  // namespace aiop::plants
