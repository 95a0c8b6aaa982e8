// SPDX-License-Identifier: Apache-2.0
// A change request from draft to verdict.
#include <algorithm>

#include "base/fault/fault.h"
#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "control/access/access.h"
#include "control/forge/forge.h"
#include "control/governance/governance.h"
#include "core/approval/approval.h"

namespace aiop::governance {
namespace {

bool HasGates(const model::MotorManifest& manifest) {
  return !manifest.gates.lint.empty() || !manifest.gates.tests.empty() ||
         !manifest.gates.validators.empty();
}

// Whether the motor's own rule wants a human for this bump.
bool RuleWantsHuman(const model::MotorManifest& manifest, version::Change bump, std::string& why) {
  switch (manifest.approval.kind) {
    case model::ApprovalRule::Kind::kHuman:
      why = "motor.yaml: approval: human";
      return true;
    case model::ApprovalRule::Kind::kHumanIf: {
      const auto from = manifest.approval.human_if == "major"   ? version::Change::kMajor
                        : manifest.approval.human_if == "minor" ? version::Change::kMinor
                                                                : version::Change::kPatch;
      why = "motor.yaml: approval: human_if " + manifest.approval.human_if;
      return bump >= from;
    }
    case model::ApprovalRule::Kind::kAuto:
      return false;
    case model::ApprovalRule::Kind::kDefault:
      why = "the motor has no gates: a human has to look";
      return !HasGates(manifest);
  }
  return true;
}

std::string Describe(const model::GateResult& gate) {
  return "gate " + gate.gate + " " + std::string(describe::Name(gate.verdict)) + ": " +
         gate.details;
}

// Proofs, and what keeps patches away from the checks, cannot be watched only.
std::vector<std::string> ObservedBy(const model::MotorManifest& manifest) {
  std::vector<std::string> observed;
  for (const auto& gate : manifest.gates.observe) {
    const bool may = gate == "lint" || gate == "tests" || gate == "validators" ||
                     gate == "golden" || gate == "regression" || gate == "budgets";
    if (may) observed.push_back(gate);
  }
  return observed;
}

// Why a human has to approve a change whose gates, those after `from`, did not fail; empty if none
// has to.
Result<std::string> WhyHuman(const model::Change& change, size_t from,
                             const model::MotorManifest& base,
                             const model::MotorManifest& candidate, bool governed) {
  AIOP_TRY(const auto before, version::Parse(change.base_version));
  AIOP_TRY(const auto after, version::Parse(change.version));
  const auto bump = after.major != before.major   ? version::Change::kMajor
                    : after.minor != before.minor ? version::Change::kMinor
                                                  : version::Change::kPatch;
  std::vector<std::string> reasons;
  for (size_t i = from; i < change.gates.size(); ++i) {
    const model::GateResult& gate = change.gates[i];
    if (!gate.blocks || gate.verdict != model::Verdict::kInconclusive) continue;
    const bool says_it = gate.gate == "tamper" || gate.gate == "limits";
    reasons.push_back(says_it ? gate.details : "not proven: " + Describe(gate));
  }
  // What the base asks for counts too: no patch lifts the rule that guards it.
  for (const model::MotorManifest* manifest : {&base, &candidate}) {
    // Who submits it has looked at it. Where people can be told apart, it takes somebody else.
    if (!change.submitted_by.empty() && !governed) break;
    std::string rule;
    if (RuleWantsHuman(*manifest, bump, rule)) reasons.push_back(rule);
    if (manifest->autonomy != model::Autonomy::kPatchMotor) {
      reasons.push_back("motor.yaml: autonomy: " + std::string(describe::Name(manifest->autonomy)));
    }
  }
  std::string text;
  for (const std::string& reason : reasons) {
    if (!text.contains(reason)) text += (text.empty() ? "" : "; ") + reason;
  }
  return text;
}

}  // namespace

Governor::Governor(engine::Engine& engine, experiments::Harness& harness,
                   const policy::Policy& policy)
    : engine_(engine), harness_(harness), policy_(policy) {}

Result<model::Change> Governor::Move(model::Change change, model::ChangeState to,
                                     const std::string& reason) {
  if (change.status != to && !lifecycle::MayMove(change.status, to)) {
    return Forbidden("a change that is " + std::string(describe::Name(change.status)) +
                     " cannot become " + std::string(describe::Name(to)));
  }
  change.status = to;
  change.reason = reason;
  change.updated = Now();
  AIOP_CHECK_OK(engine_.home().ledger().Put(change));
  engine_.Tell({.what = engine::Notice::What::kStep,
                .run = {},
                .name = "change",
                .text = "change " + change.id.substr(0, 13) + " (" + change.title + "): " +
                        std::string(describe::Name(to)) + (reason.empty() ? "" : ", " + reason),
                .event = {}});
  if (liaison_ != nullptr) AIOP_CHECK_OK(liaison_->Tell(change));
  return change;
}

// The commit that is gated and would be promoted: the candidate with its version and changelog
// entry.
Result<std::string> Governor::CommitCandidate(motors::Repository& repository,
                                              const Candidate& candidate,
                                              const model::Change& change) {
  AIOP_TRY(const std::string motor_yaml, repository.ReadFile(candidate.tree, "motor.yaml"));
  AIOP_TRY(const std::string versioned, WithVersion(motor_yaml, change.version));
  const auto own_log = repository.ReadFile(candidate.tree, "CHANGELOG.md");
  AIOP_TRY(const std::string changelog, WithMeasuredImpact(change.plant, own_log.value_or("")));
  std::vector<std::string> lines;
  if (!change.incident.empty()) {
    AIOP_TRY(const auto record, engine_.home().ledger().Get<model::Incident>(change.incident));
    lines.push_back("Answers incident " + change.incident + ": " + record.title);
    std::string apps;
    for (const auto& app : record.apps) apps += (apps.empty() ? "" : ", ") + app;
    lines.push_back("Impact when made: stopped " + std::to_string(record.occurrences) +
                    " run(s) of " + std::to_string(record.apps.size()) + " app(s): " + apps);
  }
  if (!change.decision.empty()) lines.push_back("Decision " + change.decision);
  lines.push_back("Patch source: " + std::string(describe::Name(change.source)) +
                  (candidate.origin.empty() ? "" : " (" + candidate.origin + ")"));
  AIOP_TRY(
      const std::string tree,
      repository.WithFiles(candidate.tree,
                           {{"motor.yaml", versioned},
                            {"CHANGELOG.md", WithEntry(changelog, change.version, change.created,
                                                       candidate.title, lines)}}));
  // A merge has both parents, so that what is merged once is known to be.
  std::vector<std::string> parents = {change.base_commit};
  if (!candidate.merges.empty()) parents.push_back(candidate.merges);
  AIOP_TRY(std::string commit,
           repository.Commit(
               tree, parents, {std::string(kOperatorName), std::string(kOperatorMail)},
               change.created, candidate.title + "\n\nChange-Request: " + change.id + "\n"));
  return commit;
}

Result<model::Change> Governor::Draft(const contexts::Motor& base, const Candidate& candidate,
                                      const std::string& incident, const std::string& decision,
                                      const std::string& by, const model::Change* rebased) {
  contexts::Home& home = engine_.home();
  AIOP_TRY(auto repository, contexts::OpenRepository(home, base.version.plant));
  AIOP_TRY(const model::MotorManifest manifest, contexts::ReadManifest(repository, candidate.tree));
  if (manifest.name != base.manifest.name) {
    return Invalid("motor.yaml: /name: a patch cannot rename the motor '" + base.manifest.name +
                   "' to '" + manifest.name + "'");
  }
  AIOP_TRY(auto numbered, NumberOf(repository, base, candidate.tree, manifest));
  version::SemanticVersion number = numbered.number;
  // A number that is taken (a version made outside, an earlier change) is passed over.
  while (candidate.commit.empty()) {
    AIOP_TRY(const auto taken, home.motors().Find<model::MotorVersion>(base.version.plant + "/" +
                                                                       version::Text(number)));
    const bool tried = taken && !taken->change.empty();
    if (!taken || (taken->status == model::VersionStatus::kCandidate && !tried)) break;
    number = version::Bump(number, version::Change::kPatch);
  }

  model::Change change = rebased ? *rebased : model::Change();
  change.updated = Now();
  if (!rebased) change.created = change.updated;
  change.side = model::Scope::kMotor;
  change.plant = base.version.plant;
  change.incident = incident;
  change.decision = decision;
  change.source = candidate.source;
  change.origin = candidate.origin;
  change.pattern = candidate.pattern;
  change.title = candidate.title;
  change.base_version = base.manifest.version;
  change.base_commit = base.version.commit;
  change.version = version::Text(number);
  change.submitted_by = by;
  if (!rebased) change.id = NewId();
  if (candidate.trial) change.canaries = {*candidate.trial};
  if (candidate.pull_request) change.pull_request = candidate.pull_request;
  AIOP_TRY(std::string diff, repository.Diff(base.version.commit, candidate.tree));
  change.diff_hash = HashBytes(diff);
  AIOP_TRY(change.changed_paths, repository.ChangedPaths(base.version.commit, candidate.tree));
  if (change.changed_paths.empty()) return Invalid("the patch changes nothing");
  numbered.gate.gating = change.gates.empty() ? 1 : change.gates.back().gating + 1;
  change.gates.push_back(std::move(numbered.gate));
  if (diff.size() > kDiffLimitBytes) diff = diff.substr(0, kDiffLimitBytes) + "\n... (cut)\n";
  change.diff = json::ToValidUtf8(diff);

  change.candidate = candidate.commit;
  if (change.candidate.empty()) {
    AIOP_TRY(change.candidate, CommitCandidate(repository, candidate, change));
  }
  // Kept reachable until it is decided.
  const std::string ref = "refs/heads/change/" + change.id;
  std::optional<std::string> kept;
  if (rebased) {
    AIOP_TRY(kept, repository.ReadRef(ref));
  }
  AIOP_CHECK_OK(repository.MoveRef(ref, kept, change.candidate));
  if (rebased) {
    const std::string why = "rebased onto " + change.base_version + ", gated again";
    return Move(std::move(change), model::ChangeState::kGating, why);
  }
  return Move(std::move(change), model::ChangeState::kDrafted, "");
}

// Each result is on disk before the next gate begins. False at the first that fails.
Result<bool> Governor::Keep(model::Change& change, std::vector<model::GateResult> gates) {
  for (auto& gate : gates) {
    gate.gating = gating_;
    if (std::ranges::find(observed_, gate.gate) != observed_.end()) gate.blocks = false;
    const bool failed = gate.blocks && gate.verdict == model::Verdict::kFail;
    change.gates.push_back(std::move(gate));
    change.updated = Now();
    AIOP_CHECK_OK(engine_.home().ledger().Put(change));
    if (failed) return false;
  }
  return true;
}

// A candidate that cannot be set up is refused for that; nothing if it can.
Result<std::vector<model::GateResult>> Governor::TrySetup(const contexts::Motor& candidate) {
  const auto checkout = contexts::Checkout(engine_.home(), candidate);
  std::vector<model::GateResult> results;
  if (checkout) return results;
  if (checkout.error().code == Code::kCancelled) return std::unexpected(checkout.error());
  model::GateResult setup;
  setup.gate = "setup";
  setup.verdict = model::Verdict::kFail;
  setup.details = checkout.error().message;
  setup.at = Now();
  results.push_back(std::move(setup));
  return results;
}

// Lint, tests and validators, in a checkout of their own.
Result<bool> Governor::RunCommandGates(model::Change& change, const contexts::Motor& candidate) {
  contexts::Home& home = engine_.home();
  const auto scratch = home.ExperimentFolder() / ("gate-" + NewId());
  AIOP_TRY(const auto repository, contexts::OpenRepository(home, change.plant));
  AIOP_CHECK_OK(repository.CheckTree(change.candidate));
  AIOP_CHECK_OK(home.checkouts().Scratch(repository, change.candidate, scratch,
                                         contexts::SetupOf(home, candidate)));
  const auto passed = [&]() -> Result<bool> {
    const std::pair<std::string_view, const model::CommandList*> lists[] = {
        {"lint", &candidate.manifest.gates.lint},
        {"tests", &candidate.manifest.gates.tests},
        {"validators", &candidate.manifest.gates.validators}};
    for (const auto& [name, commands] : lists) {
      if (commands->empty()) continue;
      AIOP_TRY(auto gate, RunCommands(change, candidate, name, *commands, scratch));
      AIOP_TRY(const bool good, Keep(change, {std::move(gate)}));
      if (!good) return false;
    }
    return true;
  }();
  AIOP_CHECK_OK(file::RemoveTree(scratch));
  return passed;
}

// All gates, cheapest first, and the proof before the long ones: most candidates of a search fail
// there. False at the first that fails.
Result<bool> Governor::RunGates(model::Change& change, const contexts::Motor& base,
                                const contexts::Motor& candidate) {
  // Draft() looked at the number.
  if (change.gates.back().gate == "semver" &&
      change.gates.back().verdict == model::Verdict::kFail) {
    return false;
  }
  AIOP_TRY(auto limits, CheckLimits(change, base));
  AIOP_TRY(bool good, Keep(change, {std::move(limits)}));
  if (!good) return false;
  AIOP_TRY(auto tamper, CheckTamper(change, base, candidate));
  AIOP_TRY(good, Keep(change, {std::move(tamper)}));
  AIOP_TRY(auto setup, TrySetup(candidate));
  AIOP_TRY(good, Keep(change, std::move(setup)));
  if (!good) return false;
  AIOP_TRY(auto proofs, ProveOnIncident(change, base, candidate));
  AIOP_TRY(good, Keep(change, std::move(proofs)));
  if (!good) return false;
  AIOP_TRY(good, RunCommandGates(change, candidate));
  if (!good) return false;
  AIOP_TRY(auto golden, RunGolden(change, base, candidate));
  AIOP_TRY(good, Keep(change, std::move(golden)));
  if (!good) return false;
  AIOP_TRY(auto regression, ReRunPassing(change, base, candidate));
  AIOP_TRY(good, Keep(change, {std::move(regression)}));
  if (!good) return false;
  AIOP_TRY(auto budgets, CheckBudgets(change, base));
  AIOP_TRY(good, Keep(change, std::move(budgets)));
  if (!good) return false;
  AIOP_TRY(auto artifacts, CheckArtifacts(change));
  return Keep(change, std::move(artifacts));
}

Result<model::Change> Governor::Gate(model::Change change) {
  contexts::Home& home = engine_.home();
  AIOP_TRY(const contexts::Motor base,
           contexts::MotorAtCommit(home, change.plant, change.base_commit));
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(home, change.plant));
  if (plant.active_commit != change.base_commit) return Rebase(std::move(change));
  AIOP_TRY(const contexts::Motor candidate,
           contexts::MotorAtCommit(home, change.plant, change.candidate));
  AIOP_TRY(change, Move(std::move(change), model::ChangeState::kGating, ""));
  // The number of a new draft was looked at: that is the first result of this gating.
  const bool drafted = !change.gates.empty() && change.gates.back().gate == "semver";
  const size_t from = change.gates.size() - (drafted ? 1 : 0);
  gating_ = change.gates.empty() ? 1 : change.gates.back().gating + (drafted ? 0 : 1);
  observed_ = ObservedBy(base.manifest);
  measured_.clear();
  bool passed = fault::GuardIsOff("gates");
  if (!passed) {
    AIOP_TRY(passed, RunGates(change, base, candidate));
  }
  if (!passed) {
    const std::string why = Describe(change.gates.back());
    return Move(std::move(change), model::ChangeState::kRejected, why);
  }
  AIOP_TRY(const bool governed, access::IsGoverned(home.ledger()));
  AIOP_TRY(change.needs_human_because,
           WhyHuman(change, from, base.manifest, candidate.manifest, governed));
  change.needs_human = !change.needs_human_because.empty();
  if (!change.needs_human) return Release(std::move(change));
  const std::string why = change.needs_human_because;
  change.approvals.clear();
  change.approval_wait = approval::WaitFor(base.manifest.approval, candidate.manifest.approval,
                                           Milliseconds{policy_.Governing().approval_ms}, Now());
  return Move(std::move(change), model::ChangeState::kAwaitingApproval, why);
}

