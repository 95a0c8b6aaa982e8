// SPDX-License-Identifier: Apache-2.0
// From a decision to a change of the app that is ready to be approved, or applied.
#include "control/app_repair/app_repair.h"

#include <algorithm>

#include "base/fault/fault.h"
#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "control/app_repair/candidate.h"
#include "control/app_repair/changes.h"

namespace aiop::app_repair {
namespace {

using model::ChangeState;
using model::Verdict;

model::GateResult GateOf(std::string gate, const model::Experiment& experiment) {
  using enum model::ExperimentResult;
  model::GateResult result;
  result.gate = std::move(gate);
  result.verdict = experiment.result == kPassed ? Verdict::kPass
                   : experiment.result == kNotPossible || experiment.result == kOverBudget
                       ? Verdict::kInconclusive
                       : Verdict::kFail;
  result.details = experiment.answer;
  result.log = experiment.transcript;
  result.elapsed_ms = experiment.plant_ms;
  result.sandbox = experiment.sandbox;
  result.at = Now();
  return result;
}

bool Has(const model::Change& change, std::string_view gate, Verdict verdict) {
  return std::ranges::any_of(change.gates, [&](const model::GateResult& each) {
    return each.gate == gate && each.verdict == verdict;
  });
}

// Why somebody has to approve it; empty: nobody has to.
std::string WhyHuman(const model::MotorManifest& manifest, const model::Change& change,
                     const std::vector<std::string>& guesses) {
  std::vector<std::string> reasons;
  if (manifest.autonomy == model::Autonomy::kPropose) {
    reasons.emplace_back("motor.yaml: autonomy: propose");
  }
  if (manifest.app_patches == model::AppPatches::kAsk) {
    reasons.emplace_back("motor.yaml: app_patches: ask");
  }
  reasons.insert(reasons.end(), guesses.begin(), guesses.end());
  if (!Has(change, "validators", Verdict::kPass) && !Has(change, "declared", Verdict::kPass)) {
    reasons.emplace_back("neither validators nor the motor's declaration can judge the spec");
  }
  std::string text;
  for (const std::string& reason : reasons) text += (text.empty() ? "" : "; ") + reason;
  return text;
}

}  // namespace

struct Repairer::Search {
  Subject subject;
  std::vector<model::Run> runs;
  model::MotorManifest governing;  // of the active version: how far the operator may go
};

Repairer::Repairer(engine::Engine& engine, experiments::Harness& harness,
                   const policy::Policy& policy)
    : engine_(engine), harness_(harness), policy_(policy) {
  sources_.push_back(MakeDependencySource(engine, harness));
  sources_.push_back(MakeNearestSource(engine, harness));
  sources_.push_back(MakeTwinSource(engine, harness));
}

void Repairer::AddFirst(std::unique_ptr<Source> source) {
  sources_.insert(sources_.begin(), std::move(source));
}
void Repairer::AddLast(std::unique_ptr<Source> source) { sources_.push_back(std::move(source)); }

// What experiments for this incident may still use.
Result<budget::Allowance> Repairer::LeftFor(const std::string& incident) {
  AIOP_TRY(const auto made, engine_.home().ledger().ListBy<model::Experiment>(
                                store::Kind<model::Experiment>::Field::kIncident, incident));
  budget::Allowance left = policy_.PerIncident();
  for (const model::Experiment& each : made) left.Take(each.plant_ms, each.usage);
  return left;
}

// Each result is on disk before the next is asked for. False at the first that fails.
Result<bool> Repairer::RunGates(const Search& search, model::Change& change,
                                const model::AppVersion& candidate) {
  const Subject& subject = search.subject;
  experiments::Asker asker{
      .incident = subject.incident.id, .fingerprint = "", .left = {}, .per_day = policy_.PerDay()};
  AIOP_TRY(asker.left, LeftFor(subject.incident.id));
  const int64_t gating = change.gates.empty() ? 1 : change.gates.back().gating + 1;
  const auto keep = [&](model::GateResult gate) -> Result<bool> {
    gate.gating = gating;
    const bool failed = gate.verdict == Verdict::kFail;
    change.gates.push_back(std::move(gate));
    change.updated = Now();
    AIOP_CHECK_OK(engine_.home().ledger().Put(change));
    fault::Point("app_repair.gate");
    return !failed;
  };
  // What is said of this spec is no evidence about the failing one.
  experiments::Asker nobody = asker;
  nobody.incident.clear();
  AIOP_TRY(const auto valid, harness_.AskValidators(nobody, subject.run, candidate, subject.motor));
  AIOP_TRY(bool good, keep(GateOf("validators", valid)));
  if (!good) return false;
  AIOP_TRY(const auto declared,
           harness_.AskDeclared(nobody, subject.run, candidate, subject.motor));
  AIOP_TRY(good, keep(GateOf("declared", declared)));
  if (!good) return false;
  for (const model::Run& run : search.runs) {
    experiments::Question question;
    question.kind = model::ExperimentKind::kCandidate;
    question.run = run;
    question.app = candidate;
    AIOP_TRY(question.motor, contexts::MotorAtCommit(engine_.home(), run.plant, run.motor_commit));
    question.profile = run.profile;
    question.to_the_end = true;
    // Its checkpoints have keys that only a stored version has.
    question.from_scratch = !question.motor.manifest.run.pipeline.empty();
    question.question = "Does " + run.app + " go through with this patch of its spec?";
    question.changed = change.title;
    AIOP_TRY(asker.fingerprint, engine_.FingerprintOf(subject.incident, run.id));
    AIOP_TRY(const auto experiment, harness_.Ask(asker, question));
    asker.left.Take(experiment.plant_ms, experiment.usage);
    model::GateResult gate = GateOf("green_with", experiment);
    gate.details =
        run.app + (run.profile.empty() ? "" : " (" + run.profile + ")") + ": " + gate.details;
    // What could not be tried is not offered.
    if (gate.verdict == Verdict::kInconclusive) gate.verdict = Verdict::kFail;
    AIOP_TRY(good, keep(std::move(gate)));
    if (!good) return false;
  }
  return true;
}

Result<model::Change> Repairer::Gate(const Search& search, model::Change change,
                                     const model::AppVersion& candidate,
                                     const std::vector<std::string>& guesses) {
  AIOP_TRY(change, MoveChange(engine_, std::move(change), ChangeState::kGating, ""));
  AIOP_TRY(const bool passed, RunGates(search, change, candidate));
  if (!passed) {
    const model::GateResult& last = change.gates.back();
    const std::string why = "gate " + last.gate + " fail: " + last.details;
    return MoveChange(engine_, std::move(change), ChangeState::kRejected, why);
  }
  change.needs_human_because = WhyHuman(search.governing, change, guesses);
  change.needs_human = !change.needs_human_because.empty();
  if (!change.needs_human) return Apply(engine_, std::move(change));
  const std::string why = change.needs_human_because;
  return MoveChange(engine_, std::move(change), ChangeState::kAwaitingApproval, why);
}

// A draft with everything but its gates.
Result<model::Change> Repairer::Draft(const Search& search, const Proposal& proposal,
                                      const model::AppVersion& candidate) {
  const Subject& subject = search.subject;
  model::Change change;
  change.id = NewId();
  change.side = model::Scope::kApp;
  change.plant = subject.motor.version.plant;
  change.app = subject.app.app;
  change.incident = subject.incident.id;
  change.decision = subject.decision.decision_id;
  change.source = proposal.source;
  change.origin = proposal.origin;
  change.title = proposal.title;
  change.base_version = subject.app.reference.version;
  change.base_commit = subject.app.root;
  change.candidate = candidate.root;
  change.candidate_entry = candidate.entry;
  change.version = candidate.reference.version;
  AIOP_TRY(const std::string diff, contexts::DiffApps(engine_.home(), subject.app, candidate));
  change.diff = json::ToValidUtf8(diff.substr(0, kDiffShownBytes));
  change.diff_hash = HashBytes(diff);
  for (const auto& [path, content] : proposal.files) change.changed_paths.push_back(path);
  change.created = change.updated = Now();
  return MoveChange(engine_, std::move(change), ChangeState::kDrafted, "");
}

Result<std::optional<model::Change>> Repairer::Try(const Search& search, const Proposal& proposal) {
  const Subject& subject = search.subject;
  AIOP_TRY(const auto candidate, WithFiles(engine_.home(), subject.app, proposal.files));
  if (candidate.content_hash == subject.app.content_hash) return std::optional<model::Change>();
  AIOP_TRY(const auto earlier, ChangesOf(engine_.home(), subject.app.app));
  std::optional<model::Change> interrupted;
  for (const model::Change& each : earlier) {
    if (each.incident != subject.incident.id || each.candidate != candidate.root) continue;
    if (each.status == ChangeState::kRejected) return std::optional<model::Change>();
    const bool under_way =
        each.status == ChangeState::kDrafted || each.status == ChangeState::kGating;
    if (under_way) interrupted = each;
  }
  if (!interrupted) {
    AIOP_TRY(interrupted, Draft(search, proposal, candidate));
  }
  AIOP_TRY(auto change, Gate(search, *std::move(interrupted), candidate, proposal.guesses));
  return std::optional(std::move(change));
}

Result<std::optional<model::Change>> Repairer::Repair(const model::DecisionRecord& decision,
                                                      const std::vector<model::Run>& runs) {
  const std::lock_guard lock(one_at_a_time_);
  contexts::Home& home = engine_.home();
  const model::Run& first = runs.front();
  AIOP_TRY(const model::App app, home.apps().Get<model::App>(first.app));
  if (app.current != first.app_ctx) return std::optional<model::Change>();
  AIOP_TRY(const auto earlier, ChangesOf(home, first.app));
  for (const model::Change& each : earlier) {
    const bool open =
        each.status == ChangeState::kAwaitingApproval && each.base_version == app.current.version;
    if (open) return std::optional(each);
  }
  Search search;
  Subject& subject = search.subject;
  subject.decision = decision;
  AIOP_TRY(subject.incident, engine_.CurrentIncident(decision.incident_id));
  subject.run = first;
  AIOP_TRY(subject.app, contexts::VersionOf(home, first.app_ctx));
  AIOP_TRY(subject.motor, contexts::MotorAtCommit(home, first.plant, first.motor_commit));
  AIOP_TRY(const contexts::Motor active, contexts::ActiveMotor(home, first.plant));
  search.governing = active.manifest;
  search.runs.assign(
      runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(std::min(runs.size(), kRunsProven)));
  const Scratch scratch(home);
  AIOP_TRY([[maybe_unused]] const auto placed,
           contexts::PlaceSpec(home, subject.app, scratch.path()));
  subject.folder = scratch.path();
  subject.told = subject.incident.example + "\n" + decision.rationale;
  for (const model::Fact& fact : decision.evidence) subject.told += "\n" + fact.fact;
  int64_t tried = 0;
  for (const auto& source : sources_) {
    // What cannot be tried any more is not looked for.
    AIOP_TRY(const budget::Allowance left, LeftFor(subject.incident.id));
    if (!left.UsedUp().empty()) return std::optional<model::Change>();
    AIOP_TRY(const auto proposals, source->Propose(subject));
    for (const Proposal& proposal : proposals) {
      if (engine_.stopping()) return Fail(Code::kCancelled, "aiop is stopping");
      if (tried >= policy_.CandidatesPerIncident()) return std::optional<model::Change>();
      AIOP_TRY(auto change, Try(search, proposal));
      if (!change) continue;
      ++tried;
      if (change->status != ChangeState::kRejected) return change;
    }
  }
  return std::optional<model::Change>();
}

}  // namespace aiop::app_repair
