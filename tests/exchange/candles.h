// Candles of one symbol, made of the trades that happened while the exchange ran.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "base/decimal.h"
#include "base/time.h"
#include "model/units.h"

namespace dn::exchange {

struct Candle {
  Time start;
  Price open;
  Price high;
  Price low;
  Price close;
  Qty volume;   // base
  Money quote;  // quote

  // How far the close is from the open, as a fraction.
  Decimal change_rate() const;
};

// The length of a candle; weeks begin on a Monday and months on their first day, UTC.
struct Period {
  std::int64_t seconds = 60;
  bool week = false;
  bool month = false;

  Time floor(Time t) const;
  Time next(Time start) const;
};

class Candles {
 public:
  void add(Time t, Price price, Qty qty);
  bool empty() const { return grains_.empty(); }
  // Those that begin within [from, until], oldest first, the newest `most` of them. A moment without a trade repeats the
  // close before it; before the first trade there is nothing.
  std::vector<Candle> list(const Period& period, Time from, Time until, std::size_t most) const;
  // The one that `now` lies in; all of it zero before the first trade.
  Candle current(const Period& period, Time now) const;
  // The last 24 hours in one.
  Candle day(Time now) const;

 private:
  using Grains = std::deque<Candle>;
  // The first that begins at `t` or later.
  Grains::const_iterator at_or_after(Time t) const;

  Grains grains_;  // of ten seconds, only those with trades
};

}  // namespace dn::exchange
