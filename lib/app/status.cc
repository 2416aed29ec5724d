#include "app/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "app/control.h"
#include "app/halt_files.h"
#include "app/metrics.h"
#include "app/pnl.h"
#include "app/portfolio_status.h"
#include "app/session.h"
#include "app/signals.h"
#include "app/status_json.h"
#include "app/status_rows.h"
#include "app/wall_clock.h"
#include "app/watch.h"
#include "base/text.h"

namespace dn::app {
namespace {

constexpr std::int64_t kRowsWatched = 20;  // of orders, fills and events, where --last does not say

// A line for each file of the kill switch.
std::vector<std::string> halt_lines(const StatusRequest& request) {
  std::vector<std::string> out;
  for (const HaltFile& f : halts_there(request.halt_files)) {
    const std::string what = f.venue ? fmt::format("what trades on {}", name(*f.venue)) : "everything";
    const std::string how = f.venue ? fmt::format("--exchange {}", name(*f.venue)) : "--all";
    out.push_back(
        fmt::format("{} halts {}{}; dn-recover resume {} --yes takes it away", printable(f.path), what, f.reason.empty() ? "" : " (" + f.reason + ")", how));
  }
  return out;
}

// One look at the database.
class View {
 public:
  View(const StatusRequest& request, Store& store, std::FILE* out = stdout) : request_(request), store_(store), out_(out), rows_(request, store, out) {}

  Expected<ExitCode, ToolError> show() {
    auto views = look();
    if (!views) return Unexpected{views.error()};
    if (request_.check && request_.output.quiet) return ends_with();  // the code is all that is wanted
    auto done = print(*views);
    if (!done) return Unexpected{done.error()};
    return ends_with();
  }

  // What is there to be shown; portfolios and the exit code are known from then on.
  Expected<std::vector<TaskView>, ToolError> look() {
    auto views = tasks();
    if (!views) return views;
    for (const TaskView& v : *views) code_ = worse(code_, worse(health(v), kept_from_running(v.task)));
    auto together = app::portfolios(store_, request_.db);
    if (!together) return Unexpected{together.error()};
    portfolios_ = std::move(*together);
    for (const PortfolioView& p : portfolios_) {
      if (!p.state.row.halted.empty()) code_ = worse(code_, ExitCode::Halted);
    }
    return views;
  }
  const std::vector<PortfolioView>& portfolios() const { return portfolios_; }
  ExitCode ends_with() const { return request_.check ? code_ : ExitCode::Ok; }

