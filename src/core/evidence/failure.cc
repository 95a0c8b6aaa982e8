// SPDX-License-Identifier: Apache-2.0
// What a failure is known by: by fingerprint, and who stands at it.
#include <algorithm>

#include "core/evidence/entries.h"

namespace aiop::evidence {
namespace {

using Entries = std::vector<std::pair<Symbol, const IncidentEntry*>>;

const std::set<Symbol>* IncidentsOf(const Holdings& held, std::string_view plant,
                                    std::string_view fingerprint) {
  const auto in = held.texts.Find(plant);
  const auto of = held.texts.Find(fingerprint);
  if (!in || !of) return nullptr;
  const auto found = held.by_fingerprint.find({*in, *of});
  return found == held.by_fingerprint.end() ? nullptr : &found->second;
}

// Those that have occurrences.
Entries EntriesOf(const Holdings& held, const std::set<Symbol>* incidents) {
  Entries entries;
  if (incidents == nullptr) return entries;
  for (const Symbol incident : *incidents) {
    const auto found = held.incidents.find(incident);
    if (found != held.incidents.end() && !found->second.occurrences.empty())
      entries.emplace_back(incident, &found->second);
  }
  return entries;
}

std::vector<Tally> Tallies(const Texts& texts, const Entries& entries,
                           Counts IncidentEntry::* counts) {
  Counts all;
  for (const auto& [incident, entry] : entries) {
    for (const auto& [name, count] : entry->*counts) all[name] += count;
  }
  std::vector<Tally> tallies;
  tallies.reserve(all.size());
  for (const auto& [name, count] : all) tallies.push_back({std::string(texts[name]), count});
  std::ranges::sort(tallies, {}, &Tally::name);
  return tallies;
}

// A run may have shown it in several incidents. Only those of the smaller ones are walked.
int64_t DistinctRuns(Entries entries) {
  std::ranges::sort(entries, std::greater(),
                    [](const auto& each) { return each.second->runs.size(); });
  int64_t count = 0;
  std::set<const RunEntry*> more;
  for (size_t i = 0; i < entries.size(); ++i) {
    const RunCounts& runs = entries[i].second->runs;
    if (i == 0) {
      count = static_cast<int64_t>(runs.size());
      continue;
    }
    for (const auto& [run, occurrences] : runs) {
      if (!entries[0].second->runs.contains(run)) more.insert(run);
    }
  }
  return count + static_cast<int64_t>(more.size());
}

// The first occurrences of all incidents together.
std::vector<std::string> FirstEvents(const Entries& entries) {
  std::vector<std::pair<Timestamp, std::string_view>> firsts;
  for (const auto& [incident, entry] : entries) {
    size_t taken = 0;
    for (const auto& [at, event, occurrence] : entry->occurrences) {
      if (taken++ == kReferencesKept) break;
      firsts.emplace_back(at, event);
    }
  }
  std::ranges::sort(firsts);
  if (firsts.size() > kReferencesKept) firsts.resize(kReferencesKept);
  std::vector<std::string> events;
  events.reserve(firsts.size());
  for (const auto& [at, event] : firsts) events.emplace_back(event);
  return events;
}

// Whether a run that holds these checkpoints went on after each of the named ones.
bool WentPast(const std::vector<Symbol>& trail, const std::set<Symbol>& checkpoints) {
  if (trail.empty()) return false;
  return std::ranges::all_of(checkpoints, [&](Symbol checkpoint) {
    if (checkpoint.empty()) return true;  // it fails before the first one
    return trail.back() != checkpoint && std::ranges::find(trail, checkpoint) != trail.end();
  });
}

// The runs of a cell that went past the failure.
Clean CleanIn(const Holdings& held, const Cell& cell, const std::set<Symbol>& checkpoints,
              const std::set<Symbol>& incidents) {
  Clean clean;
  const RunEntry* first = nullptr;
  const auto add = [&](const Sights& sights) {
    clean.runs += static_cast<int64_t>(sights.size());
    if (!sights.empty() && (first == nullptr || sights.begin()->run->id < first->id))
      first = sights.begin()->run;
  };
  add(cell.passed);
  for (const auto& [trail, by_incident] : cell.stopped) {
    if (!WentPast(held.trails[trail], checkpoints)) continue;
    for (const auto& [incident, sights] : by_incident) {
      if (!incidents.contains(incident)) add(sights);
    }
  }
  if (first != nullptr) clean.run = first->id;
  return clean;
}

}  // namespace

Failure Index::Shown(std::string_view plant, std::string_view fingerprint) const {
  const Holdings& held = *holdings_;
  const Entries entries = EntriesOf(held, IncidentsOf(held, plant, fingerprint));
  Failure failure;
  if (entries.empty()) return failure;
  failure.first_seen = std::get<0>(*entries[0].second->occurrences.begin());
  failure.last_seen = failure.first_seen;
  for (const auto& [incident, entry] : entries) {
    failure.occurrences += static_cast<int64_t>(entry->occurrences.size());
    failure.first_seen = std::min(failure.first_seen, std::get<0>(*entry->occurrences.begin()));
    failure.last_seen = std::max(failure.last_seen, std::get<0>(*entry->occurrences.rbegin()));
    failure.incidents.emplace_back(held.texts[incident]);
  }
  std::ranges::sort(failure.incidents);
  failure.runs = DistinctRuns(entries);
  failure.apps = Tallies(held.texts, entries, &IncidentEntry::apps);
  failure.profiles = Tallies(held.texts, entries, &IncidentEntry::profiles);
  failure.motor_versions = Tallies(held.texts, entries, &IncidentEntry::motor_versions);
  failure.checkpoints = Tallies(held.texts, entries, &IncidentEntry::checkpoints);
  failure.events = FirstEvents(entries);
  return failure;
}

std::vector<Clean> Index::RanClean(std::string_view plant, std::string_view fingerprint,
                                   std::string_view motor_version) const {
  const Holdings& held = *holdings_;
  std::vector<Clean> all;
  const auto* incidents = IncidentsOf(held, plant, fingerprint);
  const auto in = held.texts.Find(plant);
  const auto version = held.texts.Find(motor_version);
  if (incidents == nullptr || !in || !version) return all;
  std::set<Symbol> checkpoints;
  for (const auto& [incident, entry] : EntriesOf(held, incidents)) {
    for (const auto& [checkpoint, count] : entry->checkpoints) checkpoints.insert(checkpoint);
  }
  for (auto motor = held.motor_numbers.lower_bound({*in, *version, {}});
       motor != held.motor_numbers.end() && motor->first.plant == *in &&
       motor->first.version == *version;
       ++motor) {
    for (auto cell = held.cells.lower_bound({motor->second, {}, {}, {}});
         cell != held.cells.end() && cell->first.motor == motor->second; ++cell) {
      Clean clean = CleanIn(held, cell->second, checkpoints, *incidents);
      if (clean.runs == 0) continue;
      clean.app = held.texts[cell->first.app];
      clean.profile = held.texts[cell->first.profile];
      clean.app_version = held.texts[cell->first.app_version];
      all.push_back(std::move(clean));
    }
  }
  std::ranges::sort(all, {}, [](const Clean& each) {
    return std::tie(each.app, each.profile, each.app_version, each.run);
  });
  return all;
}

std::vector<Standing> Index::StandingAt(std::string_view incident, size_t limit) const {
  std::vector<Standing> all;
  const IncidentEntry* entry = holdings_->FindIncident(incident);
  if (entry == nullptr) return all;
  for (const auto& [run, sequence] : entry->standing) {
    if (all.size() == limit) break;
    all.push_back({std::string(run->id), std::string(holdings_->texts[run->app]),
                   std::string(holdings_->texts[run->profile]), sequence});
  }
  return all;
}

}  // namespace aiop::evidence
