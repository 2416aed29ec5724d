// A small market for simulated lives: two books of a few levels that walk together, with trades that reach resting
// orders. Cheap to step; for a market that looks like one, see synthetic.h.
#pragma once

#include <deque>

#include "sim/market.h"
#include "sim/rng.h"

namespace dn::sim {

struct LightFeedSetup {
  std::uint64_t seed = 1;
  Time start;
  PerSide<Instrument> instruments;
  bool one_venue = false;
  Price mid;           // where it starts
  Qty typical_size;    // of a level and of a trade
  bool still = false;  // prices do not move
};

class LightFeed final : public MarketFeed {
 public:
  explicit LightFeed(LightFeedSetup setup);
  std::optional<MarketEvent> next() override;

 private:
  void make_more();
  Book make_book(Side leg);
  Qty some_size(Side leg);

  LightFeedSetup setup_;
  Rng rng_;
  Time at_;
  Price tick_;                  // the coarser of both ticks
  std::int64_t mid_ticks_ = 0;  // of the buy leg's venue
  std::int64_t gap_ticks_ = 0;  // how much higher the sell leg's venue stands
  std::deque<MarketEvent> ready_;
};

}  // namespace dn::sim