  // Events until the tasks have ended or a signal comes.
  Expected<ExitCode, ToolError> follow() {
    SignalReader signals;
    for (;;) {
      auto views = tasks();
      if (!views) return Unexpected{views.error()};
      auto done = rows_.more_events(*views);
      if (!done) return Unexpected{done.error()};
      std::fflush(out_);
      const bool ended = std::all_of(views->begin(), views->end(), [](const TaskView& v) { return v.task.verdict != Verdict::None; });
      if (ended && *done == 0) return ExitCode::Ok;
      for (const int signal : signals.wait(*done > 0 ? 0 : 200'000)) {
        if (signal != SIGHUP) return ExitCode::Ok;
      }
    }
  }

 private:
  // A file of the kill switch halts a task also while nobody runs it.
  ExitCode kept_from_running(const TaskRecord& t) const {
    const bool is_under_way = t.verdict == Verdict::None;
    return is_under_way && (KillSwitch(request_.halt_files, t.spec).pulled() != nullptr || !stray_halts(request_.halt_files).empty()) ? ExitCode::Halted
                                                                                                                                      : ExitCode::Ok;
  }

  void print_halts() const {
    for (const std::string& line : halt_lines(request_)) fmt::print(out_, "{}\n", line);
  }

  void write_halts(JsonWriter& w) const {
    w.key("halts").begin_array();
    for (const HaltFile& f : halts_there(request_.halt_files)) {
      w.begin_object().field("file", f.path).key("exchange");
      f.venue ? w.value(name(*f.venue)) : w.null();
      w.field("reason", f.reason).end_object();
    }
    w.end_array();
  }

  Expected<std::vector<TaskView>, ToolError> tasks() {
    const bool all_rounds = request_.rounds || (request_.verb == StatusVerb::Pnl && request_.by != PnlBy::Task);
    auto records = all_rounds ? store_.rounds() : store_.tasks();
    if (!records) return Unexpected{store_failure(records.error())};
    std::vector<TaskView> out;
    for (const std::string& wanted : request_.tasks) {
      const bool known = std::any_of(records->begin(), records->end(), [&](const TaskRecord& t) { return t.spec.name == wanted; });
      if (!known) return Unexpected{no_such_task(wanted, request_.db)};
    }
    for (TaskRecord& t : *records) {
      const bool wanted = request_.tasks.empty() || std::find(request_.tasks.begin(), request_.tasks.end(), t.spec.name) != request_.tasks.end();
      if (!wanted) continue;
      auto view = view_of(store_, request_.db, std::move(t));
      if (!view) return Unexpected{view.error()};
      out.push_back(std::move(*view));
    }
    return out;
  }

  Expected<void, ToolError> print(const std::vector<TaskView>& views) {
    switch (request_.verb) {
      case StatusVerb::Tasks: print_tasks(views); return {};
      case StatusVerb::Show: print_show(views); return {};
      case StatusVerb::Pnl: return request_.by == PnlBy::Task ? (print_pnl(views), Expected<void, ToolError>()) : print_sums(views);
      case StatusVerb::Orders: return rows_.orders(views);
      case StatusVerb::Fills: return rows_.fills(views);
      case StatusVerb::Events: return rows_.events(views);
    }
    return {};
  }

  bool machine() const { return request_.output.json || request_.output.ndjson; }

  void put(const Table& table, std::string_view empty) const {
    if (request_.csv) {
      fmt::print(out_, "{}", table.csv());
    } else if (table.size() == 0) {
      fmt::print(out_, "{}\n", empty);
    } else {
      fmt::print(out_, "{}", table.text());
    }
  }

  void print_json(const std::vector<TaskView>& views) const {
    JsonWriter w;
    if (request_.output.ndjson) {
      for (const TaskView& v : views) {
        JsonWriter line;
        write_task(line, v);
        fmt::print(out_, "{}\n", line.str());
      }
      return;
    }
    w.begin_object().field("schema", "dn.status/1").key("tasks").begin_array();
    for (const TaskView& v : views) write_task(w, v);
    w.end_array();
    write_halts(w);
    w.key("portfolios").begin_array();
    for (const PortfolioView& p : portfolios_) write_portfolio(w, p);
    w.end_array().end_object();
    fmt::print(out_, "{}\n", w.str());
  }

  static std::string or_dash(const std::optional<Decimal>& d, int places) { return d ? d->rounded(places, Rounding::HalfUp).str() : "-"; }
  template <class A>
  static std::optional<Decimal> number(const std::optional<A>& a) {
    return a ? std::optional<Decimal>(a->decimal()) : std::nullopt;
  }
  static std::string percent(const Decimal& fraction) { return (fraction * Decimal(100)).rounded(1, Rounding::HalfUp).str() + "%"; }

  void print_tasks(const std::vector<TaskView>& views) const {
    if (machine()) return print_json(views);
    Table table({"task", "on", "state", "mode", "symbol", "bought", "sold", "imbalance", "spread bps", "profit", "profit bps", "open", "unknown", "next"});
    for (const TaskView& v : views) {
      const TaskRecord& t = v.task;
      const auto side = [&](Side leg) { return fmt::format("{} ({})", t.leg[leg].filled.str(), percent(v.figures.progress[leg])); };
      table.add({t.spec.name, t.live ? "live" : "paper", std::string(name(t.state)), std::string(name(t.mode)), t.spec.symbol.str(), side(Side::Buy),
                 side(Side::Sell), v.figures.imbalance.str(), or_dash(number(v.figures.spread_bps), 2), or_dash(number(v.figures.profit), 4),
                 or_dash(number(v.figures.profit_bps), 2), std::to_string(v.open_orders), std::to_string(v.unknown_orders), next_step(v)});
    }
    put(table, "no tasks yet: dn-run FILE makes one");
    if (request_.csv) return;
    for (const PortfolioView& p : portfolios_) fmt::print(out_, "\n{}", portfolio_text(p));
    print_halts();
  }

  void print_show(const std::vector<TaskView>& views) const {
    if (machine()) return print_json(views);
    for (const TaskView& v : views) {
      const TaskRecord& t = v.task;
      const std::string quote = t.spec.symbol.quote.str();
      Table table({"task " + t.spec.name, ""});
      table.add({"state", fmt::format("{}, {}, mode {}{}", t.live ? "live" : "paper", name(t.state), name(t.mode),
                                      t.verdict == Verdict::None ? "" : fmt::format(", {}", name(t.verdict)))});
      if (!t.reason.empty()) table.add({"reason", t.reason});
      table.add({"symbol", fmt::format("{}, {} per side in slices of {}", t.spec.symbol.str(), t.spec.total_quantity.str(), t.spec.order_quantity.str())});
      for (const std::string& wish : v.asked_for) table.add({"asked for", wish + ", which no run has taken yet"});
      for (const Side leg : kSides) {
        const LegTotals& l = t.leg[leg];
        table.add({std::string(name(leg)), fmt::format("{} filled ({}), net {}, average {} on {}", l.filled.str(), percent(v.figures.progress[leg]),
                                                       l.net.str(), or_dash(number(v.figures.avg_price[leg]), 8), name(*t.spec.leg[leg].exchange))});
        for (const auto& [asset, fee] : l.fees.all()) table.add({"  fees", fmt::format("{} {}", fee.str(), asset.view())});
      }
      table.add({"imbalance", fmt::format("{} ({}% of the total)", v.figures.imbalance.str(), shown(v.figures.imbalance_pct))});
      table.add({"unhedged", fmt::format("{} s in all, {} {} x s", Decimal::from_parts(t.guards.unhedged.us, 6).normalized().str(),
                                         shown(t.guards.unhedged_money_seconds.decimal()), quote)});
      table.add({"spread", or_dash(number(v.figures.spread_bps), 4) + " bps"});
      table.add({"profit", fmt::format("{} {} gross, {} {} net of fees, {} bps", or_dash(number(v.figures.gross), 8), quote,
                                       or_dash(number(v.figures.profit), 8), quote, or_dash(number(v.figures.profit_bps), 4))});
      if (v.figures.basis) {
        table.add({"  made of", fmt::format("basis {}, slippage {}, funding {}, fees {}", v.figures.basis->str(), v.figures.slippage.str(),
                                            v.figures.funding.str(), (-v.figures.fees_quote).str())});
      }
      if (t.spec.hold.goes_round()) table.add({"part", part_text(t)});
      if (const auto leg = funded_leg(t)) table.add({"funding", funding_text(t, *leg)});
      table.add({"orders", fmt::format("{} sent, {} open, {} of unknown fate, {} refused, {} rebalances", t.orders, v.open_orders, v.unknown_orders, t.rejects,
                                       t.rebalances)});
      const Decimal asked(std::max<std::int64_t>(1, t.orders));
      table.add(
          {"error rate", percent(Decimal(t.rejects + t.errors).divided_by(asked, 6, Rounding::HalfUp)) + " (refusals and unanswered questions per order)"});
      for (const LatencyStats& s : v.latency) {
        table.add({"latency " + s.stage, fmt::format("p50 {} us, p99 {} us, max {} us ({} times)", Decimal::from_parts(s.p50_ns, 3).str(),
                                                     Decimal::from_parts(s.p99_ns, 3).str(), Decimal::from_parts(s.max_ns, 3).str(), s.count)});
      }
      for (const KeyInfo& k : task_keys()) {
        if (const auto value = get_task_key(t.spec, k.key)) table.add({std::string(k.key), *value});
      }
      table.add({"runs", fmt::format("{} (round {}), last exit code {}: {}", t.runs, t.round, dn::number(t.exit_code), info(t.exit_code).meaning)});
      table.add({"next", next_step(v)});
      put(table, "");
    }
    if (!request_.csv) print_halts();
  }

  static std::string part_text(const TaskRecord& t) {
    const Holding& h = t.holding;
    if (h.part == Part::Open) return "open";
    return fmt::format("{}, held since {}{}", name(h.part), rfc3339(h.since),
                       h.part == Part::Close && t.verdict == Verdict::None ? ", to close " + h.to_close.str() : "");
  }
  static std::string funding_text(const TaskRecord& t, Side leg) {
    const FundingTerms& f = t.holding.funding;
    const auto expected = expected_funding(t);
    return fmt::format("{} every {} on the {} side ({}% a year), next {}, {} expected, {} received in {} settlements", f.rate.str(),
                       format_duration(f.interval), name(leg), or_dash(number(funding_apr(t)), 2), rfc3339(f.next), or_dash(number(expected), 8),
                       t.leg[leg].funding.str(), t.holding.payments);
  }

  void print_pnl(const std::vector<TaskView>& views) const {
    if (machine()) return print_json(views);
    // For people to eight places, for programs exact.
    const auto money = [&](const std::optional<Money>& m) { return !m ? "-" : request_.csv ? m->str() : shown(m->decimal()); };
    Table table({"task", "symbol", "matched", "basis", "slippage", "gross", "funding", "fees in quote", "net", "net bps", "imbalance"});
    for (const TaskView& v : views) {
      table.add({v.task.spec.name, v.task.spec.symbol.str(), v.figures.matched.str(), v.figures.basis ? v.figures.basis->str() : "-", v.figures.slippage.str(),
                 money(v.figures.gross), v.figures.funding.str(), money(v.figures.fees_quote), money(v.figures.profit),
                 or_dash(number(v.figures.profit_bps), 4), v.figures.imbalance.str()});
    }
    put(table, "no tasks yet: dn-run FILE makes one");
  }

  Expected<void, ToolError> print_sums(const std::vector<TaskView>& views) {
    std::vector<TaskRecord> rounds;
    rounds.reserve(views.size());
    for (const TaskView& v : views) rounds.push_back(v.task);
    const auto rows = pnl_rows(store_, rounds, request_.by);
    if (!rows) return Unexpected{rows.error()};
    fmt::print(out_, "{}", pnl_text(*rows, request_.by, request_));
    return {};
  }

  const StatusRequest& request_;
  Store& store_;
  ExitCode code_ = ExitCode::Ok;
  std::vector<PortfolioView> portfolios_;
  std::FILE* out_;
  RowPrinter rows_;
};

Expected<ExitCode, ToolError> show_metrics(const StatusRequest& request, Store& store) {
  const auto tasks = read_metrics(store, request.db, request.tasks);
  if (!tasks) return Unexpected{tasks.error()};
  for (const std::string& wanted : request.tasks) {
    const bool known = std::any_of(tasks->begin(), tasks->end(), [&](const TaskMetrics& m) { return m.view.task.spec.name == wanted; });
    if (!known) return Unexpected{no_such_task(wanted, request.db)};
  }
  std::string text = metrics_text(*tasks);
  if (request.tasks.empty()) {
    const auto together = portfolios(store, request.db);
    if (!together) return Unexpected{together.error()};
    text += installation_metrics_text(*together, halts_there(request.halt_files).size());
  }
  write_out(text);
  return ExitCode::Ok;
}

// What a view prints, as text.
Expected<WatchSource::Seen, ToolError> seen_as_text(const StatusRequest& request, Store& store) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* into = open_memstream(&text, &size);
  if (into == nullptr) return Unexpected{ToolError{ExitCode::Internal, "no memory for a look at the database", ""}};
  const auto code = View(request, store, into).show();
  std::fclose(into);
  WatchSource::Seen out{{}, std::string(text, size), code ? *code : ExitCode::Ok};
  std::free(text);  // NOLINT(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory): open_memstream's
  return code ? Expected<WatchSource::Seen, ToolError>(std::move(out)) : Unexpected{code.error()};
}

Expected<WatchSource::Seen, ToolError> seen_as_table(const StatusRequest& request, Store& store) {
  View view(request, store);
  auto tasks = view.look();
  if (!tasks) return Unexpected{tasks.error()};
  return WatchSource::Seen{{wall_clock(), std::move(*tasks), view.portfolios(), halt_lines(request)}, "", view.ends_with()};
}

Expected<ExitCode, ToolError> watch_status(StatusRequest request, Store& store) {
  if (!request.last) request.last = kRowsWatched;
  const WatchSource source{[&](bool as_text) { return as_text ? seen_as_text(request, store) : seen_as_table(request, store); },
                           request.verb == StatusVerb::Tasks && !request.csv};
  return watch(source, request.output);
}

}  // namespace

Expected<ExitCode, ToolError> show_status(const StatusRequest& request) {
  auto store = Store::open(request.db, Store::Mode::ReadOnly);
  if (!store) return Unexpected{store_failure(store.error())};
  if (request.prometheus) return show_metrics(request, **store);
  if (request.watch) return watch_status(request, **store);
  View view(request, **store);
  return request.follow ? view.follow() : view.show();
}

}  // namespace dn::app
