// SPDX-License-Identifier: Apache-2.0
// Experiments: one changed thing, run apart from the real run, with a question and a recorded
// answer.
#pragma once

#include "core/model/plant.h"

namespace aiop::model {

// Cheapest first. Stored by name; never rename.
enum class ExperimentKind {
  kDeclared,         // does the motor version declare that it takes this spec?
  kValidators,       // what do independent validators say of the spec alone?
  kControl,          // the unchanged failing run, in the experiment's harness
  kOtherVersion,     // the unchanged app on another motor version
  kRepairedTwin,     // the spec without what the validators object to
  kReducedSpec,      // the least of the spec that still fails the same way
  kPendingFix,       // the unchanged app on this motor with a fix that waits in its source
  kOtherApp,         // another app on the same motor
  kOtherMotor,       // the same spec on another motor that takes such specs
  kGoldenApp,        // a golden app on the same motor
  kOtherProfile,     // the same app under another profile
  kEarlierRevision,  // an earlier version of the app on the same motor
  kCandidate,        // the failing run with a candidate fix
  kRegression,       // a run that passed, with a candidate fix
};
constexpr auto EnumNames(ExperimentKind) {
  using enum ExperimentKind;
  return std::to_array<std::pair<ExperimentKind, std::string_view>>(
      {{kDeclared, "declared"},
       {kValidators, "validators"},
       {kControl, "control"},
       {kOtherVersion, "other_version"},
       {kRepairedTwin, "repaired_twin"},
       {kReducedSpec, "reduced_spec"},
       {kPendingFix, "pending_fix"},
       {kOtherApp, "other_app"},
       {kOtherMotor, "other_motor"},
       {kGoldenApp, "golden_app"},
       {kOtherProfile, "other_profile"},
       {kEarlierRevision, "earlier_revision"},
       {kCandidate, "candidate"},
       {kRegression, "regression"}});
}

enum class ExperimentResult {
  kPassed,        // the failing step went through
  kSameFailure,   // the incident's fingerprint came back
  kOtherFailure,  // it failed in another way
  kNotPossible,   // could not be set up; says nothing
  kOverBudget,    // not run, or stopped: says nothing
};
constexpr auto EnumNames(ExperimentResult) {
  using enum ExperimentResult;
  return std::to_array<std::pair<ExperimentResult, std::string_view>>(
      {{kPassed, "passed"},
       {kSameFailure, "same_failure"},
       {kOtherFailure, "other_failure"},
       {kNotPossible, "not_possible"},
       {kOverBudget, "over_budget"}});
}

struct Finding {
  std::string path;  // JSON pointer into the spec; empty if the validator named none
  std::string message;
  std::string meant;  // the one word close to the one found that would have been accepted
  static constexpr std::string_view kName = "Finding";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Optional("path", self.path, "JSON pointer into the spec.");
    visit.Required("message", self.message, "");
    visit.Optional("meant", self.meant,
                   "The one word, close to the one found, that would have been accepted.");
  }
};

struct Experiment {
  std::string id;
  std::string memo;  // content key: the same question about the same content is asked once
  ExperimentKind kind = ExperimentKind::kControl;
  std::string incident;
  std::string plant;
  std::string app;
  std::string profile;
  AppReference app_ctx;
  MotorReference motor_ctx;
  std::string question;
  std::string changed;  // what was changed against the failing run
  std::string from_checkpoint;
  ExperimentResult result = ExperimentResult::kNotPossible;
  std::string answer;  // for people
  std::string fingerprint;
  std::vector<Finding> findings;
  std::vector<std::string> dialects;
  int64_t plant_ms = 0;
  Usage usage;                         // what the plant said it spent
  std::vector<std::string> artifacts;  // roles of what it made, sorted
  std::string transcript;
  std::string sandbox;       // the level it ran in
  std::string reduced_spec;  // blob: the least of the spec that still fails the same way
  Timestamp at;

  static constexpr std::string_view kName = "Experiment";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "");
    visit.Required("memo", self.memo, "");
    visit.Required("kind", self.kind, "");
    visit.Required("incident", self.incident, "");
    visit.Required("plant", self.plant, "");
    visit.Required("app", self.app, "");
    visit.Required("profile", self.profile, "");
    visit.Required("app_ctx", self.app_ctx, "");
    visit.Required("motor_ctx", self.motor_ctx, "");
    visit.Required("question", self.question, "");
    visit.Optional("changed", self.changed, "What was changed against the failing run.");
    visit.Optional("from_checkpoint", self.from_checkpoint, "");
    visit.Required("result", self.result, "");
    visit.Optional("answer", self.answer, "");
    visit.Optional("fingerprint", self.fingerprint, "");
    visit.Optional("findings", self.findings, "");
    visit.Optional("dialects", self.dialects, "");
    visit.Optional("plant_ms", self.plant_ms, "");
    visit.Optional("usage", self.usage, "What the plant said it spent.");
    visit.Optional("artifacts", self.artifacts, "Roles of what the plant made.");
    visit.Optional("transcript", self.transcript, "");
    visit.Optional("sandbox", self.sandbox, "");
    visit.Optional("reduced_spec", self.reduced_spec, "Content: the least spec that still fails.");
    visit.Required("at", self.at, "");
  }
};

}  // namespace aiop::model
