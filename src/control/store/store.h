// SPDX-License-Identifier: Apache-2.0
//
// Where records live: three stores that never mix. The Ledger holds what happened (runs, events,
// incidents, decisions, changes), the AppStore app contexts, the MotorStore motor contexts; each
// its own SQLite file. A record type belongs to one of them by type (Kind<T>::side), so a Put of an
// app record into a motor store does not compile, and a file of one side is refused by another
// (SQLite's application_id).
//
// A record is a JSON body with an id and up to kKeyCount keys to find it by. Commit() is durable
// when it returns: all waiting commits are written as one group (WAL, synchronous=FULL) by one
// writer thread. A commit may carry a Fence: it is refused if somebody else has taken the run's
// lease since.
//
// Thread-safe. Errors: kConflict (fence lost, id taken), kUnavailable (file), kInvalid (store of
// another side or newer).
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "control/store/kinds.h"

namespace aiop::store {

enum class Mode {
  kPut,          // insert or replace
  kInsert,       // the whole commit fails with kConflict if the id exists
  kInsertIfNew,  // left alone if the id exists
  kRemove,       // gone; fine if there is none. Listeners are not told
};

struct Write {
  std::string kind;
  std::string id;
  Keys keys;
  std::string body;
  Mode mode = Mode::kPut;
};

// The right to write for a run: refused once somebody has a newer token.
struct Fence {
  std::string run;
  int64_t token = 0;
};

struct Commit {
  std::optional<Fence> fence;
  std::vector<Write> writes;
};

// How to list: the records whose key number `key` equals `value` (all if key < 0), in the order
// they came.
struct Query {
  int key = -1;
  std::string value;
  int64_t after = 0;  // cursor: only records with a greater sequence number
  size_t limit = SIZE_MAX;
  bool newest_first = false;
  std::string containing = {};  // only where the body contains this text; looks at each record
};

struct Row {
  int64_t sequence = 0;
  std::string body;
};

// A record as it is on disk since the commit that is told of.
struct Stored {
  std::string kind;
  std::string id;
  int64_t sequence = 0;
  std::string body;
};
// Told of all records of a commit, commits in their order, after they are on disk and before
// whoever committed them goes on: nobody knows of a record before the listener does. Called on the
// writer's thread; must not commit.
using Listener = std::function<void(const std::vector<Stored>&)>;

// Text found in a transcript.
struct TextHit {
  std::string run;
  std::string attempt;
  std::string step;
  std::string snippet;
};

// Keeps everybody from writing to a store, as another program might, until it is destroyed: for
// drills and tests.
class WriteHold {
 public:
  static Result<std::unique_ptr<WriteHold>> Take(const std::filesystem::path& file);
  virtual ~WriteHold() = default;
};

class Database {
 public:
  // Opens (creating if needed) a store of this side. `read_only` never writes and needs no lock.
  static Result<std::unique_ptr<Database>> Open(const std::filesystem::path& file, Side side,
                                                bool read_only);
  ~Database();

  Status CommitNow(Commit commit);
  // For each write of mode kInsertIfNew of the commit: whether it was new. Durable when it returns.
  Result<std::vector<bool>> CommitAndTell(Commit commit);

  // From now on until StopListening, which waits for a call under way. What the listener is not
  // told of can be read when this returns. The number names the listener.
  Result<int> Listen(Listener listener);
  void StopListening(int number);

  Result<std::optional<Row>> GetRow(std::string_view kind, std::string_view id) const;
  Result<std::vector<Row>> ListRows(std::string_view kind, const Query& query) const;
  Result<int64_t> Count(std::string_view kind, const Query& query) const;

  // Takes the lease of a run: a token greater than any before. Durable.
  Result<Fence> TakeLease(std::string_view run, std::string_view owner);

  Status IndexText(std::string_view run, std::string_view attempt, std::string_view step,
                   std::string_view text);
  Result<std::vector<TextHit>> SearchText(std::string_view words, std::string_view run,
                                          std::string_view step, size_t limit) const;

