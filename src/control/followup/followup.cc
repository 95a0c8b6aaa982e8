// SPDX-License-Identifier: Apache-2.0
#include "control/followup/followup.h"

#include <algorithm>

#include "base/fault/fault.h"
#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "control/followup/watch.h"

namespace aiop::followup {
namespace {

using model::AfterCareState;
using model::ChangeState;

// The incidents of one failure in one plant, merged ones left out.
Result<std::vector<model::Incident>> AlikeOpen(store::Ledger& ledger,
                                               const model::Incident& incident) {
  AIOP_TRY(auto all, ledger.ListBy<model::Incident>(
                         store::Kind<model::Incident>::Field::kFingerprint, incident.fingerprint));
  std::erase_if(all, [&](const model::Incident& each) {
    return each.plant != incident.plant || !each.merged_into.empty();
  });
  return all;
}

}  // namespace

std::filesystem::path PageFolder(const contexts::Home& home) { return home.folder() / "pages"; }

FollowUp::FollowUp(engine::Engine& engine, governance::Governor& governor,
                   const policy::Policy& policy)
    : engine_(engine), governor_(governor), policy_(policy) {}

Result<std::string> FollowUp::BreakerOf(const model::Incident& incident) {
  AIOP_TRY(const auto alike, AlikeOpen(engine_.home().ledger(), incident));
  for (const auto& each : alike) {
    if (!each.breaker.empty()) return each.breaker;
  }
  return std::string();
}

Status FollowUp::Page(const model::Change& change, const model::Incident& incident,
                      const std::string& kind, const std::string& text) {
  AIOP_TRY(const contexts::Motor motor, contexts::ActiveMotor(engine_.home(), change.plant));
  if (motor.manifest.page.empty()) return {};
  const std::string key = IdFromHash(HashBytes("page " + kind + " after change " + change.id));
  paging::Outbox outbox(PageFolder(engine_.home()));
  return outbox.Put({.key = key,
                     .url = motor.manifest.page,
                     .body = {{"id", key},
                              {"kind", kind},
                              {"severity", "critical"},
                              {"plant", change.plant},
                              {"incident", incident.id},
                              {"fingerprint", incident.fingerprint},
                              {"symptom", incident.title},
                              {"apps", describe::Encode(incident.apps)},
                              {"change", change.id},
                              {"version", change.version},
                              {"details", text},
                              {"at", FormatTimestamp(Now())},
                              {"look_at", "aiop incident show " + incident.id}},
                     .attempts = 0,
                     .last_error = ""});
}

Status FollowUp::DeliverPages() {
  paging::Outbox outbox(PageFolder(engine_.home()));
  AIOP_TRY(const auto pages, outbox.Deliver());
  for (const auto& page : pages) {
    const bool taken = page.last_error.empty();
    const std::string text =
        taken ? "a human was paged: " + std::string(json::TextMember(page.body, "details"))
              : "a page could not be delivered and is tried again at the next command: " +
                    page.last_error;
    const std::string plant(json::TextMember(page.body, "plant"));
    AIOP_TRY(const model::Plant record, contexts::GetPlant(engine_.home(), plant));
    AIOP_CHECK_OK(engine_.TellMotor(plant, record.active, model::SignalType::kValidation,
                                    taken ? model::Severity::kInfo : model::Severity::kWarn,
                                    {{"details", text}, {"page", page.key}}));
    engine_.Tell({.what = engine::Notice::What::kStep,
                  .run = {},
                  .name = "page",
                  .text = text,
                  .event = {}});
  }
  return {};
}

// The version goes back where it is still the active one; all else that a return means is one
// commit. Killed before that commit, the run that stands at the failure brings us here again.
Result<model::Change> FollowUp::Return(const Watch& watch, aftercare::Judgement judged) {
  contexts::Home& home = engine_.home();
  const bool goes_back = policy_.Governing().when_back == policy::WhenBack::kRollBack;
  if (judged.next == aftercare::Next::kGoBack && goes_back) {
    AIOP_CHECK_OK(governor_.RollBackUseless(watch.change.id, judged.care.because));
  }
  fault::Point("followup.went_back");
  AIOP_TRY(model::Change change, home.ledger().Get<model::Change>(watch.change.id));
  const bool left = change.status == ChangeState::kRolledBack;
  if (!left)
    judged.care.because += "; version " + change.version + " stays" +
                           (goes_back ? ", a human has to look" : ": the policy rolls forward");
  change.after_care = judged.care;

  AIOP_TRY(const auto alike, AlikeOpen(home.ledger(), watch.incident));
  int64_t useless = 1;
  for (const auto& each : alike) useless += each.useless_fixes;
  const std::string breaker = aftercare::Breaker(useless, policy_.Governing().breaker_after);
  bool resumed_by_it = true;
  for (const std::string& id : judged.care.returns) {
    AIOP_TRY(const auto run, home.ledger().Get<model::Run>(id));
    resumed_by_it = resumed_by_it && run.healed_by == change.id;
  }
  model::Incident incident = watch.incident;
  store::Ledger::Batch batch;
  for (model::Incident each : alike) {
    if (each.id == watch.incident.id) {
      ++each.useless_fixes;
      if (!resumed_by_it) ++each.reopened;
      if (each.state == model::IncidentState::kResolved) each.state = model::IncidentState::kOpen;
      if (each.change == change.id) each.change.clear();
      incident = each;
    }
    if (!breaker.empty()) each.breaker = breaker;
    batch.Put(each);
  }
  AIOP_TRY(const auto refuted, governor_.Refuted(change, judged.care.because));
  for (const auto& pattern : refuted) batch.Put(pattern);
  if (!breaker.empty()) AIOP_CHECK_OK(Page(change, incident, "breaker", breaker));
  if (breaker.empty() && !left) {
    AIOP_CHECK_OK(Page(change, incident, "returned", judged.care.because));
  }
  batch.Put(change);
  AIOP_CHECK_OK(home.ledger().Commit(std::move(batch)));
  fault::Point("followup.returned");

  AIOP_TRY(const model::Plant plant, contexts::GetPlant(home, change.plant));
  const bool urgent = !breaker.empty() || !left;
  const std::string text = "motor version " + change.version + ": " + judged.care.because +
                           (breaker.empty() ? "" : "; " + breaker);
  AIOP_CHECK_OK(engine_.TellMotor(change.plant, plant.active, model::SignalType::kValidation,
                                  urgent ? model::Severity::kCritical : model::Severity::kError,
                                  {{"details", text},
                                   {"change", change.id},
                                   {"incident", incident.id},
                                   {"breaker", !breaker.empty()}}));
  engine_.Tell({.what = engine::Notice::What::kStep,
                .run = {},
                .name = "after-care",
                .text = text,
                .event = {}});
  return change;
}

Result<std::vector<model::Change>> FollowUp::NoteReturns(const std::string& plant) {
  std::vector<model::Change> returned;
  AIOP_TRY(const auto watches, Watches(plant));
  // The newest first: it stands on the others.
  for (auto watch = watches.rbegin(); watch != watches.rend(); ++watch) {
    AIOP_TRY(const auto seen, RunsOf(*watch));
    auto judged = aftercare::Judge(*watch->change.after_care, seen, Now());
    if (judged.next != aftercare::Next::kGoBack && judged.next != aftercare::Next::kEscalate)
      continue;
    AIOP_TRY(auto change, Return(*watch, std::move(judged)));
    returned.push_back(std::move(change));
  }
  return returned;
}

Status FollowUp::NoteUseless(const std::string& id, const std::string& because) {
  AIOP_TRY(const auto change, engine_.home().ledger().Get<model::Change>(id));
  if (!change.after_care || change.after_care->state != AfterCareState::kWatching) {
    if (policy_.Governing().when_back == policy::WhenBack::kRollForward) return {};
    return governor_.RollBackUseless(id, because);
  }
  AIOP_TRY(const Watch watch, Look(change));
  AIOP_TRY(const auto runs, engine_.home().ledger().ListBy<model::Run>(
                                store::Kind<model::Run>::Field::kPlant, change.plant));
  aftercare::Judgement judged{*change.after_care, aftercare::Next::kGoBack};
  for (const auto& run : runs) {
    if (run.healed_by == id) judged.care.returns.push_back(run.id);
  }
  judged.care.state = AfterCareState::kReturned;
  judged.care.because = because;
  judged.care.ended = Now();
  AIOP_TRY([[maybe_unused]] const auto returned, Return(watch, std::move(judged)));
  return {};
}

Status FollowUp::Confirm(const Watch& watch, const model::AfterCare& care) {
  contexts::Home& home = engine_.home();
  AIOP_CHECK_OK(governor_.MeasureImpact(watch.change.id));
  AIOP_TRY(model::Change change, home.ledger().Get<model::Change>(watch.change.id));
  change.after_care = care;
  AIOP_TRY(const auto pattern, governor_.Confirmed(change));
  store::Ledger::Batch batch;
  batch.Put(change);
  if (pattern) batch.Put(*pattern);
  AIOP_CHECK_OK(home.ledger().Commit(std::move(batch)));
  fault::Point("followup.confirmed");
  std::string text = "motor version " + change.version + " is confirmed: " + care.because;
  if (pattern) {
    text += "; learned as pattern " + pattern->id + " (" +
            std::string(describe::Name(pattern->state)) + ", " + pattern->because + ")";
  }
  engine_.Tell({.what = engine::Notice::What::kStep,
                .run = {},
                .name = "after-care",
                .text = text,
                .event = {}});
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(home, change.plant));
  return engine_.TellMotor(change.plant, plant.active, model::SignalType::kValidation,
                           model::Severity::kInfo, {{"details", text}, {"change", change.id}});
}

