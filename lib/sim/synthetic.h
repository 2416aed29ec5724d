// A market that needs no network: two correlated books with a moving spread between the venues, and trades that walk
// through them. Seeded, endless, whole numbers only.
//
// One fair price wanders in small steps and now and then jumps; each venue shows it as a book of 15 levels, every 40 to
// 100 ms. A level never just vanishes from the touch: trades take it first, then the next snapshot shows what is left
// or what came in its place. Between snapshots trades take part of the touch, or sweep several levels at once. The sell
// leg's venue stands higher than the buy leg's by a gap that wanders between 20 and 55 bps: what an arbitrage looks for.
#pragma once

#include <array>
#include <cstddef>
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
  static constexpr std::size_t kLevels = 15;
  // One side of a book. Level i stands i ticks behind the touch.
  struct Ladder {
    std::int64_t touch = 0;                    // in ticks
    std::array<std::int64_t, kLevels> lots{};  // 0: taken since the last snapshot
  };
  struct VenueState {
    std::int64_t per_tick = 1;    // parts of price in a tick
    std::int64_t next_at_us = 0;  // of its next snapshot
    PerSide<Ladder> book;         // buy: the bids
  };

  void step(Side leg);
  void move_fair();
  void move_gap();
  std::int64_t fair(Side leg) const;
  std::int64_t share(std::int64_t micro_bps) const;  // of the fair price, in parts

  std::int64_t room(Side leg, Side side) const;
  void give_way(Side leg, Side side, Time at);
  void refill(Ladder& l, Side side);
  void come_near(Side leg, Side side);
  void keep_together(VenueState& v);
  void trade_between(Side leg, Time at);
  void take(Side leg, Side side, Time at, std::size_t level, std::int64_t lots);
  void retreat(Ladder& l, Side side, std::int64_t ticks);
  void advance(Ladder& l, Side side, std::int64_t ticks);
  std::int64_t some_lots(std::size_t level);
  void publish(Side leg, Time at, std::variant<Book, PublicTrade> what);
  Book make_book(Side leg) const;
  Level level(Side leg, std::int64_t ticks, std::int64_t lots) const;

  SyntheticSetup setup_;
  Rng rng_;
  std::int64_t start_ = 0;         // the fair price at the start, in parts: a fraction of the finer tick
  std::int64_t fair_ = 0;          // of the buy leg's venue
  std::int64_t gap_ = 35'000'000;  // the sell venue's height over the buy venue's, in millionths of a bps
  std::int64_t range_;             // how far the fair price may wander, in bps
  Qty lot_;                        // sizes are multiples of it; worth some 5 to 50 quote
  std::int64_t lot_value_ = 1;     // whole quote
  PerSide<VenueState> venues_;
  std::deque<MarketEvent> ready_;  // in order of time
};

}  // namespace dn::sim
