#include "app/plan_text.h"

#include <fmt/format.h>

#include "app/kpi.h"
#include "base/json_writer.h"
#include "engine/quote.h"

namespace dn::app {
namespace {

struct LegPlan {
  Price price;          // where it would quote now
  Decimal to_own;       // ticks from its own side's touch; negative: behind it
  Decimal to_opposite;  // ticks to the opposite touch; negative or zero: it would take
  Qty min_tradable;
  Rate fee;  // of a quote: taker when it would cross
  Money slice_value;
  Money total_fees;  // of the whole total, in quote
};

struct PlanFacts {
  Plan sizes;
  PerSide<std::optional<LegPlan>> leg;  // none where the book is not known
  std::optional<Bps> spread;            // net of fees
  std::optional<Bps> break_even;        // gross spread that pays the fees
  std::optional<Money> worst_case;      // a slice whose second leg fails, unwound at the slippage limit
};

Situation situation_now(const TaskSpec& spec, const MarketView& m, const Plan& plan) {
  Situation s;
  s.spec = &spec;
  s.plan = &plan;
  s.now = m.start;
  s.same_book = spec.leg.buy.exchange == spec.leg.sell.exchange;
  s.imbalance_since = Time::never();
  for (const Side leg : kSides) {
    LegSituation& l = s.leg[leg];
    l.instrument = &m.instruments[leg];
    l.known = l.fresh = m.top[leg].has_value();
    if (m.top[leg]) l.top = *m.top[leg];
    l.min_tradable = m.instruments[leg].min_tradable(l.top.bid);
  }
  return s;
}

LegPlan leg_plan(const Situation& s, Side leg, Price price) {
  const LegSituation& l = s.leg[leg];
  const Price own = leg == Side::Buy ? l.top.bid : l.top.ask;
  const Price opposite = leg == Side::Buy ? l.top.ask : l.top.bid;
  const bool takes = leg == Side::Buy ? price >= opposite : price <= opposite;
  LegPlan p;
  p.price = price;
  const Decimal tick = l.instrument->tick.decimal();
  const Decimal towards(leg == Side::Buy ? 1 : -1);
  p.to_own = ((price - own).decimal() * towards).divided_by(tick, 2, Rounding::HalfUp).normalized();
  p.to_opposite = ((opposite - price).decimal() * towards).divided_by(tick, 2, Rounding::HalfUp).normalized();
  p.min_tradable = l.instrument->min_tradable(price);
  p.fee = takes ? l.instrument->taker_fee : l.instrument->maker_fee;
  p.slice_value = price * s.plan->leg_slice[leg];
  p.total_fees = price * s.plan->total * p.fee;
  return p;
}

PlanFacts facts(const TaskSpec& spec, const MarketView& m) {
  PlanFacts f;
  f.sizes = make_plan(spec, m.instruments);
  const Situation s = situation_now(spec, m, f.sizes);
  for (const Side leg : kSides) {
    if (!s.leg[leg].known) continue;
    if (const auto price = target_price(s, leg)) f.leg[leg] = leg_plan(s, leg, *price);
  }
  if (const auto spread = quoted_spread(s)) f.spread = spread->net;
  if (!f.leg.buy || !f.leg.sell) return f;
  f.break_even = Bps((f.leg.buy->fee.decimal() + f.leg.sell->fee.decimal()) * Decimal(10000));
  for (const Side leg : kSides) {
    // Filled on this leg, not on the other: taken back here at the slippage limit, with a taker's fee each way.
    const Decimal slice = f.leg[leg]->slice_value.decimal();
    const Money loss(bps_of(slice, spec.risk.max_slippage_bps) + slice * (m.instruments[leg].taker_fee.decimal() * Decimal(2)));
    f.worst_case = f.worst_case ? max(*f.worst_case, loss) : loss;
  }
  return f;
}

// "-2 ticks (-0.18 bps)"
std::string distance(const Decimal& ticks, Price price, Price tick) {
  return fmt::format("{} ticks ({} bps)", ticks.str(), in_bps(ticks * tick.decimal(), price.decimal(), 4).str());
}

std::string or_unknown(const std::optional<Bps>& b) { return b ? shown(b->decimal().rounded(2, Rounding::HalfUp)) : "unknown"; }

}  // namespace

std::string plan_text(const TaskSpec& spec, const MarketView& m) {
  const PlanFacts f = facts(spec, m);
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
    const LegPlan& p = *f.leg[leg];
    const TopOfBook& top = *m.top[leg];
    out += fmt::format("bid {} ask {}; would quote {} ({} from its own touch, {} from the other)\n", top.bid.str(), top.ask.str(), p.price.str(),
                       distance(p.to_own, p.price, m.instruments[leg].tick), distance(p.to_opposite, p.price, m.instruments[leg].tick));
    out += fmt::format("       tick {} step {} smallest order {} {}; slice worth {} {}; fee {} bps in {}, {} {} for the total\n", m.instruments[leg].tick.str(),
                       m.instruments[leg].step.str(), p.min_tradable.str(), base, shown(p.slice_value.decimal()), quote,
                       (p.fee.decimal() * Decimal(10000)).normalized().str(), m.instruments[leg].fee_asset(leg).view(), shown(p.total_fees.decimal()), quote);
  }
  out += fmt::format("  break-even {} bps gross; these quotes would earn {} bps net of fees\n", or_unknown(f.break_even), or_unknown(f.spread));
  if (f.worst_case) {
    out += fmt::format("  worst case of a slice whose second leg fails, unwound at max_slippage_bps {}: {} {}\n", spec.risk.max_slippage_bps.str(),
                       shown(f.worst_case->decimal()), quote);
  }
  return out;
}

std::string plan_json(const TaskSpec& spec, const MarketView& m) {
  const PlanFacts f = facts(spec, m);
  JsonWriter w;
  w.begin_object().field("schema", "dn.plan/1").field("task", spec.name).field("symbol", spec.symbol.str());
  w.field("common_step", f.sizes.step.str()).field("total_quantity", f.sizes.total.str()).field("order_quantity", f.sizes.slice.str());
  for (const Side leg : kSides) {
    w.key(name(leg)).begin_object().field("exchange", name(*spec.leg[leg].exchange)).field("slice", f.sizes.leg_slice[leg].str());
    w.field("tick", m.instruments[leg].tick.str()).field("step", m.instruments[leg].step.str()).field("fee_asset", m.instruments[leg].fee_asset(leg).view());
    if (f.leg[leg]) {
      const LegPlan& p = *f.leg[leg];
      w.field("bid", m.top[leg]->bid.str()).field("ask", m.top[leg]->ask.str()).field("price", p.price.str());
      w.field("ticks_from_touch", p.to_own.str()).field("ticks_from_opposite", p.to_opposite.str()).field("min_tradable", p.min_tradable.str());
      w.field("fee_rate", p.fee.str()).field("slice_value", p.slice_value.str()).field("total_fees", shown(p.total_fees.decimal()));
    }
    w.end_object();
  }
  const auto optional = [&w](std::string_view key, const auto& v) {
    w.key(key);
    if (v) {
      w.value(shown(v->decimal()));
    } else {
      w.null();
    }
  };
  optional("break_even_bps", f.break_even);
  optional("net_spread_bps", f.spread);
  optional("worst_case_slice", f.worst_case);
  w.end_object();
  return w.str();
}

}  // namespace dn::app
