// SPDX-License-Identifier: Apache-2.0
// Histories: what one decision rested on, so that it can be made again without a plant. Written
// with the decision, and never changed. One is one line of a history file; docs/replay.md describes
// it.
#pragma once

#include <map>

#include "core/model/decision.h"
#include "core/model/experiment.h"

namespace aiop::model {

// Of the form below. A reader takes its own version and those before it.
inline constexpr int64_t kHistoryVersion = 1;

enum class SightingOutcome {
  kFailed,    // stopped at this failure
  kPassed,    // went through the same point
  kShadowed,  // stopped earlier at another failure: says nothing
};
constexpr auto EnumNames(SightingOutcome) {
  using enum SightingOutcome;
  return std::to_array<std::pair<SightingOutcome, std::string_view>>(
      {{kFailed, "failed"}, {kPassed, "passed"}, {kShadowed, "shadowed"}});
}

// A real run of before, as it showed or did not show the failure.
struct PastRun {
  std::string run;
  std::string app;
  std::string profile;
  std::string app_version;
  std::string motor_version;
  std::string motor_commit;
  SightingOutcome outcome = SightingOutcome::kFailed;

  static constexpr std::string_view kName = "PastRun";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("run", self.run, "");
    visit.Required("app", self.app, "");
    visit.Optional("profile", self.profile, "");
    visit.Required("app_version", self.app_version, "");
    visit.Required("motor_version", self.motor_version, "");
    visit.Optional("motor_commit", self.motor_commit, "");
    visit.Required("outcome", self.outcome, "");
  }
};

// What was known of a spec without running a plant, before the first question.
struct PastSpec {
  std::string app;
  std::optional<bool> declared;
  std::optional<bool> valid;
  std::vector<std::string> findings;
  std::vector<std::string> refs;

  static constexpr std::string_view kName = "PastSpec";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("app", self.app, "");
    visit.Optional("declared", self.declared, "Inside what the motor version declares.");
    visit.Optional("valid", self.valid, "Independent validators accept it.");
    visit.Optional("findings", self.findings, "");
    visit.Optional("refs", self.refs, "Experiments it rests on.");
  }
};

// An experiment with its question and its answer.
struct PastExperiment {
  std::string id;
  ExperimentKind kind = ExperimentKind::kControl;
  std::string about;
  std::string on;
  std::string question;
  ExperimentResult result = ExperimentResult::kNotPossible;
  std::string motor;
  std::vector<Finding> findings;
  int64_t plant_ms = 0;

  static constexpr std::string_view kName = "PastExperiment";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "");
    visit.Required("kind", self.kind, "");
    visit.Optional("about", self.about,
                   "What was asked about: the app, motor version, profile, app version, golden "
                   "spec, fix or plant; which of them follows from the kind.");
    visit.Optional("on", self.on, "The motor version, where the kind does not say it is another.");
    visit.Optional("question", self.question, "");
    visit.Required("result", self.result, "");
    visit.Optional("motor", self.motor, "other_motor: what that motor is called.");
    visit.Optional("findings", self.findings, "");
    visit.Optional("plant_ms", self.plant_ms, "");
  }
};

// The failure itself.
struct PastEvent {
  std::string id;
  Scope scope = Scope::kApp;
  SignalType signal_type = SignalType::kError;
  Severity severity = Severity::kError;
  json::Object payload;

  static constexpr std::string_view kName = "PastEvent";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "");
    visit.Required("scope", self.scope, "");
    visit.Required("signal_type", self.signal_type, "");
    visit.Required("severity", self.severity, "");
    visit.Required("payload", self.payload, "Shortened where it is long.");
  }
};

// What was decided, as far as a policy decides it.
struct PastRuling {
  std::string policy;
  Classification classification = Classification::kApp;
  Category category = Category::kAppSpec;
  std::string rule;
  double confidence = 0;
  bool abstained = false;

  static constexpr std::string_view kName = "PastRuling";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("policy", self.policy, "id@version of the policy file.");
    visit.Required("classification", self.classification, "");
    visit.Required("category", self.category, "");
    visit.Required("rule", self.rule, "");
    visit.Required("confidence", self.confidence, "0..1", describe::Between(0, 1));
    visit.Required("abstained", self.abstained, "");
  }
};

