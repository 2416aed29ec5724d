// Carries text to a descriptor in a thread of its own: a reader that stops reading (Ctrl-S, a stuck pipe) holds up nobody else.
//
// Thread rule: one thread calls it. Ownership: the descriptor stays the caller's and has to outlive the process's last
// write, since a thread that is stuck in one is left behind.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

namespace dn::app {

class OutputPump {
 public:
  // `most`: how many bytes may wait for the reader.
  OutputPump(int fd, std::size_t most);
  OutputPump(const OutputPump&) = delete;
  OutputPump& operator=(const OutputPump&) = delete;

  // Whole or not at all: what no longer fits is counted and left out.
  void put(std::string_view text);
  // How many texts were left out so far, or could not be written to a reader that is still there.
  std::size_t lost() const;
  // The last call: waits until everything is written, for as long as the reader takes some within `patience`; what is left then is lost.
  void finish(std::chrono::milliseconds patience);

 private:
  struct State;
  std::shared_ptr<State> state_;  // the thread's too
};

}  // namespace dn::app
