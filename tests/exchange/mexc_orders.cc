// MEXC's orders by REST.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "mexc.h"

namespace dn::exchange {
namespace {

constexpr std::array<std::pair<std::string_view, ListedType>, 5> kTypes{{{"LIMIT", ListedType::Limit},
                                                                         {"LIMIT_MAKER", ListedType::PostOnly},
                                                                         {"IMMEDIATE_OR_CANCEL", ListedType::Ioc},
                                                                         {"FILL_OR_KILL", ListedType::Fok},
                                                                         {"MARKET", ListedType::Market}}};

bool is_client_id(std::string_view id) {
  return id.size() <= 32 && std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
         });
}

// As sent: plain digits, no exponent, at most so many places.
bool has_scale(const std::string& text, int places) {
  const auto point = text.find('.');
  return text.find_first_not_of("0123456789.") == std::string::npos &&
         (point == std::string::npos || text.size() - point - 1 <= static_cast<std::size_t>(places));
}

std::int64_t whole_seconds(Time t) { return t.us / 1'000'000 * 1000; }

std::string trade_json(const Trade& t) {
  const Order& o = *t.order;
  Obj out;
  out.s("symbol", o.market->name).s("id", trade_id(t)).s("orderId", o.id).n("orderListId", -1).d("price", t.price).d("qty", t.qty);
  out.d("quoteQty", t.price * t.qty).d("commission", t.fee).s("commissionAsset", t.fee_asset).n("time", whole_seconds(t.time));
  out.b("isBuyer", o.side == Side::Buy).b("isMaker", t.maker).b("isBestMatch", true).b("isSelfTrade", false);
  return (o.client_id.empty() ? out.null("clientOrderId") : out.s("clientOrderId", o.client_id)).str();
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= list.size();) {
    const auto comma = std::min(list.find(',', at), list.size());
    out.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

}  // namespace

std::string_view mexc_type(const Order& o) {
  return std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& t) { return t.second == o.type; })->first;
}

std::string_view mexc_status(const Order& o) {
  if (o.open) return o.filled.is_zero() ? "NEW" : "PARTIALLY_FILLED";
  if (o.left().is_zero()) return "FILLED";
  return o.filled.is_zero() ? "CANCELED" : "PARTIALLY_CANCELED";
}

std::string mexc_order_json(const Order& o) {
  Obj out;
  out.s("symbol", o.market->name).s("orderId", o.id).n("orderListId", -1);
  if (o.client_id.empty()) {
    out.null("clientOrderId");
  } else {
    out.s("clientOrderId", o.client_id);
  }
  out.d("price", o.price).d("origQty", o.qty).d("executedQty", o.filled).d("cummulativeQuoteQty", o.filled_quote).s("status", mexc_status(o));
  out.null("timeInForce").s("type", mexc_type(o)).s("side", upper_name(o.side)).null("stopPrice").null("icebergQty").n("time", whole_seconds(o.created));
  if (o.open && o.filled.is_zero()) {
    out.null("updateTime");
  } else {
    out.n("updateTime", whole_seconds(o.updated));
  }
  return out.b("isWorking", true).s("stpMode", "").null("cancelReason").d("origQuoteOrderQty", o.by_quote ? Money(o.amount) : o.price * o.qty).str();
}

HttpReply MexcOrders::filter(int code, std::string_view msg) {
  site_.exchange.count("filter_violations");
  return mexc_error(400, code, msg);
}

// ---- what an order must be like

