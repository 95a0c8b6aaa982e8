// SPDX-License-Identifier: Apache-2.0
#include "control/golden/watch.h"

#include <algorithm>

#include "core/version/version.h"

namespace aiop::golden {
namespace {

// Enough of a failure's text to recognise it.
constexpr size_t kTextBytes = 400;

bool Has(const std::vector<std::string>& list, const std::string& item) {
  return std::ranges::find(list, item) != list.end();
}

bool PlansStep(const model::DecisionRecord& record, std::string_view step,
               std::string_view target) {
  return std::ranges::any_of(record.action_plan, [&](const model::ActionStep& each) {
    return each.step == step && each.target == target;
  });
}

SeenDecision Describe(const model::DecisionRecord& record) {
  const bool abstained = PlansStep(record, "ask", "human");
  return {.id = record.decision_id,
          .classification = record.classification,
          .category = record.category,
          .confidence = record.confidence,
          .abstained = abstained,
          .patches_motor = !abstained && PlansStep(record, "apply_patch", "motor"),
          .plant_ms = record.cost.plant_ms,
          .rule = record.rule,
          .rationale = record.rationale};
}

bool Matches(const Truth& truth, const SeenFailure& failure) {
  return Has(truth.apps, failure.app) && (!truth.profile || *truth.profile == failure.profile) &&
         (truth.run == 0 || truth.run == failure.step) &&
         (truth.text.empty() || failure.text.contains(truth.text));
}

bool IsPartOf(const std::string& part, const std::string& whole) {
  return !part.empty() && part.size() < whole.size() && whole.contains(part);
}

// The first label of the same cause stands for all.
size_t CauseOf(const std::vector<Truth>& labels, size_t label) {
  for (size_t i = 0; i < label; ++i) {
    if (!labels[label].cause.empty() && labels[i].cause == labels[label].cause) return i;
  }
  return label;
}

bool IsOlder(const std::string& a, const std::string& b) {
  const auto left = version::Parse(a);
  const auto right = version::Parse(b);
  return left && right && *left < *right;
}

}  // namespace

Status AddPlantTime(contexts::Home& home, Observation& seen) {
  AIOP_TRY(const auto attempts, home.ledger().List<model::Attempt>());
  for (const auto& each : attempts) {
    if (each.purpose != model::Purpose::kRun) continue;
    seen.plant_ms += each.wall_ms;
    if (each.number == 1) seen.first_ms += each.wall_ms;
  }
  AIOP_TRY(const auto experiments, home.ledger().List<model::Experiment>());
  for (const auto& each : experiments) seen.plant_ms += each.plant_ms;
  return {};
}

Status Watch::LookAt(const model::Occurrence& occurrence, int64_t step) {
  AIOP_TRY(const auto event, home_.ledger().Get<model::StoredEvent>(occurrence.event));
  const bool known = std::ranges::any_of(seen_.failures, [&](const SeenFailure& each) {
    return each.run == occurrence.run && each.fingerprint == event.fingerprint && each.step == step;
  });
  if (known) return {};
  SeenFailure failure;
  failure.run = occurrence.run;
  failure.app = occurrence.app;
  failure.profile = occurrence.profile;
  failure.fingerprint = event.fingerprint;
  failure.text = json::ToValidUtf8(event.envelope.Details().substr(0, kTextBytes));
  failure.motor_version = occurrence.motor_ctx.version;
  failure.step = step;
  seen_.failures.push_back(std::move(failure));
  first_.push_back(occurrence);
  signals_.push_back(event.envelope.signal_type);
  return {};
}

Status Watch::Look(int64_t step) {
  AIOP_TRY(const auto occurrences, home_.ledger().List<model::Occurrence>());
  for (const auto& each : occurrences) {
    if (events_.insert(each.event).second) AIOP_CHECK_OK(LookAt(each, step));
  }
  return {};
}

std::optional<Timestamp> Watch::NextTime(size_t failure) const {
  const SeenFailure& one = seen_.failures[failure];
  for (size_t i = failure + 1; i < seen_.failures.size(); ++i) {
    const SeenFailure& other = seen_.failures[i];
    if (other.run == one.run && other.fingerprint == one.fingerprint) return first_[i].at;
  }
  return std::nullopt;
}

Status Watch::MatchDecisions() {
  AIOP_TRY(records_, home_.ledger().List<model::DecisionRecord>());
  std::map<std::string, std::string> fingerprints;
  AIOP_TRY(const auto incidents, home_.ledger().List<model::Incident>());
  for (const auto& each : incidents) fingerprints[each.id] = each.fingerprint;
  for (const auto& record : records_) seen_.decisions.push_back(Describe(record));
  for (size_t i = 0; i < seen_.failures.size(); ++i) {
    SeenFailure& failure = seen_.failures[i];
    // Splitting moves occurrences: where it is now counts.
    AIOP_TRY(const auto occurrence, home_.ledger().Get<model::Occurrence>(first_[i].id));
    AIOP_TRY(const auto incident, engine::CurrentIncident(home_.ledger(), occurrence.incident));
    failure.incident = incident.id;
    const auto next = NextTime(i);
    for (size_t d = 0; d < records_.size(); ++d) {
      const auto& record = records_[d];
      const bool about_it = Has(record.run_ids, failure.run) && record.created >= first_[i].at &&
                            (!next || record.created < *next) &&
                            fingerprints[record.incident_id] == failure.fingerprint;
      // A ruling on a motor covers who comes later.
      const bool inherited =
          record.decision_id == incident.decision && record.created < first_[i].at;
      if (about_it || inherited) failure.decisions.push_back(static_cast<int64_t>(d));
    }
  }
  return {};
}

// Of labels of which one's text is part of another's, the longer one tells more.
std::optional<size_t> Watch::LabelOf(const SeenFailure& failure) {
  std::optional<size_t> best;
  for (size_t t = 0; t < incident_.truth.size(); ++t) {
    const Truth& label = incident_.truth[t];
    if (!Matches(label, failure)) continue;
    if (best && IsPartOf(label.text, incident_.truth[*best].text)) continue;
    if (best && !IsPartOf(incident_.truth[*best].text, label.text)) {
      seen_.problems.push_back("two labels fit the failure of app " + failure.app +
                               ": tell them apart by profile, text or run: " + failure.text);
    }
    best = t;
  }
  return best;
}

Status Watch::MatchTruth() {
  std::vector<std::set<std::string>> shown(incident_.truth.size());
  for (SeenFailure& failure : seen_.failures) {
    const auto label = LabelOf(failure);
    if (label) {
      failure.label = static_cast<int64_t>(*label);
      failure.truth = static_cast<int64_t>(CauseOf(incident_.truth, *label));
      shown[*label].insert(failure.app);
    }
    if (failure.truth) continue;
    seen_.problems.push_back("no label fits the failure of app " + failure.app + " at run step " +
                             std::to_string(failure.step) + ": " + failure.text);
  }
  for (size_t t = 0; t < shown.size(); ++t) {
    if (incident_.truth[t].may) continue;
    for (const std::string& app : incident_.truth[t].apps) {
      if (shown[t].contains(app)) continue;
      seen_.problems.push_back("the failure of label " + std::to_string(t + 1) + " (app " + app +
                               ") never showed");
    }
  }
  return {};
}

Status Watch::DescribeRuns() {
  std::set<std::string> failed;
  for (const SeenFailure& failure : seen_.failures) failed.insert(failure.run);
  for (const std::string& id : failed) {
    AIOP_TRY(const model::Run run, home_.ledger().Get<model::Run>(id));
    const bool success = run.state == model::RunState::kSuccess;
    ++seen_.jobs_failed;
    seen_.jobs_finished += success ? 1 : 0;
    seen_.runs.push_back({.run = id,
                          .app = run.app,
                          .state = run.state,
                          .cause = run.cause,
                          .resumed = run.resumed,
                          .steps_redone = run.steps_redone,
                          .plant_ms = run.plant_ms});
  }
  return {};
}

Status Watch::AskAboutSpec(SeenFailure& failure, const model::Run& run,
                           experiments::Harness& harness) {
  const size_t at = static_cast<size_t>(&failure - seen_.failures.data());
  AIOP_TRY(const auto app, contexts::VersionOf(home_, first_[at].app_ctx));
  AIOP_TRY(const auto motor, contexts::MotorAt(home_, run.plant, failure.motor_version));
  const experiments::Asker asker{
      .incident = failure.incident, .fingerprint = failure.fingerprint, .left = {}, .per_day = {}};
  const auto answer = [](const model::Experiment& experiment) -> std::optional<bool> {
    if (experiment.result == model::ExperimentResult::kPassed) return true;
    if (experiment.result == model::ExperimentResult::kOtherFailure) return false;
    return std::nullopt;
  };
  const auto& accepts = motor.manifest.accepts;
  if (!accepts.schema.empty() || !accepts.dialects.empty()) {
    AIOP_TRY(const auto experiment, harness.AskDeclared(asker, run, app, motor));
    failure.declared = answer(experiment);
  }
  if (!motor.manifest.validate.empty()) {
    AIOP_TRY(const auto experiment, harness.AskValidators(asker, run, app, motor));
    failure.valid = answer(experiment);
  }
  return {};
}

Status Watch::DescribeFailure(SeenFailure& failure, experiments::Harness& harness) {
  const size_t at = static_cast<size_t>(&failure - seen_.failures.data());
  AIOP_TRY(const model::Run run, home_.ledger().Get<model::Run>(failure.run));
  std::set<std::string> apps;
  std::set<std::string> failed_runs;
  for (const SeenFailure& each : seen_.failures) {
    if (each.fingerprint != failure.fingerprint) continue;
    apps.insert(each.app);
    failed_runs.insert(each.run);
  }
  failure.apps_alike = static_cast<int64_t>(apps.size());
  AIOP_TRY(const auto runs, home_.ledger().List<model::Run>());
  bool on_older = false;
  for (const model::Run& other : runs) {
    if (other.app != failure.app || other.state != model::RunState::kSuccess) continue;
    const bool older = IsOlder(other.motor_ctx.version, failure.motor_version);
    on_older = on_older || older;
    if (older && other.profile == failure.profile && other.app_ctx == first_[at].app_ctx) {
      failure.passed_before_upgrade = true;
    }
    if (other.profile != failure.profile && other.motor_ctx == first_[at].motor_ctx &&
        !failed_runs.contains(other.id)) {
      failure.gone_under_other_profile = true;
    }
  }
  failure.quality_dropped = signals_[at] == model::SignalType::kQualityScore && on_older;
  return AskAboutSpec(failure, run, harness);
}

Result<Observation> Watch::Conclude(experiments::Harness& harness) {
  AIOP_CHECK_OK(AddPlantTime(home_, seen_));
  AIOP_CHECK_OK(MatchDecisions());
  AIOP_CHECK_OK(MatchTruth());
  AIOP_CHECK_OK(DescribeRuns());
  for (SeenFailure& failure : seen_.failures) AIOP_CHECK_OK(DescribeFailure(failure, harness));
  return std::move(seen_);
}

}  // namespace aiop::golden
