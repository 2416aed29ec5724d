#include "sim/synthetic.h"

#include <algorithm>
#include <array>

namespace dn::sim {
namespace {

constexpr std::int64_t kLevels = 15;

struct Start {
  std::string_view base;
  std::string_view mid;
};
constexpr std::array kStarts{Start{"ADA", "0.83"}, Start{"BTC", "111000"}, Start{"DOGE", "0.21"}, Start{"ETH", "4350"},
                             Start{"HYPE", "45"},  Start{"KAS", "0.08"},   Start{"LTC", "113"},   Start{"SOL", "210"},
                             Start{"TRX", "0.34"}, Start{"USDC", "1"},     Start{"XRP", "2.8"}};

Decimal start_mid(const Symbol& symbol) {
  for (const Start& s : kStarts) {
    if (s.base == symbol.base.view()) return Decimal::parse(s.mid).value();
  }
  return Decimal(1);
}

std::int64_t whole(const Decimal& d) { return static_cast<std::int64_t>(d.rounded(0, Rounding::Zero).normalized().mantissa()); }

}  // namespace

SyntheticFeed::SyntheticFeed(SyntheticSetup setup) : setup_(std::move(setup)), rng_(setup_.seed) {
  unit_ = min(setup_.instruments.buy.tick, setup_.instruments.sell.tick).decimal();
  mid_ = start_mid_ = whole(start_mid(setup_.instruments.buy.symbol).divided_by(unit_, 0, Rounding::HalfUp));
  for (const Side leg : kSides) {
    VenueState& v = venues_[leg];
    v.instrument = setup_.instruments[leg];
    v.per_tick = std::max<std::int64_t>(1, whole(v.instrument.tick.decimal().divided_by(unit_, 0, Rounding::HalfUp)));
    v.next_at_us = setup_.start.us + (leg == Side::Sell ? 17'000 : 0);
    v.last_mid = mid_ + (leg == Side::Sell ? gap() : 0);
  }
  // Coarse markets stand still for long; fine ones drift by about a hundredth of a bps a step.
  swing_ = std::max<std::int64_t>(1, mid_ / 2'000'000);
  lot_ = Decimal(1);
  const Decimal mid_price = unit_ * Decimal(mid_);
  while (lot_ * mid_price < Decimal(5)) lot_ = lot_ * Decimal(10);
  while (lot_ * mid_price >= Decimal(50)) lot_ = (lot_ * Decimal::from_parts(1, 1)).normalized();
  for (const Side leg : kSides) lot_ = max(lot_, setup_.instruments[leg].step.decimal());
  base_value_ = Decimal(setup_.instruments.buy.symbol.base.view() == "USDC" ? 1500 : 18'000);
}

std::optional<MarketEvent> SyntheticFeed::next() {
  while (ready_.empty()) {
    const bool buy_first = setup_.one_venue || venues_.buy.next_at_us <= venues_.sell.next_at_us;
    step(buy_first ? Side::Buy : Side::Sell);
  }
  MarketEvent e = std::move(ready_.front());
  ready_.pop_front();
  return e;
}

std::int64_t SyntheticFeed::gap() const { return setup_.one_venue ? 0 : mid_ * gap_bps10_ / 100'000; }

// The fair price wanders and is drawn back to where it began; in a coarse market it mostly stands still.
void SyntheticFeed::move_mid() {
  const bool coarse = start_mid_ < 100'000;
  if (!coarse || rng_.chance(1, 12)) {
    const std::int64_t pull = mid_ > start_mid_ ? -1 : 1;
    mid_ += rng_.between(-swing_, swing_) + (rng_.chance(1, 8) ? pull * swing_ : 0);
  }
  mid_ = std::clamp(mid_, start_mid_ * 9 / 10, start_mid_ * 11 / 10);
  if (rng_.chance(1, 20)) gap_bps10_ = std::clamp<std::int64_t>(gap_bps10_ + rng_.between(-6, 6), 200, 550);
}

void SyntheticFeed::step(Side leg) {
  VenueState& v = venues_[leg];
  const Time at{v.next_at_us};
  v.next_at_us += rng_.between(40'000, 100'000);
  move_mid();
  const std::int64_t mid = mid_ + (leg == Side::Sell ? gap() : 0);
  const std::int64_t moved = mid - v.last_mid;
  const std::int64_t touch = v.half_spread * v.per_tick;
  // A move goes through the levels that it passes, by trades.
  if (moved > touch || moved < -touch) add_trade(leg, at, moved > 0 ? Side::Buy : Side::Sell, moved > 0 ? moved : -moved);
  v.last_mid = mid;
  if (rng_.chance(1, 4)) v.half_spread = rng_.between(1, 3);
  MarketEvent e{at, leg == Side::Buy || setup_.one_venue, leg == Side::Sell || setup_.one_venue, make_book(v, mid)};
  ready_.push_back(std::move(e));
  // Between two snapshots: small trades at the touch often, sweeps a few levels deep now and then.
  const std::int64_t pause = (v.next_at_us - at.us) / 3;
  if (rng_.chance(1, 3)) add_trade(leg, Time{at.us + pause}, rng_.chance(1, 2) ? Side::Buy : Side::Sell, touch);
  if (rng_.chance(1, 9)) add_trade(leg, Time{at.us + 2 * pause}, rng_.chance(1, 2) ? Side::Buy : Side::Sell, touch + rng_.between(2, 9) * v.per_tick);
}

// A taker's order that reaches `reach_units` beyond the mid: a trade at the farthest price it paid, large enough to have
// eaten what stood before.
void SyntheticFeed::add_trade(Side leg, Time at, Side taker, std::int64_t reach_units) {
  const VenueState& v = venues_[leg];
  const std::int64_t farthest = taker == Side::Buy ? v.last_mid + reach_units : v.last_mid - reach_units;
  const std::int64_t ticks = taker == Side::Buy ? (farthest + v.per_tick - 1) / v.per_tick : farthest / v.per_tick;
  const std::int64_t depth = reach_units / v.per_tick;
  // Mostly a fraction of a level, one in six several levels' worth.
  Qty size = level_size(depth) * Decimal::from_parts(rng_.chance(1, 6) ? rng_.between(15, 60) : rng_.between(1, 14), 1);
  size = max(size.floor_to(Qty(lot_)), Qty(lot_));
  if (ticks <= 0) return;
  ready_.push_back({at, leg == Side::Buy || setup_.one_venue, leg == Side::Sell || setup_.one_venue, PublicTrade{price(v, ticks), size, taker}});
}

Book SyntheticFeed::make_book(const VenueState& v, std::int64_t mid) {
  Book book;
  book.bids.reserve(kLevels);
  book.asks.reserve(kLevels);
  const std::int64_t mid_ticks = mid / v.per_tick;
  for (std::int64_t i = 0; i < kLevels; ++i) {
    const std::int64_t away = v.half_spread + i;
    if (mid_ticks - away > 0) book.bids.push_back({price(v, mid_ticks - away), level_size(away)});
    book.asks.push_back({price(v, mid_ticks + away), level_size(away)});
  }
  return book;
}

// Thicker away from the touch, and uneven.
Qty SyntheticFeed::level_size(std::int64_t depth) {
  const Decimal mid_price = unit_ * Decimal(mid_);
  const std::int64_t percent = rng_.between(20, 180) + 10 * std::min<std::int64_t>(depth, 15);
  const Qty size(base_value_.divided_by(mid_price, 12, Rounding::Down) * Decimal::from_parts(percent, 2));
  return max(size.floor_to(Qty(lot_)), Qty(lot_));
}

}  // namespace dn::sim