Result<model::Change> Governor::Continue(const std::string& id) {
  const std::lock_guard lock(motors_);
  AIOP_TRY(model::Change change, engine_.home().ledger().Get<model::Change>(id));
  if (change.side != model::Scope::kMotor) return change;
  const bool waits = change.status == model::ChangeState::kAwaitingApproval;
  if (change.status == model::ChangeState::kCanary) return ContinueTrial(std::move(change));
  if (change.status != model::ChangeState::kDrafted &&
      change.status != model::ChangeState::kGating && !waits) {
    return change;
  }
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(engine_.home(), change.plant));
  // Promoted on the motor's side, killed before the ledger said so.
  if (plant.active_commit == change.candidate) return Promote(std::move(change));
  if (waits) return ContinueWaiting(std::move(change));
  // It waits for the end of another trial, and is gated on what is active then.
  AIOP_TRY(const auto on_trial, OnTrial(change.plant));
  if (on_trial && change.status == model::ChangeState::kGating) return change;
  return Gate(std::move(change));
}

Status Governor::ContinueAll(const std::string& plant) {
  {
    const std::lock_guard lock(motors_);
    AIOP_TRY([[maybe_unused]] const auto finished, FinishRollback(plant));
  }
  AIOP_TRY(const auto changes, engine_.home().ledger().ListBy<model::Change>(
                                   store::Kind<model::Change>::Field::kPlant, plant));
  for (const auto& change : changes) {
    if (change.side != model::Scope::kMotor) continue;
    AIOP_TRY([[maybe_unused]] const auto done, Continue(change.id));
  }
  AIOP_CHECK_OK(ClearTrial(plant));
  return RollBackUnreviewed(plant);
}

}  // namespace aiop::governance
