// SPDX-License-Identifier: Apache-2.0
// plant autonomy: how far the operator goes by itself, and what it would have done on each rung.
#include "app/aiop/commands.h"
#include "app/aiop/figures_text.h"
#include "app/aiop/words.h"
#include "control/figures/figures.h"
#include "core/ladder/ladder.h"

namespace aiop::app {
namespace {

using contexts::Home;
using model::Autonomy;

constexpr std::string_view kDefaultSpan = "14d";

std::string Number(int64_t number) { return std::to_string(number); }

std::string Meaning(Autonomy autonomy) {
  switch (autonomy) {
    case Autonomy::kObserve:
      return "decides and records; nothing is changed";
    case Autonomy::kPropose:
      return "makes and checks patches; each waits for approval";
    case Autonomy::kPatchApp:
      return "patches apps as app_patches says; patches of the motor wait for approval";
    case Autonomy::kPatchMotor:
      return "patches apps as app_patches says, and the motor as approval says";
  }
  return "";
}

Result<Milliseconds> Span(const Arguments& arguments) {
  const std::string text =
      arguments.Has("--since") ? arguments.One("--since") : std::string(kDefaultSpan);
  if (const auto span = model::ParseWindow(text)) return *span;
  return Invalid("--since " + text + ": must be a number of days or hours, such as 14d or 12h");
}

void ShowReport(Output& out, const ladder::Report& report, Autonomy now) {
  out.Text("\n" + Counted(static_cast<size_t>(report.decisions), "decision") + " from " +
           FormatTimestamp(report.since) + " on: " + Number(report.app) + " of an app, " +
           Number(report.motor) + " of the motor or of both, " + Number(report.transient) +
           " transient, " + Number(report.abstained) + " asked a human; for " +
           Number(report.no_patch) + " there was no patch.\nDeciding them took " +
           Counted(static_cast<size_t>(report.experiments), "experiment") + ", " +
           FormatDuration(Milliseconds{report.plant_ms}) + " of plant time and " +
           Fixed(report.cost_usd, 2) + " USD; " + Number(report.corrected) +
           " were corrected by a human.\n\n");
  using Align = Table::Align;
  Table table({{"RUNG"},
               {"RECORDS", Align::kRight},
               {"ASKS", Align::kRight},
               {"PATCHES", Align::kRight},
               {"RIGHT", Align::kRight},
               {"WRONG", Align::kRight},
               {"NOT KNOWN", Align::kRight},
               {"HEALED", Align::kRight}});
  for (const ladder::Rung& rung : report.rungs) {
    table.Add({std::string(describe::Name(rung.autonomy)) + (rung.autonomy == now ? " *" : ""),
               Number(rung.recorded), Number(rung.waits), Number(rung.by_itself),
               Number(rung.right), Number(rung.wrong), Number(rung.unknown), Number(rung.healed)});
  }
  out.Show(table);
  out.Text(
      "\n* now. ASKS: a patch waits for approval. PATCHES: without anybody; RIGHT, WRONG and "
      "HEALED are of these.\n");
}

}  // namespace

Result<int> PlantAutonomy(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(const Milliseconds span, Span(arguments));
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(*home, arguments.One("NAME")));
  AIOP_TRY(const contexts::Motor motor, contexts::ActiveMotor(*home, plant.name));
  const model::MotorManifest& manifest = motor.manifest;
  std::optional<ladder::Report> report;
  if (arguments.Has("--report")) {
    AIOP_TRY(const auto records, figures::Read(*home, plant.name));
    const Timestamp now = Now();
    report = ladder::LookBack(records, manifest.app_patches, now + -span, now);
  }
  Output& out = session.out();
  if (out.json()) {
    json::Object document{{"plant", plant.name},
                          {"motor", motor.version.reference.Text()},
                          {"autonomy", std::string(describe::Name(manifest.autonomy))},
                          {"app_patches", std::string(describe::Name(manifest.app_patches))},
                          {"report", nullptr}};
    if (report) document["report"] = describe::ToJson(*report);
    out.Document(document);
    return 0;
  }
  out.Text("plant        " + plant.name + "\nautonomy     " +
           std::string(describe::Name(manifest.autonomy)) + ": " + Meaning(manifest.autonomy) +
           "\napp_patches  " + std::string(describe::Name(manifest.app_patches)) +
           "\nset in       motor.yaml of motor " + motor.version.reference.Text() +
           ": commit another value and run `aiop run --plant " + plant.name + "`\n");
  if (report) {
    ShowReport(out, *report, manifest.autonomy);
  } else {
    out.Note("what each rung would have done: aiop plant autonomy " + plant.name + " --report");
  }
  return 0;
}

}  // namespace aiop::app
