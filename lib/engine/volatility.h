// How far a market's mid moved lately: the extremes of a sliding window, in memory that depends neither on its length nor on the number of ticks.
//
// The window is cut into parts of time. In each of them only what may still become an extreme is kept, so noting a mid costs the same on average
// at any rate of ticks, and nothing is allocated. A mid counts for the window's length at least, and for one part of it more at most.
#pragma once

#include <array>
#include <optional>

#include "base/time.h"
#include "model/units.h"

namespace dn {

struct MidRange {
  Price low;  // > 0
  Price high;
};

// (high - low) / low in bps, to 4 places, rounded up: what is above a limit of as many places never looks as if it was at it.
Bps volatility(const MidRange& r);

class MidWindow {
 public:
  static constexpr int kParts = 32;

  // Empty. length > 0.
  explicit MidWindow(Dur length);

  Dur length() const { return length_; }
  // mid > 0. Times do not decrease, neither from note to note nor between the two calls.
  void note(Time at, const Price& mid);
  // nullopt: nothing that was noted counts any more.
  std::optional<MidRange> range(Time now);

 private:
  struct Extreme {
    std::int64_t part = 0;
    Price mid;
  };
  // Oldest first, each less extreme than the one before it and in a later part: the oldest is the window's extreme.
  class Extremes {
   public:
    explicit Extremes(bool highest) : highest_(highest) {}
    void add(const Extreme& e);
    void forget_before(std::int64_t part);
    bool empty() const { return size_ == 0; }
    const Price& best() const { return ring_[first_].mid; }

   private:
    static constexpr std::size_t kMost = kParts + 1;  // parts that a window touches
    Extreme& newest() { return ring_[(first_ + size_ - 1) % kMost]; }

    bool highest_;
    std::array<Extreme, kMost> ring_{};
    std::size_t first_ = 0;
    std::size_t size_ = 0;
  };

  void forget(Time now);

  Dur length_;
  Dur part_;
  Extremes highest_{true};
  Extremes lowest_{false};
};

}  // namespace dn
