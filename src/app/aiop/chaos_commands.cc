// SPDX-License-Identifier: Apache-2.0
#include <atomic>

#include "app/aiop/commands.h"
#include "app/aiop/scratch.h"
#include "app/aiop/signals.h"
#include "app/aiop/words.h"
#include "base/file/file.h"
#include "control/chaos/chaos.h"
#include "control/compliance/compliance.h"

namespace aiop::app {
namespace {

namespace fs = std::filesystem;

Result<std::vector<const chaos::Drill*>> WantedDrills(const Arguments& arguments) {
  std::vector<const chaos::Drill*> wanted;
  for (const std::string& name : arguments.All("--drill")) {
    AIOP_TRY(wanted.emplace_back(), chaos::FindDrill(name));
  }
  if (!wanted.empty()) return wanted;
  for (const chaos::Drill& each : chaos::Drills()) wanted.push_back(&each);
  return wanted;
}

std::string Shown(const std::optional<int64_t>& milliseconds) {
  return milliseconds ? FormatDuration(Milliseconds{*milliseconds}) : "-";
}

void ShowReport(Output& out, const model::ChaosReport& report) {
  Table table({{"DRILL"},
               {"RESULT"},
               {"CALLED", Table::Align::kLeft, true},
               {"DETECTED", Table::Align::kRight},
               {"MTTR", Table::Align::kRight},
               {"TOOK", Table::Align::kRight}});
  for (const auto& each : report.drills) {
    table.Add({each.drill, each.passed ? Cell("pass", Colour::kGreen) : Cell("FAIL", Colour::kRed),
               each.classification, Shown(each.detected_ms), Shown(each.mttr_ms),
               FormatDuration(Milliseconds{each.took_ms})});
  }
  out.Show(table);
  const size_t width = out.paragraph_width();
  for (const auto& each : report.drills) {
    if (each.passed && each.notes.empty()) continue;
    out.Text("\n" + each.drill + (each.without.empty() ? "" : ", without " + each.without) + "\n");
    if (!each.problem.empty()) out.Text("  " + Wrap(each.problem, width, 2) + "\n");
    for (const auto& check : each.checks) {
      if (check.held) continue;
      out.Text("  " + Paint("expected", Colour::kRed, out.colours()) + "  " +
               Wrap(check.expected, width, 12) + "\n  seen      " + Wrap(check.seen, width, 12) +
               "\n");
    }
    for (const std::string& note : each.notes) out.Text("  " + Wrap(note, width, 2) + "\n");
    if (!each.folder.empty()) out.Text("  kept in " + each.folder + "\n");
  }
  if (report.mttr_mean_ms) {
    out.Text("\nmean time to recovery: " +
             FormatDuration(Milliseconds{static_cast<int64_t>(*report.mttr_mean_ms)}) + "\n");
  }
}

}  // namespace

Result<int> ChaosList(Session& session) {
  Output& out = session.out();
  if (out.json()) {
    json::Array items;
    for (const auto& each : chaos::Drills()) {
      json::Array guards;
      for (const auto guard : each.guards) guards.push_back(json::Value(guard));
      items.push_back(json::Object{{"name", each.name},
                                   {"hypothesis", each.hypothesis},
                                   {"injects", each.injects},
                                   {"guards", std::move(guards)}});
    }
    out.Document(json::Object{{"items", std::move(items)}, {"next", nullptr}});
    return 0;
  }
  Table table({{"DRILL"}, {"INJECTS", Table::Align::kLeft, true}, {"GUARDS"}});
  for (const auto& each : chaos::Drills()) {
    std::string guards;
    for (const auto guard : each.guards)
      guards += (guards.empty() ? "" : ", ") + std::string(guard);
    table.Add({std::string(each.name), std::string(each.injects), guards});
  }
  out.Show(table);
  return 0;
}

Result<int> ChaosRun(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(const auto drills, WantedDrills(arguments));
  chaos::Options options;
  AIOP_TRY(options.program, ThisProgram());
  options.without = arguments.One("--without");
  if (!options.without.empty() && arguments.All("--drill").size() != 1) {
    return Invalid("--without needs the one drill that tests the guard: name it with --drill");
  }
  options.keep = arguments.Has("--keep");
  AIOP_TRY(const fs::path place,
           options.keep ? Absolute(arguments.One("--keep")) : Scratch("aiop-chaos-"));
  std::atomic<bool> stop{false};
  options.stop = &stop;
  const StopOnSignals signals([&] { stop = true; });
  std::vector<model::DrillResult> results;
  for (const chaos::Drill* drill : drills) {
    if (stop) break;
    options.folder = place / drill->name;
    session.out().Note(std::to_string(results.size() + 1) + "/" + std::to_string(drills.size()) +
                       " " + std::string(drill->name) + ": " + std::string(drill->injects));
    AIOP_TRY(auto result, chaos::RunDrill(*drill, options));
    session.out().Note("    " + std::string(result.passed ? "passed" : "FAILED") + ", " +
                       FormatDuration(Milliseconds{result.took_ms}));
    results.push_back(std::move(result));
  }
  if (!options.keep) AIOP_CHECK_OK(file::RemoveTree(place));
  if (stop) return Fail(Code::kCancelled, "stopped before all drills were run");
  const model::ChaosReport report = chaos::Summarise(std::move(results));
  // Evidence for a home that is there; none is made for it.
  AIOP_TRY(const fs::path folder, session.HomeFolder());
  if (options.without.empty() && fs::exists(folder / "ledger.db")) {
    AIOP_TRY(contexts::Home * home, session.Own());
    AIOP_CHECK_OK(compliance::RecordDrills(*home, report));
  }
  if (session.out().json()) {
    session.out().Document(describe::ToJson(report));
  } else {
    ShowReport(session.out(), report);
  }
  return report.passed ? 0 : 1;
}

}  // namespace aiop::app
