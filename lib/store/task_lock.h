// The right to write one task: a kernel lock on a file beside the database. A process that dies frees it at once.
//
// The lock file carries the holder's process id and start time for messages only; the lock itself is flock(2)
// on an open descriptor, so nothing stale can hold it. Move-only; the destructor frees the lock.
#pragma once

#include <string>
#include <string_view>

#include "base/expected.h"

namespace dn {

// Where the locks of a database's tasks lie: beside it, so that all who open it meet there. "<directory>/locks" for dn.db, "<file>.locks" for any other.
std::string lock_directory(const std::string& db);

class TaskLock {
 public:
  struct Error {
    bool held = false;            // another process has it
    std::int64_t holder_pid = 0;  // its process id, 0 when it could not be read
    std::string message;          // what and why
  };
  // `directory` is made (0700) when missing; the file is "<directory>/<task>.lock" (0600).
  static Expected<TaskLock, Error> acquire(const std::string& directory, std::string_view task);

  TaskLock(TaskLock&& other) noexcept;
  TaskLock& operator=(TaskLock&& other) noexcept;
  ~TaskLock();

 private:
  explicit TaskLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace dn
