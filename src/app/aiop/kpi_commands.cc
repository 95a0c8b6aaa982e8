// SPDX-License-Identifier: Apache-2.0
// kpi, slo, compliance.
#include <algorithm>

#include "app/aiop/commands.h"
#include "app/aiop/figures_text.h"
#include "app/aiop/listing.h"
#include "app/aiop/words.h"
#include "control/compliance/compliance.h"
#include "control/figures/figures.h"

namespace aiop::app {
namespace {

using contexts::Home;

constexpr std::string_view kDefaultSpan = "30d";

// "30d" back from now, or a time.
Result<Timestamp> Since(const Arguments& arguments, Timestamp now) {
  const std::string text =
      arguments.Has("--since") ? arguments.One("--since") : std::string(kDefaultSpan);
  if (const auto span = model::ParseWindow(text)) return now + -*span;
  const auto time = ParseTimestamp(text);
  if (time && *time > now) return Invalid("--since " + text + ": is in the future");
  if (time) return *time;
  return Invalid("--since " + text +
                 ": must be a number of days or hours, such as 30d or 12h, or a time");
}

std::string Duration(double milliseconds) {
  return FormatDuration(Milliseconds{static_cast<int64_t>(milliseconds)});
}

// "median 4.0 s (95 %: 3.1 s-6.0 s), mean 4.2 s, of 12"
std::string ShownTime(const kpi::Middle& middle) {
  if (!middle.median) return "no data";
  std::string text = "median " + Duration(*middle.median);
  if (middle.low && middle.high) {
    text += " (95 %: " + Duration(*middle.low) + "-" + Duration(*middle.high) + ")";
  }
  return text + ", mean " + Duration(middle.mean.value_or(0)) + ", of " +
         std::to_string(middle.count);
}

std::string ShownFigure(const kpi::Middle& middle, int digits) {
  if (!middle.median) return "no data";
  std::string text = "median " + Fixed(*middle.median, digits);
  if (middle.low && middle.high) {
    text += " (95 %: " + Fixed(*middle.low, digits) + "-" + Fixed(*middle.high, digits) + ")";
  }
  return text + ", mean " + Fixed(middle.mean, digits) + ", of " + std::to_string(middle.count);
}

void ShowApps(Output& out, const kpi::AppFigures& app) {
  Table table({{"APPS"}, {""}});
  table.Add({"build success", Shown(app.success)});
  table.Add({"... without any failure", Shown(app.success_at_once)});
  table.Add({"quality", ShownFigure(app.quality, 3)});
  table.Add({"end-to-end time", ShownTime(app.end_to_end_ms)});
  table.Add({"time in the plant", ShownTime(app.plant_ms)});
  table.Add({"cost per build (USD)", ShownFigure(app.cost_usd, 4)});
  out.Show(table);
  out.Text("\n");
}

Cell VerdictCell(kpi::Verdict verdict) {
  const std::string word(describe::Name(verdict));
  if (verdict == kpi::Verdict::kPass) return Cell(word, Colour::kGreen);
  return verdict == kpi::Verdict::kFail ? Cell(word, Colour::kRed) : Cell(word, Colour::kDim);
}

void ShowImpact(Output& out, const kpi::ChangeImpact& impact) {
  out.Text("\n" + impact.plant + " " + impact.from + " -> " + impact.to + "  " + impact.title +
           " (" + std::string(describe::Name(impact.status)) + ", change " + impact.change + ")\n");
  Table table({{"  IMPACT"},
               {"BEFORE", Table::Align::kRight},
               {"AFTER", Table::Align::kRight},
               {"VERDICT"},
               {"BECAUSE", Table::Align::kLeft, true}});
  const auto line = [&](const char* name, const kpi::Comparison& figure, int digits) {
    const auto side = [&](const std::optional<double>& value, int64_t count) {
      return value ? Fixed(*value, digits) + " of " + std::to_string(count) : "no data";
    };
    table.Add({name, side(figure.before, figure.count_before),
               side(figure.after, figure.count_after), VerdictCell(figure.verdict),
               figure.because});
  };
  line("  success", impact.success, 3);
  line("  latency (ms)", impact.latency_ms, 0);
  line("  cost (USD)", impact.cost_usd, 4);
  line("  quality", impact.quality, 3);
  out.Show(table);
}

void ShowMotors(Output& out, const kpi::MotorFigures& motor) {
  Table table({{"MOTORS"}, {""}});
  for (const auto& each : motor.incidents) {
    if (each.share.hits > 0) table.Add({"incidents " + each.category, Shown(each.share)});
  }
  if (table.empty()) table.Add({"incidents", "no data"});
  table.Add({"time to repair (MTTR: mean)", ShownTime(motor.repair_ms)});
  out.Show(table);
  for (const auto& each : motor.changes) ShowImpact(out, each);
  out.Text("\n");
}

void ShowOperator(Output& out, const kpi::OperatorFigures& op) {
  Table table({{"OPERATOR"}, {""}});
  table.Add({"accuracy, where the truth is known", Shown(op.accuracy)});
  table.Add({"... by what a human said", Shown(op.accuracy_human)});
  table.Add({"... by what healed it (side)", Shown(op.accuracy_healing)});
  table.Add({"resumed", Shown(op.resumed)});
  table.Add({"actions per failure", Fixed(op.actions_per_failure, 2)});
  table.Add({"false motor fixes, of all", Shown(op.false_motor_fixes)});
  table.Add({"... where the truth is known", Shown(op.false_motor_fixes_known)});
  table.Add({"abstained", Shown(op.abstained)});
  table.Add({"plant-seconds saved by resuming", Fixed(op.saved_plant_seconds, 1)});
  table.Add({"plant-seconds spent on experiments", Fixed(op.spent_plant_seconds, 1)});
  out.Show(table);
}

// "0.5 of 2.0 runs (25 %)"
std::string BudgetText(const kpi::ObjectiveStanding& standing) {
  if (standing.runs == 0) return "no data";
  std::string text =
      Fixed(standing.budget_left_runs, 1) + " of " + Fixed(standing.budget_runs, 1) + " runs";
  if (standing.budget_left) text += " (" + Percent(*standing.budget_left) + ")";
  return text;
}

std::string MeasuredText(const kpi::ObjectiveStanding& standing) {
  if (!standing.measured) return "no data";
  std::string text = Fixed(*standing.measured, 3) + " of " + std::to_string(standing.runs);
  if (standing.low && standing.high) {
    text += " (95 %: " + Fixed(*standing.low, 3) + "-" + Fixed(*standing.high, 3) + ")";
  }
  return text;
}

void ShowStandings(Output& out, const std::vector<kpi::ObjectiveStanding>& standings) {
  Table table({{"PLANT"},
               {"SIGNAL"},
               {"TARGET", Table::Align::kRight},
               {"WINDOW", Table::Align::kRight},
               {"MEASURED"},
               {"BUDGET LEFT"},
               {"BURN RATE"},
               {"VERDICT"}});
  for (const auto& each : standings) {
    const std::string burn = Fixed(each.burn_rate, 1) + ", last " +
                             Fixed(each.short_window_hours, 1) + " h " +
                             Fixed(each.burn_rate_short, 1);
    table.Add({each.plant, std::string(describe::Name(each.signal)), Fixed(each.target, 3),
               each.window, MeasuredText(each), BudgetText(each), burn, VerdictCell(each.verdict)});
  }
  if (table.empty()) {
    out.Note("no objectives: `slos` in a motor's motor.yaml");
  } else {
    out.Show(table);
  }
  for (const auto& each : standings) {
    if (each.breach.empty()) continue;
    out.Text("\n" + each.plant + ": " + std::string(describe::Name(each.signal)) +
             " is missed; event " + each.breach + "\n");
    if (!each.incidents.empty()) out.Text("  incidents  " + Joined(each.incidents) + "\n");
  }
}

}  // namespace

Result<int> Kpi(Session& session) {
  const Arguments& arguments = session.arguments();
  const Timestamp now = Now();
  AIOP_TRY(const Timestamp since, Since(arguments, now));
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto report, figures::Report(*home, arguments.One("--plant"), since, now));
  Output& out = session.out();
  if (out.json()) {
    out.Document(describe::ToJson(report));
    return 0;
  }
  out.Text("since " + FormatTimestamp(since) + "\n\n");
  ShowApps(out, report.figures.app);
  ShowMotors(out, report.figures.motor);
  ShowOperator(out, report.figures.op);
  if (report.plants.size() > 1)
    out.Note("of " + Counted(report.plants.size(), "plant") + ": --plant P shows one");
  return 0;
}

