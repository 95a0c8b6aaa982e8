// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "app/aiop/commands.h"
#include "app/aiop/listing.h"
#include "app/aiop/words.h"
#include "control/arbitration/arbitration.h"
#include "control/remarks/remarks.h"
#include "control/supervision/supervision.h"

namespace aiop::app {
namespace {

using contexts::Home;
using DecisionKey = store::Kind<model::DecisionRecord>::Field;

std::string Section(std::string_view name, Output& out) {
  return "\n" + Paint(name, Colour::kBold, out.colours()) + "\n";
}

// What a reference of a fact is, for somebody who has only this page.
std::string Explain(Home& home, const std::string& ref) {
  auto& ledger = home.ledger();
  if (const auto experiment = ledger.Find<model::Experiment>(ref); experiment && *experiment) {
    const auto& e = **experiment;
    return "experiment " + std::string(describe::Name(e.kind)) + " on " + e.app + ", motor " +
           e.motor_ctx.version + ": " + std::string(describe::Name(e.result));
  }
  if (const auto run = ledger.Find<model::Run>(ref); run && *run) {
    return "run of " + NameOf(**run) + " on motor " + (*run)->motor_ctx.version + ": " +
           StateText(**run);
  }
  if (const auto event = ledger.Find<model::StoredEvent>(ref); event && *event) {
    return "event " + std::string(describe::Name((*event)->envelope.signal_type)) + ": " +
           Cut((*event)->envelope.Details(), 120);
  }
  return "";
}

void ShowHead(Output& out, const model::DecisionRecord& decision,
              const std::optional<model::Incident>& incident) {
  std::string text = "decision    " + decision.decision_id + "\nmade        " +
                     FormatTimestamp(decision.created) + " by policy " + decision.policy +
                     ", rule " + (decision.rule.empty() ? "none" : decision.rule) +
                     "\nplant       " + decision.plant + "\nincident    " + decision.incident_id +
                     "\n";
  if (incident) text += "symptom     " + Cut(incident->title, out.paragraph_width()) + "\n";
  text += "at fault    " + std::string(describe::Name(decision.classification)) + " (" +
          std::string(describe::Name(decision.category)) + "), confidence " +
          Percent(decision.confidence) + "\napps        " +
          Wrap(Joined(decision.apps), out.paragraph_width(), 12) + "\noutcome     " +
          Wrap(decision.outcome, out.paragraph_width(), 12) + "\n";
  out.Text(text);
}

void ShowReasons(Output& out, Home& home, const model::DecisionRecord& decision) {
  const size_t width = out.paragraph_width();
  out.Text(Section("Why", out) + "  " + Wrap(decision.rationale, width, 2) + "\n");
  if (!decision.evidence.empty()) out.Text(Section("What is known", out));
  for (const auto& fact : decision.evidence) {
    out.Text("  - " + Wrap(fact.fact, width, 4) + "\n");
    for (const auto& ref : fact.refs) {
      const std::string meaning = Explain(home, ref);
      out.Text(Paint("      " + ref + (meaning.empty() ? "" : "  " + meaning), Colour::kDim,
                     out.colours()) +
               "\n");
    }
  }
  if (!decision.rejected.empty()) out.Text(Section("What was ruled out", out));
  for (const auto& each : decision.rejected) {
    out.Text("  - " + Wrap(each.hypothesis + ": " + each.why, width, 4) + "\n");
  }
  if (!decision.action_plan.empty()) out.Text(Section("Plan", out));
  for (const auto& step : decision.action_plan) {
    out.Text("  " + step.step + " (" + step.target + ")" +
             (step.patch_ref.empty() ? "" : "  change " + step.patch_ref) + "\n");
  }
  if (!decision.safety_checks.empty()) {
    out.Text(Section("Safety checks", out) + "  " + Wrap(Joined(decision.safety_checks), width, 2) +
             "\n");
  }
  out.Text(Section("Cost of finding out", out) + "  " +
           Counted(static_cast<size_t>(decision.cost.experiments), "experiment") + ", " +
           FormatDuration(Milliseconds{decision.cost.plant_ms}) + " of plant time\n");
}

}  // namespace

Result<int> DecisionList(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(Home * home, session.Read());
  std::optional<std::pair<DecisionKey, std::string>> key;
  if (arguments.Has("--plant")) {
    AIOP_TRY(const auto plant, contexts::GetPlant(*home, arguments.One("--plant")));
    key = {DecisionKey::kPlant, plant.name};
  }
  if (arguments.Has("--incident")) {
    AIOP_TRY(const auto incident,
             FindRecord<model::Incident>(home->ledger(), arguments.One("--incident")));
    key = {DecisionKey::kIncident, incident.id};
  }
  AIOP_TRY(const auto page,
           ReadPage<model::DecisionRecord>(
               home->ledger(), arguments, key, [&](const model::DecisionRecord& each) {
                 return !arguments.Has("--plant") || each.plant == arguments.One("--plant");
               }));
  const Timestamp now = Now();
  return ShowPage<model::DecisionRecord>(
      session, page,
      Table({{"DECISION"},
             {"CATEGORY"},
             {"SURE", Table::Align::kRight},
             {"APPS", Table::Align::kLeft, true},
             {"OUTCOME", Table::Align::kLeft, true},
             {"WHEN"}}),
      [&](const model::DecisionRecord& each) {
        return std::vector<Cell>{each.decision_id,
                                 std::string(describe::Name(each.category)),
                                 Percent(each.confidence),
                                 Joined(each.apps),
                                 each.outcome,
                                 Ago(each.created, now)};
      },
      "no decisions yet: they are made when a run fails");
}

Result<int> DecisionsVerify(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto records, home->ledger().List<model::DecisionRecord>());
  Status whole = arbitration::VerifyChain(home->ledger());
  if (whole) whole = remarks::VerifyCorrections(home->ledger());
  if (!whole && whole.error().code != Code::kInvalid) return std::unexpected(whole.error());
  if (session.out().json()) {
    session.out().Document(json::Object{
        {"valid", whole.has_value()},
        {"decisions", static_cast<int64_t>(records.size())},
        {"reason", whole ? json::Value(nullptr) : json::Value(whole.error().message)}});
  } else if (whole) {
    session.out().Text(Counted(records.size(), "decision") + ", none changed since it was made\n");
  } else {
    session.out().Text("the chain is broken: " + whole.error().message + "\n");
  }
  return whole ? 0 : 1;
}