MexcOrders::Checked MexcOrders::check(const MexcCall& c) {
  Checked out;
  NewOrder& w = out.wish;
  const auto refuse = [&](HttpReply why) {
    out.refusal = std::move(why);
    return out;
  };
  const std::string symbol = c.params.get("symbol");
  if (symbol.empty()) return refuse(mexc_error(400, 30021, "symbol is null"));
  w.market = site_.exchange.market(Venue::MexcSpot, symbol);
  if (w.market == nullptr || site_.exchange.settings().mexc_not_by_api.count(symbol) > 0) return refuse(filter(10007, "symbol not support api"));
  const std::string side = c.params.get("side");
  if (side != "BUY" && side != "SELL") return refuse(mexc_error(400, 33333, "param error: side"));
  w.side = side == "BUY" ? Side::Buy : Side::Sell;
  const std::string type = c.params.get("type");
  const auto known = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& t) { return t.first == type; });
  if (known == kTypes.end()) return refuse(filter(30041, "current order type can not place order"));
  w.type = known->second;
  w.client_id = c.params.get("newClientOrderId");
  if (!is_client_id(w.client_id)) return refuse(mexc_error(400, 700008, "Illegal characters found in parameter 'newClientOrderId'"));
  if (w.market->status() != TradingStatus::Trading) return refuse(mexc_error(400, 30016, "trading disabled"));
  if (auto bad = check_amounts(c, w)) return refuse(std::move(*bad));
  if (auto bad = check_limits(w)) return refuse(std::move(*bad));
  std::size_t open = 0;
  for (const Market* m : site_.exchange.markets(Venue::MexcSpot)) open += m->open.size();
  if (open >= 500) return refuse(mexc_error(400, 30029, "Cannot exceed the maximum order limit"));
  return out;
}

std::optional<HttpReply> MexcOrders::check_amounts(const MexcCall& c, NewOrder& w) {
  if (w.type == ListedType::Market) return check_market_order(c, w);
  const std::string quantity = c.params.get("quantity");
  const std::string price = c.params.get("price");
  if (quantity.empty() || price.empty()) return mexc_error(400, 44444, "null param: quantity and price are mandatory");
  if (c.params.has("quoteOrderQty")) return mexc_error(400, -1128, "Combination of optional parameters invalid.");
  const auto q = decimal_from(quantity);
  const auto p = decimal_from(price);
  if (!q || !has_scale(quantity, w.market->size_places)) return filter(400, "quantity scale is invalid");
  if (!p || !has_scale(price, w.market->price_places)) return filter(400, "price scale is invalid");
  if (!q->is_positive() || !p->is_positive()) return filter(10102, "amount is zero or negative");
  w.qty = Qty(*q);
  w.amount = *q;
  w.price = w.limit = Price(*p);
  return check_price_band(w);
}

std::optional<HttpReply> MexcOrders::check_market_order(const MexcCall& c, NewOrder& w) {
  const std::string quantity = c.params.get("quantity");
  const std::string quote = c.params.get("quoteOrderQty");
  if (quantity.empty() == quote.empty()) return mexc_error(400, -1128, "Combination of optional parameters invalid.");
  const auto number = decimal_from(quote.empty() ? quantity : quote);
  if (quote.empty() && (!number || !has_scale(quantity, w.market->size_places))) return filter(400, "quantity scale is invalid");
  if (!quote.empty() && (!number || !has_scale(quote, w.market->price_places))) return filter(400, " amount scale is invalid");
  if (!number->is_positive()) return filter(10102, "amount is zero or negative");
  const auto& against = w.side == Side::Buy ? w.market->sim.book().asks : w.market->sim.book().bids;
  if (against.empty()) return mexc_error(400, 30025, "no exist opponent order");
  w.amount = *number;
  w.by_quote = !quote.empty();
  w.qty = w.by_quote ? Exchange::base_for(*w.market, w.side, Money(*number)) : Qty(*number);
  // The protective limit, which queries show as the price.
  const Decimal factor = Decimal::from_parts(w.side == Side::Buy ? 105 : 95, 2);
  w.price = w.limit = Price((w.market->last.decimal() * factor).floor_to(w.market->rules.tick.decimal()));
  return std::nullopt;
}

