// The money of a simulated exchange: what orders lock, what trades settle.
#include <algorithm>

#include "sim/venue.h"

namespace dn::sim {

Decimal SimVenue::margin(Money value) const { return value.abs().decimal().divided_by(Decimal(leverage_), 18, Rounding::Up); }

void SimVenue::set_leverage(std::int64_t leverage) {
  leverage_ = leverage;
  for (const std::size_t index : open_) relock(truth_.orders[index]);
}

Asset SimVenue::lock_asset(const OrderRequest& r) const {
  return r.side == Side::Buy || instrument_.kind == InstrumentKind::Perpetual ? instrument_.symbol.quote : instrument_.symbol.base;
}

// Spot: what the order may cost, with the fee where it may come on top; perpetual: the initial margin of what it may open.
Decimal SimVenue::lock_needed(const OrderRequest& r, Qty open) const {
  const Price worst = r.type == OrderType::Market && !book_.asks.empty() ? book_.asks.back().price : r.price;
  if (instrument_.kind == InstrumentKind::Perpetual) {
    const Qty opens = open - reducible(r.side);
    return r.reduce_only || !opens.is_positive() ? Decimal() : margin(worst * opens);
  }
  if (r.side == Side::Sell) return open.decimal();
  const Decimal cost = (worst * open).decimal();
  const bool fee_on_top = instrument_.fee_in != FeeIn::Received && instrument_.taker_fee.is_positive();  // a token may run out
  return fee_on_top ? cost * (Decimal(1) + instrument_.taker_fee.decimal()) : cost;
}

// What an asset's balance has left for new orders: not locked by orders, nor by the margin of the position.
Decimal SimVenue::free(const Asset& asset) const {
  const auto have = truth_.balances.find(asset);
  const auto locked = locked_.find(asset);
  Decimal out = (have == truth_.balances.end() ? Decimal() : have->second) - (locked == locked_.end() ? Decimal() : locked->second);
  if (instrument_.kind == InstrumentKind::Perpetual && asset == instrument_.symbol.quote) out -= margin(truth_.position_cost);
  return out;
}

std::optional<PlaceReport> SimVenue::check_funds(const OrderRequest& r) const {
  const Asset asset = lock_asset(r);
  const Decimal left = free(asset);
  const Decimal need = lock_needed(r, r.qty);
  // What only closes is taken whatever is left: its margin comes free, or there would be no way out.
  if (need.is_positive() && need > left) {
    return refuse(r, RejectClass::InsufficientBalance, "insufficient_balance", asset.str() + ": " + left.str() + " free, " + need.str() + " needed");
  }
  return std::nullopt;
}

// What a reduce-only order of this side may still close.
Qty SimVenue::reducible(Side side) const {
  const Qty held = side == Side::Buy ? -truth_.position : truth_.position;
  return held.is_positive() ? held : Qty{};
}

void SimVenue::trade(VenueOrder& o, Price price, Qty qty, Liquidity liquidity, Time now) {
  if (o.request.reduce_only) qty = min(qty, reducible(o.request.side));
  if (!qty.is_positive()) {
    end(o);  // nothing is left to reduce: the venue cuts the order
    return;
  }
  Fill f;
  f.trade_id = TradeId(prefix_ + "T" + std::to_string(truth_.next_id++));
  f.order = o.request.id;
  f.venue_order_id = o.venue_order_id;
  f.venue = instrument_.venue;
  f.leg = o.request.leg;
  f.side = o.request.side;
  f.price = price;
  f.qty = qty;
  f.liquidity = liquidity;
  f.time = now;
  charge(f);
  o.filled += qty;
  settle(f);
  truth_.fills.push_back(f);
  relock(o);
  if (instrument_.kind == InstrumentKind::Perpetual) cut_reduce_only();
}

// What has nothing left to reduce is ended by the venue at once.
void SimVenue::cut_reduce_only() {
  for (std::size_t i = open_.size(); i-- > 0;) {
    VenueOrder& o = truth_.orders[open_[i]];
    if (o.request.reduce_only && reducible(o.request.side).is_zero()) end(o);
  }
}

// Decides the fee and the asset that it is taken in.
void SimVenue::charge(Fill& f) {
  const Rate rate = f.liquidity == Liquidity::Maker ? instrument_.maker_fee : instrument_.taker_fee;
  const Decimal in_quote = (f.price * f.qty * rate).decimal();
  f.fee_asset = instrument_.fee_asset(f.side);
  if (instrument_.fee_in == FeeIn::Token) {
    const bool priced = instrument_.fee_token_price.is_positive();
    if (priced) f.fee = Fee(in_quote.divided_by(instrument_.fee_token_price.decimal(), 12, Rounding::Up));
    Decimal tokens = truth_.balances[instrument_.fee_token];
    if (f.side == Side::Sell && f.fee_asset == instrument_.symbol.base) tokens -= f.qty.decimal();  // the trade itself takes them
    if (priced && tokens >= f.fee.decimal()) return;
    f.fee_asset = instrument_.symbol.quote;  // the token ran out
  }
  f.fee = f.fee_asset == instrument_.symbol.base ? Fee(f.qty.decimal() * rate.decimal()) : Fee(in_quote);
}

void SimVenue::settle(const Fill& f) {
  const Decimal value = (f.price * f.qty).decimal();
  if (instrument_.kind == InstrumentKind::Perpetual) {
    settle_position(f);
  } else if (f.side == Side::Buy) {
    truth_.balances[instrument_.symbol.base] += f.qty.decimal();
    truth_.balances[instrument_.symbol.quote] -= value;
  } else {
    truth_.balances[instrument_.symbol.base] -= f.qty.decimal();
    truth_.balances[instrument_.symbol.quote] += value;
  }
  truth_.balances[f.fee_asset] -= f.fee.decimal();
}

// What closes is settled at the average entry price; what opens changes the entry.
void SimVenue::settle_position(const Fill& f) {
  Qty signed_qty = f.side == Side::Buy ? f.qty : -f.qty;
  const bool against = truth_.position.is_positive() != signed_qty.is_positive() && !truth_.position.is_zero();
  if (against) {
    const Qty closing = min(signed_qty.abs(), truth_.position.abs());
    const Qty part = truth_.position.is_positive() ? closing : -closing;
    // The share of the entry cost that closes; the whole cost when the whole position does, so that nothing is lost to rounding.
    const Money cost = closing == truth_.position.abs()
                           ? truth_.position_cost
                           : Money((truth_.position_cost.decimal() * closing.decimal()).divided_by(truth_.position.abs().decimal(), 12, Rounding::HalfUp));
    const Money profit = f.price * part - cost;
    truth_.position -= part;
    truth_.position_cost -= cost;
    truth_.realised += profit;
    truth_.balances[instrument_.symbol.quote] += profit.decimal();
    signed_qty += part;
  }
  truth_.position += signed_qty;
  truth_.position_cost += f.price * signed_qty;
}

void SimVenue::lock(VenueOrder& o) {
  o.locked = lock_needed(o.request, o.request.qty - o.filled);
  locked_[lock_asset(o.request)] += o.locked;
}

void SimVenue::relock(VenueOrder& o) {
  locked_[lock_asset(o.request)] -= o.locked;
  o.locked = {};
  if (o.open) lock(o);
}

void SimVenue::end(VenueOrder& o) {
  o.open = false;
  relock(o);
  const auto index = static_cast<std::size_t>(&o - truth_.orders.data());
  open_.erase(std::remove(open_.begin(), open_.end(), index), open_.end());
}

void SimVenue::deposit(const Asset& asset, const Decimal& amount) { truth_.balances[asset] += amount; }

void SimVenue::set_funding(const FundingTerms& terms) { instrument_.funding = terms; }

FundingReport SimVenue::funding(Time since) const {
  FundingReport r{instrument_.venue, true, {}, instrument_.funding};
  for (const Settlement& s : truth_.settlements) {
    if (s.payment.time >= since) r.payments.push_back(s.payment);
  }
  return r;
}

void SimVenue::settle_funding(const Rate& rate, const Price& mark, Time now) {
  if (truth_.position.is_zero()) return;
  const Money paid = mark * truth_.position * rate;
  truth_.funding -= paid;
  truth_.balances[instrument_.symbol.quote] -= paid.decimal();
  const PaymentId id(prefix_ + "F" + std::to_string(truth_.next_id++));
  truth_.settlements.push_back({{id, instrument_.venue, Side::Buy, -paid, now}, rate, mark});
}

}  // namespace dn::sim
