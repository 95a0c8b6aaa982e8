// SPDX-License-Identifier: Apache-2.0
// What people say to a change: yes, no, not so, and "now, whatever the gates say".
#include "core/approval/approval.h"

#include <algorithm>

#include "base/fault/fault.h"
#include "base/hash/hash.h"
#include "control/app_repair/app_repair.h"
#include "control/governance/governance.h"

namespace aiop::governance {
namespace {

Result<std::string> TeamOf(contexts::Home& home, const model::Change& change) {
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(home, change.plant));
  return plant.team;
}

std::string Because(const std::string& because) { return because.empty() ? "" : ": " + because; }

}  // namespace

Status Governor::TellLoudly(const model::Change& change, const std::string& text) {
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(engine_.home(), change.plant));
  engine_.Tell({.what = engine::Notice::What::kStep,
                .run = {},
                .name = "change",
                .text = text,
                .event = {}});
  return engine_.TellMotor(change.plant, plant.active, model::SignalType::kValidation,
                           model::Severity::kCritical, {{"details", text}, {"change", change.id}});
}

Status Governor::FreeRuns(const model::Change& change, const std::string& why) {
  if (change.incident.empty()) return {};
  AIOP_TRY(const auto runs, engine_.home().ledger().ListBy<model::Run>(
                                store::Kind<model::Run>::Field::kPlant, change.plant));
  for (const model::Run& run : runs) {
    const bool waits = run.state == model::RunState::kPaused && run.incident == change.incident &&
                       run.paused_because == model::PausedBecause::kApproval;
    if (!waits) continue;
    AIOP_TRY([[maybe_unused]] const auto moved,
             engine_.Move(run.id, lifecycle::RunEvent::kPause, why, model::PausedBecause::kFix));
  }
  return {};
}

Status Governor::CheckUnmoved(model::Change& change) {
  contexts::Home& home = engine_.home();
  AIOP_TRY(auto repository, contexts::OpenRepository(home, change.plant));
  AIOP_TRY(const auto kept, repository.ReadRef("refs/heads/change/" + change.id));
  const bool cut = change.diff.size() >= kDiffLimitBytes;
  if (kept != change.candidate || (!cut && HashBytes(change.diff) != change.diff_hash)) {
    AIOP_TRY([[maybe_unused]] const auto rejected,
             Move(change, model::ChangeState::kRejected,
                  "what would be promoted is not what was gated: the change was altered"));
    AIOP_CHECK_OK(FreeRuns(change, "change " + change.id + " was altered since it was gated"));
    return Forbidden("change " + change.id +
                     " was altered since it was gated: it is rejected, submit it again");
  }
  AIOP_TRY(const std::string moved, MovedOn(change));
  if (moved.empty()) return {};
  change.approvals.clear();
  const std::string why = moved + " moved on since it was gated";
  AIOP_TRY([[maybe_unused]] const auto superseded,
           Move(change, model::ChangeState::kSuperseded, why));
  AIOP_CHECK_OK(FreeRuns(change, why));
  constexpr std::string_view kBranch = "branch ";
  const std::string remedy = moved.starts_with(kBranch)
                                 ? "aiop change submit --plant " + change.plant + " --branch " +
                                       moved.substr(kBranch.size())
                                 : "aiop run --plant " + change.plant;
  return Forbidden(moved + " moved on since change " + change.id +
                   " was gated, so approvals of it are void. Remedy: " + remedy);
}

Result<model::Change> Governor::Rebase(model::Change change) {
  contexts::Home& home = engine_.home();
  AIOP_TRY(const contexts::Motor base, contexts::ActiveMotor(home, change.plant));
  AIOP_TRY(auto repository, contexts::OpenRepository(home, change.plant));
  const auto superseded = [&](const std::string& why) -> Result<model::Change> {
    change.approvals.clear();
    const std::string text = "the motor moved on to " + base.version.reference.version + ": " + why;
    AIOP_CHECK_OK(FreeRuns(change, "change " + change.id + ": " + text));
    return Move(change, model::ChangeState::kSuperseded, text);
  };
  auto tree = MergeOnto(repository, base.version.commit, change.candidate);
  if (!tree) return superseded(tree.error().message);
  Candidate candidate;
  candidate.source = change.source;
  candidate.origin = change.origin;
  candidate.title = change.title;
  candidate.tree = *tree;
  // The same change on another base: its history stays, its approvals do not.
  change.restore_point.clear();
  change.approvals.clear();
  change.approval_wait.reset();
  auto drafted =
      Draft(base, candidate, change.incident, change.decision, change.submitted_by, &change);
  if (!drafted) {
    if (drafted.error().code != Code::kInvalid) return std::unexpected(drafted.error());
    return superseded(drafted.error().message);
  }
  fault::Point("governance.rebased");
  AIOP_TRY(auto gated, Gate(*std::move(drafted)));
  if (gated.status == model::ChangeState::kRejected) {
    AIOP_CHECK_OK(FreeRuns(gated, "change " + gated.id + " was rejected: " + gated.reason));
  }
  return gated;
}

