// SPDX-License-Identifier: Apache-2.0
// For tests: histories made by chance, and what a plain walk over all records says of them.
#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <variant>

#include "core/evidence/evidence.h"

namespace aiop::evidence::testing {

// One record as it was stored at some time.
struct Stored {
  std::variant<model::Run, model::Checkpoint, model::Incident, model::Occurrence, model::Attempt,
               model::StoredEvent>
      record;
  int64_t sequence = 0;
  int64_t revision = 0;
};

inline void Put(Index& index, const Stored& stored) {
  std::visit(
      [&]<class T>(const T& record) {
        if constexpr (std::is_same_v<T, model::Occurrence>) {
          index.Put(record, stored.sequence, stored.revision);
        } else if constexpr (std::is_same_v<T, model::Run> ||
                             std::is_same_v<T, model::Checkpoint>) {
          index.Put(record, stored.revision);
        } else {
          index.Put(record);
        }
      },
      stored.record);
}

// What kinds of history to make: few runs of many kinds, or many of few.
struct Shape {
  int runs = 60;
  int apps = 4;
  int profiles = 2;
  int motors = 4;
  int app_versions = 3;
};

class History {
 public:
  History(uint32_t seed, const Shape& shape) : random_(seed), shape_(shape) {
    for (int i = 0; i < 4; ++i) {
      model::Incident incident;
      incident.id = "incident-" + std::to_string(i);
      incident.plant = PlantOf(i);
      incident.fingerprint = i == 3 ? "print-1" : "print-" + std::to_string(i);
      incidents.push_back(incident);
      Store(incident);
    }
    for (int i = 0; i < shape.runs; ++i) MakeRun(i);
  }

  // Everything ever stored, older revisions included.
  std::vector<Stored> stored;
  // As it stands at the end.
  std::vector<model::Incident> incidents;
  std::vector<model::Run> runs;
  std::vector<model::Occurrence> occurrences;                         // as stored
  std::map<std::string, std::vector<model::Checkpoint>> checkpoints;  // by run

  int Below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }

  // A run that stands at an incident it failed at, to ask about; nothing if there is none.
  std::optional<model::Run> Failing() {
    std::vector<model::Run> candidates;
    for (const model::Run& run : runs) {
      if (run.state == model::RunState::kPaused && !run.incident.empty()) candidates.push_back(run);
    }
    if (candidates.empty()) return std::nullopt;
    return candidates[static_cast<size_t>(Below(static_cast<int>(candidates.size())))];
  }

  // How a decision saw it before there was an index: every run of the plant.
  std::vector<policy::Sighting> AllSightings(const Question& question) const;

 private:
  static std::string PlantOf(int incident) { return incident == 2 ? "other-plant" : "plant"; }

  template <class T>
  void Store(const T& record, int64_t sequence = 0) {
    stored.push_back({record, sequence, ++revision_});
  }

  model::AppReference AppVersion(const std::string& app) {
    const int number = Below(shape_.app_versions);
    return {app, "1." + std::to_string(number) + ".0", "00000000000" + std::to_string(number)};
  }
  void ChooseMotor(model::Run& run) {
    const int number = Below(shape_.motors);
    // The last two carry one version with two contents, as a commit made outside may.
    const int version = std::min(number, shape_.motors - 2);
    run.motor_ctx = {"motor", "2." + std::to_string(version) + ".0",
                     "aaaaaaaaaaa" + std::to_string(number)};
    run.motor_commit = Below(12) == 0 ? "" : "commit-" + std::to_string(number);
  }

  void MakeRun(int number);
  void Fail(model::Run& run, int attempt);
  void GiveCheckpoints(model::Run& run);
  void End(model::Run& run);
  void GiveFigures(const model::Run& run);

  std::mt19937 random_;
  Shape shape_;
  int64_t revision_ = 0;
  int64_t occurrence_sequence_ = 0;
};

inline void History::MakeRun(int number) {
  model::Run run;
  run.id = "run-" + std::to_string(100000 + (number * 7919) % 100000);
  run.plant = Below(8) == 0 ? "other-plant" : "plant";
  run.app = "app-" + std::to_string(Below(shape_.apps));
  run.profile = "profile-" + std::to_string(Below(shape_.profiles));
  run.app_ctx = AppVersion(run.app);
  ChooseMotor(run);
  Store(run);
  for (int attempt = 1; attempt <= 3; ++attempt) {
    if (Below(10) == 0) break;
    run.attempts = attempt;
    run.state = model::RunState::kRunning;
    Store(run);
    GiveCheckpoints(run);
    if (Below(5) < 2) break;
    Fail(run, attempt);
    if (Below(2) == 0) break;
    if (Below(2) == 0) ChooseMotor(run);
    if (Below(3) == 0) run.app_ctx = AppVersion(run.app);
  }
  End(run);
  runs.push_back(run);
}

inline void History::GiveCheckpoints(model::Run& run) {
  auto& held = checkpoints[run.id];
  if (!held.empty() && Below(3) == 0) {
    held.back().stale = true;
    Store(held.back());
  }
  for (const char* name : {"fetch", "parse", "render"}) {
    if (Below(3) == 0) return;
    model::Checkpoint checkpoint;
    checkpoint.run = run.id;
    checkpoint.ordinal = ++run.checkpoint_ordinal;
    checkpoint.id = run.id + "/" + std::to_string(checkpoint.ordinal);
    checkpoint.name = name;
    held.push_back(checkpoint);
    run.checkpoint = name;
    Store(checkpoint);
  }
}

