#include "app/metrics.h"

#include <algorithm>
#include <array>
#include <map>

#include "app/exposition.h"
#include "app/session.h"

namespace dn::app {
namespace {

using enum Exposition::Type;

Decimal seconds(std::int64_t us) { return Decimal::from_parts(us, 6).normalized(); }
Decimal ratio_of_bps(const Decimal& bps) { return (as_shown(bps) * Decimal::from_parts(1, 4)).normalized(); }
Decimal ratio_of_percent(const Decimal& percent) { return (as_shown(percent) * Decimal::from_parts(1, 2)).normalized(); }

void count(TaskCounters& to, const TaskRecord& t) {
  to.orders += t.orders;
  to.rebalances += t.rebalances;
  to.rejects += t.rejects;
  to.errors += t.errors;
  to.runs += t.runs;
  to.funding_payments += t.holding.payments;
  to.unhedged_seconds = to.unhedged_seconds + seconds(t.guards.unhedged.us);
  to.unhedged_value_seconds = to.unhedged_value_seconds + as_shown(t.guards.unhedged_money_seconds.decimal());
}

// Writes the families of all tasks, one after the other: a family's samples stand together.
class TaskFamilies {
 public:
  explicit TaskFamilies(const std::vector<TaskMetrics>& tasks) : tasks_(tasks) {}

  std::string text() {
    what_it_is();
    quantities();
    results();
    orders();
    times();
    funding();
    return e_.text();
  }

 private:
  template <class Write>
  void family(std::string_view name, Exposition::Type type, std::string_view help, Write write) {
    e_.family(name, type, help);
    for (const TaskMetrics& m : tasks_) write(m);
  }
  template <class Read>
  void number_of(std::string_view name, std::string_view help, Read read) {
    family(name, Gauge, help, [&](const TaskMetrics& m) { e_.sample({{"task", task(m)}}, read(m)); });
  }
  template <class Read>
  void counter(std::string_view name, std::string_view help, Read read) {
    family(name, Counter, help, [&](const TaskMetrics& m) { e_.sample({{"task", task(m)}}, read(m.counters)); });
  }
  // An amount of a coin of the task; nothing where there is none.
  template <class Asset, class Read>
  void amount(std::string_view name, std::string_view help, Asset asset, Read read) {
    family(name, Gauge, help, [&](const TaskMetrics& m) {
      if (const std::optional<Decimal> value = read(m)) e_.sample({{"task", task(m)}, {"asset", asset(m)}}, *value);
    });
  }
  template <class Read>
  void ratio(std::string_view name, std::string_view help, Read read) {
    family(name, Gauge, help, [&](const TaskMetrics& m) {
      if (const std::optional<Decimal> value = read(m)) e_.sample({{"task", task(m)}}, *value);
    });
  }
  template <class Read>
  void per_leg(std::string_view name, std::string_view help, Read read) {
    family(name, Gauge, help, [&](const TaskMetrics& m) {
      for (const Side leg : kSides) e_.sample({{"task", task(m)}, {"exchange", exchange(m, leg)}, {"side", name_of(leg)}, {"asset", base(m)}}, read(m, leg));
    });
  }
  // One series for each value that there is, 1 for the one that holds.
  template <class Values, class Read>
  void one_of(std::string_view name, std::string_view label, std::string_view help, const Values& values, Read read) {
    family(name, Gauge, help, [&](const TaskMetrics& m) {
      for (const std::string_view v : values) e_.sample({{"task", task(m)}, {label, v}}, std::int64_t{read(m) == v});
    });
  }

  static std::string_view task(const TaskMetrics& m) { return m.view.task.spec.name; }
  static std::string_view base(const TaskMetrics& m) { return m.view.task.spec.symbol.base.view(); }
  static std::string_view quote(const TaskMetrics& m) { return m.view.task.spec.symbol.quote.view(); }
  static std::string_view exchange(const TaskMetrics& m, Side leg) { return name(*m.view.task.spec.leg[leg].exchange); }
  static std::string_view name_of(Side leg) { return name(leg); }
  static const LegTotals& leg_of(const TaskMetrics& m, Side leg) { return m.view.task.leg[leg]; }

  void what_it_is() {
    family("dn_task_info", Gauge, "What a task trades, and whether with real money.", [&](const TaskMetrics& m) {
      const TaskRecord& t = m.view.task;
      e_.sample({{"task", task(m)}, {"symbol", t.spec.symbol.str()}, {"trading", t.live ? "live" : "paper"}}, 1);
    });
    number_of("dn_task_round", "Number of the task's newest round.", [](const TaskMetrics& m) { return m.view.task.round; });
    std::array<std::string_view, 9> states;
    for (std::size_t i = 0; i < states.size(); ++i) states[i] = name(static_cast<TaskState>(i));
    one_of("dn_task_state", "state", "1 for the state that the task is in.", states, [](const TaskMetrics& m) { return name(m.view.task.state); });
    std::array<std::string_view, 4> modes;
    for (std::size_t i = 0; i < modes.size(); ++i) modes[i] = name(static_cast<TaskMode>(i));
    one_of("dn_task_mode", "mode", "1 for the mode that the task is in.", modes, [](const TaskMetrics& m) { return name(m.view.task.mode); });
    one_of("dn_task_run", "run", "1 for what is known of a run that works on the task.", kRuns, [](const TaskMetrics& m) { return run_of(m.view); });
    number_of("dn_task_exit_code", "Exit code of the task's last run, or what it would be now.",
              [](const TaskMetrics& m) { return std::int64_t{number(m.view.task.exit_code)}; });
    number_of("dn_task_health_code", "How the task stands, as dn-status --check says it, files of the kill switch apart; 0 is well.",
              [](const TaskMetrics& m) { return std::int64_t{number(health(m.view))}; });
  }

