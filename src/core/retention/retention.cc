// SPDX-License-Identifier: Apache-2.0
#include "core/retention/retention.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace aiop::retention {
namespace {

constexpr int64_t kMebibyte = int64_t{1} << 20;
// What the manifest's default says; its text has been checked when the manifest was read.
constexpr Milliseconds kDefaultAge{int64_t{90} * 24 * 3600 * 1000};

std::string Counted(size_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

// What a point takes beside those that are kept.
int64_t BytesBeside(const Point& point, const std::set<std::string>& held) {
  int64_t bytes = 0;
  for (const auto& [content, size] : point.files) {
    if (!held.contains(content)) bytes += size;
  }
  return bytes;
}

}  // namespace

Limits LimitsOf(const model::RestorePointSpec& spec) {
  return {.count = spec.count,
          .age = model::ParseWindow(spec.age).value_or(kDefaultAge),
          .bytes = spec.mebibytes * kMebibyte};
}

std::vector<Ruling> Decide(std::vector<Point> points, const Limits& limits, Timestamp now) {
  std::ranges::sort(points, [](const Point& a, const Point& b) {
    return std::tie(a.created, a.id) > std::tie(b.created, b.id);
  });
  std::vector<Ruling> rulings;
  int64_t kept = 0;
  int64_t bytes = 0;
  std::set<std::string> held;
  for (const Point& point : points) {
    const int64_t more = BytesBeside(point, held);
    Ruling ruling{.id = point.id, .kept = true, .because = "within its limits"};
    if (!point.needed_by.empty()) {
      ruling.because = "needed by " + point.needed_by;
    } else if (kept >= limits.count) {
      ruling = {point.id, false, "count: " + Counted(static_cast<size_t>(kept), "newer one")};
    } else if (now - point.created > limits.age) {
      ruling = {point.id, false, "age: older than " + FormatDuration(limits.age)};
    } else if (bytes + more > limits.bytes) {
      ruling = {point.id, false,
                "size: more than " + std::to_string(limits.bytes / kMebibyte) + " MiB with it"};
    }
    if (ruling.kept) {
      ++kept;
      bytes += more;
      for (const auto& [content, size] : point.files) held.insert(content);
    }
    rulings.push_back(std::move(ruling));
  }
  return rulings;
}

std::string NeededBy(const model::RestorePoint& point, const model::MotorVersion& active,
                     const std::vector<model::Run>& open_runs) {
  std::string who;
  if (!point.change.empty() && point.change == active.change) {
    who = "the active version " + active.reference.version;
  }
  const auto named = std::ranges::count_if(open_runs, [&](const model::Run& run) {
    return !run.Ended() && point.run_checkpoints.contains(run.id);
  });
  if (named > 0) {
    who += (who.empty() ? "" : " and ") + Counted(static_cast<size_t>(named), "open run");
  }
  return who;
}

}  // namespace aiop::retention
