// SPDX-License-Identifier: Apache-2.0
// Change requests: the only way a motor or an app context gets a patch.
#pragma once

#include "core/model/event.h"
#include "core/model/forge.h"

namespace aiop::model {

enum class ChangeState {
  kDrafted,
  kGating,
  kAwaitingApproval,
  kCanary,
  kPromoted,
  kRejected,
  kRolledBack,
  kSuperseded
};
constexpr auto EnumNames(ChangeState) {
  using enum ChangeState;
  return std::to_array<std::pair<ChangeState, std::string_view>>(
      {{kDrafted, "drafted"},
       {kGating, "gating"},
       {kAwaitingApproval, "awaiting_approval"},
       {kCanary, "canary"},
       {kPromoted, "promoted"},
       {kRejected, "rejected"},
       {kRolledBack, "rolled_back"},
       {kSuperseded, "superseded"}});
}

// `nearest` and `twin` are of apps only.
enum class PatchSource { kPattern, kBranch, kUpgrade, kLlm, kHuman, kNearest, kTwin };
constexpr auto EnumNames(PatchSource) {
  using enum PatchSource;
  return std::to_array<std::pair<PatchSource, std::string_view>>({{kPattern, "pattern"},
                                                                  {kBranch, "branch"},
                                                                  {kUpgrade, "upgrade"},
                                                                  {kLlm, "llm"},
                                                                  {kHuman, "human"},
                                                                  {kNearest, "nearest"},
                                                                  {kTwin, "twin"}});
}

enum class Verdict { kPass, kFail, kInconclusive };
constexpr auto EnumNames(Verdict) {
  using enum Verdict;
  return std::to_array<std::pair<Verdict, std::string_view>>(
      {{kPass, "pass"}, {kFail, "fail"}, {kInconclusive, "inconclusive"}});
}

struct GateResult {
  std::string
      gate;  // lint, tests, validators, golden, red_without, green_with, regression, tamper, semver
  Verdict verdict = Verdict::kInconclusive;
  std::string details;
  std::string log;  // blob
  int64_t elapsed_ms = 0;
  std::string sandbox;
  int64_t gating = 1;  // every retry is a new gating: its gates are all run anew
  bool blocks = true;  // false: watched only, whatever it says
  Timestamp at;

  static constexpr std::string_view kName = "GateResult";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("gate", self.gate, "");
    visit.Required("verdict", self.verdict, "");
    visit.Required("details", self.details, "");
    visit.Optional("log", self.log, "Blob with the output.");
    visit.Required("elapsed_ms", self.elapsed_ms, "");
    visit.Optional("sandbox", self.sandbox, "");
    visit.Optional("gating", self.gating, "Which gating of the change it belongs to, from 1.");
    visit.Optional("blocks", self.blocks, "False: watched only; what it says holds nothing up.");
    visit.Required("at", self.at, "");
  }
};

struct Approval {
  std::string by;
  std::string role;
  std::string diff_hash;
  std::string base_commit;
  json::Object form;
  Timestamp at;
  static constexpr std::string_view kName = "Approval";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("by", self.by, "");
    visit.Optional("role", self.role, "In which role.");
    visit.Required("diff_hash", self.diff_hash, "The diff that was approved.");
    visit.Required("base_commit", self.base_commit, "The version it was approved against.");
    visit.Optional("form", self.form, "What the approver filled in, as the motor's form asks.");
    visit.Required("at", self.at, "");
  }
};

// What a change waits for while it awaits approval.
struct ApprovalWait {
  int64_t quorum = 1;
  std::optional<Timestamp> expires;
  json::Object form;

  static constexpr std::string_view kName = "ApprovalWait";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("quorum", self.quorum, "Approvals of different people that are needed.",
                   describe::AtLeast(1));
    visit.Optional("expires", self.expires, "An approval after this is refused.");
    visit.Optional("form", self.form, "Fields an approver fills in, each with its type.");
  }
};

