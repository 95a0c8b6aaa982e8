// SPDX-License-Identifier: Apache-2.0
//
// Calls for a human: a POST to the URL that a motor names (`page`). What is to be said is on disk
// before anything is sent, and stays there until the receiver has taken it (any status 2xx): a
// delivery that failed, or whose process was killed, is made again by Deliver(). So each page
// arrives at least once; the header `Idempotency-Key` is the same each time.
//
// Owns one folder, a file for each page that waits. For the process that owns the home; not
// thread-safe. Errors are those of the disk: a receiver that cannot be reached is no error, the
// page says so in `last_error`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json/json.h"
#include "base/result/result.h"
#include "base/time/time.h"

namespace aiop::paging {

inline constexpr Milliseconds kDeliveryTimeout{5'000};
inline constexpr size_t kAnswerLimitBytes = size_t{64} << 10;

struct Page {
  std::string key;  // an id: the same page always has the same
  std::string url;
  json::Object body;
  int64_t attempts = 0;
  std::string last_error;  // empty: taken, or not tried yet
};

class Outbox {
 public:
  explicit Outbox(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Durable when it returns. One with this key that waits already is left alone.
  Status Put(const Page& page);
  // Those that wait, by key.
  Result<std::vector<Page>> Waiting() const;
  // Tries each that waits once, and returns them as they are then: without `last_error` the page
  // was taken and is gone from the folder.
  Result<std::vector<Page>> Deliver();

 private:
  std::filesystem::path folder_;
};

}  // namespace aiop::paging
