// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdio>

#include "control/observers/builder.h"

namespace aiop::observers {
namespace {

using model::SignalType;

constexpr std::string_view kTool = "meter";

model::EventEnvelope ExceededEvent(const Context& context, SignalType signal_type, double value,
                                   double budget, int64_t span) {
  const bool latency = signal_type == SignalType::kLatency;
  char details[160];
  if (latency) {
    std::snprintf(details, sizeof details, "latency %.0f ms exceeds the budget of %.0f ms", value,
                  budget);
  } else {
    std::snprintf(details, sizeof details, "cost %.6g USD exceeds the budget of %.6g USD", value,
                  budget);
  }
  // The id is made without the figure: after a crash the sum may come out otherwise, and it is
  // still the same fact.
  Context once = context;
  once.occasion.clear();
  const model::EventEnvelope identity =
      MakeEvent(once, kTool, signal_type, model::Severity::kError, {}, static_cast<size_t>(span));
  json::Object payload{{"details", details},
                       {"tool", kTool},
                       {"value", value},
                       {"unit", latency ? "ms" : "usd"},
                       {"budget", budget}};
  model::EventEnvelope event =
      MakeEvent(context, kTool, signal_type, model::Severity::kError, std::move(payload), 0);
  event.id = identity.id;
  return event;
}

// A plant's figure is outside input: only what can be added up counts.
double Usable(std::optional<double> figure) {
  return figure && std::isfinite(*figure) && *figure > 0 ? *figure : 0;
}

}  // namespace

Events BudgetMeter::AddUsage(const Context& context, const model::Usage& usage) {
  latency_given_ = latency_given_ || usage.latency_ms.has_value();
  spent_.latency_ms += Usable(usage.latency_ms);
  spent_.cost_usd += Usable(usage.cost_usd);
  return Check(context);
}

Events BudgetMeter::EndAttempt(const Context& context, Milliseconds wall) {
  if (!latency_given_) spent_.latency_ms += Usable(static_cast<double>(wall.count()));
  latency_given_ = false;
  return Check(context);
}

Events BudgetMeter::Check(const Context& context) {
  Events events;
  if (budgets_.latency_ms && spent_.latency_ms > *budgets_.latency_ms && !spent_.latency_reported) {
    spent_.latency_reported = true;
    events.push_back(ExceededEvent(context, SignalType::kLatency, spent_.latency_ms,
                                   *budgets_.latency_ms, spent_.patches));
  }
  if (budgets_.cost_usd && spent_.cost_usd > *budgets_.cost_usd && !spent_.cost_reported) {
    spent_.cost_reported = true;
    events.push_back(ExceededEvent(context, SignalType::kCost, spent_.cost_usd, *budgets_.cost_usd,
                                   spent_.patches));
  }
  return events;
}

bool BudgetMeter::Observe(const model::EventEnvelope& event) {
  if (!event.IsFailure()) return false;
  if (event.signal_type != SignalType::kLatency && event.signal_type != SignalType::kCost)
    return false;
  bool& reported =
      event.signal_type == SignalType::kLatency ? spent_.latency_reported : spent_.cost_reported;
  const bool repeats = reported;
  reported = true;
  return repeats;
}

void BudgetMeter::Patched() {
  spent_ = Spent{.patches = spent_.patches + 1};
  latency_given_ = false;
}

}  // namespace aiop::observers
