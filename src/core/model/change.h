// SPDX-License-Identifier: Apache-2.0
// Change requests: the only way a motor or an app context gets a patch.
#pragma once

#include "core/model/event.h"

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

enum class PatchSource { kPattern, kBranch, kUpgrade, kLlm, kHuman };
constexpr auto EnumNames(PatchSource) {
  using enum PatchSource;
  return std::to_array<std::pair<PatchSource, std::string_view>>({{kPattern, "pattern"},
                                                                  {kBranch, "branch"},
                                                                  {kUpgrade, "upgrade"},
                                                                  {kLlm, "llm"},
                                                                  {kHuman, "human"}});
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
    visit.Required("at", self.at, "");
  }
};

struct Approval {
  std::string by;
  std::string diff_hash;
  std::string base_commit;
  Timestamp at;
  static constexpr std::string_view kName = "Approval";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("by", self.by, "");
    visit.Required("diff_hash", self.diff_hash, "The diff that was approved.");
    visit.Required("base_commit", self.base_commit, "The version it was approved against.");
    visit.Required("at", self.at, "");
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
  std::string reason;  // why rejected, rolled back, superseded, or what it waits for
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
