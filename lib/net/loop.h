// The one event loop of a process: sockets, their timers and name lookups make progress while one of its two functions runs.
//
// Ownership: the loop outlives every client that was made with it. Clients may be destroyed at any time, also from within
// their own callbacks; what they had under way is dropped without a further call.
// Thread rule: the loop and its clients belong to one thread. Name lookups use a thread of their own, unseen.
// Error rule: no function fails. An exception of a caller's callback passes through the function that ran it.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

namespace dn::net {

class Loop {
 public:
  Loop();
  ~Loop();  // waits for name lookups that are under way
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs handlers until at least one ran or the deadline passed; what is ready runs even when it passed already. Returns how many ran: the
  // room's own handlers count too, so more than 0 does not mean that a callback was called.
  std::size_t run_one_until(std::chrono::steady_clock::time_point deadline);
  // The same without ever going to sleep: nobody has to wake the thread, and it takes a whole processor.
  std::size_t spin_one_until(std::chrono::steady_clock::time_point deadline);
  // Runs everything that is ready, without waiting.
  std::size_t poll();

  struct Impl;  // of this room only
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace dn::net