struct DecisionHistory {
  int64_t history = kHistoryVersion;
  std::string story;
  std::string decision;
  std::string incident;
  std::string plant;
  std::string team;
  std::string title;
  std::string run;
  std::string app;
  std::string profile;
  std::string app_version;
  std::string motor_version;
  std::string motor_commit;
  PastEvent event;
  bool spec_is_folder = false;
  int64_t real_failures = 1;
  int64_t failing_runs = 0;
  std::vector<PastRun> sightings;
  std::string motor_decision;
  std::vector<std::string> motor_decision_apps;
  std::vector<PastSpec> specs;
  bool has_accepts = false;
  bool has_validators = false;
  bool has_network = true;
  std::vector<std::string> older_versions;
  std::vector<std::string> newer_versions;
  std::vector<std::string> golden;
  std::vector<std::string> other_profiles;
  std::vector<std::string> other_apps;
  std::vector<std::string> earlier_revisions;
  std::vector<std::string> pending_fixes;
  std::vector<std::string> other_motors;
  std::vector<PastExperiment> experiments;
  std::map<std::string, bool> known;
  PastRuling ruling;

  static constexpr std::string_view kName = "DecisionHistory";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("history", self.history, "Version of this form.", describe::AtLeast(1));
    visit.Optional("story", self.story, "Golden incidents: plant/incident.");
    visit.Required("decision", self.decision, "");
    visit.Required("incident", self.incident, "");
    visit.Required("plant", self.plant, "");
    visit.Optional("team", self.team, "Of the plant: a policy may hold something else for it.");
    visit.Optional("title", self.title, "Of the incident, for people.");
    visit.Required("run", self.run, "The failing run that experiments vary.");
    visit.Required("app", self.app, "");
    visit.Optional("profile", self.profile, "");
    visit.Required("app_version", self.app_version, "");
    visit.Required("motor_version", self.motor_version, "");
    visit.Optional("motor_commit", self.motor_commit, "");
    visit.Required("event", self.event, "The failure.");
    visit.Optional("spec_is_folder", self.spec_is_folder, "");
    visit.Optional("real_failures", self.real_failures,
                   "How often this very run failed so, on the same versions.");
    visit.Optional("failing_runs", self.failing_runs,
                   "Distinct real runs that failed so on this motor version; 0: see sightings.");
    visit.Optional("sightings", self.sightings, "Real runs of before.");
    visit.Optional("motor_decision", self.motor_decision,
                   "Blames this motor version for this failure of apps whose specs are in order.");
    visit.Optional("motor_decision_apps", self.motor_decision_apps, "Those apps.");
    visit.Optional("specs", self.specs, "What was known of specs before the first question.");
    visit.Optional("has_accepts", self.has_accepts, "The motor declares what it takes.");
    visit.Optional("has_validators", self.has_validators, "The motor names validators.");
    visit.Optional("has_network", self.has_network, "Experiments have the network.");
    visit.Optional("older_versions", self.older_versions, "Of the motor, newest first.");
    visit.Optional("newer_versions", self.newer_versions, "Of the motor, oldest first.");
    visit.Optional("golden", self.golden, "Golden specs of the motor.");
    visit.Optional("other_profiles", self.other_profiles, "Of the app.");
    visit.Optional("other_apps", self.other_apps, "Of the plant.");
    visit.Optional("earlier_revisions", self.earlier_revisions, "Of the app, newest first.");
    visit.Optional("pending_fixes", self.pending_fixes, "That wait in the motor's source.");
    visit.Optional("other_motors", self.other_motors, "Plants whose motors take such specs.");
    visit.Optional("experiments", self.experiments, "In the order in which they were asked.");
    visit.Optional("known", self.known,
                   "The propositions that were known when it was decided. For explanations: a "
                   "replay finds them anew.");
    visit.Required("ruling", self.ruling, "What was decided.");
  }
};

}  // namespace aiop::model
