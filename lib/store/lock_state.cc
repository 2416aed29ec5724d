#include "store/lock_state.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>

namespace dn {

namespace {

std::string lock_file(const std::string& directory, std::string_view task) { return fmt::format("{}/{}.lock", directory, task); }

}  // namespace

bool is_task_held(const std::string& directory, std::string_view task) {
  const int fd = ::open(lock_file(directory, task).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return errno != ENOENT && errno != ENOTDIR;
  struct flock asked {};
  asked.l_type = F_WRLCK;
  asked.l_whence = SEEK_SET;
  const bool free = ::fcntl(fd, F_OFD_GETLK, &asked) == 0 && asked.l_type == F_UNLCK;
  ::close(fd);
  return !free;
}

Dur silent_for(const std::string& directory, std::string_view task) {
  std::error_code none;
  const auto seen = std::filesystem::last_write_time(lock_file(directory, task), none);
  if (none) return {};
  const auto ago = std::filesystem::file_time_type::clock::now() - seen;
  return std::max(Dur{}, Dur::micros(std::chrono::duration_cast<std::chrono::microseconds>(ago).count()));
}

}  // namespace dn