  void quantities() {
    amount("dn_task_target_quantity", "What each side is to trade.", base,
           [](const TaskMetrics& m) { return std::optional(m.view.task.spec.total_quantity.decimal()); });
    per_leg("dn_task_filled_quantity", "What a side has filled.", [](const TaskMetrics& m, Side leg) { return leg_of(m, leg).filled.decimal(); });
    per_leg("dn_task_net_quantity", "What a side gained or gave away, less fees in the coin.",
            [](const TaskMetrics& m, Side leg) { return leg_of(m, leg).net.decimal(); });
    family("dn_task_progress_ratio", Gauge, "Filled of what a side is to trade, 0 to 1.", [&](const TaskMetrics& m) {
      for (const Side leg : kSides) e_.sample({{"task", task(m)}, {"exchange", exchange(m, leg)}, {"side", name_of(leg)}}, m.view.figures.progress[leg]);
    });
    amount("dn_task_imbalance_quantity", "Net bought less net sold.", base,
           [](const TaskMetrics& m) { return std::optional(m.view.figures.imbalance.decimal()); });
    ratio("dn_task_imbalance_ratio", "Imbalance, without its sign, of what a side is to trade.",
          [](const TaskMetrics& m) { return std::optional(ratio_of_percent(m.view.figures.imbalance_pct)); });
  }

  template <class A>
  static std::optional<Decimal> shown_of(const std::optional<A>& a) {
    return a ? std::optional(as_shown(a->decimal())) : std::nullopt;
  }
  template <class A>
  static std::optional<Decimal> exact(const std::optional<A>& a) {
    return a ? std::optional(a->decimal()) : std::nullopt;
  }
  static std::optional<Decimal> bps(const std::optional<Bps>& b) { return b ? std::optional(ratio_of_bps(b->decimal())) : std::nullopt; }

  void results() {
    family("dn_task_average_price", Gauge, "Average price of a side's fills.", [&](const TaskMetrics& m) {
      for (const Side leg : kSides) {
        const auto price = shown_of(m.view.figures.avg_price[leg]);
        if (price) e_.sample({{"task", task(m)}, {"exchange", exchange(m, leg)}, {"side", name_of(leg)}, {"asset", quote(m)}}, *price);
      }
    });
    family("dn_task_fees", Gauge, "Fees paid by a side in this round; rebates count against them.", [&](const TaskMetrics& m) {
      for (const Side leg : kSides) {
        for (const auto& [asset, fee] : leg_of(m, leg).fees.all())
          e_.sample({{"task", task(m)}, {"exchange", exchange(m, leg)}, {"side", name_of(leg)}, {"asset", asset.view()}}, fee.decimal());
      }
    });
    ratio("dn_task_spread_ratio", "Captured spread: sold above bought, of bought.", [](const TaskMetrics& m) { return bps(m.view.figures.spread_bps); });
    amount("dn_task_gross_profit", "Profit before fees and funding.", quote, [](const TaskMetrics& m) { return shown_of(m.view.figures.gross); });
    amount("dn_task_profit", "Profit net of fees and funding.", quote, [](const TaskMetrics& m) { return shown_of(m.view.figures.profit); });
    ratio("dn_task_profit_ratio", "Net profit of what was bought.", [](const TaskMetrics& m) { return bps(m.view.figures.profit_bps); });
    family("dn_task_profit_part", Gauge, "Profit in its parts: basis + slippage + funding - fees is the net profit.", [&](const TaskMetrics& m) {
      const Kpi& k = m.view.figures;
      const std::array<std::pair<std::string_view, std::optional<Decimal>>, 4> parts{
          {{"basis", exact(k.basis)}, {"slippage", k.slippage.decimal()}, {"funding", k.funding.decimal()}, {"fees", k.fees_quote.decimal()}}};
      for (const auto& [part, value] : parts) {
        if (value) e_.sample({{"task", task(m)}, {"part", part}, {"asset", quote(m)}}, *value);
      }
    });
  }