Result<int> Slo(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(Home * home, session.Read());
  kpi::SloReport report{.at = Now(), .items = {}};
  AIOP_TRY(report.items, figures::Objectives(*home, arguments.One("--plant"), report.at));
  // Whoever owns the home at this moment looks at the objectives itself when its runs have ended.
  AIOP_TRY(const bool owned, session.IsOwnedByOther());
  if (!owned && std::ranges::any_of(report.items, figures::HasNews)) {
    AIOP_TRY(home, session.Own());
    // Read again: another process may have told of it meanwhile.
    AIOP_TRY(report.items, figures::Objectives(*home, arguments.One("--plant"), report.at));
    engine::Engine engine(*home, nullptr);
    AIOP_CHECK_OK(figures::NoteBreaches(engine, report.items));
  }
  if (session.out().json()) {
    session.out().Document(describe::ToJson(report));
  } else {
    ShowStandings(session.out(), report.items);
  }
  const bool missed = std::ranges::any_of(report.items, [](const kpi::ObjectiveStanding& each) {
    return each.verdict == kpi::Verdict::kFail;
  });
  return arguments.Has("--check") && missed ? 1 : 0;
}

namespace {

// "[x] Rollback is tested. 1 rollback of a motor, 2 min ago", and below it what is missing.
void ShowChecklist(Output& out, const kpi::ComplianceReport& report) {
  const Timestamp now = Now();
  std::string text;
  for (const auto& line : report.checklist) {
    text += (line.holds ? "[x] " : "[ ] ") + line.requirement + "\n";
    for (const auto& each : line.evidence) {
      std::string found = each.found;
      if (each.at) found += ", the newest " + Ago(*each.at, now);
      for (size_t i = 0; i < each.refs.size(); ++i) found += (i == 0 ? ": " : ", ") + each.refs[i];
      text += "      " + Wrap(found, out.paragraph_width(), 6) + "\n";
    }
    for (const auto& each : line.missing) {
      text += "    ! " + Wrap(each, out.paragraph_width(), 6) + "\n";
    }
  }
  out.Text(text + "\n" + (report.complies ? "complies" : "does not comply") + "\n\n");
}

}  // namespace

