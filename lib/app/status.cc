#include "app/status.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "app/control.h"
#include "app/halt_files.h"
#include "app/metrics.h"
#include "app/portfolio_status.h"
#include "app/session.h"
#include "app/signals.h"
#include "app/status_json.h"
#include "base/text.h"

namespace dn::app {
namespace {

constexpr std::int64_t kEventsAtOnce = 500;

// One look at the database.
class View {
 public:
  View(const StatusRequest& request, Store& store) : request_(request), store_(store) {}

  Expected<ExitCode, ToolError> show() {
    auto views = tasks();
    if (!views) return Unexpected{views.error()};
    ExitCode code = ExitCode::Ok;
    for (const TaskView& v : *views) code = worse(code, worse(health(v), kept_from_running(v.task)));
    auto together = portfolios(store_, request_.db);
    if (!together) return Unexpected{together.error()};
    portfolios_ = std::move(*together);
    for (const PortfolioView& p : portfolios_) {
      if (!p.state.row.halted.empty()) code = worse(code, ExitCode::Halted);
    }
    auto done = print(*views);
    if (!done) return Unexpected{done.error()};
    return request_.check ? code : ExitCode::Ok;
  }

  // Events until the tasks have ended or a signal comes.
  Expected<ExitCode, ToolError> follow() {
    SignalReader signals;
    for (;;) {
      auto views = tasks();
      if (!views) return Unexpected{views.error()};
      auto done = print_events(*views);
      if (!done) return Unexpected{done.error()};
      std::fflush(stdout);
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
    for (const HaltFile& f : halts_there(request_.halt_files)) {
      const std::string what = f.venue ? fmt::format("what trades on {}", name(*f.venue)) : "everything";
      const std::string how = f.venue ? fmt::format("--exchange {}", name(*f.venue)) : "--all";
      fmt::print("{} halts {}{}; dn-recover resume {} --yes takes it away\n", printable(f.path), what, f.reason.empty() ? "" : " (" + f.reason + ")", how);
    }
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
    auto records = request_.rounds ? store_.rounds() : store_.tasks();
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
      case StatusVerb::Pnl: print_pnl(views); return {};
      case StatusVerb::Orders: return print_orders(views);
      case StatusVerb::Fills: return print_fills(views);
      case StatusVerb::Events: {
        if (request_.output.json) fmt::print("{{\"schema\":\"dn.status/1\",\"events\":[");
        auto more = print_events(views);
        while (more && *more > 0) more = print_events(views);
        if (request_.output.json) fmt::print("]}}\n");
        return more ? Expected<void, ToolError>() : Expected<void, ToolError>(Unexpected{more.error()});
      }
    }
    return {};
  }

  bool machine() const { return request_.output.json || request_.output.ndjson; }

  void put(const Table& table, std::string_view empty) const {
    if (request_.csv) {
      fmt::print("{}", table.csv());
    } else if (table.size() == 0) {
      fmt::print("{}\n", empty);
    } else {
      fmt::print("{}", table.text());
    }
  }

