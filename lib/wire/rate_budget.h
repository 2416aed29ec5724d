// How many requests a venue still takes now: one bucket per pool, each refilled evenly. Pure; the caller brings the time.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace dn::wire {

// A bucket of `capacity` tokens that is full again after `refill`.
struct RateRule {
  std::int64_t capacity = 1;
  Dur refill = Dur::seconds(1);
};

class RateBucket {
 public:
  explicit RateBucket(RateRule rule) : rule_(rule), micro_(rule.capacity * kMicro) {}

  // When `weight` tokens are there, with `reserve` tokens left untouched; `now` when they are.
  Time ready(std::int64_t weight, std::int64_t reserve, Time now) const {
    const std::int64_t need = need_of(weight, reserve) - level(now);
    Time at = now;
    if (need > 0) at = now + Dur{(need + per_us() - 1) / per_us()};
    return std::max(at, closed_until_);
  }
  void take(std::int64_t weight, Time now) {
    micro_ = level(now) - weight * kMicro;
    at_ = now;
  }
  // The venue said: not before.
  void close_until(Time t) { closed_until_ = std::max(closed_until_, t); }

 private:
  static constexpr std::int64_t kMicro = 1'000'000;
  std::int64_t full() const { return rule_.capacity * kMicro; }
  // What is asked for can be more than a bucket holds: then a full one is enough.
  std::int64_t need_of(std::int64_t weight, std::int64_t reserve) const {
    const std::int64_t need = (weight + reserve) * kMicro;
    return std::min(need, full());
  }
  std::int64_t per_us() const {
    const std::int64_t n = full() / rule_.refill.us;
    return std::max<std::int64_t>(n, 1);
  }
  std::int64_t level(Time now) const {
    // After an hour every bucket is full.
    const std::int64_t passed = std::clamp<std::int64_t>((now - at_).us, 0, Dur::hours(1).us);
    const std::int64_t filled = micro_ + passed * per_us();
    return std::min(filled, full());
  }

  RateRule rule_;
  std::int64_t micro_;  // tokens × 10^6, negative when a heavy request was let through
  Time at_;
  Time closed_until_;
};

}  // namespace dn::wire
