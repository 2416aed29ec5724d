// A market that needs no network: two correlated books with a moving spread between the venues, and trades that walk
// through them. Seeded, endless, whole numbers only.
//
// Each venue steps every 40 to 100 ms: its mid moves by a few units, trades fall on the levels that the move passes and
// now and then sweep deeper, and a new snapshot follows. The sell leg's venue stands a little higher than the buy leg's,
// by a gap that wanders between 20 and 55 bps: what an arbitrage looks for.
#pragma once

#include <deque>

#include "sim/market.h"
#include "sim/rng.h"

namespace dn::sim {

struct SyntheticSetup {
  std::uint64_t seed = 1;
  Time start;
  PerSide<Instrument> instruments;
  bool one_venue = false;
};

class SyntheticFeed final : public MarketFeed {
 public:
  explicit SyntheticFeed(SyntheticSetup setup);
  std::optional<MarketEvent> next() override;

 private:
  struct VenueState {
    Instrument instrument;
    std::int64_t per_tick = 1;     // price units in a tick
    std::int64_t next_at_us = 0;   // of its next step
    std::int64_t last_mid = 0;     // in price units
    std::int64_t half_spread = 1;  // in ticks
  };

  void step(Side leg);
  void move_mid();
  void add_trade(Side leg, Time at, Side taker, std::int64_t reach_units);
  Book make_book(const VenueState& v, std::int64_t mid);
  Qty level_size(std::int64_t depth);
  Price price(const VenueState& v, std::int64_t ticks) const { return v.instrument.tick * Decimal(ticks); }
  std::int64_t gap() const;

  SyntheticSetup setup_;
  Rng rng_;
  Decimal unit_;          // price of one unit: the finer of both ticks
  std::int64_t mid_ = 0;  // fair price in units
  std::int64_t start_mid_ = 0;
  std::int64_t gap_bps10_ = 350;  // the sell venue's height over the buy venue's, in tenths of a bps
  std::int64_t swing_ = 1;        // units that the fair price moves at most per step
  PerSide<VenueState> venues_;
  Decimal base_value_;  // quote value of a usual level
  Decimal lot_;         // sizes are multiples of it: a power of ten worth 5 to 50 quote, never finer than a step
  std::deque<MarketEvent> ready_;
};

}  // namespace dn::sim
