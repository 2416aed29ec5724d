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

// Further than the collar beyond a mid, in the direction that loses money.
std::optional<Refusal> check_collar(const Situation& s, const OrderRequest& o) {
  for (const Side leg : kSides) {
    const LegSituation& l = s.leg[leg];
    // Only a buy above and a sell below the market can be taken at a bad price; between the legs the spread is the point of the trade,
    // so each order is held against its own venue, and against the other when that says that it would trade at a loss beyond the collar.
    if (!l.fresh) continue;
    const Decimal mid = (l.top.bid + l.top.ask).decimal() * Decimal::from_parts(5, 1);
    const Decimal width = bps_of(mid, s.spec->risk.price_collar_bps);
    const Decimal limit = o.side == Side::Buy ? mid + width : mid - width;
    const bool beyond = o.side == Side::Buy ? o.price.decimal() > limit : o.price.decimal() < limit;
    if (beyond)
      return refuse("price_collar_bps", "the price is beyond the collar around the mid of " + std::string(name(l.instrument->venue)) + ":", o.price.str(),
                    limit.str(), false);
  }
  return std::nullopt;
}

std::optional<Refusal> check_quantities(const GateView& v, const OrderRequest& o) {
  const Situation& s = *v.situation;
  const LegSituation& l = s.leg[o.leg];
  if (o.side != o.leg) {
    const Qty most = max(l.filled, to_flatten(s, o.leg));
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

}  // namespace

std::optional<Refusal> check_order(const GateView& v, const OrderRequest& o) {
  const Situation& s = *v.situation;
  const RiskSpec& risk = s.spec->risk;
  const bool quote = o.purpose == Purpose::Quote;
  if (v.has_unknown && !planted(Bug::PlaceBesideUnknown)) return refuse("unknown_order", "the leg has orders of unknown fate:", "1", "0", false);
  if (!s.leg[o.leg].fresh) return refuse("max_book_age", "the book of the leg is older than", "now", format_duration(risk.max_book_age), false);
  if (auto r = check_quantities(v, o)) return r;
  const Money value = o.price * o.qty;
  if (risk.max_order_notional && value > *risk.max_order_notional) {
    return refuse("max_order_notional", "the order's value:", value.str(), risk.max_order_notional->str(), true);
  }
  if (quote && risk.max_notional && v.traded + value > *risk.max_notional) {
    return refuse("max_notional", "the value of both sides with the new order:", (v.traded + value).str(), risk.max_notional->str(), true);
  }
  if (quote && v.sent_this_run >= risk.max_orders_per_run) {
    return refuse("max_orders_per_run", "orders sent in this run:", std::to_string(v.sent_this_run), std::to_string(risk.max_orders_per_run), true);
  }
  if (quote && v.sent_last_minute >= risk.max_orders_per_minute) {
    return refuse("max_orders_per_minute", "orders sent in the last minute:", std::to_string(v.sent_last_minute), std::to_string(risk.max_orders_per_minute),
                  false);
  }
  return check_collar(s, o);
}

}  // namespace dn
