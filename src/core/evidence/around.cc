// SPDX-License-Identifier: Apache-2.0
// What history shows around one failure: of all its sightings, those that the policy can tell apart
// from none. Whatever is taken here is a true sighting, so that taking more would change nothing;
// what matters is that the first of each comparison are never missing.
#include <algorithm>

#include "core/evidence/entries.h"

namespace aiop::evidence {
namespace {

constexpr Symbol kNobody{std::numeric_limits<uint32_t>::max()};

struct Found {
  Sight sight;
  CellKey cell;
  bool failed = false;
};

class Search {
 public:
  Search(const Holdings& held, const Question& question);
  Surroundings Run();

 private:
  Symbol Known(std::string_view text) const { return held_.texts.Find(text).value_or(kNobody); }
  bool IsSame(const MotorKey& motor) const;
  bool WentThrough(uint32_t trail);
  bool IsAsking(const Sight& sight) const { return sight.run->id == question_.run; }
  bool ComesFirst(const Found& a, const Found& b) const;

  // The first runs of a cell that went through, in no order among different `stopped`.
  void AddPasses(const CellKey& key, const Cell& cell, size_t limit, std::vector<Found>& found);
  void AddPasses(const CellKey& key, std::vector<Found>& found);
  void AddPassesOf(const Found& failed);
  void AddFailures(const CellKey& key, std::vector<Found>& found) const;
  void AddBoth(const CellKey& key, std::vector<Found>& found);
  // Of one comparison: the first by run, and the first of each name.
  template <class Name>
  void Keep(std::vector<Found> found, Name name);
  void KeepVersions(const std::vector<Found>& found);

  void OwnVersions();
  void OwnProfiles();
  void OwnRevisions();
  void OtherAppsPassing();
  void OtherAppsFailing();
  void FailingRuns();
  bool VersionsTellCommits() const;
  std::optional<Found> FailureOf(const RunEntry& run) const;
  std::vector<const RunEntry*> WalkFailingRuns() const;

