// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "app/aiop/commands.h"
#include "app/aiop/listing.h"
#include "app/aiop/supervised.h"
#include "app/aiop/words.h"

namespace aiop::app {
namespace {

using contexts::Home;
using RunKey = store::Kind<model::Run>::Field;

// What a request names must exist: said before anything is locked, fetched or recovered.
Status CheckNames(Home& home, const supervision::Request& request) {
  AIOP_TRY(const contexts::Motor motor,
           request.motor_version.empty()
               ? contexts::ActiveMotor(home, request.plant)
               : contexts::MotorAt(home, request.plant, request.motor_version));
  for (const std::string& name : request.apps) {
    AIOP_TRY(const model::App app, home.apps().Get<model::App>(name));
    if (app.plant == request.plant) continue;
    return Invalid("app '" + name + "' belongs to plant '" + app.plant + "', not to '" +
                   request.plant + "'");
  }
  AIOP_TRY(const auto apps,
           home.apps().ListBy<model::App>(store::Kind<model::App>::Field::kPlant, request.plant));
  if (apps.empty()) {
    return Invalid("plant '" + request.plant +
                   "' has no apps: add one with 'aiop app add NAME --plant " + request.plant +
                   " --spec PATH'");
  }
  const auto& known = motor.manifest.profiles;
  for (const std::string& profile : request.profiles) {
    if (std::find(known.begin(), known.end(), profile) != known.end()) continue;
    return Invalid("plant '" + request.plant + "' has no profile '" + profile + "'" +
                   (known.empty() ? ": its motor.yaml lists none" : "; it has " + Joined(known)));
  }
  return {};
}

// What is known of a run, oldest first.
struct History {
  std::vector<model::Transition> transitions;
  std::vector<model::Attempt> attempts;
  std::vector<model::Checkpoint> checkpoints;
  std::vector<model::Artifact> artifacts;
};
Result<History> HistoryOf(Home& home, const std::string& run) {
  History history;
  auto& ledger = home.ledger();
  AIOP_TRY(history.transitions,
           ledger.ListBy<model::Transition>(store::Kind<model::Transition>::Field::kRun, run));
  AIOP_TRY(history.attempts,
           ledger.ListBy<model::Attempt>(store::Kind<model::Attempt>::Field::kRun, run));
  AIOP_TRY(history.checkpoints,
           ledger.ListBy<model::Checkpoint>(store::Kind<model::Checkpoint>::Field::kRun, run));
  AIOP_TRY(history.artifacts,
           home.apps().ListBy<model::Artifact>(store::Kind<model::Artifact>::Field::kRun, run));
  return history;
}

std::string FactsOf(const model::Run& run) {
  std::string text = "run         " + run.id + "\napp         " + run.app_ctx.Text() +
                     (run.profile.empty() ? "" : "\nprofile     " + run.profile) +
                     "\nplant       " + run.plant + "\nmotor       " + run.motor_ctx.Text() +
                     (run.pinned_motor ? " (named by hand)" : "") + "\nstate       " +
                     StateText(run) + "\ncause       " + run.cause + "\ncheckpoint  " +
                     (run.checkpoint.empty() ? "none" : run.checkpoint) + "\nsteps       " +
                     std::to_string(run.steps_done) + " done, " + std::to_string(run.steps_redone) +
                     " of them again, " + std::to_string(run.steps_kept) +
                     " not done again thanks to checkpoints\n";
  if (!run.incident.empty()) text += "incident    " + run.incident + "\n";
  if (!run.decision.empty()) text += "decision    " + run.decision + "\n";
  if (!run.healed_by.empty()) text += "healed by   change " + run.healed_by + "\n";
  if (!run.forked_from.empty()) text += "forked from " + run.forked_from + "\n";
  return text;
}

void ShowHistory(Output& out, const History& history) {
  const Timestamp now = Now();
  Table states({{"WHEN"}, {"STATE"}, {"CAUSE", Table::Align::kLeft, true}});
  for (const auto& each : history.transitions) {
    std::string state(describe::Name(each.to));
    if (each.paused_because) {
      state += " (" + std::string(describe::Name(*each.paused_because)) + ")";
    }
    states.Add({Ago(each.at, now), Cell(state, ColourOf(each.to)), each.cause});
  }
  Table attempts({{"ATTEMPT", Table::Align::kRight},
                  {"MOTOR"},
                  {"FROM"},
                  {"OUTCOME"},
                  {"TOOK", Table::Align::kRight},
                  {"HOW IT ENDED", Table::Align::kLeft, true}});
  for (const auto& each : history.attempts) {
    attempts.Add({std::to_string(each.number), each.motor_ctx.version,
                  each.from_checkpoint.empty() ? "start" : "after " + each.from_checkpoint,
                  each.outcome.empty() ? "running" : each.outcome,
                  FormatDuration(Milliseconds{each.wall_ms}), each.exit});
  }
  Table checkpoints({{"CHECKPOINT"}, {"ATTEMPT", Table::Align::kRight}, {"MOTOR"}, {"APP"}, {""}});
  for (const auto& each : history.checkpoints) {
    checkpoints.Add({each.name, std::to_string(each.attempt), each.motor_ctx.version,
                     each.app_ctx.version, each.stale ? "no longer holds" : ""});
  }
  Table artifacts({{"ARTIFACT"}, {"ROLE"}, {"PATH", Table::Align::kLeft, true}, {"HASH"}});
  for (const auto& each : history.artifacts) {
    artifacts.Add({each.id, each.role, each.path, each.hash.substr(0, 12)});
  }
  for (const Table* table : {&states, &attempts, &checkpoints, &artifacts}) {
    if (table->empty()) continue;
    out.Text("\n");
    out.Show(*table);
  }
}

// Pauses or cancels, whoever owns the home.
Result<int> AskRun(Session& session, const std::string& verb) {
  constexpr int kPatienceMilliseconds = 10'000;
  AIOP_TRY(Home * reading, session.Read());
  AIOP_TRY(const model::Run run,
           FindRecord<model::Run>(reading->ledger(), session.arguments().One("ID")));
  session.Close();
  Status done = Unavailable("nobody was asked");
  AIOP_TRY(const bool owned, session.IsOwnedByOther());
  if (owned) {
    AIOP_TRY(const auto folder, session.HomeFolder());
    done = supervision::AskOwner(folder, {run.id, verb}, kPatienceMilliseconds);
  }
  // A short command owned it, or its owner has just ended: then it is ours to do.
  if (!done && done.error().code == Code::kUnavailable) {
    AIOP_TRY(Home * home, session.Own());
    engine::Engine engine(*home, nullptr);
    AIOP_TRY([[maybe_unused]] const auto recovered, engine.Recover());
    done = Interrupt(engine, run.id, verb);
    session.Close();
  }
  AIOP_CHECK_OK(done);
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const model::Run after, home->ledger().Get<model::Run>(run.id));
  if (session.out().json()) {
    session.out().Document(describe::ToJson(after));
  } else {
    session.out().Text(
        "run " + after.id + " " + NameOf(after) + ": " +
        (after.state == model::RunState::kRunning ? "asked to " + verb : StateText(after)) + "\n");
  }
  return 0;
}

}  // namespace