Result<int> DecisionShow(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto decision,
           FindRecord<model::DecisionRecord>(home->ledger(), session.arguments().One("ID")));
  AIOP_TRY(const auto corrections, remarks::CorrectionsOf(home->ledger(), decision.decision_id));
  Output& out = session.out();
  if (out.json()) {
    json::Object document = describe::ToJson(decision).as_object();
    json::Array list;
    for (const auto& each : corrections) list.push_back(each.envelope.payload);
    document["corrections"] = std::move(list);
    out.Document(document);
    return 0;
  }
  AIOP_TRY(const auto incident, home->ledger().Find<model::Incident>(decision.incident_id));
  ShowHead(out, decision, incident);
  ShowReasons(out, *home, decision);
  if (!corrections.empty()) out.Text(Section("Corrected", out));
  for (const auto& each : corrections) {
    out.Text("  " + Wrap(each.envelope.Details(), out.paragraph_width(), 2) + "\n");
  }
  return 0;
}

Result<int> DecisionCorrect(Session& session) {
  const Arguments& arguments = session.arguments();
  const auto category = describe::FromName<model::Category>(arguments.One("--as"));
  if (!category) return Invalid("--as is no category");
  if (arguments.One("--because").find_first_not_of(" \t\r\n") == std::string::npos) {
    return Invalid("--because is empty: say why, for who reads the correction");
  }
  AIOP_TRY(Home * reading, session.Read());
  AIOP_TRY(const auto decision,
           FindRecord<model::DecisionRecord>(reading->ledger(), arguments.One("ID")));
  AIOP_TRY(Home * home, session.Own());
  AIOP_TRY(const auto corrected, remarks::Correct(home->ledger(), decision.decision_id,
                                                  {.category = *category,
                                                   .because = arguments.One("--because"),
                                                   .by = Session::UserName()}));
  if (session.out().json()) {
    session.out().Document(describe::ToJson(corrected));
  } else {
    session.out().Text("decision " + corrected.decision_id + ": " + corrected.outcome + "\n");
    session.out().Note("to keep it as a golden incident: aiop golden offer " +
                       corrected.decision_id + " --into DIR");
  }
  return 0;
}

}  // namespace aiop::app
