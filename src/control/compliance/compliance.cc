// SPDX-License-Identifier: Apache-2.0
#include "control/compliance/compliance.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "control/arbitration/arbitration.h"
#include "control/figures/figures.h"
#include "control/remarks/remarks.h"

namespace aiop::compliance {
namespace {

using contexts::Home;

constexpr std::string_view kDrillKind = "drill";
constexpr std::string_view kRollbackDrill = "rollback";
constexpr size_t kPage = 2000;

// Page by page, so that a long history does not have to fit into memory.
template <class T, class Store, class Take>
Status ForEach(const Store& store, const Take& take) {
  store::Query query;
  query.limit = kPage;
  while (true) {
    AIOP_TRY(const auto rows, store.database().ListRows(store::Kind<T>::name, query));
    for (const store::Row& row : rows) {
      AIOP_TRY(T record, describe::FromText<T>(row.body, describe::Unknown::kIgnore));
      take(std::move(record));
    }
    if (rows.size() < query.limit) return {};
    query.after = rows.back().sequence;
  }
}

// Reads the records of one plant, or of all, into what the checklist asks about.
class Look {
 public:
  Look(Home& home, const std::string& plant) : home_(home), plant_(plant) {}

  Result<kpi::Practice> Take() {
    AIOP_CHECK_OK(Contexts());
    AIOP_CHECK_OK(Changes());
    AIOP_CHECK_OK(Runs());
    AIOP_CHECK_OK(Events());
    AIOP_CHECK_OK(Decisions());
    AIOP_CHECK_OK(Versions());
    AIOP_CHECK_OK(Rollbacks());
    return std::move(practice_);
  }

 private:
  bool Concerns(const std::string& plant) const { return plant_.empty() || plant == plant_; }

  Status Contexts() {
    std::map<std::string, std::string> plant_of;
    AIOP_CHECK_OK(ForEach<model::App>(
        home_.apps(), [&](const model::App& each) { plant_of[each.name] = each.plant; }));
    return ForEach<model::AppVersion>(home_.apps(), [&](const model::AppVersion& each) {
      app_versions_.insert(each.reference.Text());
      if (!Concerns(plant_of[each.app])) return;
      practice_.app_versions.Add(each.reference.Text(), each.created);
    });
  }

  Status Changes() {
    return ForEach<model::Change>(home_.ledger(), [&](const model::Change& each) {
      const bool open = each.break_glass && each.break_glass->reviewed_by.empty() &&
                        each.status == model::ChangeState::kPromoted;
      if (open && Concerns(each.plant)) practice_.unreviewed.Add(each.id, each.break_glass->at);
      changes_.emplace(each.id, each);
    });
  }

  Status Runs() {
    std::set<std::string> commits;
    AIOP_CHECK_OK(ForEach<model::MotorVersion>(
        home_.motors(), [&](const model::MotorVersion& each) { commits.insert(each.commit); }));
    return ForEach<model::Run>(home_.ledger(), [&](const model::Run& each) {
      if (!Concerns(each.plant)) return;
      practice_.runs.Add(each.id, each.updated);
      const bool known = app_versions_.contains(each.app_ctx.Text()) &&
                         (each.motor_commit.empty() || commits.contains(each.motor_commit));
      if (!known) practice_.runs_without_context.Add(each.id, each.updated);
      run_on_.insert(each.motor_commit);
      if (each.healed_by.empty() || each.state != model::RunState::kSuccess) return;
      practice_.resumed.Add(each.id, each.updated);
      if (each.steps_redone > 0) practice_.resumed_with_redone_steps.Add(each.id, each.updated);
    });
  }

  Status Events() {
    return ForEach<model::StoredEvent>(home_.ledger(), [&](const model::StoredEvent& each) {
      TakeDrill(each);
      if (!Concerns(each.plant)) return;
      practice_.events.Add(each.envelope.id, each.envelope.timestamp);
      if (!each.run.empty() && each.envelope.trace_id.empty()) {
        practice_.events_without_trace.Add(each.envelope.id, each.envelope.timestamp);
      }
    });
  }

  // The last word on the exercise counts.
  void TakeDrill(const model::StoredEvent& event) {
    if (!event.envelope.id.starts_with(std::string(kDrillKind) + "/")) return;
    if (json::TextMember(event.envelope.payload, "drill") != kRollbackDrill) return;
    const auto* passed = event.envelope.payload.if_contains("passed");
    const bool good = passed != nullptr && passed->is_bool() && passed->get_bool();
    if (good) {
      practice_.exercises.Add(event.envelope.id, event.envelope.timestamp);
      practice_.failed_exercises = {};
    } else {
      practice_.failed_exercises.Add(event.envelope.id, event.envelope.timestamp);
    }
  }