Result<int> RunApps(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_CHECK_OK(CheckJobs(arguments));
  supervision::Request request;
  request.plant = arguments.One("--plant");
  request.apps = arguments.All("--app");
  request.profiles = arguments.All("--profile");
  request.motor_version = arguments.One("--motor");
  request.jobs = static_cast<int>(arguments.Number("--jobs", 1));
  request.fresh = arguments.Has("--fresh");
  AIOP_TRY([[maybe_unused]] const auto* policy, session.Policy());
  AIOP_TRY(Home * home, session.Read());
  AIOP_CHECK_OK(CheckNames(*home, request));
  return SuperviseAndShow(
      session, [&](supervision::Supervisor& supervisor) { return supervisor.Supervise(request); });
}

Result<int> RunList(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(Home * home, session.Read());
  std::optional<std::pair<RunKey, std::string>> key;
  if (arguments.Has("--state")) key = {RunKey::kState, arguments.One("--state")};
  if (arguments.Has("--plant")) {
    AIOP_TRY(const auto plant, contexts::GetPlant(*home, arguments.One("--plant")));
    key = {RunKey::kPlant, plant.name};
  }
  if (arguments.Has("--app")) {
    AIOP_TRY(const auto app, home->apps().Get<model::App>(arguments.One("--app")));
    key = {RunKey::kApp, app.name};
  }
  const auto matches = [&](std::string_view option, std::string_view value) {
    return !arguments.Has(option) || arguments.One(option) == value;
  };
  AIOP_TRY(const auto page,
           ReadPage<model::Run>(home->ledger(), arguments, key, [&](const model::Run& run) {
             return matches("--plant", run.plant) && matches("--app", run.app) &&
                    matches("--state", describe::Name(run.state));
           }));
  const Timestamp now = Now();
  return ShowPage<model::Run>(
      session, page,
      Table({{"RUN"},
             {"APP", Table::Align::kLeft, true},
             {"MOTOR"},
             {"STATE"},
             {"WHEN"},
             {"CAUSE", Table::Align::kLeft, true}}),
      [&](const model::Run& run) {
        return std::vector<Cell>{run.id,
                                 NameOf(run),
                                 run.motor_ctx.version,
                                 Cell(StateText(run), ColourOf(run.state)),
                                 Ago(run.updated, now),
                                 run.cause};
      },
      "no runs yet: aiop run --plant PLANT");
}

