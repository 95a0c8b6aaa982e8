// SPDX-License-Identifier: Apache-2.0
#include "core/kpi/kpi.h"
#include "core/scoring/scoring.h"
#include "core/verdict/verdict.h"

namespace aiop::kpi {

Share ShareOf(int64_t hits, int64_t of) {
  Share share{.hits = hits, .of = of, .share = {}, .low = {}, .high = {}};
  const auto interval = verdict::Wilson({hits, of});
  if (!interval) return share;
  share.share = static_cast<double>(hits) / static_cast<double>(of);
  share.low = interval->low;
  share.high = interval->high;
  return share;
}

Middle MiddleOf(std::vector<double> values) {
  Middle middle;
  middle.count = static_cast<int64_t>(values.size());
  if (values.empty()) return middle;
  const auto interval = verdict::MedianInterval(values);
  if (interval && *interval) {
    middle.low = (*interval)->low;
    middle.high = (*interval)->high;
  }
  const scoring::Spread spread = scoring::SpreadOf(std::move(values));
  middle.median = spread.median;
  middle.mean = spread.mean;
  return middle;
}

std::vector<std::pair<std::string, json::Value>> AllSchemas() {
  std::vector<std::pair<std::string, json::Value>> schemas;
  const auto add = [&]<class T>(describe::Tag<T>) {
    schemas.emplace_back(std::string(T::kName), describe::SchemaOf<T>());
  };
  add(describe::Tag<KpiReport>{});
  add(describe::Tag<SloReport>{});
  add(describe::Tag<ComplianceReport>{});
  return schemas;
}

}  // namespace aiop::kpi