  void orders() {
    number_of("dn_task_open_orders", "Orders that are not closed.", [](const TaskMetrics& m) { return m.view.open_orders; });
    number_of("dn_task_unknown_orders", "Orders of unknown fate.", [](const TaskMetrics& m) { return m.view.unknown_orders; });
    counter("dn_task_orders_total", "Orders sent.", [](const TaskCounters& c) { return c.orders; });
    counter("dn_task_rebalances_total", "Market-like orders that made the sides equal.", [](const TaskCounters& c) { return c.rebalances; });
    counter("dn_task_rejects_total", "Orders that a venue refused.", [](const TaskCounters& c) { return c.rejects; });
    counter("dn_task_errors_total", "Questions that a venue did not answer.", [](const TaskCounters& c) { return c.errors; });
    counter("dn_task_runs_total", "Runs that worked on the task.", [](const TaskCounters& c) { return c.runs; });
    counter("dn_task_unhedged_seconds_total", "How long the sides stood apart by what a venue trades.",
            [](const TaskCounters& c) { return c.unhedged_seconds; });
    family("dn_task_unhedged_value_seconds_total", Counter, "By how much the sides stood apart, in quote, times how long.", [&](const TaskMetrics& m) {
      e_.sample({{"task", task(m)}, {"asset", quote(m)}}, m.counters.unhedged_value_seconds);
    });
  }

  void times() {
    family("dn_task_latency_seconds", Gauge, "How long a stage of the work took in the last run that ended.", [&](const TaskMetrics& m) {
      for (const LatencyStats& s : m.view.latency) {
        for (const auto& [stat, ns] : {std::pair{"p50", s.p50_ns}, std::pair{"p99", s.p99_ns}, std::pair{"max", s.max_ns}})
          e_.sample({{"task", task(m)}, {"stage", s.stage}, {"stat", stat}}, Decimal::from_parts(ns, 9).normalized());
      }
    });
    family("dn_task_latency_samples", Gauge, "How often that stage was timed.", [&](const TaskMetrics& m) {
      for (const LatencyStats& s : m.view.latency) e_.sample({{"task", task(m)}, {"stage", s.stage}}, s.count);
    });
    number_of("dn_task_created_timestamp_seconds", "When the round began.", [](const TaskMetrics& m) { return seconds(m.view.task.created.us); });
    number_of("dn_task_updated_timestamp_seconds", "When the books of the task last changed.",
              [](const TaskMetrics& m) { return seconds(m.view.task.updated.us); });
  }

  // Of the leg that is paid funding, where one is.
  template <class Read>
  void funding_of(std::string_view name, std::string_view help, Read read) {
    family(name, Gauge, help, [&](const TaskMetrics& m) {
      const auto leg = funded_leg(m.view.task);
      const std::optional<Decimal> value = leg ? read(m.view.task, *leg) : std::nullopt;
      if (value) e_.sample({{"task", task(m)}, {"exchange", exchange(m, *leg)}, {"side", name_of(*leg)}}, *value);
    });
  }

  void funding() {
    funding_of("dn_task_funding_rate_ratio", "Funding of a perpetual's next settlement, of its position; a long pays it where it is positive.",
               [](const TaskRecord& t, Side) { return std::optional(t.holding.funding.rate.decimal()); });
    funding_of("dn_task_funding_interval_seconds", "Time between two settlements.",
               [](const TaskRecord& t, Side) { return std::optional(seconds(t.holding.funding.interval.us)); });
    funding_of("dn_task_funding_next_timestamp_seconds", "When the next settlement is.",
               [](const TaskRecord& t, Side) { return std::optional(seconds(t.holding.funding.next.us)); });
    funding_of("dn_task_funding_annual_ratio", "What a year of it would bring this task, of its position.", [](const TaskRecord& t, Side) {
      const auto apr = funding_apr(t);
      return apr ? std::optional(ratio_of_percent(apr->decimal())) : std::nullopt;
    });
    amount("dn_task_funding_expected", "What the next settlement is expected to bring.", quote,
           [](const TaskMetrics& m) { return shown_of(expected_funding(m.view.task)); });
    counter("dn_task_funding_payments_total", "Settlements whose payment is booked.", [](const TaskCounters& c) { return c.funding_payments; });
  }

  const std::vector<TaskMetrics>& tasks_;
  Exposition e_;
};

}  // namespace

Expected<std::vector<TaskMetrics>, ToolError> read_metrics(Store& store, const std::string& db, const std::vector<std::string>& tasks) {
  auto rounds = store.rounds();
  if (!rounds) return Unexpected{store_failure(rounds.error())};
  std::map<std::string, std::pair<TaskCounters, TaskRecord>> known;  // the last one is the newest round
  for (TaskRecord& t : *rounds) {
    if (!tasks.empty() && std::ranges::find(tasks, t.spec.name) == tasks.end()) continue;
    auto& [counters, newest] = known[t.spec.name];
    count(counters, t);
    newest = std::move(t);
  }
  std::vector<TaskMetrics> out;
  for (auto& [name, of] : known) {
    auto view = view_of(store, db, std::move(of.second));
    if (!view) return Unexpected{view.error()};
    out.push_back({std::move(*view), of.first});
  }
  return out;
}

std::string metrics_text(const std::vector<TaskMetrics>& tasks) { return TaskFamilies(tasks).text(); }

}  // namespace dn::app
