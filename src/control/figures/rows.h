// SPDX-License-Identifier: Apache-2.0
// Records one after the other, page by page, so that a long history does not have to fit into
// memory. Private.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "control/store/store.h"

namespace aiop::figures {

inline constexpr size_t kPage = 2000;

// `take(record)` returns nothing.
template <class T, class Take>
Status ForEach(const store::Ledger& ledger, store::Query query, const Take& take) {
  query.limit = kPage;
  while (true) {
    AIOP_TRY(const auto rows, ledger.database().ListRows(store::Kind<T>::name, query));
    for (const store::Row& row : rows) {
      AIOP_TRY(T record, describe::FromText<T>(row.body, describe::Unknown::kIgnore));
      take(std::move(record));
    }
    if (rows.size() < query.limit) return {};
    query.after = rows.back().sequence;
  }
}

// Those of one plant, or all; `field` is its key.
template <class T>
store::Query OfPlant(typename store::Kind<T>::Field field, const std::string& plant) {
  return plant.empty() ? store::Query{}
                       : store::Query{.key = static_cast<int>(field), .value = plant};
}

}  // namespace aiop::figures
