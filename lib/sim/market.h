// Market data for simulated venues: whole book snapshots and public trades in order of time.
//
// Pure: a feed is a sequence of values, seeded or read from text that the caller hands over (no file is opened
// here but by ReplayFeed::open). Times are virtual.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/order.h"

namespace dn::sim {

struct Level {
  Price price;
  Qty qty;
};

// A whole snapshot: bids from the highest down, asks from the lowest up; never empty on both sides, never crossed.
struct Book {
  std::vector<Level> bids;
  std::vector<Level> asks;
};

struct PublicTrade {
  Price price;
  Qty qty;
  Side taker = Side::Buy;  // the side that crossed the spread
};

struct MarketEvent {
  Time at;
  bool for_buy_leg = true;  // which leg's venue sees it; both for a recording
  bool for_sell_leg = true;
  std::variant<Book, PublicTrade> what;
};

class MarketFeed {
 public:
  virtual ~MarketFeed() = default;
  // The next event in non-decreasing time; nullopt at the end of a recording (a synthetic feed never ends).
  virtual std::optional<MarketEvent> next() = 0;
};

}  // namespace dn::sim
