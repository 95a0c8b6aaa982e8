// SPDX-License-Identifier: Apache-2.0
// A thin hold on SQLite: a connection with its prepared statements. Private to the store. Not
// thread-safe.
#pragma once

#include <sqlite3.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result/result.h"

namespace aiop::store {

class Statement {
 public:
  Statement(sqlite3* connection, sqlite3_stmt* statement)
      : connection_(connection), statement_(statement) {}
  // Ready to be bound again when it goes out of scope.
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& Bind(int index, std::string_view text);
  Statement& Bind(int index, int64_t number);
  // True: a row is there; false: done.
  Result<bool> Step();
  Status Run();
  std::string Text(int column) const;
  int64_t Number(int column) const;

 private:
  sqlite3* connection_;
  sqlite3_stmt* statement_;
};

class Connection {
 public:
  static Result<std::unique_ptr<Connection>> Open(const std::string& file, bool read_only);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Status Execute(const std::string& sql);
  // A cached prepared statement.
  Result<std::unique_ptr<Statement>> Prepare(const std::string& sql);

 private:
  explicit Connection(sqlite3* connection) : connection_(connection) {}
  sqlite3* connection_;
  std::map<std::string, sqlite3_stmt*> statements_;
};

}  // namespace aiop::store
