// Waiting between questions: exponential with a jitter that is a function of what is asked, so that a replay waits alike.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/text.h"
#include "base/time.h"

namespace dn {

// After `tries` fruitless tries (>= 1): 100 ms doubling to 10 s, less up to a quarter.
inline Dur backoff(int tries, std::string_view about) {
  const int doublings = std::clamp(tries - 1, 0, 7);
  const std::int64_t full = std::min<std::int64_t>(Dur::millis(100).us << doublings, Dur::seconds(10).us);
  const auto hash = fnv1a(about) + static_cast<std::uint64_t>(tries) * 0x9e3779b97f4a7c15ULL;
  return {full - static_cast<std::int64_t>((hash >> 33) % static_cast<std::uint64_t>(full / 4))};
}

}  // namespace dn