Status FollowUp::Settle(const std::string& plant) {
  AIOP_TRY(const auto watches, Watches(plant));
  for (const Watch& watch : watches) {
    AIOP_TRY(const auto seen, RunsOf(watch));
    const Timestamp now = Now();
    auto judged = aftercare::Judge(*watch.change.after_care, seen, now);
    switch (judged.next) {
      case aftercare::Next::kGoBack:
      case aftercare::Next::kEscalate: {
        AIOP_TRY([[maybe_unused]] const auto returned, Return(watch, std::move(judged)));
        continue;
      }
      case aftercare::Next::kConfirm:
        if (watch.change.status == ChangeState::kPromoted) {
          AIOP_CHECK_OK(Confirm(watch, judged.care));
          continue;
        }
        break;
      case aftercare::Next::kWait:
        break;
    }
    model::Change change = watch.change;
    if (change.status == ChangeState::kRolledBack) {
      change.after_care = aftercare::Replace(
          *change.after_care, "version " + change.version + " was left: " + change.reason, now);
    } else if (change.after_care->runs_seen == judged.care.runs_seen &&
               change.after_care->because == judged.care.because) {
      continue;
    } else {
      change.after_care = judged.care;
    }
    AIOP_CHECK_OK(engine_.home().ledger().Put(change));
  }
  return SuggestChecks(plant);
}

Result<model::Incident> CloseBreaker(engine::Engine& engine, const std::string& id,
                                     const std::string& by, const std::string& because) {
  auto& ledger = engine.home().ledger();
  AIOP_TRY(const auto incident, engine.CurrentIncident(id));
  AIOP_TRY(auto alike, AlikeOpen(ledger, incident));
  if (std::ranges::all_of(alike, &std::string::empty, &model::Incident::breaker)) {
    return Invalid("the breaker of incident " + id + " is not open");
  }
  store::Ledger::Batch batch;
  for (model::Incident& each : alike) {
    each.breaker.clear();
    each.useless_fixes = 0;
    batch.Put(each);
  }
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(engine.home(), incident.plant));
  AIOP_CHECK_OK(engine.TellMotor(incident.plant, plant.active, model::SignalType::kValidation,
                                 model::Severity::kWarn,
                                 {{"details", "the breaker of incident " + incident.id +
                                                  " was closed by " + by + ": " + because},
                                  {"incident", incident.id},
                                  {"by", by}}));
  AIOP_CHECK_OK(ledger.Commit(std::move(batch)));
  fault::Point("followup.closed");
  return ledger.Get<model::Incident>(incident.id);
}

}  // namespace aiop::followup