struct PushBack {
  std::string by;
  std::string comment;
  Timestamp at;
  static constexpr std::string_view kName = "PushBack";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("by", self.by, "");
    visit.Required("comment", self.comment, "What has to be different.");
    visit.Required("at", self.at, "");
  }
};

// A change that an admin let through past its gates or approvals.
struct BreakGlass {
  std::string by;
  std::string because;
  Timestamp at;
  Timestamp until;
  std::string reviewed_by;
  std::string review;
  std::optional<Timestamp> reviewed_at;

  static constexpr std::string_view kName = "BreakGlass";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("by", self.by, "");
    visit.Required("because", self.because, "");
    visit.Required("at", self.at, "");
    visit.Required("until", self.until, "Reviewed by then, or it is rolled back.");
    visit.Optional("reviewed_by", self.reviewed_by, "Somebody else, afterwards.");
    visit.Optional("review", self.review, "What they found.");
    visit.Optional("reviewed_at", self.reviewed_at, "");
  }
};

// One thing that a canary is compared in: success, quality, latency, cost.
struct CanaryFigure {
  std::string signal;
  Verdict verdict = Verdict::kInconclusive;
  int64_t samples = 0;
  int64_t baseline_samples = 0;
  std::optional<double> value;
  std::optional<double> baseline_value;
  std::string because;

  static constexpr std::string_view kName = "CanaryFigure";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("signal", self.signal, "success, quality, latency or cost.");
    visit.Required("verdict", self.verdict, "");
    visit.Required("samples", self.samples, "Runs on the new version.");
    visit.Required("baseline_samples", self.baseline_samples, "Runs on the version before.");
    visit.Optional("value", self.value, "Rate or median on the new version.");
    visit.Optional("baseline_value", self.baseline_value, "The same on the version before.");
    visit.Required("because", self.because, "One clause for people.");
  }
};

// A new version on trial with some of the apps. A retry is a new trial, measured anew.
struct Canary {
  int64_t trial = 1;
  std::string apps;  // as declared: "20%", names or labels
  bool shadow = false;
  int64_t min_runs = 0;
  std::vector<std::string> cohort;  // apps, sticky
  std::vector<std::string> runs;    // on the new version
  std::vector<CanaryFigure> figures;
  Verdict verdict = Verdict::kInconclusive;
  std::string because;
  Timestamp started;
  std::optional<Timestamp> ended;

  static constexpr std::string_view kName = "Canary";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("trial", self.trial, "Which trial of the change, from 1.");
    visit.Required("apps", self.apps, "Which apps, as declared.");
    visit.Required("shadow", self.shadow, "Runs beside, compared and not used.");
    visit.Required("min_runs", self.min_runs, "Runs it takes to say anything.");
    visit.Required("cohort", self.cohort, "The apps that take part.");
    visit.Required("runs", self.runs, "Runs made on the new version.");
    visit.Required("figures", self.figures, "");
    visit.Required("verdict", self.verdict, "");
    visit.Optional("because", self.because, "Why it stands where it stands.");
    visit.Required("started", self.started, "");
    visit.Optional("ended", self.ended, "");
  }
};

enum class AfterCareState { kWatching, kConfirmed, kReturned, kReplaced };
constexpr auto EnumNames(AfterCareState) {
  using enum AfterCareState;
  return std::to_array<std::pair<AfterCareState, std::string_view>>({{kWatching, "watching"},
                                                                     {kConfirmed, "confirmed"},
                                                                     {kReturned, "returned"},
                                                                     {kReplaced, "replaced"}});
}

// The watch over a fix: is the symptom gone, and does it stay away?
struct AfterCare {
  AfterCareState state = AfterCareState::kWatching;
  int64_t runs_wanted = 0;
  int64_t runs_seen = 0;  // that got past the point of the failure, on a version with the fix
  Timestamp until;        // watched at least so long
  std::vector<std::string> returns;  // runs that showed the failure again
  std::string because;
  std::optional<Timestamp> ended;

