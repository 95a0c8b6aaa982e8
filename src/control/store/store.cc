// SPDX-License-Identifier: Apache-2.0
#include "control/store/store.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "base/fault/fault.h"
#include "control/store/sqlite.h"

namespace aiop::store {
namespace {

// Raised when a table changes in a way that older programs cannot read. Newer files are refused.
constexpr int64_t kSchemaVersion = 2;  // 2: governed changes, patterns, tokens
// How many waiting commits share one flush to disk.
constexpr size_t kGroupMax = 256;

template <class... T>
std::vector<std::string_view> Names() {
  return {Kind<T>::name...};
}

std::string KeyColumn(int key) { return "k" + std::to_string(key); }

Status CreateTables(Connection& connection, Side side) {
  for (const std::string_view table : TablesOf(side)) {
    const std::string name(table);
    AIOP_CHECK_OK(connection.Execute(
        "CREATE TABLE IF NOT EXISTS \"" + name +
        "\"(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, k0 TEXT NOT NULL, k1 TEXT NOT "
        "NULL, k2 TEXT NOT NULL, k3 TEXT NOT NULL, body TEXT NOT NULL)"));
    for (size_t key = 0; key < kKeyCount; ++key) {
      // Partial: an empty key is never looked for, and most kinds use one or two.
      const std::string column = KeyColumn(static_cast<int>(key));
      AIOP_CHECK_OK(connection.Execute("CREATE INDEX IF NOT EXISTS \"" + name + "_" + column +
                                       "\" ON \"" + name + "\"(" + column + ", seq) WHERE " +
                                       column + " <> ''"));
    }
  }
  if (side == Side::kLedger) {
    AIOP_CHECK_OK(
        connection.Execute("CREATE TABLE IF NOT EXISTS lease(run TEXT PRIMARY KEY, owner TEXT NOT "
                           "NULL, token INTEGER NOT NULL)"));
  }
  if (side == Side::kApp) {
    AIOP_CHECK_OK(
        connection.Execute("CREATE VIRTUAL TABLE IF NOT EXISTS transcript_text USING "
                           "fts5(run UNINDEXED, attempt UNINDEXED, step UNINDEXED, body)"));
  }
  return {};
}

Result<int64_t> Pragma(Connection& connection, const std::string& name) {
  AIOP_TRY(auto statement, connection.Prepare("PRAGMA " + name));
  AIOP_TRY(const bool row, statement->Step());
  return row ? statement->Number(0) : 0;
}

Status CheckSide(Connection& connection, const std::string& file, Side side, bool read_only) {
  AIOP_TRY(const int64_t application, Pragma(connection, "application_id"));
  AIOP_TRY(const int64_t version, Pragma(connection, "user_version"));
  if (application != 0 && application != static_cast<int64_t>(side)) {
    return Invalid(file + " is not this kind of store: it belongs to another side");
  }
  if (version > kSchemaVersion) {
    return Unavailable(file + " was written by a newer aiop (store version " +
                       std::to_string(version) + ", this program knows " +
                       std::to_string(kSchemaVersion) + "): use that one");
  }
  if (read_only) return {};
  AIOP_CHECK_OK(
      connection.Execute("PRAGMA application_id=" + std::to_string(static_cast<int>(side))));
  return connection.Execute("PRAGMA user_version=" + std::to_string(kSchemaVersion));
}

// What waits for the writer: a piece of work inside the group's transaction, and where its answer
// goes.
struct Job {
  std::function<Status(Connection&)> work;
  std::vector<Stored>* stored = nullptr;  // what the work wrote, for the listeners
  Status status;
  bool done = false;
};

}  // namespace

std::vector<std::string_view> TablesOf(Side side) {
  switch (side) {
    case Side::kLedger:
      return Names<model::Run, model::Transition, model::Checkpoint, model::Attempt,
                   model::StoredEvent, model::Incident, model::Occurrence, model::DecisionRecord,
                   model::DecisionHistory, model::Experiment, model::Change, model::Batch,
                   model::Pattern, model::Token, model::HookDelivery>();
    case Side::kApp:
      return Names<model::App, model::AppVersion, model::Artifact>();
    case Side::kMotor:
      return Names<model::Plant, model::MotorVersion, model::RestorePoint, model::PointerMove>();
  }
  return {};
}

struct Database::Impl {
  std::unique_ptr<Connection> writer;
  mutable std::mutex reader_mutex;
  std::unique_ptr<Connection> reader;

  std::mutex mutex;
  std::condition_variable work_waits;
  std::condition_variable work_done;
  std::deque<Job*> queue;
  bool stopping = false;
  std::thread thread;

  std::mutex listeners_mutex;  // held while they are called
  std::map<int, Listener> listeners;
  int last_listener = 0;
  std::atomic<bool> listened = false;

