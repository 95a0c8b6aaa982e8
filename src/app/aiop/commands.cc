// SPDX-License-Identifier: Apache-2.0
// The table of commands.
#include "app/aiop/commands.h"

#include "app/aiop/parts.h"

namespace aiop::app {
namespace {

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
       .options = {Required(Of(Kind::kRepository,
                               Text("--motor", "PATH_OR_URL", "Where the motor comes from."))),
                   Text("--team", "TEAM", "Whose it is: policies may differ by team.")},
       .examples = {"aiop plant add clients --motor ./openapi-motor",
                    "aiop plant add clients --motor ./openapi-motor --team web"},
       .handler = PlantAdd,
       .least = model::Role::kOperator},
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
      {.path = "plant autonomy",
       .summary = "Show how far the operator goes by itself, and what each rung would have done",
       .details =
           "motor.yaml says it (`autonomy`: observe, propose, patch_app, patch_motor). --report "
           "looks back at the stored decisions: what would have been recorded, asked and patched "
           "on each rung, and how much of what is patched without anybody was shown to be right.",
       .arguments = {Id("NAME", "The plant.")},
       .options = {Flag("--report", "Look back."),
                   Text("--since", "SPAN", "So far back, such as 14d (default) or 12h.")},
       .examples = {"aiop plant autonomy clients",
                    "aiop plant autonomy clients --report --since 30d"},
       .handler = PlantAutonomy},
  };
}

std::vector<Command> Apps() {
  const Option spec =
      Of(Kind::kFile, Text("--spec", "PATH", "The spec: a file or a folder; copied."));
  const Option label =
      Repeated(Text("--label", "WORD", "A word by which canaries choose it; may be repeated."));
  return {
      {.path = "app",
       .summary = "Register apps: specs that a plant turns into artifacts",
       .details = "",
       .examples = {"aiop app ls"}},
      {.path = "app add",
       .summary = "Register an app spec",
       .details = "The spec is copied in; nothing is run.",
       .arguments = {Id("NAME", "What the app is called from now on.")},
       .options = {Required(Text("--plant", "P", "The plant it belongs to.")), Required(spec),
                   Repeated(Text("--profile", "X", "A profile it is run with; may be repeated.")),
                   label},
       .examples = {"aiop app add petstore --plant clients --spec petstore.json --profile types",
                    "aiop app add petstore --plant clients --spec petstore.json --label internal"},
       .handler = AppAdd,
       .least = model::Role::kRunner},
      {.path = "app update",
       .summary = "Give an app a new version of its spec",
       .details = "The same content makes no new version. Paused runs of the app then resume on "
                  "the new one. Labels replace those that the app had (--label '' takes them "
                  "away); without --spec nothing else changes.",
       .arguments = {Id("NAME", "The app.")},
       .options = {spec, label,
                   Flag("--no-resume", "Leave the paused runs of the app as they are."), Jobs(),
                   PolicyFile()},
       .examples = {"aiop app update petstore --spec petstore.json",
                    "aiop app update petstore --label internal"},
       .handler = AppUpdate,
       .least = model::Role::kRunner},
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
       .handler = RunApps,
       .least = model::Role::kRunner},
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
       .handler = RunPause,
       .least = model::Role::kRunner},
      {.path = "run resume",
       .summary = "Resume a paused run from its last checkpoint and see it through",
       .details = "On the app's current version, and on the active motor version unless the run "
                  "was started on one named by hand.",
       .arguments = {Id("ID", "The run.")},
       .options = {PolicyFile()},
       .examples = {"aiop run resume 0199f2c4-7d5e-7abc-8def-0123456789ab"},
       .handler = RunResume,
       .least = model::Role::kRunner},
      {.path = "run cancel",
       .summary = "Give a run up: it becomes FAILED",
       .details = "",
       .arguments = {Id("ID", "The run.")},
       .examples = {"aiop run cancel 0199f2c4-7d5e-7abc-8def-0123456789ab"},
       .handler = RunCancel,
       .least = model::Role::kRunner},
      {.path = "run fork",
       .summary = "Make a new run that starts from a checkpoint of another",
       .details = "Prints the new run's id; it waits, PAUSED, unless --go is given.",
       .arguments = {Id("ID", "The run, which stays as it is.")},
       .options = {Required(Text("--from", "CHECKPOINT", "Where it starts.")),
                   Flag("--go", "Drive it right away."), PolicyFile()},
       .examples = {"aiop run fork 0199f2c4-7d5e-7abc-8def-0123456789ab --from generate --go"},
       .handler = RunFork,
       .least = model::Role::kRunner},
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