std::optional<HttpReply> MexcOrders::check_limits(const NewOrder& w) {
  const Instrument& r = w.market->rules;
  const Money value = w.by_quote ? Money(w.amount) : (w.type == ListedType::Market ? w.market->last : w.price) * w.qty;
  const auto least = [&](const std::string& what) { return filter(30002, "The minimum transaction volume cannot be less than:" + what); };
  if (value < r.min_notional) return least(r.min_notional.str() + w.market->quote);
  if (w.qty < r.min_qty || !w.qty.is_positive()) return least(max(r.min_qty, r.step).str() + w.market->base);
  if (r.max_notional && value > *r.max_notional) {
    return filter(30003, "The maximum transaction volume cannot be greater than:" + r.max_notional->str() + w.market->quote);
  }
  return std::nullopt;
}

std::optional<HttpReply> MexcOrders::check_price_band(const NewOrder& w) {
  if (!w.market->rules.price_band) return std::nullopt;
  const Decimal band = w.market->rules.price_band->decimal();
  const Decimal last = w.market->last.decimal();
  const bool beyond = w.side == Side::Buy ? w.price.decimal() > last * (Decimal(1) + band) : w.price.decimal() < last * (Decimal(1) - band);
  if (!beyond) return std::nullopt;
  return filter(30087, "Order price exceeds allowed range");
}

HttpReply MexcOrders::refused(const Placed& p, const NewOrder& w) {
  site_.exchange.count("refused_orders");
  if (p.refusal == "insufficient_balance") return w.side == Side::Buy ? mexc_error(400, 30004, "Insufficient position") : mexc_error(400, 30005, "Oversold");
  if (p.refusal == "not_tradable" || p.refusal == "reduce_only_symbol") return mexc_error(400, 30016, "trading disabled");
  return mexc_error(400, 33333, p.reason);
}

// ---- placing

HttpReply MexcOrders::test(const MexcCall& c) {
  const Checked checked = check(c);
  return checked.refusal ? *checked.refusal : HttpReply{200, "{}", {}};
}

MexcOrders::Outcome MexcOrders::place_one(const MexcCall& c) {
  const Checked checked = check(c);
  if (checked.refusal) return {nullptr, *checked.refusal};
  const NewOrder& w = checked.wish;
  Exchange& x = site_.exchange;
  if (x.find_client(Venue::MexcSpot, w.client_id) != nullptr) {
    x.count("duplicate_orders");
    if (x.settings().mexc_duplicate == "reject") return {nullptr, mexc_error(400, 400, "client order id already exists")};
  }
  Placed p;
  const bool killed = w.type == ListedType::Fok && Exchange::depth(*w.market, w.side, w.limit) < w.qty;
  if (killed) {
    p.order = x.stillborn(w, "fok");
  } else {
    p = x.place(w);
    if (p.refusal == "post_only_would_take") {
      if (x.settings().mexc_maker_cross == "reject") return {nullptr, mexc_error(400, 30041, "current order type can not place order")};
      p.order = x.stillborn(w, "poc");
    }
  }
  if (p.order == nullptr) return {nullptr, refused(p, w)};
  return {p.order, {}};
}

HttpReply MexcOrders::place(const MexcCall& c) {
  const Outcome done = place_one(c);
  if (done.order == nullptr) return done.refusal;
  const Order& o = *done.order;
  Obj out;
  out.s("symbol", o.market->name).s("orderId", o.id).n("orderListId", -1).d("price", o.price).d("origQty", o.qty).s("type", mexc_type(o));
  out.s("side", upper_name(o.side)).s("stpMode", "").n("transactTime", site_.exchange.venue_now().us / 1000);
  return {200, out.str(), {}};
}

