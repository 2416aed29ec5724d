// A file that several processes hold together, and that tells the last of them that it is the last. A process that dies lets go at once.
//
// Thread rule: one thread. Nothing throws. Where the file cannot be used there are no others to be seen, and every question is answered so.
#pragma once

#include <string>

namespace dn::live {

class SharedLock {
 public:
  // Made (0600) when missing; empty: no file, and no others.
  explicit SharedLock(std::string path) : path_(std::move(path)) {}
  SharedLock(const SharedLock&) = delete;
  SharedLock& operator=(const SharedLock&) = delete;
  ~SharedLock() { release(); }

  // Beside the others; false while one of them is alone with it.
  bool share();
  // Alone: false when others hold it, and then it is let go.
  bool be_alone();
  void release();

 private:
  bool open();
  std::string path_;
  int fd_ = -1;
};

}  // namespace dn::live
