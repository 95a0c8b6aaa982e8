// SPDX-License-Identifier: Apache-2.0
#include "core/ladder/ladder.h"

#include <algorithm>

namespace aiop::ladder {
namespace {

using model::Autonomy;

// Whether a change waits for a human whatever the rung: for more than the ladder's own reasons.
bool WaitsAnyway(const model::Change& change) {
  std::string because = change.needs_human_because;
  for (const std::string_view own :
       {"motor.yaml: autonomy: observe", "motor.yaml: autonomy: propose",
        "motor.yaml: autonomy: patch_app", "motor.yaml: app_patches: ask"}) {
    if (const size_t at = because.find(own); at != std::string::npos) because.erase(at, own.size());
  }
  return because.find_first_not_of("; ") != std::string::npos;
}

bool Passed(const model::Change& change) {
  using enum model::ChangeState;
  return change.status == kPromoted || change.status == kRolledBack || change.status == kCanary ||
         change.status == kAwaitingApproval;
}

struct Seen {
  bool patched = false;  // a change for it passed its checks
  bool waits = false;    // and waited for a reason of its own
};

Seen ChangesFor(const model::DecisionRecord& decision, const kpi::Records& records) {
  Seen seen;
  for (const auto& [id, change] : records.changes) {
    if (change.decision != decision.decision_id || !Passed(change)) continue;
    seen.patched = true;
    seen.waits = seen.waits || WaitsAnyway(change);
  }
  return seen;
}

bool FoundNone(const model::DecisionRecord& decision, const Seen& seen) {
  return !seen.patched && (decision.outcome.starts_with("waiting: no patch source") ||
                           decision.outcome == "waiting: the app has to change");
}

bool ByItself(Autonomy rung, bool app, model::AppPatches app_patches) {
  if (app) return rung >= Autonomy::kPatchApp && app_patches == model::AppPatches::kAuto;
  return rung == Autonomy::kPatchMotor;
}

void Count(const model::DecisionRecord& decision, const std::optional<kpi::Truth>& truth,
           Rung& rung) {
  ++rung.by_itself;
  ++(!truth ? rung.unknown : truth->right ? rung.right : rung.wrong);
  if (decision.outcome == "healed") ++rung.healed;
}

}  // namespace

Report LookBack(const kpi::Records& records, model::AppPatches app_patches, Timestamp since,
                Timestamp until) {
  Report report{.since = since, .until = until};
  for (const Autonomy each :
       {Autonomy::kObserve, Autonomy::kPropose, Autonomy::kPatchApp, Autonomy::kPatchMotor}) {
    report.rungs.push_back({.autonomy = each});
  }
  for (const auto& [id, decision] : records.decisions) {
    if (decision.created < since || decision.created > until) continue;
    ++report.decisions;
    report.experiments += decision.cost.experiments;
    report.plant_ms += decision.cost.plant_ms;
    report.cost_usd += decision.cost.cost_usd.value_or(0);
    const auto truth = kpi::TruthOf(decision, records);
    if (truth && truth->by_human && !truth->right) ++report.corrected;
    const bool app = decision.classification == model::Classification::kApp;
    const bool abstained = kpi::Abstained(decision);
    const bool transient = decision.category == model::Category::kTransient;
    ++(abstained   ? report.abstained
       : transient ? report.transient
       : app       ? report.app
                   : report.motor);
    const Seen seen = ChangesFor(decision, records);
    const bool none = abstained || transient || FoundNone(decision, seen);
    if (!abstained && !transient && none) ++report.no_patch;
    for (Rung& rung : report.rungs) {
      if (none || rung.autonomy == Autonomy::kObserve) {
        ++rung.recorded;
      } else if (!seen.waits && ByItself(rung.autonomy, app, app_patches)) {
        Count(decision, truth, rung);
      } else {
        ++rung.waits;
      }
    }
  }
  return report;
}

}  // namespace aiop::ladder
