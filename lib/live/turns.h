// Turns of calls that a request budget has no room for now. Each is told a time of its own, in the order of asking: many tasks that were told the
// same time would come back together and refuse each other again and again.
//
// Pure; the caller brings the time. Thread rule: none of its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"

namespace dn::live {

struct Turn {
  Time at;
  Dur wait;  // that it was told
};

class Turns {
 public:
  // Turns that nobody came back for are given up so long after their time.
  static constexpr Dur kLate = Dur::millis(500);
  static constexpr Dur kLongest = Dur::seconds(2);  // that one waits longer because it came in vain

  // Whoever asks gives up the turn it holds, if any. How many others go before it: those before its turn, or all.
  std::int64_t leave(const std::optional<Turn>& mine, Time now) {
    std::erase_if(turns_, [&](Time t) { return t + kLate < now; });
    const auto at = mine ? std::ranges::lower_bound(turns_, mine->at) : turns_.end();
    const std::int64_t ahead = at - turns_.begin();
    if (at != turns_.end() && *at == mine->at) turns_.erase(at);
    return ahead;
  }
  // A turn at `ready`, or later: a new one behind all others, `apart` behind the last of them. One that came in vain, because what is more urgent
  // took its share, keeps its place but waits twice as long as before.
  Turn enter(const std::optional<Turn>& before, Time ready, Dur apart, Time now) {
    Time at = ready;
    if (!before && !turns_.empty()) at = std::max(at, turns_.back() + apart);
    if (before) at = std::max(at, now + std::min(Dur{before->wait.us * 2}, kLongest));
    turns_.insert(std::ranges::upper_bound(turns_, at), at);
    return {at, at - now};
  }

 private:
  std::vector<Time> turns_;  // ascending
};

}  // namespace dn::live