inline void History::Fail(model::Run& run, int attempt) {
  int number = Below(4);
  while (PlantOf(number) != run.plant) number = Below(4);
  model::Occurrence occurrence;
  occurrence.event = "event-" + run.id + "-" + std::to_string(attempt);
  occurrence.incident = incidents[static_cast<size_t>(number)].id;
  occurrence.id = occurrence.incident + "/" + occurrence.event;
  occurrence.run = run.id;
  occurrence.app = run.app;
  occurrence.profile = run.profile;
  occurrence.app_ctx = run.app_ctx;
  occurrence.motor_ctx = run.motor_ctx;
  occurrence.after_checkpoint = run.checkpoint;
  occurrence.at = Timestamp{Milliseconds{1'000'000 + ++occurrence_sequence_}};
  run.incident = occurrence.incident;
  Store(occurrence, occurrence_sequence_);
  run.state = model::RunState::kPaused;
  Store(run);
  if (run.plant == "plant" && Below(6) == 0) {  // split off, or merged without its occurrence
    run.incident = incidents[static_cast<size_t>(Below(2))].id;
    if (Below(2) == 0) {
      occurrence.incident = run.incident;
      Store(occurrence, occurrence_sequence_);
    }
    Store(run);
  }
  occurrences.push_back(occurrence);
}

inline void History::End(model::Run& run) {
  using enum model::RunState;
  switch (Below(6)) {
    case 0:
    case 1:
      if (run.attempts > 0) run.state = kSuccess;
      break;
    case 2:
      if (run.state == kPaused) run.state = kFailed;
      break;
    case 3:
      if (run.state == kPaused) run.state = kRunning;
      break;
    default:
      break;
  }
  Store(run);
  GiveFigures(run);
}

inline void History::GiveFigures(const model::Run& run) {
  model::Attempt attempt;
  attempt.id = run.id + "/" + std::to_string(run.attempts);
  attempt.run = run.id;
  attempt.motor_ctx = run.motor_ctx;
  Store(attempt);  // under way
  attempt.outcome = run.state == model::RunState::kSuccess ? "success" : "failed";
  attempt.wall_ms = 100 + Below(100);
  if (Below(2) == 0) attempt.usage.cost_usd = 0.01 * Below(100);
  Store(attempt);
  model::StoredEvent event;
  event.envelope.id = "quality-" + run.id;
  event.envelope.signal_type = model::SignalType::kQualityScore;
  event.envelope.payload = {{"value", 0.5 + 0.001 * Below(500)}};
  event.envelope.context_ref.motor_ctx = run.motor_ctx;
  event.run = run.id;
  Store(event);
}

inline std::vector<policy::Sighting> History::AllSightings(const Question& question) const {
  std::vector<policy::Sighting> sightings;
  std::vector<model::Run> sorted = runs;
  std::ranges::sort(sorted, {},
                    [](const model::Run& run) { return std::tie(run.app, run.profile, run.id); });
  for (const model::Run& run : sorted) {
    if (run.plant != question.plant) continue;
    if (run.state == model::RunState::kIdle || run.attempts == 0) continue;
    policy::Sighting sighting{.run = run.id,
                              .app = run.app,
                              .profile = run.profile,
                              .app_version = run.app_ctx.version,
                              .motor_version = run.motor_ctx.version,
                              .motor_commit = run.motor_commit};
    for (const auto& each : occurrences) {
      if (each.incident != question.incident || each.run != run.id) continue;
      const bool now = each.app_ctx == run.app_ctx && each.motor_ctx == run.motor_ctx;
      if (now && run.state != model::RunState::kSuccess) continue;
      policy::Sighting earlier = sighting;
      earlier.app_version = each.app_ctx.version;
      earlier.motor_version = each.motor_ctx.version;
      earlier.motor_commit.clear();
      earlier.failed = true;
      sightings.push_back(earlier);
    }
    sighting.failed = run.state != model::RunState::kSuccess && run.incident == question.incident;
    if (!sighting.failed && run.state != model::RunState::kSuccess) {
      const auto held = checkpoints.find(run.id);
      sighting.shadowed = held == checkpoints.end() ||
                          std::ranges::none_of(held->second, [&](const model::Checkpoint& each) {
                            return !each.stale && !question.reached.contains(each.name);
                          });
    }
    sightings.push_back(sighting);
  }
  return sightings;
}

// About a failing run, as it would be asked.
inline Question QuestionAbout(const History& history, const model::Run& run, const Shape& shape) {
  Question question{.plant = run.plant,
                    .incident = run.incident,
                    .run = run.id,
                    .app = run.app,
                    .profile = run.profile,
                    .app_version = run.app_ctx.version,
                    .motor_version = run.motor_ctx.version,
                    .motor_commit = run.motor_commit,
                    .reached = {},
                    .older_versions = {},
                    .newer_versions = {},
                    .earlier_revisions = {}};
  if (const auto held = history.checkpoints.find(run.id); held != history.checkpoints.end()) {
    for (const auto& each : held->second) question.reached.insert(each.name);
  }
  for (int number = shape.motors - 2; number >= 0; --number) {
    const std::string version = "2." + std::to_string(number) + ".0";
    if (version < run.motor_ctx.version) question.older_versions.push_back(version);
    if (version > run.motor_ctx.version)
      question.newer_versions.insert(question.newer_versions.begin(), version);
  }
  for (int number = shape.app_versions - 1; number >= 0; --number) {
    const std::string version = "1." + std::to_string(number) + ".0";
    if (version < run.app_ctx.version) question.earlier_revisions.push_back(version);
  }
  return question;
}

}  // namespace aiop::evidence::testing