// Each item stands for itself: successes and refusals come back mixed, in the order of the request.
HttpReply MexcOrders::place_batch(const MexcCall& c) {
  const auto list = Json::parse(c.params.get("batchOrders"));
  if (!list || !list->is(Json::Kind::Array) || list->items.empty() || list->items.size() > 20) return mexc_error(400, 33333, "param error: batchOrders");
  for (const Json& item : list->items) {
    if (item.str("symbol") != list->items[0].str("symbol")) return mexc_error(400, 33333, "param error: one symbol only");
  }
  Arr out;
  for (const Json& item : list->items) {
    MexcCall one{c.http, {}};
    for (const auto& [key, value] : item.members) one.params.put(key, value.text);
    const Outcome done = place_one(one);
    const std::string client_id = item.str("newClientOrderId");
    Obj o;
    if (done.order != nullptr) {
      o.s("symbol", done.order->market->name).s("orderId", done.order->id);
      if (!client_id.empty()) o.s("newClientOrderId", client_id);
      out.raw(o.n("orderListId", -1).str());
    } else {
      const Json why = *Json::parse(done.refusal.body);
      if (!client_id.empty()) o.s("newClientOrderId", client_id);
      out.raw(o.s("msg", why.str("msg")).raw("code", why.str("code")).str());
    }
  }
  return {200, out.str(), {}};
}

// ---- questions and cancels

Order* MexcOrders::find(const MexcCall& c) {
  const std::string id = c.params.get("orderId");
  Order* o = id.empty() ? site_.exchange.find_client(Venue::MexcSpot, c.params.get("origClientOrderId")) : site_.exchange.find(Venue::MexcSpot, id);
  return o != nullptr && o->market->name == c.params.get("symbol") && site_.exchange.shows(*o) ? o : nullptr;
}

HttpReply MexcOrders::query(const MexcCall& c) {
  if (c.params.get("orderId").empty() && c.params.get("origClientOrderId").empty()) {
    return mexc_error(400, 700004, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!");
  }
  const Order* o = find(c);
  if (o == nullptr || site_.exchange.now() < o->created + Dur::millis(site_.exchange.settings().mexc_hidden_ms)) return mexc_not_found();
  return {200, mexc_order_json(*o), {}};
}

// `before` is the order as it was when the cancel came.
std::string MexcOrders::cancel_json(const Order& before) const {
  const std::string& shape = site_.exchange.settings().mexc_cancel_answer;
  Obj out;
  out.s("symbol", before.market->name);
  if (shape == "minimal") {
    out.s("orderId", before.id).d("price", before.price).d("origQty", before.qty).s("type", mexc_type(before)).s("side", upper_name(before.side));
    return out.str();
  }
  if (before.client_id.empty()) {
    out.null("origClientOrderId");
  } else {
    out.s("origClientOrderId", before.client_id);
  }
  out.s("orderId", before.id).null("clientOrderId").d("price", before.price).d("origQty", before.qty).d("executedQty", before.filled);
  out.d("cummulativeQuoteQty", before.filled_quote).s("status", shape == "new" ? mexc_status(before) : "CANCELED").null("timeInForce");
  return out.s("type", mexc_type(before)).s("side", upper_name(before.side)).str();
}

HttpReply MexcOrders::cancel(const MexcCall& c) {
  if (c.params.get("orderId").empty() && c.params.get("origClientOrderId").empty()) {
    return mexc_error(400, 700004, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!");
  }
  Order* o = find(c);
  if (o == nullptr || !o->open) return mexc_error(400, -2011, "Unknown order sent.");
  const std::string answer = cancel_json(*o);
  site_.exchange.cancel(*o);
  return {200, answer, {}};
}

HttpReply MexcOrders::open_orders(const MexcCall& c) {
  std::vector<std::string> wanted;
  if (c.params.has("symbol")) wanted = split(c.params.get("symbol"));
  if (wanted.size() > 5) return mexc_error(400, 33333, "param error");
  Arr out;
  for (const Market* m : site_.exchange.markets(Venue::MexcSpot)) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), m->name) == wanted.end()) continue;
    for (const Order* o : m->open) {
      if (site_.exchange.shows(*o)) out.raw(mexc_order_json(*o));
    }
  }
  return {200, out.str(), {}};
}