  // Hands `work` to the writer thread and waits until it is on disk or refused.
  Status Write(std::function<Status(Connection&)> work, std::vector<Stored>* stored = nullptr) {
    if (!writer) return Internal("a store opened for reading was asked to write");
    Job job{.work = std::move(work), .stored = stored, .status = {}, .done = false};
    std::unique_lock lock(mutex);
    queue.push_back(&job);
    work_waits.notify_one();
    work_done.wait(lock, [&] { return job.done; });
    return std::move(job.status);
  }

  void Loop() {
    std::unique_lock lock(mutex);
    for (;;) {
      work_waits.wait(lock, [&] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      std::vector<Job*> group;
      while (!queue.empty() && group.size() < kGroupMax) {
        group.push_back(queue.front());
        queue.pop_front();
      }
      lock.unlock();
      WriteGroup(group);
      lock.lock();
      for (Job* job : group) job->done = true;
      work_done.notify_all();
    }
  }

  // One transaction, one flush; each job in a savepoint of its own, so that a refused one takes no
  // other with it.
  void WriteGroup(std::vector<Job*>& group) {
    Status whole = writer->Execute("BEGIN IMMEDIATE");
    for (Job* job : group) {
      if (!whole) break;
      whole = writer->Execute("SAVEPOINT job");
      if (!whole) break;
      job->status = job->work(*writer);
      whole = writer->Execute(job->status ? "RELEASE job" : "ROLLBACK TO job; RELEASE job");
    }
    if (whole) whole = writer->Execute("COMMIT");
    if (!whole && fault::GuardIsOff("commit-errors")) {
      [[maybe_unused]] const Status rolled_back = writer->Execute("ROLLBACK");
      whole = {};
    }
    if (!whole) {
      [[maybe_unused]] const Status rolled_back = writer->Execute("ROLLBACK");
      for (Job* job : group) job->status = whole;
      return;
    }
    fault::Point("store.commit");
    TellOf(group);
  }

  void TellOf(const std::vector<Job*>& group) {
    if (!listened) return;
    const std::lock_guard lock(listeners_mutex);
    for (const Job* job : group) {
      if (!job->status || job->stored == nullptr || job->stored->empty()) continue;
      for (const auto& [number, listener] : listeners) listener(*job->stored);
    }
  }
};

namespace {

class OpenTransaction final : public WriteHold {
 public:
  explicit OpenTransaction(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

 private:
  std::unique_ptr<Connection> connection_;  // closing it ends its transaction
};

}  // namespace

Result<std::unique_ptr<WriteHold>> WriteHold::Take(const std::filesystem::path& file) {
  AIOP_TRY(auto connection, Connection::Open(file.string(), false));
  AIOP_CHECK_OK(connection->Execute("BEGIN IMMEDIATE"));
  return std::make_unique<OpenTransaction>(std::move(connection));
}

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Database::~Database() {
  if (!impl_->thread.joinable()) return;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->work_waits.notify_all();
  impl_->thread.join();
}

Result<std::unique_ptr<Database>> Database::Open(const std::filesystem::path& file, Side side,
                                                 bool read_only) {
  auto impl = std::make_unique<Impl>();
  if (!read_only) {
    AIOP_TRY(impl->writer, Connection::Open(file.string(), false));
    AIOP_CHECK_OK(impl->writer->Execute("PRAGMA journal_mode=WAL"));
    AIOP_CHECK_OK(impl->writer->Execute("PRAGMA synchronous=FULL"));
    AIOP_CHECK_OK(CheckSide(*impl->writer, file.string(), side, false));
    AIOP_CHECK_OK(CreateTables(*impl->writer, side));
  }
  AIOP_TRY(impl->reader, Connection::Open(file.string(), true));
  AIOP_CHECK_OK(CheckSide(*impl->reader, file.string(), side, true));
  std::unique_ptr<Database> database(new Database(std::move(impl)));
  if (!read_only)
    database->impl_->thread = std::thread([raw = database->impl_.get()] { raw->Loop(); });
  return database;
}

namespace {

Status CheckFence(Connection& connection, const Fence& fence) {
  AIOP_TRY(auto statement, connection.Prepare("SELECT token FROM lease WHERE run=?1"));
  statement->Bind(1, fence.run);
  AIOP_TRY(const bool row, statement->Step());
  if (row && statement->Number(0) == fence.token) return {};
  return Fail(Code::kConflict, "somebody else has taken over run " + fence.run);
}

// The sequence number of the record; nothing if it was left alone.
Result<std::optional<int64_t>> WriteOne(Connection& connection, const Write& write) {
  if (write.mode == Mode::kRemove) {
    AIOP_TRY(auto removal, connection.Prepare("DELETE FROM \"" + write.kind + "\" WHERE id=?1"));
    removal->Bind(1, write.id);
    AIOP_CHECK_OK(removal->Run());
    return std::optional<int64_t>();
  }
  const std::string insert =
      "INSERT INTO \"" + write.kind + "\"(id,k0,k1,k2,k3,body) VALUES(?1,?2,?3,?4,?5,?6)";
  const bool replaces = write.mode == Mode::kPut ||
                        (write.mode == Mode::kInsertIfNew && fault::GuardIsOff("event-ids"));
  const std::string tail =
      replaces                           ? " ON CONFLICT(id) DO UPDATE SET "
                                           "k0=excluded.k0,k1=excluded.k1,k2=excluded.k2,k3=excluded.k3,body=excluded.body"
      : write.mode == Mode::kInsertIfNew ? " ON CONFLICT(id) DO NOTHING"
                                         : "";
  AIOP_TRY(auto statement, connection.Prepare(insert + tail + " RETURNING seq"));
  statement->Bind(1, write.id);
  for (size_t key = 0; key < kKeyCount; ++key)
    statement->Bind(static_cast<int>(key) + 2, write.keys[key]);
  statement->Bind(6, write.body);
  AIOP_TRY(const bool written, statement->Step());
  if (!written) return std::optional<int64_t>();
  const int64_t sequence = statement->Number(0);
  AIOP_CHECK_OK(statement->Run());
  return std::optional<int64_t>(sequence);
}

}  // namespace

Status Database::CommitNow(Commit commit) {
  AIOP_TRY([[maybe_unused]] const auto news, CommitAndTell(std::move(commit)));
  return {};
}

Result<std::vector<bool>> Database::CommitAndTell(Commit commit) {
  std::vector<bool> news;
  std::vector<Stored> stored;
  const auto work = [&](Connection& connection) -> Status {
    news.clear();
    stored.clear();
    if (commit.fence) AIOP_CHECK_OK(CheckFence(connection, *commit.fence));
    for (struct Write& write : commit.writes) {
      AIOP_TRY(const auto sequence, WriteOne(connection, write));
      if (write.mode == Mode::kInsertIfNew) news.push_back(sequence.has_value());
      if (sequence && impl_->listened)
        stored.push_back({write.kind, write.id, *sequence, std::move(write.body)});
    }
    return {};
  };
  const Status status = impl_->Write(work, &stored);
  if (!status) return std::unexpected(status.error());
  return news;
}

Result<int> Database::Listen(Listener listener) {
  int number = 0;
  {
    const std::lock_guard lock(impl_->listeners_mutex);
    number = ++impl_->last_listener;
    impl_->listeners.emplace(number, std::move(listener));
    impl_->listened = true;
  }
  if (!impl_->writer) return number;
  // Commits that began unlistened are on disk once the writer has come to this.
  const Status passed = impl_->Write([](Connection&) -> Status { return {}; });
  if (passed) return number;
  StopListening(number);
  return std::unexpected(passed.error());
}

void Database::StopListening(int number) {
  const std::lock_guard lock(impl_->listeners_mutex);
  impl_->listeners.erase(number);
  impl_->listened = !impl_->listeners.empty();
}

Result<Fence> Database::TakeLease(std::string_view run, std::string_view owner) {
  Fence fence{.run = std::string(run), .token = 0};
  const Status status = impl_->Write([&](Connection& connection) -> Status {
    AIOP_TRY(
        auto statement,
        connection.Prepare(
            "INSERT INTO lease(run,owner,token) VALUES(?1,?2,1) ON CONFLICT(run) DO UPDATE SET "
            "owner=excluded.owner, token=token+1 RETURNING token"));
    statement->Bind(1, run).Bind(2, owner);
    AIOP_TRY(const bool row, statement->Step());
    if (!row) return Internal("no lease was given");
    fence.token = statement->Number(0);
    return statement->Run();
  });
  if (!status) return std::unexpected(status.error());
  return fence;
}

Status Database::IndexText(std::string_view run, std::string_view attempt, std::string_view step,
                           std::string_view text) {
  return impl_->Write([&](Connection& connection) -> Status {
    AIOP_TRY(auto statement,
             connection.Prepare(
                 "INSERT INTO transcript_text(run,attempt,step,body) VALUES(?1,?2,?3,?4)"));
    statement->Bind(1, run).Bind(2, attempt).Bind(3, step).Bind(4, text);
    return statement->Run();
  });
}

namespace {

// A store that an older program wrote, opened to be read only, has no table for kinds that are
// newer than that program: then it has no such records.
bool IsMissing(Connection& connection, std::string_view kind) {
  auto statement = connection.Prepare("SELECT 1 FROM sqlite_master WHERE type='table' AND name=?1");
  if (!statement) return false;
  (*statement)->Bind(1, kind);
  const auto row = (*statement)->Step();
  return row && !*row;
}

}  // namespace

Result<std::optional<Row>> Database::GetRow(std::string_view kind, std::string_view id) const {
  const std::lock_guard lock(impl_->reader_mutex);
  auto prepared =
      impl_->reader->Prepare("SELECT seq, body FROM \"" + std::string(kind) + "\" WHERE id=?1");
  if (!prepared && IsMissing(*impl_->reader, kind)) return std::optional<Row>();
  AIOP_TRY(auto statement, std::move(prepared));
  statement->Bind(1, id);
  AIOP_TRY(const bool row, statement->Step());
  if (!row) return std::optional<Row>();
  return std::optional<Row>({statement->Number(0), statement->Text(1)});
}

Result<std::vector<Row>> Database::ListRows(std::string_view kind, const Query& query) const {
  const std::lock_guard lock(impl_->reader_mutex);
  std::string sql = "SELECT seq, body FROM \"" + std::string(kind) + "\" WHERE seq " +
                    (query.newest_first && query.after > 0 ? "<" : ">") + " ?1";
  // The literal <> '' lets SQLite use the partial index.
  if (query.key >= 0)
    sql += " AND " + KeyColumn(query.key) + " <> '' AND " + KeyColumn(query.key) + " = ?3";
  if (!query.containing.empty()) sql += " AND instr(body, ?4) > 0";
  sql += query.newest_first ? " ORDER BY seq DESC LIMIT ?2" : " ORDER BY seq LIMIT ?2";
  auto prepared = impl_->reader->Prepare(sql);
  if (!prepared && IsMissing(*impl_->reader, kind)) return std::vector<Row>();
  AIOP_TRY(auto statement, std::move(prepared));
  statement->Bind(1, query.after);
  statement->Bind(2, query.limit > INT64_MAX ? int64_t{-1} : static_cast<int64_t>(query.limit));
  if (query.key >= 0) statement->Bind(3, query.value);
  if (!query.containing.empty()) statement->Bind(4, query.containing);
  std::vector<Row> rows;
  for (;;) {
    AIOP_TRY(const bool row, statement->Step());
    if (!row) return rows;
    rows.push_back({statement->Number(0), statement->Text(1)});
  }
}

Result<int64_t> Database::Count(std::string_view kind, const Query& query) const {
  const std::lock_guard lock(impl_->reader_mutex);
  std::string sql = "SELECT count(*) FROM \"" + std::string(kind) + "\"";
  if (query.key >= 0)
    sql += " WHERE " + KeyColumn(query.key) + " <> '' AND " + KeyColumn(query.key) + " = ?1";
  auto prepared = impl_->reader->Prepare(sql);
  if (!prepared && IsMissing(*impl_->reader, kind)) return 0;
  AIOP_TRY(auto statement, std::move(prepared));
  if (query.key >= 0) statement->Bind(1, query.value);
  AIOP_TRY([[maybe_unused]] const bool row, statement->Step());
  return statement->Number(0);
}

Result<std::vector<TextHit>> Database::SearchText(std::string_view words, std::string_view run,
                                                  std::string_view step, size_t limit) const {
  // Each word quoted: what people type is never FTS syntax.
  std::string match;
  size_t start = 0;
  while (start < words.size()) {
    const size_t end = std::min(words.find_first_of(" \t\n", start), words.size());
    if (end > start) {
      match += match.empty() ? "\"" : " \"";
      for (const char c : words.substr(start, end - start)) {
        if (c == '"') match += '"';
        match += c;
      }
      match += '"';
    }
    start = end + 1;
  }
  if (match.empty()) return Invalid("nothing to search for");
  const std::lock_guard lock(impl_->reader_mutex);
  AIOP_TRY(auto statement,
           impl_->reader->Prepare(
               "SELECT run, attempt, step, snippet(transcript_text, 3, '', '', '…', 24) FROM "
               "transcript_text WHERE transcript_text MATCH ?1 AND (?2='' OR run=?2) AND (?3='' OR "
               "step=?3) ORDER BY rank LIMIT ?4"));
  statement->Bind(1, match).Bind(2, run).Bind(3, step).Bind(
      4, static_cast<int64_t>(std::min<size_t>(limit, 10'000)));
  std::vector<TextHit> hits;
  for (;;) {
    AIOP_TRY(const bool row, statement->Step());
    if (!row) return hits;
    hits.push_back(
        {statement->Text(0), statement->Text(1), statement->Text(2), statement->Text(3)});
  }
}

}  // namespace aiop::store
