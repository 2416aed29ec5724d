// How many requests a venue still takes now: one bucket per pool, each refilled evenly. Pure; the caller brings the time.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

#include "base/time.h"

namespace dn::wire {

// A bucket of `capacity` tokens that is full again after `refill`.
struct RateRule {
  std::int64_t capacity = 1;
  Dur refill = Dur::seconds(1);
};

// All that a bucket remembers. Plain atomics without locks, so that buckets of several processes may share one in mapped memory, whatever
// becomes of the processes. Zeros are a full bucket.
struct RateState {
  std::atomic<std::int64_t> full_at_ns{0};  // since 1970: when the bucket is full again if nothing more is taken
  std::atomic<std::int64_t> closed_until_us{0};
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free && sizeof(RateState) == 16);

// Thread rule: buckets that share a state may be used from different threads.
class RateBucket {
 public:
  explicit RateBucket(RateRule rule) : RateBucket(rule, nullptr) {}
  // Another's state, which outlives the bucket. What it holds is not trusted: see kMostDebt and kMostClosed.
  RateBucket(RateRule rule, RateState& shared) : RateBucket(rule, &shared) {}

  // When `weight` tokens are there, with `reserve` tokens left untouched; `now` when they are.
  Time ready(std::int64_t weight, std::int64_t reserve, Time now) const {
    const std::int64_t at = std::max(full_at(now), ns(now)) - spare(weight, reserve);
    return std::max({now, Time{(at + kNsPerUs - 1) / kNsPerUs}, closed_until(now)});
  }
  // The same for one token behind `ahead` others, who take one each. They may be more than the bucket holds.
  Time ready_behind(std::int64_t ahead, std::int64_t reserve, Time now) const {
    const std::int64_t at_once = std::clamp<std::int64_t>(capacity_ - reserve, 1, ahead + 1);
    return ready(at_once, reserve, now) + Dur{(ahead + 1 - at_once) * apart().us};
  }
  void take(std::int64_t weight, Time now) {
    for (std::int64_t seen = full_at(now); !state_->full_at_ns.compare_exchange_weak(seen, later(seen, weight, now)); seen = full_at(now)) {
    }
  }
  // Takes them if they are ready, as one step: what others take at the same moment is not taken twice.
  bool take_if_ready(std::int64_t weight, std::int64_t reserve, Time now) {
    if (closed_until(now) > now) return false;
    for (;;) {
      std::int64_t seen = full_at(now);
      if (seen > ns(now) + spare(weight, reserve)) return false;
      if (state_->full_at_ns.compare_exchange_weak(seen, later(seen, weight, now))) return true;
    }
  }
  // How long one token takes to come back.
  Dur apart() const { return Dur{(token_ns_ + kNsPerUs - 1) / kNsPerUs}; }
  // The venue said: not before.
  void close_until(Time t) {
    std::int64_t seen = state_->closed_until_us.load();
    while (seen < t.us && !state_->closed_until_us.compare_exchange_weak(seen, t.us)) {
    }
  }

  // A state that is further ahead is no truth: a clock was set back, or a file is damaged. It then counts as empty, and as closed for so long,
  // from the moment when that is seen.
  static constexpr Dur kMostDebt = Dur::seconds(10);  // how long after an empty bucket's refill it may be full; no request is let through on more
  static constexpr Dur kMostClosed = Dur::hours(1);

 private:
  RateBucket(RateRule rule, RateState* shared)
      : capacity_(rule.capacity),
        token_ns_(std::max<std::int64_t>((rule.refill.us * kNsPerUs + rule.capacity - 1) / rule.capacity, 1)),
        own_(shared == nullptr ? std::make_unique<RateState>() : nullptr),
        state_(shared == nullptr ? own_.get() : shared) {}

  static constexpr std::int64_t kNsPerUs = 1000;
  static std::int64_t ns(Time t) { return t.us * kNsPerUs; }

  // How long before it is full a bucket has what is asked for. That can be more than it holds: then a full one is enough.
  std::int64_t spare(std::int64_t weight, std::int64_t reserve) const { return (capacity_ - std::min(weight + reserve, capacity_)) * token_ns_; }
  std::int64_t later(std::int64_t full_at, std::int64_t weight, Time now) const {
    return std::min(std::max(full_at, ns(now)) + weight * token_ns_, latest(now));
  }
  std::int64_t empty(Time now) const { return ns(now) + capacity_ * token_ns_; }
  std::int64_t latest(Time now) const { return empty(now) + kMostDebt.us * kNsPerUs; }

  // Both put right what is too far ahead. They write it, or it would be as far ahead at the next look.
  std::int64_t full_at(Time now) const {
    std::int64_t seen = state_->full_at_ns.load();
    while (seen > latest(now)) {
      if (state_->full_at_ns.compare_exchange_weak(seen, empty(now))) return empty(now);
    }
    return seen;
  }
  Time closed_until(Time now) const {
    const Time most = now + kMostClosed;
    std::int64_t seen = state_->closed_until_us.load();
    while (seen > most.us && !state_->closed_until_us.compare_exchange_weak(seen, most.us)) {
    }
    return std::min(Time{seen}, most);
  }

  std::int64_t capacity_;
  std::int64_t token_ns_;  // one token's share of the refill, rounded up
  std::unique_ptr<RateState> own_;
  RateState* state_;
};

}  // namespace dn::wire
