// SPDX-License-Identifier: Apache-2.0
// From failed runs to decisions.
#include "control/supervision/impl.h"

namespace aiop::supervision {

// Runs that failed again at the same incident after its fix: one step further back first, then the
// fix was useless.
Status Supervisor::Impl::NoteReturns(const std::vector<std::string>& runs) {
  for (const std::string& id : runs) {
    AIOP_TRY(const model::Run run, Get(id));
    if (!Waits(run, PausedBecause::kEvidence) || run.healed_by.empty()) continue;
    AIOP_TRY(const model::Change change, home.ledger().Get<model::Change>(run.healed_by));
    AIOP_TRY(const model::Incident incident, home.ledger().Get<model::Incident>(run.incident));
    if (incident.change != change.id || change.status != model::ChangeState::kPromoted) continue;
    AIOP_TRY(const contexts::Motor motor,
             contexts::MotorAtCommit(home, run.plant, run.motor_commit));
    AIOP_TRY(const auto checkpoints, engine.CheckpointsOf(id));
    const bool can_step_back = !checkpoints.empty() && run.resumed <= policy.GiveUpAfter();
    if (can_step_back) {
      AIOP_TRY(
          [[maybe_unused]] const auto ready,
          engine.PrepareResume(
              id, run.app_ctx, motor,
              {.cause = "the same failure came back: one checkpoint further back, before the fix "
                        "is called useless",
               .steps_back = 1}));
      continue;
    }
    // This app needs something else: it is examined on its own.
    AIOP_TRY([[maybe_unused]] const auto split,
             arbiter.SplitOff(run.incident, {id}, "change " + change.id + " did not heal it"));
  }
  return {};
}

// Whether a run was resumed without a patch, as often as the policy allows, and failed each time
// since the decision.
Result<bool> Supervisor::Impl::KeepsFailing(const model::Incident& incident,
                                            const model::Run& run) {
  AIOP_TRY(const auto decision, home.ledger().Get<model::DecisionRecord>(incident.decision));
  if (decision.category != model::Category::kTransient) return false;
  AIOP_TRY(const auto occurrences, home.ledger().ListBy<model::Occurrence>(
                                       store::Kind<model::Occurrence>::Field::kRun, run.id));
  const auto failures = std::ranges::count_if(occurrences, [&](const model::Occurrence& each) {
    return each.incident == incident.id && each.app_ctx == run.app_ctx &&
           each.motor_ctx == run.motor_ctx;
  });
  return failures > policy.GiveUpAfter() && !occurrences.empty() &&
         occurrences.back().at > decision.created;
}

// Whether a ruling on the run's app was made about other versions than it failed on since.
Result<bool> Supervisor::Impl::IsOutdated(const model::DecisionRecord& decision,
                                          const model::Run& run) {
  if (decision.classification == model::Classification::kMotor ||
      decision.category == model::Category::kTransient) {
    return false;
  }
  AIOP_TRY(const auto occurrences, home.ledger().ListBy<model::Occurrence>(
                                       store::Kind<model::Occurrence>::Field::kRun, run.id));
  const auto since = std::ranges::find_if(
      occurrences, [&](const model::Occurrence& each) { return each.at > decision.created; });
  if (since == occurrences.begin() || since == occurrences.end()) return false;
  const model::Occurrence& then = *std::prev(since);
  return then.app_ctx != run.app_ctx || then.motor_ctx != run.motor_ctx;
}

// Whether the decision of a run was made about this incident, or about one that was merged into it.
Result<bool> Supervisor::Impl::IsAbout(const model::Run& run, const model::Incident& incident) {
  if (run.decision.empty()) return false;
  AIOP_TRY(const auto record, home.ledger().Get<model::DecisionRecord>(run.decision));
  AIOP_TRY(const bool outdated, IsOutdated(record, run));
  if (outdated || run.decision == incident.decision) return !outdated;
  AIOP_TRY(const auto current, engine.CurrentIncident(record.incident_id));
  return record.incident_id != incident.id && current.id == incident.id;
}

Status Supervisor::Impl::DecideAll(const std::vector<std::string>& runs) {
  std::vector<std::string> incidents;
  std::map<std::string, std::vector<std::string>> keep_failing;  // by incident
  for (const std::string& id : runs) {
    AIOP_TRY(const model::Run run, Get(id));
    if (!Waits(run, PausedBecause::kEvidence) || run.incident.empty()) continue;
    AIOP_TRY(model::Incident incident, home.ledger().Get<model::Incident>(run.incident));
    const bool decided =
        incident.state == model::IncidentState::kDecided && !incident.decision.empty();
    AIOP_TRY(const bool about_it, IsAbout(run, incident));
    if (decided && about_it) {
      AIOP_TRY(const bool again, KeepsFailing(incident, run));
      if (again) keep_failing[incident.id].push_back(id);
      continue;
    }
    if (decided) {
      AIOP_TRY(const auto decision, home.ledger().Get<model::DecisionRecord>(incident.decision));
      AIOP_TRY(const bool covered, arbiter.Covers(decision, run));
      if (covered) {
        AIOP_TRY(model::Run inherits, Get(id));
        inherits.decision = decision.decision_id;
        AIOP_CHECK_OK(home.ledger().Put(inherits));
        continue;
      }
      AIOP_TRY(const bool outdated, IsOutdated(decision, run));
      AIOP_TRY(
          incident,
          arbiter.SplitOff(incident.id, {id},
                           "decision " + decision.decision_id + " was about other apps or versions",
                           outdated ? std::optional(decision.created) : std::nullopt));
    }
    if (std::find(incidents.begin(), incidents.end(), incident.id) == incidents.end())
      incidents.push_back(incident.id);
  }
  for (const auto& [id, members] : keep_failing) {
    AIOP_TRY(const auto split,
             arbiter.SplitOff(id, members, "it was called transient, and failed each time"));
    incidents.push_back(split.id);
  }
  std::vector<std::string> decided_now;
  while (!incidents.empty()) {
    decided_now.insert(decided_now.end(), incidents.begin(), incidents.end());
    // One after the other: what was decided and tried for one is evidence for the next, and the
    // same failures have to lead to the same decisions, however many runs go on at a time.
    for (const std::string& id : incidents) {
      const auto decision = arbiter.Arbitrate(id);
      if (!decision && decision.error().code != Code::kCancelled &&
          decision.error().code != Code::kNotFound) {
        return std::unexpected(decision.error());
      }
      if (engine.stopping()) return {};
    }
    // Deciding may have split incidents: the new ones are decided too.
    incidents.clear();
    for (const std::string& id : runs) {
      AIOP_TRY(const model::Run run, Get(id));
      if (!Waits(run, PausedBecause::kEvidence) || !run.decision.empty() || run.incident.empty())
        continue;
      AIOP_TRY(const auto incident, home.ledger().Get<model::Incident>(run.incident));
      const bool open = incident.state == model::IncidentState::kOpen;
      if (open && std::find(incidents.begin(), incidents.end(), incident.id) == incidents.end()) {
        incidents.push_back(incident.id);
      }
    }
  }
  return arbiter.JoinAlike(decided_now);
}

}  // namespace aiop::supervision
