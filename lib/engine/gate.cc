#include "engine/gate.h"

#include "engine/planted.h"
#include "engine/quote.h"

namespace dn {
namespace {

Refusal refuse(std::string code, std::string_view what, std::string value, std::string limit, bool lasting) {
  std::string message(what);
  message += ' ';
  message += value;
  message += " against ";
  message += limit;
  return {std::move(code), std::move(message), std::move(value), std::move(limit), lasting};
}

Refusal beyond_collar(const Instrument& at, const Price& price, const Price& edge) {
  return refuse("price_collar_bps", "the price is beyond the collar around the mid of " + std::string(name(at.venue)) + ":", price.str(), edge.str(), false);
}

// No order is beyond the collar of either mid in the direction that loses money; a price that is better than that is what the trade is for.
// Where the books contradict each other nothing leaves.
std::optional<Refusal> check_collar(const Situation& s, const OrderRequest& o) {
  for (const Side leg : kSides) {
    const LegSituation& l = s.leg[leg];
    if (!l.fresh) continue;
    const Price mid = middle(l.top);
    const Price width(bps_of(mid.decimal(), s.spec->risk.price_collar_bps));
    if (o.side == Side::Buy && o.price > mid + width) return beyond_collar(*l.instrument, o.price, mid + width);
    if (o.side == Side::Sell && o.price < mid - width) return beyond_collar(*l.instrument, o.price, mid - width);
    const LegSituation& other = s.leg[flip(leg)];
    if (!other.fresh) continue;
    const Price edge = highest_credible(s, leg);
    if (middle(other.top) > edge) {
      const std::string what = "the mid of " + std::string(name(other.instrument->venue)) + " is more than five collars above that of " +
                               std::string(name(l.instrument->venue)) + ":";
      return refuse("price_collar_bps", what, middle(other.top).str(), edge.str(), false);
    }
  }
  return std::nullopt;
}

// A market-like order is not worse than the opposite touch by more than the slippage limit.
std::optional<Refusal> check_slippage(const Situation& s, const OrderRequest& o) {
  if (o.purpose == Purpose::Quote || o.price.is_zero()) return std::nullopt;
  const TopOfBook& top = s.leg[seat(s, o.leg)].top;
  const bool buy = o.side == Side::Buy;
  const Price touch = buy ? top.ask : top.bid;
  const Price slip(bps_of(touch.decimal(), s.spec->risk.max_slippage_bps));
  const Price edge = buy ? touch + slip : touch - slip;
  if (buy ? o.price <= edge : o.price >= edge) return std::nullopt;
  return refuse("max_slippage_bps", "the price is further from the opposite touch than the limit:", o.price.str(), edge.str(), false);
}

std::optional<Refusal> check_quantities(const GateView& v, const OrderRequest& o) {
  const Situation& s = *v.situation;
  const Side at = seat(s, o.leg);
  const LegSituation& l = s.leg[at];
  if (o.side != at) {
    const Qty most = max(l.filled, to_flatten(s, at));
    if (o.qty > most) return refuse("reduce_only", "reducing more than the leg holds:", o.qty.str(), most.str(), true);
    return std::nullopt;
  }
  const Qty after = l.filled + v.open + o.qty;
  if (after > s.plan->total && !planted(Bug::IgnoreTotal))
    return refuse("total_quantity", "filled, open and unknown with the new order:", after.str(), s.plan->total.str(), true);
  if (const auto& most = s.spec->risk.max_position; most && after > *most) {
    return refuse("max_position", "the side's position with the new order:", after.str(), most->str(), true);
  }
  return std::nullopt;
}

// By how much the order, filled whole, would put its side ahead of all that the other one has or waits for: that much needs a hedge.
Qty ahead(const GateView& v, const OrderRequest& o) {
  const Situation& s = *v.situation;
  const Side at = seat(s, o.leg);
  return max(s.leg[at].filled + v.open + o.qty - s.leg[flip(at)].filled - v.other_open, Qty{});
}

// What a quote may add to, with room for its hedge.
std::optional<Refusal> check_values(const GateView& v, const OrderRequest& o) {
  const Situation& s = *v.situation;
  if (s.closing) return std::nullopt;  // it only takes away from both
  const RiskSpec& risk = s.spec->risk;
  const Price price = worth(s.leg[seat(s, o.leg)], o.side, o.price);
  const Money after = v.committed + price * (o.qty + ahead(v, o));
  if (risk.max_notional && after > *risk.max_notional) {
    return refuse("max_notional", "the value of both sides with the new order and its hedge:", after.str(), risk.max_notional->str(), true);
  }
  const auto& capital = s.capital[o.leg];
  if (!capital) return std::nullopt;
  const Money most = *capital * risk.max_capital_fraction;
  const Money held = price * (s.leg[o.leg].filled + v.open + o.qty);
  if (held <= most) return std::nullopt;
  return refuse("max_capital_fraction", "the side's value with the new order:", held.str(), most.str(), true);
}

std::optional<Refusal> check_numbers(const GateView& v, const OrderRequest& o) {
  const RiskSpec& risk = v.situation->spec->risk;
  const std::int64_t more = ahead(v, o).is_positive() ? 2 : 1;  // the order, and its hedge
  const auto over = [more](std::string code, std::string_view what, std::int64_t sent, std::int64_t most, bool lasting) -> std::optional<Refusal> {
    if (sent + more <= most) return std::nullopt;
    return refuse(std::move(code), what, std::to_string(sent + more), std::to_string(most), lasting);
  };
  if (auto r = over("max_orders_per_run", "orders of this run, with the new one and its hedge:", v.sent_this_run, risk.max_orders_per_run, true)) return r;
  if (risk.max_orders_per_day > 0) {
    if (auto r = over("max_orders_per_day", "orders of 24 hours, with the new one and its hedge:", v.sent_last_day, risk.max_orders_per_day, true)) return r;
  }
  return over("max_orders_per_minute", "orders of the last minute, with the new one and its hedge:", v.sent_last_minute, risk.max_orders_per_minute, false);
}

std::optional<Refusal> check_quote(const GateView& v, const OrderRequest& o) {
  const Situation& s = *v.situation;
  const Side at = seat(s, o.leg);
  const bool catches_up = is_behind(s, at) && v.open + o.qty <= hedge_quantity(s, at, at);
  if (s.holding && !catches_up) return refuse("hold", "what was opened is held, orders:", "1", "0", false);
  if (s.funding_closed && !catches_up) return refuse("min_funding_apr", "the funding told is too low, orders:", "1", "0", false);
  if (s.spread_closed && !catches_up) {
    const auto spread = quoted_spread(s);
    return refuse("min_spread_bps", "the net spread is, or was a moment ago, too small for risk." + std::string(least_spread_key(s.spec->risk)) + ":",
                  spread ? spread->net.str() : "unknown", least_spread(s.spec->risk).value_or(Bps{}).str(), false);
  }
  if (auto r = check_values(v, o)) return r;
  if (auto r = check_numbers(v, o)) return r;
  if (v.room == nullptr || catches_up || v.exposure <= v.room->granted) return std::nullopt;
  return refuse(std::string(kNoRoom), "the task's exposure with the new order:", v.exposure.str(), v.room->granted.str(), false);
}

std::optional<Refusal> check_order(const GateView& v, const OrderRequest& o) {
  const Situation& s = *v.situation;
  const RiskSpec& risk = s.spec->risk;
  if (v.has_unknown && !planted(Bug::PlaceBesideUnknown)) return refuse("unknown_order", "the leg has orders of unknown fate:", "1", "0", false);
  if (!s.leg[seat(s, o.leg)].fresh) return refuse("max_book_age", "the book of the leg is older than", "now", format_duration(risk.max_book_age), false);
  if (auto r = check_quantities(v, o)) return r;
  if (planted(Bug::SleepingGate)) return std::nullopt;
  const Money value = worth(s.leg[seat(s, o.leg)], o.side, o.price) * o.qty;
  if (risk.max_order_notional && value > *risk.max_order_notional) {
    return refuse("max_order_notional", "the order's value:", value.str(), risk.max_order_notional->str(), true);
  }
  if (o.purpose == Purpose::Quote) {
    if (auto r = check_quote(v, o)) return r;
  }
  if (auto r = check_slippage(s, o)) return r;
  return check_collar(s, o);
}

}  // namespace

Expected<GatePass, Refusal> pass_gate(const GateView& view, const OrderRequest& order) {
  if (auto refusal = check_order(view, order)) return Unexpected{std::move(*refusal)};
  return GatePass(order);
}

}  // namespace dn
