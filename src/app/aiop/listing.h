// SPDX-License-Identifier: Apache-2.0
//
// Lists of records, page by page, and records found by what people type.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/aiop/session.h"
#include "control/store/store.h"

namespace aiop::app {

inline constexpr int64_t kDefaultPage = 1000;
// Fewer characters of an id are not taken for it.
inline constexpr size_t kLeastIdPart = 4;

template <class T>
struct Page {
  std::vector<T> items;
  std::string next;  // cursor; empty if that was all
};

// The next page of the records that `wanted` takes, oldest first. `key` is a field of Kind<T>, or
// absent.
template <class T, class Store>
Result<Page<T>> ReadPage(const Store& store, const Arguments& arguments,
                         std::optional<std::pair<typename store::Kind<T>::Field, std::string>> key,
                         const std::function<bool(const T&)>& wanted = nullptr) {
  const auto limit = static_cast<size_t>(arguments.Number("--limit", kDefaultPage));
  store::Query query;
  if (key) {
    query.key = static_cast<int>(key->first);
    query.value = key->second;
  }
  query.after = arguments.Number("--after", 0);
  query.limit = kDefaultPage;
  Page<T> page;
  int64_t last = query.after;
  while (true) {
    AIOP_TRY(const auto rows, store.database().ListRows(store::Kind<T>::name, query));
    for (const store::Row& row : rows) {
      auto record = describe::FromText<T>(row.body, describe::Unknown::kIgnore);
      if (!record) return Internal("a stored record cannot be read: " + record.error().message);
      if (wanted && !wanted(*record)) continue;
      if (page.items.size() == limit) {
        page.next = std::to_string(last);
        return page;
      }
      page.items.push_back(*std::move(record));
      last = row.sequence;
    }
    if (rows.size() < query.limit) return page;
    query.after = rows.back().sequence;
  }
}

// {"items": [...], "next": cursor or null}
inline json::Value ListDocument(json::Array items, const std::string& next) {
  return json::Object{{"items", std::move(items)},
                      {"next", next.empty() ? json::Value(nullptr) : json::Value(next)}};
}

template <class T>
int ShowPage(Session& session, const Page<T>& page, Table table,
             const std::function<std::vector<Cell>(const T&)>& row, std::string_view none,
             const std::function<json::Value(const T&)>& item = nullptr) {
  Output& out = session.out();
  if (out.json()) {
    json::Array items;
    for (const T& each : page.items) items.push_back(item ? item(each) : describe::ToJson(each));
    out.Document(ListDocument(std::move(items), page.next));
    return 0;
  }
  for (const T& each : page.items) table.Add(row(each));
  if (table.empty()) {
    out.Note(none);
  } else {
    out.Show(table);
  }
  if (!page.next.empty()) out.Note("there are more: --after " + page.next);
  return 0;
}

// The record with this id, or the only one whose id begins or ends with it.
template <class T, class Store>
Result<T> FindRecord(const Store& store, const std::string& id) {
  AIOP_TRY(const auto exact, store.template Find<T>(id));
  if (exact) return *exact;
  std::vector<T> found;
  if (id.size() >= kLeastIdPart) {
    AIOP_TRY(const auto all, store.template List<T>());
    for (const T& each : all) {
      const std::string whole = store::Kind<T>::Id(each);
      if (whole.starts_with(id) || whole.ends_with(id)) found.push_back(each);
    }
  }
  if (found.size() == 1) return found.front();
  const std::string word(store::Kind<T>::word);
  if (found.size() > 1) {
    return Invalid(std::to_string(found.size()) + " " + word + "s have an id with '" + id +
                   "': give more of it");
  }
  return NotFound("no " + word + " '" + id.substr(0, 100) + "'");
}

}  // namespace aiop::app
