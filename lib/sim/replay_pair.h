// Two recordings of one time, each of the venue of one leg, as one feed.
#pragma once

#include <memory>
#include <optional>

#include "model/side.h"
#include "sim/market.h"

namespace dn::sim {

class ReplayPair final : public MarketFeed {
 public:
  explicit ReplayPair(PerSide<std::unique_ptr<MarketFeed>> feeds) : feeds_(std::move(feeds)) {
    for (const Side leg : kSides) ahead_[leg] = feeds_[leg]->next();
  }

  // In order of time; at one time the buy leg's first.
  std::optional<MarketEvent> next() override {
    const bool sell = ahead_.sell && (!ahead_.buy || ahead_.sell->at < ahead_.buy->at);
    const Side leg = sell ? Side::Sell : Side::Buy;
    std::optional<MarketEvent> e = std::move(ahead_[leg]);
    if (!e) return e;
    ahead_[leg] = feeds_[leg]->next();
    e->for_buy_leg = leg == Side::Buy;
    e->for_sell_leg = leg == Side::Sell;
    return e;
  }

 private:
  PerSide<std::unique_ptr<MarketFeed>> feeds_;
  PerSide<std::optional<MarketEvent>> ahead_;
};

}  // namespace dn::sim
