// SPDX-License-Identifier: Apache-2.0
// What was seen when a story was played, as it goes from process to process.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/model.h"

namespace aiop::golden {

// One run stopping at one incident.
struct SeenFailure {
  std::string run;
  std::string app;
  std::string profile;
  std::string incident;
  std::string fingerprint;
  std::string text;
  std::string motor_version;
  int64_t step = 0;                // number of the run step
  std::optional<int64_t> label;    // that fits, index into `truth` of the incident
  std::optional<int64_t> truth;    // the first label of its cause
  std::vector<int64_t> decisions;  // about it, in order: indices into those of the observation
  int64_t apps_alike = 0;
  bool gone_under_other_profile = false;
  bool quality_dropped = false;
  std::optional<bool> declared;
  std::optional<bool> valid;
  bool passed_before_upgrade = false;

  static constexpr std::string_view kName = "SeenFailure";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("run", self.run, "");
    visit.Required("app", self.app, "");
    visit.Required("profile", self.profile, "");
    visit.Required("incident", self.incident, "");
    visit.Required("fingerprint", self.fingerprint, "");
    visit.Required("text", self.text, "");
    visit.Required("motor_version", self.motor_version, "");
    visit.Required("step", self.step, "");
    visit.Optional("label", self.label, "");
    visit.Optional("truth", self.truth, "");
    visit.Required("decisions", self.decisions, "");
    visit.Required("apps_alike", self.apps_alike, "");
    visit.Required("gone_under_other_profile", self.gone_under_other_profile, "");
    visit.Required("quality_dropped", self.quality_dropped, "");
    visit.Optional("declared", self.declared, "");
    visit.Optional("valid", self.valid, "");
    visit.Required("passed_before_upgrade", self.passed_before_upgrade, "");
  }
};

struct SeenDecision {
  std::string id;
  model::Classification classification = model::Classification::kApp;
  model::Category category = model::Category::kAppSpec;
  double confidence = 0;
  bool abstained = false;
  bool patches_motor = false;
  int64_t plant_ms = 0;
  std::string rule;
  std::string rationale;

  static constexpr std::string_view kName = "SeenDecision";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "");
    visit.Required("classification", self.classification, "");
    visit.Required("category", self.category, "");
    visit.Required("confidence", self.confidence, "");
    visit.Required("abstained", self.abstained, "");
    visit.Required("patches_motor", self.patches_motor, "");
    visit.Required("plant_ms", self.plant_ms, "");
    visit.Required("rule", self.rule, "");
    visit.Required("rationale", self.rationale, "");
  }
};

// A run that failed at least once.
struct SeenRun {
  std::string run;
  std::string app;
  model::RunState state = model::RunState::kIdle;
  std::string cause;
  int64_t resumed = 0;
  int64_t steps_redone = 0;
  int64_t plant_ms = 0;

  static constexpr std::string_view kName = "SeenRun";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("run", self.run, "");
    visit.Required("app", self.app, "");
    visit.Required("state", self.state, "");
    visit.Required("cause", self.cause, "");
    visit.Required("resumed", self.resumed, "");
    visit.Required("steps_redone", self.steps_redone, "");
    visit.Required("plant_ms", self.plant_ms, "");
  }
};

// What came of a story.
struct Observation {
  std::vector<SeenFailure> failures;
  std::vector<SeenDecision> decisions;
  std::vector<SeenRun> runs;
  int64_t jobs_failed = 0;    // runs (without an operator: apps to be run) that failed
  int64_t jobs_finished = 0;  // ... and ended well
  int64_t first_ms = 0;       // plant time of the first attempts of all runs
  int64_t plant_ms = 0;       // plant time of all attempts and experiments
  // Why the story says nothing: it could not be played, or is not as its labels say.
  std::vector<std::string> problems;
  std::vector<model::DecisionHistory> histories;  // of the decisions, normalised

  static constexpr std::string_view kName = "Observation";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("failures", self.failures, "");
    visit.Required("decisions", self.decisions, "");
    visit.Required("runs", self.runs, "");
    visit.Required("jobs_failed", self.jobs_failed, "");
    visit.Required("jobs_finished", self.jobs_finished, "");
    visit.Required("first_ms", self.first_ms, "");
    visit.Required("plant_ms", self.plant_ms, "");
    visit.Required("problems", self.problems, "");
    visit.Optional("histories", self.histories, "");
  }
};

}  // namespace aiop::golden
