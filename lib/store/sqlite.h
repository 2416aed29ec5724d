// A thin owning layer over SQLite's C interface: connection, statement, query, transaction.
//
// Ownership: a Connection owns its handle, a Statement its compiled form; statements end before their connection.
// Thread rule: a connection and all that hangs on it belong to one thread (SQLITE_OPEN_NOMUTEX).
// Error rule: every failure is a StoreError whose kind is derived in one place, `Connection::error`.
#pragma once

#include <sqlite3.h>

#include <array>
#include <concepts>
#include <memory>
#include <string>
#include <string_view>

#include "base/amount.h"
#include "base/expected.h"
#include "base/time.h"
#include "store/store.h"

namespace dn {

class Connection;

// A statement that is compiled when it is first used and kept for the life of its connection.
class Statement {
 public:
  // `sql` lives as long as the statement: a literal.
  explicit Statement(const char* sql) : sql_(sql) {}
  const char* sql() const { return sql_; }

 private:
  friend class Query;
  struct Finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  const char* sql_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

class Connection {
 public:
  enum class Access : std::uint8_t {
    ReadWrite,  // the file exists; see files.h
    ReadOnly,   // never writes to the database; may make the -wal and -shm files beside it
    Immutable,  // touches nothing and takes no locks: right only while nobody writes
  };
  // `patience`: how long a call waits for another process's lock.
  static Expected<Connection, StoreError> open(const std::string& path, Access access, Dur patience);

  // Runs statements that have no parameters: schema and pragmas. Rows they return are dropped.
  Expected<void, StoreError> run(const char* sql);
  // The first column of the only row.
  Expected<std::int64_t, StoreError> number(const char* sql);
  Expected<std::string, StoreError> text(const char* sql);

  // An error when the path does not lead to the file any more that was opened.
  Expected<void, StoreError> check_place();

  // The failure of the latest call, with the file's name and what was being done.
  StoreError error(std::string_view doing);
  // SQLite's primary code of the failure that `error` last described: a reader's fallback is decided by it.
  int error_code() const { return error_code_; }
  sqlite3* handle() const { return db_.get(); }
  const std::string& path() const { return path_; }

 private:
  friend class Transaction;
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  Connection(std::string path, Dur patience) : path_(std::move(path)), patience_(patience) {}

  std::string path_;
  Dur patience_;
  int error_code_ = SQLITE_OK;
  std::unique_ptr<sqlite3, Close> db_;
  Statement begin_read_{"BEGIN"};
  Statement begin_write_{"BEGIN IMMEDIATE"};
  Statement commit_{"COMMIT"};
  Statement rollback_{"ROLLBACK"};
};

// One execution of a statement. Parameters are added in the order of their numbers; the first failure is kept and
// answered by `step` or `run`, so that a chain of adds needs no checks. The destructor frees the statement for its next use.
class Query {
 public:
  Query(Connection& connection, Statement& statement);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  template <std::integral T>
  Query& add(T n) {
    return add_integer(static_cast<std::int64_t>(n));
  }
  Query& add(std::string_view text);  // copied
  Query& add_null();
  Query& add(Time t) { return add_integer(t.us); }
  template <class Tag>
  Query& add(const Amount<Tag>& amount) {
    return add(std::string_view(amount.str()));
  }

  // True: a row stands ready to be read. False: no more rows.
  Expected<bool, StoreError> step();
  // Runs to the end, for statements that return no rows.
  Expected<void, StoreError> run();
  // Rows that the statement changed, once it ran.
  std::int64_t changed() const { return sqlite3_changes64(connection_.handle()); }
  sqlite3_stmt* handle() const { return stmt_; }

 private:
  Query& add_integer(std::int64_t n);
  void keep(int rc) {
    if (code_ == SQLITE_OK) code_ = rc;
  }

  Connection& connection_;
  sqlite3_stmt* stmt_ = nullptr;
  int next_ = 1;
  int code_ = SQLITE_OK;
  std::size_t used_ = 0;
  std::array<char, 1024> room_;  // texts lie here while the statement runs; what does not fit is SQLite's to keep. Every run binds every parameter anew
};

// All or nothing. Writers take the write lock at once: a lock that is upgraded later is refused without waiting.
// Not committed = rolled back by the destructor.
class Transaction {
 public:
  enum class Kind : std::uint8_t { Read, Write };
  static Expected<Transaction, StoreError> begin(Connection& connection, Kind kind);
  Expected<void, StoreError> commit();

  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace dn
