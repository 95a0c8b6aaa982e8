// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "app/aiop/commands.h"
#include "app/aiop/listing.h"
#include "app/aiop/words.h"
#include "core/impact/impact.h"

namespace aiop::app {
namespace {

using contexts::Home;
using VersionKey = store::Kind<model::MotorVersion>::Field;

std::string ImpactText(const model::MotorVersion& version) {
  if (!version.impact) return "";
  const auto& impact = *version.impact;
  return Counted(static_cast<size_t>(impact.apps_affected), "app") + " affected, " +
         std::to_string(impact.runs_healed) + " healed, " + std::to_string(impact.runs_not_healed) +
         " not, " + Counted(static_cast<size_t>(impact.steps_saved), "step") + " saved";
}

// By precedence would need a parse; the order they became known in is what people expect.
Result<Page<model::MotorVersion>> VersionsOf(Session& session, Home& home,
                                             const model::Plant& plant) {
  return ReadPage<model::MotorVersion>(home.motors(), session.arguments(),
                                       std::pair(VersionKey::kPlant, plant.name));
}

}  // namespace

Result<int> MotorVersions(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto plant, contexts::GetPlant(*home, session.arguments().One("PLANT")));
  AIOP_TRY(const auto page, VersionsOf(session, *home, plant));
  const Timestamp now = Now();
  return ShowPage<model::MotorVersion>(
      session, page,
      Table({{"VERSION"},
             {""},
             {"STATUS"},
             {"COMMIT"},
             {"WHEN"},
             {"WHAT CHANGED", Table::Align::kLeft, true}}),
      [&](const model::MotorVersion& each) {
        const bool active = each.commit == plant.active_commit;
        return std::vector<Cell>{each.reference.version,
                                 Cell(active ? "active" : "", Colour::kGreen),
                                 std::string(describe::Name(each.status)),
                                 each.commit.substr(0, 12),
                                 Ago(each.created, now),
                                 each.summary};
      },
      "no versions",
      [&](const model::MotorVersion& each) -> json::Value {
        json::Object item = describe::ToJson(each).as_object();
        item["version"] = each.reference.version;
        item["active"] = each.commit == plant.active_commit;
        return item;
      });
}

Result<int> MotorDiff(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto plant, contexts::GetPlant(*home, arguments.One("PLANT")));
  AIOP_TRY(const auto from, contexts::MotorAt(*home, plant.name, arguments.One("V1")));
  AIOP_TRY(const auto to, contexts::MotorAt(*home, plant.name, arguments.One("V2")));
  AIOP_TRY(const auto repository, contexts::OpenRepository(*home, plant.name));
  AIOP_TRY(const std::string diff, repository.Diff(from.version.commit, to.version.commit));
  if (session.out().json()) {
    AIOP_TRY(const auto paths, repository.ChangedPaths(from.version.commit, to.version.commit));
    session.out().Document(json::Object{{"plant", plant.name},
                                        {"from", from.version.reference.Text()},
                                        {"to", to.version.reference.Text()},
                                        {"changed_paths", describe::Encode(paths)},
                                        {"diff", json::ToValidUtf8(diff)}});
  } else if (diff.empty()) {
    session.out().Note("no difference");
  } else {
    session.out().Text(diff);
  }
  return 0;
}

// The versions that a change made, with the reason and the impact.
Result<int> MotorChangelog(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto plant, contexts::GetPlant(*home, session.arguments().One("PLANT")));
  AIOP_TRY(const auto page,
           ReadPage<model::MotorVersion>(home->motors(), session.arguments(),
                                         std::pair(VersionKey::kPlant, plant.name),
                                         [](const model::MotorVersion& each) {
                                           return each.status == model::VersionStatus::kPromoted ||
                                                  each.status == model::VersionStatus::kRolledBack;
                                         }));
  Output& out = session.out();
  if (!out.json()) {
    if (page.items.empty()) out.Note("no changes made by aiop yet");
    for (auto each = page.items.rbegin(); each != page.items.rend(); ++each) {
      out.Text(Paint(each->reference.version, Colour::kBold, out.colours()) + "  " +
               FormatTimestamp(each->created).substr(0, 10) + "  " +
               std::string(describe::Name(each->status)) + "\n  " +
               Wrap(each->summary, out.paragraph_width(), 2) + "\n");
      if (!each->incidents.empty()) {
        out.Text("  answers incident " + Joined(each->incidents) + "\n");
      }
      if (each->impact) {
        out.Text("  impact: " + ImpactText(*each) + "\n");
        for (const auto& compared : each->impact->comparisons) {
          out.Text("    " + Wrap(impact::Text(compared), out.paragraph_width(), 6) + "\n");
        }
      }
      AIOP_TRY(const auto change, home->ledger().Find<model::Change>(each->change));
      if (change && change->after_care) {
        out.Text("  after-care: " + std::string(describe::Name(change->after_care->state)) + ", " +
                 Wrap(change->after_care->because, out.paragraph_width(), 4) + "\n");
      }
      if (!each->change.empty()) out.Text("  change " + each->change + "\n");
    }
    return 0;
  }
  json::Array items;
  for (const auto& each : page.items) {
    json::Object item = describe::ToJson(each).as_object();
    item["version"] = each.reference.version;
    AIOP_TRY(const auto change, home->ledger().Find<model::Change>(each.change));
    if (change && change->after_care) item["after_care"] = describe::ToJson(*change->after_care);
    items.push_back(std::move(item));
  }
  out.Document(ListDocument(std::move(items), page.next));
  return 0;
}

}  // namespace aiop::app
