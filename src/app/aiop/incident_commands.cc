// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "app/aiop/commands.h"
#include "app/aiop/export.h"
#include "app/aiop/listing.h"
#include "app/aiop/related.h"
#include "app/aiop/words.h"
#include "control/arbitration/arbitration.h"
#include "control/engine/engine.h"
#include "control/followup/followup.h"
#include "control/supervision/supervision.h"

namespace aiop::app {
namespace {

using contexts::Home;
using IncidentKey = store::Kind<model::Incident>::Field;

Result<model::Incident> Named(Home& home, const Arguments& arguments, std::string_view name) {
  return FindRecord<model::Incident>(home.ledger(), arguments.One(name));
}

void ShowFacts(Output& out, const model::Incident& incident) {
  const size_t width = out.paragraph_width();
  out.Text("incident     " + incident.id + "\nplant        " + incident.plant + "\nstate        " +
           std::string(describe::Name(incident.state)) +
           (incident.merged_into.empty() ? "" : " into " + incident.merged_into) +
           "\nsymptom      " + Wrap(incident.title, width, 13) + "\nfingerprint  " +
           incident.fingerprint + "\ngrouped by   " + Wrap(incident.grouped_by, width, 13) +
           "\ntemplate     " + Wrap(TemplateOf(incident), width, 13) + "\napps         " +
           Wrap(Joined(incident.apps), width, 13) + "\nmotor        " +
           Joined(incident.motor_versions) + "\n");
  if (!incident.decision.empty()) out.Text("decision     " + incident.decision + "\n");
  if (!incident.change.empty()) out.Text("change       " + incident.change + "\n");
  if (incident.reopened > 0) {
    out.Text("reopened     " + Counted(static_cast<size_t>(incident.reopened), "time") + "\n");
  }
  if (incident.useless_fixes > 0) {
    out.Text("useless      " + std::to_string(incident.useless_fixes) +
             (incident.useless_fixes == 1 ? " fix" : " fixes") + "\n");
  }
  if (!incident.breaker.empty()) {
    out.Text("breaker      " + Paint("open", Colour::kRed, out.colours()) + ": " +
             Wrap(incident.breaker, width, 13) + "\n             close it with: aiop incident " +
             "close-breaker " + incident.id + " --because TEXT\n");
  }
  out.Text("\n" + incident.example + "\n");
}

int ShowIncident(Session& session, const model::Incident& incident) {
  if (session.out().json()) {
    session.out().Document(describe::ToJson(incident));
  } else {
    session.out().Text(
        "incident " + incident.id + ": " + std::string(describe::Name(incident.state)) +
        (incident.merged_into.empty() ? "" : " into " + incident.merged_into) + "\n");
  }
  return 0;
}

}  // namespace

Result<int> IncidentList(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(Home * home, session.Read());
  std::optional<std::pair<IncidentKey, std::string>> key;
  if (arguments.Has("--state")) key = {IncidentKey::kState, arguments.One("--state")};
  if (arguments.Has("--plant")) {
    AIOP_TRY(const auto plant, contexts::GetPlant(*home, arguments.One("--plant")));
    key = {IncidentKey::kPlant, plant.name};
  }
  AIOP_TRY(
      const auto page,
      ReadPage<model::Incident>(home->ledger(), arguments, key, [&](const model::Incident& each) {
        return !arguments.Has("--state") || describe::Name(each.state) == arguments.One("--state");
      }));
  const Timestamp now = Now();
  return ShowPage<model::Incident>(
      session, page,
      Table({{"INCIDENT"},
             {"STATE"},
             {"TIMES", Table::Align::kRight},
             {"APPS", Table::Align::kLeft, true},
             {"SYMPTOM", Table::Align::kLeft, true},
             {"LAST SEEN"}}),
      [&](const model::Incident& each) {
        return std::vector<Cell>{each.id,
                                 std::string(describe::Name(each.state)),
                                 std::to_string(each.occurrences),
                                 Joined(each.apps),
                                 each.title,
                                 Ago(each.last_seen, now)};
      },
      "no incidents");
}

Result<int> IncidentShow(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto incident, Named(*home, session.arguments(), "ID"));
  auto& ledger = home->ledger();
  AIOP_TRY(const auto occurrences, engine::OccurrencesAt(ledger, incident));
  AIOP_TRY(const auto experiments,
           ledger.ListBy<model::Experiment>(store::Kind<model::Experiment>::Field::kIncident,
                                            incident.id));
  AIOP_TRY(const Related related, RelatedTo(*home, incident));
  Output& out = session.out();
  if (out.json()) {
    json::Object document = describe::ToJson(incident).as_object();
    document["grouping"] = GroupingDocument(incident);
    document["similar"] = SimilarDocument(related);
    document["together"] = TogetherDocument(related);
    document["occurrence_count"] = occurrences.size();
    document["occurrences"] = describe::Encode(occurrences);
    document["experiments"] = describe::Encode(experiments);
    out.Document(document);
    return 0;
  }
  ShowFacts(out, incident);
  Table where({{"RUN"}, {"APP", Table::Align::kLeft, true}, {"MOTOR"}, {"AFTER"}});
  for (const auto& each : occurrences) {
    where.Add({each.run, each.profile.empty() ? each.app : each.app + " [" + each.profile + "]",
               each.motor_ctx.version,
               each.after_checkpoint.empty() ? "start" : each.after_checkpoint});
  }
  Table asked({{"EXPERIMENT"},
               {"APP", Table::Align::kLeft, true},
               {"MOTOR"},
               {"RESULT"},
               {"TOOK", Table::Align::kRight},
               {"ANSWER", Table::Align::kLeft, true}});
  for (const auto& each : experiments) {
    asked.Add({std::string(describe::Name(each.kind)), each.app, each.motor_ctx.version,
               std::string(describe::Name(each.result)),
               FormatDuration(Milliseconds{each.plant_ms}), each.answer});
  }
  Table alike({{"SIMILAR"},
               {"BY", Table::Align::kRight},
               {"STATE"},
               {"SYMPTOM", Table::Align::kLeft, true}});
  for (const auto& each : related.similar) {
    alike.Add({each.incident.id, std::to_string(std::lround(each.similarity * 100)) + " %",
               std::string(describe::Name(each.incident.state)), each.incident.title});
  }
  Table beside({{"AT THE SAME TIME"}, {"STATE"}, {"SYMPTOM", Table::Align::kLeft, true}});
  for (const auto& each : related.together) {
    beside.Add({each.id, std::string(describe::Name(each.state)), each.title});
  }
  for (const Table* table : {&where, &asked, &alike, &beside}) {
    if (table->empty()) continue;
    out.Text("\n");
    out.Show(*table);
  }
  return 0;
}

