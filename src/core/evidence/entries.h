// SPDX-License-Identifier: Apache-2.0
// What the index is made of. Private to the module.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/evidence/evidence.h"
#include "core/evidence/text.h"

namespace aiop::evidence {

struct OccurrenceEntry;

struct CheckpointEntry {
  int64_t revision;
  int32_t ordinal;
  Symbol name;
  bool stale;
};

enum class State : uint8_t { kUnknown, kNotStarted, kUnderWay, kPaused, kSucceeded };

struct RunEntry {
  std::string_view id;
  int64_t revision = -1;
  Symbol plant, app, profile, app_ctx, app_version, motor_ctx, incident;
  uint32_t motor = 0;  // number of plant, version and commit
  uint32_t trail = 0;  // number of the names of the checkpoints it holds, in order
  State state = State::kUnknown;
  std::vector<CheckpointEntry> checkpoints;
  std::vector<OccurrenceEntry*> occurrences;  // as they were stored
};

struct OccurrenceEntry {
  std::string_view id;
  std::string_view event;
  int64_t revision = -1;
  int64_t sequence = 0;
  Timestamp at;
  RunEntry* run = nullptr;
  Symbol incident, app, profile, app_ctx, app_version, motor_ctx, motor_version, checkpoint;
};

// One sighting of a run: what it is now (kNow), or where it failed earlier (the occurrence's
// sequence).
inline constexpr int64_t kNow = std::numeric_limits<int64_t>::max();
struct Sight {
  const RunEntry* run;
  int64_t part;
  friend bool operator<(const Sight& a, const Sight& b) {
    if (a.run != b.run) return a.run->id < b.run->id;
    return a.part < b.part;
  }
  friend bool operator==(const Sight& a, const Sight& b) = default;
};
using Sights = std::set<Sight>;

// A motor version of a plant, as sightings are compared by it. Earlier failures have no commit.
struct MotorKey {
  Symbol plant, version, commit;
  auto operator<=>(const MotorKey&) const = default;
};

struct CellKey {
  uint32_t motor = 0;
  Symbol app{}, profile{}, app_version{};
  auto operator<=>(const CellKey&) const = default;
};

// The runs of one app version under one profile on one motor version, as they stand now.
struct Cell {
  Sights passed;
  // Not (yet) at their end: by the checkpoints they hold, then by the incident they stopped at.
  std::map<uint32_t, std::map<Symbol, Sights>> stopped;
  bool empty() const { return passed.empty() && stopped.empty(); }
};
using Cells = std::map<CellKey, Cell>;

struct ByRunId {
  bool operator()(const RunEntry* a, const RunEntry* b) const { return a->id < b->id; }
};
struct ByName {
  const Texts* texts;
  bool operator()(const RunEntry* a, const RunEntry* b) const {
    if (a->app != b->app) return (*texts)[a->app] < (*texts)[b->app];
    if (a->profile != b->profile) return (*texts)[a->profile] < (*texts)[b->profile];
    return a->id < b->id;
  }
};
using Counts = std::map<Symbol, int64_t>;
using RunCounts = std::map<const RunEntry*, int64_t, ByRunId>;

struct IncidentEntry {
  explicit IncidentEntry(const Texts* texts) : standing(ByName{texts}) {}
  // Sightings of the failure.
  std::map<CellKey, Sights> failed;
  // Distinct failing runs by motor version, whatever the commit, with their number of sightings.
  std::map<Symbol, RunCounts> failed_on;
  // Paused here, with the sequence of their first occurrence here.
  std::map<const RunEntry*, int64_t, ByName> standing;
  // All occurrences, by time.
  std::set<std::tuple<Timestamp, std::string_view, const OccurrenceEntry*>> occurrences;
  Counts apps, profiles, motor_versions, checkpoints;
  RunCounts runs;
};

// The figures with the lowest hashes, and how many there were in all.
struct Reservoir {
  struct Item {
    double value;
    std::string reference;
  };
  int64_t count = 0;
  std::map<uint64_t, Item> lowest;
};
struct MotorEntry {
  int64_t ended = 0;
  int64_t succeeded = 0;
  std::array<Reservoir, kFigureKinds> figures;
};

struct Holdings {
  Texts texts;
  std::unordered_map<std::string_view, RunEntry*> runs_by_id;
  std::deque<RunEntry> runs;
  std::unordered_map<std::string_view, OccurrenceEntry*> occurrences_by_id;
  std::deque<OccurrenceEntry> occurrences;

  std::map<MotorKey, uint32_t> motor_numbers;
  std::vector<MotorKey> motors;
  std::map<std::vector<Symbol>, uint32_t> trail_numbers;
  std::vector<std::vector<Symbol>> trails;

  Cells cells;
  std::unordered_map<Symbol, IncidentEntry> incidents;
  std::map<std::pair<Symbol, Symbol>, std::set<Symbol>> by_fingerprint;  // plant, fingerprint

  std::unordered_set<uint64_t> counted;  // attempts and events whose figures are in
  std::unordered_map<Symbol, MotorEntry> records;

  RunEntry& RunOf(std::string_view id);
  IncidentEntry& IncidentOf(Symbol id);
  const IncidentEntry* FindIncident(std::string_view id) const;
  uint32_t MotorOf(const MotorKey& key);
  uint32_t TrailOf(const RunEntry& run);

  // A run's sightings follow from its own records alone: they are taken back before one of these
  // changes and given anew after it.
  void Give(const RunEntry& run) { Change(run, true); }
  void TakeBack(const RunEntry& run) { Change(run, false); }
  void Change(const RunEntry& run, bool give);
  void ChangeFailed(Symbol incident, const CellKey& cell, const Sight& sight, bool give);
  void ChangeStanding(const RunEntry& run, bool give);
  void ChangeTally(const OccurrenceEntry& occurrence, bool give);

  void AddFigure(MotorEntry& entry, Figure figure, double value, const std::string& reference);
};

}  // namespace aiop::evidence