  static constexpr std::string_view kName = "AfterCare";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("state", self.state, "");
    visit.Required("runs_wanted", self.runs_wanted, "");
    visit.Required("runs_seen", self.runs_seen, "Runs past the point of the failure since.");
    visit.Required("until", self.until, "Watched at least until then.");
    visit.Optional("returns", self.returns, "Runs that showed the failure again.");
    visit.Optional("because", self.because, "");
    visit.Optional("ended", self.ended, "");
  }
};

struct Change {
  std::string id;
  Scope side = Scope::kMotor;
  std::string plant;
  std::string app;
  std::string incident;
  std::string decision;
  PatchSource source = PatchSource::kHuman;
  std::string origin;  // branch name, dependency upgrade, file
  ChangeState status = ChangeState::kDrafted;
  std::string title;
  std::string base_version;
  std::string base_commit;
  std::string candidate;        // motor: commit of the candidate; app: snapshot root
  std::string candidate_entry;  // app: the spec's file inside the snapshot
  std::string version;          // the version it becomes, or became
  std::string diff;
  std::string diff_hash;
  std::vector<std::string> changed_paths;
  bool needs_human = false;
  std::string needs_human_because;
  std::vector<GateResult> gates;
  std::vector<Approval> approvals;
  std::optional<ApprovalWait> approval_wait;
  std::vector<PushBack> push_backs;
  std::optional<BreakGlass> break_glass;
  std::vector<Canary> canaries;  // trials, oldest first
  std::optional<AfterCare> after_care;
  std::optional<PullRequest> pull_request;
  std::string pattern;  // the learned fix it applies
  std::string reason;   // why rejected, rolled back, superseded, or what it waits for
  std::string restore_point;
  int64_t steps_back = 0;  // checkpoints that the motor calls safe and the proof had to go behind
  std::string submitted_by;
  Timestamp created;
  Timestamp updated;

  static constexpr std::string_view kName = "Change";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "");
    visit.Required("side", self.side, "");
    visit.Required("plant", self.plant, "");
    visit.Optional("app", self.app, "App changes only.");
    visit.Optional("incident", self.incident, "The incident it answers.");
    visit.Optional("decision", self.decision, "The decision it carries out.");
    visit.Required("source", self.source, "");
    visit.Optional("origin", self.origin, "Branch, dependency upgrade or file it came from.");
    visit.Required("status", self.status, "");
    visit.Required("title", self.title, "");
    visit.Required("base_version", self.base_version, "");
    visit.Optional("base_commit", self.base_commit, "");
    visit.Optional("candidate", self.candidate, "");
    visit.Optional("candidate_entry", self.candidate_entry, "");
    visit.Optional("version", self.version, "The version it becomes.");
    visit.Optional("diff", self.diff, "Unified.");
    visit.Optional("diff_hash", self.diff_hash, "SHA-256 of the diff.");
    visit.Optional("changed_paths", self.changed_paths, "");
    visit.Optional("needs_human", self.needs_human, "");
    visit.Optional("needs_human_because", self.needs_human_because, "");
    visit.Required("gates", self.gates, "Every gate run, oldest first.");
    visit.Required("approvals", self.approvals, "");
    visit.Optional("approval_wait", self.approval_wait, "What an approval takes.");
    visit.Optional("push_backs", self.push_backs, "");
    visit.Optional("break_glass", self.break_glass, "Let through past its gates or approvals.");
    visit.Optional("canaries", self.canaries, "Trials with some of the apps, oldest first.");
    visit.Optional("after_care", self.after_care, "Whether the symptom stays away.");
    visit.Optional("pull_request", self.pull_request, "What it was made from.");
    visit.Optional("pattern", self.pattern, "The learned fix that it applies.");
    visit.Optional("reason", self.reason, "Why it stands where it stands.");
    visit.Optional("restore_point", self.restore_point, "");
    visit.Optional("steps_back", self.steps_back,
                   "Checkpoints that the motor declares safe and the proof had to go behind.");
    visit.Optional("submitted_by", self.submitted_by, "");
    visit.Required("created", self.created, "");
    visit.Required("updated", self.updated, "");
  }
};

}  // namespace aiop::model
