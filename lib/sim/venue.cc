#include "sim/venue.h"

#include <algorithm>

namespace dn::sim {
namespace {

bool crosses(Side side, Price limit, Price level) { return side == Side::Buy ? limit >= level : limit <= level; }

}  // namespace

SimVenue::SimVenue(VenueSetup setup) : instrument_(std::move(setup.instrument)), prefix_(std::move(setup.id_prefix)), memory_(setup.memory) {
  truth_.balances = std::move(setup.balances);
}

const Book& SimVenue::book() const { return book_; }
const Instrument& SimVenue::instrument() const { return instrument_; }
const VenueTruth& SimVenue::truth() const { return truth_; }

std::optional<TopOfBook> SimVenue::top() const {
  if (book_.bids.empty() || book_.asks.empty()) return std::nullopt;
  return TopOfBook{book_.bids[0].price, book_.asks[0].price, book_.bids[0].qty, book_.asks[0].qty};
}

VenueOrder* SimVenue::find(const ClientOrderId& id) {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : &truth_.orders[at->second];
}

const VenueOrder* SimVenue::find(const ClientOrderId& id, const VenueOrderId& venue_id) const {
  const auto at = by_id_.find(id);
  if (at != by_id_.end()) return &truth_.orders[at->second];
  if (venue_id.empty()) return nullptr;
  const auto by_venue_id = std::find_if(truth_.orders.begin(), truth_.orders.end(), [&](const VenueOrder& o) { return o.venue_order_id == venue_id; });
  return by_venue_id == truth_.orders.end() ? nullptr : &*by_venue_id;
}

// ---- the market

void SimVenue::on_book(const Book& book, Time /*now*/) {
  book_ = book;
  for (const std::size_t i : open_) {
    VenueOrder& o = truth_.orders[i];
    if (o.queue_ahead.is_zero()) continue;
    // Whoever stood before us and is not shown any more has gone.
    const auto& levels = o.request.side == Side::Buy ? book_.bids : book_.asks;
    const auto level = std::find_if(levels.begin(), levels.end(), [&](const Level& l) { return l.price == o.request.price; });
    if (level != levels.end()) {
      o.queue_ahead = min(o.queue_ahead, level->qty);
    } else if (!levels.empty() && crosses(o.request.side, o.request.price, levels.back().price)) {
      o.queue_ahead = {};  // within the shown depth, and nothing stands there
    }
  }
}

void SimVenue::on_trade(const PublicTrade& trade_told, Time now) {
  const Side resting = flip(trade_told.taker);
  Qty left = trade_told.qty;
  // Best price first, then time.
  std::vector<std::size_t> reached;
  for (const std::size_t i : open_) {
    const OrderRequest& r = truth_.orders[i].request;
    if (r.side == resting && crosses(resting, r.price, trade_told.price)) reached.push_back(i);
  }
  std::stable_sort(reached.begin(), reached.end(), [&](std::size_t a, std::size_t b) {
    const Price pa = truth_.orders[a].request.price;
    const Price pb = truth_.orders[b].request.price;
    return resting == Side::Buy ? pa > pb : pa < pb;
  });
  for (const std::size_t i : reached) {
    VenueOrder& o = truth_.orders[i];
    if (!o.open) continue;  // reduce-only, and an order before it closed the position
    if (o.request.price == trade_told.price) {
      const Qty before_us = min(left, o.queue_ahead);
      o.queue_ahead -= before_us;
      left -= before_us;
    }
    const Qty fill = min(left, o.request.qty - o.filled).floor_to(instrument_.step);
    if (!fill.is_positive()) continue;
    left -= fill;
    trade(o, o.request.price, fill, Liquidity::Maker, now);
    if (o.filled >= o.request.qty) end(o);
  }
}

// ---- placing

PlaceReport SimVenue::refuse(const OrderRequest& r, RejectClass why, std::string_view code, std::string_view reason) const {
  PlaceReport p;
  p.id = r.id;
  p.outcome = PlaceOutcome::Refused;
  p.reject = why;
  p.code = Code(code);
  p.reason = Reason(reason);
  return p;
}

std::optional<PlaceReport> SimVenue::check(const OrderRequest& r, Time now) const {
  if (now > r.expires) return refuse(r, RejectClass::Expired, "expired", "the request arrived after its expiry");
  if (instrument_.status == TradingStatus::Halted || !instrument_.api_tradable)
    return refuse(r, RejectClass::Halted, "not_tradable", "the symbol is not tradable");
  if (instrument_.status == TradingStatus::ReduceOnly && !r.reduce_only)
    return refuse(r, RejectClass::Halted, "reduce_only_symbol", "only orders that reduce are taken");
  if (auto bad = check_rules(r)) return bad;
  if (r.type == OrderType::PostOnly && would_take(r)) return refuse(r, RejectClass::WouldCross, "post_only_would_take", "a post-only order would take");
  if (r.reduce_only && reducible(r.side).is_zero()) return refuse(r, RejectClass::Other, "empty_position", "there is no position to reduce");
  return check_funds(r);
}

std::optional<PlaceReport> SimVenue::check_rules(const OrderRequest& r) const {
  const bool priced = r.type != OrderType::Market;
  if (!r.qty.is_positive() || !r.qty.is_multiple_of(instrument_.step))
    return refuse(r, RejectClass::Filter, "quantity_scale", "the quantity is not a multiple of the step");
  if (priced && (!r.price.is_positive() || !r.price.is_multiple_of(instrument_.tick)))
    return refuse(r, RejectClass::Filter, "price_scale", "the price is not a multiple of the tick");
  const Price at = priced ? r.price : (book_.bids.empty() ? Price{} : book_.bids[0].price);
  if (r.qty < instrument_.min_qty || (instrument_.min_notional.is_positive() && at * r.qty < instrument_.min_notional)) {
    return refuse(r, RejectClass::Filter, "below_minimum", "the order is below the minimum");
  }
  if (instrument_.max_qty && r.qty > *instrument_.max_qty) return refuse(r, RejectClass::Filter, "above_maximum", "the order is above the maximum");
  if (instrument_.max_notional && at * r.qty > *instrument_.max_notional)
    return refuse(r, RejectClass::Filter, "above_maximum", "the order is above the maximum");
  if (priced && instrument_.price_band && top()) {
    const Price mid((book_.bids[0].price + book_.asks[0].price).decimal() * Decimal::from_parts(5, 1));
    const Price away(bps_of(mid.decimal(), Bps(instrument_.price_band->decimal() * Decimal(10000))));
    if ((r.price - mid).abs() > away) return refuse(r, RejectClass::Filter, "price_band", "the price is too far from the market");
  }
  return std::nullopt;
}

bool SimVenue::would_take(const OrderRequest& r) const {
  const auto& levels = r.side == Side::Buy ? book_.asks : book_.bids;
  return !levels.empty() && crosses(r.side, r.price, levels[0].price);
}

PlaceReport SimVenue::place(const OrderRequest& r, Time now) {
  if (by_id_.contains(r.id)) {
    ++truth_.duplicate_ids;
    return refuse(r, RejectClass::Duplicate, "duplicate_client_id", "the client order id was here before");
  }
  if (auto refused = check(r, now)) return *refused;
  if (memory_.us > 0 && now >= next_forget_) forget(now);
  VenueOrder o;
  o.request = r;
  o.arrived = truth_.next_id;
  o.venue_order_id = VenueOrderId(prefix_ + "O" + std::to_string(truth_.next_id++));
  const std::size_t index = truth_.orders.size();
  by_id_[r.id] = index;
  truth_.orders.push_back(std::move(o));
  open_.push_back(index);
  VenueOrder& placed = truth_.orders.back();
  lock(placed);
  if (r.type != OrderType::PostOnly) take(placed, now);
  const bool rests = r.type == OrderType::Limit || r.type == OrderType::PostOnly;
  if (placed.filled >= r.qty || !rests) {
    if (placed.open) end(placed);
  } else if (placed.open) {
    rest(placed);
  }
  PlaceReport p;
  p.id = r.id;
  p.outcome = PlaceOutcome::Accepted;
  p.venue_order_id = placed.venue_order_id;
  return p;
}

// Whether an order that takes would meet our own orders: those for which the depth before them does not hold enough.
void SimVenue::count_self_trades(const VenueOrder& taker) {
  const Side resting = flip(taker.request.side);
  const auto& levels = resting == Side::Buy ? book_.bids : book_.asks;
  const auto reaches = [&](Price price) { return taker.request.type == OrderType::Market || crosses(taker.request.side, taker.request.price, price); };
  for (const std::size_t i : open_) {
    const VenueOrder& other = truth_.orders[i];
    if (other.request.side != resting || !reaches(other.request.price)) continue;
    Qty before;
    for (const Level& l : levels) {
      if (l.price == other.request.price || !crosses(taker.request.side, other.request.price, l.price)) break;
      before += l.qty;
    }
    if (before + other.queue_ahead < taker.request.qty) ++truth_.self_trades;
  }
}

// Walks the shown depth; what is taken is gone until the next snapshot.
void SimVenue::take(VenueOrder& o, Time now) {
  auto& levels = o.request.side == Side::Buy ? book_.asks : book_.bids;
  const bool at_any_price = o.request.type == OrderType::Market;
  count_self_trades(o);
  std::size_t used = 0;
  for (Level& l : levels) {
    Qty want = o.request.qty - o.filled;
    if (o.request.reduce_only) want = min(want, reducible(o.request.side));
    if (!want.is_positive() || !(at_any_price || crosses(o.request.side, o.request.price, l.price))) break;
    const Qty fill = min(want, l.qty).floor_to(instrument_.step);
    if (fill.is_positive()) trade(o, l.price, fill, Liquidity::Taker, now);
    l.qty -= fill;
    if (l.qty >= instrument_.step) break;
    ++used;
  }
  levels.erase(levels.begin(), levels.begin() + static_cast<std::ptrdiff_t>(used));
}

void SimVenue::rest(VenueOrder& o) {
  if (o.request.reduce_only && reducible(o.request.side).is_zero()) {
    end(o);
    return;
  }
  const auto& levels = o.request.side == Side::Buy ? book_.bids : book_.asks;
  const auto level = std::find_if(levels.begin(), levels.end(), [&](const Level& l) { return l.price == o.request.price; });
  if (level != levels.end()) o.queue_ahead = level->qty;
  relock(o);
}

// ---- questions

CancelReport SimVenue::cancel(const ClientOrderId& id, const VenueOrderId& venue_id, Time /*now*/) {
  const VenueOrder* known = find(id, venue_id);
  VenueOrder* o = known == nullptr ? nullptr : find(known->request.id);
  if (o == nullptr || !o->open) return {id, true, Code("not_found")};
  end(*o);
  return {id, true, Code("cancelled")};
}

LookupReport SimVenue::lookup(const ClientOrderId& id, const VenueOrderId& venue_id, LookupStage stage, Time now) const {
  LookupReport r;
  r.id = id;
  r.stage = stage;
  r.outcome = LookupOutcome::NotFound;
  r.venue_time = now;
  const VenueOrder* o = find(id, venue_id);
  if (o == nullptr) return r;
  if (stage == LookupStage::OpenOrders && !o->open) return r;
  if (stage == LookupStage::History && o->open && o->filled.is_zero()) return r;
  r.outcome = LookupOutcome::Found;
  r.venue_order_id = o->venue_order_id;
  r.open = o->open;
  r.filled = o->filled;
  r.price = o->request.price;
  r.qty = o->request.qty;
  return r;
}

TradesReport SimVenue::trades(const ClientOrderId& id, const VenueOrderId& venue_id) const {
  TradesReport r;
  r.id = id;
  r.answered = true;
  const VenueOrder* o = find(id, venue_id);
  if (o == nullptr) return r;
  for (const Fill& f : truth_.fills) {
    if (f.venue_order_id == o->venue_order_id) r.fills.push_back(f);
  }
  return r;
}

std::vector<Fill> SimVenue::take_new_fills() {
  std::vector<Fill> out(truth_.fills.begin() + static_cast<std::ptrdiff_t>(told_fills_), truth_.fills.end());
  told_fills_ = truth_.fills.size();
  return out;
}

// ---- what only the simulation does

void SimVenue::venue_cancel(const ClientOrderId& id, Time /*now*/) {
  VenueOrder* o = find(id);
  if (o != nullptr && o->open) end(*o);
}

void SimVenue::set_status(TradingStatus status) { instrument_.status = status; }

void SimVenue::plant(const OrderRequest& request, const VenueOrderId& venue_id, Time /*now*/) {
  VenueOrder o;
  o.request = request;
  o.venue_order_id = venue_id;
  o.arrived = truth_.next_id++;
  by_id_[request.id] = truth_.orders.size();
  open_.push_back(truth_.orders.size());
  truth_.orders.push_back(std::move(o));
  lock(truth_.orders.back());
  rest(truth_.orders.back());
}

void SimVenue::restore(VenueTruth truth) {
  truth_ = std::move(truth);
  told_fills_ = truth_.fills.size();
  locked_.clear();
  index_orders();
  for (const std::size_t i : open_) {
    lock(truth_.orders[i]);
    rest(truth_.orders[i]);
  }
}

void SimVenue::index_orders() {
  by_id_.clear();
  open_.clear();
  for (std::size_t i = 0; i < truth_.orders.size(); ++i) {
    by_id_[truth_.orders[i].request.id] = i;
    if (truth_.orders[i].open) open_.push_back(i);
  }
}

// A run of days would keep every order that it ever had.
void SimVenue::forget(Time now) {
  next_forget_ = now + memory_;
  const Time before = now - memory_;
  std::erase_if(truth_.orders, [&](const VenueOrder& o) { return !o.open && o.request.created < before; });
  index_orders();
  const auto told = truth_.fills.begin() + static_cast<std::ptrdiff_t>(told_fills_);
  const auto kept = std::stable_partition(truth_.fills.begin(), told, [&](const Fill& f) { return f.time >= before || by_id_.contains(f.order); });
  told_fills_ = static_cast<std::size_t>(kept - truth_.fills.begin());
  truth_.fills.erase(kept, told);
}

}  // namespace dn::sim
