#include "engine/quote.h"

#include "engine/planted.h"

namespace dn {
namespace {

// A venue holds its band to its own mark, which is near the middle of its book and not the same.
const Decimal kOfBand = Decimal::from_parts(9, 1);

Price touch(const TopOfBook& top, Side side) { return side == Side::Buy ? top.bid : top.ask; }

Price reference(const LegSituation& l, const LegSpec& spec, Side leg) {
  switch (spec.price_reference) {
    case PriceReference::Touch: return touch(l.top, leg);
    case PriceReference::Opposite: return touch(l.top, flip(leg));
    case PriceReference::Mid: break;
  }
  return middle(l.top);
}

Price to_tick(Price p, Side side, Price tick) { return side == Side::Buy ? p.floor_to(tick) : p.ceil_to(tick); }

// A quote must not trade with our own order of the other leg on the same book.
Price keep_off_own(const Situation& s, Side leg, Price price) {
  const auto& other = s.leg[flip(leg)].nearest;
  if (!s.same_book || !other) return price;
  const Price tick = s.leg[leg].instrument->tick;
  return leg == Side::Buy ? min(price, *other - tick) : max(price, *other + tick);
}

// What the buy leg will have netted when it ends, seen from now.
Qty projected_bought(const Situation& s) {
  const LegSituation& buy = s.leg.buy;
  const Qty left = s.plan->total - buy.filled;
  if (left < buy.min_tradable || !left.is_positive()) return buy.net;
  return buy.net + left * (Decimal(1) - buy.instrument->base_fee_rate(Side::Buy).decimal());
}

Qty not_negative(Qty q) { return q.is_negative() ? Qty{} : q; }

// What has to be traded on `side` so that `net` base is moved: a buy whose fee is taken in base gets less than it fills.
Qty before_fees(const Instrument& i, Side side, Qty net) {
  const Rate lost = side == Side::Buy ? i.base_fee_rate(Side::Buy) : Rate{};
  return lost.is_zero() ? net : Qty(net.decimal().divided_by(Decimal(1) - lost.decimal(), 18, Rounding::Down));
}

// A slice would put its side ahead, and something says no to that.
bool opens_nothing(const Situation& s) { return s.mode != TaskMode::Active || s.spread_closed || s.funding_closed || s.holding || s.no_room; }

// As much of it as one order takes, a multiple of the step.
Qty tradable(const LegSituation& l, Side side, Qty q) {
  if (const auto most = l.instrument->max_tradable(touch(l.top, flip(side)))) q = min(q, *most);
  return not_negative(q).floor_to(l.instrument->step);
}

}  // namespace

Price middle(const TopOfBook& top) { return Price((top.bid + top.ask).decimal() * Decimal::from_parts(5, 1)); }

Price highest_credible(const Situation& s, Side leg) {
  constexpr int kCollars = 5;
  const Price mid = middle(s.leg[leg].top);
  return mid + Price(bps_of(mid.decimal(), s.spec->risk.price_collar_bps)) * Decimal(kCollars);
}

bool books_contradict(const Situation& s) {
  if (!s.leg.buy.fresh || !s.leg.sell.fresh) return false;
  return middle(s.leg.sell.top) > highest_credible(s, Side::Buy) || middle(s.leg.buy.top) > highest_credible(s, Side::Sell);
}

Qty imbalance(const Situation& s) { return s.leg.buy.net - s.leg.sell.net; }

Side lagging_leg(const Situation& s) { return imbalance(s).is_positive() ? Side::Sell : Side::Buy; }

Qty imbalance_threshold(const Situation& s) {
  const Side lagging = lagging_leg(s);
  const Qty least = s.leg[lagging].min_tradable;
  // A leg that is nearly a slice ahead has no room for another order: waiting for more would wait for ever.
  const Qty most = s.plan->leg_slice[flip(lagging)] - s.leg[flip(lagging)].min_tradable;
  return max(min(s.spec->risk.imbalance_threshold, most), least);
}

bool is_apart(const Situation& s) {
  const Qty difference = imbalance(s).abs();
  return difference.is_positive() && difference >= imbalance_threshold(s);
}

bool is_behind(const Situation& s, Side leg) { return is_apart(s) && lagging_leg(s) == leg; }

std::optional<Price> target_price(const Situation& s, Side leg) {
  const LegSituation& l = s.leg[leg];
  const LegSpec& spec = s.spec->leg[leg];
  const Price tick = l.instrument->tick;
  Price p = to_tick(reference(l, spec, leg) - tick * Decimal(spec.offset_ticks), leg, tick);
  if (s.spec->post_only) {
    const bool crosses = leg == Side::Buy ? p >= l.top.ask : p <= l.top.bid;
    if (crosses) p = to_tick(touch(l.top, leg), leg, tick);
  }
  p = keep_off_own(s, leg, p);
  if (!p.is_positive()) return std::nullopt;
  return p;
}

bool is_own_touch(const Situation& s, Side leg) {
  const LegSituation& l = s.leg[leg];
  if (!l.resting || s.spec->leg[leg].price_reference != PriceReference::Touch) return false;
  const Qty shown = leg == Side::Buy ? l.top.bid_qty : l.top.ask_qty;
  return l.resting->price == touch(l.top, leg) && shown <= l.resting->remaining;
}

Qty remaining(const Situation& s, Side leg) {
  const Qty to_total = planted(Bug::IgnoreTotal) ? s.plan->total : s.plan->total - s.leg[leg].filled;
  if (leg == Side::Buy) return not_negative(to_total);
  if (s.closing) return not_negative(to_total).floor_to(s.leg.sell.instrument->step);  // all that it holds
  const Qty to_bought = projected_bought(s) - s.leg.sell.net;
  return not_negative(min(to_total, to_bought)).floor_to(s.leg.sell.instrument->step);
}

Qty quote_quantity(const Situation& s, Side leg, Price price) {
  const LegSituation& l = s.leg[leg];
  const Qty left = remaining(s, leg);
  if (opens_nothing(s) && is_behind(s, leg)) {
    const Qty lacks = min(min(hedge_quantity(s, leg, leg), left), s.plan->leg_slice[leg]);
    return lacks < l.instrument->min_tradable(price) ? Qty{} : lacks;
  }
  const Qty slice = s.plan->leg_slice[leg];
  const Qty ahead = not_negative(l.net - s.leg[flip(leg)].net);
  Qty q = min(min(slice, left), max(slice - ahead, l.min_tradable.ceil_to(s.plan->step)));
  const Qty rest = left - q;
  if (rest.is_positive() && rest < l.min_tradable) {
    // A rest too small to trade: leave room for a last order, or take it along.
    const Qty shorter = left - l.min_tradable * Decimal(2);
    q = shorter >= l.min_tradable ? min(q, shorter) : left;
  }
  if (const auto most = l.instrument->max_tradable(price)) q = min(q, *most);
  // The last order takes all that is left, also what is finer than the common step.
  q = q.floor_to(q >= left ? l.instrument->step : s.plan->step);
  return q < l.instrument->min_tradable(price) ? Qty{} : q;
}

Price market_like_price(const Situation& s, Side leg, Side side) {
  const LegSituation& l = s.leg[leg];
  const Price opposite = touch(l.top, flip(side));
  const Price slip(bps_of(opposite.decimal(), s.spec->risk.max_slippage_bps));
  const Price tick = l.instrument->tick;
  Price limit = side == Side::Buy ? max((opposite + slip).floor_to(tick), opposite) : min((opposite - slip).ceil_to(tick), opposite);
  // Never beyond what the gate's collar lets through: better an order that fills in part than one that is refused.
  for (const LegSituation* x : {&s.leg.buy, &s.leg.sell}) {
    if (!x->fresh) continue;
    const Price mid = middle(x->top);
    const Price width(bps_of(mid.decimal(), s.spec->risk.price_collar_bps));
    limit = side == Side::Buy ? min(limit, (mid + width).floor_to(tick)) : max(limit, (mid - width).ceil_to(tick));
  }
  if (!l.instrument->price_band || !l.fresh) return limit;
  const Price mid = middle(l.top);
  const Price width(mid.decimal() * l.instrument->price_band->decimal() * kOfBand);
  return side == Side::Buy ? min(limit, (mid + width).floor_to(tick)) : max(limit, (mid - width).ceil_to(tick));
}

Qty hedge_quantity(const Situation& s, Side leg, Side side) {
  const LegSituation& l = s.leg[leg];
  const Instrument& i = *l.instrument;
  const Qty q = before_fees(i, side, imbalance(s).abs());
  return tradable(l, side, min(q, side == leg ? s.plan->total - l.filled : l.filled));
}

Price worth(const LegSituation& l, Side side, Price limit) { return side == Side::Sell && l.known ? max(limit, l.top.bid) : limit; }

Qty within_order_limit(const Situation& s, Side leg, Side side, Price limit, Qty qty) {
  const auto& most = s.spec->risk.max_order_notional;
  const Price price = worth(s.leg[leg], side, limit);
  if (!most || price * qty <= *most) return qty;
  return Qty(most->decimal().divided_by(price.decimal(), 18, Rounding::Down)).floor_to(s.leg[leg].instrument->step);
}

Qty to_flatten(const Situation& s, Side leg) {
  const LegSituation& l = s.leg[leg];
  return before_fees(*l.instrument, flip(leg), l.net);
}

Qty flatten_quantity(const Situation& s, Side leg, Qty keep) {
  const Qty off = before_fees(*s.leg[leg].instrument, flip(leg), not_negative(s.leg[leg].net - keep));
  return tradable(s.leg[leg], flip(leg), off);
}

std::optional<PerSide<Price>> next_prices(const Situation& s) {
  PerSide<Price> out;
  for (const Side leg : kSides) {
    const LegSituation& l = s.leg[leg];
    if (!l.known) return std::nullopt;
    const bool hedges = (s.spec->lead == Lead::Buy && leg == Side::Sell) || (s.spec->lead == Lead::Sell && leg == Side::Buy);
    const std::optional<Price> price = hedges ? touch(l.top, flip(leg)) : target_price(s, leg);
    if (!price) return std::nullopt;
    out[leg] = *price;
  }
  return out;
}

std::optional<Spread> quoted_spread(const Situation& s) {
  const auto price = next_prices(s);
  if (!price) return std::nullopt;
  Decimal fees;
  Decimal funding;
  for (const Side leg : kSides) {
    const LegSituation& l = s.leg[leg];
    const Price crossing = touch(l.top, flip(leg));
    const bool takes = leg == Side::Buy ? (*price)[leg] >= crossing : (*price)[leg] <= crossing;
    const Decimal value = (*price)[leg].decimal();
    fees += value * (takes ? l.instrument->taker_fee : l.instrument->maker_fee).decimal();
    if (s.closing) continue;  // what is closed neither pays nor receives
    const Decimal told = value * l.instrument->funding.rate.decimal();
    funding += leg == Side::Buy ? -told : told;
  }
  const Decimal gross = (price->sell - price->buy).decimal();
  const Decimal base = price->buy.decimal();
  return Spread{in_bps(gross, base), in_bps(gross - fees + funding, base)};
}

}  // namespace dn
