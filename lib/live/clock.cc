#include "live/clock.h"

#include <algorithm>
#include <chrono>
#include <ctime>

namespace dn::live {
namespace {

// The steady clock of the standard library stands still while the machine sleeps.
std::int64_t uptime_us() {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t);
  return std::int64_t{t.tv_sec} * 1'000'000 + t.tv_nsec / 1000;
}

Time system_now() { return Time{std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count()}; }

}  // namespace

Clock::Clock() : started_(system_now()), uptime_us_(uptime_us()) {}

Time Clock::now() const { return started_ + Dur::micros(uptime_us() - uptime_us_); }

Pulse::Pulse() : uptime_us_(uptime_us()), system_(system_now()) {}

Dur Pulse::beat() {
  const std::int64_t up = uptime_us();
  const Time system = system_now();
  const Dur gone = std::max(Dur::micros(up - uptime_us_), system - system_);
  uptime_us_ = up;
  system_ = system;
  return gone;
}

}  // namespace dn::live