Result<int> IncidentMerge(Session& session) {
  AIOP_TRY(Home * reading, session.Read());
  AIOP_TRY(const auto incident, Named(*reading, session.arguments(), "ID"));
  AIOP_TRY(const auto into, Named(*reading, session.arguments(), "INTO"));
  AIOP_TRY(Home * home, session.Own());
  AIOP_TRY(const auto merged, arbitration::Merge(*home, incident.id, into.id, Session::UserName()));
  return ShowIncident(session, merged);
}

Result<int> IncidentUnmerge(Session& session) {
  AIOP_TRY(Home * reading, session.Read());
  AIOP_TRY(const auto incident, Named(*reading, session.arguments(), "ID"));
  AIOP_TRY(Home * home, session.Own());
  AIOP_TRY(const auto restored, arbitration::Unmerge(*home, incident.id, Session::UserName()));
  return ShowIncident(session, restored);
}

Result<int> IncidentExport(Session& session) {
  AIOP_TRY(Home * reading, session.Read());
  AIOP_TRY(const auto incident, Named(*reading, session.arguments(), "ID"));
  std::string folder = session.arguments().One("DIR");
  if (folder.empty()) folder = "incident-" + Short(incident.id);
  AIOP_TRY(Home * home, session.Own());
  AIOP_CHECK_OK(Export(*home, incident, folder));
  if (session.out().json()) {
    session.out().Document(json::Object{{"incident", incident.id}, {"folder", folder}});
  } else {
    session.out().Text(folder + "\n");
    session.out().Note("reproduce it: " + folder + "/run.sh");
  }
  return 0;
}

Result<int> IncidentCloseBreaker(Session& session) {
  AIOP_TRY(const policy::Policy* rules, session.Policy());
  AIOP_TRY(Home * reading, session.Read());
  AIOP_TRY(const auto found, Named(*reading, session.arguments(), "ID"));
  AIOP_TRY(Home * home, session.Own());
  supervision::Supervisor supervisor(*home, *rules, nullptr);
  supervisor.UseForgeToken(session.ForgeToken());
  AIOP_TRY(const auto incident,
           followup::CloseBreaker(supervisor.engine(), found.id, Session::UserName(),
                                  session.arguments().One("--because")));
  if (session.out().json()) {
    session.out().Document(describe::ToJson(incident));
  } else {
    session.out().Text("incident " + incident.id + ": the breaker is closed\n");
    session.out().Note("next: aiop run --plant " + incident.plant);
  }
  return 0;
}

}  // namespace aiop::app
