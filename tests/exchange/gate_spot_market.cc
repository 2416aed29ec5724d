// Gate spot's market data and balances by REST.
#include <fmt/format.h>

#include <algorithm>

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

std::string gate_spot_ticker(const Market& m, Time now) {
  const Candle day = m.candles.day(now);
  const auto top = m.sim.top();
  Obj o;
  o.s("currency_pair", m.name).d("last", m.last).s("lowest_ask", top ? top->ask.str() : "").s("highest_bid", top ? top->bid.str() : "");
  o.d("change_percentage", (day.change_rate() * Decimal(100)).normalized()).d("base_volume", day.volume).d("quote_volume", day.quote);
  return o.d("high_24h", day.high).d("low_24h", day.low).str();
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
    std::string ticker = gate_spot_ticker(*m, site_.exchange.now());
    const auto top = m->sim.top();
    if (!one.empty() && top) {  // sizes are told of a single pair only
      ticker.pop_back();
      ticker += R"(,"lowest_size":)" + quoted(top->ask_qty.str()) + R"(,"highest_size":)" + quoted(top->bid_qty.str()) + "}";
    }
    all.raw(ticker);
  }
  if (const Decimal& price = site_.exchange.settings().gate_gt_price; !known && one == "GT_USDT" && price.is_positive()) {
    return gate_ok(Arr().raw(Obj().s("currency_pair", one).d("last", price).str()).str());  // it is listed for what fees cost, and nowhere else
  }
  return known ? gate_ok(all.str()) : unknown_pair(one);
}

GateAnswer GateSpot::order_book(const Params& p) {
  const Market* m = site_.exchange.market(Venue::GateioSpot, p.get("currency_pair"));
  if (m == nullptr) return unknown_pair(p.get("currency_pair"));
  site_.mark("prices", Venue::GateioSpot, "order_book");
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

// Nothing goes in or out here, and that is what it says.
GateAnswer GateSpot::currencies(const std::string& one) {
  Arr all;
  for (const auto& [asset, total] : site_.exchange.account(Venue::GateioSpot).total) {
    if (!one.empty() && asset != one) continue;
    const std::string chain = Obj().s("name", asset).s("addr", "").b("withdraw_disabled", true).b("withdraw_delayed", false).b("deposit_disabled", true).str();
    Obj o;
    o.s("currency", asset).s("name", asset).b("delisted", false).b("withdraw_disabled", true).b("withdraw_delayed", false).b("deposit_disabled", true);
    o.b("trade_disabled", false).s("chain", asset).raw("chains", "[" + chain + "]");
    if (!one.empty()) return gate_ok(o.str());
    all.raw(o.str());
  }
  return one.empty() ? gate_ok(all.str()) : gate_error(400, "INVALID_CURRENCY", "Invalid currency " + one);
}

// The rates are the same in GT.
void gate_spot_rates(Obj& out, const Instrument& spot) {
  const bool in_gt = spot.fee_in == FeeIn::Token;
  out.d("taker_fee", spot.taker_fee).d("maker_fee", spot.maker_fee).s("rpi_maker_fee", "0").b("gt_discount", in_gt);
  out.d("gt_taker_fee", in_gt ? spot.taker_fee : Rate{}).d("gt_maker_fee", in_gt ? spot.maker_fee : Rate{}).n("debit_fee", in_gt ? 1 : 3);
}

// Fee rates of up to 50 pairs, by pair.
GateAnswer GateSpot::fees(const Params& p) {
  std::string wanted = p.get("currency_pairs");
  if (wanted.empty()) return gate_missing("currency_pairs");
  if (std::count(wanted.begin(), wanted.end(), ',') >= 50) return gate_invalid("currency_pairs", wanted);
  Obj out;
  for (wanted += ','; !wanted.empty(); wanted.erase(0, wanted.find(',') + 1)) {
    const std::string pair = wanted.substr(0, wanted.find(','));
    const Market* m = site_.exchange.market(Venue::GateioSpot, pair);
    if (m == nullptr) return unknown_pair(pair);
    Obj o;
    o.raw("user_id", site_.gate.uid);
    gate_spot_rates(o, m->rules);
    o.s("loan_fee", "0.18").s("point_type", "1").s("currency_pair", pair);
    out.raw(pair, o.str());
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
