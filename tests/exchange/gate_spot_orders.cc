// Gate spot's orders.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "gate.h"

namespace dn::exchange {
namespace {

constexpr Venue kSpot = Venue::GateioSpot;

// What is received; a fee in GT is told beside it.
std::string fee_currency(const Order& o) { return o.side == Side::Buy ? o.market->base : o.market->quote; }

Decimal fee_of(const Order& o, const std::string& asset) {
  const auto at = o.fees.find(asset);
  return at == o.fees.end() ? Decimal() : at->second;
}

std::string left_of(const Order& o) { return o.by_quote ? (o.amount - o.filled_quote.decimal()).str() : o.left().str(); }
std::string_view type_of(const Order& o) { return o.type == ListedType::Market ? "market" : "limit"; }
std::string status_of(const Order& o) { return o.open ? "open" : o.finish_as == "filled" ? "closed" : "cancelled"; }

// The fields that REST and pushes write alike, up to the price.
void common_fields(Obj& o, const Order& order) {
  o.s("currency_pair", order.market->name).s("type", type_of(order)).s("account", "spot").s("side", name(order.side));
  o.d("amount", order.amount).s("price", order.type == ListedType::Market ? "0" : order.price.str()).s("biz_info", "-");
  o.s("time_in_force", order.tif);
}

std::string trade_json(const Trade& t) {
  const Order& o = *t.order;
  Obj out;
  out.s("id", std::to_string(t.number)).s("create_time", std::to_string(t.time.us / 1'000'000));
  out.s("create_time_ms", fmt::format("{}.{:03}000", t.time.us / 1000, t.time.us % 1000)).s("currency_pair", o.market->name).s("side", name(o.side));
  out.s("role", t.maker ? "maker" : "taker").d("amount", t.qty).d("price", t.price).s("order_id", o.id);
  gate_spot_fee(out, t);
  out.s("amend_text", "-").s("sequence_id", std::to_string(t.number)).s("text", o.text);
  return out.d("deal", t.price * t.qty).str();
}

std::optional<ListedType> type_from(const std::string& type, const std::string& tif) {
  if (type == "market") return tif == "ioc" || tif == "fok" ? std::optional(ListedType::Market) : std::nullopt;
  constexpr std::array<std::pair<std::string_view, ListedType>, 4> kTifs{
      {{"gtc", ListedType::Limit}, {"ioc", ListedType::Ioc}, {"poc", ListedType::PostOnly}, {"fok", ListedType::Fok}}};
  const auto at = std::find_if(kTifs.begin(), kTifs.end(), [&](const auto& t) { return t.first == tif; });
  return type == "limit" && at != kTifs.end() ? std::optional(at->second) : std::nullopt;
}

struct Page {
  std::int64_t limit = 100;
  std::int64_t skip = 0;
};
std::optional<Page> page_of(const Params& p, std::int64_t most) {
  const auto page = p.has("page") ? whole_from(p.get("page")) : std::optional<std::int64_t>(1);
  const auto limit = p.has("limit") ? whole_from(p.get("limit")) : std::optional<std::int64_t>(100);
  if (!page || !limit || *page < 1 || *page > 100000 || *limit < 1 || *limit > most) return std::nullopt;
  return Page{*limit, *limit * (*page - 1)};
}

// Seconds from `from` and `to`; the newest possible where there is none.
bool within_times(const Params& p, Time t) {
  const auto from = whole_from(p.get("from"));
  const auto to = whole_from(p.get("to"));
  return (!from || t.us / 1'000'000 >= *from) && (!to || t.us / 1'000'000 <= *to);
}

}  // namespace

void gate_spot_fee(Obj& out, const Trade& t) {
  const bool in_gt = t.order->market->rules.fee_in == FeeIn::Token && t.fee_asset == "GT";
  out.d("fee", in_gt ? Decimal() : t.fee).s("fee_currency", in_gt ? fee_currency(*t.order) : t.fee_asset).s("point_fee", "0");
  out.d("gt_fee", in_gt ? t.fee : Decimal());
}

GateAnswer gate_ended(const Order& o) {
  return o.finish_as == "filled" ? gate_error(400, "ORDER_CLOSED", "Order already closed") : gate_error(400, "ORDER_CANCELLED", "Order already cancelled");
}

std::string gate_spot_order(const Order& order) {
  Obj o;
  o.s("id", order.id).s("text", order.text).s("amend_text", order.amend_text).s("create_time", std::to_string(order.created.us / 1'000'000));
  o.s("update_time", std::to_string(order.updated.us / 1'000'000)).n("create_time_ms", order.created.us / 1000).n("update_time_ms", order.updated.us / 1000);
  o.s("status", status_of(order));
  common_fields(o, order);
  o.s("iceberg", "0").s("left", left_of(order)).d("filled_amount", order.filled).d("fill_price", order.filled_quote).d("filled_total", order.filled_quote);
  if (!order.filled.is_zero()) o.d("avg_deal_price", order.average());
  o.d("fee", fee_of(order, fee_currency(order))).s("fee_currency", fee_currency(order)).s("point_fee", "0").d("gt_fee", fee_of(order, "GT"));
  o.s("gt_maker_fee", "0")
      .s("gt_taker_fee", "0")
      .b("gt_discount", order.market->rules.fee_in == FeeIn::Token)
      .s("rebated_fee", "0")
      .s("rebated_fee_currency", order.side == Side::Buy ? order.market->quote : order.market->base);
  return o.s("finish_as", order.open ? "open" : order.finish_as).str();
}

// On the stream there is no status, times in milliseconds are strings, and an unfilled average is "0".
std::string gate_spot_push(const Order& order, OrderChange change, const std::string& uid, bool with_fees) {
  Obj o;
  o.s("id", order.id).s("text", order.text).s("create_time", std::to_string(order.created.us / 1'000'000));
  o.s("update_time", std::to_string(order.updated.us / 1'000'000));
  common_fields(o, order);
  o.s("left", left_of(order)).d("filled_total", order.filled_quote).d("filled_amount", order.filled).d("avg_deal_price", order.average());
  if (with_fees) {
    o.d("fee", fee_of(order, fee_currency(order))).s("fee_currency", fee_currency(order)).s("point_fee", "0").d("gt_fee", fee_of(order, "GT"));
    o.s("rebated_fee", "0");
    o.s("rebated_fee_currency", order.side == Side::Buy ? order.market->quote : order.market->base);
  }
  o.s("create_time_ms", std::to_string(order.created.us / 1000)).s("update_time_ms", std::to_string(order.updated.us / 1000)).raw("user", uid);
  o.s("event", change == OrderChange::Put ? "put" : change == OrderChange::Update ? "update" : "finish").n("stp_id", 0).s("stp_act", "-");
  return o.s("finish_as", order.open ? "open" : order.finish_as).s("amend_text", order.amend_text).str();
}

GateAnswer GateSpot::filter(GateAnswer refusal) {
  site_.exchange.count("filter_violations");
  return refusal;
}

// ---- placing

GateAnswer GateSpot::place(const Json& order, const GateContext& context) {
  if (!order.is(Json::Kind::Object)) return gate_error(400, "INVALID_REQUEST_BODY", "Invalid request body");
  for (const char* key : {"currency_pair", "side", "amount"}) {
    if (order.str(key).empty()) return gate_missing(key);
  }
  NewOrder w;
  const std::string text = order.str("text");
  if (!text.empty() && !gate_text_is_good(text)) return filter(gate_error(400, "INVALID_PARAM_VALUE", "Invalid parameter `text` with value: " + text));
  w.client_id = text;
  w.text = !text.empty() ? text : context.by_ws ? "apiv4-ws" : "apiv4";
  const std::string type = order.has("type") ? order.str("type") : "limit";
  w.tif = order.has("time_in_force") ? order.str("time_in_force") : "gtc";
  const auto listed = type_from(type, w.tif);
  if (!listed) return filter(gate_invalid(type == "limit" || type == "market" ? "time_in_force" : "type", type == "limit" || type == "market" ? w.tif : type));
  w.type = *listed;
  const std::string side = order.str("side");
  if (side != "buy" && side != "sell") return gate_invalid("side", side);
  w.side = side == "buy" ? Side::Buy : Side::Sell;
  if (order.has("account") && order.str("account") != "spot") return gate_invalid("account", order.str("account"));
  if (order.has("stp_act") && order.str("stp_act") != "-") return gate_invalid("stp_act", order.str("stp_act"));  // the account is in no group
  w.market = site_.exchange.market(kSpot, order.str("currency_pair"));
  if (w.market == nullptr) return filter(gate_error(400, "INVALID_CURRENCY_PAIR", "Invalid currency pair " + order.str("currency_pair")));
  if (w.market->status() != TradingStatus::Trading) return gate_error(400, "TRADE_RESTRICTED", "trading is restricted");
  if (auto bad = check_amounts(order, w); !bad.good()) return bad;
  if (!w.client_id.empty() && site_.exchange.find_client(kSpot, w.client_id) != nullptr) {
    site_.exchange.count("duplicate_orders");
    if (site_.exchange.settings().gate_duplicate == "reject") return gate_error(400, "REPEATED_CREATION", "text was used before");
  }
  return send(w, order.str("action_mode"));
}

GateAnswer GateSpot::check_amounts(const Json& order, NewOrder& w) {
  const auto amount = decimal_from(order.str("amount"));
  if (!amount || !amount->is_positive()) return filter(gate_invalid("amount", order.str("amount")));
  w.amount = *amount;
  w.by_quote = w.type == ListedType::Market && w.side == Side::Buy;
  if (w.type == ListedType::Market) {
    if (decimal_from(order.str("price")).value_or(Decimal()).is_positive()) return gate_invalid("price", order.str("price"));
    const Decimal slip = Decimal::from_parts(w.side == Side::Buy ? 103 : 97, 2);
    w.limit = Price((w.market->last.decimal() * slip).floor_to(w.market->rules.tick.decimal()));
    w.qty = w.by_quote ? Exchange::base_for(*w.market, w.side, Money(*amount)) : Qty(*amount);
  } else {
    const auto price = decimal_from(order.str("price"));
    if (order.str("price").empty()) return gate_missing("price");
    if (!price || !price->is_positive()) return filter(gate_invalid("price", order.str("price")));
    w.price = w.limit = Price(*price);
    w.qty = Qty(*amount);
    if (!w.price.is_multiple_of(w.market->rules.tick)) return filter(gate_error(400, "INVALID_PRECISION", "price precision"));
  }
  if (!w.by_quote && !w.qty.is_multiple_of(w.market->rules.step)) return filter(gate_error(400, "INVALID_PRECISION", "amount precision"));
  return check_limits(w);
}

GateAnswer GateSpot::check_limits(const NewOrder& w) {
  const Instrument& r = w.market->rules;
  const Money value = w.by_quote ? Money(w.amount) : (w.type == ListedType::Market ? w.market->last : w.price) * w.qty;
  if (value < r.min_notional || !w.qty.is_positive()) {
    return filter(gate_error(400, "INVALID_PARAM_VALUE",
                             fmt::format("Your order size {} {} is too small. The minimum is {} {}", value.decimal().str_padded(6), w.market->quote,
                                         r.min_notional.str(), w.market->quote)));
  }
  if (w.qty < r.min_qty) return filter(gate_error(400, "AMOUNT_TOO_LITTLE", "amount is below min_base_amount"));
  if ((r.max_qty && w.qty > *r.max_qty) || (r.max_notional && value > *r.max_notional))
    return filter(gate_error(400, "AMOUNT_TOO_MUCH", "amount is above the maximum"));
  if (w.type == ListedType::Market || !r.price_band) return gate_ok("");
  const Decimal last = w.market->last.decimal();
  if ((w.price.decimal() - last).abs() > last * r.price_band->decimal()) return filter(gate_invalid("price", w.price.str()));
  return gate_ok("");
}

GateAnswer GateSpot::refused(const Placed& p) {
  site_.exchange.count("refused_orders");
  if (p.refusal == "post_only_would_take") return gate_error(400, "POC_FILL_IMMEDIATELY", "Order would match and take immediately so its cancelled");
  if (p.refusal == "insufficient_balance") return gate_error(400, "BALANCE_NOT_ENOUGH", "Not enough balance");
  return gate_error(400, "INVALID_PARAM_VALUE", p.reason);
}

GateAnswer GateSpot::send(const NewOrder& w, const std::string& action_mode) {
  if (w.tif == "fok" && Exchange::depth(*w.market, w.side, w.limit) < w.qty) {
    site_.exchange.count("refused_orders");
    return gate_error(400, "FOK_NOT_FILL");
  }
  const Placed p = site_.exchange.place(w);
  if (p.order == nullptr) return refused(p);
  if (action_mode == "ACK") return gate_ok(Obj().s("id", p.order->id).s("text", p.order->text).s("amend_text", "-").str(), 201);
  return gate_ok(gate_spot_order(*p.order), 201);
}

// ---- questions and cancels

Order* GateSpot::find(const std::string& id, const std::string& pair, GateAnswer& why_not) {
  const Settings& s = site_.exchange.settings();
  const Time now = site_.exchange.now();
  const bool by_text = id.rfind("t-", 0) == 0;
  Order* o = by_text ? site_.exchange.find_client(kSpot, id) : site_.exchange.find(kSpot, id);
  if (pair.empty()) {
    why_not = gate_missing("currency_pair");
    return nullptr;
  }
  if (site_.exchange.market(kSpot, pair) == nullptr) {
    why_not = gate_error(400, "INVALID_CURRENCY_PAIR", "Invalid currency pair " + pair);
    return nullptr;
  }
  why_not =
      by_text ? gate_error(404, "CLIENT_ID_NOT_FOUND", "Order with client ID " + id + " not found") : gate_error(404, "ORDER_NOT_FOUND", "Order not found");
  if (o == nullptr || o->market->name != pair || !site_.exchange.shows(*o)) return nullptr;
  if (!o->open && o->filled.is_zero() && now > o->updated + Dur::seconds(s.gate_forget_s)) return nullptr;
  if (by_text && now < o->created + Dur::millis(s.gate_text_delay_ms)) return nullptr;
  if (by_text && !o->open && now >= o->updated + Dur::seconds(s.gate_text_after_end_s)) return nullptr;
  return o;
}

GateAnswer GateSpot::get(const std::string& id, const std::string& pair) {
  GateAnswer why_not;
  const Order* o = find(id, pair, why_not);
  return o == nullptr ? why_not : gate_ok(gate_spot_order(*o));
}

GateAnswer GateSpot::cancel(const std::string& id, const std::string& pair) {
  GateAnswer why_not;
  Order* o = find(id, pair, why_not);
  if (o == nullptr) return why_not;
  if (!o->open) return gate_ended(*o);
  site_.exchange.cancel(*o);
  return gate_ok(gate_spot_order(*o));
}

GateAnswer GateSpot::cancel_all(const std::string& pair, const std::string& side) {
  if (!pair.empty() && site_.exchange.market(kSpot, pair) == nullptr) return gate_error(400, "INVALID_CURRENCY_PAIR", "Invalid currency pair " + pair);
  Arr out;
  for (Market* m : site_.exchange.markets(kSpot)) {
    if (!pair.empty() && m->name != pair) continue;
    const std::vector<Order*> open = m->open;
    for (Order* o : open) {
      if (!side.empty() && name(o->side) != side) continue;
      site_.exchange.cancel(*o);
      out.raw(gate_with(gate_spot_order(*o), R"("succeeded":true,"label":"","message":"")"));
    }
  }
  return gate_ok(out.str());
}

GateAnswer GateSpot::list(const Params& p) {
  const std::string status = p.get("status");
  const std::string pair = p.get("currency_pair");
  if (status != "open" && status != "finished") return status.empty() ? gate_missing("status") : gate_invalid("status", status);
  if (status == "open" && pair.empty()) return gate_missing("currency_pair");
  if (!pair.empty() && site_.exchange.market(kSpot, pair) == nullptr) return gate_error(400, "INVALID_CURRENCY_PAIR", "Invalid currency pair " + pair);
  const auto page = page_of(p, status == "open" ? 100 : 1000);
  if (!page) return gate_invalid("limit", p.get("limit"));
  Arr out;
  std::int64_t seen = 0;
  const auto& orders = site_.exchange.account(kSpot).orders;
  for (auto o = orders.rbegin(); o != orders.rend() && seen < page->skip + page->limit; ++o) {
    if (!site_.exchange.shows(*o) || (!pair.empty() && o->market->name != pair) || o->open != (status == "open")) continue;
    if (!o->open && (o->filled.is_zero() || !within_times(p, o->updated))) continue;  // what never filled is not kept
    if (!p.get("side").empty() && p.get("side") != name(o->side)) continue;
    if (seen++ >= page->skip) out.raw(gate_spot_order(*o));
  }
  return gate_ok(out.str());
}

GateAnswer GateSpot::open_orders(const Params& p) {
  const auto page = page_of(p, 100);
  if (!page) return gate_invalid("limit", p.get("limit"));
  Arr out;
  for (const Market* m : site_.exchange.markets(kSpot)) {
    std::vector<const Order*> open;
    std::copy_if(m->open.begin(), m->open.end(), std::back_inserter(open), [&](const Order* o) { return site_.exchange.shows(*o); });
    if (open.empty()) continue;
    Arr orders;
    for (std::size_t i = static_cast<std::size_t>(page->skip); i < std::min(open.size(), static_cast<std::size_t>(page->skip + page->limit)); ++i) {
      orders.raw(gate_spot_order(*open[i]));
    }
    out.raw(Obj().s("currency_pair", m->name).n("total", static_cast<std::int64_t>(open.size())).raw("orders", orders.str()).str());
  }
  return gate_ok(out.str());
}

GateAnswer GateSpot::my_trades(const Params& p) {
  const std::string pair = p.get("currency_pair");
  const std::string id = p.get("order_id");
  if (!id.empty() && pair.empty()) return gate_missing("currency_pair");
  const auto page = page_of(p, 1000);
  if (!page) return gate_invalid("limit", p.get("limit"));
  const auto from = whole_from(p.get("from"));
  const auto to = whole_from(p.get("to"));
  if (from && to && (*to < *from || *to - *from > 30LL * 86400)) return gate_invalid("from", p.get("from"));
  Arr out;
  std::int64_t seen = 0;
  const auto& trades = site_.exchange.account(kSpot).trades;
  for (auto t = trades.rbegin(); t != trades.rend() && seen < page->skip + page->limit; ++t) {
    if (!site_.exchange.shows(*t->order) || (!pair.empty() && t->order->market->name != pair) || (!id.empty() && t->order->id != id) ||
        !within_times(p, t->time))
      continue;
    if (seen++ >= page->skip) out.raw(trade_json(*t));
  }
  return gate_ok(out.str());
}

}  // namespace dn::exchange
