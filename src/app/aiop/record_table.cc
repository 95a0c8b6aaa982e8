// SPDX-License-Identifier: Apache-2.0
// The table of commands, second part: events, incidents, decisions, motors, changes.
#include "app/aiop/commands.h"
#include "app/aiop/parts.h"

namespace aiop::app {
namespace {

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
      {.path = "incident close-breaker",
       .summary = "Let fixes of this failure be tried again",
       .details = "A breaker opens after so many useless fixes of one failure (`breaker_after` of "
                  "the policy): its runs wait, PAUSED `breaker`, and nothing more is tried by "
                  "itself. Closed, the next `aiop run` goes on with them.",
       .arguments = {Id("ID", "The incident.")},
       .options = {Required(Text("--because", "TEXT", "Why, for the record.")), PolicyFile()},
       .examples = {"aiop incident close-breaker ID --because 'the owner has mended the branch'"},
       .handler = IncidentCloseBreaker},
  };
}

std::vector<Command> Patterns() {
  const Argument pattern = Id("ID", "The pattern.");
  return {
      {.path = "patterns",
       .summary = "Learned fixes: what healed a failure before, and how it is done again",
       .details = "",
       .examples = {"aiop patterns ls"}},
      {.path = "patterns ls",
       .summary = "List the learned fixes, or the checks suggested to motors",
       .details = "A fix that after-care has confirmed is a pattern; it is tried first when its "
                  "failure comes back, behind the same gates as any other patch.",
       .options = Listing({Text("--plant", "P", "Only learned in this plant."),
                           OneOf(Text("--state", "STATE", "Only in this state."),
                                 {"candidate", "promoted", "demoted"}),
                           Flag("--suggestions",
                                "Instead: checks of specs suggested because the same fault came "
                                "up in several apps.")}),
       .examples = {"aiop patterns ls", "aiop patterns ls --suggestions"},
       .handler = PatternList},
      {.path = "patterns show",
       .summary = "Show a learned fix: what it heals, how, how often it worked, how long it took",
       .details = "",
       .arguments = {pattern},
       .examples = {"aiop patterns show ID"},
       .handler = PatternShow},
      {.path = "patterns demote",
       .summary = "Say that a learned fix is not to be tried any more",
       .details = "",
       .arguments = {pattern},
       .options = {Required(Text("--because", "TEXT", "Why, for the record."))},
       .examples = {"aiop patterns demote ID --because 'the template was rewritten'"},
       .handler = PatternDemote},
      {.path = "patterns export",
       .summary = "Print a learned fix as JSON",
       .details = "",
       .arguments = {pattern},
       .examples = {"aiop patterns export ID > fix.json"},
       .handler = PatternExport},
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

}  // namespace

std::vector<Command> RecordCommands() {
  std::vector<Command> all;
  for (auto part : {Events, Incidents, Decisions, Patterns, Motors, Changes}) {
    for (Command& each : part()) all.push_back(std::move(each));
  }
  return all;
}

}  // namespace aiop::app
