// Gate futures' wallet and positions.
#include "gate.h"

namespace dn::exchange {
namespace {

constexpr Venue kPerp = Venue::GateioFutures;

Price entry_of(const Market& m) {
  const sim::VenueTruth& t = m.sim.truth();
  return t.position.is_zero() ? Price{} : average_price(t.position_cost, t.position);
}
Money unrealised(const Market& m) { return m.mid() * m.sim.truth().position - m.sim.truth().position_cost; }

Decimal fees_of(const Account& a, const Market* m) {
  Decimal sum;
  for (const Trade& t : a.trades) {
    if (m == nullptr || t.order->market == m) sum += t.fee;
  }
  return sum;
}

}  // namespace

GateAnswer GateFutures::wallet() const {
  if (site_.exchange.settings().gate_futures_funded) return gate_ok("");
  return gate_error(400, "USER_NOT_FOUND", "please transfer funds first to create futures account");
}

GateAnswer GateFutures::account() {
  if (auto none = wallet(); !none.good()) return none;
  const BalanceView b = site_.exchange.balance(kPerp, "USDT");
  Money open_profit;
  Money profit;
  Money funding;
  for (const Market* m : site_.exchange.markets(kPerp)) {
    open_profit += unrealised(*m);
    profit += m->sim.truth().realised;
    funding += m->sim.truth().funding;
  }
  const bool dual = site_.exchange.settings().gate_dual_mode;
  const Decimal fees = fees_of(site_.exchange.account(kPerp), nullptr);
  Obj history;
  history.d("dnw", b.total - profit.decimal() - funding.decimal() + fees).d("pnl", profit).d("fee", -fees).s("refr", "0").d("fund", funding);
  history.s("point_dnw", "0").s("point_fee", "0").s("point_refr", "0").s("bonus_dnw", "0").s("bonus_offset", "0").s("cross_settle", "0");
  Obj o;
  o.raw("user", site_.gate.uid).s("currency", "USDT").d("total", b.total).d("available", b.free()).d("unrealised_pnl", open_profit).s("position_margin", "0");
  o.d("order_margin", b.locked).s("point", "0").s("bonus", "0").b("in_dual_mode", dual).s("position_mode", dual ? "dual" : "single");
  o.b("enable_credit", false).b("enable_evolved_classic", true).b("enable_new_dual_mode", true).n("margin_mode", 0).s("margin_mode_name", "classic");
  o.d("position_initial_margin", b.margin).s("maintenance_margin", "0").s("isolated_position_margin", "0").d("cross_initial_margin", b.margin);
  o.s("cross_maintenance_margin", "0").d("cross_order_margin", b.locked).d("cross_unrealised_pnl", open_profit).d("cross_available", b.free());
  return gate_ok(o.raw("history", history.str()).n("update_time", site_.exchange.venue_now().us / 1'000'000).n("update_id", 1).str());
}

GateAnswer GateFutures::account_book(const Params& p) {
  if (auto none = wallet(); !none.good()) return none;
  const std::string contract = p.get("contract");
  if (!contract.empty() && site_.exchange.market(kPerp, contract) == nullptr) return gate_error(404, "CONTRACT_NOT_FOUND");
  const auto limit = p.has("limit") ? whole_from(p.get("limit")) : std::optional<std::int64_t>(100);
  if (!limit || *limit < 1 || *limit > 1000) return gate_invalid("limit", p.get("limit"));
  const auto offset = p.has("offset") ? whole_from(p.get("offset")) : std::optional<std::int64_t>(0);
  if (!offset || *offset < 0) return gate_invalid("offset", p.get("offset"));
  const auto from = whole_from(p.get("from"));
  const auto to = whole_from(p.get("to"));
  Arr out;
  std::int64_t seen = 0;
  const auto& rows = site_.exchange.account(kPerp).movements;
  for (auto r = rows.rbegin(); r != rows.rend() && seen < *offset + *limit; ++r) {
    const std::int64_t second = r->time.us / 1'000'000;
    if ((!contract.empty() && r->market->name != contract) || (p.has("type") && p.get("type") != r->kind)) continue;
    if ((from && second < *from) || (to && second > *to) || seen++ < *offset) continue;
    const std::string trade = r->trade == 0 ? "" : std::to_string(r->trade);
    Obj o;
    o.raw("time", gate_seconds(r->time)).d("change", r->change).d("balance", r->balance).s("type", r->kind);
    o.s("text", trade.empty() ? r->market->name : r->market->name + ":" + trade).s("contract", r->market->name).s("trade_id", trade);
    out.raw(o.s("id", std::to_string(r->number)).str());
  }
  return gate_ok(out.str());
}

std::string GateFutures::position_json(const Market& m, const GateContext& context) const {
  const sim::VenueTruth& t = m.sim.truth();
  const Decimal size = t.position.is_negative() ? -m.contracts(t.position.abs()) : m.contracts(t.position);
  const Decimal fees = fees_of(site_.exchange.account(kPerp), &m);
  Obj o;
  o.raw("user", site_.gate.uid).s("contract", m.name).raw("size", gate_size(size, context.decimal_sizes)).s("mode", "single");
  o.s("leverage", std::to_string(m.leverage))
      .s("cross_leverage_limit", std::to_string(m.cross_limit))
      .s("leverage_max", "100")
      .s("risk_limit", "500000")
      .s("maintenance_rate", "0.005");
  o.d("value", (m.mid() * t.position).abs()).d("margin", t.position_cost.abs().decimal().divided_by(Decimal(m.effective_leverage()), 12, Rounding::Up));
  o.d("entry_price", entry_of(m)).d("mark_price", m.mid()).s("liq_price", "0").d("unrealised_pnl", unrealised(m));
  o.d("realised_pnl", t.realised.decimal() + t.funding.decimal() - fees).d("pnl_pnl", t.realised).d("pnl_fund", t.funding).d("pnl_fee", -fees);
  o.s("history_pnl", "0").s("last_close_pnl", "0").n("adl_ranking", 5).n("pending_orders", static_cast<std::int64_t>(m.open.size()));
  o.null("close_order").s("initial_margin", "0").s("maintenance_margin", "0").s("pos_margin_mode", m.leverage == 0 ? "cross" : "isolated");
  return o.n("update_time", site_.exchange.venue_now().us / 1'000'000).n("update_id", static_cast<std::int64_t>(t.fills.size())).str();
}

GateAnswer GateFutures::positions(const Params& p, const GateContext& context) {
  if (auto none = wallet(); !none.good()) return none;
  const bool holding = p.get("holding") == "true";
  Arr out;
  for (const Market* m : site_.exchange.markets(kPerp)) {
    if (m->traded && (!holding || !m->sim.truth().position.is_zero())) out.raw(position_json(*m, context));
  }
  return gate_ok(out.str());
}

GateAnswer GateFutures::position(const std::string& contract, const GateContext& context) {
  if (auto none = wallet(); !none.good()) return none;
  const Market* m = site_.exchange.market(kPerp, contract);
  if (m == nullptr) return gate_error(404, "CONTRACT_NOT_FOUND");
  if (site_.exchange.settings().gate_dual_mode) return gate_error(400, "POSITION_DUAL_MODE");
  return m->traded ? gate_ok(position_json(*m, context)) : gate_error(400, "POSITION_NOT_FOUND");
}

// 0 is cross margin, and only then the limit counts. The parameters stand in the query.
GateAnswer GateFutures::set_leverage(const std::string& contract, const Params& p, const GateContext& context) {
  if (auto none = wallet(); !none.good()) return none;
  Market* m = site_.exchange.market(kPerp, contract);
  if (m == nullptr) return gate_error(404, "CONTRACT_NOT_FOUND");
  if (site_.exchange.settings().gate_dual_mode) return gate_error(400, "POSITION_DUAL_MODE");
  if (p.get("leverage").empty()) return gate_missing("leverage");
  const auto leverage = whole_from(p.get("leverage"));
  if (!leverage || *leverage < 0 || *leverage > 100) return gate_invalid("leverage", p.get("leverage"));
  std::int64_t limit = m->cross_limit;
  if (*leverage == 0 && p.has("cross_leverage_limit")) {
    limit = whole_from(p.get("cross_leverage_limit")).value_or(0);
    if (limit < 1 || limit > 100) return gate_invalid("cross_leverage_limit", p.get("cross_leverage_limit"));
  }
  if (!site_.exchange.set_leverage(*m, *leverage, limit)) return gate_error(400, "INSUFFICIENT_AVAILABLE", "margin is short");
  m->traded = true;  // from now on there is a row for it
  return gate_ok(position_json(*m, context));
}

GateAnswer GateFutures::set_mode(bool dual) {
  if (auto none = wallet(); !none.good()) return none;
  bool& mode = site_.exchange.settings().gate_dual_mode;
  if (mode == dual) return gate_error(400, "NO_CHANGE");
  for (const Market* m : site_.exchange.markets(kPerp)) {
    if (!m->sim.truth().position.is_zero()) return gate_error(400, "POSITION_HOLDING");
    if (!m->open.empty()) return gate_error(400, "ORDER_PENDING");
  }
  mode = dual;
  return account();
}

GateAnswer GateFutures::fee(const Params& p) {
  const std::string one = p.get("contract");
  if (!one.empty() && site_.exchange.market(kPerp, one) == nullptr) return gate_error(404, "CONTRACT_NOT_FOUND");
  Obj o;
  for (const Market* m : site_.exchange.markets(kPerp)) {
    if (!one.empty() && m->name != one) continue;
    o.raw(m->name, Obj().d("taker_fee", m->rules.taker_fee).d("maker_fee", m->rules.maker_fee).str());
  }
  return gate_ok(o.str());
}

}  // namespace dn::exchange
