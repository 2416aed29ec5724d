#include "app/report_data.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "app/verify.h"

namespace dn::app {
namespace {

struct LatencyTarget {
  std::string_view stage;
  std::int64_t ns;
};
// A cycle of orders within 50 ms, asking for an order within 20 ms, placing one within 100 ms, a decision within 5 ms.
constexpr std::array<LatencyTarget, 4> kTargets{{{"cycle", 50'000'000}, {"sync", 20'000'000}, {"placement", 100'000'000}, {"decision", 5'000'000}}};

Qty forward(const Fill& f) { return f.side == f.leg ? f.qty : -f.qty; }

// What a fill adds to its leg's net: a fee in base leaves a buyer with less and makes a seller give away more.
Qty net_of(const Fill& f, const Asset& base) {
  if (f.fee_asset != base) return forward(f);
  const Qty fee(f.fee.decimal());
  return f.leg == Side::Buy ? forward(f) - fee : forward(f) + fee;
}

void add_step(Steps& to, Time at, const Decimal& value) {
  if (!to.empty() && to.back().at == at) {
    to.back().value = value;  // nobody knows what was between
  } else {
    to.push_back({at, value});
  }
}

void follow_fills(TaskReport& r, const std::vector<Fill>& in_time) {
  const Asset base = r.view.task.spec.symbol.base;
  PerSide<Qty> filled;
  Qty apart;
  for (const Fill& f : in_time) {
    filled[f.leg] += forward(f);
    apart += f.leg == Side::Buy ? net_of(f, base) : -net_of(f, base);
    add_step(r.filled[f.leg], f.time, filled[f.leg].decimal());
    add_step(r.imbalance, f.time, apart.decimal());
  }
}

void follow_quotes(TaskReport& r, const std::vector<OrderRecord>& orders) {
  std::vector<const OrderRecord*> in_time;  // an order that was lost is a row behind younger ones
  in_time.reserve(orders.size());
  for (const OrderRecord& o : orders) in_time.push_back(&o);
  std::ranges::stable_sort(in_time, {}, [](const OrderRecord* o) { return o->request.created; });
  PerSide<Price> price;  // zero: none yet
  bool opening = true;
  for (const OrderRecord* at : in_time) {
    const OrderRecord& o = *at;
    if (o.request.purpose != Purpose::Quote || !o.request.price.is_positive()) continue;
    // What was opened is closed by quotes on the other side of each leg: one leg's quote of before and after are no pair.
    if (const bool opens = o.request.side == o.request.leg; opens != opening) {
      opening = opens;
      price = {};
    }
    price[o.request.side] = o.request.price;
    if (!price.buy.is_positive() || !price.sell.is_positive()) continue;
    add_step(r.quoted, o.request.created, in_bps((price.sell - price.buy).decimal(), price.buy.decimal()).decimal());
  }
}

void measure_slips(TaskReport& r, const StoredTask& stored) {
  std::unordered_map<std::string_view, Price> arrivals;
  for (const OrderRecord& o : stored.orders) arrivals[o.request.id.view()] = o.request.arrival;
  for (const Fill& f : stored.fills) {
    const auto arrival = arrivals.find(f.order.view());
    if (arrival == arrivals.end() || !arrival->second.is_positive()) continue;
    const Price better = f.side == Side::Buy ? arrival->second - f.price : f.price - arrival->second;
    r.slips.push_back({f.venue, in_bps(better.decimal(), arrival->second.decimal())});
  }
}

void divide_profit(TaskReport& r) {
  const Kpi& k = r.view.figures;
  if (!k.profit || !k.gross || !k.basis) return;
  const Symbol& symbol = r.view.task.spec.symbol;
  const Money in_quote(k.fees.of(symbol.quote).decimal());
  r.profit = {{"basis", *k.basis}, {"slippage", k.slippage}, {"gross", *k.gross, true}};
  if (!k.funding.is_zero() || r.view.task.spec.hold.minds_funding()) r.profit.push_back({"funding", k.funding});
  r.profit.push_back({"fees in " + symbol.quote.str(), -in_quote});
  if (k.fees.of(symbol.base) != Fee{}) r.profit.push_back({"fees in " + symbol.base.str(), in_quote - k.fees_quote});
  r.profit.push_back({"net", *k.profit, true});
}

void lay_beside(TaskReport& r, const StoredTask& stored) {
  const PerSide<LegTotals> sums = days_of(stored).now.leg;
  const Symbol& symbol = r.view.task.spec.symbol;
  for (const Side leg : kSides) {
    const LegTotals& kept = r.view.task.leg[leg];
    const LegTotals& found = sums[leg];
    const auto line = [&](std::string_view what, const Asset& unit, const auto& a, const auto& b) {
      r.books.push_back({std::string(name(leg)) + " " + std::string(what), unit.str(), a.decimal(), b.decimal()});
    };
    line("filled", symbol.base, kept.filled, found.filled);
    line("net", symbol.base, kept.net, found.net);
    line("cash", symbol.quote, kept.cash, found.cash);
    line("slippage", symbol.quote, kept.slippage, found.slippage);
    line("funding", symbol.quote, kept.funding, found.funding);
    FeeTotals either = kept.fees;
    for (const auto& [asset, fee] : found.fees.all()) either.add(asset, fee);
    for (const auto& [asset, fee] : either.all()) line("fees", asset, kept.fees.of(asset), found.fees.of(asset));
  }
}

void find_span(TaskReport& r, const StoredTask& stored) {
  std::optional<Time> from;
  std::optional<Time> to;
  const auto include = [&](Time t) {
    if (t.us <= 0 || t.is_never()) return;
    from = from ? std::min(*from, t) : t;
    to = to ? std::max(*to, t) : t;
  };
  for (const RunSpan& run : r.history.runs) {
    include(run.from);
    include(run.to);
  }
  for (const OrderSpan& o : r.orders) include(o.life.from);
  for (const Fill& f : stored.fills) include(f.time);
  include(stored.task.updated);
  r.from = from.value_or(stored.task.created);
  r.to = to.value_or(r.from);
}

}  // namespace

std::optional<std::int64_t> latency_target_ns(std::string_view stage) {
  const auto at = std::ranges::find(kTargets, stage, &LatencyTarget::stage);
  return at == kTargets.end() ? std::nullopt : std::optional(at->ns);
}

TaskReport make_report(TaskView view, const StoredTask& stored, History history) {
  TaskReport r;
  r.view = std::move(view);
  r.history = std::move(history);
  r.fills = static_cast<std::int64_t>(stored.fills.size());
  std::vector<Fill> in_time = stored.fills;
  std::ranges::stable_sort(in_time, {}, &Fill::time);
  follow_fills(r, in_time);
  follow_quotes(r, stored.orders);
  r.matched = match(stored.task.spec.symbol, std::move(in_time));
  measure_slips(r, stored);
  divide_profit(r);
  r.orders.reserve(stored.orders.size());
  for (const OrderRecord& o : stored.orders) {
    const Time end = o.status == OrderStatus::Closed ? std::max(o.request.created, o.updated) : std::max(o.request.created, stored.task.updated);
    r.orders.push_back({o.request.leg, {o.request.created, end}, o.filled.is_positive()});
  }
  lay_beside(r, stored);
  r.broken = broken_promises(stored);
  find_span(r, stored);
  return r;
}

}  // namespace dn::app
