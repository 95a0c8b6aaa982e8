// SPDX-License-Identifier: Apache-2.0
// From decisions to resumed runs.
#include "control/supervision/impl.h"

namespace aiop::supervision {

Status Supervisor::Impl::ResumeOn(const model::Change& change,
                                  const model::DecisionRecord& decision,
                                  const std::vector<model::Run>& runs) {
  AIOP_TRY(const contexts::Motor motor,
           contexts::MotorAtCommit(home, change.plant, change.candidate));
  const bool on_trial = change.status == model::ChangeState::kCanary;
  for (const model::Run& run : runs) {
    if (run.state != RunState::kPatchingMotor && run.state != RunState::kPaused) continue;
    if (run.state == RunState::kPaused) {
      AIOP_TRY([[maybe_unused]] const auto patching,
               engine.Move(run.id, lifecycle::RunEvent::kPatchMotor,
                           "change " + change.id + " answers its incident"));
    }
    AIOP_TRY([[maybe_unused]] const auto validating,
             engine.Move(run.id, lifecycle::RunEvent::kPatched,
                         "motor " + change.version + " passed its gates"));
    AIOP_TRY([[maybe_unused]] const auto ready,
             engine.PrepareResume(run.id, run.app_ctx, motor,
                                  {.cause = "resumed on motor " + change.version,
                                   .steps_back = static_cast<int>(change.steps_back),
                                   .healed_by = change.id,
                                   .canary = on_trial ? std::optional(change.id) : std::nullopt}));
  }
  return arbiter.SetOutcome(decision.decision_id,
                            (on_trial ? "on trial: motor " : "patched: motor ") + change.version);
}

// The change that made the active version, if the runs stand on an older one and pass with it:
// tried on one of them.
Result<std::optional<model::Change>> Supervisor::Impl::AnsweredByActive(
    const model::DecisionRecord& decision, const std::vector<model::Run>& runs) {
  AIOP_TRY(const contexts::Motor active, contexts::ActiveMotor(home, decision.plant));
  const auto behind = std::find_if(runs.begin(), runs.end(), [&](const model::Run& run) {
    return !run.pinned_motor && run.motor_commit != active.version.commit;
  });
  if (behind == runs.end() || active.version.change.empty()) return std::optional<model::Change>();
  AIOP_TRY(model::Incident incident, engine.CurrentIncident(decision.incident_id));
  experiments::Question question;
  question.kind = model::ExperimentKind::kCandidate;
  question.run = *behind;
  AIOP_TRY(question.app, contexts::VersionOf(home, behind->app_ctx));
  question.motor = active;
  question.profile = behind->profile;
  question.to_the_end = true;
  question.question =
      "Does " + behind->app + " pass on the active motor " + active.version.reference.version + "?";
  question.changed =
      "motor " + behind->motor_ctx.version + " -> " + active.version.reference.version;
  experiments::Asker asker{incident.id, "", policy.PerIncident(), policy.PerDay()};
  AIOP_TRY(asker.fingerprint, engine.FingerprintOf(incident, behind->id));
  AIOP_TRY(const auto experiment, harness.Ask(asker, question));
  if (experiment.result != model::ExperimentResult::kPassed) return std::optional<model::Change>();
  AIOP_TRY(auto change, home.ledger().Get<model::Change>(active.version.change));
  incident.change = change.id;
  AIOP_CHECK_OK(home.ledger().Put(incident));
  return std::optional(std::move(change));
}

// Whether so many fixes of this failure were useless that a human has to come first: then its runs
// wait.
Result<bool> Supervisor::Impl::StopAtBreaker(const model::DecisionRecord& decision,
                                             const model::Incident& incident,
                                             const std::vector<model::Run>& runs) {
  AIOP_TRY(const std::string breaker, followup.BreakerOf(incident));
  if (breaker.empty()) return false;
  AIOP_CHECK_OK(arbiter.SetOutcome(decision.decision_id, "waiting: " + breaker));
  for (const model::Run& run : runs) {
    AIOP_TRY([[maybe_unused]] const auto waits,
             engine.Move(run.id, lifecycle::RunEvent::kPause, breaker, PausedBecause::kBreaker));
  }
  return true;
}

// Fixes after which the failure is back, before anybody looks for the next one.
Status Supervisor::Impl::NoteUselessFixes(const std::string& plant) {
  AIOP_TRY(const auto returned, followup.NoteReturns(plant));
  for (const model::Change& change : returned) {
    if (change.decision.empty() || change.status != model::ChangeState::kRolledBack) continue;
    AIOP_CHECK_OK(arbiter.SetOutcome(change.decision, "not healed: rolled back"));
  }
  return {};
}

Status Supervisor::Impl::HealMotor(const model::DecisionRecord& decision,
                                   const std::vector<model::Run>& standing) {
  AIOP_TRY(const auto elsewhere, ActOnTrial(decision, standing));
  std::vector<model::Run> runs;
  for (const model::Run& run : elsewhere) {
    if (!run.pinned_motor) {
      runs.push_back(run);
    } else if (!Waits(run, PausedBecause::kFix)) {
      AIOP_TRY([[maybe_unused]] const auto waits,
               engine.Move(run.id, lifecycle::RunEvent::kPause,
                           "the motor is at fault, but this run was started on a version named by "
                           "hand",
                           PausedBecause::kFix));
    }
  }
  if (runs.empty()) return {};
  // A change that answers this incident already?
  AIOP_TRY(const auto incident, engine.CurrentIncident(decision.incident_id));
  if (!incident.change.empty()) {
    AIOP_TRY(const auto change, home.ledger().Get<model::Change>(incident.change));
    if (change.status == model::ChangeState::kPromoted) return ResumeOn(change, decision, runs);
  }
  // The answer to another incident may answer this one too.
  AIOP_TRY(const auto answered, AnsweredByActive(decision, runs));
  if (answered) return ResumeOn(*answered, decision, runs);
  AIOP_TRY(const bool stopped, StopAtBreaker(decision, incident, runs));
  if (stopped) return {};
  AIOP_TRY(const bool only_observes, OnlyObserves(decision, runs, "the motor has to change"));
  if (only_observes) return {};
  std::vector<model::Run> patching;
  for (const model::Run& run : runs) {
    AIOP_TRY(auto moved, engine.Move(run.id, lifecycle::RunEvent::kPatchMotor,
                                     "looking for a fix of the motor"));
    patching.push_back(std::move(moved));
  }
  if (patching.empty()) return {};
  const auto park = [&](PausedBecause because, const std::string& why) -> Status {
    for (const model::Run& run : patching) {
      AIOP_TRY([[maybe_unused]] const auto waits,
               engine.Move(run.id, lifecycle::RunEvent::kPause, why, because));
    }
    return {};
  };
  auto change = governor.HealMotor(decision);
  if (!change) {
    const Status parked = park(
        change.error().code == Code::kCancelled ? PausedBecause::kOperator : PausedBecause::kFix,
        "no fix could be prepared: " + change.error().message);
    return change.error().code == Code::kCancelled || change.error().code == Code::kForbidden
               ? parked
               : std::unexpected(change.error());
  }
  if (!*change) {
    exhausted.insert(decision.decision_id);
    const size_t asked = patching.size();
    AIOP_TRY(patching, FallBack(decision, patching));
    if (patching.empty()) return {};
    const std::string outcome = "waiting: no patch source has a fix that passes the gates";
    // That some went around it is the outcome even if others wait: it is not healed by that.
    if (patching.size() == asked) AIOP_CHECK_OK(arbiter.SetOutcome(decision.decision_id, outcome));
    const bool mixed = decision.classification == model::Classification::kMixed;
    const std::string why =
        mixed ? "motor and app do not fit each other, and no patch source makes the motor take "
                "this spec: change the app, or the motor"
              : "the motor is at fault and no patch source has a fix that passes the gates";
    AIOP_CHECK_OK(park(PausedBecause::kFix, why));
    // The motor went first.
    return mixed ? HealApps(decision, patching, {.outcome = outcome, .cause = why}) : Status();
  }
  if ((*change)->status == model::ChangeState::kAwaitingApproval) {
    exhausted.insert(decision.decision_id);
    AIOP_CHECK_OK(arbiter.SetOutcome(decision.decision_id,
                                     "waiting: change " + (*change)->id + " awaits approval"));
    return park(PausedBecause::kApproval, "change " + (*change)->id + " awaits approval");
  }
  if ((*change)->status == model::ChangeState::kCanary) {
    return JoinTrial(**change, decision, patching);
  }
  if ((*change)->status == model::ChangeState::kGating) {
    AIOP_CHECK_OK(arbiter.SetOutcome(
        decision.decision_id, "waiting: change " + (*change)->id + ": " + (*change)->reason));
    return park(PausedBecause::kCanary, "change " + (*change)->id + ": " + (*change)->reason);
  }
  return ResumeOn(**change, decision, patching);
}

Status Supervisor::Impl::ActOn(const model::DecisionRecord& decision,
                               const std::vector<model::Run>& runs) {
  if (decision.outcome == "abstained") return {};
  if (decision.category == model::Category::kTransient) {
    bool goes_on = false;
    for (const model::Run& run : runs) {
      if (run.resumed > policy.GiveUpAfter()) continue;
      goes_on = true;
      AIOP_TRY(const contexts::Motor own,
               contexts::MotorAtCommit(home, run.plant, run.motor_commit));
      AIOP_TRY([[maybe_unused]] const auto ready,
               engine.PrepareResume(
                   run.id, run.app_ctx, own,
                   {.cause = "called transient: it goes on unchanged",
                    .wait = Milliseconds{policy.BackOffMilliseconds(run.resumed + 1)}}));
    }
    return arbiter.SetOutcome(
        decision.decision_id,
        goes_on ? "resumed without a patch"
                : "waiting: it failed each time it went on; a human has to look at what is outside "
                  "app and motor");
  }
  if (decision.classification == model::Classification::kApp) {
    return HealApps(decision, runs,
                    {.outcome = "waiting: the app has to change",
                     .cause = "the app has to change: " + decision.rationale});
  }
  return HealMotor(decision, runs);
}

Status Supervisor::Impl::ActAll(const std::vector<std::string>& runs) {
  // By decision, in the order they were made.
  std::map<std::string, std::vector<model::Run>> waiting;
  for (const std::string& id : runs) {
    AIOP_TRY(const model::Run run, Get(id));
    if (run.state != RunState::kPaused || run.decision.empty() || run.incident.empty()) continue;
    if (!Waits(run, PausedBecause::kEvidence) && !Waits(run, PausedBecause::kFix)) continue;
    if (exhausted.contains(run.decision)) continue;
    AIOP_TRY(const auto decision, home.ledger().Get<model::DecisionRecord>(run.decision));
    // What was only observed is looked at again: the plant may let the operator do more by now.
    const bool app = decision.classification == model::Classification::kApp;
    if (Waits(run, PausedBecause::kFix) && app && !decision.outcome.starts_with("observed")) {
      continue;
    }
    waiting[run.decision].push_back(run);
  }
  // Motor alone, then mixed, then app; by app within these.
  std::vector<std::pair<model::DecisionRecord, std::vector<model::Run>>> ordered;
  for (const auto& [id, members] : waiting) {
    AIOP_TRY(auto decision, home.ledger().Get<model::DecisionRecord>(id));
    ordered.emplace_back(std::move(decision), members);
  }
  const auto rank = [](const model::DecisionRecord& decision) {
    const int side = decision.classification == model::Classification::kMotor   ? 0
                     : decision.classification == model::Classification::kMixed ? 1
                                                                                : 2;
    return std::make_tuple(side, decision.apps, decision.decision_id);
  };
  std::sort(ordered.begin(), ordered.end(),
            [&](const auto& a, const auto& b) { return rank(a.first) < rank(b.first); });
  for (const auto& [decision, members] : ordered) {
    if (engine.stopping()) return {};
    std::vector<model::Run> current;
    for (const auto& member : members) {
      AIOP_TRY(auto run, Get(member.id));
      if (run.state == RunState::kPaused) current.push_back(std::move(run));
    }
    AIOP_CHECK_OK(ActOn(decision, current));
  }
  return {};
}

// No run stands at it any more, and one at least went through or got as far as another failure.
Result<bool> Supervisor::Impl::IsHealed(const model::Incident& incident,
                                        const std::vector<model::Occurrence>& occurrences) {
  bool past = false;
  for (const auto& each : occurrences) {
    AIOP_TRY(const model::Run run, Get(each.run));
    if (run.state == RunState::kSuccess) {
      past = true;
      continue;
    }
    if (run.incident == incident.id) return false;
    if (run.incident.empty()) continue;
    AIOP_TRY(const auto other, home.ledger().Get<model::Incident>(run.incident));
    past = past || other.fingerprint != incident.fingerprint;
  }
  return past;
}

// Incidents of which no run is left standing are resolved; changes get their impact, useless ones
// go back.
Status Supervisor::Impl::CloseIncidents(const std::vector<std::string>& runs) {
  std::set<std::string> incidents;
  std::set<std::string> changes;
  for (const std::string& id : runs) {
    AIOP_TRY(const model::Run run, Get(id));
    if (!run.healed_by.empty()) changes.insert(run.healed_by);
  }
  // Also those of other runs: a killed command may have healed them without coming to write it
  // down.
  AIOP_TRY(const auto decided,
           home.ledger().ListBy<model::Incident>(store::Kind<model::Incident>::Field::kState,
                                                 describe::Name(model::IncidentState::kDecided)));
  for (const auto& incident : decided) incidents.insert(incident.id);
  for (const std::string& id : incidents) {
    AIOP_TRY(model::Incident incident, home.ledger().Get<model::Incident>(id));
    if (incident.state != model::IncidentState::kDecided) continue;
    AIOP_TRY(const auto occurrences, engine.OccurrencesAt(incident));
    AIOP_TRY(const bool healed, IsHealed(incident, occurrences));
    if (!healed) continue;
    // Its runs went around it, on an older version: it is there still.
    AIOP_TRY(const auto ruling, home.ledger().Find<model::DecisionRecord>(incident.decision));
    if (ruling && ruling->outcome.starts_with(kFellBack)) continue;
    AIOP_TRY(incident.state,
             lifecycle::StepIncident(incident.state, lifecycle::IncidentEvent::kHealed));
    // What would not be looked at again comes last.
    std::set<std::string> decisions{incident.decision};
    for (const auto& each : occurrences) {
      if (each.incident == id) continue;
      AIOP_TRY(const auto merged, home.ledger().Get<model::Incident>(each.incident));
      if (!merged.decision.empty()) decisions.insert(merged.decision);
    }
    for (const auto& decision : decisions) {
      AIOP_CHECK_OK(arbiter.SetOutcome(decision, "healed"));
    }
    AIOP_CHECK_OK(home.ledger().Put(incident));
  }
  for (const std::string& id : changes) {
    AIOP_TRY(const auto change, home.ledger().Get<model::Change>(id));
    if (change.side != model::Scope::kMotor) continue;
    AIOP_CHECK_OK(governor.MeasureImpact(id));
    AIOP_TRY(const auto version,
             home.motors().Get<model::MotorVersion>(change.plant + "/" + change.version));
    const bool useless =
        version.impact && version.impact->runs_healed == 0 && version.impact->runs_not_healed > 0;
    if (useless && change.status == model::ChangeState::kPromoted) {
      // A change that was rolled back is not looked at again: that comes last.
      if (!change.decision.empty())
        AIOP_CHECK_OK(arbiter.SetOutcome(change.decision, "not healed: rolled back"));
      AIOP_CHECK_OK(followup.NoteUseless(id, "no run it was made for was healed by it"));
    }
  }
  return {};
}

}  // namespace aiop::supervision
