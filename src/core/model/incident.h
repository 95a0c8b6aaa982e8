// SPDX-License-Identifier: Apache-2.0
// Incidents: one failure, however often and in however many apps it shows.
#pragma once

#include "core/model/event.h"

namespace aiop::model {

enum class IncidentState { kOpen, kArbitrating, kDecided, kResolved, kMerged };
constexpr auto EnumNames(IncidentState) {
  using enum IncidentState;
  return std::to_array<std::pair<IncidentState, std::string_view>>({{kOpen, "open"},
                                                                    {kArbitrating, "arbitrating"},
                                                                    {kDecided, "decided"},
                                                                    {kResolved, "resolved"},
                                                                    {kMerged, "merged"}});
}

struct Incident {
  std::string id;
  std::string plant;
  std::string fingerprint;
  std::string grouped_by;  // the fingerprint algorithm and the fields it used
  std::string title;       // the template, for people
  std::string example;     // the text of its first occurrence
  SignalType signal_type = SignalType::kError;
  Scope scope = Scope::kApp;  // as the first observer saw it; not a verdict
  IncidentState state = IncidentState::kOpen;
  int64_t occurrences = 0;
  std::vector<std::string> apps;
  std::vector<std::string> profiles;
  std::vector<std::string> motor_versions;
  std::string decision;
  std::string change;  // the change that answers it
  std::string merged_into;
  int64_t reopened = 0;       // how often it came back after it was resolved
  int64_t useless_fixes = 0;  // fixes after which it came back
  std::string breaker;        // why no more fixes are tried by themselves; empty: they are
  Timestamp first_seen;
  Timestamp last_seen;

  static constexpr std::string_view kName = "Incident";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "");
    visit.Required("plant", self.plant, "");
    visit.Required("fingerprint", self.fingerprint, "");
    visit.Required("grouped_by", self.grouped_by, "Algorithm and fields.");
    visit.Required("title", self.title, "The failure's template.");
    visit.Required("example", self.example, "Text of the first occurrence.");
    visit.Required("signal_type", self.signal_type, "");
    visit.Required("scope", self.scope, "As its first observer saw it; not a verdict.");
    visit.Required("state", self.state, "");
    visit.Required("occurrences", self.occurrences, "");
    visit.Required("apps", self.apps, "");
    visit.Required("profiles", self.profiles, "");
    visit.Required("motor_versions", self.motor_versions, "");
    visit.Optional("decision", self.decision, "");
    visit.Optional("change", self.change, "");
    visit.Optional("merged_into", self.merged_into, "");
    visit.Optional("reopened", self.reopened, "How often it came back after it was resolved.");
    visit.Optional("useless_fixes", self.useless_fixes, "Fixes after which it came back.");
    visit.Optional("breaker", self.breaker, "Why no more fixes are tried by themselves.");
    visit.Required("first_seen", self.first_seen, "");
    visit.Required("last_seen", self.last_seen, "");
  }
};

// What stands for the incident of an occurrence while its failure waits to become one.
inline constexpr std::string_view kWaitingPrefix = "waiting/";

// One run that stopped at an incident.
struct Occurrence {
  std::string id;  // incident/event id
  std::string incident;
  std::string event;
  std::string run;
  std::string app;
  std::string profile;
  AppReference app_ctx;
  MotorReference motor_ctx;
  std::string after_checkpoint;
  int64_t events = 1;  // of its attempt, that told of this failure
  Timestamp at;

  static constexpr std::string_view kName = "Occurrence";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "");
    visit.Required("incident", self.incident, "");
    visit.Required("event", self.event, "");
    visit.Required("run", self.run, "");
    visit.Required("app", self.app, "");
    visit.Required("profile", self.profile, "");
    visit.Required("app_ctx", self.app_ctx, "");
    visit.Required("motor_ctx", self.motor_ctx, "");
    visit.Optional("after_checkpoint", self.after_checkpoint, "");
    visit.Optional("events", self.events, "How many events of its attempt told of this failure.");
    visit.Required("at", self.at, "");
  }
  // Of a failure that the policy wants to see more often before it is an incident.
  bool Waits() const { return incident.starts_with(kWaitingPrefix); }
};

}  // namespace aiop::model
