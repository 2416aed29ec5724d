#include "store/task_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "base/time.h"
#include "store/files.h"

namespace dn {
namespace {

// What the file holds: "<process id> <since, RFC 3339>\n".
struct Holder {
  std::int64_t pid = 0;
  std::string since;
};

Holder read_holder_once(int fd) {
  std::array<char, 64> text{};
  const ssize_t n = ::pread(fd, text.data(), text.size(), 0);
  Holder out;
  if (n <= 0) return out;
  const char* end = text.data() + n;
  const auto [after, error] = std::from_chars(text.data(), end, out.pid);
  if (error != std::errc() || out.pid <= 0) return Holder{};
  std::string_view rest(after, static_cast<std::size_t>(end - after));
  if (rest.starts_with(' ')) out.since = printable(rest.substr(1, rest.find('\n') - 1));
  return out;
}

// A holder writes its name just after it took the lock, so whoever comes in between finds none or that of the holder before:
// look again for a moment. A process of another container looks dead from here and is named in the end.
Holder read_holder(int fd) {
  constexpr int kLooks = 500;  // half a second: on a busy machine a holder may be put aside just there
  Holder out;
  for (int i = 0; i < kLooks; ++i) {
    if (i > 0) ::usleep(1000);
    out = read_holder_once(fd);
    if (out.pid != 0 && (::kill(static_cast<pid_t>(out.pid), 0) == 0 || errno != ESRCH)) break;
  }
  return out;
}

// For messages only, so that a full disk does not keep anybody from trading; the truncation needs no room and keeps an
// earlier holder's number from being shown.
void write_holder(int fd) {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const std::string text = fmt::format("{} {}\n", ::getpid(), rfc3339(Time{now}));
  if (::ftruncate(fd, 0) != 0) return;
  (void)!::pwrite(fd, text.data(), text.size(), 0);
}

// A lock that readers can ask for without trying to get it (lock_state.h). Held by the same descriptor, so it ends with the other; where
// the file system has none, readers take everybody for alive.
void show_to_readers(int fd) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  (void)::fcntl(fd, F_OFD_SETLK, &whole);
}

TaskLock::Error failed(std::string message) { return {false, 0, std::move(message)}; }

TaskLock::Error held(int fd, std::string_view task) {
  const Holder holder = read_holder(fd);
  if (holder.pid == 0) return {true, 0, fmt::format("task {} is held by another process", task)};
  return {true, holder.pid, fmt::format("task {} is held by process {}, since {}", task, holder.pid, holder.since.empty() ? "an unknown time" : holder.since)};
}

}  // namespace

std::string lock_directory(const std::string& db) {
  const std::string directory = parent_directory(db);
  const std::string file = db.substr(db.rfind('/') + 1);  // npos + 1 = 0
  return (directory == "/" ? directory : directory + "/") + (file == "dn.db" ? "locks" : file + ".locks");
}

Expected<TaskLock, TaskLock::Error> TaskLock::acquire(const std::string& directory, std::string_view task) {
  if (task.empty() || task.front() == '.' || task.find('/') != std::string_view::npos || task.find('\0') != std::string_view::npos) {
    return Unexpected{failed(fmt::format("\"{}\" is not a task name", printable_excerpt(task)))};
  }
  if (auto r = make_private_directory(directory); !r) return Unexpected{failed(r.error().message)};
  const std::string path = fmt::format("{}/{}.lock", directory, task);
  // O_NONBLOCK: should somebody have put a pipe there, do not wait for its other end.
  TaskLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600));
  if (lock.fd_ < 0) {
    if (errno == ELOOP) return Unexpected{failed(fmt::format("{} is a symbolic link; remove it", path))};
    return Unexpected{failed(file_error("open the lock", path, errno).message)};
  }
  struct stat st {};
  if (::fstat(lock.fd_, &st) != 0 || !S_ISREG(st.st_mode)) return Unexpected{failed(fmt::format("{} is not a regular file; remove it", path))};
  int rc = 0;
  do {
    rc = ::flock(lock.fd_, LOCK_EX | LOCK_NB);
  } while (rc != 0 && errno == EINTR);
  if (rc != 0) return Unexpected{errno == EWOULDBLOCK ? held(lock.fd_, task) : failed(file_error("lock", path, errno).message)};
  show_to_readers(lock.fd_);
  write_holder(lock.fd_);
  return lock;
}

TaskLock::TaskLock(TaskLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

TaskLock& TaskLock::operator=(TaskLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

// The file stays: removing it would let one process lock the removed file and another a new one of the same name.
// Closed, not unlocked: a forked child that ends must not free the lock that its parent still holds.
TaskLock::~TaskLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace dn