std::vector<Command> Measuring() {
  const Option cache =
      Of(Kind::kFolder, Text("--cache", "DIR",
                             "What set-ups of motors download and install is kept here (default: "
                             "golden-cache in the home)."));
  return {
      {.path = "golden",
       .summary = "Measure how good the decisions are, on incidents whose cause is known",
       .details = "",
       .examples = {"aiop golden run"}},
      {.path = "golden run",
       .summary = "Play a corpus of labelled incidents and print how good the operator is",
       .details = "Each incident is played in a fresh home: real motors, real plants, the real "
                  "loop. Ends with 1 if a figure misses its bar, or a story is not as its labels "
                  "say.",
       .arguments = {{.name = "PATH",
                      .help = "The corpus, or one plant of it (default: tests/golden of the "
                              "checkout, or the installed one).",
                      .count = Count::kOptional,
                      .kind = Kind::kFolder}},
       .options =
           {OneOf(Text("--split", "SPLIT", "Only this part (default all)."),
                  {"tuning", "test", "all"}),
            Repeated(Text("--plant", "P", "Only incidents of this plant; may be repeated.")),
            Repeated(Text("--only", "NAME", "Only this incident; may be repeated.")),
            Of(Kind::kNumber, Text("--every", "N", "Only every Nth incident: a sample.")),
            Of(Kind::kNumber,
               Text("--jobs", "N", "How many incidents are played side by side (default 2).")),
            Of(Kind::kNumber, Text("--time-limit", "SECONDS", "For one incident (default 180).")),
            Flag("--baselines", "Also play blind retries, and compare with trivial rules."),
            Of(Kind::kFolder, Text("--keep", "DIR", "Keep what was played, in this folder.")),
            Of(Kind::kFile, Text("--history", "FILE",
                                 "Write the history of each decision to this file, for `aiop "
                                 "replay`: ids and times as each play has them.")),
            cache, PolicyFile()},
       .examples = {"aiop golden run --jobs 4", "aiop golden run --split tuning --baselines",
                    "aiop golden run --only wide-pages-regressed --keep ./played"},
       .handler = GoldenRun},
      {.path = "golden play",
       .summary = "Play one incident of a corpus and leave its home to be looked at",
       .details = "The home is DIR/home.",
       .arguments = {{.name = "PLANT", .help = "The plant's folder.", .kind = Kind::kFolder},
                     Id("NAME", "The incident.")},
       .options = {Required(Of(Kind::kFolder, Text("--into", "DIR", "An empty folder."))),
                   Of(Kind::kNumber, Text("--retries", "N",
                                          "Without the operator: a failed run is started anew, at "
                                          "most N times.")),
                   cache, PolicyFile()},
       .examples = {"aiop golden play tests/golden/pages wide-pages-regressed --into /tmp/played"},
       .handler = GoldenPlay},
      {.path = "replay",
       .summary = "Make recorded decisions again with another policy, without running a plant",
       .details = "Decides anew from what was recorded. An experiment that a history lacks is "
                  "unknown. Prints each decision that differs and why. Ends with 1 if any does.",
       .arguments = {{.name = "PATH",
                      .help = "A file of histories (default: the decisions of the home).",
                      .count = Count::kOptional,
                      .kind = Kind::kFile}},
       .options = {PolicyFile(),
                   Of(Kind::kFile, Text("--export", "FILE",
                                        "Instead: write the histories of the home to this file."))},
       .examples = {"aiop replay --policy my-policy.yaml", "aiop replay --export decisions.jsonl",
                    "aiop replay decisions.jsonl --policy my-policy.yaml"},
       .handler = Replay},
      {.path = "chaos",
       .summary = "Drills: do a fault on purpose and see that the operator copes",
       .details = "",
       .examples = {"aiop chaos run"}},
      {.path = "chaos ls",
       .summary = "List the drills, what each injects, and which guards it tests",
       .details = "",
       .examples = {"aiop chaos ls"},
       .handler = ChaosList},
      {.path = "chaos run",
       .summary = "Run the drills and report which passed, with times to detection and recovery",
       .details = "Each drill has a home, a plant and processes of its own in a temporary folder, "
                  "and touches no other: it may be run beside a live operator. Ends with 1 if a "
                  "drill fails.",
       .options = {Repeated(Text("--drill", "D", "Only this drill; may be repeated.")),
                   Text("--without", "GUARD",
                        "Switch a guard of the drill off, in the drill's own home: it has to "
                        "fail then."),
                   Of(Kind::kFolder,
                      Text("--keep", "DIR", "Keep what was played, in this folder."))},
       .examples = {"aiop chaos run", "aiop chaos run --drill kill-plant --drill disk-full",
                    "aiop chaos run --drill clock-jump --without steady-durations",
                    "aiop chaos run --json > chaos.json"},
       .handler = ChaosRun},
      {.path = "golden offer",
       .summary = "Write a decision that a human corrected as a golden incident",
       .details = "DIR becomes a plant of a corpus, which `golden run DIR` plays: the versions of "
                  "the motor up to the failure, the specs of the apps, and as truth what the "
                  "correction says. It holds the motor's source and the specs: look at it before "
                  "you share it.",
       .arguments = {Id("DECISION", "The decision; corrected, or confirmed by a correction.")},
       .options = {Required(Of(Kind::kFolder,
                               Text("--into", "DIR", "A folder that does not exist yet."))),
                   Text("--name", "NAME", "What the incident is called (default incident-ID)."),
                   OneOf(Text("--split", "SPLIT", "The part of the corpus (default tuning)."),
                         {"tuning", "test"})},
       .examples = {"aiop golden offer ID --into ./offered && aiop golden run ./offered"},
       .handler = GoldenOffer},
      {.path = "kpi",
       .summary = "Print the figures of apps, motors and the operator",
       .details =
           "Build success, quality, time and cost; incidents by category, time to repair and "
           "what each change did; how often the operator was right, resumed a run, blamed a "
           "motor wrongly, or asked. Every share stands with its count and its 95 % "
           "interval; what rests on nothing reads `no data`. docs/kpi.md defines each.",
       .options = {Text("--plant", "P", "Only of this plant."),
                   Text("--since", "SPAN", "How far back: 30d, 12h (default 30d), or a time.")},
       .examples = {"aiop kpi", "aiop kpi --plant clients --since 7d", "aiop --json kpi"},
       .handler = Kpi},
      {.path = "slo",
       .summary = "Show how the objectives stand and how much error budget is left",
       .details = "Objectives are `slos` in motor.yaml. One that is missed is told as one event of "
                  "scope motor for as long as it is missed.",
       .options = {Text("--plant", "P", "Only of this plant."),
                   Flag("--check", "End with 1 if an objective is missed.")},
       .examples = {"aiop slo", "aiop slo --plant clients --check"},
       .handler = Slo},
      {.path = "compliance",
       .summary = "Answer the checklist of the operator-observer specification from the records",
       .details =
           "Contexts, events, decisions, resumption, changelog, rollback, governed changes, and "
           "that every error and critical event ended in an incident or a reason. Each line "
           "names its evidence; a line without any does not hold, and the command ends with 1.",
       .options = {Text("--plant", "P", "Only events of this plant."),
                   Of(Kind::kNumber,
                      Text("--limit", "N", "List at most this many (default 1000)."))},
       .examples = {"aiop compliance", "aiop --json compliance"},
       .handler = Compliance},
  };
}

std::vector<Command> Assemble() {
  std::vector<Command> all;
  for (auto part : {Basics, Plants, Apps, Runs, ArtifactCommands, RecordCommands, HookCommands,
                    Measuring, Reference}) {
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
      Text("--token", "SECRET", "Act as the holder of this token (default $AIOP_TOKEN)."),
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
