// SPDX-License-Identifier: Apache-2.0
#include "core/pace/pace.h"

#include <algorithm>

namespace aiop::pace {
namespace {

std::vector<Timestamp> Recent(const std::vector<Timestamp>& begun, Timestamp now) {
  std::vector<Timestamp> recent;
  std::ranges::copy_if(begun, std::back_inserter(recent),
                       [&](Timestamp each) { return now - each < kWindow; });
  std::ranges::sort(recent, [](Timestamp a, Timestamp b) { return a < b; });
  return recent;
}

}  // namespace

int64_t Allowed(const std::vector<Timestamp>& begun, Timestamp now, int64_t per_minute) {
  return std::max<int64_t>(0, per_minute - static_cast<int64_t>(Recent(begun, now).size()));
}

Milliseconds UntilNext(const std::vector<Timestamp>& begun, Timestamp now, int64_t per_minute) {
  const auto recent = Recent(begun, now);
  const auto limit = static_cast<size_t>(std::max<int64_t>(1, per_minute));
  if (recent.size() < limit) return Milliseconds{0};
  // One is allowed when all but limit - 1 of them are a minute old.
  return kWindow - (now - recent[recent.size() - limit]);
}

}  // namespace aiop::pace
