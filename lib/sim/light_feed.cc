#include "sim/light_feed.h"

#include <algorithm>

namespace dn::sim {
namespace {

constexpr int kLevels = 4;

}  // namespace

LightFeed::LightFeed(LightFeedSetup setup) : setup_(std::move(setup)), rng_(setup_.seed), at_(setup_.start) {
  tick_ = max(setup_.instruments.buy.tick, setup_.instruments.sell.tick);
  mid_ticks_ = static_cast<std::int64_t>(setup_.mid.decimal().divided_by(tick_.decimal(), 0, Rounding::Zero).mantissa());
}

std::optional<MarketEvent> LightFeed::next() {
  if (ready_.empty()) make_more();
  MarketEvent e = std::move(ready_.front());
  ready_.pop_front();
  return e;
}

void LightFeed::make_more() {
  at_ = at_ + Dur{rng_.between(80'000, 400'000)};
  const std::int64_t moved = rng_.between(-3, 3);
  if (!setup_.still) mid_ticks_ += moved;
  if (!setup_.still && rng_.chance(1, 4)) gap_ticks_ = std::clamp<std::int64_t>(gap_ticks_ + rng_.between(-2, 2), -6, 10);
  if (mid_ticks_ < 100) mid_ticks_ = 100;
  for (const Side leg : kSides) {
    if (setup_.one_venue && leg == Side::Sell) break;
    MarketEvent e;
    e.at = at_;
    e.for_buy_leg = leg == Side::Buy || setup_.one_venue;
    e.for_sell_leg = leg == Side::Sell || setup_.one_venue;
    e.what = make_book(leg);
    ready_.push_back(std::move(e));
    if (!rng_.chance(3, 4)) continue;
    MarketEvent t;
    t.at = at_ + Dur{rng_.between(1000, 60'000)};
    at_ = t.at;
    t.for_buy_leg = leg == Side::Buy || setup_.one_venue;
    t.for_sell_leg = leg == Side::Sell || setup_.one_venue;
    const Side taker = rng_.chance(1, 2) ? Side::Buy : Side::Sell;
    const std::int64_t mid = mid_ticks_ + (leg == Side::Sell ? gap_ticks_ : 0);
    const std::int64_t reach = rng_.between(1, 8);
    t.what = PublicTrade{tick_ * Decimal(taker == Side::Buy ? mid + reach : mid - reach), some_size(leg), taker};
    ready_.push_back(std::move(t));
  }
}

Book LightFeed::make_book(Side leg) {
  const std::int64_t mid = mid_ticks_ + (leg == Side::Sell ? gap_ticks_ : 0);
  Book book;
  book.bids.reserve(kLevels);
  book.asks.reserve(kLevels);
  for (std::int64_t i = 1; i <= kLevels; ++i) {
    book.bids.push_back({tick_ * Decimal(mid - i), some_size(leg)});
    book.asks.push_back({tick_ * Decimal(mid + i), some_size(leg)});
  }
  return book;
}

// Heavy-tailed: mostly a fraction of the typical size, now and then a multiple.
Qty LightFeed::some_size(Side leg) {
  const std::int64_t tenths = rng_.chance(1, 8) ? rng_.between(10, 60) : rng_.between(1, 12);
  const Qty q = (setup_.typical_size * Decimal::from_parts(tenths, 1)).floor_to(setup_.instruments[leg].step);
  return max(q, setup_.instruments[leg].step);
}

}  // namespace dn::sim