Result<int> Compliance(Session& session) {
  const Arguments& arguments = session.arguments();
  const int64_t limit = arguments.Number("--limit", kDefaultPage);
  if (limit < 0) return Invalid("--limit is at least 0");
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto report,
           compliance::Check(*home, arguments.One("--plant"), static_cast<size_t>(limit)));
  Output& out = session.out();
  if (out.json()) {
    out.Document(describe::ToJson(report));
    return report.complies ? 0 : 1;
  }
  ShowChecklist(out, report);
  const auto count = [](int64_t number) { return std::to_string(number); };
  out.Text(Counted(static_cast<size_t>(report.checked), "error or critical event") + ": " +
           count(report.incidents) + " ended in an incident, " + count(report.explained) +
           " have a stored reason why not, " +
           (report.pending > 0 ? count(report.pending) + " are of runs under way, " : "") +
           count(report.mute) + " have neither\n");
  if (report.mute == 0) return report.complies ? 0 : 1;
  Table table({{"EVENT"},
               {"PLANT"},
               {"APP"},
               {"TIME"},
               {"MESSAGE", Table::Align::kLeft, true},
               {"WHY", Table::Align::kLeft, true}});
  for (const auto& each : report.items) {
    table.Add(
        {each.event, each.plant, each.app, FormatTimestamp(each.time), each.message, each.why});
  }
  out.Text("\n");
  out.Show(table);
  if (report.mute > static_cast<int64_t>(report.items.size())) out.Note("there are more: --limit");
  return 1;
}

}  // namespace aiop::app
