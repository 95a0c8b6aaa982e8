// SPDX-License-Identifier: Apache-2.0
//
// Where each object lies: a SQLite file (WAL, synchronous=FULL) beside the packs. What it promises:
// a tree or list of pieces that is in the index has all it refers to in the index. Can always be
// made again from the packs. Thread-safe. A damaged file answers kInternal.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/result/result.h"
#include "control/snapshot/digest.h"
#include "control/snapshot/pack.h"

struct sqlite3;
struct sqlite3_stmt;

namespace aiop::snapshot {

// A pack's bytes up to here are good and indexed.
using PackLengths = std::map<uint64_t, uint64_t>;

// What one transaction changes, in this order.
struct IndexChange {
  std::vector<uint64_t> packs_gone;  // with all their objects
  std::vector<Key> objects_gone;
  std::vector<Row> rows;  // of objects known already nothing changes
  PackLengths lengths;    // never shrink
};

class Index {
 public:
  static Result<std::unique_ptr<Index>> Open(const std::filesystem::path& file);
  // Deletes the file and what SQLite keeps beside it.
  static Status Remove(const std::filesystem::path& file);
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  Result<std::optional<Location>> Find(const Key& key);
  Result<PackLengths> Packs();
  // Durable when it returns.
  Status Apply(const IndexChange& change);
  Result<std::vector<Row>> All();

 private:
  class Statement;
  explicit Index(sqlite3* database) : database_(database) {}
  Status Prepare();
  Status Run(const char* sql);
  Status ApplyAll(const IndexChange& change);
  std::unexpected<Error> Failure() const;

  std::mutex mutex_;
  sqlite3* database_ = nullptr;
  sqlite3_stmt* find_ = nullptr;
};

}  // namespace aiop::snapshot
