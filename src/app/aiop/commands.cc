// SPDX-License-Identifier: Apache-2.0
// The table of commands.
#include "app/aiop/commands.h"

#include "app/aiop/definition.h"

namespace aiop::app {
namespace {

Argument Id(std::string_view name, std::string_view help) { return {.name = name, .help = help}; }
Option Flag(std::string_view name, std::string_view help) {
  return {.name = name, .value = "", .help = help, .kind = Kind::kFlag};
}
Option Text(std::string_view name, std::string_view value, std::string_view help) {
  return {.name = name, .value = value, .help = help};
}
Option Required(Option option) {
  option.required = true;
  return option;
}
Option Repeated(Option option) {
  option.repeated = true;
  return option;
}
Option Of(Kind kind, Option option) {
  option.kind = kind;
  return option;
}
Option OneOf(Option option, std::vector<std::string_view> choices) {
  option.choices = std::move(choices);
  return option;
}
Option Jobs() {
  return Of(Kind::kNumber, Text("--jobs", "N", "How many runs go on side by side (default 1)."));
}
Option PolicyFile() {
  return Of(Kind::kFile, Text("--policy", "FILE",
                              "A policy file instead of the built-in one (also $AIOP_POLICY)."));
}
// What every list takes, after its own filters.
std::vector<Option> Listing(std::vector<Option> filters) {
  filters.push_back(Of(Kind::kNumber, Text("--limit", "N", "At most this many (default 1000).")));
  filters.push_back(Of(Kind::kNumber, Text("--after", "CURSOR",
                                           "Go on after this place: `next` of the page before.")));
  return filters;
}

std::vector<Command> Basics() {
  return {
      {.path = "init",
       .summary = "Create a home, where aiop keeps its state",
       .details = "Done by any first command too. Harmless when there is one.",
       .examples = {"aiop init", "aiop --home ./state init"},
       .handler = Init},
      {.path = "help",
       .summary = "Explain a command",
       .details = "",
       .arguments = {{.name = "COMMAND", .help = "Its words.", .count = Count::kAny}},
       .examples = {"aiop help run show"},
       .handler = Help},
  };
}

std::vector<Command> Plants() {
  return {
      {.path = "plant",
       .summary = "Register plants: tools that turn app specs into artifacts",
       .details = "",
       .examples = {"aiop plant ls"}},
      {.path = "plant add",
       .summary = "Register a plant by its motor",
       .details = "The motor is a git repository, or a plain folder, with motor.yaml at its root. "
                  "It is only ever read.",
       .arguments = {Id("NAME", "What the plant is called from now on.")},
       .options = {Required(
           Of(Kind::kRepository, Text("--motor", "PATH_OR_URL", "Where the motor comes from.")))},
       .examples = {"aiop plant add clients --motor ./openapi-motor"},
       .handler = PlantAdd},
      {.path = "plant ls",
       .summary = "List the plants",
       .details = "",
       .options = Listing({}),
       .examples = {"aiop plant ls"},
       .handler = PlantList},
      {.path = "plant show",
       .summary = "Show a plant with its manifest and active motor version",
       .details = "",
       .arguments = {Id("NAME", "The plant.")},
       .examples = {"aiop plant show clients"},
       .handler = PlantShow},
      {.path = "plant verify",
       .summary = "Run the contract tests of the plant interface against a plant",
       .details = "Starts the plant several times in a folder of its own and says which clause of "
                  "the contract it does not keep. Ends with 1 if any fails.",
       .arguments = {Id("NAME", "The plant.")},
       .options = {Text("--app", "NAME",
                        "With the spec of this app (default: a golden spec of the "
                        "motor, else the plant's first app)."),
                   Of(Kind::kFile, Text("--spec", "PATH", "With this spec.")),
                   Text("--profile", "X", "Under this profile.")},
       .examples = {"aiop plant verify clients", "aiop plant verify clients --spec petstore.json"},
       .handler = PlantVerify},
  };
}

std::vector<Command> Apps() {
  const Option spec =
      Required(Of(Kind::kFile, Text("--spec", "PATH", "The spec: a file or a folder; copied.")));
  return {
      {.path = "app",
       .summary = "Register apps: specs that a plant turns into artifacts",
       .details = "",
       .examples = {"aiop app ls"}},
      {.path = "app add",
       .summary = "Register an app spec",
       .details = "The spec is copied in; nothing is run.",
       .arguments = {Id("NAME", "What the app is called from now on.")},
       .options = {Required(Text("--plant", "P", "The plant it belongs to.")), spec,
                   Repeated(Text("--profile", "X", "A profile it is run with; may be repeated."))},
       .examples = {"aiop app add petstore --plant clients --spec petstore.json --profile types"},
       .handler = AppAdd},
      {.path = "app update",
       .summary = "Give an app a new version of its spec",
       .details = "The same content makes no new version. Paused runs of the app then resume on "
                  "the new one.",
       .arguments = {Id("NAME", "The app.")},
       .options = {spec, Flag("--no-resume", "Leave the paused runs of the app as they are."),
                   Jobs(), PolicyFile()},
       .examples = {"aiop app update petstore --spec petstore.json"},
       .handler = AppUpdate},
      {.path = "app ls",
       .summary = "List the apps",
       .details = "",
       .options = Listing({Text("--plant", "P", "Only of this plant.")}),
       .examples = {"aiop app ls --plant clients"},
       .handler = AppList},
      {.path = "app show",
       .summary = "Show an app and its versions",
       .details = "",
       .arguments = {Id("NAME", "The app.")},
       .examples = {"aiop app show petstore"},
       .handler = AppShow},
      {.path = "app diff",
       .summary = "Show what changed between two versions of an app's spec",
       .details = "Without versions: the current one against the one before.",
       .arguments = {Id("NAME", "The app."),
                     {.name = "V1", .help = "From this version.", .count = Count::kOptional},
                     {.name = "V2", .help = "To this one.", .count = Count::kOptional}},
       .examples = {"aiop app diff petstore", "aiop app diff petstore 1.0.0 1.1.0"},
       .handler = AppDiff},
  };
}

std::vector<Command> Runs() {
  return {
      {.path = "run",
       .summary = "Run apps under supervision until each is SUCCESS, FAILED or PAUSED",
       .details =
           "One run per app and profile. Unfinished runs of these apps are taken over and "
           "continued first. A failure is arbitrated by experiment; the side at fault is patched "
           "behind gates; the run goes on from its last checkpoint. Interrupted (Ctrl-C), it "
           "stores where everything stands and ends with 3; the same command goes on from there.",
       .options = {Required(Text("--plant", "P", "The plant.")),
                   Repeated(Text("--app", "NAME", "Only this app; may be repeated.")),
                   Repeated(Text("--profile", "X", "Only this profile; may be repeated.")),
                   Text("--motor", "VERSION", "On this motor version instead of the active one."),
                   Jobs(), Flag("--fresh", "Give up unfinished runs and start anew."),
                   PolicyFile()},
       .examples = {"aiop run --plant clients --jobs 2",
                    "aiop run --plant clients --app petstore --profile types",
                    "aiop --json run --plant clients | tail -n 1"},
       .handler = RunApps},
      {.path = "run show",
       .summary = "Show a run: states, attempts, checkpoints, artifacts",
       .details = "",
       .arguments = {Id("ID", "The run.")},
       .examples = {"aiop run show 0199f2c4-7d5e-7abc-8def-0123456789ab"},
       .handler = RunShow},
      {.path = "run watch",
       .summary = "Follow a run until it is SUCCESS, FAILED or PAUSED",
       .details = "Ends like `aiop run` would: 0, 1 or 3.",
       .arguments = {Id("ID", "The run.")},
       .examples = {"aiop run watch 0199f2c4-7d5e-7abc-8def-0123456789ab"},
       .handler = RunWatch},
      {.path = "run pause",
       .summary = "Pause a run (also one that another aiop is driving)",
       .details = "",
       .arguments = {Id("ID", "The run.")},
       .examples = {"aiop run pause 0199f2c4-7d5e-7abc-8def-0123456789ab"},
       .handler = RunPause},
      {.path = "run resume",
       .summary = "Resume a paused run from its last checkpoint and see it through",
       .details = "On the app's current version, and on the active motor version unless the run "
                  "was started on one named by hand.",
       .arguments = {Id("ID", "The run.")},
       .options = {PolicyFile()},
       .examples = {"aiop run resume 0199f2c4-7d5e-7abc-8def-0123456789ab"},
       .handler = RunResume},
      {.path = "run cancel",
       .summary = "Give a run up: it becomes FAILED",
       .details = "",
       .arguments = {Id("ID", "The run.")},
       .examples = {"aiop run cancel 0199f2c4-7d5e-7abc-8def-0123456789ab"},
       .handler = RunCancel},
      {.path = "run fork",
       .summary = "Make a new run that starts from a checkpoint of another",
       .details = "Prints the new run's id; it waits, PAUSED, unless --go is given.",
       .arguments = {Id("ID", "The run, which stays as it is.")},
       .options = {Required(Text("--from", "CHECKPOINT", "Where it starts.")),
                   Flag("--go", "Drive it right away."), PolicyFile()},
       .examples = {"aiop run fork 0199f2c4-7d5e-7abc-8def-0123456789ab --from generate --go"},
       .handler = RunFork},
      {.path = "runs",
       .summary = "List the runs",
       .details = "",
       .options = Listing({Text("--plant", "P", "Only of this plant."),
                           Text("--app", "NAME", "Only of this app."),
                           OneOf(Text("--state", "STATE", "Only in this state."),
                                 {"IDLE", "RUNNING", "PAUSED", "PATCHING_MOTOR", "PATCHING_APP",
                                  "VALIDATING", "RESUMING", "SUCCESS", "FAILED"})}),
       .examples = {"aiop runs", "aiop runs --state PAUSED"},
       .handler = RunList},
  };
}

std::vector<Command> Events() {
  const Option coverage =
      Of(Kind::kFile, Text("--coverage", "FILE", "An lcov trace file or Cobertura XML."));
  return {
      {.path = "events",
       .summary = "What observers reported",
       .details = "",
       .examples = {"aiop events tail"}},
      {.path = "events tail",
       .summary = "Show the last events",
       .details = "With --json one event envelope a line.",
       .options = {Flag("--follow", "Go on with what comes, until interrupted."),
                   Flag("--all", "All events instead of the last 50."),
                   Text("--run", "ID", "Only of this run."),
                   Text("--plant", "P", "Only of this plant."),
                   OneOf(Text("--scope", "S", "Only of this side."), {"app", "motor"}),
                   OneOf(Text("--type", "T", "Only of this signal type."),
                         {"validation", "error", "latency", "cost", "coverage", "quality_score"}),
                   OneOf(Text("--severity", "S", "Only of this severity."),
                         {"info", "warn", "error", "critical"})},
       .examples = {"aiop events tail --severity error", "aiop --json events tail --all --run ID"},
       .handler = EventsTail},
      {.path = "events ingest",
       .summary = "Store event envelopes from a file of JSON lines",
       .details = "Prints the counts; good lines are stored even if others are refused (then it "
                  "ends with 2). An id that is stored already is a duplicate.",
       .arguments = {{.name = "FILE",
                      .help = "The lines; '-' or nothing for standard input.",
                      .count = Count::kOptional,
                      .kind = Kind::kFile}},
       .examples = {"aiop events ingest events.ndjson", "my-observer | aiop events ingest -"},
       .handler = EventsIngest},
      {.path = "observe",
       .summary = "Turn a tool's report, or a command's end, into events about an app",
       .details = "Give exactly one of the reports, or a command after '--'. A wrapped command "
                  "keeps its output; ends with 0 if it ended with 0, else with 1.",
       .arguments = {{.name = "COMMAND",
                      .help = "The command to wrap, or the scorer with --score.",
                      .count = Count::kAny}},
       .options = {Required(Text("--app", "NAME", "The app it is about.")),
                   Of(Kind::kFile, Text("--junit", "FILE", "A JUnit XML report.")),
                   Of(Kind::kFile, Text("--sarif", "FILE", "A SARIF 2.1.0 report.")), coverage,
                   Of(Kind::kFile, Text("--diagnostics", "FILE", "What a compiler printed.")),
                   Flag("--score", "COMMAND is a scorer: it prints a figure 0..1."),
                   Text("--minimum", "X", "Below this a coverage or score is an error (0..1)."),
                   Text("--run", "ID", "The run it belongs to.")},
       .examples = {"aiop observe --app petstore --junit report.xml",
                    "aiop observe --app petstore -- npm test",
                    "aiop observe --app petstore --score --minimum 0.8 -- ./score.sh"},
       .handler = Observe},
  };
}

std::vector<Command> Incidents() {
  return {
      {.path = "incidents",
       .summary = "List the incidents: one failure, however often it shows",
       .details = "",
       .options = Listing({Text("--plant", "P", "Only of this plant."),
                           OneOf(Text("--state", "STATE", "Only in this state."),
                                 {"open", "arbitrating", "decided", "resolved", "merged"})}),
       .examples = {"aiop incidents", "aiop incidents --state open"},
       .handler = IncidentList},
      {.path = "incident",
       .summary = "Look at incidents, merge and export them",
       .details = "",
       .examples = {"aiop incident show ID"}},
      {.path = "incident show",
       .summary = "Show an incident: where it showed, which experiments were made",
       .details = "",
       .arguments = {Id("ID", "The incident.")},
       .examples = {"aiop incident show 0199f2c4-7d5e-7abc-8def-0123456789ab"},
       .handler = IncidentShow},
      {.path = "incident merge",
       .summary = "Say that two incidents are the same failure",
       .details = "Later failures of the first count for the second. Undone by `unmerge`.",
       .arguments = {Id("ID", "The incident that is merged away."), Id("INTO", "The one it is.")},
       .examples = {"aiop incident merge ID INTO"},
       .handler = IncidentMerge},
      {.path = "incident unmerge",
       .summary = "Undo a merge",
       .details = "",
       .arguments = {Id("ID", "The incident that was merged away.")},
       .examples = {"aiop incident unmerge ID"},
       .handler = IncidentUnmerge},
      {.path = "incident export",
       .summary = "Write a folder that reproduces the failure without aiop",
       .details = "",
       .arguments = {Id("ID", "The incident."),
                     {.name = "DIR",
                      .help = "A folder that does not exist yet (default incident-ID).",
                      .count = Count::kOptional,
                      .kind = Kind::kFolder}},
       .examples = {"aiop incident export ID ./failure && ./failure/run.sh"},
       .handler = IncidentExport},
  };
}

std::vector<Command> Decisions() {
  return {
      {.path = "decisions",
       .summary = "List the decisions: who has to change, and why",
       .details = "",
       .options = Listing({Text("--plant", "P", "Only of this plant."),
                           Text("--incident", "ID", "Only of this incident.")}),
       .examples = {"aiop decisions"},
       .handler = DecisionList},
      {.path = "decisions verify",
       .summary = "Check that no decision record was changed since it was made",
       .details = "",
       .examples = {"aiop decisions verify"},
       .handler = DecisionsVerify},
      {.path = "decision",
       .summary = "Look at a decision, or correct it",
       .details = "",
       .examples = {"aiop decision show ID"}},
      {.path = "decision show",
       .summary = "Show a decision with its evidence and what was ruled out",
       .details = "",
       .arguments = {Id("ID", "The decision.")},
       .examples = {"aiop decision show 0199f2c4-7d5e-7abc-8def-0123456789ab"},
       .handler = DecisionShow},
      {.path = "decision correct",
       .summary = "Say that a decision was wrong, and what would have been right",
       .details = "The record itself stays as it was made; the correction is stored beside it.",
       .arguments = {Id("ID", "The decision.")},
       .options = {Required(OneOf(Text("--as", "CATEGORY", "What it was."),
                                  {"APP-SPEC", "APP-BUILD", "MOTOR-RULES", "MOTOR-PERF",
                                   "MIXED-DRIFT", "TRANSIENT"})),
                   Required(Text("--because", "TEXT", "Why."))},
       .examples = {"aiop decision correct ID --as APP-SPEC --because 'the field never existed'"},
       .handler = DecisionCorrect},
  };
}

std::vector<Command> Motors() {
  const Argument plant = Id("PLANT", "The plant.");
  return {
      {.path = "motor",
       .summary = "The versions of a plant's motor",
       .details = "",
       .examples = {"aiop motor versions clients"}},
      {.path = "motor versions",
       .summary = "List the versions of a motor",
       .details = "",
       .arguments = {plant},
       .options = Listing({}),
       .examples = {"aiop motor versions clients"},
       .handler = MotorVersions},
      {.path = "motor diff",
       .summary = "Show what changed between two versions of a motor",
       .details = "",
       .arguments = {plant, Id("V1", "From this version."), Id("V2", "To this one.")},
       .examples = {"aiop motor diff clients 1.0.0 1.0.1"},
       .handler = MotorDiff},
      {.path = "motor changelog",
       .summary = "What was changed in a motor, why, and what it came to",
       .details = "",
       .arguments = {plant},
       .options = Listing({}),
       .examples = {"aiop motor changelog clients"},
       .handler = MotorChangelog},
      {.path = "motor rollback",
       .summary = "Make an earlier version of a motor the active one",
       .details = "Without --to: the version that the active one was made from.",
       .arguments = {plant},
       .options = {Text("--to", "VERSION", "The version to go back to."),
                   Text("--because", "TEXT", "Why, for the record."), PolicyFile()},
       .examples = {"aiop motor rollback clients", "aiop motor rollback clients --to 1.0.0"},
       .handler = MotorRollback},
      {.path = "motor restore-points",
       .summary = "List what can be gone back to",
       .details = "",
       .arguments = {plant},
       .options = Listing({}),
       .examples = {"aiop motor restore-points clients"},
       .handler = MotorRestorePoints},
  };
}

std::vector<Command> Changes() {
  return {
      {.path = "change",
       .summary = "Change requests of motors and apps",
       .details = "",
       .examples = {"aiop change ls"}},
      {.path = "change ls",
       .summary = "List the change requests",
       .details = "",
       .options = Listing({Text("--plant", "P", "Only of this plant."),
                           OneOf(Text("--status", "STATUS", "Only in this state."),
                                 {"drafted", "gating", "awaiting_approval", "canary", "promoted",
                                  "rejected", "rolled_back", "superseded"})}),
       .examples = {"aiop change ls --status awaiting_approval"},
       .handler = ChangeList},
      {.path = "change show",
       .summary = "Show a change: its diff, its gates, its approvals",
       .details = "",
       .arguments = {Id("ID", "The change.")},
       .examples = {"aiop change show 0199f2c4-7d5e-7abc-8def-0123456789ab"},
       .handler = ChangeShow},
      {.path = "change submit",
       .summary = "Submit a patch of a motor or of an app",
       .details = "A motor's patch is gated like any other; an app's becomes its next version.",
       .options = {Text("--plant", "P", "Of the motor of this plant."),
                   Text("--app", "A", "Of this app."),
                   Of(Kind::kFile,
                      Text("--patch", "FILE", "A unified diff ('-': standard input).")),
                   Text("--branch", "B", "A branch of the motor's repository."), PolicyFile()},
       .examples = {"aiop change submit --plant clients --patch fix.diff",
                    "aiop change submit --plant clients --branch fix/dates",
                    "aiop change submit --app petstore --patch petstore.diff"},
       .handler = ChangeSubmit},
      {.path = "change approve",
       .summary = "Approve a change: it is promoted, and the runs it answers resume",
       .details = "",
       .arguments = {Id("ID", "The change.")},
       .options = {Flag("--no-resume", "Promote it only."), Jobs(), PolicyFile()},
       .examples = {"aiop change approve 0199f2c4-7d5e-7abc-8def-0123456789ab"},
       .handler = ChangeApprove},
      {.path = "change reject",
       .summary = "Reject a change",
       .details = "",
       .arguments = {Id("ID", "The change.")},
       .options = {Text("--because", "TEXT", "Why."), PolicyFile()},
       .examples = {"aiop change reject ID --because 'wrong place'"},
       .handler = ChangeReject},
  };
}

std::vector<Command> Reference() {
  return {
      {.path = "search",
       .summary = "Search what plants said: requests, messages, output, errors",
       .details = "",
       .arguments = {{.name = "TEXT", .help = "Words that must occur.", .count = Count::kMany}},
       .options = {Text("--run", "ID", "Only in this run."),
                   Text("--step", "S", "Only in this step (as shown: 'after NAME')."),
                   Of(Kind::kNumber, Text("--limit", "N", "At most this many (default 50)."))},
       .examples = {"aiop search 'cannot resolve' --run ID"},
       .handler = Search},
      {.path = "policy",
       .summary = "Show the policy in force",
       .details = "",
       .options = {PolicyFile(), Flag("--propositions", "Instead: what its rules can ask.")},
       .examples = {"aiop policy > my-policy.yaml", "aiop policy --policy my-policy.yaml"},
       .handler = ShowPolicy},
      {.path = "schema",
       .summary = "The JSON Schemas of all records",
       .details = "",
       .examples = {"aiop schema ls"}},
      {.path = "schema ls",
       .summary = "List the records that have a schema",
       .details = "",
       .options = {Of(Kind::kFolder, Text("--write", "DIR", "Write each to DIR/NAME.json."))},
       .examples = {"aiop schema ls"},
       .handler = SchemaList},
      {.path = "schema show",
       .summary = "Print the JSON Schema of a record",
       .details = "",
       .arguments = {Id("NAME", "The record.")},
       .examples = {"aiop schema show EventEnvelope"},
       .handler = SchemaShow},
      {.path = "completion",
       .summary = "Print a shell completion script",
       .details = "",
       .arguments = {Id("SHELL", "bash, zsh or fish.")},
       .examples = {"aiop completion bash > /etc/bash_completion.d/aiop",
                    "aiop completion fish > ~/.config/fish/completions/aiop.fish"},
       .handler = Completion},
      {.path = "man",
       .summary = "Print the man page (roff)",
       .details = "",
       .examples = {"aiop man | man -l -"},
       .handler = Man},
  };
}

std::vector<Command> Assemble() {
  std::vector<Command> all;
  for (auto part :
       {Basics, Plants, Apps, Runs, Events, Incidents, Decisions, Motors, Changes, Reference}) {
    for (Command& each : part()) all.push_back(std::move(each));
  }
  return all;
}

}  // namespace

std::span<const Command> Commands() {
  static const std::vector<Command> all = Assemble();
  return all;
}

std::span<const Option> GlobalOptions() {
  static const std::vector<Option> options = {
      Of(Kind::kFolder,
         Text("--home", "DIR",
              "Where the state lives (default $AIOP_HOME, else $XDG_DATA_HOME/aiop, else "
              "~/.local/share/aiop).")),
      Flag("--json",
           "Machine-readable output: standard output is one JSON document, or JSON "
           "lines for run, watch and tail."),
      Flag("--quiet", "No progress and no hints on standard error."),
      Flag("--help", "Explain the command."),
      Flag("--version", "Print the version."),
  };
  return options;
}

}  // namespace aiop::app
