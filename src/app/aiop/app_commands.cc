// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "app/aiop/commands.h"
#include "app/aiop/listing.h"
#include "app/aiop/picture.h"
#include "app/aiop/supervised.h"
#include "app/aiop/words.h"
#include "control/app_repair/app_repair.h"

namespace aiop::app {
namespace {

using contexts::Home;
using AppKey = store::Kind<model::App>::Field;
using VersionKey = store::Kind<model::AppVersion>::Field;

// Unfinished runs of the app that stand on another version than `current`: what an update lets go
// on, also one that was killed half-way. What a human paused stays.
Result<std::vector<std::string>> RunsToContinue(Home& home, const std::string& app,
                                                const model::AppReference& current) {
  AIOP_TRY(const auto runs,
           home.ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kApp, app));
  std::vector<std::string> paused;
  for (const model::Run& run : runs) {
    const bool behind = run.app_ctx != current || (run.state != model::RunState::kPaused &&
                                                   run.state != model::RunState::kIdle);
    if (run.state == model::RunState::kSuccess && !run.incident.empty()) {
      // Killed after the run was healed and before that was written down.
      AIOP_TRY(const auto incident, home.ledger().Get<model::Incident>(run.incident));
      if (incident.state == model::IncidentState::kDecided) paused.push_back(run.id);
    }
    if (!run.Ended() && run.state != model::RunState::kIdle && behind &&
        run.paused_because != model::PausedBecause::kHuman) {
      paused.push_back(run.id);
    }
  }
  return paused;
}

Result<model::AppVersion> VersionNamed(const std::vector<model::AppVersion>& versions,
                                       const std::string& app, const std::string& text) {
  for (const auto& each : versions) {
    if (each.reference.version == text || each.reference.Text() == text) return each;
  }
  return NotFound("app '" + app + "' has no version '" + text + "': see 'aiop app show " + app +
                  "'");
}

}  // namespace

Result<int> AppAdd(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(Home * home, session.Own());
  AIOP_TRY(const model::App app,
           contexts::AddApp(*home, arguments.One("NAME"), arguments.One("--plant"),
                            {arguments.One("--spec")}, arguments.All("--profile"),
                            arguments.All("--label")));
  if (session.out().json()) {
    session.out().Document(describe::ToJson(app));
  } else {
    session.out().Text("app " + app.current.Text() + " of plant " + app.plant + "\n");
    session.out().Note("next: aiop run --plant " + app.plant + " --app " + app.name);
  }
  return 0;
}

Result<int> AppUpdate(Session& session) {
  const Arguments& arguments = session.arguments();
  Output& out = session.out();
  AIOP_TRY(const policy::Policy* rules, session.Policy());
  AIOP_TRY(Home * home, session.Own());
  const std::string name = arguments.One("NAME");
  if (!arguments.Has("--spec") && !arguments.Has("--label")) {
    return Invalid("give --spec PATH, --label WORD, or both");
  }
  AIOP_TRY(const model::App before, home->apps().Get<model::App>(name));
  if (arguments.Has("--label")) {
    std::vector<std::string> labels = arguments.All("--label");
    std::erase(labels, "");
    AIOP_TRY(const model::App labelled, contexts::SetLabels(*home, name, labels));
    if (!arguments.Has("--spec")) {
      if (out.json()) {
        out.Document(describe::ToJson(labelled));
      } else {
        out.Text("app " + labelled.current.Text() + ": " +
                 (labels.empty() ? "no labels" : "labels " + Joined(labels)) + "\n");
      }
      return 0;
    }
  }
  AIOP_TRY(const model::AppVersion version,
           contexts::UpdateApp(*home, name, {arguments.One("--spec")}, "owner", ""));
  const bool changed = version.reference != before.current;
  {
    supervision::Supervisor supervisor(*home, *rules, nullptr);
    supervisor.UseForgeToken(session.ForgeToken());
    AIOP_CHECK_OK(app_repair::SupersedeOpen(supervisor.engine(), name));
  }
  std::vector<std::string> runs;
  if (!arguments.Has("--no-resume")) {
    AIOP_TRY(runs, RunsToContinue(*home, name, version.reference));
  }
  if (!out.json()) {
    out.Text(changed
                 ? "app " + version.reference.Text() + "\n"
                 : "app " + version.reference.Text() + ": the spec is the same, no new version\n");
  }
  int code = 0;
  json::Value resumed = nullptr;
  if (!runs.empty()) {
    out.Note("resuming " + Counted(runs.size(), "paused run") + " on it");
    AIOP_TRY(const auto summary,
             Supervise(session, Lines::kNone, [&](supervision::Supervisor& supervisor) {
               return supervisor.Continue(before.plant, runs,
                                          static_cast<int>(arguments.Number("--jobs", 1)));
             }));
    code = supervision::ExitCodeOf(summary);
    resumed = supervision::ToJson(summary);
    if (!out.json()) ShowPicture(out, summary);
  }
  if (out.json()) {
    json::Object document = describe::ToJson(version).as_object();
    document["changed"] = changed;
    document["summary"] = std::move(resumed);
    out.Document(document);
  }
  return code;
}

