#include "live/shared_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace dn::live {
namespace {

bool locked(int fd, int how) {
  int rc = 0;
  do {
    rc = ::flock(fd, how | LOCK_NB);
  } while (rc != 0 && errno == EINTR);
  return rc == 0 || errno != EWOULDBLOCK;
}

}  // namespace

bool SharedLock::open() {
  if (fd_ >= 0) return true;
  if (path_.empty()) return false;
  // O_NONBLOCK: should somebody have put a pipe there, do not wait for its other end.
  fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
  struct stat st {};
  if (fd_ >= 0 && (::fstat(fd_, &st) != 0 || !S_ISREG(st.st_mode))) release();
  return fd_ >= 0;
}

bool SharedLock::share() { return !open() || locked(fd_, LOCK_SH); }

bool SharedLock::be_alone() {
  if (fd_ < 0 || locked(fd_, LOCK_EX)) return true;
  release();
  return false;
}

// The file stays: removing it would let one process lock the removed file and another a new one of the same name.
void SharedLock::release() {
  if (fd_ < 0) return;
  ::flock(fd_, LOCK_UN);
  ::close(fd_);
  fd_ = -1;
}

}  // namespace dn::live
