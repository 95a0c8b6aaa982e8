// SPDX-License-Identifier: Apache-2.0
// Objectives of the active motors, and the events that tell when one is missed.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "control/figures/figures.h"
#include "control/figures/rows.h"
#include "control/remarks/remarks.h"
#include "core/redact/redact.h"

namespace aiop::figures {
namespace {

constexpr std::string_view kBreach = "slo-breach";
constexpr std::string_view kMet = "slo-met";

std::string Text(double value) {
  std::string text(32, '\0');
  const int length = std::snprintf(text.data(), text.size(), "%.4g", value);
  text.resize(static_cast<size_t>(std::max(0, length)));
  return text;
}

// What an objective is known by: another target or window is another objective.
std::string KeyOf(const kpi::ObjectiveStanding& standing) {
  return standing.plant + "/" + std::string(describe::Name(standing.signal)) + "-" +
         Text(standing.target) + "-" + standing.window +
         (standing.threshold ? "-" + Text(*standing.threshold) : "");
}

Status ReadScores(const store::Ledger& ledger, kpi::Build& build) {
  AIOP_TRY(const auto events, ledger.ListBy<model::StoredEvent>(
                                  store::Kind<model::StoredEvent>::Field::kRun, build.run.id));
  for (const auto& event : events) {
    const json::Value* value = event.envelope.payload.if_contains("value");
    if (value == nullptr || !value->is_number()) continue;
    if (event.envelope.signal_type == model::SignalType::kQualityScore)
      build.quality = value->to_number<double>();
    if (event.envelope.signal_type == model::SignalType::kCoverage)
      build.coverage = value->to_number<double>();
  }
  return {};
}

// The runs that the longest window can hold, with what the objectives look at.
Result<kpi::Builds> BuildsSince(const store::Ledger& ledger, const std::string& plant,
                                Timestamp since) {
  kpi::Builds builds;
  AIOP_CHECK_OK(ForEach<model::Run>(
      ledger, OfPlant<model::Run>(store::Kind<model::Run>::Field::kPlant, plant),
      [&](const model::Run& run) {
        if (run.updated >= since) builds[run.id].run = run;
      }));
  for (auto& [id, build] : builds) {
    AIOP_TRY(build.attempts,
             ledger.ListBy<model::Attempt>(store::Kind<model::Attempt>::Field::kRun, id));
    AIOP_CHECK_OK(ReadScores(ledger, build));
  }
  return builds;
}

// The last breach that was told of, if nobody told since that it is over.
Result<std::string> OpenBreach(const store::Ledger& ledger, const std::string& key) {
  AIOP_TRY(const auto breaches, remarks::RemarksOn(ledger, kBreach, key));
  AIOP_TRY(const auto ends, remarks::RemarksOn(ledger, kMet, key));
  return breaches.size() > ends.size() ? breaches.back().envelope.id : std::string();
}

Status MeasureAll(contexts::Home& home, const model::Plant& plant, Timestamp now,
                  std::vector<kpi::ObjectiveStanding>& standings) {
  AIOP_TRY(const contexts::Motor motor, contexts::ActiveMotor(home, plant.name));
  Milliseconds longest{0};
  for (const auto& objective : motor.manifest.slos) {
    longest = std::max(longest, model::ParseWindow(objective.window).value_or(longest));
  }
  if (motor.manifest.slos.empty()) return {};
  AIOP_TRY(const auto builds, BuildsSince(home.ledger(), plant.name, now + -longest));
  for (const auto& objective : motor.manifest.slos) {
    auto standing = kpi::Measure(objective, motor.manifest.budgets, builds, now);
    standing.plant = plant.name;
    AIOP_TRY(standing.breach, OpenBreach(home.ledger(), KeyOf(standing)));
    standings.push_back(std::move(standing));
  }
  return {};
}

model::SignalType TypeOf(model::Signal signal) {
  switch (signal) {
    case model::Signal::kSuccess:
      return model::SignalType::kError;
    case model::Signal::kLatency:
      return model::SignalType::kLatency;
    case model::Signal::kCost:
      return model::SignalType::kCost;
    case model::Signal::kQuality:
      return model::SignalType::kQualityScore;
    case model::Signal::kCoverage:
      return model::SignalType::kCoverage;
  }
  return model::SignalType::kError;
}

std::string NameOf(const kpi::ObjectiveStanding& standing) {
  return std::string(describe::Name(standing.signal)) + " of at least " + Text(standing.target) +
         " within " + standing.window;
}

json::Object FiguresOf(const kpi::ObjectiveStanding& standing, std::string details) {
  return {{"details", std::move(details)},
          {"objective", NameOf(standing)},
          {"value", standing.measured ? json::Value(*standing.measured) : json::Value(nullptr)},
          {"unit", "share"},
          {"target", standing.target},
          {"runs", standing.runs},
          {"bad", standing.bad},
          {"budget_left_runs", standing.budget_left_runs},
          {"bad_runs", describe::Encode(standing.bad_runs)},
          {"incidents", describe::Encode(standing.incidents)}};
}

// A breach is no failure of one run: its runs' own failures are what is examined.
std::string WhyNoIncident(const kpi::ObjectiveStanding& standing) {
  if (standing.incidents.empty()) {
    return "a missed objective: none of its runs stands at a failure, so there is nothing to "
           "examine; people decide what to do about it";
  }
  std::string text = "a missed objective: what its runs stopped at is examined there, incident";
  for (const auto& incident : standing.incidents) text += " " + incident;
  return text;
}

model::StoredEvent BreachOf(const kpi::ObjectiveStanding& standing, std::string id) {
  auto event = remarks::MakeRemark(
      std::move(id), standing.plant, model::Scope::kMotor,
      FiguresOf(standing, "objective missed: " + NameOf(standing) + ", and it is " +
                              Text(standing.measured.value_or(0)) + " of " +
                              std::to_string(standing.runs) + " runs"));
  event.envelope.severity = model::Severity::kError;
  event.not_an_incident = WhyNoIncident(standing);
  return event;
}

Status Note(engine::Engine& engine, kpi::ObjectiveStanding& standing) {
  const bool missed = standing.verdict == kpi::Verdict::kFail;
  const std::string key = KeyOf(standing);
  const auto& ledger = engine.home().ledger();
  AIOP_TRY(const auto earlier, remarks::RemarksOn(ledger, missed ? kBreach : kMet, key));
  std::string id = remarks::RemarkId(missed ? kBreach : kMet, key, earlier.size() + 1);
  model::StoredEvent event =
      missed ? BreachOf(standing, id)
             : remarks::MakeRemark(
                   id, standing.plant, model::Scope::kMotor,
                   FiguresOf(standing, "objective no longer missed: " + NameOf(standing)));
  event.envelope.signal_type = TypeOf(standing.signal);
  AIOP_TRY(const auto plant, contexts::GetPlant(engine.home(), standing.plant));
  event.envelope.context_ref.motor_ctx = plant.active;
  AIOP_TRY(const auto redactor, redact::Redactor::Create({}));
  AIOP_TRY([[maybe_unused]] const bool is_new, engine.Store(std::move(event), redactor));
  standing.breach = missed ? id : "";
  return {};
}

}  // namespace

Result<std::vector<kpi::ObjectiveStanding>> Objectives(contexts::Home& home,
                                                       const std::string& plant, Timestamp now) {
  std::vector<model::Plant> plants;
  if (plant.empty()) {
    AIOP_TRY(plants, home.motors().List<model::Plant>());
  } else {
    AIOP_TRY(auto known, contexts::GetPlant(home, plant));
    plants.push_back(std::move(known));
  }
  std::vector<kpi::ObjectiveStanding> standings;
  for (const auto& each : plants) AIOP_CHECK_OK(MeasureAll(home, each, now, standings));
  return standings;
}

bool HasNews(const kpi::ObjectiveStanding& standing) {
  return (standing.verdict == kpi::Verdict::kFail) == standing.breach.empty();
}

Status NoteBreaches(engine::Engine& engine, std::vector<kpi::ObjectiveStanding>& standings) {
  for (auto& standing : standings) {
    if (HasNews(standing)) AIOP_CHECK_OK(Note(engine, standing));
  }
  return {};
}

}  // namespace aiop::figures
