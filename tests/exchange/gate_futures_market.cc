// Gate futures' contracts and market data by REST.
#include "gate.h"

namespace dn::exchange {
namespace {

constexpr Venue kPerp = Venue::GateioFutures;

bool is_decimal(const Market& m) { return m.contracts(m.rules.step) < Decimal(1); }
GateAnswer unknown_contract() { return gate_error(404, "CONTRACT_NOT_FOUND"); }

std::string contract_json(const Market& m, Time now, bool decimal_sizes) {
  const Instrument& r = m.rules;
  const std::string mark = m.mid().str();
  const std::string least = gate_size(m.contracts(r.min_qty), decimal_sizes);
  Obj o;
  o.s("name", m.name).s("type", "direct").d("quanto_multiplier", r.multiplier).d("order_price_round", r.tick).d("mark_price_round", r.tick);
  o.raw("order_size_min", least).raw("order_size_max", gate_size(r.max_qty ? m.contracts(*r.max_qty) : Decimal(1'000'000), decimal_sizes));
  o.b("enable_decimal", is_decimal(m)).d("order_price_deviate", *r.price_band).s("maintenance_rate", "0.005").s("leverage_min", "1").s("leverage_max", "100");
  o.d("last_price", m.last).s("mark_price", mark).s("index_price", mark).s("mark_type", "index").d("funding_rate", m.funding.rate);
  o.d("funding_rate_indicative", m.funding.rate).s("funding_rate_limit", "0.003").n("funding_interval", m.funding.interval.us / 1'000'000);
  o.n("funding_next_apply", m.next_funding(now).us / 1'000'000).n("funding_offset", 0).s("interest_rate", "0.0003").s("maker_fee_rate", "-0.0001");
  o.s("taker_fee_rate", "0.00075").n("orders_limit", 100).s("market_order_slip_ratio", "0.02").s("market_order_size_max", "0");
  o.b("in_delisting", m.status() == TradingStatus::ReduceOnly);
  o.s("status", m.status() == TradingStatus::Trading ? "trading" : m.status() == TradingStatus::Halted ? "circuit_breaker" : "delisting");
  o.s("contract_type", "").b("is_pre_market", false).s("risk_limit_base", "500000").s("risk_limit_step", "500000").s("risk_limit_max", "1500000000");
  return o.s("cross_leverage_default", "10").n("orderbook_id", m.version).n("trade_id", m.deals.empty() ? 0 : m.deals.back().number).str();
}

std::string side_json(const Market& m, const std::vector<sim::Level>& levels, std::int64_t most, bool decimal_sizes) {
  Arr out;
  for (const sim::Level& l : levels) {
    if (most-- == 0) break;
    out.raw(Obj().d("p", l.price).raw("s", gate_size(m.contracts(l.qty), decimal_sizes)).str());
  }
  return out.str();
}

}  // namespace

std::string gate_futures_ticker(const Market& m, Time now, bool decimal_sizes) {
  const Candle day = m.candles.day(now);
  const auto top = m.sim.top();
  Obj o;
  o.s("contract", m.name)
      .d("last", m.last)
      .d("change_percentage", (day.change_rate() * Decimal(100)).normalized())
      .d("funding_rate", m.funding.rate)
      .d("funding_rate_indicative", m.funding.rate);
  o.d("mark_price", m.mid()).d("index_price", m.mid()).d("total_size", m.contracts(m.sim.truth().position.abs()));
  o.d("volume_24h", m.contracts(day.volume).rounded(0, Rounding::Down)).d("volume_24h_base", day.volume).d("volume_24h_quote", day.quote);
  o.d("volume_24h_settle", day.quote).s("quanto_base_rate", "");
  if (top) {
    o.d("lowest_ask", top->ask).raw("lowest_size", gate_size(m.contracts(top->ask_qty), decimal_sizes));
    o.d("highest_bid", top->bid).raw("highest_size", gate_size(m.contracts(top->bid_qty), decimal_sizes));
  }
  return o.d("high_24h", day.high).d("low_24h", day.low).str();
}

GateAnswer GateFutures::contracts(const std::string& one, const GateContext& context) {
  const Time now = site_.exchange.venue_now();
  if (!one.empty()) {
    const Market* m = site_.exchange.market(kPerp, one);
    return m == nullptr ? unknown_contract() : gate_ok(contract_json(*m, now, context.decimal_sizes));
  }
  Arr all;
  for (const Market* m : site_.exchange.markets(kPerp)) all.raw(contract_json(*m, now, context.decimal_sizes));
  return gate_ok(all.str());
}

GateAnswer GateFutures::tickers(const Params& p, const GateContext& context) {
  const std::string one = p.get("contract");
  if (!one.empty() && site_.exchange.market(kPerp, one) == nullptr) return unknown_contract();
  Arr all;
  for (const Market* m : site_.exchange.markets(kPerp)) {
    if (one.empty() || m->name == one) all.raw(gate_futures_ticker(*m, site_.exchange.now(), context.decimal_sizes));
  }
  return gate_ok(all.str());
}

GateAnswer GateFutures::order_book(const Params& p, const GateContext& context) {
  const Market* m = site_.exchange.market(kPerp, p.get("contract"));
  if (m == nullptr) return unknown_contract();
  site_.mark("prices", kPerp, "order_book");
  const auto limit = p.has("limit") ? whole_from(p.get("limit")) : std::optional<std::int64_t>(10);
  if (!limit || *limit < 1 || *limit > 300) return gate_invalid("limit", p.get("limit"));
  Obj o;
  if (p.get("with_id") == "true") o.n("id", m->version);
  o.raw("current", gate_seconds(site_.exchange.venue_now())).raw("update", gate_seconds(m->book_time));
  o.raw("asks", side_json(*m, m->sim.book().asks, *limit, context.decimal_sizes));
  return gate_ok(o.raw("bids", side_json(*m, m->sim.book().bids, *limit, context.decimal_sizes)).str());
}

GateAnswer GateFutures::trades(const Params& p, const GateContext& context) {
  const Market* m = site_.exchange.market(kPerp, p.get("contract"));
  if (m == nullptr) return unknown_contract();
  const auto limit = p.has("limit") ? whole_from(p.get("limit")) : std::optional<std::int64_t>(100);
  if (!limit || *limit < 1 || *limit > 1000) return gate_invalid("limit", p.get("limit"));
  Arr out;
  std::int64_t left = *limit;
  for (auto d = m->deals.rbegin(); d != m->deals.rend() && left-- > 0; ++d) {
    const Decimal size = m->contracts(d->trade.qty);
    Obj o;
    o.n("id", d->number).raw("create_time", gate_seconds(d->time)).n("create_time_ms", d->time.us / 1000).s("contract", m->name);
    out.raw(o.raw("size", gate_size(d->trade.taker == Side::Buy ? size : -size, context.decimal_sizes)).d("price", d->trade.price).str());
  }
  return gate_ok(out.str());
}

// One tier for each contract, with the limits that the contract itself names.
GateAnswer GateFutures::risk_tiers(const Params& p) {
  const std::string one = p.get("contract");
  if (!one.empty() && site_.exchange.market(kPerp, one) == nullptr) return unknown_contract();
  Arr out;
  for (const Market* m : site_.exchange.markets(kPerp)) {
    if (!one.empty() && m->name != one) continue;
    Obj o;
    o.n("tier", 1).s("risk_limit", "500000").s("initial_rate", "0.01").s("maintenance_rate", "0.005").s("leverage_max", "100");
    out.raw(o.s("contract", m->name).s("deduction", "0").str());
  }
  return gate_ok(out.str());
}

GateAnswer GateFutures::funding_rate(const Params& p) {
  const Market* m = site_.exchange.market(kPerp, p.get("contract"));
  if (m == nullptr) return unknown_contract();
  const auto limit = p.has("limit") ? whole_from(p.get("limit")) : std::optional<std::int64_t>(100);
  if (!limit || *limit < 1 || *limit > 1000) return gate_invalid("limit", p.get("limit"));
  Arr out;
  const std::int64_t every = m->funding.interval.us / 1'000'000;
  const std::int64_t newest = m->next_funding(site_.exchange.venue_now()).us / 1'000'000 - every;
  for (std::int64_t i = 0; i < *limit; ++i) out.raw(Obj().n("t", newest - i * every).d("r", m->funding.rate).str());
  return gate_ok(out.str());
}

}  // namespace dn::exchange
