// SPDX-License-Identifier: Apache-2.0
// Events from outside: events ingest, observe.
#include <algorithm>
#include <cstdlib>

#include "app/aiop/commands.h"
#include "app/aiop/input.h"
#include "app/aiop/words.h"
#include "base/file/file.h"
#include "base/identity/identity.h"
#include "base/process/process.h"
#include "control/engine/engine.h"
#include "control/observers/observers.h"
#include "core/redact/redact.h"

extern char** environ;

namespace aiop::app {
namespace {

namespace fs = std::filesystem;
using contexts::Home;
using observers::Events;

constexpr size_t kWrappedOutputBytes = size_t{256} << 20;
constexpr Milliseconds kWrappedTimeout{24LL * 3600 * 1000};

// The command sees what its caller sees: it is the user's own, not a motor's.
std::map<std::string, std::string> InheritedEnvironment() {
  std::map<std::string, std::string> environment;
  for (char** each = environ; *each; ++each) {
    const std::string_view entry(*each);
    const size_t equals = entry.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    environment[std::string(entry.substr(0, equals))] = entry.substr(equals + 1);
  }
  return environment;
}

Result<process::Output> RunCommand(const std::vector<std::string>& argv) {
  process::Command command;
  command.argv = argv;
  std::error_code error;
  command.folder = fs::current_path(error);
  command.environment = InheritedEnvironment();
  auto output = process::Run(command, "", kWrappedTimeout, kWrappedOutputBytes);
  if (!output &&
      (output.error().code == Code::kForbidden || output.error().code == Code::kNotFound))
    return Invalid(output.error().message);
  return output;
}

// What was given to observe, and with what exit code the command ends.
struct Observed {
  Events events;
  int code = 0;
};

Result<std::optional<double>> Minimum(const Arguments& arguments) {
  if (!arguments.Has("--minimum")) return std::optional<double>();
  AIOP_TRY(const double share, ReadShare(arguments.One("--minimum"), "--minimum"));
  return std::optional(share);
}

// A report is read before the home is opened: one with a mistake in it changes nothing.
struct Report {
  std::string option;
  std::string file;
  std::string text;
};
Result<std::optional<Report>> ReadReport(const Arguments& arguments) {
  std::optional<Report> report;
  for (const char* option : {"--junit", "--sarif", "--coverage", "--diagnostics"}) {
    if (!arguments.Has(option)) continue;
    if (report) return Invalid("give one report at a time: " + report->option + " or " + option);
    report = {.option = option, .file = arguments.One(option), .text = ""};
  }
  const bool command = !arguments.All("COMMAND").empty();
  if (report && (command || arguments.Has("--score"))) {
    return Invalid("give either a report or a command, not both");
  }
  if (!report && !command) {
    return Invalid(
        "nothing to observe: give --junit, --sarif, --coverage, --diagnostics, or a command after "
        "'--'");
  }
  if (report) {
    AIOP_TRY(report->text, ReadInput(report->file, observers::kReportLimitBytes));
  }
  return report;
}

Result<Events> EventsOf(const Report& report, const observers::Context& context,
                        std::optional<double> minimum) {
  if (report.option == "--junit") return observers::ReadJUnit(context, report.text, report.file);
  if (report.option == "--sarif") return observers::ReadSarif(context, report.text, report.file);
  if (report.option == "--coverage") {
    return observers::ReadCoverage(context, report.text, report.file, minimum);
  }
  return observers::ReadDiagnostics(context, report.text, "compiler", report.file);
}

Result<Observed> ObserveCommand(Session& session, const observers::Context& context,
                                std::optional<double> minimum) {
  const auto argv = session.arguments().All("COMMAND");
  AIOP_TRY(const process::Output output, RunCommand(argv));
  const bool score = session.arguments().Has("--score");
  if (!session.out().json() && !score) session.out().Text(output.out);
  std::fwrite(output.err.data(), 1, output.err.size(), stderr);
  Observed observed;
  if (score && output.ok()) {
    AIOP_TRY(const double figure, observers::ParseScore(output.out));
    observed.events.push_back(observers::FromScore(context, argv.front(), figure, minimum));
    observed.code = observed.events.front().IsFailure() ? 1 : 0;
    return observed;
  }
  std::string tail = output.err;
  if (tail.size() > observers::kOutputTailLimitBytes) {
    tail.erase(0, tail.size() - observers::kOutputTailLimitBytes);
  }
  observed.events.push_back(observers::FromExit(context, argv.front(), output.exit.code,
                                                output.exit.signal, json::ToValidUtf8(tail)));
  observed.code = output.ok() ? 0 : 1;
  return observed;
}

// What the events have in common: the app, its plant's active motor, perhaps a run.
Result<observers::Context> ContextOf(Session& session, Home& home, model::App& app) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(app, home.apps().Get<model::App>(arguments.One("--app")));
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(home, app.plant));
  observers::Context context;
  context.trace_id = NewId();
  context.now = Now();
  context.context_ref = {app.current, plant.active};
  context.occasion = "observe " + context.trace_id;
  if (arguments.Has("--run")) {
    AIOP_TRY(const model::Run run, home.ledger().Get<model::Run>(arguments.One("--run")));
    if (run.app != app.name) return Invalid("run " + run.id + " is not of app '" + app.name + "'");
    context.trace_id = run.id;
    context.context_ref = {run.app_ctx, run.motor_ctx};
  }
  return context;
}

