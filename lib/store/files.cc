#include "store/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace dn {
namespace {

StoreError::Kind kind_of(int error_number) {
  switch (error_number) {
    case ENOENT: return StoreError::Kind::NotFound;
    case ENOSPC:
    case EDQUOT: return StoreError::Kind::DiskFull;
    case EACCES:
    case EPERM:
    case EROFS: return StoreError::Kind::ReadOnly;
    default: return StoreError::Kind::Other;
  }
}

}  // namespace

StoreError file_error(std::string_view doing, const std::string& path, int error_number) {
  return {kind_of(error_number), fmt::format("cannot {} {}: {}", doing, path, std::generic_category().message(error_number))};
}

std::string parent_directory(const std::string& path) {
  const auto last = path.find_last_not_of('/');
  if (last == std::string::npos) return path.empty() ? "." : "/";
  const auto slash = path.find_last_of('/', last);
  if (slash == std::string::npos) return ".";
  const auto end = path.find_last_not_of('/', slash);
  return end == std::string::npos ? "/" : path.substr(0, end + 1);
}

Expected<void, StoreError> make_private_directory(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) == 0) {
    if (S_ISDIR(st.st_mode)) return {};
    return Unexpected{file_error("use the directory", path, ENOTDIR)};
  }
  if (errno != ENOENT) return Unexpected{file_error("use the directory", path, errno)};
  const std::string parent = parent_directory(path);
  if (parent != path) {
    if (auto r = make_private_directory(parent); !r) return r;
  }
  // Another process may make it at the same moment; both are content then.
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return Unexpected{file_error("make the directory", path, errno)};
  return sync_directory(parent);
}

Expected<void, StoreError> sync_directory(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    // A directory that may be passed through but not read cannot be synced by us; that is not a reason to refuse work.
    if (errno == EACCES) return {};
    return Unexpected{file_error("open the directory", path, errno)};
  }
  const int failed = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  // Some file systems have nothing to sync for a directory and say EINVAL.
  if (failed != 0 && failed != EINVAL) return Unexpected{file_error("make durable the directory", path, failed)};
  return {};
}

Expected<bool, StoreError> make_private_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd >= 0) {
    ::close(fd);
    return true;
  }
  const int why = errno;
  // A file that exists is looked at, not opened: closing any descriptor of a database file drops the locks that
  // another connection of this process holds on it (POSIX record locks belong to the process, not to the descriptor).
  struct stat st {};
  if (::lstat(path.c_str(), &st) != 0) return Unexpected{file_error("make the file", path, why)};
  if (S_ISLNK(st.st_mode)) {
    return Unexpected{StoreError{StoreError::Kind::Other, fmt::format("{} is a symbolic link; name the file itself", path)}};
  }
  if (!S_ISREG(st.st_mode)) return Unexpected{StoreError{StoreError::Kind::NotADatabase, fmt::format("{} is not a regular file", path)}};
  return false;
}

}  // namespace dn
