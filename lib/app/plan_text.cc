#include "app/plan_text.h"

#include <fmt/format.h>

#include "app/kpi.h"
#include "base/json_writer.h"

namespace dn::app {
namespace {

// "-2 ticks (-0.18 bps)"
std::string distance(const Decimal& ticks, Price price, Price tick) {
  return fmt::format("{} ticks ({} bps)", ticks.str(), in_bps(ticks * tick.decimal(), price.decimal(), 4).str());
}

std::string or_unknown(const std::optional<Bps>& b) { return b ? shown(b->decimal().rounded(2, Rounding::HalfUp)) : "unknown"; }

template <class A>
void optional(JsonWriter& w, std::string_view key, const std::optional<A>& v) {
  w.key(key);
  if (v) {
    w.value(shown(v->decimal()));
  } else {
    w.null();
  }
}

// At the next settlement, for the whole total at the prices of now.
std::optional<Money> expected_of_total(const TaskQuestion& q, Side leg) {
  if (!q.numbers.leg[leg]) return std::nullopt;
  return expected_funding(q.market.instruments[leg], leg, q.numbers.sizes.total, q.numbers.leg[leg]->price);
}

void write_leg(JsonWriter& w, const TaskQuestion& q, Side leg) {
  const MarketView& m = q.market;
  w.key(name(leg)).begin_object().field("exchange", name(*q.spec.leg[leg].exchange)).field("slice", q.numbers.sizes.leg_slice[leg].str());
  w.field("tick", m.instruments[leg].tick.str()).field("step", m.instruments[leg].step.str()).field("fee_asset", m.instruments[leg].fee_asset(leg).view());
  if (q.numbers.leg[leg]) {
    const LegNumbers& n = *q.numbers.leg[leg];
    w.field("bid", m.top[leg]->bid.str()).field("ask", m.top[leg]->ask.str()).field("price", n.price.str());
    w.field("ticks_from_touch", n.to_own.str()).field("ticks_from_opposite", n.to_opposite.str()).field("min_tradable", n.min_tradable.str());
    w.field("fee_rate", n.fee.str()).field("slice_value", n.slice_value.str()).field("total_fees", shown(n.total_fees.decimal()));
  }
  if (const FundingTerms& f = m.instruments[leg].funding; f.interval.us > 0) {
    w.key("funding").begin_object().field("rate", f.rate.str()).field("interval_us", f.interval.us).field("next", rfc3339(f.next)).field("next_us", f.next.us);
    optional(w, "apr_pct", funding_apr(m.instruments.buy, m.instruments.sell));
    optional(w, "expected", expected_of_total(q, leg));
    w.end_object();
  }
  if (const auto share = q.depth[leg] ? share_of_depth(*q.depth[leg], leg, q.numbers.sizes.leg_slice[leg]) : std::nullopt) {
    w.field("visible_depth", share->visible.str()).field("slice_of_depth_pct", share->percent.str());
    optional(w, "taking_slice_bps", share->cost);
  }
  if (const auto need = need_of(q.spec, m, q.numbers, q.progress, leg)) {
    w.key("needs").begin_object().field("asset", need->asset.view()).field("slice", shown(need->slice)).field("total", shown(need->whole));
    if (m.funds[leg]) {
      const auto free = m.funds[leg]->free.find(need->asset);
      w.field("free", free == m.funds[leg]->free.end() ? "0" : shown(free->second));
    }
    w.end_object();
  }
  w.end_object();
}

// The task while it is adapted, at the prices of now, its slice aligned.
TaskSpec adapted_task(const TaskQuestion& q) {
  PerSide<Qty> least;
  for (const Side leg : kSides) least[leg] = q.numbers.leg[leg] ? q.numbers.leg[leg]->min_tradable : q.market.instruments[leg].min_tradable(Price{});
  const Qty step = q.numbers.sizes.step;
  TaskSpec s = adapted(q.spec, step, q.market.instruments.buy, least);
  s.order_quantity = s.order_quantity.floor_to(step);
  return s;
}

std::string adapt_line(const TaskQuestion& q) {
  const AdaptSpec& a = q.spec.adapt;
  if (!a.volatility_bps) return "";
  const TaskSpec s = adapted_task(q);
  return fmt::format("  adapts above {} bps in {}, until {} bps: slice {} {}, tick tolerance {} (buy) and {} (sell)\n", a.volatility_bps->str(),
                     format_duration(a.length()), a.calm().str(), s.order_quantity.str(), s.symbol.base.view(), s.leg.buy.tick_tolerance,
                     s.leg.sell.tick_tolerance);
}

void write_adapt(JsonWriter& w, const TaskQuestion& q) {
  const AdaptSpec& a = q.spec.adapt;
  if (!a.volatility_bps) return;
  const TaskSpec s = adapted_task(q);
  w.key("adapt").begin_object().field("volatility_bps", a.volatility_bps->str()).field("calm_bps", a.calm().str());
  w.field("window_us", a.length().us).field("order_quantity", s.order_quantity.str());
  w.field("buy_tick_tolerance", s.leg.buy.tick_tolerance).field("sell_tick_tolerance", s.leg.sell.tick_tolerance).end_object();
}

}  // namespace

std::string plan_text(const TaskQuestion& q, const Checks& checks, bool rich) {
  const TaskSpec& spec = q.spec;
  const MarketView& m = q.market;
  const Numbers& f = q.numbers;
  const std::string base = spec.symbol.base.str();
  const std::string quote = spec.symbol.quote.str();
  std::string out = fmt::format("Plan of {} ({}): nothing is sent\n", spec.name, spec.symbol.str());
  out += fmt::format("  total  {} {}{}\n", f.sizes.total.str(), base,
                     f.sizes.total == spec.total_quantity ? "" : " (floored to the common step " + f.sizes.step.str() + ")");
  out += fmt::format(
      "  slice  {} {}{}{}\n", f.sizes.slice.str(), base, f.sizes.slice == spec.order_quantity ? "" : " (floored to the common step " + f.sizes.step.str() + ")",
      f.sizes.leg_slice.sell == f.sizes.slice ? "" : fmt::format(", {} on the sell side: buys pay their fee in {}", f.sizes.leg_slice.sell.str(), base));
  for (const Side leg : kSides) {
    out += fmt::format("  {:<5}{}: ", upper_name(leg), name(*spec.leg[leg].exchange));
    if (!f.leg[leg]) {
      out += "its book is not known yet\n";
      continue;
    }
    const LegNumbers& p = *f.leg[leg];
    const TopOfBook& top = *m.top[leg];
    out += fmt::format("bid {} ask {}; would {} {} ({} from its own touch, {} from the other)\n", top.bid.str(), top.ask.str(), p.hedges ? "hedge at" : "quote",
                       p.price.str(), distance(p.to_own, p.price, m.instruments[leg].tick), distance(p.to_opposite, p.price, m.instruments[leg].tick));
    out += fmt::format("       tick {} step {} smallest order {} {}; slice worth {} {}; fee {} bps in {}, {} {} for the total\n", m.instruments[leg].tick.str(),
                       m.instruments[leg].step.str(), p.min_tradable.str(), base, shown(p.slice_value.decimal()), quote,
                       (p.fee.decimal() * Decimal(10000)).normalized().str(), m.instruments[leg].fee_asset(leg).view(), shown(p.total_fees.decimal()), quote);
  }
  for (const Side leg : kSides) {
    const FundingTerms& t = m.instruments[leg].funding;
    if (t.interval.us <= 0) continue;
    const auto apr = funding_apr(m.instruments.buy, m.instruments.sell);
    const auto expected = expected_of_total(q, leg);
    out += fmt::format("  funding of the {} side: {} every {} ({} % a year to this task), next at {}: {} {} expected for the total\n", upper_name(leg),
                       t.rate.str(), format_duration(t.interval), apr ? apr->str() : "-", rfc3339(t.next), expected ? shown(expected->decimal()) : "-", quote);
  }
  out += adapt_line(q);
  out += fmt::format("  break-even {} bps gross; these quotes would earn {} bps net of fees\n", or_unknown(f.break_even), or_unknown(f.spread));
  if (f.worst_slice) {
    out += fmt::format("  worst case of a slice whose second leg fails, traded at max_slippage_bps {}: {} {}; of every slice: {} {}\n",
                       spec.risk.max_slippage_bps.str(), shown(f.worst_slice->decimal()), quote, shown(f.worst_total->decimal()), quote);
  }
  return out + "\n" + checks_text(checks, rich);
}

std::string plan_json(const TaskQuestion& q, const Checks& checks) {
  const Numbers& f = q.numbers;
  JsonWriter w;
  w.begin_object().field("schema", "dn.plan/1").field("task", q.spec.name).field("symbol", q.spec.symbol.str());
  w.field("common_step", f.sizes.step.str()).field("total_quantity", f.sizes.total.str()).field("order_quantity", f.sizes.slice.str());
  for (const Side leg : kSides) write_leg(w, q, leg);
  optional(w, "break_even_bps", f.break_even);
  optional(w, "net_spread_bps", f.spread);
  optional(w, "worst_case_slice", f.worst_slice);
  optional(w, "worst_case", f.worst_total);
  optional(w, "max_loss", q.spec.risk.max_loss);
  w.field("dust", shown((f.left_out + f.carried).decimal()));
  write_adapt(w, q);
  w.key("checks");
  write_checks(w, checks);
  w.field("exit_code", std::int64_t{number(exit_code(checks))}).end_object();
  return w.str();
}

}  // namespace dn::app
