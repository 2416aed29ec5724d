#include "app/preflight_numbers.h"

#include <fmt/format.h>

#include "engine/quote.h"

namespace dn::app {
namespace {

constexpr int kPlaces = 12;  // of what a division makes endless

Situation situation_now(const TaskSpec& spec, const MarketView& m, const Plan& plan) {
  Situation s;
  s.spec = &spec;
  s.plan = &plan;
  s.now = m.start;
  s.same_book = spec.leg.buy.exchange == spec.leg.sell.exchange;
  s.imbalance_since = Time::never();
  for (const Side leg : kSides) {
    LegSituation& l = s.leg[leg];
    l.instrument = &m.instruments[leg];
    l.known = l.fresh = m.top[leg].has_value();
    if (m.top[leg]) l.top = *m.top[leg];
    l.min_tradable = m.instruments[leg].min_tradable(l.top.bid);
  }
  return s;
}

bool is_hedge(const TaskSpec& spec, Side leg) { return spec.lead != Lead::Both && (spec.lead == Lead::Buy) != (leg == Side::Buy); }

LegNumbers leg_numbers(const Situation& s, Side leg, Price target) {
  const LegSituation& l = s.leg[leg];
  const Price own = leg == Side::Buy ? l.top.bid : l.top.ask;
  const Price opposite = leg == Side::Buy ? l.top.ask : l.top.bid;
  LegNumbers n;
  n.hedges = is_hedge(*s.spec, leg);
  n.price = n.hedges ? opposite : target;
  const bool takes = leg == Side::Buy ? n.price >= opposite : n.price <= opposite;
  const Decimal tick = l.instrument->tick.decimal();
  const Decimal towards(leg == Side::Buy ? 1 : -1);
  n.to_own = ((n.price - own).decimal() * towards).divided_by(tick, 2, Rounding::HalfUp).normalized();
  n.to_opposite = ((opposite - n.price).decimal() * towards).divided_by(tick, 2, Rounding::HalfUp).normalized();
  n.min_tradable = l.instrument->min_tradable(n.price);
  n.fee = takes ? l.instrument->taker_fee : l.instrument->maker_fee;
  n.slice_value = n.price * s.plan->leg_slice[leg];
  n.total_fees = n.price * s.plan->total * n.fee;
  return n;
}

}  // namespace

Numbers numbers_of(const TaskSpec& spec, const MarketView& m) {
  Numbers n;
  n.sizes = make_plan(spec, m.instruments);
  const Situation s = situation_now(spec, m, n.sizes);
  for (const Side leg : kSides) {
    if (!s.leg[leg].known) continue;
    if (const auto price = target_price(s, leg)) n.leg[leg] = leg_numbers(s, leg, *price);
  }
  if (const auto spread = quoted_spread(s)) n.spread = spread->net;
  n.contradict = books_contradict(s);
  n.left_out = spec.total_quantity - n.sizes.total;
  const Qty bought = n.sizes.total * (Decimal(1) - m.instruments.buy.base_fee_rate(Side::Buy).decimal());
  n.carried = bought - bought.floor_to(m.instruments.sell.step);
  if (!n.leg.buy || !n.leg.sell) return n;
  n.break_even = Bps((n.leg.buy->fee.decimal() + n.leg.sell->fee.decimal()) * Decimal(10000));
  const PerSide<Price> prices{n.leg.buy->price, n.leg.sell->price};
  const PerSide<TopOfBook> tops{s.leg.buy.top, s.leg.sell.top};
  n.worst_slice = worst_case(spec, n.sizes.slice, m.instruments, prices, tops);
  n.worst_total = worst_case(spec, n.sizes.total, m.instruments, prices, tops);
  return n;
}

std::string loss_at_these_prices(const TaskSpec& spec, const MarketView& market) {
  const auto spread = numbers_of(spec, market).spread;
  if (!spread || !spread->is_negative() || spec.direction == Direction::Close || least_spread(spec.risk)) return "";
  return fmt::format("task {}: these prices lose {} bps net of fees; are [buy] and [sell] swapped? min_spread_bps under [risk] would wait for better ones",
                     spec.name, (-*spread).decimal().rounded(2, Rounding::HalfUp).normalized().str());
}

std::optional<DepthShare> share_of_depth(const venues::Depth& depth, Side taker, Qty slice) {
  const auto& levels = taker == Side::Buy ? depth.asks : depth.bids;
  DepthShare s;
  Qty left = slice;
  Money paid;
  for (const venues::Level& l : levels) {
    s.visible += l.qty;
    ++s.levels;
    const Qty here = min(l.qty, left);
    paid += l.price * here;
    left = left - here;
  }
  if (!s.visible.is_positive() || !slice.is_positive()) return std::nullopt;
  s.percent = (slice.decimal() * Decimal(100)).divided_by(s.visible.decimal(), 2, Rounding::HalfUp).normalized();
  if (left.is_positive()) return s;
  const Money at_best = levels[0].price * slice;
  s.cost = in_bps((paid - at_best).decimal().abs(), at_best.decimal(), 2);
  return s;
}

bool reduces(const TaskSpec& spec, const MarketView& m, Side leg) {
  return spec.direction == Direction::Close && m.instruments[leg].kind == InstrumentKind::Perpetual;
}

Qty reducible(const Funds& funds, Side side) {
  const Qty held = side == Side::Buy ? -funds.position : funds.position;
  return held.is_negative() ? Qty{} : held;
}

std::optional<Need> need_of(const TaskSpec& spec, const MarketView& m, const Numbers& n, const Progress& progress, Side leg) {
  if (!n.leg[leg] || reduces(spec, m, leg)) return std::nullopt;
  const Instrument& i = m.instruments[leg];
  const Qty undone = max(n.sizes.total - progress.filled[leg] - progress.resting[leg], Qty{});
  const Qty slice = min(n.sizes.leg_slice[leg], undone);
  const bool one_account = i.kind == InstrumentKind::Spot && spec.leg.buy.exchange == spec.leg.sell.exchange;
  const Qty whole = one_account ? slice : undone;
  Need need;
  if (i.kind == InstrumentKind::Spot && leg == Side::Sell) {
    need.asset = i.symbol.base;
    need.slice = slice.decimal();
    need.whole = whole.decimal();
    return need;
  }
  const Price price = n.leg[leg]->price;
  const Rate fee = i.fee_asset(leg) == i.symbol.quote ? max(i.taker_fee, Rate{}) : Rate{};
  const Decimal leverage = m.funds[leg] && m.funds[leg]->leverage ? *m.funds[leg]->leverage : Decimal(1);
  const auto tied_up = [&](Qty qty) {
    const Decimal value = (price * qty).decimal();
    const Decimal own = i.kind == InstrumentKind::Spot ? value : value.divided_by(leverage, kPlaces, Rounding::Up);
    return (own + value * fee.decimal()).normalized();
  };
  need.asset = i.symbol.quote;
  need.slice = tied_up(slice);
  need.whole = tied_up(whole);
  return need;
}

Money capital_of(const MarketView& m, Side leg, Price price) {
  Money sum;
  if (!m.funds[leg]) return sum;
  const Instrument& i = m.instruments[leg];
  const auto& free = m.funds[leg]->free;
  if (const auto quote = free.find(i.symbol.quote); quote != free.end()) sum += Money(quote->second);
  const auto base = free.find(i.symbol.base);
  if (i.kind == InstrumentKind::Spot && base != free.end()) sum += price * Qty(base->second);
  return sum;
}

}  // namespace dn::app
