// SPDX-License-Identifier: Apache-2.0
#include "control/figures/figures.h"
#include "control/figures/rows.h"
#include "control/remarks/remarks.h"

namespace aiop::figures {
namespace {

template <class T>
using Field = typename store::Kind<T>::Field;

Status ReadBuilds(const store::Ledger& ledger, const std::string& plant, kpi::Builds& builds) {
  AIOP_CHECK_OK(ForEach<model::Run>(ledger, OfPlant<model::Run>(Field<model::Run>::kPlant, plant),
                                    [&](model::Run run) {
                                      // Made beside another one: not used, so not counted.
                                      if (run.shadow) return;
                                      std::string id = run.id;
                                      builds[std::move(id)].run = std::move(run);
                                    }));
  const auto build_of = [&](const std::string& run) -> kpi::Build* {
    const auto build = builds.find(run);
    return build == builds.end() ? nullptr : &build->second;
  };
  AIOP_CHECK_OK(ForEach<model::Attempt>(ledger, {}, [&](model::Attempt attempt) {
    kpi::Build* build = build_of(attempt.run);
    if (build && attempt.purpose == model::Purpose::kRun)
      build->attempts.push_back(std::move(attempt));
  }));
  AIOP_CHECK_OK(ForEach<model::Checkpoint>(ledger, {}, [&](model::Checkpoint checkpoint) {
    if (kpi::Build* build = build_of(checkpoint.run))
      build->checkpoints.push_back(std::move(checkpoint));
  }));
  return ForEach<model::Occurrence>(ledger, {}, [&](model::Occurrence occurrence) {
    if (kpi::Build* build = build_of(occurrence.run))
      build->occurrences.push_back(std::move(occurrence));
  });
}

// Quality and coverage, for the runs and for the motor versions.
Status ReadScores(const store::Ledger& ledger, kpi::Builds& builds, evidence::Index& index) {
  for (const auto type : {model::SignalType::kQualityScore, model::SignalType::kCoverage}) {
    // The stored text narrows the search; what the record says decides.
    const std::string marked = "\"" + std::string(describe::Name(type)) + "\"";
    AIOP_CHECK_OK(ForEach<model::StoredEvent>(
        ledger, {.containing = marked}, [&](const model::StoredEvent& event) {
          const auto build = builds.find(event.run);
          if (build == builds.end() || event.envelope.signal_type != type) return;
          index.Put(event);
          const json::Value* value = event.envelope.payload.if_contains("value");
          if (value == nullptr || !value->is_number()) return;
          const bool quality = type == model::SignalType::kQualityScore;
          (quality ? build->second.quality : build->second.coverage) = value->to_number<double>();
        }));
  }
  return {};
}

Status ReadMotors(contexts::Home& home, const std::string& plant, const evidence::Index& index,
                  kpi::Records& records) {
  AIOP_TRY(const auto versions, home.motors().List<model::MotorVersion>());
  for (const auto& version : versions) {
    if (!plant.empty() && version.plant != plant) continue;
    records.motors[version.plant + "/" + version.reference.version] =
        index.RecordOf(version.reference);
  }
  AIOP_TRY(const auto moves, home.motors().List<model::PointerMove>());
  for (const auto& [id, change] : records.changes) {
    for (const auto& move : moves) {
      if (move.plant == change.plant && move.because.starts_with("change " + id))
        records.promoted.try_emplace(id, move.at);
    }
  }
  return {};
}

Status ReadDecisions(contexts::Home& home, const std::string& plant, kpi::Records& records) {
  const auto& ledger = home.ledger();
  AIOP_CHECK_OK(ForEach<model::Incident>(
      ledger, OfPlant<model::Incident>(Field<model::Incident>::kPlant, plant),
      [&](const model::Incident& each) { records.incidents[each.id] = each; }));
  AIOP_CHECK_OK(ForEach<model::DecisionRecord>(
      ledger, OfPlant<model::DecisionRecord>(Field<model::DecisionRecord>::kPlant, plant),
      [&](const model::DecisionRecord& each) { records.decisions[each.decision_id] = each; }));
  AIOP_CHECK_OK(
      ForEach<model::Change>(ledger, OfPlant<model::Change>(Field<model::Change>::kPlant, plant),
                             [&](const model::Change& each) { records.changes[each.id] = each; }));
  AIOP_CHECK_OK(ForEach<model::Experiment>(
      ledger, OfPlant<model::Experiment>(Field<model::Experiment>::kPlant, plant),
      [&](const model::Experiment& each) { records.experiments.push_back(each); }));
  AIOP_TRY(const auto corrections, remarks::AllCorrections(ledger));
  for (const auto& each : corrections) {
    const auto category = remarks::CategoryIn(each);
    const std::string decision(json::TextMember(each.envelope.payload, "decision"));
    if (category && records.decisions.contains(decision))
      records.corrections.push_back({decision, *category});
  }
  return {};
}

}  // namespace

Result<kpi::Records> Read(contexts::Home& home, const std::string& plant) {
  if (!plant.empty()) {
    AIOP_TRY([[maybe_unused]] const auto known, contexts::GetPlant(home, plant));
  }
  kpi::Records records;
  AIOP_CHECK_OK(ReadBuilds(home.ledger(), plant, records.builds));
  evidence::Index index;
  for (const auto& [run, build] : records.builds) {
    for (const auto& attempt : build.attempts) index.Put(attempt);
  }
  AIOP_CHECK_OK(ReadScores(home.ledger(), records.builds, index));
  AIOP_CHECK_OK(ReadDecisions(home, plant, records));
  AIOP_CHECK_OK(ReadMotors(home, plant, index, records));
  AIOP_TRY(const auto apps, home.apps().List<model::App>());
  for (const auto& app : apps) records.apps[app.name] = app.current;
  return records;
}

Result<kpi::KpiReport> Report(contexts::Home& home, const std::string& plant, Timestamp since,
                              Timestamp until) {
  kpi::KpiReport report{.since = since, .until = until, .figures = {}, .plants = {}};
  AIOP_TRY(const kpi::Records records, Read(home, plant));
  report.figures = kpi::Compute(records, since, until);
  if (!plant.empty()) {
    report.plants.push_back({plant, report.figures});
    return report;
  }
  AIOP_TRY(const auto plants, home.motors().List<model::Plant>());
  for (const auto& each : plants) {
    AIOP_TRY(const kpi::Records of_plant, Read(home, each.name));
    report.plants.push_back({each.name, kpi::Compute(of_plant, since, until)});
  }
  return report;
}

}  // namespace aiop::figures