Result<int64_t> StoreAll(Session& session, Home& home, const model::App& app,
                         const Events& events) {
  AIOP_TRY(const auto motor, contexts::ActiveMotor(home, app.plant));
  AIOP_TRY(const auto redactor, redact::Redactor::Create(motor.manifest.redact));
  engine::Engine engine(home, nullptr);
  int64_t stored = 0;
  for (const auto& envelope : events) {
    model::StoredEvent event;
    event.envelope = envelope;
    event.plant = app.plant;
    if (session.arguments().Has("--run")) event.run = envelope.trace_id;
    AIOP_TRY(const bool is_new, engine.Store(std::move(event), redactor));
    stored += is_new ? 1 : 0;
  }
  return stored;
}

}  // namespace

Result<int> Observe(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(const auto report, ReadReport(arguments));
  AIOP_TRY(const auto minimum, Minimum(arguments));
  AIOP_TRY(Home * reading, session.Read());
  model::App app;
  AIOP_TRY(const observers::Context context, ContextOf(session, *reading, app));
  Observed observed;
  if (report) {
    AIOP_TRY(observed.events, EventsOf(*report, context, minimum));
  } else {
    session.Close();  // the command may take long, and may call aiop itself
    AIOP_TRY(observed, ObserveCommand(session, context, minimum));
  }
  AIOP_TRY(Home * home, session.Own());
  AIOP_TRY(const int64_t stored, StoreAll(session, *home, app, observed.events));
  const auto failures = std::count_if(observed.events.begin(), observed.events.end(),
                                      [](const auto& each) { return each.IsFailure(); });
  if (session.out().json()) {
    session.out().Document(json::Object{{"app", app.name},
                                        {"trace_id", context.trace_id},
                                        {"stored", stored},
                                        {"failures", static_cast<int64_t>(failures)},
                                        {"events", describe::Encode(observed.events)}});
  } else {
    session.out().Note(Counted(static_cast<size_t>(stored), "event") + " stored, " +
                       std::to_string(failures) + " of them failures");
  }
  return observed.code;
}

Result<int> EventsIngest(Session& session) {
  AIOP_TRY(const std::string text,
           ReadInput(session.arguments().One("FILE"), json::kTextLimitBytes));
  AIOP_TRY(Home * home, session.Own());
  engine::Engine engine(*home, nullptr);
  AIOP_TRY(const engine::Ingested ingested, engine.Ingest(text));
  Output& out = session.out();
  json::Array refused;
  for (const auto& each : ingested.refused) {
    refused.push_back(json::Object{{"line", each.line}, {"reason", each.reason}});
    if (out.json()) continue;  // they stand in the document
    out.Note("aiop: " + (session.arguments().Has("FILE") ? session.arguments().One("FILE") : "-") +
             ":" + std::to_string(each.line) + ": " + each.reason);
  }
  const bool all = refused.empty();
  if (out.json()) {
    out.Document(json::Object{{"accepted", ingested.accepted},
                              {"duplicates", ingested.duplicates},
                              {"refused", std::move(refused)}});
  } else {
    out.Text(std::to_string(ingested.accepted) + " accepted, " +
             std::to_string(ingested.duplicates) + " duplicates, " +
             std::to_string(ingested.refused.size()) + " refused\n");
  }
  return all ? 0 : 2;
}

}  // namespace aiop::app
