#include "store/sqlite.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "store/files.h"

namespace dn {
namespace {

StoreError::Kind kind_of_errno(int error_number) {
  const StoreError::Kind kind = file_error("", "", error_number).kind;
  return kind == StoreError::Kind::NotFound ? StoreError::Kind::Other : kind;
}

StoreError::Kind kind_of(int code, int error_number) {
  switch (code & 0xff) {
    case SQLITE_FULL: return StoreError::Kind::DiskFull;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return StoreError::Kind::Busy;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return StoreError::Kind::ReadOnly;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return StoreError::Kind::Damaged;
    // Only these two come from a system call, so only for them SQLite's kept errno is of this failure.
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR: return kind_of_errno(error_number);
    default: return StoreError::Kind::Other;
  }
}

// The path as a URI that asks for an immutable file; immutability cannot be asked for by a flag.
std::string immutable_uri(const std::string& path) {
  std::string out = path.starts_with('/') ? "file://" : "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      out += fmt::format("%{:02x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "?immutable=1";
}

}  // namespace

Expected<Connection, StoreError> Connection::open(const std::string& path, Access access, Dur patience) {
  // Nobody asks how much memory SQLite has, and counting it costs a lock for every allocation. Too late, and so without effect, where the process
  // used SQLite before.
  [[maybe_unused]] static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  Connection c(path, patience);
  const bool immutable = access == Access::Immutable;
  const int flags = SQLITE_OPEN_NOMUTEX | (access == Access::ReadWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | (immutable ? SQLITE_OPEN_URI : 0);
  // A SQLite that was built to take URIs everywhere would read options out of a file's name.
  const std::string plain = path.starts_with("file:") ? "./" + path : path;
  sqlite3* db = nullptr;
  const int rc = sqlite3_open_v2((immutable ? immutable_uri(path) : plain).c_str(), &db, flags, nullptr);
  c.db_.reset(db);  // also after a failure: the handle carries the message
  if (db == nullptr) return Unexpected{StoreError{StoreError::Kind::Other, fmt::format("{}: out of memory", path)}};
  if (rc != SQLITE_OK) return Unexpected{c.error("open it")};
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, static_cast<int>(patience.us / 1000));
  return c;
}

Expected<void, StoreError> Connection::run(const char* sql) {
  if (sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return Unexpected{error("run a statement")};
  return {};
}

Expected<std::int64_t, StoreError> Connection::number(const char* sql) {
  Statement statement(sql);
  Query q(*this, statement);
  const auto row = q.step();
  if (!row) return Unexpected{row.error()};
  return *row ? sqlite3_column_int64(q.handle(), 0) : 0;
}

Expected<std::string, StoreError> Connection::text(const char* sql) {
  Statement statement(sql);
  Query q(*this, statement);
  const auto row = q.step();
  if (!row) return Unexpected{row.error()};
  const auto* found = *row ? sqlite3_column_text(q.handle(), 0) : nullptr;
  return found == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(found));
}

StoreError Connection::error(std::string_view doing) {
  const int code = sqlite3_extended_errcode(handle());
  error_code_ = code & 0xff;
  const int error_number = sqlite3_system_errno(handle());
  const StoreError::Kind kind = kind_of(code, error_number);
  std::string why = sqlite3_errmsg(handle());
  switch (kind) {
    case StoreError::Kind::DiskFull: why = "the disk is full"; break;
    case StoreError::Kind::Busy: why = fmt::format("another process has kept it locked for more than {}", format_duration(patience_)); break;
    case StoreError::Kind::ReadOnly: why = fmt::format("no permission ({})", why); break;
    case StoreError::Kind::Damaged: why = fmt::format("it is not a database of dn or is damaged ({})", why); break;
    default:
      if (error_number != 0 && (error_code_ == SQLITE_IOERR || error_code_ == SQLITE_CANTOPEN)) {
        why += fmt::format(" ({})", std::generic_category().message(error_number));
      }
      break;
  }
  return {kind, fmt::format("{}: cannot {}: {}", path_, doing, why)};
}

Query::Query(Connection& connection, Statement& statement) : connection_(connection) {
  if (statement.handle_ == nullptr) {
    sqlite3_stmt* made = nullptr;
    keep(sqlite3_prepare_v3(connection.handle(), statement.sql_, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr));
    statement.handle_.reset(made);
  }
  stmt_ = statement.handle_.get();
}

Query::~Query() { sqlite3_reset(stmt_); }

Query& Query::add_integer(std::int64_t n) {
  if (code_ == SQLITE_OK) keep(sqlite3_bind_int64(stmt_, next_++, n));
  return *this;
}

Query& Query::add(std::string_view text) {
  // A view of nothing has no address, and an address of null would store NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  const bool fits = text.size() <= room_.size() - used_;
  if (fits) {
    char* kept = room_.data() + used_;
    std::copy_n(data, text.size(), kept);
    used_ += text.size();
    data = kept;
  }
  if (code_ == SQLITE_OK) keep(sqlite3_bind_text64(stmt_, next_++, data, text.size(), fits ? SQLITE_STATIC : SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Query& Query::add_null() {
  if (code_ == SQLITE_OK) keep(sqlite3_bind_null(stmt_, next_++));
  return *this;
}

Expected<bool, StoreError> Query::step() {
  if (code_ == SQLITE_OK) {
    const int rc = sqlite3_step(stmt_);
    if (rc == SQLITE_ROW) return true;
    if (rc == SQLITE_DONE) return false;
    keep(rc);
  }
  StoreError error = connection_.error("use it");
  if (error.kind == StoreError::Kind::Other && stmt_ != nullptr) error.message += fmt::format(" in \"{:.60}\"", sqlite3_sql(stmt_));
  return Unexpected{std::move(error)};
}

Expected<void, StoreError> Query::run() {
  if (const auto row = step(); !row) return Unexpected{row.error()};
  return {};
}

// A file that was deleted or replaced can still be written to, and nobody would ever read it again.
Expected<void, StoreError> Connection::check_place() {
  int moved = 0;
  if (sqlite3_file_control(handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK || moved == 0) return {};  // memory has no place
  return Unexpected{StoreError{StoreError::Kind::Other, fmt::format("{}: it was deleted or replaced by another file meanwhile", path_)}};
}

Expected<Transaction, StoreError> Transaction::begin(Connection& connection, Kind kind) {
  if (kind == Kind::Write) {
    if (auto there = connection.check_place(); !there) return Unexpected{there.error()};
  }
  if (auto r = Query(connection, kind == Kind::Write ? connection.begin_write_ : connection.begin_read_).run(); !r) return Unexpected{r.error()};
  return Transaction(connection);
}

Expected<void, StoreError> Transaction::commit() {
  if (auto r = Query(*connection_, connection_->commit_).run(); !r) return r;
  connection_ = nullptr;
  return {};
}

Transaction::~Transaction() {
  // A full disk or an I/O error may have rolled back already; then there is nothing left to undo.
  if (connection_ == nullptr || sqlite3_get_autocommit(connection_->handle()) != 0) return;
  (void)Query(*connection_, connection_->rollback_).run();
}

}  // namespace dn
