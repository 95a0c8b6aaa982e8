// SPDX-License-Identifier: Apache-2.0
// No mute observer.
#include <algorithm>
#include <set>

#include "control/figures/figures.h"
#include "control/figures/rows.h"

namespace aiop::figures {
namespace {

constexpr size_t kMessageBytes = 200;

kpi::MuteEvent Describe(const model::StoredEvent& event) {
  const std::string text = event.envelope.Details();
  kpi::MuteEvent mute;
  mute.event = event.envelope.id;
  mute.plant = event.plant;
  mute.app = event.envelope.context_ref.app_ctx.name;
  mute.run = event.run;
  mute.time = event.envelope.timestamp;
  mute.message = json::ToValidUtf8(text.substr(0, std::min(text.find('\n'), kMessageBytes)));
  mute.why = event.incident.empty() ? "it has neither an incident nor a reason why not"
                                    : "its incident " + event.incident + " is not there";
  return mute;
}

// Runs under way: their failures get an incident or a reason when their attempt has ended.
Result<std::set<std::string>> UnderWay(const store::Ledger& ledger) {
  using enum model::RunState;
  std::set<std::string> runs;
  for (const model::RunState state : {kRunning, kResuming}) {
    AIOP_TRY(const auto those, ledger.ListBy<model::Run>(store::Kind<model::Run>::Field::kState,
                                                         describe::Name(state)));
    for (const auto& run : those) runs.insert(run.id);
  }
  return runs;
}

}  // namespace

Result<kpi::ComplianceReport> Compliance(contexts::Home& home, const std::string& plant,
                                         size_t limit) {
  if (!plant.empty()) {
    AIOP_TRY([[maybe_unused]] const auto known, contexts::GetPlant(home, plant));
  }
  const auto& ledger = home.ledger();
  std::set<std::string> incidents;
  AIOP_CHECK_OK(ForEach<model::Incident>(
      ledger, {}, [&](const model::Incident& each) { incidents.insert(each.id); }));
  AIOP_TRY(const auto under_way, UnderWay(ledger));
  kpi::ComplianceReport report;
  for (const auto severity : {model::Severity::kError, model::Severity::kCritical}) {
    auto query = OfPlant<model::StoredEvent>(store::Kind<model::StoredEvent>::Field::kPlant, plant);
    // The stored text narrows the search; what the record says decides.
    query.containing = "\"" + std::string(describe::Name(severity)) + "\"";
    AIOP_CHECK_OK(ForEach<model::StoredEvent>(ledger, query, [&](const model::StoredEvent& event) {
      if (event.envelope.severity != severity) return;
      ++report.checked;
      if (incidents.contains(event.incident)) {
        ++report.incidents;
      } else if (event.incident.empty() && !event.not_an_incident.empty()) {
        ++report.explained;
      } else if (event.incident.empty() && under_way.contains(event.run)) {
        ++report.pending;
      } else {
        ++report.mute;
        if (report.items.size() < limit) report.items.push_back(Describe(event));
      }
    }));
  }
  std::ranges::sort(report.items, {}, [](const kpi::MuteEvent& each) {
    return std::pair(each.time, std::string_view(each.event));
  });
  return report;
}

}  // namespace aiop::figures
