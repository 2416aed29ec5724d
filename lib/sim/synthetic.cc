#include "sim/synthetic.h"

#include <algorithm>
#include <string_view>

namespace dn::sim {
namespace {

struct Start {
  std::string_view base;
  std::string_view mid;
};
constexpr std::array kStarts{Start{"ADA", "0.83"}, Start{"APT", "3.2"},  Start{"ARB", "0.31"},   Start{"ATOM", "3.1"},  Start{"AVAX", "18"},
                             Start{"BCH", "520"},  Start{"BNB", "890"},  Start{"BTC", "111000"}, Start{"DOGE", "0.21"}, Start{"DOT", "2.9"},
                             Start{"ETH", "4350"}, Start{"FIL", "2.1"},  Start{"HYPE", "45"},    Start{"KAS", "0.08"},  Start{"LINK", "16"},
                             Start{"LTC", "113"},  Start{"NEAR", "2.4"}, Start{"OP", "0.42"},    Start{"SOL", "210"},   Start{"SUI", "2.2"},
                             Start{"TON", "2.1"},  Start{"TRX", "0.34"}, Start{"UNI", "6.4"},    Start{"USDC", "1"},    Start{"XRP", "2.8"}};

// The price in the middle of the table's market; no less than a book of coarse ticks has room for.
Decimal start_price(const Symbol& symbol, const Decimal& tick) {
  Decimal price(1);
  for (const Start& s : kStarts) {
    if (s.base == symbol.base.view()) price = Decimal::parse(s.mid).value();
  }
  return max(price, tick * Decimal(1000));
}

constexpr std::int64_t kMinParts = 10'000'000'000;  // of a price: a part is a millionth of a bps at most
constexpr std::int64_t kMostSpread = 3;             // ticks
constexpr std::int64_t kGapLeast = 20'000'000;      // millionths of a bps
constexpr std::int64_t kGapMost = 55'000'000;
constexpr std::int64_t kLevelLeast = 5'000;  // quote
constexpr std::int64_t kLevelMost = 200'000;

std::int64_t whole(const Decimal& d) { return static_cast<std::int64_t>(d.rounded(0, Rounding::Zero).normalized().mantissa()); }
std::int64_t ratio(const Decimal& a, const Decimal& b) { return whole(a.divided_by(b, 0, Rounding::HalfUp)); }

// Where the levels behind a touch lie.
std::int64_t behind(Side side) { return side == Side::Buy ? -1 : 1; }

}  // namespace

SyntheticFeed::SyntheticFeed(SyntheticSetup setup) : setup_(std::move(setup)), rng_(setup_.seed) {
  const PerSide<Instrument>& i = setup_.instruments;
  const Decimal price = start_price(i.buy.symbol, max(i.buy.tick, i.sell.tick).decimal());
  Decimal part = greatest_common_step(i.buy.tick.decimal(), i.sell.tick.decimal());
  while (ratio(price, part) < kMinParts) part = part * Decimal::from_parts(1, 1);
  start_ = fair_ = ratio(price, part);
  // A coin that is worth its quote hardly moves.
  range_ = price == Decimal(1) ? 8 : 1000;

  lot_ = common_step(i.buy, i.sell);
  while ((lot_.decimal() * price) < Decimal(5)) lot_ = lot_ * Decimal(10);
  lot_value_ = std::max<std::int64_t>(1, whole(lot_.decimal() * price));

  for (const Side leg : kSides) {
    VenueState& v = venues_[leg];
    v.per_tick = ratio(i[leg].tick.decimal(), part);
    v.next_at_us = setup_.start.us + (leg == Side::Sell ? 17'000 : 0);
    const std::int64_t ticks = fair(leg) / v.per_tick;
    v.book.buy.touch = ticks - 1;
    v.book.sell.touch = ticks + 1;
  }
}

std::optional<MarketEvent> SyntheticFeed::next() {
  for (;;) {
    const bool buy_first = setup_.one_venue || venues_.buy.next_at_us <= venues_.sell.next_at_us;
    const Side leg = buy_first ? Side::Buy : Side::Sell;
    // What a venue does later cannot come before this.
    if (!ready_.empty() && ready_.front().at.us <= venues_[leg].next_at_us) break;
    step(leg);
  }
  MarketEvent e = std::move(ready_.front());
  ready_.pop_front();
  return e;
}

// ---- the prices behind the books

std::int64_t SyntheticFeed::share(std::int64_t micro_bps) const { return fair_ / 1'000'000 * micro_bps / 10'000; }

std::int64_t SyntheticFeed::fair(Side leg) const { return leg == Side::Buy || setup_.one_venue ? fair_ : fair_ + share(gap_); }

// Steps of some thousandths of a bps, which only the finest ticks show, and about once a second a jump of some
// hundredths up to half a bps. The further it is from where it began, the likelier a jump leads back.
void SyntheticFeed::move_fair() {
  fair_ += share(rng_.between(-2'000, 2'000));
  if (!rng_.chance(1, 24)) return;
  const std::int64_t size = rng_.between(20'000, 80'000) * (rng_.chance(1, 4) ? rng_.between(2, 6) : 1);
  const std::int64_t away = std::clamp((fair_ - start_) / (start_ / 1'000'000), -100 * range_, 100 * range_);  // hundredths of a bps
  const bool up = rng_.between(-100 * range_, 100 * range_) > away;
  fair_ += share(up ? size : -size);
}

void SyntheticFeed::move_gap() {
  gap_ += rng_.between(-10'000, 10'000);
  if (rng_.chance(1, 20)) gap_ += rng_.between(-250'000, 250'000);
  gap_ = std::clamp(gap_, kGapLeast, kGapMost);
}

// ---- a venue's book

void SyntheticFeed::step(Side leg) {
  VenueState& v = venues_[leg];
  const Time at{v.next_at_us};
  v.next_at_us += rng_.between(40'000, 100'000);
  move_fair();
  if (leg == Side::Sell) move_gap();
  for (const Side side : kSides) {
    give_way(leg, side, at);
    refill(v.book[side], side);
    come_near(leg, side);
  }
  keep_together(v);
  publish(leg, at, make_book(leg));
  trade_between(leg, at);
}

// What trades took away comes back, or one time in four the touch stays where they left it. A few others come and go.
void SyntheticFeed::refill(Ladder& l, Side side) {
  const auto taken = std::find_if(l.lots.begin(), l.lots.end(), [](std::int64_t lots) { return lots > 0; }) - l.lots.begin();
  if (taken > 0 && rng_.chance(1, 4)) retreat(l, side, taken);
  for (std::size_t i = 0; i < kLevels; ++i) {
    if (l.lots[i] == 0 || rng_.chance(1, 8)) l.lots[i] = some_lots(i);
  }
}

// Ticks from a touch to the nearest that it may stand to the fair price; negative when it is too near.
std::int64_t SyntheticFeed::room(Side leg, Side side) const {
  const VenueState& v = venues_[leg];
  const std::int64_t margin = v.per_tick / 4;  // nobody quotes at the fair price itself
  const std::int64_t nearest = side == Side::Buy ? (fair(leg) - margin) / v.per_tick : (fair(leg) + margin + v.per_tick - 1) / v.per_tick;
  return behind(side) * (v.book[side].touch - nearest);
}

// A touch gives way to the fair price only through trades that take the levels on the way, as the last snapshot showed
// them.
void SyntheticFeed::give_way(Side leg, Side side, Time at) {
  const std::int64_t ticks = -room(leg, side);
  if (ticks <= 0) return;
  Ladder& l = venues_[leg].book[side];
  for (std::size_t i = 0; i < std::min(static_cast<std::size_t>(ticks), kLevels); ++i) take(leg, side, at, i, l.lots[i]);
  retreat(l, side, ticks);
}

// New orders bring a touch to the fair price, mostly at once.
void SyntheticFeed::come_near(Side leg, Side side) {
  const std::int64_t ticks = room(leg, side);
  if (ticks > 1) advance(venues_[leg].book[side], side, ticks - rng_.between(0, 1));
  if (ticks == 1 && rng_.chance(1, 5)) advance(venues_[leg].book[side], side, 1);
}

void SyntheticFeed::keep_together(VenueState& v) {
  const std::int64_t wide = v.book.sell.touch - v.book.buy.touch - kMostSpread;
  if (wide > 0) advance(v.book.buy, Side::Buy, wide);
}

// Three of five trades take part of the touch, the others sweep: up to nine levels whole, and part of the next.
void SyntheticFeed::trade_between(Side leg, Time at) {
  VenueState& v = venues_[leg];
  if (!rng_.chance(4, 7)) return;
  const Side side = rng_.chance(1, 2) ? Side::Buy : Side::Sell;
  const Time then{at.us + rng_.between(1'000, v.next_at_us - at.us - 1'000)};
  const auto whole_levels = static_cast<std::size_t>(rng_.chance(3, 5) ? 0 : rng_.between(1, 9));
  const Ladder& l = v.book[side];
  for (std::size_t i = 0; i < whole_levels; ++i) take(leg, side, then, i, l.lots[i]);
  take(leg, side, then, whole_levels, l.lots[whole_levels] * rng_.between(2, 80) / 100);
}

void SyntheticFeed::take(Side leg, Side side, Time at, std::size_t level_index, std::int64_t lots) {
  Ladder& l = venues_[leg].book[side];
  if (lots <= 0) return;
  const Level taken = level(leg, l.touch + behind(side) * static_cast<std::int64_t>(level_index), lots);
  publish(leg, at, PublicTrade{taken.price, taken.qty, flip(side)});
  l.lots[level_index] -= lots;
}

void SyntheticFeed::retreat(Ladder& l, Side side, std::int64_t ticks) {
  l.touch += behind(side) * ticks;
  const std::size_t gone = std::min(static_cast<std::size_t>(ticks), kLevels);
  std::move(l.lots.begin() + static_cast<std::ptrdiff_t>(gone), l.lots.end(), l.lots.begin());
  for (std::size_t i = kLevels - gone; i < kLevels; ++i) l.lots[i] = some_lots(i);
}

void SyntheticFeed::advance(Ladder& l, Side side, std::int64_t ticks) {
  l.touch -= behind(side) * ticks;
  const std::size_t come = std::min(static_cast<std::size_t>(ticks), kLevels);
  std::move_backward(l.lots.begin(), l.lots.end() - static_cast<std::ptrdiff_t>(come), l.lots.end());
  for (std::size_t i = 0; i < come; ++i) l.lots[i] = some_lots(i);
}

// Thicker away from the touch, and uneven: one level in eight is a wall.
std::int64_t SyntheticFeed::some_lots(std::size_t level_index) {
  std::int64_t value = rng_.between(kLevelLeast, 9'000 + 1'500 * static_cast<std::int64_t>(level_index));
  if (rng_.chance(1, 8)) value *= rng_.between(2, 7);
  return std::max<std::int64_t>(1, std::min(value, kLevelMost) / lot_value_);
}

// ---- events

void SyntheticFeed::publish(Side leg, Time at, std::variant<Book, PublicTrade> what) {
  MarketEvent e{at, leg == Side::Buy || setup_.one_venue, leg == Side::Sell || setup_.one_venue, std::move(what)};
  const auto later = std::upper_bound(ready_.begin(), ready_.end(), at, [](Time t, const MarketEvent& other) { return t < other.at; });
  ready_.insert(later, std::move(e));
}

Level SyntheticFeed::level(Side leg, std::int64_t ticks, std::int64_t lots) const {
  return {setup_.instruments[leg].tick * Decimal(ticks), lot_ * Decimal(lots)};
}

Book SyntheticFeed::make_book(Side leg) const {
  Book book;
  for (const Side side : kSides) {
    const Ladder& l = venues_[leg].book[side];
    std::vector<Level>& levels = side == Side::Buy ? book.bids : book.asks;
    levels.reserve(kLevels);
    for (std::size_t i = 0; i < kLevels; ++i) levels.push_back(level(leg, l.touch + behind(side) * static_cast<std::int64_t>(i), l.lots[i]));
  }
  return book;
}

}  // namespace dn::sim
