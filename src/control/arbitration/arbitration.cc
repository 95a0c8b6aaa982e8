// SPDX-License-Identifier: Apache-2.0
#include "control/arbitration/arbitration.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "control/arbitration/history.h"
#include "core/fingerprint/fingerprint.h"
#include "core/replay/replay.h"

namespace aiop::arbitration {
namespace {

std::vector<model::ActionStep> PlanFor(const policy::Ruling& ruling, bool was_resumed_enough) {
  if (ruling.abstained) return {{"pause", "pipeline", ""}, {"ask", "human", ""}};
  if (ruling.category == model::Category::kTransient && was_resumed_enough) {
    return {{"pause", "pipeline", ""},
            {"ask", "human: is what the plant needs from outside there (network, services, disk)?",
             ""}};
  }
  if (ruling.category == model::Category::kTransient)
    return {{"pause", "pipeline", ""}, {"resume", "pipeline", ""}};
  std::vector<model::ActionStep> plan{{"pause", "pipeline", ""}};
  // Mixed causes in a fixed order: the motor first, then the app.
  if (ruling.classification != model::Classification::kApp) {
    plan.push_back({"apply_patch", "motor", ""});
    plan.push_back({"validate", "motor", ""});
  }
  if (ruling.classification != model::Classification::kMotor) {
    plan.push_back({"apply_patch", "app", ""});
    plan.push_back({"validate", "app", ""});
  }
  plan.push_back({"resume", "pipeline", ""});
  return plan;
}

std::vector<std::string> ChecksFor(const policy::Ruling& ruling) {
  if (ruling.abstained || ruling.category == model::Category::kTransient) return {};
  if (ruling.classification == model::Classification::kApp)
    return {"validators:spec", "same_motor_version"};
  return {"gates:lint",  "gates:tests", "gates:validators",
          "red_without", "green_with",  "restore_point"};
}

}  // namespace

std::string HashOf(const model::DecisionRecord& record) {
  model::DecisionRecord copy = record;
  copy.outcome.clear();
  copy.hash.clear();
  // The plan gains its patch references later; what was decided does not change by that.
  for (auto& step : copy.action_plan) step.patch_ref.clear();
  return HashBytes(json::CanonicalText(describe::ToJson(copy)));
}

Arbiter::Arbiter(engine::Engine& engine, experiments::Harness& harness,
                 const policy::Policy& policy, PendingFixes* fixes)
    : engine_(engine),
      harness_(harness),
      policy_(policy),
      fixes_(fixes),
      history_(std::make_unique<History>(engine.home().ledger())) {}

Arbiter::~Arbiter() = default;

Result<evidence::MotorRecord> Arbiter::RecordOf(const model::MotorReference& motor) {
  return history_->RecordOf(motor);
}

Result<model::DecisionRecord> Arbiter::Arbitrate(const std::string& id) {
  auto& ledger = engine_.home().ledger();
  AIOP_TRY(model::Incident incident, ledger.Get<model::Incident>(id));
  AIOP_TRY(const model::Run run, ChooseRun(incident));
  AIOP_TRY(incident.state,
           lifecycle::StepIncident(incident.state, lifecycle::IncidentEvent::kArbitrationStarted));
  AIOP_CHECK_OK(ledger.Put(incident));

  AIOP_TRY(policy::Evidence evidence, Gather(incident, run));
  model::DecisionHistory history = replay::Begin(evidence);
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(engine_.home(), run.plant));
  history.team = plant.team;
  AIOP_TRY(const contexts::Motor motor,
           contexts::MotorAtCommit(engine_.home(), run.plant, run.motor_commit));
  for (int i = 0; i < kWishLimit; ++i) {
    if (engine_.stopping()) return Fail(Code::kCancelled, "aiop is stopping");
    const policy::Answer answer = policy::Decide(evidence, policy_);
    if (const auto* found = std::get_if<policy::Ruling>(&answer)) {
      policy::Ruling ruling = *found;
      replay::Conclude(history, ruling, evidence, policy_);
      AIOP_CHECK_OK(FindBeginning(run, motor, ruling, evidence, history));
      return Record(incident, run, evidence, ruling, std::move(history));
    }
    const auto& wish = std::get<policy::Wish>(answer);
    AIOP_TRY(const model::Experiment experiment, Fulfil(evidence, run, motor, wish));
    replay::Note(history, wish, experiment);
    policy::Learn(evidence, experiment);
  }
  return Internal("the policy did not come to a ruling within " + std::to_string(kWishLimit) +
                  " experiments");
}