 private:
  struct Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The typed face of a Database: only records of its side.
template <Side kSide>
class Store {
 public:
  static Result<std::unique_ptr<Store>> Open(const std::filesystem::path& file,
                                             bool read_only = false) {
    AIOP_TRY(auto database, Database::Open(file, kSide, read_only));
    return std::unique_ptr<Store>(new Store(std::move(database)));
  }

  // Collects writes of this side into one atomic, durable commit.
  class Batch {
   public:
    Batch& Guard(std::optional<Fence> fence) {
      commit_.fence = std::move(fence);
      return *this;
    }
    template <class T>
    Batch& Put(const T& record, Mode mode = Mode::kPut) {
      static_assert(Kind<T>::side == kSide, "this record belongs to another store");
      commit_.writes.push_back({std::string(Kind<T>::name), Kind<T>::Id(record),
                                Kind<T>::KeysOf(record), json::Text(describe::ToJson(record)),
                                mode});
      return *this;
    }
    template <class T>
    Batch& Remove(std::string_view id) {
      static_assert(Kind<T>::side == kSide, "this record belongs to another store");
      commit_.writes.push_back(
          {std::string(Kind<T>::name), std::string(id), {}, "", Mode::kRemove});
      return *this;
    }
    bool empty() const { return commit_.writes.empty(); }
    Commit Take() { return std::move(commit_); }

   private:
    Commit commit_;
  };

  Status Commit(Batch batch) { return database_->CommitNow(batch.Take()); }
  Result<std::vector<bool>> CommitAndTell(Batch batch) {
    return database_->CommitAndTell(batch.Take());
  }
  template <class T>
  Status Put(const T& record, Mode mode = Mode::kPut) {
    Batch batch;
    batch.Put(record, mode);
    return Commit(std::move(batch));
  }

  template <class T>
  Result<std::optional<T>> Find(std::string_view id) const {
    static_assert(Kind<T>::side == kSide, "this record belongs to another store");
    AIOP_TRY(auto row, database_->GetRow(Kind<T>::name, id));
    if (!row) return std::optional<T>();
    AIOP_TRY(T record, FromRow<T>(*row));
    return std::optional<T>(std::move(record));
  }
  // As Find, but kNotFound with a message for people if there is none.
  template <class T>
  Result<T> Get(std::string_view id) const {
    AIOP_TRY(auto record, Find<T>(id));
    if (!record)
      return NotFound("no " + std::string(Kind<T>::word) + " '" + std::string(id.substr(0, 100)) +
                      "'");
    return *std::move(record);
  }
  template <class T>
  Result<std::vector<T>> List(const Query& query = {}) const {
    static_assert(Kind<T>::side == kSide, "this record belongs to another store");
    AIOP_TRY(auto rows, database_->ListRows(Kind<T>::name, query));
    std::vector<T> records;
    records.reserve(rows.size());
    for (const Row& row : rows) {
      AIOP_TRY(T record, FromRow<T>(row));
      records.push_back(std::move(record));
    }
    return records;
  }
  // The records where `field` of Kind<T>::Field equals value.
  template <class T>
  Result<std::vector<T>> ListBy(typename Kind<T>::Field field, std::string_view value) const {
    return List<T>({.key = static_cast<int>(field), .value = std::string(value)});
  }

  Database& database() { return *database_; }
  const Database& database() const { return *database_; }

 private:
  explicit Store(std::unique_ptr<Database> database) : database_(std::move(database)) {}
  template <class T>
  static Result<T> FromRow(const Row& row) {
    auto record = describe::FromText<T>(row.body, describe::Unknown::kIgnore);
    if (!record)
      return Unavailable("the store is damaged: a stored " + std::string(Kind<T>::word) +
                         " cannot be read: " + record.error().message);
    if constexpr (requires { Kind<T>::SetSequence(*record, int64_t{}); })
      Kind<T>::SetSequence(*record, row.sequence);
    return record;
  }
  std::unique_ptr<Database> database_;
};

using Ledger = Store<Side::kLedger>;
using AppStore = Store<Side::kApp>;
using MotorStore = Store<Side::kMotor>;

}  // namespace aiop::store
