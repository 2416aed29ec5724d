#include "app/status_json.h"

#include <fmt/format.h>

namespace dn::app {
namespace {

void decimal_or_null(JsonWriter& w, std::string_view key, const std::optional<std::string>& v) {
  w.key(key);
  if (v) {
    w.value(*v);
  } else {
    w.null();
  }
}

template <class A>
std::optional<std::string> text(const std::optional<A>& v) {
  return v ? std::optional<std::string>(shown(v->decimal())) : std::nullopt;
}

void write_leg(JsonWriter& w, const TaskView& v, Side leg) {
  const LegTotals& t = v.task.leg[leg];
  w.key(name(leg)).begin_object().field("exchange", name(*v.task.spec.leg[leg].exchange)).field("filled", t.filled.str()).field("net", t.net.str());
  decimal_or_null(w, "avg_price", text(v.figures.avg_price[leg]));
  w.field("progress", v.figures.progress[leg].str());
  w.key("fees").begin_object();
  for (const auto& [asset, fee] : t.fees.all()) w.field(asset.view(), fee.str());
  w.end_object().end_object();
}

// Profit in its parts, exact: basis + slippage + funding - fees is the total.
void write_profit(JsonWriter& w, const Kpi& k) {
  const auto exact = [&w](std::string_view key, const std::optional<Money>& m) { decimal_or_null(w, key, m ? std::optional(m->str()) : std::nullopt); };
  w.key("profit").begin_object();
  exact("basis", k.basis);
  exact("slippage", k.slippage);
  exact("funding", k.funding);
  exact("fees", k.fees_quote);
  exact("total", k.profit);
  w.end_object();
}

void write_funding(JsonWriter& w, const TaskRecord& t) {
  w.key("funding");
  const auto leg = funded_leg(t);
  if (!leg) {
    w.null();
    return;
  }
  const FundingTerms& f = t.holding.funding;
  w.begin_object()
      .field("leg", name(*leg))
      .field("rate", f.rate.str())
      .field("interval_us", f.interval.us)
      .field("next", rfc3339(f.next))
      .field("next_us", f.next.us);
  decimal_or_null(w, "apr_pct", text(funding_apr(t)));
  decimal_or_null(w, "expected", text(expected_funding(t)));
  w.field("received", t.leg[*leg].funding.str()).field("payments", t.holding.payments).end_object();
}

}  // namespace

void write_task(JsonWriter& w, const TaskView& v) {
  const TaskRecord& t = v.task;
  w.begin_object()
      .field("task", t.spec.name)
      .field("round", t.round)
      .field("state", name(t.state))
      .field("mode", name(t.mode))
      .field("verdict", name(t.verdict))
      .field("trading", t.live ? "live" : "paper");
  w.field("reason", t.reason).field("symbol", t.spec.symbol.str());
  for (const Side leg : kSides) write_leg(w, v, leg);
  w.field("target", t.spec.total_quantity.str()).field("order_quantity", t.spec.order_quantity.str());
  w.field("imbalance", v.figures.imbalance.str()).field("imbalance_pct", shown(v.figures.imbalance_pct));
  decimal_or_null(w, "spread_bps", text(v.figures.spread_bps));
  decimal_or_null(w, "gross_quote", text(v.figures.gross));
  decimal_or_null(w, "profit_quote", text(v.figures.profit));
  decimal_or_null(w, "profit_bps", text(v.figures.profit_bps));
  decimal_or_null(w, "break_even_bps", text(v.figures.break_even));
  write_profit(w, v.figures);
  write_funding(w, t);
  w.field("part", name(t.holding.part));
  w.field("open_orders", v.open_orders).field("unknown_orders", v.unknown_orders);
  w.field("orders", t.orders).field("rebalances", t.rebalances).field("rejects", t.rejects).field("errors", t.errors).field("runs", t.runs);
  w.field("unhedged_seconds", Decimal::from_parts(t.guards.unhedged.us, 6).normalized().str());
  w.field("unhedged_notional_seconds", shown(t.guards.unhedged_money_seconds.decimal()));
  w.key("fees").begin_object();
  for (const auto& [asset, fee] : v.figures.fees.all()) w.field(asset.view(), fee.str());
  w.end_object();
  w.key("latency_us").begin_object();
  for (const LatencyStats& s : v.latency) {
    w.key(s.stage).begin_object();
    for (const auto& [key, ns] : {std::pair{"p50", s.p50_ns}, std::pair{"p99", s.p99_ns}, std::pair{"max", s.max_ns}})
      w.field(key, Decimal::from_parts(ns, 3).str());
    w.field("count", s.count).end_object();
  }
  w.end_object();
  w.key("asked_for").begin_array();
  for (const std::string& wish : v.asked_for) w.value(wish);
  w.end_array();
  w.field("created_us", t.created.us).field("updated_us", t.updated.us);
  w.field("run", run_of(v)).field("exit_code", std::int64_t{number(t.exit_code)}).field("health", std::int64_t{number(health(v))});
  w.field("next", next_step(v)).end_object();
}

void write_order(JsonWriter& w, const std::string& task, const TaskSpec& spec, const OrderRecord& o) {
  const OrderRequest& r = o.request;
  w.begin_object().field("task", task).field("client_order_id", r.id.view()).field("venue_order_id", o.venue_order_id.view());
  w.field("exchange", name(*spec.leg[r.leg].exchange))
      .field("leg", name(r.leg))
      .field("side", name(r.side))
      .field("order_type", name(r.type))
      .field("purpose", name(r.purpose));
  w.field("price", r.price.str()).field("quantity", r.qty.str()).field("filled", o.filled.str()).field("reduce_only", r.reduce_only);
  w.field("status", name(o.status)).field("close_reason", name(o.close_reason)).field("code", o.code.view()).field("reason", o.reason.view());
  w.field("created_us", r.created.us).field("updated_us", o.updated.us).end_object();
}

void write_fill(JsonWriter& w, const std::string& task, const Fill& f) {
  w.begin_object()
      .field("task", task)
      .field("client_order_id", f.order.view())
      .field("venue_order_id", f.venue_order_id.view())
      .field("trade_id", f.trade_id.view());
  w.field("exchange", name(f.venue)).field("leg", name(f.leg)).field("side", name(f.side)).field("price", f.price.str()).field("quantity", f.qty.str());
  w.field("fee", f.fee.str())
      .field("fee_asset", f.fee_asset.view())
      .field("liquidity", name(f.liquidity))
      .field("ts", rfc3339(f.time))
      .field("ts_us", f.time.us)
      .end_object();
}

std::vector<std::string> order_columns() {
  return {"task",  "client_order_id", "venue_order_id", "exchange", "leg",          "side", "order_type", "purpose",
          "price", "quantity",        "filled",         "status",   "close_reason", "code", "reason",     "ts"};
}

std::vector<std::string> order_cells(const std::string& task, const TaskSpec& spec, const OrderRecord& o) {
  const OrderRequest& r = o.request;
  const auto s = [](std::string_view v) { return std::string(v); };
  return {task,
          r.id.str(),
          o.venue_order_id.str(),
          s(name(*spec.leg[r.leg].exchange)),
          s(name(r.leg)),
          s(name(r.side)),
          s(name(r.type)),
          s(name(r.purpose)),
          r.price.str(),
          r.qty.str(),
          o.filled.str(),
          s(name(o.status)),
          s(name(o.close_reason)),
          o.code.str(),
          o.reason.str(),
          rfc3339(r.created)};
}

std::vector<std::string> fill_columns() {
  return {"task", "trade_id", "client_order_id", "venue_order_id", "exchange", "leg", "side", "price", "quantity", "fee", "fee_asset", "liquidity", "ts"};
}

std::vector<std::string> fill_cells(const std::string& task, const Fill& f) {
  const auto s = [](std::string_view v) { return std::string(v); };
  return {task,          f.trade_id.str(), f.order.str(), f.venue_order_id.str(), s(name(f.venue)),     s(name(f.leg)), s(name(f.side)),
          f.price.str(), f.qty.str(),      f.fee.str(),   f.fee_asset.str(),      s(name(f.liquidity)), rfc3339(f.time)};
}

}  // namespace dn::app
