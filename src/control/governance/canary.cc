// SPDX-License-Identifier: Apache-2.0
// A change on trial with some of the apps, between its gates and approvals and its promotion.
#include "core/canary/canary.h"

#include <algorithm>

#include "base/fault/fault.h"
#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "control/governance/governance.h"
#include "control/governance/trial_runs.h"

namespace aiop::governance {
namespace {

using model::ChangeState;

std::string Because(const std::vector<std::string>& unknown) {
  std::string names;
  for (const std::string& each : unknown) names += (names.empty() ? "" : ", ") + each;
  return names;
}

Result<canary::Cohort> CohortOf(contexts::Home& home, const std::string& plant,
                                const std::string& choice) {
  AIOP_TRY(const auto apps,
           home.apps().ListBy<model::App>(store::Kind<model::App>::Field::kPlant, plant));
  return canary::Choose(choice, plant, apps);
}

bool Goes(const model::Change& change) {
  return change.status == ChangeState::kCanary && !change.canaries.empty() &&
         !change.canaries.back().ended;
}

std::string Whom(const model::Canary& trial) {
  std::string names;
  constexpr size_t kNamed = 5;
  for (size_t i = 0; i < std::min(kNamed, trial.cohort.size()); ++i) {
    names += (names.empty() ? "" : ", ") + trial.cohort[i];
  }
  if (trial.cohort.size() > kNamed) {
    names += " and " + std::to_string(trial.cohort.size() - kNamed) + " more";
  }
  return names;
}

}  // namespace

std::string Governor::ShadowOf(const model::Change& change, const std::string& run) {
  return IdFromHash(
      HashBytes("shadow " + change.id + " " + std::to_string(change.canaries.size()) + " " + run));
}

Result<std::optional<model::Change>> Governor::OnTrial(const std::string& plant) {
  AIOP_TRY(const model::Plant record, contexts::GetPlant(engine_.home(), plant));
  if (record.canary_change.empty()) return std::optional<model::Change>();
  AIOP_TRY(auto change, engine_.home().ledger().Get<model::Change>(record.canary_change));
  return Goes(change) ? std::optional(std::move(change)) : std::nullopt;
}

// What was asked for by hand; else what the base says, which no patch lifts; else the candidate.
Result<std::optional<model::Canary>> Governor::TrialFor(const model::Change& change) {
  if (!change.canaries.empty() && !change.canaries.back().ended) {
    return std::optional(change.canaries.back());
  }
  AIOP_TRY(const contexts::Motor base,
           contexts::MotorAtCommit(engine_.home(), change.plant, change.base_commit));
  AIOP_TRY(const contexts::Motor candidate,
           contexts::MotorAtCommit(engine_.home(), change.plant, change.candidate));
  const auto& spec = base.manifest.canary ? base.manifest.canary : candidate.manifest.canary;
  if (!spec) return std::optional<model::Canary>();
  model::Canary trial;
  trial.apps = spec->apps;
  trial.shadow = spec->shadow;
  trial.min_runs = spec->min_runs;
  return std::optional(std::move(trial));
}

Result<model::Change> Governor::Release(model::Change change) {
  AIOP_TRY(auto trial, TrialFor(change));
  if (!trial) return Promote(std::move(change));
  AIOP_TRY(const auto other, OnTrial(change.plant));
  if (other && other->id != change.id) {
    // Approved ones stay where they are, with what was said to them.
    const bool approved = change.status == ChangeState::kAwaitingApproval;
    return Move(std::move(change), approved ? ChangeState::kAwaitingApproval : ChangeState::kGating,
                "it waits for the end of the trial of change " + other->id);
  }
  return StartTrial(std::move(change), *std::move(trial));
}

Result<model::Change> Governor::StartTrial(model::Change change, model::Canary trial) {
  contexts::Home& home = engine_.home();
  AIOP_TRY(const auto cohort, CohortOf(home, change.plant, trial.apps));
  AIOP_TRY(const auto repository, contexts::OpenRepository(home, change.plant));
  AIOP_TRY(model::MotorVersion version,
           contexts::DescribeCommit(home, change.plant, repository, change.candidate));
  version.status = model::VersionStatus::kCandidate;
  version.change = change.id;
  version.parent = change.base_commit;
  version.summary = change.title;
  if (!change.incident.empty()) version.incidents = {change.incident};
  version.created = change.created;
  AIOP_CHECK_OK(home.motors().Put(version));

  const bool asked_for = !change.canaries.empty() && !change.canaries.back().ended;
  if (asked_for) change.canaries.pop_back();
  trial.trial = std::ssize(change.canaries) + 1;
  if (trial.min_runs <= 0) trial.min_runs = policy_.Governing().canary_min_runs;
  trial.cohort = cohort.apps;
  trial.started = Now();
  trial.because = trial.cohort.empty() ? "no app takes part: there is no " +
                                             Because(cohort.unknown) + " in plant " + change.plant
                                       : "just begun";
  change.canaries.push_back(trial);
  const std::string with =
      trial.cohort.empty()
          ? trial.because
          : std::string(trial.shadow ? "in shadow" : "on trial") + " with " + Whom(trial);
  AIOP_TRY(change, Move(std::move(change), ChangeState::kCanary, with));
  fault::Point("governance.trial_stored");
  return ContinueTrial(std::move(change));
}

Result<model::Change> Governor::ContinueTrial(model::Change change) {
  contexts::Home& home = engine_.home();
  if (change.canaries.empty()) return Internal("a change on trial has no trial");
  if (change.canaries.back().ended) return FinishTrial(std::move(change));
  AIOP_TRY(model::Plant plant, contexts::GetPlant(home, change.plant));
  if (plant.canary_change == change.id) return change;
  plant.canary_change = change.id;
  AIOP_CHECK_OK(home.motors().Put(plant));
  fault::Point("governance.trial_set");
  AIOP_CHECK_OK(engine_.TellMotor(
      change.plant, plant.active, model::SignalType::kValidation, model::Severity::kInfo,
      {{"details", "motor version " + change.version + " is " + change.reason},
       {"change", change.id}}));
  return change;
}

Result<model::Change> Governor::TryVersion(const TrialRequest& request) {
  const std::lock_guard lock(motors_);
  contexts::Home& home = engine_.home();
  AIOP_TRY(const contexts::Motor base, contexts::ActiveMotor(home, request.plant));
  AIOP_TRY(const contexts::Motor motor, contexts::MotorAt(home, request.plant, request.version));
  if (motor.version.commit == base.version.commit) {
    return Invalid("version " + request.version + " is the active one already");
  }
  AIOP_TRY(const auto cohort, CohortOf(home, request.plant, request.apps));
  if (!cohort.unknown.empty() || cohort.apps.empty()) {
    return Invalid("plant '" + request.plant + "' has no app or label " +
                   (cohort.unknown.empty() ? "at all" : Because(cohort.unknown)) +
                   ": see 'aiop app ls --plant " + request.plant +
                   "'; labels are set by 'aiop app update NAME --label WORD'");
  }
  model::Canary trial;
  trial.apps = request.apps;
  trial.shadow = request.shadow;
  trial.min_runs = request.min_runs;
  AIOP_TRY(auto other, OnTrial(request.plant));
  if (other && other->candidate != motor.version.commit) {
    return Forbidden(
        "change " + other->id + " (" + other->version + ") is on trial in plant '" + request.plant +
        "', one at a time. Remedy: let it come to its end, or aiop change reject " + other->id);
  }
  if (other) {
    AIOP_TRY(const TrialRuns runs, GatherTrial(*other));
    model::Canary& last = other->canaries.back();
    last.runs = runs.names;
    last.because = "replaced by another trial of the same version";
    last.ended = Now();
    return StartTrial(*std::move(other), std::move(trial));
  }
  // What it was made for before, if that still waits.
  AIOP_TRY(const auto before, home.ledger().Find<model::Change>(motor.version.change));
  Candidate candidate;
  candidate.source = before ? before->source : model::PatchSource::kHuman;
  candidate.origin = "trial of " + motor.version.commit.substr(0, 12) + " by " + request.by;
  candidate.title = before ? before->title : "Trial of version " + request.version;
  candidate.tree = candidate.commit = motor.version.commit;
  candidate.trial = std::move(trial);
  std::string incident;
  std::string decision;
  if (before && !before->incident.empty()) {
    AIOP_TRY(const auto current, engine_.CurrentIncident(before->incident));
    if (current.state == model::IncidentState::kDecided) {
      incident = current.id;
      decision = current.decision;
    }
  }
  AIOP_TRY(model::Change change, Draft(base, candidate, incident, decision, request.by));
  return Gate(std::move(change));
}

Result<std::optional<model::Change>> Governor::JudgeTrial(const std::string& plant) {
  const std::lock_guard lock(motors_);
  AIOP_TRY(auto found, OnTrial(plant));
  if (!found) return std::optional<model::Change>();
  model::Change change = *std::move(found);
  AIOP_TRY(const model::Plant record, contexts::GetPlant(engine_.home(), plant));
  AIOP_TRY(TrialRuns runs, GatherTrial(change));
  canary::Judgement judgement = canary::Judge(runs.evidence);
  if (!runs.against.empty()) {
    judgement.verdict = model::Verdict::kFail;
    judgement.because = runs.against;
  }
  const bool moved =
      record.active_commit != change.base_commit && record.active_commit != change.candidate;
  if (moved) {
    judgement.verdict = model::Verdict::kInconclusive;
    judgement.because = "the motor moved on to " + record.active.version +
                        " meanwhile, and the trial compared it with " + change.base_version;
  }
  model::Canary& trial = change.canaries.back();
  if (trial.cohort.empty()) judgement.because = trial.because;
  const bool decided = moved || judgement.verdict != model::Verdict::kInconclusive;
  const bool news = trial.runs != runs.names || trial.because != judgement.because;
  if (!decided && !news) return std::optional<model::Change>();
  trial.runs = std::move(runs.names);
  trial.figures = std::move(judgement.figures);
  trial.verdict = judgement.verdict;
  trial.because = judgement.because;
  change.updated = Now();
  if (!decided) {
    change.reason = trial.because;
    AIOP_CHECK_OK(engine_.home().ledger().Put(change));
    return std::optional<model::Change>();
  }
  trial.ended = change.updated;
  AIOP_CHECK_OK(engine_.home().ledger().Put(change));
  fault::Point("governance.trial_judged");
  AIOP_TRY(change, FinishTrial(std::move(change)));
  return std::optional(std::move(change));
}

Result<model::Change> Governor::FinishTrial(model::Change change) {
  const model::Canary& trial = change.canaries.back();
  if (trial.verdict == model::Verdict::kPass) {
    AIOP_TRY(change, Promote(std::move(change)));
    fault::Point("governance.trial_promoted");
    AIOP_CHECK_OK(MeasureImpact(change.id));
  } else {
    const bool failed = trial.verdict == model::Verdict::kFail;
    const std::string why = (failed ? "its trial failed: " : "") + trial.because;
    AIOP_TRY(change, Move(std::move(change),
                          failed ? ChangeState::kRolledBack : ChangeState::kSuperseded, why));
    fault::Point("governance.trial_aborted");
    AIOP_TRY(const model::Plant plant, contexts::GetPlant(engine_.home(), change.plant));
    AIOP_CHECK_OK(engine_.TellMotor(
        change.plant, plant.active, model::SignalType::kValidation, model::Severity::kError,
        {{"details", "motor version " + change.version + " is not used: " + why},
         {"change", change.id}}));
  }
  AIOP_CHECK_OK(ClearTrial(change.plant));
  return change;
}

Status Governor::ClearTrial(const std::string& plant) {
  contexts::Home& home = engine_.home();
  AIOP_TRY(model::Plant record, contexts::GetPlant(home, plant));
  if (record.canary_change.empty()) return {};
  AIOP_TRY(const auto change, home.ledger().Get<model::Change>(record.canary_change));
  if (change.status == ChangeState::kCanary) return {};
  store::MotorStore::Batch batch;
  AIOP_TRY(auto version, home.motors().Find<model::MotorVersion>(plant + "/" + change.version));
  if (version && version->commit == change.candidate &&
      version->status == model::VersionStatus::kCandidate) {
    version->status = model::VersionStatus::kRolledBack;
    batch.Put(*version);
  }
  record.canary_change.clear();
  batch.Put(record);
  AIOP_CHECK_OK(home.motors().Commit(std::move(batch)));
  fault::Point("governance.trial_cleared");
  return {};
}

}  // namespace aiop::governance
