// The sockets of one HTTP client, and which of them are worth keeping.
//
// libcurl 7.88 looks for one readable byte to see whether a kept connection is alive, and takes the peer's TLS farewell for
// a sign of life. It would send the next request into a closed connection and count on a second attempt, which this room
// forbids. A kept connection has nothing to say between requests: one that is readable is at its end.
//
// Ownership: opens and closes for libcurl; knows a socket by its number and inode, so that it never touches another's.
// Thread rule: the loop's thread. Error rule: what the system refuses is passed on to libcurl; nothing throws.
#pragma once

#include <sys/types.h>

#include <map>

namespace dn::net {

class OwnSockets {
 public:
  int open(int family, int type, int protocol) noexcept;  // -1: no socket
  int close(int fd) noexcept;

  // Ends every socket that is readable and not `busy(fd)`, in a way that libcurl notices before it uses the connection.
  template <class Busy>
  void retire_readable(Busy busy) {
    for (const auto& [fd, inode] : inodes_) {
      if (!busy(fd)) retire_if_readable(fd, inode);
    }
  }

 private:
  static void retire_if_readable(int fd, ino_t inode) noexcept;

  std::map<int, ino_t> inodes_;  // by socket
};

}  // namespace dn::net
