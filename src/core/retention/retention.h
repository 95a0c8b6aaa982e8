// SPDX-License-Identifier: Apache-2.0
//
// How long restore points are kept: the newest ones, as many, as old and as large as the motor's
// `restore_points` says. What an open run or the active version needs is kept whatever the limits
// say. Pure; values only, so thread-safe; nothing fails.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/model/model.h"

namespace aiop::retention {

struct Limits {
  int64_t count = 0;
  Milliseconds age{0};
  int64_t bytes = 0;
};
Limits LimitsOf(const model::RestorePointSpec& spec);

struct Point {
  std::string id;
  Timestamp created;
  std::map<std::string, int64_t> files{};  // the bytes of each content that it needs
  std::string needed_by{};                 // who cannot do without it; empty: nobody
};

struct Ruling {
  std::string id;
  bool kept = false;
  std::string because;  // one clause for people
};

// One for each point, newest first. Those that are needed count against the limits of older ones.
// A content that several of those kept need is counted once.
std::vector<Ruling> Decide(std::vector<Point> points, const Limits& limits, Timestamp now);

// Who needs a restore point: the active version, if the point was made before it was promoted, and
// the open runs that the point names. Empty: nobody.
std::string NeededBy(const model::RestorePoint& point, const model::MotorVersion& active,
                     const std::vector<model::Run>& open_runs);

}  // namespace aiop::retention