Result<model::Change> Governor::ContinueWaiting(model::Change change) {
  if (approval::HasExpired(change, Now())) {
    const std::string why = "nobody approved it in time";
    AIOP_TRY(change, Move(std::move(change), model::ChangeState::kRejected, why));
    AIOP_CHECK_OK(FreeRuns(change, "change " + change.id + " was not approved in time"));
    return change;
  }
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(engine_.home(), change.plant));
  if (plant.active_commit != change.base_commit && change.push_backs.empty()) {
    return Rebase(std::move(change));
  }
  // Killed between the last approval and the promotion.
  if (!change.approvals.empty() && approval::Missing(change) == 0 && change.push_backs.empty()) {
    return Release(std::move(change));
  }
  return change;
}

Result<model::Change> Governor::Approve(const std::string& id, const approval::Actor& actor,
                                        approval::Word word) {
  const std::lock_guard lock(motors_);
  AIOP_TRY(model::Change change, engine_.home().ledger().Get<model::Change>(id));
  // Said twice, for instance because the first time was interrupted after it took effect.
  if (change.status == model::ChangeState::kPromoted && !change.approvals.empty()) return change;
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(engine_.home(), change.plant));
  AIOP_CHECK_OK(
      approval::MayAct(actor, policy_.Governing().approves, plant.team, "approve changes"));
  if (change.status == model::ChangeState::kAwaitingApproval && change.push_backs.empty() &&
      change.side == model::Scope::kMotor) {
    if (plant.active_commit == change.candidate) return Promote(std::move(change));
    if (approval::HasExpired(change, Now())) {
      AIOP_TRY([[maybe_unused]] const auto over, ContinueWaiting(change));
      return Forbidden("the time to approve change " + id + " was over at " +
                       FormatTimestamp(*change.approval_wait->expires) + ": submit it again");
    }
    AIOP_CHECK_OK(CheckUnmoved(change));
    if (plant.active_commit != change.base_commit) {
      AIOP_TRY(const auto again, Rebase(std::move(change)));
      return Forbidden(
          "the motor moved on to " + plant.active.version + " since change " + id +
          " was gated, so approvals of it are void. It was rebased and gated again: it "
          "is " +
          std::string(describe::Name(again.status)) + " now" +
          (again.status == model::ChangeState::kAwaitingApproval
               ? "; look at it and approve it again"
               : ""));
    }
  }
  word.diff_hash = change.diff_hash;
  word.base_commit = change.side == model::Scope::kMotor ? plant.active_commit : change.base_commit;
  word.now = Now();
  AIOP_CHECK_OK(
      approval::MayApprove(change, actor, word, policy_.Governing().approves, plant.team));
  change.approvals.push_back({.by = actor.name,
                              .role = std::string(describe::Name(actor.role)),
                              .diff_hash = change.diff_hash,
                              .base_commit = change.base_commit,
                              .form = word.form,
                              .at = word.now});
  const int64_t missing = approval::Missing(change);
  if (missing > 0) {
    change.reason = "approved by " + actor.name + "; " + std::to_string(missing) + " more needed";
  }
  change.updated = Now();
  AIOP_CHECK_OK(engine_.home().ledger().Put(change));
  if (change.side == model::Scope::kApp) {
    fault::Point("governance.app_approval");
    return missing > 0 ? change : app_repair::Apply(engine_, std::move(change));
  }
  fault::Point("governance.approved");
  if (missing > 0) return change;
  return Release(std::move(change));
}

Result<model::Change> Governor::Reject(const std::string& id, const approval::Actor& actor,
                                       const std::string& because) {
  const std::lock_guard lock(motors_);
  AIOP_TRY(model::Change change, engine_.home().ledger().Get<model::Change>(id));
  AIOP_TRY(const std::string team, TeamOf(engine_.home(), change));
  AIOP_CHECK_OK(approval::MayAct(actor, policy_.Governing().approves, team, "reject changes"));
  const std::string why = "rejected by " + actor.name + Because(because);
  if (change.side == model::Scope::kApp) {
    return app_repair::Refuse(engine_, std::move(change), why);
  }
  AIOP_TRY(change, Move(std::move(change), model::ChangeState::kRejected, why));
  AIOP_CHECK_OK(FreeRuns(
      change, "change " + change.id + " was rejected by " + actor.name + Because(because)));
  return change;
}

Result<model::Change> Governor::PushBack(const std::string& id, const approval::Actor& actor,
                                         const std::string& comment) {
  const std::lock_guard lock(motors_);
  AIOP_TRY(model::Change change, engine_.home().ledger().Get<model::Change>(id));
  AIOP_TRY(const std::string team, TeamOf(engine_.home(), change));
  AIOP_CHECK_OK(approval::MayAct(actor, policy_.Governing().approves, team, "push changes back"));
  if (comment.empty()) return Invalid("say what has to be different: --because TEXT");
  if (change.status != model::ChangeState::kAwaitingApproval) {
    return Forbidden("change " + id + " is " + std::string(describe::Name(change.status)) +
                     ", not awaiting approval");
  }
  change.approvals.clear();
  change.push_backs.push_back({.by = actor.name, .comment = comment, .at = Now()});
  return Move(std::move(change), model::ChangeState::kAwaitingApproval,
              "pushed back by " + actor.name + ": " + comment);
}

