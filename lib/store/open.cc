// Opening: what is made, what is refused, and how a reader gets in where nothing may be written.
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "store/files.h"
#include "store/store_impl.h"

namespace dn {
namespace {

// Pages (4 KiB) in the log from which a commit moves it into the file itself, if nobody has called `checkpoint`.
constexpr int kLogPagesMost = 4000;

// SQLite calls this after each commit. What it returns would be reported as the commit's own failure, although the
// commit stands: a checkpoint that fails is tried again by a later commit.
int after_commit(void* pages, sqlite3* db, const char* /*name*/, int log_pages) {
  *static_cast<int*>(pages) = log_pages;
  if (log_pages >= kLogPagesMost) (void)sqlite3_wal_checkpoint_v2(db, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  return SQLITE_OK;
}

// Turns the file into a write-ahead-log database. For that SQLite needs it alone and, unlike everywhere else, says busy at
// once when another process is just reading it: the one that makes the same database at the same moment. Answers the mode.
Expected<std::string, StoreError> use_log(Connection& c, Dur patience) {
  constexpr int kPauseMs = 5;
  Dur waited{};
  while (true) {
    auto mode = c.text("PRAGMA journal_mode = WAL");
    if (mode || mode.error().kind != StoreError::Kind::Busy || waited >= patience) return mode;
    waited = waited + Dur::millis(sqlite3_sleep(kPauseMs));
  }
}

Expected<Connection, StoreError> open_writer(const std::string& path, Dur patience) {
  const bool memory = path == ":memory:";
  const std::string directory = parent_directory(path);
  bool made = false;
  if (!memory) {
    if (auto r = make_private_directory(directory); !r) return Unexpected{r.error()};
    const auto file = make_private_file(path);
    if (!file) return Unexpected{file.error()};
    made = *file;
  }
  auto c = Connection::open(path, Connection::Access::ReadWrite, patience);
  if (!c) return c;
  // SQLite opens a file that it may not write as read-only and says nothing.
  if (sqlite3_db_readonly(c->handle(), "main") == 1) {
    return Unexpected{StoreError{StoreError::Kind::ReadOnly, fmt::format("{}: no permission to write to it", path)}};
  }
  if (auto r = c->run("PRAGMA foreign_keys = ON"); !r) return Unexpected{r.error()};
  // The schema first: a file that is not ours must not be turned into a write-ahead-log database on the way.
  if (auto r = migrate(*c, migrations()); !r) return Unexpected{r.error()};
  const auto journal = use_log(*c, patience);
  if (!journal) return Unexpected{journal.error()};
  if (!memory && *journal != "wal") {
    return Unexpected{StoreError{StoreError::Kind::Other, fmt::format("{}: this file system cannot share a write-ahead log; use a local disk", path)}};
  }
  if (auto r = c->run("PRAGMA synchronous = NORMAL"); !r) return Unexpected{r.error()};
  // The file's name, and that the rollback journal of its first transaction is gone: one that came back after a power
  // cut would undo that transaction under everything that was built on it.
  if (made) {
    if (auto r = sync_directory(directory); !r) return Unexpected{r.error()};
  }
  return c;
}

FileMark mark_of(const std::string& path) {
  FileMark out;
  struct stat st {};
  if (::stat(path.c_str(), &st) == 0) {
    out = {st.st_dev, st.st_ino, st.st_size, st.st_mtim.tv_sec * 1'000'000'000 + st.st_mtim.tv_nsec, false};
  }
  out.log = ::stat((path + "-wal").c_str(), &st) == 0 && st.st_size > 0;
  return out;
}

bool has_rollback_journal(const std::string& path) {
  struct stat st {};
  return ::stat((path + "-journal").c_str(), &st) == 0 && st.st_size > 0;
}

struct Reader {
  Connection connection;
  std::optional<FileMark> immutable;
};

// A database in WAL mode needs its -wal and -shm files even to be read. A reader makes them when they are missing and it
// may. Where it may not (a directory of another user, a read-only file system) and there is no log, the file alone is
// the whole database and is opened as immutable; with a log beside it that would be a look at the past, so it is refused.
Expected<Reader, StoreError> open_reader(const std::string& path, Dur patience) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return Unexpected{file_error("open", path, errno)};
  if (!S_ISREG(st.st_mode)) return Unexpected{StoreError{StoreError::Kind::NotADatabase, fmt::format("{} is not a regular file", path)}};
  auto shared = Connection::open(path, Connection::Access::ReadOnly, patience);
  if (!shared) return Unexpected{shared.error()};
  auto checked = check_schema(*shared, migrations());
  if (checked) return Reader{std::move(*shared), std::nullopt};
  const int code = shared->error_code();
  if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY) return Unexpected{checked.error()};

  // A process that was killed while it made the database has left half of it and the journal that undoes it. SQLite lets
  // only a writer undo; the half alone would look damaged.
  if (has_rollback_journal(path)) {
    if (auto writer = Connection::open(path, Connection::Access::ReadWrite, patience)) (void)check_schema(*writer, migrations());
    if (!has_rollback_journal(path)) return open_reader(path, patience);
    return Unexpected{StoreError{
        StoreError::Kind::ReadOnly,
        fmt::format("{0}: a run was killed while it made it, and {0}-journal cannot be undone without permission to write; ask as the user who runs dn-run",
                    path)}};
  }
  const FileMark mark = mark_of(path);
  if (mark.log) {
    return Unexpected{
        StoreError{StoreError::Kind::ReadOnly, fmt::format("{0}: the log {0}-wal beside it cannot be used without permission to write in its directory; "
                                                           "ask as the user who runs dn-run",
                                                           path)}};
  }
  auto alone = Connection::open(path, Connection::Access::Immutable, patience);
  if (!alone) return Unexpected{alone.error()};
  if (auto r = check_schema(*alone, migrations()); !r) return Unexpected{r.error()};
  return Reader{std::move(*alone), mark};
}

}  // namespace

Store::Store(std::shared_ptr<Impl> impl) : impl_(std::move(impl)), run_(std::make_unique<Run>()) {}
Store::~Store() = default;

std::unique_ptr<Store> Store::beside(const Store& other) { return std::unique_ptr<Store>(new Store(other.impl_)); }

Expected<std::unique_ptr<Store>, StoreError> Store::open(const std::string& path, Mode mode, Dur patience) {
  if (path.empty()) return Unexpected{StoreError{StoreError::Kind::NotFound, "the database has no path"}};
  if (mode == Mode::ReadOnly) {
    auto reader = open_reader(path, patience);
    if (!reader) return Unexpected{reader.error()};
    auto impl = std::make_unique<Impl>(path, mode, patience, std::move(reader->connection));
    impl->immutable = reader->immutable;
    if (!impl->immutable && impl->lacks_intents()) impl->take_up_all();
    return std::unique_ptr<Store>(new Store(std::move(impl)));
  }
  auto connection = open_writer(path, patience);
  if (!connection) return Unexpected{connection.error()};
  auto impl = std::make_unique<Impl>(path, mode, patience, std::move(*connection));
  sqlite3_wal_hook(impl->connection.handle(), after_commit, &impl->log_pages);
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Expected<void, StoreError> Store::Impl::fresh() {
  if (!immutable || mark_of(path) == *immutable) return {};
  auto reader = open_reader(path, patience);
  if (!reader) return Unexpected{reader.error()};
  st = Statements{};  // of the old connection
  connection = std::move(reader->connection);
  immutable = reader->immutable;
  return {};
}

}  // namespace dn
