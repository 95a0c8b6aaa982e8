// SPDX-License-Identifier: Apache-2.0
// Incidents that were split and turn out to be one.
#include <algorithm>
#include <tuple>

#include "control/arbitration/arbitration.h"
#include "core/lifecycle/lifecycle.h"

namespace aiop::arbitration {
namespace {

// What nobody knows the cause of has nothing that tells it from others with its text.
bool CanJoin(const model::DecisionRecord& decision) {
  return decision.outcome == "abstained" ||
         decision.classification != model::Classification::kApp ||
         decision.category == model::Category::kTransient;
}

// Of a motor the same is said by whatever rule, unless the rule speaks of the examined app only.
bool Alike(const model::DecisionRecord& a, const model::DecisionRecord& b,
           const policy::Policy& policy) {
  const bool both_known = a.outcome != "abstained" && b.outcome != "abstained";
  if (!both_known) return a.outcome == b.outcome && a.rule == b.rule;
  if (!CanJoin(a) || a.classification != b.classification || a.category != b.category) return false;
  const auto is_general = [&](const model::DecisionRecord& each) {
    return each.classification == model::Classification::kMotor &&
           policy.CoveredBy(each.rule) != policy::Covers::kApp;
  };
  return a.rule == b.rule || (is_general(a) && is_general(b));
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
      if (!other || !Alike(*other, decision, policy_)) continue;
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