Result<model::Change> Governor::BreakTheGlass(const std::string& id, const approval::Actor& actor,
                                              const std::string& because) {
  const std::lock_guard lock(motors_);
  AIOP_TRY(model::Change change, engine_.home().ledger().Get<model::Change>(id));
  if (change.break_glass && change.status == model::ChangeState::kPromoted) return change;
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(engine_.home(), change.plant));
  AIOP_CHECK_OK(approval::MayAct(actor, model::Role::kAdmin, plant.team, "break the glass"));
  if (because.empty()) return Invalid("breaking the glass needs a reason: --because TEXT");
  const bool possible = change.side == model::Scope::kMotor &&
                        (change.status == model::ChangeState::kAwaitingApproval ||
                         change.status == model::ChangeState::kRejected ||
                         change.status == model::ChangeState::kGating);
  if (!possible) {
    return Forbidden("change " + id + " is " + std::string(describe::Name(change.status)) +
                     ": only a motor's change that its gates or a missing approval hold up can be "
                     "let through");
  }
  if (plant.active_commit != change.base_commit && plant.active_commit != change.candidate) {
    return Forbidden("the motor moved on to " + plant.active.version + " since change " + id +
                     " was made: submit it again");
  }
  const Timestamp now = Now();
  change.break_glass =
      model::BreakGlass{.by = actor.name,
                        .because = because,
                        .at = now,
                        .until = now + Milliseconds{policy_.Governing().break_glass_ms},
                        .reviewed_by = {},
                        .review = {},
                        .reviewed_at = {}};
  AIOP_CHECK_OK(engine_.home().ledger().Put(change));
  AIOP_CHECK_OK(TellLoudly(change, actor.name + " let change " + id + " (" + change.title +
                                       ") through past its gates: " + because));
  fault::Point("governance.glass_broken");
  return Promote(std::move(change));
}

Result<model::Change> Governor::Review(const std::string& id, const approval::Actor& actor,
                                       const std::string& because, bool roll_back) {
  const std::lock_guard lock(motors_);
  AIOP_TRY(model::Change change, engine_.home().ledger().Get<model::Change>(id));
  AIOP_TRY(const std::string team, TeamOf(engine_.home(), change));
  AIOP_CHECK_OK(approval::MayAct(actor, policy_.Governing().approves, team, "review changes"));
  if (!change.break_glass) return Invalid("change " + id + " was not let through past its gates");
  if (because.empty()) return Invalid("say what you found: --because TEXT");
  if (change.break_glass->by == actor.name) {
    return Forbidden("somebody else has to review what " + actor.name +
                     " let through (aiop token add NAME --role approver)");
  }
  if (!change.break_glass->reviewed_by.empty()) {
    return Forbidden(change.break_glass->reviewed_by + " has reviewed it already");
  }
  // Before it counts as reviewed: killed in between, it is still to be done.
  if (roll_back) {
    AIOP_CHECK_OK(RollBackUseless(id, "reviewed by " + actor.name + ": " + because));
    AIOP_TRY(change, engine_.home().ledger().Get<model::Change>(id));
    fault::Point("governance.review_rolled_back");
  }
  change.break_glass->reviewed_by = actor.name;
  change.break_glass->review = because;
  change.break_glass->reviewed_at = Now();
  change.updated = Now();
  AIOP_CHECK_OK(engine_.home().ledger().Put(change));
  return change;
}

Result<model::Change> Governor::Supersede(const std::string& id, const model::Change& by) {
  const std::lock_guard lock(motors_);
  AIOP_TRY(model::Change change, engine_.home().ledger().Get<model::Change>(id));
  if (change.plant != by.plant || change.side != by.side) {
    return Invalid("change " + id + " is of another plant: it cannot be answered by this one");
  }
  if (by.status != model::ChangeState::kPromoted) {
    AIOP_CHECK_OK(FreeRuns(change, "change " + change.id + " was answered by change " + by.id));
  }
  return Move(std::move(change), model::ChangeState::kSuperseded, "answered by change " + by.id);
}

Status Governor::RollBackUnreviewed(const std::string& plant) {
  const std::lock_guard lock(motors_);
  AIOP_TRY(const auto changes, engine_.home().ledger().ListBy<model::Change>(
                                   store::Kind<model::Change>::Field::kPlant, plant));
  for (const model::Change& change : changes) {
    const bool over = change.break_glass && change.break_glass->reviewed_by.empty() &&
                      change.status == model::ChangeState::kPromoted &&
                      Now() > change.break_glass->until;
    if (!over) continue;
    const std::string why =
        "nobody reviewed in time what " + change.break_glass->by + " let through past its gates";
    AIOP_CHECK_OK(TellLoudly(change, "change " + change.id + ": " + why));
    AIOP_CHECK_OK(RollBackUseless(change.id, why));
  }
  return {};
}

}  // namespace aiop::governance
