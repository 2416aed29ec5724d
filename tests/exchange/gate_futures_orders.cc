// Gate futures' orders.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "gate.h"

namespace dn::exchange {
namespace {

constexpr Venue kPerp = Venue::GateioFutures;

std::optional<ListedType> type_from(std::string_view tif, bool market) {
  if (market) return tif == "ioc" || tif == "fok" ? std::optional(ListedType::Market) : std::nullopt;
  constexpr std::array<std::pair<std::string_view, ListedType>, 4> kTifs{
      {{"gtc", ListedType::Limit}, {"ioc", ListedType::Ioc}, {"poc", ListedType::PostOnly}, {"fok", ListedType::Fok}}};
  const auto at = std::find_if(kTifs.begin(), kTifs.end(), [&](const auto& t) { return t.first == tif; });
  return at != kTifs.end() ? std::optional(at->second) : std::nullopt;
}

std::string trade_json(const Trade& t, bool by_time, bool decimal_sizes) {
  const Order& o = *t.order;
  const Decimal size = o.market->contracts(t.qty);
  const Decimal closing = o.market->contracts(t.closing);
  const bool buy = o.side == Side::Buy;
  Obj out;
  if (by_time) {
    out.s("trade_id", std::to_string(t.number));
  } else {
    out.n("id", t.number);
  }
  out.raw("create_time", gate_seconds(t.time)).s("contract", o.market->name).s("order_id", o.id).raw("size", gate_size(buy ? size : -size, decimal_sizes));
  out.raw("close_size", gate_size(buy ? closing : -closing, decimal_sizes)).d("price", t.price).s("role", t.maker ? "maker" : "taker").s("text", o.text);
  return out.d("fee", t.fee).s("point_fee", "0").d("trade_value", t.price * t.qty).str();
}

bool within_times(const Params& p, Time t) {
  const auto from = whole_from(p.get("from"));
  const auto to = whole_from(p.get("to"));
  return (!from || t.us / 1'000'000 >= *from) && (!to || t.us / 1'000'000 <= *to);
}

struct Page {
  std::int64_t limit = 100;
  std::int64_t skip = 0;
};
std::optional<Page> page_of(const Params& p) {
  const auto limit = p.has("limit") ? whole_from(p.get("limit")) : std::optional<std::int64_t>(100);
  const auto offset = p.has("offset") ? whole_from(p.get("offset")) : std::optional<std::int64_t>(0);
  if (!limit || !offset || *limit < 1 || *limit > 1000 || *offset < 0) return std::nullopt;
  return Page{*limit, *offset};
}

void append_rates(Obj& o, const Order& order, bool as_numbers) {
  const std::string taker = order.market->rules.taker_fee.str();
  const std::string maker = order.market->rules.maker_fee.str();
  if (as_numbers) {
    o.raw("tkfr", taker).raw("mkfr", maker).n("refu", 0).n("refr", 0);
  } else {
    o.s("tkfr", taker).s("mkfr", maker).n("refu", 0).s("refr", "0");
  }
}

}  // namespace

Decimal gate_signed_size(const Order& o) { return o.side == Side::Buy ? o.market->contracts(o.qty) : -o.market->contracts(o.qty); }
Decimal gate_signed_left(const Order& o) { return o.side == Side::Buy ? o.market->contracts(o.left()) : -o.market->contracts(o.left()); }

std::string gate_futures_order(const Order& order, OrderShape shape, bool decimal_sizes, const std::string& uid) {
  const bool push = shape == OrderShape::Push;
  const bool compact = shape == OrderShape::Compact;
  Obj o;
  o.n("id", order.number).s("contract", order.market->name).raw("size", gate_size(gate_signed_size(order), decimal_sizes));
  o.raw("left", gate_size(gate_signed_left(order), decimal_sizes))
      .s("text", order.text)
      .s("tif", order.tif)
      .s("biz_info", "-")
      .s("amend_text", order.amend_text)
      .s("stp_act", "-");
  o.s("status", order.open ? "open" : "finished");
  if (push) {
    o.raw("price", order.price.str()).raw("fill_price", order.average().str()).s("user", uid);
    o.n("create_time", order.created.us / 1'000'000).n("create_time_ms", order.created.us / 1000).n("update_time", order.updated.us / 1000);
    o.n("finish_time", order.open ? 0 : order.updated.us / 1'000'000).n("finish_time_ms", order.open ? 0 : order.updated.us / 1000);
    o.s("finish_as", order.open ? (order.filled.is_zero() ? "_new" : "_update") : order.finish_as).s("stop_loss_price", "").s("stop_profit_price", "");
  } else {
    o.d("price", order.price).d("fill_price", order.average()).raw("user", uid);
    o.raw("create_time", gate_seconds(order.created)).raw("update_time", gate_seconds(order.updated));
    if (!order.open) o.raw("finish_time", gate_seconds(order.updated)).s("finish_as", order.finish_as);
  }
  // The trading API leaves out what is false or zero.
  if (!compact || order.reduce_only) o.b("is_reduce_only", order.reduce_only);
  if (!compact || order.close) o.b("is_close", order.close);
  if (compact) return o.str();
  append_rates(o, order, push);
  o.b("is_liq", false).raw("iceberg", decimal_sizes ? "\"0\"" : "0").n("stp_id", 0).n("update_id", order.update_id);
  if (!push) o.s("pnl", "0").s("pnl_margin", "0").s("bbo", "-");
  return o.s("market_order_slip_ratio", "0.02").str();
}

GateAnswer GateFutures::filter(GateAnswer refusal) {
  site_.exchange.count("filter_violations");
  return refusal;
}

// ---- placing

GateAnswer GateFutures::check_size(const Json& order, NewOrder& w, const GateContext& context) {
  const std::string text = order.str("size");
  if (text.empty()) return gate_missing("size");
  auto size = decimal_from(text);
  if (!size) return filter(gate_invalid("size", text));
  w.close = order.truth("close");
  if (w.close && size->is_zero()) {
    const Qty held = w.market->sim.truth().position;
    if (held.is_zero()) return gate_error(400, "POSITION_EMPTY");
    size = -w.market->contracts(held.abs());
    if (held.is_negative()) size = -*size;
    w.reduce_only = true;
  }
  const Decimal step = w.market->contracts(w.market->rules.step);
  if (!size->is_multiple_of(Decimal(1))) {
    if (step >= Decimal(1)) return filter(gate_invalid("size", text));
    if (!context.decimal_sizes && !w.close) size = size->rounded(0, Rounding::Zero);  // whole numbers only, without the header
    if (!size->is_multiple_of(step)) return filter(gate_invalid("size", text));
  }
  if (size->is_zero()) return filter(gate_error(400, "INVALID_ARGUMENT", "invalid size", true));
  w.amount = *size;
  w.side = size->is_positive() ? Side::Buy : Side::Sell;
  w.qty = w.market->rules.to_qty(Contracts(size->abs()));
  if (w.qty < w.market->rules.min_qty) return filter(gate_error(400, "SIZE_TOO_SMALL"));
  if (w.market->rules.max_qty && w.qty > *w.market->rules.max_qty) return filter(gate_error(400, "SIZE_TOO_LARGE"));
  return gate_ok("");
}

GateAnswer GateFutures::check_price(const Json& order, NewOrder& w) {
  const std::string text = order.str("price");
  if (text.empty()) return gate_missing("price");
  const auto price = decimal_from(text);
  if (!price || price->is_negative()) return filter(gate_invalid("price", text));
  w.tif = order.has("tif") ? order.str("tif") : "gtc";
  const auto type = type_from(w.tif, price->is_zero());
  if (!type && price->is_zero() && (w.tif == "gtc" || w.tif == "poc")) return filter(gate_error(400, "INVALID_ARGUMENT", "market order without IOC or FOK"));
  if (!type) return filter(gate_invalid("tif", w.tif));
  w.type = *type;
  w.price = Price(*price);
  const Price mark = w.market->mid();
  if (w.type == ListedType::Market) {
    const Decimal slip = Decimal::from_parts(w.side == Side::Buy ? 102 : 98, 2);
    w.limit = Price((mark.decimal() * slip).floor_to(w.market->rules.tick.decimal()));
    return gate_ok("");
  }
  w.limit = w.price;
  if (!w.price.is_multiple_of(w.market->rules.tick)) return filter(gate_invalid("price", text));
  const Decimal deviation = w.market->rules.price_band->decimal();
  if ((w.price - mark).abs().decimal() > mark.decimal() * deviation) {
    return filter(gate_error(400, "PRICE_TOO_DEVIATED",
                             fmt::format("order price {} while mark price {} and deviation-rate limit {}", w.price.str(), mark.str(), deviation.str())));
  }
  return gate_ok("");
}

GateAnswer GateFutures::check(const Json& order, NewOrder& w, const GateContext& context) {
  if (!order.is(Json::Kind::Object)) return gate_error(400, "INVALID_REQUEST_BODY", "Invalid request body");
  if (order.str("contract").empty()) return gate_missing("contract");
  const std::string text = order.str("text");
  if (!text.empty() && !gate_text_is_good(text)) return filter(gate_error(400, "INVALID_PARAM_VALUE", "Invalid parameter `text` with value: " + text));
  w.client_id = text;
  w.text = !text.empty() ? text : context.by_ws ? "apiv4-ws" : "api";
  if (order.has("stp_act") && order.str("stp_act") != "-") return gate_invalid("stp_act", order.str("stp_act"));  // the account is in no group
  w.market = site_.exchange.market(kPerp, order.str("contract"));
  if (w.market == nullptr) return filter(gate_error(404, "CONTRACT_NOT_FOUND"));
  w.reduce_only = order.truth("reduce_only");
  if (auto bad = check_size(order, w, context); !bad.good()) return bad;
  if (auto bad = check_price(order, w); !bad.good()) return bad;
  if (w.market->status() != TradingStatus::Trading && !w.reduce_only) return gate_error(400, "CONTRACT_IN_DELISTING");
  if (w.market->open.size() >= 100) return gate_error(400, "TOO_MANY_ORDERS");
  return gate_ok("");
}

GateAnswer GateFutures::place(const Json& order, const GateContext& context) {
  if (auto none = wallet(); !none.good()) return none;
  NewOrder w;
  if (auto bad = check(order, w, context); !bad.good()) return bad;
  if (!w.client_id.empty() && site_.exchange.find_client(kPerp, w.client_id) != nullptr) {
    site_.exchange.count("duplicate_orders");
    if (site_.exchange.settings().gate_duplicate == "reject") return gate_error(400, "REPEATED_CREATION", "text was used before");
  }
  if (w.tif == "fok" && Exchange::depth(*w.market, w.side, w.limit) < w.qty) {
    site_.exchange.count("refused_orders");
    return gate_error(400, "ORDER_FOK");
  }
  const Placed p = site_.exchange.place(w);
  if (p.order != nullptr) {
    if (order.str("action_mode") == "ACK") return gate_ok(Obj().n("id", p.order->number).s("text", p.order->text).s("amend_text", "-").str(), 201);
    return gate_ok(gate_futures_order(*p.order, context.by_ws ? OrderShape::Compact : OrderShape::Rest, context.decimal_sizes, site_.gate.uid), 201);
  }
  return refused(p, w);
}

GateAnswer GateFutures::refused(const Placed& p, const NewOrder& w) {
  site_.exchange.count("refused_orders");
  if (p.refusal == "insufficient_balance") return gate_error(400, "INSUFFICIENT_AVAILABLE", p.reason);
  if (p.refusal == "empty_position") return gate_error(400, "INCREASE_POSITION", "empty position");
  if (p.refusal == "not_tradable" || p.refusal == "reduce_only_symbol") return gate_error(400, "CONTRACT_IN_DELISTING");
  if (p.refusal != "post_only_would_take") return gate_error(400, "INVALID_ARGUMENT", p.reason);
  const auto top = *w.market->sim.top();
  return gate_error(400, "ORDER_POC_IMMEDIATE",
                    fmt::format("order price {} while counter price {}", w.price.str(), (w.side == Side::Buy ? top.ask : top.bid).str()), true);
}

// ---- questions and cancels

Order* GateFutures::find(const std::string& id, GateAnswer& why_not) {
  const Settings& s = site_.exchange.settings();
  const Time now = site_.exchange.now();
  const bool by_text = id.rfind("t-", 0) == 0;
  Order* o = by_text ? site_.exchange.find_client(kPerp, id) : site_.exchange.find(kPerp, id);
  why_not = gate_error(404, "ORDER_NOT_FOUND");
  if (o == nullptr || !site_.exchange.shows(*o) || (by_text && now < o->created + Dur::millis(s.gate_text_delay_ms))) return nullptr;
  const Dur kept = Dur::seconds(by_text ? s.gate_forget_s : s.gate_forget_by_id_s);
  return !o->open && o->filled.is_zero() && now > o->updated + kept ? nullptr : o;
}

GateAnswer GateFutures::get(const std::string& id, const GateContext& context) {
  if (auto none = wallet(); !none.good()) return none;
  GateAnswer why_not;
  const Order* o = find(id, why_not);
  if (o == nullptr) return why_not;
  return gate_ok(gate_futures_order(*o, context.by_ws ? OrderShape::Compact : OrderShape::Rest, context.decimal_sizes, site_.gate.uid));
}

GateAnswer GateFutures::cancel(const std::string& id, const GateContext& context) {
  if (auto none = wallet(); !none.good()) return none;
  GateAnswer why_not;
  Order* o = find(id, why_not);
  if (o == nullptr) return why_not;
  if (!site_.exchange.cancel(*o)) return gate_error(400, "ORDER_FINISHED");
  return gate_ok(gate_futures_order(*o, context.by_ws ? OrderShape::Compact : OrderShape::Rest, context.decimal_sizes, site_.gate.uid));
}

GateAnswer GateFutures::cancel_all(const std::string& contract, const std::string& side, const GateContext& context) {
  if (auto none = wallet(); !none.good()) return none;
  if (!contract.empty() && site_.exchange.market(kPerp, contract) == nullptr) return gate_error(404, "CONTRACT_NOT_FOUND");
  if (!side.empty() && side != "bid" && side != "ask") return gate_invalid("side", side);
  Arr out;
  for (Market* m : site_.exchange.markets(kPerp)) {
    if (!contract.empty() && m->name != contract) continue;
    const std::vector<Order*> open = m->open;
    for (Order* o : open) {
      if (!side.empty() && (o->side == Side::Buy) != (side == "bid")) continue;
      site_.exchange.cancel(*o);
      out.raw(gate_futures_order(*o, context.by_ws ? OrderShape::Compact : OrderShape::Rest, context.decimal_sizes, site_.gate.uid));
    }
  }
  return gate_ok(out.str());
}

// Every order of a span of time, whatever became of it.
GateAnswer GateFutures::list_by_time(const Params& p, const GateContext& context) {
  if (auto none = wallet(); !none.good()) return none;
  const std::string contract = p.get("contract");
  if (!contract.empty() && site_.exchange.market(kPerp, contract) == nullptr) return gate_error(404, "CONTRACT_NOT_FOUND");
  const auto page = page_of(p);
  if (!page) return gate_invalid("limit", p.get("limit"));
  for (const char* bound : {"from", "to"}) {
    if (p.has(bound) && !whole_from(p.get(bound))) return gate_invalid(bound, p.get(bound));
  }
  const Time forgotten = site_.exchange.now() - Dur::seconds(site_.exchange.settings().gate_forget_by_id_s);
  Arr out;
  std::int64_t seen = 0;
  const auto& orders = site_.exchange.account(kPerp).orders;
  for (auto o = orders.rbegin(); o != orders.rend() && seen < page->skip + page->limit; ++o) {
    if (!site_.exchange.shows(*o) || (!contract.empty() && o->market->name != contract) || !within_times(p, o->created)) continue;
    if (!o->open && o->filled.is_zero() && o->updated < forgotten) continue;
    if (seen++ >= page->skip) out.raw(gate_futures_order(*o, OrderShape::Rest, context.decimal_sizes, site_.gate.uid));
  }
  return gate_ok(out.str());
}

GateAnswer GateFutures::list(const Params& p, const GateContext& context) {
  if (auto none = wallet(); !none.good()) return none;
  const std::string status = p.get("status");
  const std::string contract = p.get("contract");
  if (status != "open" && status != "finished") return status.empty() ? gate_missing("status") : gate_invalid("status", status);
  if (!contract.empty() && site_.exchange.market(kPerp, contract) == nullptr) return gate_error(404, "CONTRACT_NOT_FOUND");
  const auto page = page_of(p);
  if (!page) return gate_invalid("limit", p.get("limit"));
  const Time forgotten = site_.exchange.now() - Dur::seconds(site_.exchange.settings().gate_forget_by_id_s);
  Arr out;
  std::int64_t seen = 0;
  const auto& orders = site_.exchange.account(kPerp).orders;
  for (auto o = orders.rbegin(); o != orders.rend() && seen < page->skip + page->limit; ++o) {
    if (!site_.exchange.shows(*o) || (!contract.empty() && o->market->name != contract) || o->open != (status == "open")) continue;
    if (!o->open && o->filled.is_zero() && o->updated < forgotten) continue;
    if (seen++ < page->skip) continue;
    out.raw(gate_futures_order(*o, context.by_ws ? OrderShape::Compact : OrderShape::Rest, context.decimal_sizes, site_.gate.uid));
  }
  return gate_ok(out.str());
}

GateAnswer GateFutures::my_trades(const Params& p, bool by_time, const GateContext& context) {
  if (auto none = wallet(); !none.good()) return none;
  const std::string contract = p.get("contract");
  const std::string order = p.get("order");
  const auto page = page_of(p);
  if (!page) return gate_invalid("limit", p.get("limit"));
  Arr out;
  std::int64_t seen = 0;
  const auto& trades = site_.exchange.account(kPerp).trades;
  for (auto t = trades.rbegin(); t != trades.rend() && seen < page->skip + page->limit; ++t) {
    if (!site_.exchange.shows(*t->order) || (!contract.empty() && t->order->market->name != contract) || (!order.empty() && t->order->id != order)) continue;
    if (by_time && !within_times(p, t->time)) continue;
    if (seen++ >= page->skip) out.raw(trade_json(*t, by_time, context.decimal_sizes));
  }
  return gate_ok(out.str());
}

}  // namespace dn::exchange
