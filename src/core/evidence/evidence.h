// SPDX-License-Identifier: Apache-2.0
//
// An index over what happened, so that a decision costs the same however long the history is: for a
// failure, who shows it and who went through the same point; for a motor version, how its attempts
// ended and what they took. Records go in as they are stored, whole histories included.
//
// The answers depend on the set of records alone: the order in which they come and how often does
// not matter. Of a record that changes (a run, a checkpoint, an occurrence that moves to another
// incident) the highest revision counts; who feeds the index numbers them.
//
// Costs: a record costs O(log history). Around() costs O(log history) for each app on the failing
// motor version and for each motor version, profile and revision of the failing app; it does not
// walk runs. Lists of references are bounded, and the counts beside them are not.
//
// In memory, pure. Not thread-safe: who shares it locks it.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/model.h"
#include "core/policy/policy.h"

namespace aiop::evidence {

// How many figures of one kind and motor version are kept, and how many runs or events an answer
// names.
inline constexpr size_t kFiguresKept = 256;
inline constexpr size_t kReferencesKept = policy::kReferencesKept;

// ---- What a decision asks ----

struct Question {
  std::string plant;
  std::string incident;
  std::string run;  // the failing one, which is no evidence about itself
  std::string app;
  std::string profile;
  std::string app_version;
  std::string motor_version;
  std::string motor_commit;
  std::set<std::string> reached;  // checkpoints the failing run holds or held
  std::vector<std::string> older_versions;
  std::vector<std::string> newer_versions;
  std::vector<std::string> earlier_revisions;
};

// What history shows around a failure, by app, profile and run. A run that stopped elsewhere went
// through if it holds a checkpoint outside `reached`. Of each comparison that the policy makes the
// first kReferencesKept runs are there, and the first of each app, version, profile and revision:
// it decides the same, byte for byte, as if all were.
struct Surroundings {
  std::vector<policy::Sighting> sightings;
  int64_t failing_runs = 0;  // distinct runs that failed so on this motor version, the asking one
                             // among them
};

// A run that is PAUSED at an incident it failed at.
struct Standing {
  std::string run;
  std::string app;
  std::string profile;
  int64_t sequence = 0;  // of its first occurrence there
};

// ---- What a failure is known by ----

struct Tally {
  std::string name;
  int64_t occurrences = 0;
};

// One fingerprint in one plant, all its incidents together.
struct Failure {
  int64_t occurrences = 0;
  int64_t runs = 0;         // distinct
  std::vector<Tally> apps;  // each list by name
  std::vector<Tally> profiles;
  std::vector<Tally> motor_versions;
  std::vector<Tally> checkpoints;  // the last one before it; "" before any
  Timestamp first_seen;
  Timestamp last_seen;
  std::vector<std::string> incidents;
  std::vector<std::string> events;  // the first of its occurrences
};

// Who ran on a motor version past every checkpoint after which a failure shows, and did not stop at
// it: one entry for each app, profile and app version, with the first such run.
struct Clean {
  std::string app;
  std::string profile;
  std::string app_version;
  std::string run;
  int64_t runs = 0;
};

// ---- What a motor version is known by ----

enum class Figure { kLatencyMs, kCostUsd, kQuality, kCoverage };
inline constexpr size_t kFigureKinds = 4;

// A sample of all figures of one kind, the same for the same figures: those whose ids hash lowest.
struct Figures {
  int64_t count = 0;  // of all
  std::vector<double> values;
  std::vector<std::string> references;  // attempt or event, one for each value
};

// Attempts of real runs. Latency and cost are those of attempts that went from the beginning to
// success, so that they compare.
struct MotorRecord {
  int64_t ended = 0;  // by success or failure; not those stopped by somebody or lost
  int64_t succeeded = 0;
  std::array<Figures, kFigureKinds> figures;
  const Figures& Of(Figure figure) const { return figures[static_cast<size_t>(figure)]; }
};

struct Holdings;  // what the index is made of; private to the module

class Index {
 public:
  Index();
  ~Index();
  Index(Index&&) noexcept;
  Index& operator=(Index&&) noexcept;

  void Put(const model::Run& run, int64_t revision);
  void Put(const model::Checkpoint& checkpoint, int64_t revision);
  void Put(const model::Incident& incident);
  // `sequence` orders occurrences as they were stored; it stays when an occurrence changes.
  void Put(const model::Occurrence& occurrence, int64_t sequence, int64_t revision);
  void Put(const model::Attempt& attempt);
  void Put(const model::StoredEvent& event);

  Surroundings Around(const Question& question) const;
  // By app, profile and run; at most `limit`.
  std::vector<Standing> StandingAt(std::string_view incident, size_t limit = SIZE_MAX) const;
  Failure Shown(std::string_view plant, std::string_view fingerprint) const;
  std::vector<Clean> RanClean(std::string_view plant, std::string_view fingerprint,
                              std::string_view motor_version) const;
  MotorRecord RecordOf(const model::MotorReference& motor) const;

 private:
  std::unique_ptr<Holdings> holdings_;
};

}  // namespace aiop::evidence
