// SPDX-License-Identifier: Apache-2.0
// What the ledger tells about a change under after-care.
#include "control/followup/watch.h"

#include <algorithm>

namespace aiop::followup {

using model::PausedBecause;
using model::RunState;

Result<FollowUp::Watch> FollowUp::Look(const model::Change& change) {
  auto& ledger = engine_.home().ledger();
  Watch watch;
  watch.change = change;
  AIOP_TRY(watch.incident, engine_.CurrentIncident(change.incident));
  AIOP_TRY(const auto all, ledger.ListBy<model::Incident>(
                               store::Kind<model::Incident>::Field::kPlant, change.plant));
  for (const auto& each : all) {
    AIOP_TRY(const auto current, engine_.CurrentIncident(each.id));
    if (current.id != watch.incident.id) continue;
    watch.incidents.insert(each.id);
    watch.prints.insert(each.fingerprint);
  }
  AIOP_TRY(const auto occurrences, engine_.OccurrencesAt(watch.incident));
  AIOP_TRY(auto repository, contexts::OpenRepository(engine_.home(), change.plant));
  std::map<std::string, bool> holds_fix;  // by version
  for (const auto& each : occurrences) {
    const std::string& version = each.motor_ctx.version;
    if (!holds_fix.contains(version)) {
      AIOP_TRY(const auto record,
               engine_.home().motors().Find<model::MotorVersion>(change.plant + "/" + version));
      bool holds = false;
      if (record) {
        AIOP_TRY(holds, repository.IsAncestor(change.candidate, record->commit));
      }
      holds_fix[version] = holds;
    }
    if (holds_fix[version]) continue;
    watch.points.insert(each.after_checkpoint);
    watch.affected.emplace(each.app, each.profile);
  }
  return watch;
}

Result<std::vector<FollowUp::Watch>> FollowUp::Watches(const std::string& plant) {
  std::vector<Watch> watches;
  AIOP_TRY(const auto changes, engine_.home().ledger().ListBy<model::Change>(
                                   store::Kind<model::Change>::Field::kPlant, plant));
  for (const auto& change : changes) {
    const bool open =
        change.after_care && change.after_care->state == model::AfterCareState::kWatching;
    const bool was_active = change.status == model::ChangeState::kPromoted ||
                            change.status == model::ChangeState::kRolledBack;
    if (!open || !was_active) continue;
    AIOP_TRY(auto watch, Look(change));
    watches.push_back(std::move(watch));
  }
  return watches;
}

// Whether a run is stopped by the failure on the version that it has now, and not because of the
// app.
Result<bool> FollowUp::StandsAtIt(const Watch& watch, const model::Run& run) {
  const bool stands =
      run.state == RunState::kPaused && (run.paused_because == PausedBecause::kEvidence ||
                                         run.paused_because == PausedBecause::kFix ||
                                         run.paused_because == PausedBecause::kApproval ||
                                         run.paused_because == PausedBecause::kBreaker);
  if (!stands || run.decision.empty()) return false;
  auto& ledger = engine_.home().ledger();
  AIOP_TRY(const auto decision, ledger.Get<model::DecisionRecord>(run.decision));
  if (decision.classification == model::Classification::kApp) return false;
  AIOP_TRY(const auto occurrences,
           ledger.ListBy<model::Occurrence>(store::Kind<model::Occurrence>::Field::kRun, run.id));
  if (occurrences.empty() || occurrences.back().Waits()) return false;
  const model::Occurrence& last = occurrences.back();
  if (last.motor_ctx != run.motor_ctx) return false;
  if (watch.incidents.contains(last.incident)) return true;
  AIOP_TRY(const auto incident, ledger.Find<model::Incident>(last.incident));
  return incident && watch.prints.contains(incident->fingerprint);
}

// Whether a run went through, or failed at something else further on.
Result<bool> FollowUp::IsPast(const Watch& watch, const model::Run& run) {
  if (run.state == RunState::kSuccess) return true;
  if (run.incident.empty()) return false;
  AIOP_TRY(const auto incident, engine_.CurrentIncident(run.incident));
  if (watch.prints.contains(incident.fingerprint)) return false;
  AIOP_TRY(const auto checkpoints, engine_.CheckpointsOf(run.id));
  std::vector<std::string> names;
  for (const auto& each : checkpoints) names.push_back(each.name);
  return aftercare::GotPast(names, watch.points);
}

Result<std::vector<aftercare::Seen>> FollowUp::RunsOf(const Watch& watch) {
  AIOP_TRY(auto repository, contexts::OpenRepository(engine_.home(), watch.change.plant));
  AIOP_TRY(const auto runs, engine_.home().ledger().ListBy<model::Run>(
                                store::Kind<model::Run>::Field::kPlant, watch.change.plant));
  std::map<std::string, bool> holds_fix;  // by commit
  std::vector<aftercare::Seen> seen;
  for (const model::Run& run : runs) {
    if (run.shadow || run.motor_commit.empty()) continue;
    if (!holds_fix.contains(run.motor_commit)) {
      AIOP_TRY(holds_fix[run.motor_commit],
               repository.IsAncestor(watch.change.candidate, run.motor_commit));
    }
    if (!holds_fix[run.motor_commit]) continue;
    aftercare::Seen each;
    each.run = run.id;
    each.affected = watch.affected.contains({run.app, run.profile});
    AIOP_TRY(each.returned, StandsAtIt(watch, run));
    if (!each.returned) {
      AIOP_TRY(each.past, IsPast(watch, run));
    }
    seen.push_back(std::move(each));
  }
  return seen;
}

}  // namespace aiop::followup