Result<int> AppList(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  std::optional<std::pair<AppKey, std::string>> key;
  if (session.arguments().Has("--plant")) {
    AIOP_TRY(const auto plant, contexts::GetPlant(*home, session.arguments().One("--plant")));
    key = {AppKey::kPlant, plant.name};
  }
  AIOP_TRY(const auto page, ReadPage<model::App>(home->apps(), session.arguments(), key));
  return ShowPage<model::App>(
      session, page,
      Table({{"APP", Table::Align::kLeft, true},
             {"PLANT"},
             {"VERSION"},
             {"PROFILES", Table::Align::kLeft, true},
             {"LABELS", Table::Align::kLeft, true}}),
      [](const model::App& app) {
        return std::vector<Cell>{app.name, app.plant, app.current.version, Joined(app.profiles),
                                 Joined(app.labels)};
      },
      "no apps yet: aiop app add NAME --plant PLANT --spec PATH");
}

Result<int> AppShow(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const model::App app, home->apps().Get<model::App>(session.arguments().One("NAME")));
  AIOP_TRY(const auto versions, home->apps().ListBy<model::AppVersion>(VersionKey::kApp, app.name));
  Output& out = session.out();
  if (out.json()) {
    json::Object document = describe::ToJson(app).as_object();
    document["versions"] = describe::Encode(versions);
    out.Document(document);
    return 0;
  }
  out.Text("app       " + app.name + "\nplant     " + app.plant + "\nprofiles  " +
           (app.profiles.empty() ? "none" : Joined(app.profiles)) + "\ncurrent   " +
           app.current.Text() + "\n\n");
  Table table({{"VERSION"}, {"MADE BY"}, {"WHEN"}, {"BECAUSE", Table::Align::kLeft, true}});
  const Timestamp now = Now();
  for (const auto& each : versions) {
    table.Add({each.reference.version, each.made_by, Ago(each.created, now), each.because});
  }
  out.Show(table);
  return 0;
}

Result<int> AppDiff(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(Home * reading, session.Read());
  AIOP_TRY(const model::App app, reading->apps().Get<model::App>(arguments.One("NAME")));
  AIOP_TRY(const auto versions,
           reading->apps().ListBy<model::AppVersion>(VersionKey::kApp, app.name));
  AIOP_TRY(auto to, VersionNamed(versions, app.name, app.current.Text()));
  auto from = to;
  if (arguments.Has("V2")) {
    AIOP_TRY(to, VersionNamed(versions, app.name, arguments.One("V2")));
  }
  if (arguments.Has("V1")) {
    AIOP_TRY(from, VersionNamed(versions, app.name, arguments.One("V1")));
  } else if (!to.parent.empty()) {
    AIOP_TRY(from, VersionNamed(versions, app.name, to.parent));
  }
  std::string diff;
  if (from.reference != to.reference) {
    AIOP_TRY(Home * home, session.Own());  // the specs' bytes are the owner's to read
    AIOP_TRY(diff, contexts::DiffApps(*home, from, to));
  }
  if (session.out().json()) {
    session.out().Document(json::Object{{"app", app.name},
                                        {"from", from.reference.Text()},
                                        {"to", to.reference.Text()},
                                        {"diff", json::ToValidUtf8(diff)}});
  } else if (diff.empty()) {
    session.out().Note("no difference: " + from.reference.Text() + " and " + to.reference.Text());
  } else {
    session.out().Text(diff);
  }
  return 0;
}

}  // namespace aiop::app
