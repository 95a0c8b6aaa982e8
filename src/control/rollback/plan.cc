// SPDX-License-Identifier: Apache-2.0
// What a rollback would do.
#include <algorithm>

#include "base/fault/fault.h"
#include "control/rollback/returning.h"

namespace aiop::rollback {
namespace {

using VersionKey = store::Kind<model::MotorVersion>::Field;
using RunKey = store::Kind<model::Run>::Field;

// The version that the active one was made from.
Result<std::string> VersionBefore(const model::Plant& plant,
                                  const std::vector<model::MotorVersion>& known) {
  const auto active = std::ranges::find(known, plant.active_commit, &model::MotorVersion::commit);
  if (active != known.end() && !active->parent.empty()) {
    const auto parent = std::ranges::find(known, active->parent, &model::MotorVersion::commit);
    if (parent != known.end()) return parent->reference.version;
  }
  return NotFound("motor version " + plant.active.version + " of plant '" + plant.name +
                  "' was not promoted by aiop: name the version to go back to with --to");
}

Result<model::MotorVersion> Target(const model::Plant& plant,
                                   const std::vector<model::MotorVersion>& known,
                                   const std::string& to) {
  const auto found = std::ranges::find_if(
      known, [&](const model::MotorVersion& each) { return each.reference.version == to; });
  if (found == known.end()) {
    return NotFound("plant '" + plant.name + "' has no motor version '" + to +
                    "': see 'aiop motor versions " + plant.name + "'");
  }
  if (found->commit == plant.active_commit) {
    return Invalid("version " + to + " is the active one already");
  }
  if (found->status == model::VersionStatus::kOutside ||
      found->status == model::VersionStatus::kCandidate) {
    return Forbidden("version " + to +
                     " was never promoted: a rollback goes to versions that "
                     "passed their gates. Submit it: aiop change submit --plant " +
                     plant.name + " --branch B");
  }
  return *found;
}

std::string WhyNoReturn(const Plan& plan) {
  if (plan.left.empty()) return "the move is forward: runs stay where they are";
  const std::string& version = plan.to.reference.version;
  if (!plan.point) return "there is no restore point of version " + version;
  if (plan.point->dropped) {
    return "the restore point of version " + version + " was dropped by retention on " +
           FormatTimestamp(*plan.point->dropped).substr(0, 10);
  }
  if (fault::GuardIsOff("runs-returned")) return "switched off";
  return "";
}

// Versions that came with the motor do not say what they were made from; their commits do.
Status AskTheRepository(const motors::Repository& repository, Plan& plan) {
  const std::string& from = plan.plant.active_commit;
  AIOP_TRY(const bool forward, repository.IsAncestor(from, plan.to.commit));
  if (forward) plan.left.clear();
  AIOP_TRY(const bool back, repository.IsAncestor(plan.to.commit, from));
  if (back) plan.entered.clear();
  return {};
}

Status FindRuns(contexts::Home& home, Plan& plan) {
  AIOP_TRY(const auto runs, home.ledger().ListBy<model::Run>(RunKey::kPlant, plan.plant.name));
  const auto is_left = [&](const model::Run& run) {
    return std::ranges::find(plan.left, run.motor_commit, &model::MotorVersion::commit) !=
           plan.left.end();
  };
  for (const model::Run& run : runs) {
    if (run.Ended()) continue;
    plan.open_runs[run.id] = run.checkpoint;
    if (!is_left(run)) continue;
    const std::string on = run.motor_ctx.version;
    StayingRun stays{.run = run.id, .app = run.app, .why = plan.no_return};
    if (stays.why.empty() && !plan.point->run_checkpoints.contains(run.id))
      stays.why = "it was not there yet when version " + plan.to.reference.version + " was left";
    if (stays.why.empty() && run.pinned_motor) stays.why = "version " + on + " was named by hand";
    if (stays.why.empty() && run.state == model::RunState::kIdle) stays.why = "it never ran";
    if (stays.why.empty()) {
      AIOP_TRY(const auto standing, StandingOf(home, run, *plan.point));
      if (standing) {
        plan.returned.push_back({.run = run.id,
                                 .app = run.app,
                                 .profile = run.profile,
                                 .from_version = on,
                                 .checkpoint = standing->checkpoint,
                                 .given_up = standing->given_up});
        continue;
      }
      stays.why = "its checkpoint '" + plan.point->run_checkpoints.at(run.id) + "' is gone";
    }
    plan.staying.push_back(std::move(stays));
  }
  return {};
}

}  // namespace

Result<std::vector<model::Change>> ChangesOf(contexts::Home& home,
                                             const std::vector<model::MotorVersion>& versions) {
  std::vector<model::Change> changes;
  for (const auto& version : versions) {
    if (version.change.empty()) continue;
    AIOP_TRY(const auto change, home.ledger().Find<model::Change>(version.change));
    if (change && change->status == model::ChangeState::kPromoted) changes.push_back(*change);
  }
  return changes;
}

Result<Plan> PlanFor(contexts::Home& home, const std::string& name, const std::string& to) {
  Plan plan;
  AIOP_TRY(plan.plant, contexts::GetPlant(home, name));
  AIOP_TRY(const auto known, home.motors().ListBy<model::MotorVersion>(VersionKey::kPlant, name));
  std::string target = to;
  if (target.empty()) {
    AIOP_TRY(target, VersionBefore(plan.plant, known));
  }
  AIOP_TRY(plan.to, Target(plan.plant, known, target));
  plan.left = VersionsLeft(known, plan.plant.active_commit, plan.to.commit);
  plan.entered = VersionsLeft(known, plan.to.commit, plan.plant.active_commit);
  AIOP_TRY(const auto repository, contexts::OpenRepository(home, name));
  AIOP_CHECK_OK(AskTheRepository(repository, plan));
  AIOP_TRY(plan.changed_paths, repository.ChangedPaths(plan.plant.active_commit, plan.to.commit));
  AIOP_TRY(plan.changes, ChangesOf(home, plan.left));
  AIOP_TRY(const auto points, home.motors().ListBy<model::RestorePoint>(
                                  store::Kind<model::RestorePoint>::Field::kPlant, name));
  plan.point = PointOf(points, plan.to);
  plan.no_return = WhyNoReturn(plan);
  AIOP_CHECK_OK(FindRuns(home, plan));
  return plan;
}

json::Object ToJson(const Plan& plan) {
  json::Array returned;
  for (const auto& each : plan.returned) {
    returned.push_back(json::Object{{"run", each.run},
                                    {"app", each.app},
                                    {"profile", each.profile},
                                    {"from_version", each.from_version},
                                    {"checkpoint", each.checkpoint},
                                    {"checkpoints_given_up", each.given_up}});
  }
  json::Array staying;
  for (const auto& each : plan.staying) {
    staying.push_back(json::Object{{"run", each.run}, {"app", each.app}, {"because", each.why}});
  }
  json::Array changes;
  for (const auto& each : plan.changes) {
    changes.push_back(json::Object{{"id", each.id}, {"title", each.title}});
  }
  return {{"plant", plan.plant.name},
          {"from", plan.plant.active.Text()},
          {"to", plan.to.reference.Text()},
          {"changed_paths", describe::Encode(plan.changed_paths)},
          {"changes", std::move(changes)},
          {"restore_point", plan.point ? json::Value(plan.point->id) : json::Value(nullptr)},
          {"not_returned_because", plan.no_return},
          {"returned", std::move(returned)},
          {"staying", std::move(staying)}};
}

}  // namespace aiop::rollback