  void print_json(const std::vector<TaskView>& views) const {
    JsonWriter w;
    if (request_.output.ndjson) {
      for (const TaskView& v : views) {
        JsonWriter line;
        write_task(line, v);
        fmt::print("{}\n", line.str());
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
    fmt::print("{}\n", w.str());
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
    for (const PortfolioView& p : portfolios_) fmt::print("\n{}", portfolio_text(p));
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
    return fmt::format("{}, held since {}{}", name(h.part), rfc3339(h.since), h.part == Part::Close ? ", to close " + h.to_close.str() : "");
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
    Table table({"task", "symbol", "matched", "basis", "slippage", "gross", "funding", "fees in quote", "net", "net bps", "imbalance"});
    for (const TaskView& v : views) {
      table.add({v.task.spec.name, v.task.spec.symbol.str(), v.figures.matched.str(), v.figures.basis ? v.figures.basis->str() : "-", v.figures.slippage.str(),
                 or_dash(number(v.figures.gross), 8), v.figures.funding.str(), shown(v.figures.fees_quote.decimal()), or_dash(number(v.figures.profit), 8),
                 or_dash(number(v.figures.profit_bps), 4), v.figures.imbalance.str()});
    }
    put(table, "no tasks yet: dn-run FILE makes one");
  }

  // Prints rows of one kind over all tasks, as a table or as JSON.
  template <class Read, class Write, class Cells>
  Expected<void, ToolError> print_rows(const std::vector<TaskView>& views, Table table, std::string_view key, std::string_view empty, Read read, Write write,
                                       Cells cells) {
    std::string array;
    for (const TaskView& v : views) {
      auto rows = read(v.task.id);
      if (!rows) return Unexpected{store_failure(rows.error())};
      for (const auto& row : *rows) {
        if (!machine()) {
          table.add(cells(v.task, row));
          continue;
        }
        JsonWriter w;
        write(w, v.task, row);
        if (request_.output.ndjson) {
          fmt::print("{}\n", w.str());
        } else {
          array += (array.empty() ? "" : ",") + w.str();
        }
      }
    }
    if (request_.output.json) fmt::print("{{\"schema\":\"dn.status/1\",\"{}\":[{}]}}\n", key, array);
    if (!machine()) put(table, empty);
    return {};
  }

  Expected<void, ToolError> print_orders(const std::vector<TaskView>& views) {
    return print_rows(
        views, Table(order_columns()), "orders", "no such orders", [this](std::int64_t id) { return store_.orders(id, request_.orders); },
        [](JsonWriter& w, const TaskRecord& t, const OrderRecord& o) { write_order(w, t.spec.name, t.spec, o); },
        [](const TaskRecord& t, const OrderRecord& o) { return order_cells(t.spec.name, t.spec, o); });
  }

  Expected<void, ToolError> print_fills(const std::vector<TaskView>& views) {
    return print_rows(
        views, Table(fill_columns()), "fills", "no fills", [this](std::int64_t id) { return store_.fills(id); },
        [](JsonWriter& w, const TaskRecord& t, const Fill& f) { write_fill(w, t.spec.name, f); },
        [](const TaskRecord& t, const Fill& f) { return fill_cells(t.spec.name, f); });
  }

  // The events that were not printed yet; how many those were.
  Expected<std::int64_t, ToolError> print_events(const std::vector<TaskView>& views) {
    std::int64_t printed = 0;
    for (const TaskView& v : views) {
      std::int64_t& after = last_event_[v.task.id];
      auto events = store_.events(v.task.id, after, kEventsAtOnce);
      if (!events) return Unexpected{store_failure(events.error())};
      for (const StoredEvent& e : *events) {
        after = e.id;
        ++printed;
        if (request_.output.json) {
          fmt::print("{}{}\n", std::exchange(comma_, ","), e.json);
        } else if (request_.output.ndjson) {
          fmt::print("{}\n", e.json);
        } else if (request_.csv) {
          Table row({rfc3339(e.ts), v.task.spec.name, e.type, e.json});
          fmt::print("{}", row.csv());
        } else {
          fmt::print("{}  {}  {:<9}  {}\n", rfc3339(e.ts), printable(v.task.spec.name), printable(e.type), printable(brief(e.json)));
        }
      }
    }
    return printed;
  }

  // The fields of an event that are its own, without the head that every event has.
  static std::string brief(const std::string& json) {
    const auto task = json.find("\"task\":");
    const auto comma = task == std::string::npos ? task : json.find("\",", task + 7);
    if (comma == std::string::npos) return json;
    std::string out = json.substr(comma + 2);
    if (!out.empty() && out.back() == '}') out.pop_back();
    return out;
  }

  const StatusRequest& request_;
  Store& store_;
  std::vector<PortfolioView> portfolios_;
  std::map<std::int64_t, std::int64_t> last_event_;
  std::string_view comma_;  // before the next event of a document
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
  fmt::print("{}", text);
  return ExitCode::Ok;
}

Expected<ExitCode, ToolError> watch(const StatusRequest& request, Store& store) {
  SignalReader signals;
  for (;;) {
    if (isatty(STDOUT_FILENO) == 1) fmt::print("\x1b[H\x1b[2J");
    auto shown_now = View(request, store).show();
    if (!shown_now) return shown_now;
    std::fflush(stdout);
    for (const int signal : signals.wait(1'000'000)) {
      if (signal != SIGHUP) return shown_now;
    }
  }
}

}  // namespace

Expected<ExitCode, ToolError> show_status(const StatusRequest& request) {
  auto store = Store::open(request.db, Store::Mode::ReadOnly);
  if (!store) return Unexpected{store_failure(store.error())};
  if (request.prometheus) return show_metrics(request, **store);
  if (request.watch) return watch(request, **store);
  View view(request, **store);
  return request.follow ? view.follow() : view.show();
}

}  // namespace dn::app
