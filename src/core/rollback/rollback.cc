// SPDX-License-Identifier: Apache-2.0
#include "core/rollback/rollback.h"

#include <algorithm>
#include <map>
#include <set>

namespace aiop::rollback {
namespace {

// A version and those it was made from, as far as they are known, newest first.
std::vector<model::MotorVersion> LineOf(const std::vector<model::MotorVersion>& known,
                                        const std::string& commit) {
  std::vector<model::MotorVersion> line;
  std::set<std::string> seen;
  for (std::string at = commit; !at.empty() && seen.insert(at).second;) {
    const auto found = std::ranges::find(known, at, &model::MotorVersion::commit);
    if (found == known.end()) break;
    line.push_back(*found);
    at = found->parent;
  }
  return line;
}

// The checkpoints that held when `last` was the newest one: of each name the newest up to it.
std::vector<model::Checkpoint> HeldThen(const std::vector<model::Checkpoint>& all, int64_t last) {
  std::map<std::string, int64_t> newest;
  for (const auto& each : all) {
    if (each.ordinal <= last) newest[each.name] = std::max(newest[each.name], each.ordinal);
  }
  std::vector<model::Checkpoint> held;
  std::ranges::copy_if(all, std::back_inserter(held), [&](const model::Checkpoint& each) {
    return each.ordinal <= last && newest[each.name] == each.ordinal;
  });
  return held;
}

bool Contains(const std::vector<model::Checkpoint>& some, const model::Checkpoint& one) {
  return std::ranges::find(some, one.id, &model::Checkpoint::id) != some.end();
}

}  // namespace

std::vector<model::MotorVersion> VersionsLeft(const std::vector<model::MotorVersion>& known,
                                              const std::string& from_commit,
                                              const std::string& to_commit) {
  std::vector<model::MotorVersion> left;
  const auto stays = LineOf(known, to_commit);
  for (const auto& each : LineOf(known, from_commit)) {
    if (std::ranges::find(stays, each.commit, &model::MotorVersion::commit) != stays.end()) break;
    left.push_back(each);
  }
  return left;
}

bool IsPromotion(const model::PointerMove& move, const model::MotorVersion& to) {
  if (to.change.empty()) return false;
  // Moves that were stored before they named their change.
  return move.change == to.change || move.because.starts_with("change " + to.change);
}

std::optional<model::RestorePoint> PointOf(const std::vector<model::RestorePoint>& points,
                                           const model::MotorVersion& version) {
  std::optional<model::RestorePoint> newest;
  for (const auto& each : points) {
    if (each.commit != version.commit) continue;
    if (!newest || each.created >= newest->created) newest = each;
  }
  return newest;
}

std::optional<Standing> StandAt(const std::vector<model::Checkpoint>& all,
                                const std::string& checkpoint, Timestamp when,
                                const lifecycle::ResumeTarget& target) {
  int64_t last = 0;
  for (const auto& each : all) {
    if (each.name == checkpoint && each.created <= when) last = std::max(last, each.ordinal);
  }
  if (last == 0 && !checkpoint.empty()) return std::nullopt;
  const auto held = HeldThen(all, last);
  const auto survivors = lifecycle::CheckpointsAfter(held, target);
  Standing standing;
  if (survivors.last) standing.checkpoint = survivors.last->name;
  const auto holds = [&](const model::Checkpoint& each) {
    return Contains(held, each) && !Contains(survivors.stale, each);
  };
  for (model::Checkpoint each : all) {
    const bool stale = !holds(each);
    if (stale == each.stale) continue;
    if (stale) ++standing.given_up;
    each.stale = stale;
    standing.changed.push_back(std::move(each));
  }
  return standing;
}

}  // namespace aiop::rollback
