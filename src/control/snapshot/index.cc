// SPDX-License-Identifier: Apache-2.0
#include "control/snapshot/index.h"

#include <sqlite3.h>

#include <algorithm>

namespace aiop::snapshot {
namespace {

namespace fs = std::filesystem;

constexpr int kFormat = 1;
constexpr char kSchema[] = R"sql(
CREATE TABLE IF NOT EXISTS packs(id INTEGER PRIMARY KEY, length INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS objects(
  hash BLOB NOT NULL, kind INTEGER NOT NULL, pack INTEGER NOT NULL, offset INTEGER NOT NULL,
  bytes INTEGER NOT NULL, PRIMARY KEY(hash, kind)) STRICT, WITHOUT ROWID;
)sql";

}  // namespace

// A prepared statement that is used up within one call.
class Index::Statement {
 public:
  Statement(sqlite3* database, const char* sql) {
    sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  void Bind(int column, uint64_t value) {
    sqlite3_bind_int64(statement_, column, sqlite3_int64(value));
  }
  void Bind(int column, const Digest& digest) {
    sqlite3_bind_blob(statement_, column, digest.bytes.data(), int(kDigestBytes), SQLITE_STATIC);
  }
  uint64_t Number(int column) { return uint64_t(sqlite3_column_int64(statement_, column)); }
  std::string_view Bytes(int column) {
    return {static_cast<const char*>(sqlite3_column_blob(statement_, column)),
            size_t(sqlite3_column_bytes(statement_, column))};
  }
  int Step() { return statement_ ? sqlite3_step(statement_) : SQLITE_ERROR; }
  // For statements that return no rows.
  bool Execute() {
    const bool done = Step() == SQLITE_DONE;
    return sqlite3_reset(statement_) == SQLITE_OK && done;
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

std::unexpected<Error> Index::Failure() const {
  const int code = sqlite3_errcode(database_);
  const std::string text = std::string("blob index: ") + sqlite3_errmsg(database_);
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    return Internal(text + "; delete index.db while nothing runs, it is rebuilt at the next start");
  }
  return Unavailable(text);
}

Status Index::Run(const char* sql) {
  if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return Failure();
  return {};
}

Result<std::unique_ptr<Index>> Index::Open(const fs::path& file) {
  sqlite3* database = nullptr;
  const int opened = sqlite3_open_v2(
      file.c_str(), &database,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
      nullptr);
  std::unique_ptr<Index> index(new Index(database));
  if (opened != SQLITE_OK) return index->Failure();
  AIOP_CHECK_OK(index->Prepare());
  return index;
}

Status Index::Prepare() {
  sqlite3_busy_timeout(database_, 5000);
  AIOP_CHECK_OK(Run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"));
  Statement version(database_, "PRAGMA user_version");
  if (version.Step() != SQLITE_ROW) return Failure();
  const uint64_t found = version.Number(0);
  if (found > kFormat) {
    return Invalid("blob index: format " + std::to_string(found) +
                   " is newer than this program; use the newer one");
  }
  AIOP_CHECK_OK(Run(kSchema));
  if (found == 0) AIOP_CHECK_OK(Run("PRAGMA user_version=1"));
  if (sqlite3_prepare_v3(database_,
                         "SELECT pack, offset, bytes FROM objects WHERE hash=?1 AND kind=?2", -1,
                         SQLITE_PREPARE_PERSISTENT, &find_, nullptr) != SQLITE_OK) {
    return Failure();
  }
  return {};
}

Index::~Index() {
  sqlite3_finalize(find_);
  sqlite3_close(database_);
}

Status Index::Remove(const fs::path& file) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code error;
    fs::remove(file.string() + suffix, error);
    if (error) return Unavailable("cannot remove " + file.string() + suffix);
  }
  return {};
}

Result<std::optional<Location>> Index::Find(const Key& key) {
  const std::lock_guard lock(mutex_);
  sqlite3_bind_blob(find_, 1, key.digest.bytes.data(), int(kDigestBytes), SQLITE_STATIC);
  sqlite3_bind_int64(find_, 2, sqlite3_int64(key.kind));
  std::optional<Location> location;
  const int step = sqlite3_step(find_);
  if (step == SQLITE_ROW) {
    location =
        Location{uint64_t(sqlite3_column_int64(find_, 0)), uint64_t(sqlite3_column_int64(find_, 1)),
                 uint64_t(sqlite3_column_int64(find_, 2))};
  }
  if (step != SQLITE_ROW && step != SQLITE_DONE) {
    auto failure = Failure();
    sqlite3_reset(find_);
    return failure;
  }
  sqlite3_reset(find_);
  return location;
}

Result<PackLengths> Index::Packs() {
  const std::lock_guard lock(mutex_);
  PackLengths lengths;
  Statement statement(database_, "SELECT id, length FROM packs");
  for (;;) {
    const int step = statement.Step();
    if (step == SQLITE_DONE) return lengths;
    if (step != SQLITE_ROW) return Failure();
    lengths[statement.Number(0)] = statement.Number(1);
  }
}

Result<std::vector<Row>> Index::All() {
  const std::lock_guard lock(mutex_);
  std::vector<Row> rows;
  Statement statement(database_, "SELECT hash, kind, pack, offset, bytes FROM objects");
  for (;;) {
    const int step = statement.Step();
    if (step == SQLITE_DONE) return rows;
    if (step != SQLITE_ROW) return Failure();
    if (statement.Bytes(0).size() != kDigestBytes) return Internal("blob index: a hash is damaged");
    rows.push_back({{FromRaw(statement.Bytes(0)), ObjectKind(statement.Number(1))},
                    {statement.Number(2), statement.Number(3), statement.Number(4)}});
  }
}

Status Index::Apply(const IndexChange& change) {
  const std::lock_guard lock(mutex_);
  AIOP_CHECK_OK(Run("BEGIN IMMEDIATE"));
  Status status = ApplyAll(change);
  if (status) status = Run("COMMIT");
  if (!status) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  return status;
}

Status Index::ApplyAll(const IndexChange& change) {
  Statement drop_objects(database_, "DELETE FROM objects WHERE pack=?1");
  Statement drop_pack(database_, "DELETE FROM packs WHERE id=?1");
  for (const uint64_t pack : change.packs_gone) {
    drop_objects.Bind(1, pack);
    drop_pack.Bind(1, pack);
    if (!drop_objects.Execute() || !drop_pack.Execute()) return Failure();
  }
  Statement drop_object(database_, "DELETE FROM objects WHERE hash=?1 AND kind=?2");
  for (const Key& key : change.objects_gone) {
    drop_object.Bind(1, key.digest);
    drop_object.Bind(2, uint64_t(key.kind));
    if (!drop_object.Execute()) return Failure();
  }
  Statement insert(database_, "INSERT OR IGNORE INTO objects VALUES(?1,?2,?3,?4,?5)");
  for (const Row& row : change.rows) {
    insert.Bind(1, row.key.digest);
    insert.Bind(2, uint64_t(row.key.kind));
    insert.Bind(3, row.location.pack);
    insert.Bind(4, row.location.offset);
    insert.Bind(5, row.location.bytes);
    if (!insert.Execute()) return Failure();
  }
  Statement length(database_,
                   "INSERT INTO packs VALUES(?1,?2) ON CONFLICT(id) DO UPDATE SET "
                   "length=max(length,excluded.length)");
  for (const auto& [pack, bytes] : change.lengths) {
    length.Bind(1, pack);
    length.Bind(2, bytes);
    if (!length.Execute()) return Failure();
  }
  return {};
}

}  // namespace aiop::snapshot
