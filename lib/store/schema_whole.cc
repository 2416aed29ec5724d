#include "store/schema.h"

namespace dn {

// In the words of SQLite's own table of the schema after all steps, so that a test can hold one against the other; what a column means stands at
// the step that brought it (schema.cc).
const char* const kWholeSchema = R"sql(
CREATE TABLE tasks (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, round INTEGER NOT NULL, spec TEXT NOT NULL, state TEXT NOT NULL, mode TEXT NOT NULL,
  verdict TEXT NOT NULL, reason TEXT NOT NULL, exit_code INTEGER NOT NULL, run_epoch INTEGER NOT NULL, next_seq INTEGER NOT NULL,
  orders INTEGER NOT NULL, rebalances INTEGER NOT NULL, rejects INTEGER NOT NULL, errors INTEGER NOT NULL, runs INTEGER NOT NULL,
  restored INTEGER NOT NULL, created_us INTEGER NOT NULL, first_order_us INTEGER NOT NULL, updated_us INTEGER NOT NULL, source TEXT NOT NULL,
  live INTEGER NOT NULL DEFAULT 0, rejects_buy INTEGER NOT NULL DEFAULT 0, rejects_sell INTEGER NOT NULL DEFAULT 0,
  escalations INTEGER NOT NULL DEFAULT 0, unwinding INTEGER NOT NULL DEFAULT 0, loss_limit TEXT NOT NULL DEFAULT '',
  unhedged_us INTEGER NOT NULL DEFAULT 0, unhedged_money_seconds TEXT NOT NULL DEFAULT '0', unchained INTEGER NOT NULL DEFAULT 0,
  UNIQUE (name, round)
) STRICT;
CREATE TABLE legs (
  task_id INTEGER NOT NULL REFERENCES tasks (id), leg TEXT NOT NULL, filled TEXT NOT NULL, net TEXT NOT NULL, traded TEXT NOT NULL,
  traded_quote TEXT NOT NULL, cash TEXT NOT NULL, slippage TEXT NOT NULL DEFAULT '0', funding TEXT NOT NULL DEFAULT '0', PRIMARY KEY (task_id, leg)
) STRICT, WITHOUT ROWID;
CREATE TABLE fees (
  task_id INTEGER NOT NULL REFERENCES tasks (id), leg TEXT NOT NULL, asset TEXT NOT NULL, amount TEXT NOT NULL, PRIMARY KEY (task_id, leg, asset)
) STRICT, WITHOUT ROWID;
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, task_id INTEGER NOT NULL REFERENCES tasks (id), client_order_id TEXT NOT NULL, leg TEXT NOT NULL, side TEXT NOT NULL,
  type TEXT NOT NULL, purpose TEXT NOT NULL, price TEXT NOT NULL, quantity TEXT NOT NULL, reduce_only INTEGER NOT NULL, created_us INTEGER NOT NULL,
  expires_us INTEGER NOT NULL, status TEXT NOT NULL, close_reason TEXT NOT NULL, venue_order_id TEXT NOT NULL, filled TEXT NOT NULL,
  filled_quote TEXT NOT NULL, booked TEXT NOT NULL, cancel_requested INTEGER NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL,
  updated_us INTEGER NOT NULL, request TEXT NOT NULL DEFAULT '', arrival TEXT NOT NULL DEFAULT '0', UNIQUE (task_id, client_order_id)
) STRICT;
CREATE TABLE fills (
  id INTEGER PRIMARY KEY, task_id INTEGER NOT NULL REFERENCES tasks (id), venue TEXT NOT NULL, trade_id TEXT NOT NULL, client_order_id TEXT NOT NULL,
  venue_order_id TEXT NOT NULL, leg TEXT NOT NULL, side TEXT NOT NULL, price TEXT NOT NULL, quantity TEXT NOT NULL, fee TEXT NOT NULL,
  fee_asset TEXT NOT NULL, liquidity TEXT NOT NULL, time_us INTEGER NOT NULL, UNIQUE (task_id, venue, trade_id)
) STRICT;
CREATE TABLE events (
  id INTEGER PRIMARY KEY, task_id INTEGER NOT NULL REFERENCES tasks (id), ts_us INTEGER NOT NULL, type TEXT NOT NULL, json TEXT NOT NULL,
  digest TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX events_of_task ON events (task_id, id);
CREATE TABLE controls (
  id INTEGER PRIMARY KEY, task TEXT NOT NULL, verb TEXT NOT NULL, arguments TEXT NOT NULL, asked_us INTEGER NOT NULL, done_us INTEGER, outcome TEXT
) STRICT;
CREATE INDEX controls_open ON controls (task, id) WHERE done_us IS NULL;
CREATE TABLE latency (
  id INTEGER PRIMARY KEY, task_id INTEGER NOT NULL REFERENCES tasks (id), stage TEXT NOT NULL, count INTEGER NOT NULL, p50_ns INTEGER NOT NULL,
  p99_ns INTEGER NOT NULL, max_ns INTEGER NOT NULL, UNIQUE (task_id, stage)
) STRICT;
CREATE TABLE portfolio (
  live INTEGER PRIMARY KEY, quote TEXT NOT NULL, capital TEXT NOT NULL, per_symbol TEXT NOT NULL, total TEXT NOT NULL, max_loss TEXT NOT NULL,
  max_tasks INTEGER NOT NULL, halted TEXT NOT NULL, base TEXT NOT NULL, done TEXT NOT NULL
) STRICT;
CREATE TABLE leases (
  task_id INTEGER PRIMARY KEY REFERENCES tasks (id), live INTEGER NOT NULL, symbol TEXT NOT NULL, buy TEXT NOT NULL, sell TEXT NOT NULL,
  closing INTEGER NOT NULL, running INTEGER NOT NULL, waiting INTEGER NOT NULL, room TEXT NOT NULL, result TEXT NOT NULL, done INTEGER NOT NULL
) STRICT;
CREATE INDEX leases_in_use ON leases (live) WHERE done = 0;
CREATE INDEX orders_unclosed ON orders (task_id) WHERE status <> 'closed';
CREATE TABLE fundings (
  id INTEGER PRIMARY KEY, task_id INTEGER NOT NULL REFERENCES tasks (id), venue TEXT NOT NULL, payment_id TEXT NOT NULL, leg TEXT NOT NULL,
  amount TEXT NOT NULL, time_us INTEGER NOT NULL, UNIQUE (task_id, venue, payment_id)
) STRICT;
CREATE TABLE holdings (
  task_id INTEGER PRIMARY KEY REFERENCES tasks (id), part TEXT NOT NULL, since_us INTEGER NOT NULL, to_close TEXT NOT NULL,
  must_close INTEGER NOT NULL, funding_rate TEXT NOT NULL, funding_interval_us INTEGER NOT NULL, funding_next_us INTEGER NOT NULL,
  payments INTEGER NOT NULL, newest_payment_us INTEGER NOT NULL
) STRICT;
CREATE INDEX orders_of_task ON orders (task_id);
CREATE INDEX fills_of_task ON fills (task_id);
CREATE TABLE days (
  task_id INTEGER NOT NULL REFERENCES tasks (id), day INTEGER NOT NULL, fills INTEGER NOT NULL, PRIMARY KEY (task_id, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE day_legs (
  task_id INTEGER NOT NULL REFERENCES tasks (id), day INTEGER NOT NULL, leg TEXT NOT NULL, filled TEXT NOT NULL, net TEXT NOT NULL,
  traded TEXT NOT NULL, traded_quote TEXT NOT NULL, cash TEXT NOT NULL, slippage TEXT NOT NULL, funding TEXT NOT NULL,
  PRIMARY KEY (task_id, day, leg)
) STRICT, WITHOUT ROWID;
CREATE TABLE day_fees (
  task_id INTEGER NOT NULL REFERENCES tasks (id), day INTEGER NOT NULL, leg TEXT NOT NULL, asset TEXT NOT NULL, amount TEXT NOT NULL,
  PRIMARY KEY (task_id, day, leg, asset)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace dn
