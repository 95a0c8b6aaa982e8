// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/proposal/proposal.h"

// Whatever a model answers: what is taken keeps to every limit, and is taken again as it was read.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view answer(reinterpret_cast<const char*>(data), size);
  const aiop::proposal::Limits limits{
      .allow = {"lib/*", "*.py"}, .guarded = {"lib/check.py"}, .lines = 20};
  const auto read = aiop::proposal::Read(answer, limits);
  if (!read) {
    AIOP_CHECK(!read.error().message.empty());
    return 0;
  }
  AIOP_CHECK(!read->reason.empty() && read->reason.size() <= aiop::proposal::kReasonLimitBytes);
  AIOP_CHECK(read->lines >= 1 && read->lines <= limits.lines && !read->paths.empty());
  for (const std::string& path : read->paths) {
    const std::string framed = "/" + path + "/";
    AIOP_CHECK(!path.starts_with('/') && !framed.contains("/../") && !framed.contains("/.git/"));
    AIOP_CHECK(path != "lib/check.py" && !aiop::proposal::IsManifestOrLock(path));
    AIOP_CHECK(path.starts_with("lib/") || path.ends_with(".py"));
  }
  const auto again = aiop::proposal::Read(
      "REASON: " + read->reason + "\n```diff\n" + read->diff + "```\n", limits);
  AIOP_CHECK(again && again->paths == read->paths && again->diff == read->diff &&
             again->reason == read->reason);
  return 0;
}
