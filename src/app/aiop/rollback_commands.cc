// SPDX-License-Identifier: Apache-2.0
// Going back to an earlier motor version: what it would do, doing it, what can be gone back to,
// what a version touched, and making that anew.
#include <algorithm>
#include <cstdio>

#include "app/aiop/commands.h"
#include "app/aiop/listing.h"
#include "app/aiop/supervised.h"
#include "app/aiop/words.h"
#include "control/blast_radius/blast_radius.h"
#include "control/reruns/reruns.h"
#include "control/rollback/rollback.h"

namespace aiop::app {
namespace {

using contexts::Home;

std::string WhereText(const std::string& checkpoint) {
  return checkpoint.empty() ? "from the start" : "after " + checkpoint;
}

void ShowPlan(Output& out, const rollback::Plan& plan) {
  out.Text("plant " + plan.plant.name + ": motor " + plan.plant.active.version + " -> " +
           plan.to.reference.version + " would move " + Counted(plan.changed_paths.size(), "file") +
           ", and leave " + Counted(plan.left.size(), "version") + "\n");
  for (const auto& path : plan.changed_paths) out.Text("  " + path + "\n");
  for (const auto& change : plan.changes) {
    out.Text("rolled back: change " + change.id + "  " + change.title + "\n");
  }
  if (!plan.no_return.empty()) out.Text("no run is returned: " + plan.no_return + "\n");
  Table runs({{"RUN"},
              {"APP", Table::Align::kLeft, true},
              {"ON"},
              {"GOES ON"},
              {"STEPS GIVEN UP", Table::Align::kRight}});
  for (const auto& each : plan.returned) {
    runs.Add({each.run, each.app, each.from_version, WhereText(each.checkpoint),
              std::to_string(each.given_up)});
  }
  if (!runs.empty()) out.Show(runs);
  Table staying({{"STAYS"}, {"APP"}, {"WHY", Table::Align::kLeft, true}});
  for (const auto& each : plan.staying) staying.Add({each.run, each.app, each.why});
  if (!staying.empty()) out.Show(staying);
  out.Note("nothing was moved: leave out --dry-run to do it");
}

Status ShowMove(Session& session, Home& home, const model::PointerMove& move) {
  AIOP_TRY(const json::Object told, rollback::Describe(home, move));
  Output& out = session.out();
  if (out.json()) {
    out.Document(told);
    return {};
  }
  out.Text("plant " + move.plant + ": motor " + move.from.version + " -> " + move.to.version +
           (move.because.empty() ? "" : "  (" + move.because + ")") + "\n");
  Table runs({{"RETURNED"}, {"APP"}, {"STATE"}, {"GOES ON"}});
  for (const std::string& id : move.returned) {
    AIOP_TRY(const auto run, home.ledger().Get<model::Run>(id));
    runs.Add({run.id, NameOf(run), Cell(StateText(run), ColourOf(run.state)),
              WhereText(run.checkpoint)});
  }
  if (!runs.empty()) {
    out.Show(runs);
    out.Note("they wait where they were: aiop run --plant " + move.plant);
  }
  return {};
}

}  // namespace

Result<int> MotorRollback(Session& session) {
  const Arguments& arguments = session.arguments();
  const std::string to = arguments.One("--to");
  AIOP_TRY(const policy::Policy* rules, session.Policy());
  AIOP_TRY(Home * reading, session.Read());
  AIOP_TRY(const auto plant, contexts::GetPlant(*reading, arguments.One("PLANT")));
  if (arguments.Has("--dry-run")) {
    AIOP_TRY(const auto interrupted, rollback::Undelivered(*reading, plant.name));
    if (interrupted) {
      session.out().Note("the rollback " + interrupted->from.version + " -> " +
                         interrupted->to.version +
                         " was interrupted: without --dry-run it is finished first");
    }
    AIOP_TRY(const auto plan, rollback::PlanFor(*reading, plant.name, to));
    session.out().json() ? session.out().Document(rollback::ToJson(plan))
                         : ShowPlan(session.out(), plan);
    return 0;
  }
  AIOP_TRY(const auto actor,
           session.Acting(model::Role::kOperator, plant.team, "roll motors back"));
  AIOP_TRY(Home * home, session.Own());
  supervision::Supervisor supervisor(*home, *rules, nullptr);
  supervisor.UseForgeToken(session.ForgeToken());
  AIOP_TRY([[maybe_unused]] const auto recovered, supervisor.engine().Recover());
  AIOP_TRY(const auto move,
           supervisor.governor().Rollback(plant.name, to, actor.name, arguments.One("--because")));
  AIOP_CHECK_OK(ShowMove(session, *home, move));
  std::fflush(stdout);
  // Only now: asked again after a kill before this, it answers with the same move.
  AIOP_CHECK_OK(rollback::Delivered(*home, move));
  return 0;
}

Result<int> MotorHistory(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto plant, contexts::GetPlant(*home, session.arguments().One("PLANT")));
  AIOP_TRY(const auto page,
           ReadPage<model::PointerMove>(
               home->motors(), session.arguments(),
               std::pair(store::Kind<model::PointerMove>::Field::kPlant, plant.name)));
  const Timestamp now = Now();
  return ShowPage<model::PointerMove>(
      session, page,
      Table({{"WHEN"},
             {"FROM"},
             {"TO"},
             {"BY"},
             {"RUNS RETURNED", Table::Align::kRight},
             {"WHY", Table::Align::kLeft, true}}),
      [&](const model::PointerMove& each) {
        return std::vector<Cell>{Ago(each.at, now),
                                 each.from.version,
                                 each.to.version,
                                 each.actor,
                                 std::to_string(each.returned.size()),
                                 each.because};
      },
      "the version was never moved");
}

