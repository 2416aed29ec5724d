// What a Store is made of: its connection and the statements that it uses again and again.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/intent_file.h"
#include "store/portfolio.h"
#include "store/rows.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/store.h"

namespace dn {

// Newest round of a name first.
#define DN_SELECT_TASK "SELECT id, name, " DN_TASK_COLUMNS " FROM tasks "

struct Statements {
  Statement newest_tasks{DN_SELECT_TASK "AS t WHERE round = (SELECT max(round) FROM tasks WHERE name = t.name) ORDER BY name"};
  Statement all_rounds{DN_SELECT_TASK "ORDER BY name, round"};
  Statement task_by_name{DN_SELECT_TASK "WHERE name = ?1 ORDER BY round DESC LIMIT 1"};
  Statement task_by_id{DN_SELECT_TASK "WHERE id = ?1"};
  Statement task_legs{"SELECT task_id, leg, filled, net, traded, traded_quote, cash, slippage, funding FROM legs WHERE task_id = ?1"};
  Statement task_fees{"SELECT task_id, leg, asset, amount FROM fees WHERE task_id = ?1"};
  Statement last_round{"SELECT coalesce(max(round), 0), coalesce(max(run_epoch), 0) FROM tasks WHERE name = ?1"};
  Statement insert_task{
      "INSERT INTO tasks (name, " DN_TASK_COLUMNS
      ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28)"};
  // The name keeps a record from landing in another task's row; the epoch keeps a process that lost its task (and with it
  // the right to number orders) from writing over the run that came after it.
  Statement update_task{
      "UPDATE tasks SET spec = coalesce(?4, spec), state = ?5, mode = ?6, verdict = ?7, reason = ?8, exit_code = ?9, run_epoch = ?10, next_seq = "
      "?11, "
      "orders = ?12, rebalances = ?13, rejects = ?14, errors = ?15, runs = ?16, restored = ?17, created_us = ?18, first_order_us = ?19, updated_us = ?20, "
      "source = coalesce(?21, source), live = ?22, rejects_buy = ?23, rejects_sell = ?24, escalations = ?25, unwinding = ?26, loss_limit = ?27, "
      "unhedged_us = ?28, unhedged_money_seconds = ?29 WHERE id = ?1 AND name = ?2 AND round = ?3 AND run_epoch <= ?10"};
  Statement begin_run{"UPDATE tasks SET run_epoch = run_epoch + 1, runs = runs + 1, next_seq = 1, updated_us = ?2 WHERE id = ?1 AND run_epoch < 4294967295"};
  Statement put_leg{
      "INSERT INTO legs (task_id, leg, filled, net, traded, traded_quote, cash, slippage, funding) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
      "ON CONFLICT (task_id, leg) DO UPDATE SET filled = ?3, net = ?4, traded = ?5, traded_quote = ?6, cash = ?7, slippage = ?8, funding = ?9"};
  Statement put_holding{"INSERT OR REPLACE INTO holdings (task_id, " DN_HOLDING_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"};
  Statement task_holding{"SELECT task_id, " DN_HOLDING_COLUMNS " FROM holdings WHERE task_id = ?1"};
  Statement put_funding{"INSERT INTO fundings (task_id, " DN_FUNDING_COLUMNS
                        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (task_id, venue, payment_id) DO NOTHING"};
  Statement fundings{"SELECT id, " DN_FUNDING_COLUMNS " FROM fundings WHERE task_id = ?1 ORDER BY id"};
  // -1: none. And whether anything is booked.
  Statement newest_day{
      "SELECT coalesce(max(day), -1), EXISTS (SELECT 1 FROM fills WHERE task_id = ?1) OR EXISTS (SELECT 1 FROM fundings WHERE task_id = ?1) "
      "FROM days WHERE task_id = ?1"};
  Statement put_day{"INSERT INTO days (task_id, day, fills) VALUES (?1, ?2, ?3) ON CONFLICT (task_id, day) DO UPDATE SET fills = ?3"};
  Statement put_day_leg{
      "INSERT OR REPLACE INTO day_legs (task_id, day, leg, filled, net, traded, traded_quote, cash, slippage, funding) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"};
  Statement drop_day_fees{"DELETE FROM day_fees WHERE task_id = ?1 AND day = ?2"};
  Statement insert_day_fee{"INSERT INTO day_fees (task_id, day, leg, asset, amount) VALUES (?1, ?2, ?3, ?4, ?5)"};
  Statement forget_days{"DELETE FROM days WHERE task_id = ?1"};
  Statement forget_day_legs{"DELETE FROM day_legs WHERE task_id = ?1"};
  Statement forget_day_fees{"DELETE FROM day_fees WHERE task_id = ?1"};
  Statement days{"SELECT day, day, fills FROM days WHERE task_id = ?1 ORDER BY day"};
  Statement day_legs{"SELECT day, day, leg, filled, net, traded, traded_quote, cash, slippage, funding FROM day_legs WHERE task_id = ?1 ORDER BY day"};
  Statement day_fees{"SELECT day, day, leg, asset, amount FROM day_fees WHERE task_id = ?1 ORDER BY day"};
  Statement count_fills{"SELECT count(*) FROM fills WHERE task_id = ?1"};
  Statement arrival_of{"SELECT id, arrival FROM orders WHERE task_id = ?1 AND client_order_id = ?2"};
  Statement drop_fees{"DELETE FROM fees WHERE task_id = ?1"};
  Statement insert_fee{"INSERT INTO fees (task_id, leg, asset, amount) VALUES (?1, ?2, ?3, ?4)"};

  Statement put_order{
      "INSERT INTO orders (task_id, " DN_ORDER_COLUMNS
      ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23) "
      "ON CONFLICT (task_id, client_order_id) DO UPDATE SET leg = ?3, side = ?4, type = ?5, purpose = ?6, price = ?7, quantity = ?8, reduce_only = ?9, "
      "created_us = ?10, expires_us = ?11, status = ?12, close_reason = ?13, venue_order_id = ?14, filled = ?15, filled_quote = ?16, booked = ?17, "
      "cancel_requested = ?18, code = ?19, reason = ?20, updated_us = ?21, request = ?22, arrival = ?23"};
  Statement put_fill{"INSERT INTO fills (task_id, " DN_FILL_COLUMNS
                     ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT (task_id, venue, trade_id) DO NOTHING"};
  Statement insert_event{"INSERT INTO events (task_id, ts_us, type, json, digest) VALUES (?1, ?2, ?3, ?4, ?5)"};
  Statement last_event{"SELECT id, digest FROM events WHERE task_id = ?1 ORDER BY id DESC LIMIT 1"};
  Statement unchained{"SELECT unchained FROM tasks WHERE id = ?1"};
  Statement drop_latency{"DELETE FROM latency WHERE task_id = ?1"};
  Statement insert_latency{"INSERT INTO latency (task_id, stage, count, p50_ns, p99_ns, max_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"};

  // Few of many. The planner would take the index of all orders of the task.
  Statement unclosed_orders{"SELECT id, " DN_ORDER_COLUMNS
                            " FROM orders INDEXED BY orders_unclosed WHERE task_id = ?1 AND status <> 'closed' AND (?2 = 0 OR status = 'unknown') ORDER BY id"};
  Statement orders{"SELECT id, " DN_ORDER_COLUMNS " FROM orders WHERE task_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3"};
  Statement order_of_request{"SELECT id, " DN_ORDER_COLUMNS
                             " FROM orders WHERE request = ?2 AND task_id IN (SELECT id FROM tasks WHERE name = ?1) ORDER BY id DESC LIMIT 1"};
  Statement fills{"SELECT id, " DN_FILL_COLUMNS " FROM fills WHERE task_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3"};
  Statement events{"SELECT id, ts_us, type, json, digest FROM events WHERE task_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3"};
  Statement trades{
      "SELECT f.id, f.venue, f.trade_id, f.client_order_id, f.venue_order_id, f.leg, f.side, f.price, f.quantity, f.fee, f.fee_asset, "
      "f.liquidity, f.time_us, coalesce(o.arrival, '0') FROM fills AS f LEFT JOIN orders AS o ON o.task_id = f.task_id AND "
      "o.client_order_id = f.client_order_id WHERE f.task_id = ?1 AND f.id > ?2 ORDER BY f.id LIMIT ?3"};
  Statement newest_orders{"SELECT id FROM orders WHERE task_id = ?1 AND id > ?2 ORDER BY id DESC LIMIT ?3"};
  Statement newest_fills{"SELECT id FROM fills WHERE task_id = ?1 AND id > ?2 ORDER BY id DESC LIMIT ?3"};
  Statement newest_events{"SELECT id FROM events WHERE task_id = ?1 AND id > ?2 ORDER BY id DESC LIMIT ?3"};
  Statement latency{"SELECT id, stage, count, p50_ns, p99_ns, max_ns FROM latency WHERE task_id = ?1 ORDER BY id"};

  Statement portfolio_row{"SELECT live, quote, capital, per_symbol, total, max_loss, max_tasks, halted, base, done FROM portfolio WHERE live = ?1"};
  Statement put_portfolio{
      "INSERT INTO portfolio (live, quote, capital, per_symbol, total, max_loss, max_tasks, halted, base, done) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (live) DO UPDATE SET quote = ?2, capital = ?3, per_symbol = ?4, total = ?5, "
      "max_loss = ?6, max_tasks = ?7, halted = ?8, base = ?9, done = ?10"};
  Statement tasks_without_lease{DN_SELECT_TASK "WHERE live = ?1 AND id NOT IN (SELECT task_id FROM leases)"};
  Statement add_lease{
      "INSERT INTO leases (task_id, live, symbol, buy, sell, closing, running, waiting, room, result, done) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, '0', '0', "
      "0)"};
  Statement leases{
      "SELECT l.task_id, t.name, t.round, t.verdict, l.symbol, l.buy, l.sell, l.closing, l.running, l.waiting, l.room, l.result, b.filled, b.traded, "
      "b.traded_quote, s.filled, s.traded, s.traded_quote FROM leases AS l JOIN tasks AS t ON t.id = l.task_id "
      "JOIN legs AS b ON b.task_id = l.task_id AND b.leg = 'buy' JOIN legs AS s ON s.task_id = l.task_id AND s.leg = 'sell' "
      "WHERE l.live = ?1 AND l.done = 0 ORDER BY t.name, t.round"};
  Statement lease_orders{
      "SELECT task_id, side, price, quantity, booked FROM orders INDEXED BY orders_unclosed WHERE status <> 'closed' AND leg = side AND task_id IN "
      "(SELECT task_id FROM leases WHERE live = ?1 AND done = 0)"};
  Statement set_room{"UPDATE leases SET running = ?2, waiting = ?3, room = ?4 WHERE task_id = ?1"};
  Statement set_result{"UPDATE leases SET result = ?2 WHERE task_id = ?1"};
  Statement set_done{"UPDATE leases SET running = 0, waiting = 0, room = '0', result = '0', done = 1 WHERE task_id = ?1"};
  Statement free_room{"UPDATE leases SET running = 0, waiting = 0, room = '0' WHERE running = 1 AND task_id IN (SELECT id FROM tasks WHERE name = ?1)"};

  Statement integrity{"PRAGMA integrity_check(50)"};
  Statement quick_integrity{"PRAGMA quick_check(1)"};
  Statement data_version{"PRAGMA data_version"};
  Statement task_exists{"SELECT 1 FROM tasks WHERE name = ?1 LIMIT 1"};
  Statement insert_control{"INSERT INTO controls (task, verb, arguments, asked_us) VALUES (?1, ?2, ?3, ?4)"};
  Statement open_controls{"SELECT id, verb, arguments, asked_us FROM controls WHERE task = ?1 AND done_us IS NULL ORDER BY id"};
  Statement close_control{"UPDATE controls SET outcome = CASE WHEN done_us IS NULL THEN ?2 ELSE outcome END, done_us = coalesce(done_us, ?3) WHERE id = ?1"};
};

// What is known of the days of a task (store/days.h).
struct KnownDays {
  bool kept = true;          // false: an older version booked, and no days
  std::int64_t newest = -1;  // -1: none yet
};

// What tells whether a file that was opened as immutable is still the same.
struct FileMark {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified_ns = 0;
  bool log = false;  // a write-ahead log with content stands beside it
  friend bool operator==(const FileMark&, const FileMark&) = default;
};

// What a check of SQLite's finds wrong; empty when nothing is. `check`: one of its statements, not run yet.
Expected<std::vector<std::string>, StoreError> damage_of(Query& check);

class DayKeeper;

struct Store::Impl {
  Impl(std::string file, Mode as, Dur wait, Connection c) : path(std::move(file)), mode(as), patience(wait), connection(std::move(c)) {}

  std::string path;
  Mode mode;
  Dur patience;
  Connection connection;
  Statements st;                      // ends before its connection
  std::optional<FileMark> immutable;  // set while a reader uses the file as immutable
  int log_pages = 0;                  // in the write-ahead log after the last commit

  // Open wishes by task, good as long as `controls_version` is what PRAGMA data_version says.
  std::map<std::string, std::vector<ControlRequest>, std::less<>> controls;
  std::int64_t controls_version = -1;

  // The portfolio's row, paper and live, good as long as `portfolio_version` is what PRAGMA data_version says and we write none ourselves.
  std::map<bool, std::optional<PortfolioRow>> portfolio;
  std::int64_t portfolio_version = -1;

  // Before every read: a reader of an immutable file looks again when the file has changed.
  Expected<void, StoreError> fresh();

  // The legs' sums as they stand in the file, by task row: what is unchanged is not written again, because most commits
  // place orders and book nothing. Good as long as nobody else has written, which `sums_version` tells.
  std::map<std::int64_t, PerSide<LegTotals>> sums;
  std::map<std::int64_t, Holding> holdings;  // likewise
  std::map<std::int64_t, Digest> heads;      // likewise: of the chains of events
  std::map<std::int64_t, KnownDays> days;    // likewise
  std::uint32_t sums_version = 0;            // SQLITE_FCNTL_DATA_VERSION after our last commit

  // Whether a killed run promised orders that the books lack; puts them there, as far as that can be done.
  bool lacks_intents();
  void take_up_all();

  // The texts of a task as we last wrote them, by task row: nobody but the holder of its lock changes them.
  std::map<std::int64_t, std::pair<TaskSpec, std::string>> texts;
  bool same_texts(const TaskRecord& task) const {
    const auto at = texts.find(task.id);
    return at != texts.end() && at->second.second == task.source && at->second.first == task.spec;
  }

  // ---- within a transaction of the caller
  Expected<void, StoreError> read_sums(TaskRecord& task);
  Expected<std::optional<TaskRecord>, StoreError> find(std::string_view name);
  Expected<StoredTask, StoreError> with_rows(TaskRecord task);
  Expected<void, StoreError> write_task(const TaskRecord& task);
  Expected<void, StoreError> write_sums(const TaskRecord& task);
  Expected<void, StoreError> write_holding(const TaskRecord& task);
  // The digest of the task's newest event; empty where there is none, or where it is not chained.
  Expected<Digest, StoreError> head_of(std::int64_t task_id);
  // Behind the event with the digest `head`, which becomes its own.
  Expected<void, StoreError> write_event(std::int64_t task_id, Time ts, std::string_view type, std::string_view json, Digest& head);
  Expected<KnownDays, StoreError> days_known(std::int64_t task_id);
  Expected<void, StoreError> write_day(std::int64_t task_id, const DayStart& day);
  Expected<std::vector<DayStart>, StoreError> read_days(std::int64_t task_id);
  Expected<void, StoreError> write_rows(const TaskRecord& task, const JournalBatch& batch, DayKeeper& days);
  void forget_if_others_wrote();
  std::uint32_t data_version() const;  // another number after every commit, ours or another's, that this transaction sees
  Expected<std::vector<OrderRecord>, StoreError> read_orders(std::int64_t task_id, const OrderFilter& filter);
  Expected<std::vector<Fill>, StoreError> read_fills(std::int64_t task_id);
  Expected<std::vector<FundingPayment>, StoreError> read_fundings(std::int64_t task_id);

  // ---- each a transaction of its own
  Expected<void, StoreError> write_batch(const TaskRecord& task, const JournalBatch& batch, std::string_view run_id);
  Expected<void, StoreError> write_one_event(std::int64_t task_id, Time ts, std::string_view type, std::string_view json);
  Expected<void, StoreError> write_latency(std::int64_t task_id, const std::vector<LatencyStats>& stats);
  Expected<TaskRecord, StoreError> count_up_run(std::int64_t task_id, Time now);

  Expected<std::vector<TaskRecord>, StoreError> read_tasks(Statement& which);
  StoreError no_task(std::string_view which) const;
};

struct Store::Run {
  std::string id;
  std::optional<IntentFile> intents;  // of its task
  Intents promised;                   // in that file, and in no row yet
};

}  // namespace dn
