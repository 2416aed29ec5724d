#include "store/lock_state.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

namespace dn {

bool is_task_held(const std::string& directory, std::string_view task) {
  const int fd = ::open(fmt::format("{}/{}.lock", directory, task).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return errno != ENOENT && errno != ENOTDIR;
  struct flock asked {};
  asked.l_type = F_WRLCK;
  asked.l_whence = SEEK_SET;
  const bool free = ::fcntl(fd, F_OFD_GETLK, &asked) == 0 && asked.l_type == F_UNLCK;
  ::close(fd);
  return !free;
}

}  // namespace dn
