// SPDX-License-Identifier: Apache-2.0
// Records in.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/hash/hash.h"
#include "core/evidence/entries.h"

namespace aiop::evidence {
namespace {

State StateOf(const model::Run& run) {
  if (run.state == model::RunState::kIdle || run.attempts == 0) return State::kNotStarted;
  if (run.state == model::RunState::kSuccess) return State::kSucceeded;
  return run.state == model::RunState::kPaused ? State::kPaused : State::kUnderWay;
}

// Plants choose the ids of their events: a hash that nobody can aim.
uint64_t HashOf(std::string_view kind, std::string_view id) {
  const std::string digits = HashBytes(std::string(kind) + "/" + std::string(id));
  uint64_t hash = 0;
  std::from_chars(digits.data(), digits.data() + 16, hash, 16);
  return hash;
}

void Count(Counts& counts, Symbol name, bool give) {
  if (give) {
    ++counts[name];
  } else if (--counts[name] == 0) {
    counts.erase(name);
  }
}

void Count(RunCounts& counts, const RunEntry* run, bool give) {
  if (give) {
    ++counts[run];
  } else if (--counts[run] == 0) {
    counts.erase(run);
  }
}

template <class Map, class Key>
void Change(Map& map, const Key& key, const Sight& sight, bool give) {
  if (give) {
    map[key].insert(sight);
    return;
  }
  const auto found = map.find(key);
  if (found == map.end()) return;
  found->second.erase(sight);
  if (found->second.empty()) map.erase(found);
}

std::optional<Figure> FigureOf(model::SignalType type) {
  if (type == model::SignalType::kQualityScore) return Figure::kQuality;
  if (type == model::SignalType::kCoverage) return Figure::kCoverage;
  return std::nullopt;
}

}  // namespace

Index::Index() : holdings_(std::make_unique<Holdings>()) {}
Index::~Index() = default;
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;

RunEntry& Holdings::RunOf(std::string_view id) {
  if (const auto found = runs_by_id.find(id); found != runs_by_id.end()) return *found->second;
  RunEntry& run = runs.emplace_back();
  run.id = texts.Keep(id);
  run.trail = TrailOf(run);
  runs_by_id.emplace(run.id, &run);
  return run;
}

IncidentEntry& Holdings::IncidentOf(Symbol id) {
  return incidents.try_emplace(id, &texts).first->second;
}

const IncidentEntry* Holdings::FindIncident(std::string_view id) const {
  const auto symbol = texts.Find(id);
  if (!symbol) return nullptr;
  const auto found = incidents.find(*symbol);
  return found == incidents.end() ? nullptr : &found->second;
}

uint32_t Holdings::MotorOf(const MotorKey& key) {
  const auto [place, is_new] = motor_numbers.try_emplace(key, static_cast<uint32_t>(motors.size()));
  if (is_new) motors.push_back(key);
  return place->second;
}

uint32_t Holdings::TrailOf(const RunEntry& run) {
  std::vector<Symbol> names;
  for (const CheckpointEntry& each : run.checkpoints) {
    if (!each.stale) names.push_back(each.name);
  }
  const auto known = trail_numbers.find(names);
  if (known != trail_numbers.end()) return known->second;
  const auto number = static_cast<uint32_t>(trails.size());
  trails.push_back(names);
  trail_numbers.emplace(std::move(names), number);
  return number;
}

void Holdings::Change(const RunEntry& run, bool give) {
  if (run.state == State::kUnknown) return;
  if (run.state == State::kPaused && !run.incident.empty()) ChangeStanding(run, give);
  if (run.state == State::kNotStarted) return;
  const bool succeeded = run.state == State::kSucceeded;
  for (const OccurrenceEntry* each : run.occurrences) {
    // What it stands at now is said below; here is where it failed on other versions.
    const bool now = each->app_ctx == run.app_ctx && each->motor_ctx == run.motor_ctx;
    if (now && !succeeded) continue;
    const CellKey cell{MotorOf({run.plant, each->motor_version, {}}), run.app, run.profile,
                       each->app_version};
    ChangeFailed(each->incident, cell, {&run, each->sequence}, give);
  }
  const CellKey key{run.motor, run.app, run.profile, run.app_version};
  const Sight sight{&run, kNow};
  Cell& cell = cells[key];
  if (succeeded) {
    give ? void(cell.passed.insert(sight)) : void(cell.passed.erase(sight));
  } else {
    if (!run.incident.empty()) ChangeFailed(run.incident, key, sight, give);
    auto& by_incident = cell.stopped[run.trail];
    evidence::Change(by_incident, run.incident, sight, give);
    if (by_incident.empty()) cell.stopped.erase(run.trail);
  }
  if (cell.empty()) cells.erase(key);
}

void Holdings::ChangeFailed(Symbol incident, const CellKey& cell, const Sight& sight, bool give) {
  IncidentEntry& entry = IncidentOf(incident);
  evidence::Change(entry.failed, cell, sight, give);
  RunCounts& counts = entry.failed_on[motors[cell.motor].version];
  Count(counts, sight.run, give);
  if (counts.empty()) entry.failed_on.erase(motors[cell.motor].version);
}

void Holdings::ChangeStanding(const RunEntry& run, bool give) {
  if (run.occurrences.empty()) return;
  std::optional<int64_t> first;
  for (const OccurrenceEntry* each : run.occurrences) {
    if (each->incident == run.incident && (!first || each->sequence < *first))
      first = each->sequence;
  }
  // It failed at one that was merged into this.
  if (!first) first = run.occurrences.back()->sequence;
  auto& standing = IncidentOf(run.incident).standing;
  give ? void(standing.emplace(&run, *first)) : void(standing.erase(&run));
}

void Holdings::ChangeTally(const OccurrenceEntry& occurrence, bool give) {
  IncidentEntry& entry = IncidentOf(occurrence.incident);
  const auto moment = std::tuple(occurrence.at, occurrence.event, &occurrence);
  give ? void(entry.occurrences.insert(moment)) : void(entry.occurrences.erase(moment));
  Count(entry.apps, occurrence.app, give);
  Count(entry.profiles, occurrence.profile, give);
  Count(entry.motor_versions, occurrence.motor_version, give);
  Count(entry.checkpoints, occurrence.checkpoint, give);
  Count(entry.runs, occurrence.run, give);
}

void Index::Put(const model::Run& run, int64_t revision) {
  Holdings& held = *holdings_;
  RunEntry& entry = held.RunOf(run.id);
  if (revision < entry.revision) return;
  held.TakeBack(entry);
  Texts& texts = held.texts;
  entry.revision = revision;
  entry.plant = texts.Intern(run.plant);
  entry.app = texts.Intern(run.app);
  entry.profile = texts.Intern(run.profile);
  entry.app_ctx = texts.Intern(run.app_ctx.Text());
  entry.app_version = texts.Intern(run.app_ctx.version);
  entry.motor_ctx = texts.Intern(run.motor_ctx.Text());
  entry.incident = texts.Intern(run.incident);
  entry.motor = held.MotorOf(
      {entry.plant, texts.Intern(run.motor_ctx.version), texts.Intern(run.motor_commit)});
  entry.state = StateOf(run);
  held.Give(entry);
}

void Index::Put(const model::Checkpoint& checkpoint, int64_t revision) {
  Holdings& held = *holdings_;
  RunEntry& run = held.RunOf(checkpoint.run);
  const auto ordinal = static_cast<int32_t>(checkpoint.ordinal);
  auto place = std::ranges::lower_bound(run.checkpoints, ordinal, {}, &CheckpointEntry::ordinal);
  const bool known = place != run.checkpoints.end() && place->ordinal == ordinal;
  if (known && revision < place->revision) return;
  held.TakeBack(run);
  if (!known) place = run.checkpoints.insert(place, CheckpointEntry{});
  *place = {revision, ordinal, held.texts.Intern(checkpoint.name), checkpoint.stale};
  run.trail = held.TrailOf(run);
  held.Give(run);
}

void Index::Put(const model::Incident& incident) {
  Holdings& held = *holdings_;
  held.by_fingerprint[{held.texts.Intern(incident.plant), held.texts.Intern(incident.fingerprint)}]
      .insert(held.texts.Intern(incident.id));
}

void Index::Put(const model::Occurrence& occurrence, int64_t sequence, int64_t revision) {
  Holdings& held = *holdings_;
  Texts& texts = held.texts;
  const auto known = held.occurrences_by_id.find(occurrence.id);
  if (known != held.occurrences_by_id.end() && revision < known->second->revision) return;
  RunEntry& run = held.RunOf(occurrence.run);
  held.TakeBack(run);
  OccurrenceEntry* entry = nullptr;
  if (known == held.occurrences_by_id.end()) {
    entry = &held.occurrences.emplace_back();
    entry->id = texts.Keep(occurrence.id);
    entry->event = entry->id.ends_with(occurrence.event)
                       ? entry->id.substr(entry->id.size() - occurrence.event.size())
                       : texts.Keep(occurrence.event);
    entry->sequence = sequence;
    entry->run = &run;
    held.occurrences_by_id.emplace(entry->id, entry);
    run.occurrences.insert(
        std::ranges::upper_bound(run.occurrences, sequence, {}, &OccurrenceEntry::sequence), entry);
  } else {
    entry = known->second;
    held.ChangeTally(*entry, false);
  }
  entry->revision = revision;
  entry->at = occurrence.at;
  entry->incident = texts.Intern(occurrence.incident);
  entry->app = texts.Intern(occurrence.app);
  entry->profile = texts.Intern(occurrence.profile);
  entry->app_ctx = texts.Intern(occurrence.app_ctx.Text());
  entry->app_version = texts.Intern(occurrence.app_ctx.version);
  entry->motor_ctx = texts.Intern(occurrence.motor_ctx.Text());
  entry->motor_version = texts.Intern(occurrence.motor_ctx.version);
  entry->checkpoint = texts.Intern(occurrence.after_checkpoint);
  held.ChangeTally(*entry, true);
  held.Give(run);
}

void Index::Put(const model::Attempt& attempt) {
  const bool succeeded = attempt.outcome == "success";
  const bool failed = attempt.outcome == "failed" || attempt.outcome == "partial" ||
                      attempt.outcome == "crashed" || attempt.outcome == "timeout";
  if (attempt.purpose != model::Purpose::kRun || (!succeeded && !failed)) return;
  Holdings& held = *holdings_;
  if (!held.counted.insert(HashOf("attempt", attempt.id)).second) return;
  MotorEntry& entry = held.records[held.texts.Intern(attempt.motor_ctx.Text())];
  ++entry.ended;
  if (!succeeded) return;
  ++entry.succeeded;
  if (!attempt.from_checkpoint.empty()) return;
  held.AddFigure(entry, Figure::kLatencyMs,
                 attempt.usage.latency_ms.value_or(static_cast<double>(attempt.wall_ms)),
                 attempt.id);
  if (attempt.usage.cost_usd)
    held.AddFigure(entry, Figure::kCostUsd, *attempt.usage.cost_usd, attempt.id);
}

void Index::Put(const model::StoredEvent& event) {
  const auto figure = FigureOf(event.envelope.signal_type);
  const auto& motor = event.envelope.context_ref.motor_ctx;
  if (!figure || event.run.empty() || motor.empty()) return;
  const json::Value* value = event.envelope.payload.if_contains("value");
  if (value == nullptr || !value->is_number()) return;
  Holdings& held = *holdings_;
  if (!held.counted.insert(HashOf("event", event.envelope.id)).second) return;
  held.AddFigure(held.records[held.texts.Intern(motor.Text())], *figure, value->to_number<double>(),
                 event.envelope.id);
}

void Holdings::AddFigure(MotorEntry& entry, Figure figure, double value,
                         const std::string& reference) {
  if (!std::isfinite(value)) return;
  Reservoir& reservoir = entry.figures[static_cast<size_t>(figure)];
  ++reservoir.count;
  const uint64_t hash = HashOf("figure", reference);
  const bool full = reservoir.lowest.size() == kFiguresKept;
  if (full && hash >= reservoir.lowest.rbegin()->first) return;
  reservoir.lowest.emplace(hash, Reservoir::Item{value, reference});
  if (full) reservoir.lowest.erase(std::prev(reservoir.lowest.end()));
}

MotorRecord Index::RecordOf(const model::MotorReference& motor) const {
  MotorRecord record;
  const auto symbol = holdings_->texts.Find(motor.Text());
  const auto found = symbol ? holdings_->records.find(*symbol) : holdings_->records.end();
  if (found == holdings_->records.end()) return record;
  record.ended = found->second.ended;
  record.succeeded = found->second.succeeded;
  for (size_t kind = 0; kind < kFigureKinds; ++kind) {
    Figures& figures = record.figures[kind];
    figures.count = found->second.figures[kind].count;
    for (const auto& [hash, item] : found->second.figures[kind].lowest) {
      figures.values.push_back(item.value);
      figures.references.push_back(item.reference);
    }
  }
  return record;
}

}  // namespace aiop::evidence
