// SPDX-License-Identifier: Apache-2.0
// Incidents that were split and turn out to be one.
#include <algorithm>
#include <tuple>

#include "control/arbitration/arbitration.h"
#include "core/lifecycle/lifecycle.h"

namespace aiop::arbitration {
namespace {

bool CanJoin(const model::DecisionRecord& decision) {
  return decision.outcome != "abstained" &&
         (decision.classification != model::Classification::kApp ||
          decision.category == model::Category::kTransient);
}

bool Alike(const model::DecisionRecord& a, const model::DecisionRecord& b) {
  return CanJoin(a) && a.classification == b.classification && a.category == b.category &&
         a.rule == b.rule;
}

bool Before(const model::Incident& a, const model::Incident& b) {
  return std::tie(a.first_seen, a.id) < std::tie(b.first_seen, b.id);
}

bool StillThere(const model::Incident& incident) {
  return incident.state == model::IncidentState::kDecided ||
         incident.state == model::IncidentState::kResolved;
}

}  // namespace

Status Arbiter::JoinAlike(const std::vector<std::string>& incidents) {
  auto& ledger = engine_.home().ledger();
  for (const std::string& id : incidents) {
    AIOP_TRY(const auto late, ledger.Get<model::Incident>(id));
    if (late.state != model::IncidentState::kDecided || late.decision.empty()) continue;
    AIOP_TRY(const auto decision, ledger.Get<model::DecisionRecord>(late.decision));
    if (!CanJoin(decision)) continue;
    AIOP_TRY(auto alike, ledger.ListBy<model::Incident>(
                             store::Kind<model::Incident>::Field::kFingerprint, late.fingerprint));
    std::ranges::sort(alike, Before);
    for (model::Incident& early : alike) {
      if (early.plant != late.plant || !Before(early, late) || !StillThere(early)) continue;
      AIOP_TRY(const auto other, ledger.Find<model::DecisionRecord>(early.decision));
      if (!other || !Alike(*other, decision)) continue;
      AIOP_TRY(early.state,
               lifecycle::StepIncident(early.state, lifecycle::IncidentEvent::kJoined));
      AIOP_CHECK_OK(ledger.Put(early));
      AIOP_TRY([[maybe_unused]] const auto merged,
               Merge(engine_.home(), late.id, early.id,
                     "aiop: decision " + decision.decision_id + " says the same as " +
                         other->decision_id,
                     Decisions::kKeep));
      break;
    }
  }
  return {};
}

}  // namespace aiop::arbitration