Status Arbiter::FindBeginning(const model::Run& run, const contexts::Motor& motor,
                              policy::Ruling& ruling, policy::Evidence& evidence,
                              model::DecisionHistory& history) {
  if (ruling.abstained || ruling.classification != model::Classification::kMotor) return {};
  for (int i = 0; i < kWishLimit; ++i) {
    if (engine_.stopping()) return Fail(Code::kCancelled, "aiop is stopping");
    const auto bisection = policy::Bisect(evidence, policy_);
    if (!bisection) return {};
    if (!bisection->next) {
      if (auto fact = policy::FactOf(*bisection, evidence)) {
        ruling.rationale += " " + fact->fact;
        ruling.evidence.push_back(*std::move(fact));
      }
      return {};
    }
    AIOP_TRY(const auto experiment, Fulfil(evidence, run, motor, *bisection->next));
    replay::Note(history, *bisection->next, experiment);
    policy::Learn(evidence, experiment);
  }
  return {};
}

Result<model::DecisionRecord> Arbiter::Record(const model::Incident& incident,
                                              const model::Run& run,
                                              const policy::Evidence& evidence,
                                              const policy::Ruling& ruling,
                                              model::DecisionHistory history) {
  auto& ledger = engine_.home().ledger();
  model::DecisionRecord record;
  record.decision_id = NewId();
  record.classification = ruling.classification;
  record.category = ruling.category;
  record.rationale = ruling.rationale;
  record.rule = ruling.rule;
  record.confidence = ruling.confidence;
  record.evidence = ruling.evidence;
  record.rejected = ruling.rejected;
  record.action_plan = PlanFor(ruling, evidence.real_failures > policy_.GiveUpAfter());
  record.safety_checks = ChecksFor(ruling);
  record.incident_id = incident.id;
  record.plant = incident.plant;
  record.policy = policy_.Id();
  record.outcome = ruling.abstained ? "abstained" : "open";
  for (const std::string& check : ruling.next_checks) {
    record.action_plan.push_back({"ask", "human: " + check, ""});
  }
  for (const auto& experiment : evidence.experiments) {
    if (experiment.plant_ms > 0) ++record.cost.experiments;
    record.cost.plant_ms += experiment.plant_ms;
    const model::Usage& usage = experiment.usage;
    if (usage.cost_usd) record.cost.cost_usd = record.cost.cost_usd.value_or(0) + *usage.cost_usd;
    if (usage.tokens) record.cost.tokens = record.cost.tokens.value_or(0) + *usage.tokens;
  }

  AIOP_TRY(const Coverage coverage, Cover(incident, run, evidence, ruling));
  std::set<std::string> apps;
  for (const model::Run& each : coverage.covered) {
    record.run_ids.push_back(each.id);
    apps.insert(each.app);
  }
  record.apps.assign(apps.begin(), apps.end());
  if (!coverage.others.empty()) {
    AIOP_TRY([[maybe_unused]] const auto split,
             SplitOff(incident.id, coverage.others,
                      "decision " + record.decision_id + " is about " + coverage.about));
  }

  const std::lock_guard lock(chain_);
  AIOP_TRY(const auto last, ledger.List<model::DecisionRecord>({.limit = 1, .newest_first = true}));
  record.created = Now();
  record.previous_hash = last.empty() ? "" : last.front().hash;
  record.hash = HashOf(record);
  AIOP_TRY(model::Incident decided, ledger.Get<model::Incident>(incident.id));
  AIOP_TRY(decided.state, lifecycle::StepIncident(decided.state, lifecycle::IncidentEvent::kRuled));
  decided.decision = record.decision_id;
  store::Ledger::Batch batch;
  history.decision = record.decision_id;
  batch.Put(record, store::Mode::kInsert).Put(history, store::Mode::kInsert).Put(decided);
  for (model::Run each : coverage.covered) {
    each.decision = record.decision_id;
    batch.Put(each);
  }
  AIOP_CHECK_OK(ledger.Commit(std::move(batch)));
  return record;
}

