// SPDX-License-Identifier: Apache-2.0
#include "control/store/sqlite.h"

#include "base/fault/fault.h"

namespace aiop::store {
namespace {

// How long a store that somebody else holds is waited for.
constexpr int kPatienceMilliseconds = 10'000;

std::unexpected<Error> Failure(sqlite3* connection, std::string_view what) {
  const int code = sqlite3_errcode(connection);
  const std::string message = std::string(what) + ": " + sqlite3_errmsg(connection);
  if (code == SQLITE_CONSTRAINT) return Fail(Code::kConflict, message);
  return Unavailable(message);
}

}  // namespace

Statement::~Statement() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Statement& Statement::Bind(int index, std::string_view text) {
  sqlite3_bind_text(statement_, index, text.data(), static_cast<int>(text.size()),
                    SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::Bind(int index, int64_t number) {
  sqlite3_bind_int64(statement_, index, number);
  return *this;
}

Result<bool> Statement::Step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return Failure(connection_, "the store refused a statement");
}

Status Statement::Run() {
  AIOP_TRY([[maybe_unused]] const bool row, Step());
  return {};
}

std::string Statement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return text ? std::string(text, size_t(sqlite3_column_bytes(statement_, column))) : std::string();
}

int64_t Statement::Number(int column) const { return sqlite3_column_int64(statement_, column); }

Result<std::unique_ptr<Connection>> Connection::Open(const std::string& file, bool read_only) {
  sqlite3* handle = nullptr;
  const int flags =
      (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
      SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Connection> connection(new Connection(handle));
  if (code != SQLITE_OK) {
    return Unavailable("cannot open the store " + file + ": " +
                       (handle ? sqlite3_errmsg(handle) : "no memory"));
  }
  sqlite3_busy_timeout(handle, fault::GuardIsOff("store-patience") ? 0 : kPatienceMilliseconds);
  return connection;
}

Connection::~Connection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(connection_);
}

Status Connection::Execute(const std::string& sql) {
  if (sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return Failure(connection_, "the store refused '" + sql.substr(0, 60) + "'");
  }
  return {};
}

Result<std::unique_ptr<Statement>> Connection::Prepare(const std::string& sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (!statement && sqlite3_prepare_v3(connection_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT,
                                       &statement, nullptr) != SQLITE_OK) {
    return Failure(connection_, "the store refused '" + sql.substr(0, 60) + "'");
  }
  return std::make_unique<Statement>(connection_, statement);
}

}  // namespace aiop::store
