// SPDX-License-Identifier: Apache-2.0
//
// One HTTP request and its answer, whole or line by line as it comes (libcurl underneath).
//
//   AIOP_TRY(const auto response, http::Send({.url = "https://host/path", .timeout =
//   Milliseconds(5000)}));
//
// Only http and https; certificates are verified; redirects are not followed, so that a request
// and its secrets go nowhere else. Proxies are those of the environment, never for this machine.
// Any status code is a Response: judging it is the caller's business. Thread-safe: no state.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result/result.h"
#include "base/time/time.h"

namespace aiop::http {

inline constexpr Milliseconds kConnectTimeout{10'000};
inline constexpr size_t kHeaderLimitBytes = size_t{1} << 20;

struct Request {
  std::string method = "GET";
  std::string url;
  std::map<std::string, std::string> headers;
  std::string body;
  Milliseconds timeout{30'000};  // for the whole exchange
  size_t body_limit_bytes = size_t{64} << 20;

  // If set, a body with a 2xx status is handed over piece by piece instead of being kept. An error
  // ends the exchange and is what Send returns.
  std::function<Status(std::string_view piece)> on_body = nullptr;
  // Asked at least every 50 ms; true ends the exchange.
  std::function<bool()> stop = nullptr;
};

struct Response {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; the last of each name
  std::string body;
};

// kInvalid: the URL or a header is none, or not allowed; kUnavailable: not reached, or broken off;
// kTimeout; kCancelled: `stop` said so; kForbidden: the answer is larger than allowed.
Result<Response> Send(const Request& request);

}  // namespace aiop::http