Result<model::Incident> Arbiter::SplitOff(const std::string& id,
                                          const std::vector<std::string>& runs,
                                          const std::string& why, std::optional<Timestamp> since) {
  auto& ledger = engine_.home().ledger();
  AIOP_TRY(model::Incident incident, ledger.Get<model::Incident>(id));
  model::Incident split = incident;
  split.id = NewId();
  split.state = model::IncidentState::kOpen;
  split.grouped_by = incident.grouped_by + "; split from " + id + ": " + why;
  split.decision.clear();
  split.change.clear();
  split.occurrences = 0;
  split.apps.clear();
  split.profiles.clear();
  store::Ledger::Batch batch;
  // Also of incidents that were merged into this one.
  std::map<std::string, model::Incident> sources{{id, incident}};
  AIOP_TRY(auto occurrences, engine_.OccurrencesAt(incident));
  const auto add = [](std::vector<std::string>& list, const std::string& item) {
    if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
  };
  for (const model::Occurrence& each : occurrences) {
    if (!sources.contains(each.incident)) {
      AIOP_TRY(sources[each.incident], ledger.Get<model::Incident>(each.incident));
    }
  }
  for (auto& [name, source] : sources) {
    source.apps.clear();
    source.occurrences = 0;
  }
  for (model::Occurrence each : occurrences) {
    const bool moves =
        std::find(runs.begin(), runs.end(), each.run) != runs.end() && (!since || each.at > *since);
    model::Incident& owner = moves ? split : sources.at(each.incident);
    ++owner.occurrences;
    add(owner.apps, each.app);
    if (moves) {
      add(split.profiles, each.profile);
      each.incident = split.id;
      batch.Put(each);
      AIOP_TRY(auto event, ledger.Get<model::StoredEvent>(each.event));
      event.incident = split.id;
      batch.Put(event);
      // Of merged incidents those that move may be the other kind.
      if (!event.fingerprint.empty() && event.fingerprint != split.fingerprint) {
        split.fingerprint = event.fingerprint;
        split.example = event.envelope.Details();
        split.title = fingerprint::Template(split.example);
        split.title = split.title.substr(0, split.title.find('\n'));
      }
    }
  }
  for (const std::string& run : runs) {
    AIOP_TRY(model::Run record, ledger.Get<model::Run>(run));
    record.incident = split.id;
    record.decision.clear();
    batch.Put(record);
  }
  for (const auto& [name, source] : sources) batch.Put(source);
  batch.Put(split);
  AIOP_CHECK_OK(ledger.Commit(std::move(batch)));
  return split;
}

Status Arbiter::SetOutcome(const std::string& decision, const std::string& outcome) {
  auto& ledger = engine_.home().ledger();
  AIOP_TRY(model::DecisionRecord record, ledger.Get<model::DecisionRecord>(decision));
  record.outcome = outcome;
  return ledger.Put(record);
}

Status VerifyChain(const store::Ledger& ledger) {
  AIOP_TRY(const auto records, ledger.List<model::DecisionRecord>());
  std::string previous;
  for (const auto& record : records) {
    if (HashOf(record) != record.hash) {
      return Invalid("decision " + record.decision_id + " was changed after it was written");
    }
    if (record.previous_hash != previous) {
      return Invalid("the decision before " + record.decision_id +
                     " is missing, or is another than when that was written");
    }
    previous = record.hash;
  }
  // The chain cannot show that its end is missing; what was decided still names it.
  std::set<std::string_view> known;
  for (const auto& record : records) known.insert(record.decision_id);
  AIOP_TRY(const auto incidents, ledger.List<model::Incident>());
  for (const auto& incident : incidents) {
    if (!incident.decision.empty() && !known.contains(incident.decision)) {
      return Invalid("decision " + incident.decision + " of incident " + incident.id +
                     " was deleted");
    }
  }
  return {};
}

}  // namespace aiop::arbitration
