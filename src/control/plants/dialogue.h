// SPDX-License-Identifier: Apache-2.0
//
// Talks with one running program until it and all its descendants are gone: lines out of its
// standard output and errors, lines into its input, a deadline, a stop flag, limits. Never blocks
// on the program: what it does not read waits here.
//
// One thread, besides a small one of its own that renews the keeper's lease.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/process/process.h"
#include "control/plants/lines.h"
#include "control/plants/plants.h"

namespace aiop::plants {

using Steady = std::chrono::steady_clock;

// How long a program that has said all may take to exit by itself.
inline constexpr Milliseconds kFinishGrace{2000};
// The last part of its standard error that is kept.
inline constexpr size_t kErrorTailBytes = 8192;
// The keeper ends everything if we, stalled or frozen, do not renew in time.
inline constexpr Milliseconds kRenewDeadline{20'000};
inline constexpr Milliseconds kRenewInterval{1'000};

enum class Close : uint8_t {
  kItself,   // the program ended, or was ended after it had said all
  kTimeout,  // the deadline passed
  kStopped,  // the stop flag was set
  kTooMuch,  // it said more than the limits allow
};

struct Closing {
  Close close = Close::kItself;
  process::Exit exit;
  std::string error_tail;
};

class Dialogue {
 public:
  Dialogue(Steady::time_point deadline, const std::atomic<bool>* stop)
      : deadline_(deadline), stop_(stop) {}
  virtual ~Dialogue() = default;
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;

  // Returns once everything has ended. An error of the handlers ends the program and is what is
  // returned; kUnavailable if we were stalled so long that the keeper ended it.
  Result<Closing> Hold(std::unique_ptr<process::Child> child);

 protected:
  virtual Status OnOutput(std::string_view line, bool cut) = 0;
  virtual Status OnErrors(std::string_view line) = 0;

  // Queues `text` for the program's input.
  void Say(std::string_view text) { unsaid_.append(text); }
  // Closes its input once all is said.
  void HangUp() { hang_up_ = true; }
  // It has said all that is waited for: its input is closed and it may exit.
  void Finish();
  // It said too much.
  void Refuse() { refused_ = true; }
  // Whether we are ending it.
  bool ending() const { return close_ != Close::kItself || (stop_ && *stop_); }

 private:
  struct Source {
    int fd = -1;  // -1 at its end
    LineSplitter lines{kLineLimitBytes};
    bool is_output = false;
  };

  Status Listen();
  bool Wait();
  Result<size_t> Read(Source& source);
  Status ReadWaiting(Source& source);
  Status Hear(const Source& source, std::string_view line, bool cut);
  void Feed();
  Status CheckTime();
  void End(Close close);

  const Steady::time_point deadline_;
  const std::atomic<bool>* const stop_;
  std::unique_ptr<process::Child> child_;
  Source output_;
  Source errors_;
  std::string unsaid_;
  size_t said_ = 0;  // how much of unsaid_ is written already
  bool hang_up_ = false;
  bool refused_ = false;
  std::optional<Steady::time_point> finished_;
  bool ended_by_us_ = false;
  Close close_ = Close::kItself;
  uint64_t heard_bytes_ = 0;
  std::string error_tail_;
};

}  // namespace aiop::plants