  const Holdings& held_;
  const Question& question_;
  const IncidentEntry* failure_;
  Symbol incident_, app_, profile_, app_version_, motor_version_, motor_commit_;
  std::vector<uint32_t> same_;    // motors that count as the failing one
  std::vector<uint32_t> others_;  // the plant's other motors
  std::unordered_map<uint32_t, bool> went_through_;
  std::vector<Found> kept_;
  int64_t failing_runs_ = 1;
};

Search::Search(const Holdings& held, const Question& question)
    : held_(held),
      question_(question),
      failure_(held.FindIncident(question.incident)),
      incident_(Known(question.incident)),
      app_(Known(question.app)),
      profile_(Known(question.profile)),
      app_version_(Known(question.app_version)),
      motor_version_(Known(question.motor_version)),
      motor_commit_(Known(question.motor_commit)) {
  const Symbol plant = Known(question.plant);
  for (auto motor = held.motor_numbers.lower_bound({plant, {}, {}});
       motor != held.motor_numbers.end() && motor->first.plant == plant; ++motor) {
    (IsSame(motor->first) ? same_ : others_).push_back(motor->second);
  }
}

bool Search::IsSame(const MotorKey& motor) const {
  if (!motor.commit.empty() && !motor_commit_.empty()) return motor.commit == motor_commit_;
  return motor.version == motor_version_;
}

bool Search::WentThrough(uint32_t trail) {
  const auto [place, is_new] = went_through_.try_emplace(trail, false);
  if (is_new) {
    place->second = std::ranges::any_of(held_.trails[trail], [&](Symbol name) {
      return !question_.reached.contains(std::string(held_.texts[name]));
    });
  }
  return place->second;
}

// Within one app.
bool Search::ComesFirst(const Found& a, const Found& b) const {
  if (a.cell.profile != b.cell.profile)
    return held_.texts[a.cell.profile] < held_.texts[b.cell.profile];
  return a.sight < b.sight;
}

void Search::AddPasses(const CellKey& key, const Cell& cell, size_t limit,
                       std::vector<Found>& found) {
  const auto add = [&](const Sights& sights) {
    size_t taken = 0;
    for (const Sight& sight : sights) {
      if (taken == limit) return;
      if (IsAsking(sight)) continue;
      found.push_back({sight, key, false});
      ++taken;
    }
  };
  add(cell.passed);
  for (const auto& [trail, by_incident] : cell.stopped) {
    if (!WentThrough(trail)) continue;
    for (const auto& [incident, sights] : by_incident) {
      if (incident != incident_) add(sights);
    }
  }
}

void Search::AddPasses(const CellKey& key, std::vector<Found>& found) {
  const auto cell = held_.cells.find(key);
  if (cell != held_.cells.end()) AddPasses(key, cell->second, kReferencesKept, found);
}

void Search::AddFailures(const CellKey& key, std::vector<Found>& found) const {
  if (failure_ == nullptr) return;
  const auto sights = failure_->failed.find(key);
  if (sights == failure_->failed.end()) return;
  size_t taken = 0;
  for (const Sight& sight : sights->second) {
    if (taken == kReferencesKept) return;
    if (IsAsking(sight)) continue;
    found.push_back({sight, key, true});
    ++taken;
  }
}

void Search::AddBoth(const CellKey& key, std::vector<Found>& found) {
  AddPasses(key, found);
  AddFailures(key, found);
}

template <class Name>
void Search::Keep(std::vector<Found> found, Name name) {
  std::ranges::sort(found, [&](const Found& a, const Found& b) { return ComesFirst(a, b); });
  size_t passed = 0;
  size_t failed = 0;
  std::set<std::pair<Symbol, bool>> named;
  for (const Found& each : found) {
    const bool first = named.emplace(name(each), each.failed).second;
    if ((each.failed ? failed : passed)++ < kReferencesKept || first) kept_.push_back(each);
  }
}

// Older and newer versions are compared apart, and together.
void Search::KeepVersions(const std::vector<Found>& found) {
  const std::set<std::string_view> older(question_.older_versions.begin(),
                                         question_.older_versions.end());
  const std::set<std::string_view> newer(question_.newer_versions.begin(),
                                         question_.newer_versions.end());
  const auto version_of = [&](const Found& each) { return held_.motors[each.cell.motor].version; };
  std::array<std::vector<Found>, 3> groups;
  for (const Found& each : found) {
    const std::string_view version = held_.texts[version_of(each)];
    groups[older.contains(version) ? 0 : newer.contains(version) ? 1 : 2].push_back(each);
  }
  for (auto& group : groups) Keep(std::move(group), version_of);
}

// The unchanged app on other motor versions, and on this one.
void Search::OwnVersions() {
  std::vector<Found> found;
  for (const uint32_t motor : others_) AddBoth({motor, app_, profile_, app_version_}, found);
  KeepVersions(found);
  found.clear();
  for (const uint32_t motor : same_) AddPasses({motor, app_, profile_, app_version_}, found);
  Keep(std::move(found), [](const Found& each) { return each.cell.profile; });
}

// The unchanged app under other profiles on this motor version.
void Search::OwnProfiles() {
  std::set<Symbol> profiles;
  const auto collect = [&](const auto& cells, uint32_t motor) {
    auto cell = cells.lower_bound({motor, app_, {}, {}});
    while (cell != cells.end() && cell->first.motor == motor && cell->first.app == app_) {
      profiles.insert(cell->first.profile);
      cell = cells.lower_bound({motor, app_, {cell->first.profile.number + 1}, {}});
    }
  };
  for (const uint32_t motor : same_) {
    collect(held_.cells, motor);
    if (failure_ != nullptr) collect(failure_->failed, motor);
  }
  profiles.erase(profile_);
  std::vector<Found> found;
  for (const uint32_t motor : same_) {
    for (const Symbol profile : profiles) AddBoth({motor, app_, profile, app_version_}, found);
  }
  Keep(std::move(found), [](const Found& each) { return each.cell.profile; });
}

void Search::OwnRevisions() {
  std::vector<Found> found;
  for (const std::string& revision : question_.earlier_revisions) {
    const Symbol version = Known(revision);
    if (version == app_version_) continue;
    for (const uint32_t motor : same_) AddBoth({motor, app_, profile_, version}, found);
  }
  Keep(std::move(found), [](const Found& each) { return each.cell.app_version; });
}

// Of each app the first run under this profile that went through.
void Search::OtherAppsPassing() {
  std::map<Symbol, Found> first;
  std::vector<Found> found;
  for (const uint32_t motor : same_) {
    auto cell = held_.cells.lower_bound({motor, {}, {}, {}});
    while (cell != held_.cells.end() && cell->first.motor == motor) {
      const Symbol app = cell->first.app;
      if (cell->first.profile < profile_)
        cell = held_.cells.lower_bound({motor, app, profile_, {}});
      found.clear();
      for (; app != app_ && cell != held_.cells.end() && cell->first.motor == motor &&
             cell->first.app == app && cell->first.profile == profile_;
           ++cell) {
        AddPasses(cell->first, cell->second, 1, found);
      }
      for (const Found& each : found) {
        const auto [place, is_new] = first.emplace(app, each);
        if (!is_new && ComesFirst(each, place->second)) place->second = each;
      }
      if (cell != held_.cells.end() && cell->first.motor == motor && cell->first.app == app)
        cell = held_.cells.lower_bound({motor, {app.number + 1}, {}, {}});
    }
  }
  for (const auto& [app, each] : first) kept_.push_back(each);
}

// What failed so and exactly so went through: the first of those.
void Search::AddPassesOf(const Found& failed) {
  std::vector<Found> found;
  for (const uint32_t motor : same_) {
    const CellKey key{motor, failed.cell.app, failed.cell.profile, failed.cell.app_version};
    const auto cell = held_.cells.find(key);
    if (cell != held_.cells.end()) AddPasses(key, cell->second, 1, found);
  }
  const auto first = std::min_element(
      found.begin(), found.end(), [](const Found& a, const Found& b) { return a.sight < b.sight; });
  if (first == found.end()) return;
  kept_.push_back(*first);
  kept_.push_back(failed);
}

// Of each app the first run that failed so, and the first under this profile.
void Search::OtherAppsFailing() {
  if (failure_ == nullptr) return;
  std::map<Symbol, Found> first;
  std::map<Symbol, Found> first_in_profile;
  const auto offer = [&](std::map<Symbol, Found>& best, const Found& each) {
    const auto [place, is_new] = best.emplace(each.cell.app, each);
    if (!is_new && ComesFirst(each, place->second)) place->second = each;
  };
  for (const uint32_t motor : same_) {
    for (auto cell = failure_->failed.lower_bound({motor, {}, {}, {}});
         cell != failure_->failed.end() && cell->first.motor == motor; ++cell) {
      if (cell->first.app == app_) continue;
      const auto sight =
          std::ranges::find_if_not(cell->second, [&](const Sight& s) { return IsAsking(s); });
      if (sight == cell->second.end()) continue;
      offer(first, {*sight, cell->first, true});
      AddPassesOf({*sight, cell->first, true});
      if (cell->first.profile == profile_) offer(first_in_profile, {*sight, cell->first, true});
    }
  }
  for (const auto& [app, each] : first) kept_.push_back(each);
  for (const auto& [app, each] : first_in_profile) kept_.push_back(each);
}

// Whether counting failing runs by motor version gives those of the failing motor: not if two
// commits carry one version, or one commit two.
bool Search::VersionsTellCommits() const {
  const auto failed_on = [&](uint32_t motor) {
    const auto cell = failure_->failed.lower_bound({motor, {}, {}, {}});
    return cell != failure_->failed.end() && cell->first.motor == motor;
  };
  return std::ranges::none_of(others_,
                              [&](uint32_t motor) {
                                return held_.motors[motor].version == motor_version_ &&
                                       failed_on(motor);
                              }) &&
         std::ranges::none_of(same_, [&](uint32_t motor) {
           return held_.motors[motor].version != motor_version_ && failed_on(motor);
         });
}

std::vector<const RunEntry*> Search::WalkFailingRuns() const {
  std::set<const RunEntry*, ByRunId> runs;
  for (const uint32_t motor : same_) {
    for (auto cell = failure_->failed.lower_bound({motor, {}, {}, {}});
         cell != failure_->failed.end() && cell->first.motor == motor; ++cell) {
      for (const Sight& sight : cell->second) runs.insert(sight.run);
    }
  }
  return {runs.begin(), runs.end()};
}

// The first sighting of the run on the failing motor.
std::optional<Found> Search::FailureOf(const RunEntry& run) const {
  const auto here = [&](Symbol app_version, int64_t part) -> std::optional<Found> {
    for (const uint32_t motor : same_) {
      const CellKey cell{motor, run.app, run.profile, app_version};
      const auto sights = failure_->failed.find(cell);
      if (sights != failure_->failed.end() && sights->second.contains({&run, part}))
        return Found{{&run, part}, cell, true};
    }
    return std::nullopt;
  };
  for (const OccurrenceEntry* each : run.occurrences) {
    if (auto found = here(each->app_version, each->sequence)) return found;
  }
  return here(run.app_version, kNow);
}

void Search::FailingRuns() {
  if (failure_ == nullptr) return;
  size_t taken = 0;
  const auto take = [&](const RunEntry* run) {
    if (run->id == question_.run) return;
    ++failing_runs_;
    if (taken++ >= kReferencesKept) return;
    if (auto found = FailureOf(*run)) kept_.push_back(*found);
  };
  if (!VersionsTellCommits()) {
    for (const RunEntry* run : WalkFailingRuns()) take(run);
    return;
  }
  const auto runs = failure_->failed_on.find(motor_version_);
  if (runs == failure_->failed_on.end()) return;
  for (const auto& [run, sightings] : runs->second) {
    take(run);
    if (taken > kReferencesKept) break;
  }
  const auto asking = held_.runs_by_id.find(question_.run);
  const bool among = asking != held_.runs_by_id.end() && runs->second.contains(asking->second);
  failing_runs_ = static_cast<int64_t>(runs->second.size()) + (among ? 0 : 1);
}

Surroundings Search::Run() {
  OwnVersions();
  OwnProfiles();
  OwnRevisions();
  OtherAppsPassing();
  OtherAppsFailing();
  FailingRuns();
  const Texts& texts = held_.texts;
  std::ranges::sort(kept_, [&](const Found& a, const Found& b) {
    if (a.cell.app != b.cell.app) return texts[a.cell.app] < texts[b.cell.app];
    return ComesFirst(a, b);
  });
  const auto repeated = std::ranges::unique(kept_, {}, &Found::sight);
  kept_.erase(repeated.begin(), repeated.end());
  Surroundings around{.sightings = {}, .failing_runs = failing_runs_};
  around.sightings.reserve(kept_.size());
  for (const Found& each : kept_) {
    const MotorKey& motor = held_.motors[each.cell.motor];
    around.sightings.push_back({.run = std::string(each.sight.run->id),
                                .app = std::string(texts[each.cell.app]),
                                .profile = std::string(texts[each.cell.profile]),
                                .app_version = std::string(texts[each.cell.app_version]),
                                .motor_version = std::string(texts[motor.version]),
                                .motor_commit = std::string(texts[motor.commit]),
                                .failed = each.failed});
  }
  return around;
}

}  // namespace

Surroundings Index::Around(const Question& question) const {
  return Search(*holdings_, question).Run();
}

}  // namespace aiop::evidence