  Status Decisions() {
    AIOP_CHECK_OK(
        ForEach<model::DecisionRecord>(home_.ledger(), [&](const model::DecisionRecord& each) {
          if (!Concerns(each.plant)) return;
          practice_.decisions.Add(each.decision_id, each.created);
          const bool whole =
              !each.rationale.empty() && !each.action_plan.empty() && !each.evidence.empty();
          if (!whole) practice_.decisions_incomplete.Add(each.decision_id, each.created);
        }));
    AIOP_CHECK_OK(ForEach<model::Incident>(home_.ledger(), [&](const model::Incident& each) {
      if (Concerns(each.plant) && each.state == model::IncidentState::kOpen &&
          each.decision.empty()) {
        practice_.undecided.Add(each.id, each.last_seen);
      }
    }));
    Status whole = arbitration::VerifyChain(home_.ledger());
    if (whole) whole = remarks::VerifyCorrections(home_.ledger());
    if (!whole) practice_.broken_chain = whole.error().message;
    return {};
  }

  static bool PassedGates(const model::Change& change) {
    if (change.break_glass) return true;
    return std::ranges::any_of(change.gates, [](const model::GateResult& gate) {
      return gate.verdict == model::Verdict::kPass;
    });
  }

  Status Versions() {
    return ForEach<model::MotorVersion>(home_.motors(), [&](const model::MotorVersion& each) {
      if (!Concerns(each.plant)) return;
      practice_.motor_versions.Add(each.plant + "/" + each.reference.version, each.created);
      const std::string id = each.plant + "/" + each.reference.version;
      if (each.status == model::VersionStatus::kOutside && run_on_.contains(each.commit)) {
        practice_.ungoverned.Add(id, each.created);
      }
      // Also those that were rolled back since: they were made by aiop all the same.
      const bool made = each.status == model::VersionStatus::kPromoted ||
                        each.status == model::VersionStatus::kRolledBack;
      if (!made || each.change.empty()) return;
      const auto change = changes_.find(each.change);
      const bool gated = change != changes_.end() && PassedGates(change->second);
      if (!gated) practice_.promoted_without_gates.Add(id, each.created);
      if (each.impact) {
        practice_.promoted.Add(id, each.created);
      } else if (!each.incidents.empty()) {
        practice_.promoted_without_figures.Add(id, each.created);
      }
    });
  }

  // A move to the version that the left one was made from.
  Status Rollbacks() {
    std::set<std::string> left;
    AIOP_CHECK_OK(
        ForEach<model::MotorVersion>(home_.motors(), [&](const model::MotorVersion& each) {
          if (each.status == model::VersionStatus::kRolledBack)
            left.insert(each.plant + "/" + each.reference.version);
        }));
    return ForEach<model::PointerMove>(home_.motors(), [&](const model::PointerMove& each) {
      if (Concerns(each.plant) && left.contains(each.plant + "/" + each.from.version)) {
        practice_.rollbacks.Add(each.id, each.at);
      }
    });
  }

  Home& home_;
  const std::string& plant_;
  kpi::Practice practice_;
  std::set<std::string> app_versions_;
  std::set<std::string> run_on_;  // commits of motors
  std::map<std::string, model::Change> changes_;
};

}  // namespace

Result<kpi::ComplianceReport> Check(Home& home, const std::string& plant, size_t limit) {
  AIOP_TRY(auto report, figures::Compliance(home, plant, limit));
  AIOP_TRY(auto practice, Look(home, plant).Take());
  practice.mute_events = report.mute;
  practice.checked_events = report.checked;
  report.checklist = kpi::Checklist(practice);
  report.complies = std::ranges::all_of(report.checklist, &kpi::ChecklistLine::holds);
  return report;
}

Status RecordDrills(Home& home, const model::ChaosReport& report) {
  store::Ledger::Batch batch;
  for (const model::DrillResult& drill : report.drills) {
    if (!drill.without.empty()) continue;
    const std::string text = json::CanonicalText(describe::ToJson(drill));
    json::Object payload{
        {"details", "chaos drill " + drill.drill + (drill.passed ? " passed" : " did not pass")},
        {"drill", drill.drill},
        {"passed", drill.passed},
        {"took_ms", drill.took_ms}};
    if (drill.mttr_ms) payload["mttr_ms"] = *drill.mttr_ms;
    const std::string id =
        remarks::RemarkId(kDrillKind, IdFromHash(HashBytes(text + FormatTimestamp(Now()))), 1);
    batch.Put(remarks::MakeRemark(id, "", model::Scope::kMotor, std::move(payload)),
              store::Mode::kInsertIfNew);
  }
  return batch.empty() ? Status{} : home.ledger().Commit(std::move(batch));
}

}  // namespace aiop::compliance
