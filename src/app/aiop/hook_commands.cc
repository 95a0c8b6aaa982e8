// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "app/aiop/commands.h"
#include "app/aiop/input.h"
#include "app/aiop/listing.h"
#include "app/aiop/picture.h"
#include "app/aiop/supervised.h"
#include "app/aiop/words.h"
#include "control/deliveries/deliveries.h"

namespace aiop::app {
namespace {

using contexts::Home;
using HeaderList = std::vector<std::pair<std::string, std::string>>;

std::string Trimmed(const std::string& text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string::npos) return "";
  return text.substr(start, text.find_last_not_of(" \t\r\n") - start + 1);
}

Result<HeaderList> ReadHeaders(const std::vector<std::string>& lines) {
  HeaderList headers;
  for (const std::string& line : lines) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos || colon == 0) {
      return Invalid("--header must read 'NAME: VALUE'");
    }
    headers.emplace_back(Trimmed(line.substr(0, colon)), Trimmed(line.substr(colon + 1)));
  }
  return headers;
}

Result<std::vector<std::string>> RunsThatWait(Home& home, const std::string& plant) {
  AIOP_TRY(const auto runs,
           home.ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kPlant, plant));
  std::vector<std::string> waiting;
  for (const model::Run& run : runs) {
    const bool waits = run.state == model::RunState::kPaused &&
                       run.paused_because == model::PausedBecause::kFix && !run.shadow;
    if (waits) waiting.push_back(run.id);
  }
  return waiting;
}

// What a delivery came to.
struct Outcome {
  deliveries::Taken taken;
  std::vector<std::string> pending;  // fixes that wait in the source now
  std::vector<std::string> waiting;  // runs that wait for one
  bool went_on = false;
};

Status LookAt(supervision::Supervisor& supervisor, Outcome& outcome) {
  Home& home = supervisor.engine().home();
  const std::string& plant = outcome.taken.delivery.plant;
  AIOP_TRY(const auto motor, contexts::ActiveMotor(home, plant));
  AIOP_TRY(outcome.pending, supervisor.governor().PendingFixes(motor));
  // Upgrades are always there: nobody has to send word of them.
  std::erase_if(outcome.pending,
                [](const std::string& name) { return name.starts_with("upgrade "); });
  AIOP_TRY(outcome.waiting, RunsThatWait(home, plant));
  return {};
}

void Show(Output& out, const Outcome& outcome, const supervision::Summary& summary) {
  const model::HookDelivery& delivery = outcome.taken.delivery;
  if (out.json()) {
    out.Document(
        json::Object{{"delivery", describe::ToJson(delivery)},
                     {"looked", outcome.taken.looked},
                     {"pending", describe::Encode(outcome.pending)},
                     {"waiting", describe::Encode(outcome.waiting)},
                     {"summary", outcome.went_on ? supervision::ToJson(summary) : nullptr}});
    return;
  }
  out.Text(
      "hook " + delivery.hook + ": " + (delivery.event.empty() ? "delivery" : delivery.event) +
      " taken" +
      (outcome.taken.looked ? ", the motor's source was read again" : ", nothing to do for it") +
      "\n");
  for (const std::string& name : outcome.pending) out.Text("  pending: " + name + "\n");
  if (outcome.went_on) {
    ShowPicture(out, summary);
  } else if (!outcome.waiting.empty()) {
    out.Note(Counted(outcome.waiting.size(), "run") +
             " waiting for a fix. next: aiop run --plant " + delivery.plant);
  }
}

}  // namespace

Result<int> HookAdd(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(Home * reading, session.Read());
  AIOP_TRY(const auto plant, contexts::GetPlant(*reading, arguments.One("--plant")));
  AIOP_TRY([[maybe_unused]] const auto actor,
           session.Acting(model::Role::kAdmin, plant.team, "make hooks"));
  AIOP_TRY(const auto kind, deliveries::KindOf(arguments.One("--kind")));
  AIOP_TRY(const std::string secret,
           ReadInput(arguments.One("--secret-file"), deliveries::kSecretLimitBytes));
  AIOP_TRY(Home * home, session.Own());
  AIOP_TRY(const auto hook,
           deliveries::Add(*home, arguments.One("NAME"), kind, plant.name, secret));
  if (session.out().json()) {
    session.out().Document(deliveries::ToJson(hook));
  } else {
    session.out().Text("hook " + hook.name + ": takes deliveries about plant " + hook.plant + "\n");
  }
  return 0;
}

Result<int> HookList(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto hooks, deliveries::List(*home));
  Output& out = session.out();
  if (out.json()) {
    json::Array items;
    for (const auto& each : hooks) items.push_back(deliveries::ToJson(each));
    out.Document(ListDocument(std::move(items), ""));
    return 0;
  }
  Table table({{"NAME"}, {"KIND"}, {"PLANT"}, {"MADE"}});
  for (const auto& each : hooks) {
    table.Add({each.name, std::string(deliveries::NameOf(each.kind)), each.plant,
               Ago(each.created, Now())});
  }
  if (table.empty()) {
    out.Note("no hooks");
  } else {
    out.Show(table);
  }
  return 0;
}

Result<int> HookRemove(Session& session) {
  AIOP_TRY([[maybe_unused]] const auto actor,
           session.Acting(model::Role::kAdmin, "", "remove hooks"));
  AIOP_TRY(Home * home, session.Own());
  AIOP_TRY(const auto hook, deliveries::Remove(*home, session.arguments().One("NAME")));
  if (session.out().json()) {
    session.out().Document(deliveries::ToJson(hook));
  } else {
    session.out().Text("hook " + hook.name + ": forgotten\n");
  }
  return 0;
}

Result<int> HookReceive(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(const auto headers, ReadHeaders(arguments.All("--header")));
  AIOP_CHECK_OK(CheckJobs(arguments));
  AIOP_TRY(const std::string body, ReadInput(arguments.One("BODY"), hooks::kBodyLimitBytes));
  Outcome outcome;
  const auto summary =
      Supervise(session, Lines::kNone,
                [&](supervision::Supervisor& supervisor) -> Result<supervision::Summary> {
                  Home& home = supervisor.engine().home();
                  AIOP_TRY(outcome.taken,
                           deliveries::Receive(home, arguments.One("NAME"), headers, body, Now()));
                  if (!outcome.taken.looked) return supervision::Summary{};
                  AIOP_CHECK_OK(LookAt(supervisor, outcome));
                  if (!arguments.Has("--go") || outcome.waiting.empty())
                    return supervision::Summary{};
                  outcome.went_on = true;
                  return supervisor.Continue(outcome.taken.delivery.plant, outcome.waiting,
                                             static_cast<int>(arguments.Number("--jobs", 1)));
                });
  AIOP_CHECK_OK(summary);
  Show(session.out(), outcome, *summary);
  return outcome.went_on ? supervision::ExitCodeOf(*summary) : 0;
}

}  // namespace aiop::app
