// SPDX-License-Identifier: Apache-2.0
// What becomes of a change of an app once somebody has decided about it.
#include <algorithm>
#include <set>

#include "base/fault/fault.h"
#include "control/app_repair/candidate.h"
#include "control/app_repair/changes.h"

namespace aiop::app_repair {
namespace {

using model::ChangeState;

bool IsOpen(const model::Change& change) {
  return change.status == ChangeState::kDrafted || change.status == ChangeState::kGating ||
         change.status == ChangeState::kAwaitingApproval;
}

bool IsApproved(const model::Change& change) {
  std::set<std::string> people;
  for (const model::Approval& each : change.approvals) {
    if (each.diff_hash == change.diff_hash) people.insert(each.by);
  }
  const int64_t quorum = change.approval_wait ? change.approval_wait->quorum : 1;
  return std::cmp_greater_equal(people.size(), quorum);
}

// Whether the app's current version is the one this change makes.
Result<bool> IsMade(contexts::Home& home, const model::Change& change) {
  AIOP_TRY(const auto current, contexts::CurrentVersion(home, change.app));
  return current.root == change.candidate && current.reference.version == change.version;
}

Result<model::Change> Supersede(engine::Engine& engine, model::Change change,
                                const std::string& version) {
  return MoveChange(engine, std::move(change), ChangeState::kSuperseded,
                    "the app has a new version, " + version);
}

Status NoteInDecision(contexts::Home& home, const model::Change& change) {
  if (change.decision.empty()) return {};
  AIOP_TRY(auto decision, home.ledger().Get<model::DecisionRecord>(change.decision));
  for (auto& step : decision.action_plan) {
    if (step.step == "apply_patch" && step.target == "app") step.patch_ref = change.id;
  }
  return home.ledger().Put(decision);
}

}  // namespace

Result<model::Change> MoveChange(engine::Engine& engine, model::Change change, ChangeState to,
                                 const std::string& reason) {
  if (change.status != to && !lifecycle::MayMove(change.status, to)) {
    return Forbidden("a change that is " + std::string(describe::Name(change.status)) +
                     " cannot become " + std::string(describe::Name(to)));
  }
  change.status = to;
  change.reason = reason;
  change.updated = Now();
  AIOP_CHECK_OK(engine.home().ledger().Put(change));
  fault::Point("app_repair.change");
  engine.Tell({.what = engine::Notice::What::kStep,
               .run = {},
               .name = "change",
               .text = "change " + change.id.substr(0, 13) + " of app " + change.app + " (" +
                       change.title + "): " + std::string(describe::Name(to)) +
                       (reason.empty() ? "" : ", " + reason),
               .event = {}});
  return change;
}

Result<std::vector<model::Change>> ChangesOf(contexts::Home& home, const std::string& app) {
  AIOP_TRY(const model::App record, home.apps().Get<model::App>(app));
  AIOP_TRY(auto changes, home.ledger().ListBy<model::Change>(
                             store::Kind<model::Change>::Field::kPlant, record.plant));
  std::erase_if(changes, [&](const model::Change& each) {
    return each.side != model::Scope::kApp || each.app != app;
  });
  return changes;
}

// The app's version first, then the change: killed between the two, the version is found made.
Result<model::Change> Apply(engine::Engine& engine, model::Change change) {
  contexts::Home& home = engine.home();
  if (change.status == ChangeState::kPromoted) return change;
  AIOP_TRY(const bool made, IsMade(home, change));
  if (!made) {
    AIOP_TRY(const auto current, contexts::CurrentVersion(home, change.app));
    if (current.reference.version != change.base_version) {
      AIOP_TRY([[maybe_unused]] const auto superseded,
               Supersede(engine, change, current.reference.version));
      return Forbidden("app '" + change.app + "' moved on to " + current.reference.version +
                       " since this change was checked: it is superseded");
    }
    const Scratch scratch(home);
    AIOP_CHECK_OK(file::MakeFolders(scratch.path().parent_path()));
    AIOP_CHECK_OK(snapshot::Restore(home.blobs(), change.candidate, scratch.path()));
    const auto spec =
        change.candidate_entry.empty() ? scratch.path() : scratch.path() / change.candidate_entry;
    AIOP_TRY([[maybe_unused]] const auto version,
             contexts::UpdateApp(home, change.app, {spec}, "operator", "change " + change.id));
    fault::Point("app_repair.version");
  }
  AIOP_CHECK_OK(NoteInDecision(home, change));
  return MoveChange(engine, std::move(change), ChangeState::kPromoted, "");
}

Result<model::Change> Refuse(engine::Engine& engine, model::Change change,
                             const std::string& because) {
  AIOP_TRY(change, MoveChange(engine, std::move(change), ChangeState::kRejected, because));
  AIOP_TRY(const auto runs, engine.home().ledger().ListBy<model::Run>(
                                store::Kind<model::Run>::Field::kApp, change.app));
  for (const model::Run& run : runs) {
    const bool waits = run.state == model::RunState::kPaused &&
                       run.paused_because == model::PausedBecause::kApproval &&
                       run.decision == change.decision;
    if (!waits) continue;
    AIOP_TRY([[maybe_unused]] const auto moved,
             engine.Move(run.id, lifecycle::RunEvent::kPause,
                         "change " + change.id + " was refused: the app has to change otherwise",
                         model::PausedBecause::kFix));
  }
  return change;
}

Status SupersedeOpen(engine::Engine& engine, const std::string& app) {
  contexts::Home& home = engine.home();
  AIOP_TRY(const auto current, contexts::CurrentVersion(home, app));
  AIOP_TRY(const auto changes, ChangesOf(home, app));
  for (const model::Change& change : changes) {
    if (!IsOpen(change) || change.base_version == current.reference.version) continue;
    AIOP_TRY(const bool made, IsMade(home, change));
    if (made) continue;
    AIOP_TRY([[maybe_unused]] const auto moved,
             Supersede(engine, change, current.reference.version));
  }
  return {};
}

Status ContinueAll(engine::Engine& engine, const std::string& plant) {
  contexts::Home& home = engine.home();
  AIOP_TRY(const auto changes,
           home.ledger().ListBy<model::Change>(store::Kind<model::Change>::Field::kPlant, plant));
  for (const model::Change& change : changes) {
    if (change.side != model::Scope::kApp || !IsOpen(change)) continue;
    AIOP_TRY(const bool made, IsMade(home, change));
    const bool approved = change.status == ChangeState::kAwaitingApproval && IsApproved(change);
    if (made || approved) {
      const auto applied = Apply(engine, change);
      // Behind: it is superseded by now.
      if (!applied && applied.error().code != Code::kForbidden) {
        return std::unexpected(applied.error());
      }
    } else {
      AIOP_CHECK_OK(SupersedeOpen(engine, change.app));
    }
  }
  return {};
}

}  // namespace aiop::app_repair
