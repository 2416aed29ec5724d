#include "net/loop.h"

#include "net/loop_impl.h"

namespace dn::net {

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

std::size_t Loop::run_one_until(std::chrono::steady_clock::time_point deadline) {
  const std::size_t ready = impl_->io.poll_one();
  if (ready > 0 || deadline <= std::chrono::steady_clock::now()) return ready;
  return impl_->io.run_one_until(deadline);
}

std::size_t Loop::spin_one_until(std::chrono::steady_clock::time_point deadline) {
  while (true) {
    const std::size_t ready = impl_->io.poll_one();
    if (ready > 0 || deadline <= std::chrono::steady_clock::now()) return ready;
  }
}

std::size_t Loop::poll() { return impl_->io.poll(); }

}  // namespace dn::net
