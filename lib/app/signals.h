// Signals as data: blocked, and read from a descriptor by the one thread that waits.
#pragma once

#include <csignal>
#include <cstdint>
#include <vector>

namespace dn::app {

// Blocks SIGINT, SIGTERM and SIGHUP for the process while it lives; make it before any other thread. What came until its end and was not read
// is forgotten.
class SignalReader {
 public:
  SignalReader();
  ~SignalReader();
  SignalReader(const SignalReader&) = delete;
  SignalReader& operator=(const SignalReader&) = delete;

  // Waits for a signal for at most `micros` (0: only looks). Returns those that came, oldest first.
  std::vector<int> wait(std::int64_t micros);

 private:
  int fd_ = -1;
  sigset_t before_{};
};

}  // namespace dn::app
