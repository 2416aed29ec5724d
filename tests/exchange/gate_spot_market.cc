// Gate spot's market data and balances by REST.
#include <fmt/format.h>

#include "gate.h"

namespace dn::exchange {
namespace {

std::string pair_json(const Market& m) {
  const Instrument& r = m.rules;
  Obj o;
  o.s("id", m.name).s("base", m.base).s("base_name", m.base).s("quote", m.quote).s("quote_name", m.quote).s("fee", "0.2");
  o.d("min_base_amount", r.min_qty).d("min_quote_amount", r.min_notional);
  if (r.max_qty) o.d("max_base_amount", *r.max_qty);
  if (r.max_notional) o.d("max_quote_amount", *r.max_notional);
  o.n("amount_precision", m.size_places).n("precision", m.price_places);
  o.s("trade_status", m.status() == TradingStatus::Trading ? "tradable" : m.status() == TradingStatus::Halted ? "untradable" : "sellable");
  o.n("sell_start", 0).n("buy_start", 0).s("type", "normal").b("st_tag", false).s("slippage", "0.03").s("market_order_max_money", "5000000");
  const std::string rate = r.price_band ? r.price_band->str() : "1";
  return o.s("up_rate", rate).s("down_rate", rate).s("trade_url", "https://www.gate.com/trade/" + m.name).str();
}

std::string side_json(const std::vector<sim::Level>& levels, std::size_t most) {
  Arr out;
  for (const sim::Level& l : levels) {
    if (most-- == 0) break;
    out.raw(Arr().s(l.price.str()).s(l.qty.str()).str());
  }
  return out.str();
}

GateAnswer unknown_pair(const std::string& pair) { return gate_error(400, "INVALID_CURRENCY_PAIR", "Invalid currency pair " + pair); }

}  // namespace

std::string gate_spot_ticker(const Market& m) {
  const auto top = m.sim.top();
  Obj o;
  o.s("currency_pair", m.name).d("last", m.last).s("lowest_ask", top ? top->ask.str() : "").s("highest_bid", top ? top->bid.str() : "");
  o.s("change_percentage", "0").s("base_volume", "1000").s("quote_volume", (m.last.decimal() * Decimal(1000)).str());
  return o.d("high_24h", m.last).d("low_24h", m.last).str();
}

GateAnswer GateSpot::pairs(const std::string& one) {
  if (!one.empty()) {
    const Market* m = site_.exchange.market(Venue::GateioSpot, one);
    return m == nullptr ? unknown_pair(one) : gate_ok(pair_json(*m));
  }
  Arr all;
  for (const Market* m : site_.exchange.markets(Venue::GateioSpot)) all.raw(pair_json(*m));
  return gate_ok(all.str());
}

GateAnswer GateSpot::tickers(const Params& p) {
  const std::string one = p.get("currency_pair");
  Arr all;
  bool known = one.empty();
  for (const Market* m : site_.exchange.markets(Venue::GateioSpot)) {
    if (!one.empty() && m->name != one) continue;
    known = true;
    all.raw(gate_spot_ticker(*m));
  }
  return known ? gate_ok(all.str()) : unknown_pair(one);
}

GateAnswer GateSpot::order_book(const Params& p) {
  const Market* m = site_.exchange.market(Venue::GateioSpot, p.get("currency_pair"));
  if (m == nullptr) return unknown_pair(p.get("currency_pair"));
  const auto limit = p.has("limit") ? whole_from(p.get("limit")) : std::optional<std::int64_t>(10);
  if (!limit || *limit < 1 || *limit > 1000) return gate_invalid("limit", p.get("limit"));
  Obj o;
  if (p.get("with_id") == "true") o.n("id", m->version);
  o.n("current", site_.exchange.venue_now().us / 1000).n("update", m->book_time.us / 1000);
  o.raw("asks", side_json(m->sim.book().asks, static_cast<std::size_t>(*limit)));
  return gate_ok(o.raw("bids", side_json(m->sim.book().bids, static_cast<std::size_t>(*limit))).str());
}

GateAnswer GateSpot::trades(const Params& p) {
  const Market* m = site_.exchange.market(Venue::GateioSpot, p.get("currency_pair"));
  if (m == nullptr) return unknown_pair(p.get("currency_pair"));
  const auto limit = p.has("limit") ? whole_from(p.get("limit")) : std::optional<std::int64_t>(100);
  if (!limit || *limit < 1 || *limit > 1000) return gate_invalid("limit", p.get("limit"));
  Arr out;
  std::int64_t left = *limit;
  for (auto d = m->deals.rbegin(); d != m->deals.rend() && left-- > 0; ++d) {
    Obj o;
    o.s("id", std::to_string(d->number)).s("create_time", std::to_string(d->time.us / 1'000'000));
    o.s("create_time_ms", fmt::format("{}.{:03}000", d->time.us / 1000, d->time.us % 1000)).s("currency_pair", m->name);
    o.s("side", name(d->trade.taker)).d("amount", d->trade.qty).d("price", d->trade.price).s("sequence_id", std::to_string(d->number));
    out.raw(o.str());
  }
  return gate_ok(out.str());
}

GateAnswer GateSpot::accounts(const Params& p) {
  const std::string one = p.get("currency");
  Arr out;
  for (const auto& [asset, total] : site_.exchange.account(Venue::GateioSpot).total) {
    const BalanceView b = site_.exchange.balance(Venue::GateioSpot, asset);
    if ((one.empty() && b.total.is_zero()) || (!one.empty() && asset != one)) continue;
    out.raw(Obj().s("currency", asset).d("available", b.free()).d("locked", b.locked).n("update_id", 1).str());
  }
  return gate_ok(out.str());
}

}  // namespace dn::exchange
