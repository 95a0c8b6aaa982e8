// SPDX-License-Identifier: Apache-2.0
// What experiments used today.
#include "control/experiments/experiments.h"

namespace aiop::experiments {
namespace {

constexpr size_t kPage = 200;
constexpr int64_t kDayMilliseconds = int64_t{24} * 60 * 60 * 1000;

int64_t DayOf(Timestamp at) { return at.since_epoch.count() / kDayMilliseconds; }

void AddTo(model::Usage& sum, const model::Usage& more) {
  if (more.cost_usd) sum.cost_usd = sum.cost_usd.value_or(0) + *more.cost_usd;
  if (more.tokens) sum.tokens = sum.tokens.value_or(0) + *more.tokens;
}

}  // namespace

// The newest come first, twice as many each time, until one is of an earlier day.
Result<DaySpending::Day> DaySpending::Read(const store::Ledger& ledger, const std::string& plant,
                                           int64_t number) {
  for (size_t limit = kPage;; limit *= 2) {
    AIOP_TRY(const auto newest,
             ledger.List<model::Experiment>(
                 {.key = static_cast<int>(store::Kind<model::Experiment>::Field::kPlant),
                  .value = plant,
                  .limit = limit,
                  .newest_first = true}));
    const bool all = newest.size() < limit || DayOf(newest.back().at) < number;
    if (!all) continue;
    Day day{.number = number, .plant_ms = 0, .usage = {}};
    for (const auto& each : newest) {
      if (DayOf(each.at) != number) continue;
      day.plant_ms += each.plant_ms;
      AddTo(day.usage, each.usage);
    }
    return day;
  }
}

Result<budget::Allowance> DaySpending::Left(const store::Ledger& ledger, const std::string& plant,
                                            Timestamp now, const budget::Allowance& per_day) {
  const std::lock_guard lock(mutex_);
  Day& day = days_[plant];
  if (day.number != DayOf(now)) {
    AIOP_TRY(day, Read(ledger, plant, DayOf(now)));
  }
  budget::Allowance left = per_day;
  left.Take(day.plant_ms, day.usage);
  return left;
}

void DaySpending::Add(const model::Experiment& experiment) {
  const std::lock_guard lock(mutex_);
  const auto day = days_.find(experiment.plant);
  if (day == days_.end() || day->second.number != DayOf(experiment.at)) return;
  day->second.plant_ms += experiment.plant_ms;
  AddTo(day->second.usage, experiment.usage);
}

}  // namespace aiop::experiments