Result<int> RunShow(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const model::Run run,
           FindRecord<model::Run>(home->ledger(), session.arguments().One("ID")));
  AIOP_TRY(const History history, HistoryOf(*home, run.id));
  if (session.out().json()) {
    json::Object document = describe::ToJson(run).as_object();
    document["attempt_count"] = document["attempts"];
    document["transition_count"] = document["transitions"];
    document["transitions"] = describe::Encode(history.transitions);
    document["attempts"] = describe::Encode(history.attempts);
    document["checkpoints"] = describe::Encode(history.checkpoints);
    document["artifacts"] = describe::Encode(history.artifacts);
    session.out().Document(document);
    return 0;
  }
  session.out().Text(FactsOf(run));
  ShowHistory(session.out(), history);
  return 0;
}

Result<int> RunPause(Session& session) { return AskRun(session, "pause"); }

Result<int> RunCancel(Session& session) { return AskRun(session, "cancel"); }

Result<int> RunResume(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const model::Run run,
           FindRecord<model::Run>(home->ledger(), session.arguments().One("ID")));
  if (run.Ended()) {
    return Invalid("run " + run.id + " has ended: it is " + std::string(describe::Name(run.state)));
  }
  return SuperviseAndShow(
      session, [&](supervision::Supervisor& supervisor) { return ResumeRun(supervisor, run.id); });
}

Result<int> RunFork(Session& session) {
  const Arguments& arguments = session.arguments();
  if (arguments.Has("--go")) {
    AIOP_TRY([[maybe_unused]] const auto* policy, session.Policy());
  }
  AIOP_TRY(Home * reading, session.Read());
  AIOP_TRY(const model::Run origin, FindRecord<model::Run>(reading->ledger(), arguments.One("ID")));
  AIOP_TRY(Home * home, session.Own());
  engine::Engine engine(*home, nullptr);
  AIOP_TRY(const model::Run fork, engine.Fork(origin.id, arguments.One("--from")));
  const bool go = arguments.Has("--go");
  if (session.out().json()) {
    go ? session.out().Line(json::Object{{"fork", describe::ToJson(fork)}})
       : session.out().Document(describe::ToJson(fork));
  } else {
    session.out().Text(fork.id + "\n");
  }
  if (!go) {
    session.out().Note("it waits: aiop run resume " + fork.id);
    return 0;
  }
  return SuperviseAndShow(
      session, [&](supervision::Supervisor& supervisor) { return ResumeRun(supervisor, fork.id); });
}

}  // namespace aiop::app
