// SPDX-License-Identifier: Apache-2.0
// Following what another process does: run watch, events tail.
#include <atomic>
#include <deque>
#include <thread>

#include "app/aiop/commands.h"
#include "app/aiop/listing.h"
#include "app/aiop/progress.h"
#include "app/aiop/signals.h"
#include "app/aiop/words.h"
#include "control/supervision/supervision.h"

namespace aiop::app {
namespace {

using contexts::Home;
using EventKey = store::Kind<model::StoredEvent>::Field;

constexpr std::chrono::milliseconds kPoll{200};
constexpr size_t kTail = 50;
constexpr size_t kPageRows = 1000;

// What of a run has been shown already.
struct Seen {
  int64_t transitions = 0;
  int64_t checkpoints = 0;
  int64_t events = 0;
};

template <class T>
Result<std::vector<std::pair<int64_t, T>>> After(store::Ledger& ledger, int64_t sequence, int key,
                                                 const std::string& value) {
  AIOP_TRY(const auto rows,
           ledger.database().ListRows(
               store::Kind<T>::name,
               {.key = key, .value = value, .after = sequence, .limit = kPageRows}));
  std::vector<std::pair<int64_t, T>> records;
  for (const auto& row : rows) {
    AIOP_TRY(T record, describe::FromText<T>(row.body, describe::Unknown::kIgnore));
    if constexpr (requires { store::Kind<T>::SetSequence(record, int64_t{}); }) {
      store::Kind<T>::SetSequence(record, row.sequence);
    }
    records.emplace_back(row.sequence, std::move(record));
  }
  return records;
}

std::string EventText(const model::EventEnvelope& event, bool colours) {
  return FormatTimestamp(event.timestamp) + "  " +
         Paint(describe::Name(event.severity), ColourOf(event.severity), colours) + "  " +
         std::string(describe::Name(event.scope)) + "/" +
         std::string(describe::Name(event.signal_type)) + "  " + Cut(event.Details(), 300);
}

Status ShowNews(Output& out, Home& home, const model::Run& run, Seen& seen) {
  auto& ledger = home.ledger();
  AIOP_TRY(const auto checkpoints, After<model::Checkpoint>(ledger, seen.checkpoints, 0, run.id));
  AIOP_TRY(const auto events, After<model::StoredEvent>(ledger, seen.events,
                                                        static_cast<int>(EventKey::kRun), run.id));
  AIOP_TRY(const auto transitions, After<model::Transition>(ledger, seen.transitions, 0, run.id));
  for (const auto& [sequence, each] : checkpoints) {
    seen.checkpoints = sequence;
    out.json() ? out.Line(CheckpointLine(run.id, each.name))
               : out.Text("checkpoint " + each.name + "\n");
  }
  for (const auto& [sequence, each] : events) {
    seen.events = sequence;
    out.json() ? out.Line(json::Object{{"event", describe::ToJson(each.envelope)}})
               : out.Text(EventText(each.envelope, out.colours()) + "\n");
  }
  for (const auto& [sequence, each] : transitions) {
    seen.transitions = sequence;
    if (out.json()) {
      model::Run then = run;
      then.state = each.to;
      then.paused_because = each.paused_because;
      then.cause = each.cause;
      then.transitions = each.number;
      out.Line(RunLine(then));
    } else {
      out.Text(Paint(describe::Name(each.to), ColourOf(each.to), out.colours()) + "  " +
               each.cause + "\n");
    }
  }
  return {};
}

// Whether a paused run is about to be dealt with by the process that owns the home.
bool Settled(const model::Run& run, bool owned) {
  if (run.Ended()) return true;
  if (run.state != model::RunState::kPaused) return false;
  return !owned || run.paused_because != model::PausedBecause::kEvidence;
}

class Filter {
 public:
  explicit Filter(const Arguments& arguments) : arguments_(arguments) {}
  bool Takes(const model::StoredEvent& event) const {
    const auto& envelope = event.envelope;
    return Same("--run", event.run.empty() ? envelope.trace_id : event.run) &&
           Same("--plant", event.plant) && Same("--scope", describe::Name(envelope.scope)) &&
           Same("--type", describe::Name(envelope.signal_type)) &&
           Same("--severity", describe::Name(envelope.severity));
  }

