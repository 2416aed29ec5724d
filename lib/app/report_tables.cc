#include "app/report_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/svg.h"

namespace dn::app {
namespace {

std::string cell(std::string_view text, std::string_view style = {}) {
  return style.empty() ? fmt::format("<td>{}</td>", markup(text)) : fmt::format("<td class=\"{}\">{}</td>", style, markup(text));
}

// `columns`: names; those of numbers begin with '#'.
std::string table_of(std::initializer_list<std::string_view> columns, const std::string& rows) {
  std::string out = "<div class=\"scroll\"><table>\n<thead><tr>";
  for (const std::string_view c : columns) out += c.starts_with('#') ? fmt::format("<th class=\"n\">{}</th>", c.substr(1)) : fmt::format("<th>{}</th>", c);
  return out + "</tr></thead>\n<tbody>\n" + rows + "</tbody></table></div>\n";
}

std::string row_of(const std::string& cells) { return "<tr>" + cells + "</tr>\n"; }

std::string percent_of(std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return "-";
  return (Decimal(part) * Decimal(100)).divided_by(Decimal(whole), 2, Rounding::HalfUp).normalized().str() + " %";
}

std::string seconds(Dur d) { return Decimal::from_parts(d.us, 6).normalized().str(); }

template <class A>
std::string amount_or_dash(const std::optional<A>& a) {
  return a ? shown(a->decimal()) : "-";
}

std::string_view style_of_level(std::string_view level) {
  if (level == "CRITICAL") return "bad";
  return level == "WARNING" ? "warn" : "dim";
}

// Without what is below a second.
std::string to_the_second(Time t) { return rfc3339(t).substr(0, 19) + "Z"; }

std::string micros(std::int64_t ns) { return Decimal::from_parts(ns, 3).normalized().str(); }

std::string tile(std::string_view name, std::string_view value) { return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", markup(name), markup(value)); }

}  // namespace

std::string overview_row(const TaskReport& r, bool linked) {
  const TaskRecord& t = r.view.task;
  const Kpi& k = r.view.figures;
  const std::string name = markup(t.spec.name);
  std::string cells = linked ? fmt::format("<td><a href=\"#task-{}\">{}</a></td>", t.id, name) : "<td>" + name + "</td>";
  cells += cell(std::to_string(t.round), "n");
  cells +=
      cell(t.live ? "live" : "paper") + cell(dn::name(t.state)) + cell(dn::name(t.mode), t.mode == TaskMode::Halted ? "bad" : "") + cell(t.spec.symbol.str());
  cells += cell(t.leg.buy.filled.str(), "n") + cell(t.leg.sell.filled.str(), "n") + cell(k.imbalance.str(), "n");
  cells += cell(k.profit ? shown(k.profit->decimal()) + " " + t.spec.symbol.quote.str() : "-", "n") + cell(std::to_string(number(t.exit_code)), "n");
  return row_of(cells);
}

std::string overview_table(const std::string& rows) {
  return table_of({"task", "#round", "on", "state", "mode", "symbol", "#bought", "#sold", "#imbalance", "#net profit", "#exit code"}, rows);
}

std::string task_head(const TaskReport& r) {
  const TaskRecord& t = r.view.task;
  const auto venue = [&](Side leg) { return std::string(dn::name(*t.spec.leg[leg].exchange)); };
  std::string out =
      fmt::format("<p class=\"dim\">{}, round {}: buys {} on {}, sells it on {}, {} per side in slices of {}</p>\n", t.live ? "live" : "paper", t.round,
                  markup(t.spec.symbol.str()), venue(Side::Buy), venue(Side::Sell), t.spec.total_quantity.str(), t.spec.order_quantity.str());
  out += fmt::format("<p>State <b>{}</b>, mode <b class=\"{}\">{}</b>{}{}</p>\n", dn::name(t.state), t.mode == TaskMode::Halted ? "bad" : "", dn::name(t.mode),
                     t.verdict == Verdict::None || dn::name(t.verdict) == dn::name(t.state) ? "" : fmt::format(", <b>{}</b>", dn::name(t.verdict)),
                     t.reason.empty() ? "" : ": " + markup(t.reason));
  const ExitCode code = worse(t.exit_code, health(r.view));
  out += fmt::format("<p>Exit code {}: {}. Next: {}</p>\n", number(code), markup(info(code).meaning), markup(next_step(r.view)));
  out += fmt::format("<p class=\"dim small\">{} to {}, {} {}</p>\n", to_the_second(r.from), to_the_second(r.to), r.history.runs.size(),
                     r.history.runs.size() == 1 ? "run" : "runs");
  return out;
}

std::string tiles(const TaskReport& r) {
  const TaskRecord& t = r.view.task;
  const Kpi& k = r.view.figures;
  const std::string base = " " + t.spec.symbol.base.str();
  const std::string quote = " " + t.spec.symbol.quote.str();
  const auto traded = std::ranges::count_if(r.orders, &OrderSpan::traded);
  std::string out = "<dl class=\"tiles\">\n";
  const auto done = [&](Side leg) { return (k.progress[leg] * Decimal(100)).rounded(2, Rounding::HalfUp).normalized().str() + " %"; };
  out += tile("bought", t.leg.buy.filled.str() + base + ", " + done(Side::Buy)) + tile("sold", t.leg.sell.filled.str() + base + ", " + done(Side::Sell));
  out += tile("matched, net of fees", k.matched.str() + base) + tile("imbalance", k.imbalance.str() + base);
  out += tile("average bought at", amount_or_dash(k.avg_price.buy) + quote) + tile("average sold at", amount_or_dash(k.avg_price.sell) + quote);
  out += tile("spread captured", amount_or_dash(k.spread_bps) + " bps") + tile("break-even", amount_or_dash(k.break_even) + " bps");
  out += tile("gross profit", amount_or_dash(k.gross) + quote) + tile("net profit", amount_or_dash(k.profit) + quote);
  out += tile("net profit of what was matched", amount_or_dash(k.profit_bps) + " bps");
  out += tile("orders that traded", fmt::format("{} of {}, {}", traded, r.orders.size(), percent_of(traded, static_cast<std::int64_t>(r.orders.size()))));
  out += tile("refused, unanswered", fmt::format("{}, {}", t.rejects, t.errors)) + tile("rebalances", std::to_string(t.rebalances));
  out += tile("unhedged", seconds(t.guards.unhedged) + " s") + tile("open, of unknown fate", fmt::format("{}, {}", r.view.open_orders, r.view.unknown_orders));
  return out + "</dl>\n";
}

std::string profit_table(const TaskReport& r) {
  const Symbol& symbol = r.view.task.spec.symbol;
  std::string rows;
  for (const ProfitPart& p : r.profit) rows += row_of(cell(p.label) + cell(p.amount.str(), "n") + cell(symbol.quote.view()));
  for (const auto& [asset, fee] : r.view.figures.fees.all()) {
    rows += row_of(cell("paid in fees, in all") + cell(fee.str(), "n") + cell(asset.view()));
  }
  return rows.empty() ? "" : table_of({"part of the profit", "#exact amount", "unit"}, rows);
}

std::string latency_table(const TaskReport& r) {
  std::string rows;
  for (const LatencyStats& s : r.view.latency) {
    if (s.count == 0) continue;
    const auto target = latency_target_ns(s.stage);
    const bool misses = target && s.p50_ns > *target;
    rows += row_of(cell(s.stage) + cell(std::to_string(s.count), "n") + cell(micros(s.p50_ns), misses ? "n bad" : "n") + cell(micros(s.p99_ns), "n") +
                   cell(micros(s.max_ns), "n") + cell(target ? micros(*target) : "-", "n"));
  }
  return rows.empty() ? "" : table_of({"stage", "#times", "#p50 µs", "#p99 µs", "#longest µs", "#target µs"}, rows);
}

std::string told_table(const TaskReport& r) {
  std::string rows;
  for (const ToldCode& t : r.history.told) {
    rows += row_of(cell(t.level, style_of_level(t.level)) + cell(t.type) + cell(t.code) + cell(std::to_string(t.times), "n") + cell(to_the_second(t.last)) +
                   cell(t.message, "w"));
  }
  if (r.history.told_otherwise > 0)
    rows += row_of(cell("") + cell("") + cell("further codes") + cell(std::to_string(r.history.told_otherwise), "n") + cell("") + cell(""));
  if (rows.empty()) return "<h3>Errors, limits and alerts</h3>\n<p>None.</p>\n";
  return "<h3>Errors, limits and alerts</h3>\n" + table_of({"level", "event", "code", "#times", "last", "what the last one said"}, rows);
}

std::string tradable_table(const TaskReport& r) {
  const Tradable t = tradable(r.history);
  std::string out = "<h3>Time in which it could trade</h3>\n";
  if (t.running.us <= 0) return out + "<p>It has not run for any time yet.</p>\n";
  const auto line = [&](std::string_view what, Dur d) { return row_of(cell(what) + cell(seconds(d), "n") + cell(percent_of(d.us, t.running.us), "n")); };
  std::string rows = line("running, all runs together", t.running) + line("in state ERROR", t.in_error) + line("paused, reducing or halted", t.paused);
  rows += line("held back by min_spread_bps", t.held_back) + line("free to quote", t.free());
  out += table_of({"", "#seconds", "#share"}, rows);
  const bool has_limit = r.view.task.spec.risk.min_spread_bps || r.view.task.spec.risk.exit_spread_bps;
  out += fmt::format("<p class=\"dim small\">{} How long prices were too old to quote on is not in the books and is part of the time free to quote.</p>\n",
                     has_limit || r.history.spread_was_watched
                         ? "From the events that told when the net spread was too small."
                         : "No min_spread_bps is set, so no spread held it back, and how wide the market's spread was is not in the books.");
  return out;
}

std::string books_table(const TaskReport& r) {
  std::string out = "<h3>Reconciliation</h3>\n";
  std::string rows;
  for (const BookLine& b : r.books) {
    const bool same = b.kept == b.found;
    rows += row_of(cell(b.what) + cell(b.unit) + cell(b.kept.str(), "n") + cell(b.found.str(), "n") +
                   cell(same ? "0" : (b.kept - b.found).str(), same ? "n" : "n bad"));
  }
  out += table_of({"sum", "unit", "#the task's record", "#its fills and payments", "#difference"}, rows);
  if (r.broken.empty()) return out + "<p class=\"good\">The books keep every promise.</p>\n";
  constexpr std::size_t kMost = 50;
  out +=
      fmt::format("<p class=\"bad\">The books break {} promises: do not trade on them before you know why (dn-recover verify).</p>\n<ul>\n", r.broken.size());
  for (std::size_t i = 0; i < std::min(r.broken.size(), kMost); ++i) out += "<li>" + markup(r.broken[i]) + "</li>\n";
  if (r.broken.size() > kMost) out += fmt::format("<li>and {} more</li>\n", r.broken.size() - kMost);
  return out + "</ul>\n";
}

}  // namespace dn::app
