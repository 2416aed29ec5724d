#include "net/own_sockets.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dn::net {
namespace {

ino_t inode_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
}

}  // namespace

int OwnSockets::open(int family, int type, int protocol) noexcept {
  const int fd = ::socket(family, type | SOCK_CLOEXEC, protocol);
  if (fd < 0) return -1;
  try {
    inodes_[fd] = inode_of(fd);
  } catch (...) {
    ::close(fd);
    return -1;
  }
  return fd;
}

int OwnSockets::close(int fd) noexcept {
  inodes_.erase(fd);
  return ::close(fd);
}

void OwnSockets::retire_if_readable(int fd, ino_t inode) noexcept {
  pollfd state{fd, POLLIN, 0};
  if (::poll(&state, 1, 0) <= 0 || inode_of(fd) != inode) return;
  // libcurl looks with MSG_PEEK: once the farewell is read and the socket shut, it sees the end.
  ::shutdown(fd, SHUT_RDWR);
  char scrap[4096];
  for (int i = 0; i < 64 && ::recv(fd, scrap, sizeof scrap, MSG_DONTWAIT) > 0; ++i) {
  }
}

}  // namespace dn::net
