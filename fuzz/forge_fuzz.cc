// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "control/forge/forge.h"

// Whatever a forge answers: what is taken from it is plain and bounded, and no error names it
// whole.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace aiop::forge;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto requests = ParsePullRequests(text, "team/motor")) {
    for (const PullRequest& each : *requests) {
      AIOP_CHECK(each.number > 0 && each.head.size() == 40);
      AIOP_CHECK(each.head.find_first_not_of("0123456789abcdef") == std::string::npos);
      AIOP_CHECK(each.title.find_first_of("\r\n\x1b") == std::string::npos);
    }
  }
  if (const auto comments = ParseComments(text)) {
    for (const RemoteComment& each : *comments) AIOP_CHECK(each.id > 0);
  }
  const std::string line = text.substr(0, text.find('\n'));
  const std::map<std::string, std::string> headers{{"link", line},
                                                   {"x-total-count", line},
                                                   {"retry-after", line},
                                                   {"x-ratelimit-remaining", "0"},
                                                   {"x-ratelimit-reset", line}};
  AIOP_CHECK(!HasNext(headers, 0, 0));
  for (const int status : {200, 301, 401, 403, 404, 422, 429, 500}) {
    const auto judged =
        Judge({.status = status, .headers = headers, .body = text}, "asking", true, {});
    AIOP_CHECK(judged.has_value() == (status == 200));
    if (!judged) AIOP_CHECK(judged.error().message.size() < 2 * kComplaintLimitBytes + 512);
  }
  return 0;
}
