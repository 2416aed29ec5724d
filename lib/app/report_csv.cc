#include "app/report_csv.h"

#include <fmt/format.h>

#include "app/table.h"

namespace dn::app {
namespace {

class Lines {
 public:
  Lines(const TaskReport& r, PlotKind plot, std::string& out) : r_(r), plot_(plot), out_(out) {}

  void add(std::string_view series, std::string_view x, std::string_view y, std::string_view unit) { put(series, x, y, unit, {}); }
  void add(const MatchedPair& p) {
    put(p.closing ? "closing pair" : "pair", rfc3339(p.at), p.spread.str(), "bps", {p.qty.str(), p.bought.str(), p.sold.str()});
  }
  void add(std::string_view series, const Steps& steps, std::string_view unit) {
    for (const Step& s : steps) add(series, rfc3339(s.at), s.value.str(), unit);
  }
  void add(std::string_view series, const std::vector<Stretch>& stretches) {
    for (const Stretch& s : stretches) add(series, rfc3339(s.from), rfc3339(s.to), "time");
  }

 private:
  void put(std::string_view series, std::string_view x, std::string_view y, std::string_view unit, std::vector<std::string> pair) {
    const TaskRecord& t = r_.view.task;
    std::vector<std::string> cells{t.spec.name,    std::to_string(t.round), std::string(name(plot_)), std::string(series),
                                   std::string(x), std::string(y),          std::string(unit)};
    pair.resize(3);
    cells.insert(cells.end(), pair.begin(), pair.end());
    out_ += csv_line(cells);
  }

  const TaskReport& r_;
  PlotKind plot_;
  std::string& out_;
};

void add_imbalance(Lines& to, const TaskReport& r) {
  const TaskSpec& spec = r.view.task.spec;
  to.add("imbalance", r.imbalance, spec.symbol.base.view());
  to.add("limit", "", bps_of(spec.total_quantity.decimal(), spec.risk.max_imbalance).str(), spec.symbol.base.view());
}

void add_spread(Lines& to, const TaskReport& r) {
  for (const MatchedPair& p : r.matched.pairs) to.add(p);
  to.add("quoted", r.quoted, "bps");
  if (r.view.figures.break_even) to.add("break-even", "", r.view.figures.break_even->str(), "bps");
}

void add_profit(Lines& to, const TaskReport& r) {
  for (const ProfitPart& p : r.profit) to.add(p.is_sum ? "sum" : "part", p.label, p.amount.str(), r.view.task.spec.symbol.quote.view());
  for (const auto& [asset, fee] : r.view.figures.fees.all()) to.add("paid", "fees", fee.str(), asset.view());
}

void add_latency(Lines& to, const TaskReport& r) {
  for (const LatencyStats& s : r.view.latency) {
    to.add(s.stage, "count", std::to_string(s.count), "times");
    for (const auto& [what, ns] : {std::pair{"p50", s.p50_ns}, std::pair{"p99", s.p99_ns}, std::pair{"max", s.max_ns}})
      to.add(s.stage, what, Decimal::from_parts(ns, 3).str(), "us");
    if (const auto target = latency_target_ns(s.stage)) to.add(s.stage, "target", Decimal::from_parts(*target, 3).str(), "us");
  }
}

void add_timeline(Lines& to, const TaskReport& r) {
  for (const RunSpan& run : r.history.runs) to.add(run.ended ? "run" : "run cut off", {{run.from, run.to}});
  const History& h = r.history;
  to.add("state ERROR", h.in_error);
  to.add("rebalancing", h.rebalancing);
  to.add("completing", h.completing);
  to.add("paused", h.paused);
  to.add("held back by the spread", h.held_back);
  for (const OrderSpan& o : r.orders) to.add(o.leg == Side::Buy ? "buy order" : "sell order", {{o.life.from, o.life.to}});
  for (const ToldCode& t : h.told) to.add(t.type + " " + t.code, rfc3339(t.last), std::to_string(t.times), "times");
}

}  // namespace

std::string report_csv_head() { return csv_line({"task", "round", "plot", "series", "x", "y", "unit", "quantity", "bought", "sold"}); }

std::string report_csv(const TaskReport& r, std::optional<PlotKind> only) {
  std::string out;
  for (const PlotKind plot : all_plots()) {
    if (only && *only != plot) continue;
    Lines to(r, plot, out);
    switch (plot) {
      case PlotKind::Progress:
        for (const Side leg : kSides) to.add(name(leg), r.filled[leg], r.view.task.spec.symbol.base.view());
        break;
      case PlotKind::Imbalance: add_imbalance(to, r); break;
      case PlotKind::Spread: add_spread(to, r); break;
      case PlotKind::Profit: add_profit(to, r); break;
      case PlotKind::Slippage:
        for (const Slip& s : r.slips) to.add(name(s.venue), "", s.bps.str(), "bps");
        break;
      case PlotKind::Latency: add_latency(to, r); break;
      case PlotKind::Timeline: add_timeline(to, r); break;
    }
  }
  return out;
}

}  // namespace dn::app
