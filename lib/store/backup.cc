// A copy of the database at one moment, made beside a writer.
//
// The copy is made under a name of its own and gets the name that was asked for when it is whole, durable and checked: whoever is killed
// leaves a file "FILE.part-PID" and no FILE. It is turned from a write-ahead-log database into a plain one, so that the one file is all of it.
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "store/files.h"
#include "store/store_impl.h"

namespace dn {
namespace {

constexpr int kPagesAtOnce = 1024;  // between two looks whether it should stop
constexpr std::size_t kMostDamageShown = 3;

StoreError already_there(const std::string& path) {
  return {StoreError::Kind::Exists, fmt::format("{} is there already, and a backup overwrites nothing", path)};
}

StoreError not_wanted(const std::string& path) { return {StoreError::Kind::Stopped, fmt::format("the copy of {} was stopped; nothing is left of it", path)}; }

Expected<BackupCounts, StoreError> count_rows(Connection& c) {
  BackupCounts out;
  for (const auto& [into, sql] : {std::pair{&out.rounds, "SELECT count(*) FROM tasks"}, std::pair{&out.orders, "SELECT count(*) FROM orders"},
                                  std::pair{&out.fills, "SELECT count(*) FROM fills"}, std::pair{&out.events, "SELECT count(*) FROM events"}}) {
    const auto n = c.number(sql);
    if (!n) return Unexpected{n.error()};
    *into = *n;
  }
  return out;
}

// All pages of what `from` sees in its open transaction.
Expected<void, StoreError> copy_pages(Connection& from, Connection& to, const std::function<bool()>& stop) {
  sqlite3_backup* const copy = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (copy == nullptr) return Unexpected{to.error("begin the copy")};
  int rc = SQLITE_OK;
  bool stopped = false;
  while (rc == SQLITE_OK && !stopped) {
    rc = sqlite3_backup_step(copy, kPagesAtOnce);
    stopped = rc == SQLITE_OK && stop();
  }
  // What failed, reading or writing, is told by the connection that is written to.
  const int ended = sqlite3_backup_finish(copy);
  if (stopped) return Unexpected{not_wanted(from.path())};
  if (ended != SQLITE_OK || rc != SQLITE_DONE) return Unexpected{to.error("write the copy")};
  return {};
}

Expected<BackupCounts, StoreError> copy_into(Connection& from, const std::string& path, Dur patience, const std::function<bool()>& stop) {
  auto to = Connection::open(path, Connection::Access::ReadWrite, patience);
  if (!to) return Unexpected{to.error()};
  auto moment = Transaction::begin(from, Transaction::Kind::Read);
  if (!moment) return Unexpected{moment.error()};
  auto counted = count_rows(from);  // the first read: from here on the moment stands still
  if (!counted) return counted;
  if (auto done = copy_pages(from, *to, stop); !done) return Unexpected{done.error()};
  if (auto done = moment->commit(); !done) return Unexpected{done.error()};
  const auto mode = to->text("PRAGMA journal_mode = DELETE");
  if (!mode) return Unexpected{mode.error()};
  if (*mode != "delete") return Unexpected{StoreError{StoreError::Kind::Other, fmt::format("{}: the copy cannot be made one file (it stays {})", path, *mode)}};
  return counted;
}

// The copy as a stranger reads it: its pages, its references, and that all rows are there.
Expected<void, StoreError> check_copy(const std::string& from, const std::string& path, Dur patience, const BackupCounts& wanted) {
  auto copy = Connection::open(path, Connection::Access::ReadOnly, patience);
  if (!copy) return Unexpected{copy.error()};
  if (auto known = check_schema(*copy, migrations()); !known) return known;
  Statement integrity("PRAGMA integrity_check(50)");
  Query check(*copy, integrity);
  const auto damage = damage_of(check);
  if (!damage) return Unexpected{damage.error()};
  if (!damage->empty()) {
    const std::size_t shown = std::min(damage->size(), kMostDamageShown);
    return Unexpected{
        StoreError{StoreError::Kind::Damaged, fmt::format("{} is damaged, and so would be its backup: {}", from,
                                                          fmt::join(damage->begin(), damage->begin() + static_cast<std::ptrdiff_t>(shown), "; "))}};
  }
  const auto found = count_rows(*copy);
  if (!found) return Unexpected{found.error()};
  if (!(*found == wanted)) return Unexpected{StoreError{StoreError::Kind::Other, fmt::format("{}: the copy lacks rows of {}", path, from)}};
  return {};
}

// Gives the copy its name, unless another file got it meanwhile.
Expected<void, StoreError> publish(const std::string& part, const std::string& path) {
  int rc = ::renameat2(AT_FDCWD, part.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE);
  // A file system that cannot do both in one step: the name is taken first, then given away.
  if (rc != 0 && (errno == EINVAL || errno == ENOSYS)) {
    const auto taken = make_private_file(path);
    if (!taken) return Unexpected{taken.error()};
    if (!*taken) return Unexpected{already_there(path)};
    rc = ::rename(part.c_str(), path.c_str());
  }
  if (rc != 0) return Unexpected{errno == EEXIST ? already_there(path) : file_error("name the copy", path, errno)};
  return sync_directory(parent_directory(path));
}

}  // namespace

Expected<BackupCounts, StoreError> Store::backup(const std::string& path, const std::function<bool()>& stop) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  struct stat st {};
  if (::lstat(path.c_str(), &st) == 0) return Unexpected{already_there(path)};
  const std::string part = fmt::format("{}.part-{}", path, ::getpid());
  const auto made = make_private_file(part);
  if (!made) return Unexpected{made.error()};
  if (!*made) return Unexpected{already_there(part)};
  auto counted = copy_into(impl_->connection, part, impl_->patience, stop);
  Expected<void, StoreError> done = counted ? check_copy(impl_->path, part, impl_->patience, *counted) : Unexpected{counted.error()};
  if (done && stop()) done = Unexpected{not_wanted(impl_->path)};  // asked for while the copy was read again
  if (done && ::stat(part.c_str(), &st) == 0) counted->bytes = st.st_size;
  if (done) done = publish(part, path);
  if (done) return counted;
  // The copy is the database page by page: what is wrong with it is wrong with the database, and its own name is gone in a moment.
  StoreError why = done.error();
  const bool damaged = why.kind == StoreError::Kind::Damaged || why.kind == StoreError::Kind::NotADatabase;
  if (damaged && why.message.starts_with(part)) why.message = fmt::format("{} is damaged, and so would be its backup", impl_->path);
  ::unlink(part.c_str());
  ::unlink((part + "-journal").c_str());
  return Unexpected{why};
}

}  // namespace dn