 private:
  bool Same(std::string_view option, std::string_view value) const {
    return !arguments_.Has(option) || arguments_.One(option) == value;
  }
  const Arguments& arguments_;
};

void ShowEvent(Output& out, const model::StoredEvent& event) {
  out.json() ? out.Line(describe::ToJson(event.envelope))
             : out.Text(EventText(event.envelope, out.colours()) + "\n");
}

// The events after `sequence` that the filter takes; `sequence` becomes that of the last one read.
Status EventsAfter(Home& home, const Filter& filter, int64_t& sequence,
                   const std::function<void(model::StoredEvent)>& take) {
  while (true) {
    AIOP_TRY(auto page, After<model::StoredEvent>(home.ledger(), sequence, -1, ""));
    for (auto& [at, event] : page) {
      sequence = at;
      if (filter.Takes(event)) take(std::move(event));
    }
    if (page.size() < kPageRows) return {};
  }
}

// The last kTail events that the filter takes, oldest first; `sequence` becomes that of the newest.
Result<std::deque<model::StoredEvent>> LastEvents(Home& home, const Filter& filter,
                                                  int64_t& sequence) {
  std::deque<model::StoredEvent> last;
  store::Query query{.key = -1, .value = "", .after = 0, .limit = kPageRows, .newest_first = true};
  while (true) {
    AIOP_TRY(const auto rows,
             home.ledger().database().ListRows(store::Kind<model::StoredEvent>::name, query));
    for (const auto& row : rows) {
      sequence = std::max(sequence, row.sequence);
      AIOP_TRY(auto event,
               describe::FromText<model::StoredEvent>(row.body, describe::Unknown::kIgnore));
      event.envelope.seq = row.sequence;
      if (filter.Takes(event)) last.push_front(std::move(event));
      if (last.size() == kTail) return last;
    }
    if (rows.size() < kPageRows) return last;
    query.after = rows.back().sequence;
  }
}

}  // namespace

Result<int> RunWatch(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(model::Run run, FindRecord<model::Run>(home->ledger(), session.arguments().One("ID")));
  Output& out = session.out();
  if (!out.json()) out.Text(NameOf(run) + " on motor " + run.motor_ctx.version + "\n");
  Seen seen;
  while (true) {
    AIOP_TRY(const bool owned, session.IsOwnedByOther());
    AIOP_TRY(run, home->ledger().Get<model::Run>(run.id));
    AIOP_CHECK_OK(ShowNews(out, *home, run, seen));
    if (out.broken()) return 0;
    if (Settled(run, owned)) break;
    if (!owned) {
      out.Note("nobody is driving this run: aiop run --plant " + run.plant + " goes on with it");
      break;
    }
    std::this_thread::sleep_for(kPoll);
  }
  supervision::Summary summary;
  summary.runs = {run};
  if (!run.incident.empty()) summary.incidents = {run.incident};
  if (!run.decision.empty()) {
    AIOP_TRY(auto decision, home->ledger().Get<model::DecisionRecord>(run.decision));
    summary.decisions.push_back(std::move(decision));
  }
  if (out.json()) out.Line(json::Object{{"summary", supervision::ToJson(summary)}});
  return supervision::ExitCodeOf(summary);
}

Result<int> EventsTail(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  const Arguments& arguments = session.arguments();
  if (arguments.Has("--run")) {
    AIOP_TRY([[maybe_unused]] const auto run,
             home->ledger().Get<model::Run>(arguments.One("--run")));
  }
  if (arguments.Has("--plant")) {
    AIOP_TRY([[maybe_unused]] const auto plant,
             contexts::GetPlant(*home, arguments.One("--plant")));
  }
  Output& out = session.out();
  const Filter filter(arguments);
  int64_t sequence = 0;
  int64_t shown = 0;
  if (arguments.Has("--all")) {
    AIOP_CHECK_OK(EventsAfter(*home, filter, sequence, [&](const model::StoredEvent& event) {
      ShowEvent(out, event);
      ++shown;
    }));
  } else {
    AIOP_TRY(const auto last, LastEvents(*home, filter, sequence));
    for (const auto& event : last) ShowEvent(out, event);
    shown = static_cast<int64_t>(last.size());
  }
  if (arguments.Has("--follow")) {
    std::atomic<bool> stop{false};
    const StopOnSignals signals([&] { stop = true; });
    while (!stop && !out.broken()) {
      std::this_thread::sleep_for(kPoll);
      AIOP_CHECK_OK(EventsAfter(*home, filter, sequence, [&](const model::StoredEvent& event) {
        ShowEvent(out, event);
        ++shown;
      }));
    }
  }
  if (out.json()) {
    out.Line(json::Object{{"summary", json::Object{{"events", shown}, {"last", sequence}}}});
  } else if (shown == 0) {
    out.Note("no events");
  }
  return 0;
}

}  // namespace aiop::app