HttpReply MexcOrders::cancel_open(const MexcCall& c) {
  const std::vector<std::string> wanted = split(c.params.get("symbol"));
  if (c.params.get("symbol").empty() || wanted.size() > 5) return mexc_error(400, 44444, "null param: symbol");
  Arr out;
  for (const std::string& name : wanted) {
    Market* m = site_.exchange.market(Venue::MexcSpot, name);
    if (m == nullptr) return mexc_error(400, 10007, "symbol not support api");
    const std::vector<Order*> open = m->open;
    for (Order* o : open) {
      out.raw(cancel_json(*o));
      site_.exchange.cancel(*o);
    }
  }
  return {200, out.str(), {}};
}

HttpReply MexcOrders::cancel_everything() {
  for (const Market* m : site_.exchange.markets(Venue::MexcSpot)) {
    const std::vector<Order*> open = m->open;
    for (Order* o : open) site_.exchange.cancel(*o);
  }
  return {200, Obj().n("code", 200).s("msg", "success").n("timestamp", site_.exchange.venue_now().us / 1000).str(), {}};
}

namespace {

struct Span {
  Time from;
  Time until;
  std::int64_t limit = 0;
};
// The times and the limit of a list; nullopt when they are wrong.
std::optional<Span> span_of(const Params& p, Time now, Dur reach, Dur widest, std::int64_t most) {
  const auto number = [&](const char* name, std::int64_t otherwise) { return p.has(name) ? whole_from(p.get(name)) : std::optional(otherwise); };
  const auto end = number("endTime", now.us / 1000 + 1);
  if (!end) return std::nullopt;
  const auto start = number("startTime", *end - reach.us / 1000);
  const auto limit = number("limit", most);
  if (!start || !limit || *limit < 1 || *limit > most || *start > *end || *end - *start > widest.us / 1000) return std::nullopt;
  return Span{Time{*start * 1000}, Time{*end * 1000 + 999}, *limit};
}

}  // namespace

HttpReply MexcOrders::all_orders(const MexcCall& c) {
  const Market* m = site_.exchange.market(Venue::MexcSpot, c.params.get("symbol"));
  if (m == nullptr) return mexc_error(400, 10007, "symbol not support api");
  const auto span = span_of(c.params, site_.exchange.venue_now(), Dur::hours(24), Dur::hours(24 * 7), 1000);
  if (!span) return mexc_error(400, -1127, "More than 7 days between startTime and endTime.");
  Arr out;
  std::int64_t left = c.params.has("limit") ? span->limit : 500;
  for (auto at = m->all.rbegin(); at != m->all.rend() && left > 0; ++at) {
    if (!site_.exchange.shows(**at) || (*at)->created < span->from || (*at)->created > span->until) continue;
    out.raw(mexc_order_json(**at));
    --left;
  }
  return {200, out.str(), {}};
}

HttpReply MexcOrders::my_trades(const MexcCall& c) {
  const Market* m = site_.exchange.market(Venue::MexcSpot, c.params.get("symbol"));
  if (m == nullptr) return mexc_error(400, 10007, "symbol not support api");
  const auto span = span_of(c.params, site_.exchange.venue_now(), Dur::hours(24 * 30), Dur::hours(24 * 31), 100);
  if (!span) return mexc_error(400, 33333, "param error");
  const std::string id = c.params.get("orderId");
  const Time listed = site_.exchange.now() - Dur::millis(site_.exchange.settings().mexc_trades_lag_ms);
  const auto& trades = site_.exchange.account(Venue::MexcSpot).trades;
  Arr out;
  std::int64_t left = span->limit;
  for (auto t = trades.rbegin(); t != trades.rend() && left > 0; ++t) {
    if (t->order->market != m || !site_.exchange.shows(*t->order) || t->time > listed || t->time < span->from || t->time > span->until ||
        (!id.empty() && t->order->id != id))
      continue;
    out.raw(trade_json(*t));
    --left;
  }
  return {200, out.str(), {}};
}

}  // namespace dn::exchange
