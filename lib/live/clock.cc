#include "live/clock.h"

#include <chrono>

namespace dn::live {
namespace {

std::int64_t steady_us() { return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

Time system_now() { return Time{std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count()}; }

}  // namespace

Clock::Clock() : started_(system_now()), steady_us_(steady_us()) {}

Time Clock::now() const { return started_ + Dur::micros(steady_us() - steady_us_); }

}  // namespace dn::live