Result<int> MotorRestorePoints(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto plant, contexts::GetPlant(*home, session.arguments().One("PLANT")));
  AIOP_TRY(const auto kept, rollback::Retention(*home, plant.name));
  const auto ruling = [&](const model::RestorePoint& point) {
    return std::ranges::find_if(
        kept, [&](const rollback::KeptPoint& each) { return each.point.id == point.id; });
  };
  AIOP_TRY(const auto page,
           ReadPage<model::RestorePoint>(
               home->motors(), session.arguments(),
               std::pair(store::Kind<model::RestorePoint>::Field::kPlant, plant.name)));
  const Timestamp now = Now();
  return ShowPage<model::RestorePoint>(
      session, page,
      Table({{"RESTORE POINT"},
             {"VERSION"},
             {"OPEN RUNS", Table::Align::kRight},
             {"WHEN"},
             {"KEPT"},
             {"WHY", Table::Align::kLeft, true},
             {"MADE FOR", Table::Align::kLeft, true}}),
      [&](const model::RestorePoint& each) {
        const auto found = ruling(each);
        const bool known = found != kept.end();
        return std::vector<Cell>{each.id,
                                 each.version.version,
                                 std::to_string(each.run_checkpoints.size()),
                                 Ago(each.created, now),
                                 known && found->kept ? "yes" : "no",
                                 known ? found->because : "",
                                 each.change.empty() ? "" : "change " + each.change};
      },
      "no restore points yet: one is made before a change is promoted",
      [&](const model::RestorePoint& each) -> json::Value {
        json::Object item = describe::ToJson(each).as_object();
        const auto found = ruling(each);
        item["kept"] = found != kept.end() && found->kept;
        item["because"] = found != kept.end() ? found->because : "";
        return item;
      });
}

Result<int> MotorBlastRadius(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto plant, contexts::GetPlant(*home, arguments.One("PLANT")));
  AIOP_TRY(const auto radius, blast_radius::Of(*home, plant.name, arguments.One("VERSION")));
  Output& out = session.out();
  if (out.json()) {
    out.Document(blast_radius::ToJson(radius));
    return 0;
  }
  out.Text("motor " + radius.version.reference.version + " of plant " + plant.name + ": " +
           Counted(radius.runs.size(), "run") + " of " + Counted(radius.apps.size(), "app") + ", " +
           Counted(radius.artifacts.size(), "artifact") + "\n");
  Table runs({{"RUN"},
              {"APP", Table::Align::kLeft, true},
              {"STATE"},
              {"TOUCHED"},
              {"ARTIFACTS", Table::Align::kRight}});
  for (const auto& each : radius.runs) {
    const bool started = each.part == blast_radius::Part::kStartedOn || each.last_before.empty();
    runs.Add({each.run.id, NameOf(each.run), Cell(StateText(each.run), ColourOf(each.run.state)),
              started ? "whole" : "what is " + WhereText(each.last_before),
              std::to_string(each.artifacts)});
  }
  if (!runs.empty()) out.Show(runs);
  return 0;
}

Result<int> MotorRerun(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_CHECK_OK(CheckJobs(arguments));
  AIOP_TRY(const policy::Policy* rules, session.Policy());
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto plant, contexts::GetPlant(*home, arguments.One("PLANT")));
  AIOP_TRY([[maybe_unused]] const auto actor,
           session.Acting(model::Role::kRunner, plant.team, "make runs"));
  const reruns::Request request{.plant = plant.name,
                                .version = arguments.One("VERSION"),
                                .from = arguments.One("--from"),
                                .jobs = static_cast<int>(arguments.Number("--jobs", 1))};
  AIOP_TRY([[maybe_unused]] const auto known,
           contexts::MotorAt(*home, plant.name, request.version));
  return SuperviseAndShow(session, [&](supervision::Supervisor& supervisor) {
    return reruns::ReRun(supervisor, *rules, request,
                         [&](const std::string& text) { session.out().Note(text); });
  });
}

}  // namespace aiop::app
