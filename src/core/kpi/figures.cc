// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "core/kpi/kpi.h"
#include "core/scoring/scoring.h"
#include "core/verdict/verdict.h"

namespace aiop::kpi {
namespace {

constexpr std::string_view kUndecided = "undecided";
constexpr std::string_view kAskedHuman = "abstained";

struct Window {
  Timestamp since;
  Timestamp until;
  bool Holds(Timestamp time) const { return time >= since && time <= until; }
};

double Number(Milliseconds span) { return static_cast<double>(span.count()); }
double Seconds(Milliseconds span) { return Number(span) / 1000; }

template <class T>
const T* FindIn(const std::map<std::string, T>& records, const std::string& id) {
  const auto found = records.find(id);
  return found == records.end() ? nullptr : &found->second;
}

AppFigures OfApps(const Records& records, const Window& window) {
  int64_t ended = 0;
  int64_t succeeded = 0;
  int64_t at_once = 0;
  std::vector<double> quality;
  std::vector<double> end_to_end;
  std::vector<double> plant;
  std::vector<double> cost;
  for (const auto& [run, build] : records.builds) {
    if (!window.Holds(build.run.updated)) continue;
    if (build.quality) quality.push_back(*build.quality);
    const auto outcome = Outcome(build.run);
    if (!outcome) continue;
    ++ended;
    if (!*outcome) continue;
    ++succeeded;
    at_once += build.occurrences.empty() ? 1 : 0;
    end_to_end.push_back(Number(build.run.updated - build.run.created));
    plant.push_back(static_cast<double>(build.run.plant_ms));
    double spent = 0;
    bool told = false;
    for (const auto& attempt : build.attempts) {
      told = told || attempt.usage.cost_usd.has_value();
      spent += attempt.usage.cost_usd.value_or(0);
    }
    if (told) cost.push_back(spent);
  }
  return {.success = ShareOf(succeeded, ended),
          .success_at_once = ShareOf(at_once, ended),
          .quality = MiddleOf(std::move(quality)),
          .end_to_end_ms = MiddleOf(std::move(end_to_end)),
          .plant_ms = MiddleOf(std::move(plant)),
          .cost_usd = MiddleOf(std::move(cost))};
}

// ---- Motors ----

// The last word on an incident: a human's, else the decision's.
std::string CategoryOf(const model::Incident& incident, const Records& records) {
  const auto* decision = FindIn(records.decisions, incident.decision);
  if (decision == nullptr) return std::string(kUndecided);
  for (auto said = records.corrections.rbegin(); said != records.corrections.rend(); ++said) {
    if (said->decision == decision->decision_id) return std::string(describe::Name(said->category));
  }
  return std::string(Abstained(*decision) ? kAskedHuman : describe::Name(decision->category));
}

std::vector<CategoryShare> Distribution(const Records& records, const Window& window) {
  std::map<std::string, int64_t> counts;
  int64_t all = 0;
  for (const auto& [id, incident] : records.incidents) {
    if (!window.Holds(incident.last_seen) || !incident.merged_into.empty()) continue;
    ++counts[CategoryOf(incident, records)];
    ++all;
  }
  std::vector<CategoryShare> shares;
  const auto add = [&](std::string_view name) {
    shares.push_back({std::string(name), ShareOf(counts[std::string(name)], all)});
  };
  for (const auto& [category, name] : EnumNames(model::Category{})) add(name);
  add(kAskedHuman);
  add(kUndecided);
  return shares;
}

Comparison Told(const Result<verdict::Judgement>& judged) {
  Comparison comparison;
  if (!judged) {
    comparison.because = judged.error().message;
    return comparison;
  }
  comparison.because = judged->because;
  comparison.verdict = judged->verdict == verdict::Verdict::kPass   ? Verdict::kPass
                       : judged->verdict == verdict::Verdict::kFail ? Verdict::kFail
                                                                    : Verdict::kInconclusive;
  return comparison;
}

Comparison CompareSuccess(const evidence::MotorRecord& before, const evidence::MotorRecord& after) {
  Comparison comparison =
      Told(verdict::JudgeRates({after.succeeded, after.ended}, {before.succeeded, before.ended}));
  comparison.count_before = before.ended;
  comparison.count_after = after.ended;
  comparison.before = ShareOf(before.succeeded, before.ended).share;
  comparison.after = ShareOf(after.succeeded, after.ended).share;
  return comparison;
}

Comparison CompareFigure(const evidence::MotorRecord& before, const evidence::MotorRecord& after,
                         evidence::Figure figure, verdict::Better better) {
  const auto& old_values = before.Of(figure).values;
  const auto& new_values = after.Of(figure).values;
  Comparison comparison = Told(verdict::JudgeFigures(new_values, old_values, {.better = better}));
  comparison.count_before = before.Of(figure).count;
  comparison.count_after = after.Of(figure).count;
  if (!old_values.empty()) comparison.before = verdict::Median(old_values);
  if (!new_values.empty()) comparison.after = verdict::Median(new_values);
  return comparison;
}

ChangeImpact ImpactOf(const model::Change& change, const Records& records) {
  const auto record = [&](const std::string& version) {
    const auto found = records.motors.find(change.plant + "/" + version);
    return found == records.motors.end() ? evidence::MotorRecord{} : found->second;
  };
  const evidence::MotorRecord before = record(change.base_version);
  const evidence::MotorRecord after = record(change.version);
  ChangeImpact impact{.change = change.id,
                      .plant = change.plant,
                      .title = change.title,
                      .from = change.base_version,
                      .to = change.version,
                      .status = change.status,
                      .repair_ms = {},
                      .success = CompareSuccess(before, after),
                      .latency_ms = {},
                      .cost_usd = {},
                      .quality = {}};
  using enum evidence::Figure;
  using enum verdict::Better;
  impact.latency_ms = CompareFigure(before, after, kLatencyMs, kLower);
  impact.cost_usd = CompareFigure(before, after, kCostUsd, kLower);
  impact.quality = CompareFigure(before, after, kQuality, kHigher);
  const auto promoted = records.promoted.find(change.id);
  const auto* incident = FindIn(records.incidents, change.incident);
  if (promoted != records.promoted.end() && incident != nullptr) {
    impact.repair_ms = Number(promoted->second - incident->first_seen);
  }
  return impact;
}

MotorFigures OfMotors(const Records& records, const Window& window) {
  MotorFigures figures{.incidents = Distribution(records, window), .repair_ms = {}, .changes = {}};
  std::vector<double> repairs;
  for (const auto& [id, change] : records.changes) {
    const auto promoted = records.promoted.find(change.id);
    if (change.side != model::Scope::kMotor || promoted == records.promoted.end() ||
        !window.Holds(promoted->second)) {
      continue;
    }
    figures.changes.push_back(ImpactOf(change, records));
    // What was rolled back repaired nothing.
    const auto& repair = figures.changes.back().repair_ms;
    if (repair && change.status == model::ChangeState::kPromoted) repairs.push_back(*repair);
  }
  figures.repair_ms = MiddleOf(std::move(repairs));
  return figures;
}

// ---- The operator ----

// Whether something is there that lets a failed run go on.
bool HasFix(const Build& build, const Records& records) {
  if (build.run.state == model::RunState::kSuccess) return true;
  const auto* incident = FindIn(records.incidents, build.run.incident);
  if (incident == nullptr) return false;
  const auto* change = FindIn(records.changes, incident->change);
  if (change != nullptr && change->status == model::ChangeState::kPromoted) return true;
  const auto* decision = FindIn(records.decisions, incident->decision);
  if (decision == nullptr) return false;
  if (decision->category == model::Category::kTransient) return true;
  const auto app = records.apps.find(build.run.app);
  return decision->classification != model::Classification::kMotor && app != records.apps.end() &&
         app->second != build.run.app_ctx;
}

void CountDecisions(const Records& records, const Window& window, OperatorFigures& figures) {
  // Right and all, by a human [0] and by healing [1].
  std::array<scoring::Rate, 2> known;
  scoring::Rate abstained;
  scoring::Rate false_fixes;
  scoring::Rate false_known;
  for (const auto& [id, decision] : records.decisions) {
    if (!window.Holds(decision.created)) continue;
    abstained.Add(Abstained(decision));
    if (Abstained(decision)) continue;
    const auto truth = TruthOf(decision, records);
    if (truth) known.at(truth->by_human ? 0 : 1).Add(truth->right);
    if (!PatchesMotor(decision)) continue;
    false_fixes.Add(truth && !truth->motor_changes);
    if (truth) false_known.Add(!truth->motor_changes);
  }
  const auto share = [](const scoring::Rate& rate) { return ShareOf(rate.hits, rate.of); };
  figures.accuracy_human = share(known[0]);
  figures.accuracy_healing = share(known[1]);
  figures.accuracy = ShareOf(known[0].hits + known[1].hits, known[0].of + known[1].of);
  figures.false_motor_fixes = share(false_fixes);
  figures.false_motor_fixes_known = share(false_known);
  figures.abstained = share(abstained);
}

OperatorFigures OfOperator(const Records& records, const Window& window) {
  OperatorFigures figures;
  CountDecisions(records, window, figures);
  std::vector<scoring::Ending> endings;
  for (const auto& [run, build] : records.builds) {
    if (!window.Holds(build.run.updated)) continue;
    figures.saved_plant_seconds += Seconds(SavedOn(build));
    if (build.occurrences.empty()) continue;
    endings.push_back({.split = scoring::Split::kTuning,
                       .fix_exists = HasFix(build, records),
                       .success = build.run.state == model::RunState::kSuccess,
                       .steps_redone = build.run.steps_redone,
                       .failures = static_cast<int64_t>(build.occurrences.size()),
                       .actions = build.run.resumed});
  }
  const scoring::Resumption resumption = scoring::ScoreEndings(endings);
  figures.resumed = ShareOf(resumption.resumed.hits, resumption.resumed.of);
  figures.actions_per_failure = resumption.actions;
  for (const auto& experiment : records.experiments) {
    if (window.Holds(experiment.at))
      figures.spent_plant_seconds += Seconds(Milliseconds{experiment.plant_ms});
  }
  return figures;
}

}  // namespace

std::optional<bool> Outcome(const model::Run& run) {
  using enum model::PausedBecause;
  if (run.state == model::RunState::kSuccess) return true;
  if (run.state == model::RunState::kFailed) return false;
  if (run.state != model::RunState::kPaused || run.incident.empty()) return std::nullopt;
  const bool by_somebody = run.paused_because == kHuman || run.paused_because == kOperator ||
                           run.paused_because == kBoot;
  return by_somebody ? std::nullopt : std::optional(false);
}

Milliseconds SavedOn(const Build& build) {
  Milliseconds saved{0};
  // Plant time that stands behind the checkpoint each attempt went on from.
  std::map<int64_t, Milliseconds> behind;
  for (const auto& attempt : build.attempts) {
    Milliseconds kept{0};
    const model::Checkpoint* from = nullptr;
    for (const auto& each : build.checkpoints) {
      if (each.name == attempt.from_checkpoint && each.attempt < attempt.number) from = &each;
    }
    if (from != nullptr) {
      const auto before = behind.find(from->attempt);
      kept = Milliseconds{from->usage_ms};
      if (before != behind.end()) kept += before->second;
    }
    behind[attempt.number] = kept;
    saved += kept;
  }
  return saved;
}

Figures Compute(const Records& records, Timestamp since, Timestamp until) {
  const Window window{since, until};
  return {.app = OfApps(records, window),
          .motor = OfMotors(records, window),
          .op = OfOperator(records, window)};
}

}  // namespace aiop::kpi
