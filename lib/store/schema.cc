#include "store/schema.h"

#include <fmt/format.h>

namespace dn {
namespace {

// Conventions: amounts are decimal text, exact; names are those of model/; times are microseconds since 1970 (UTC), in
// columns that end in _us. STRICT makes SQLite refuse values of another type, so a wrong type is a damaged file.
//
// `fills` names its order without a foreign key: a trade that a venue shows must be bookable even if its order's row
// was lost. `controls` names the task by name: a wish is for the task, whatever its round when it is carried out.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE tasks (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  round INTEGER NOT NULL,
  spec TEXT NOT NULL,            -- "key=value" lines
  state TEXT NOT NULL,
  mode TEXT NOT NULL,
  verdict TEXT NOT NULL,
  reason TEXT NOT NULL,
  exit_code INTEGER NOT NULL,
  run_epoch INTEGER NOT NULL,
  next_seq INTEGER NOT NULL,
  orders INTEGER NOT NULL,
  rebalances INTEGER NOT NULL,
  rejects INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  runs INTEGER NOT NULL,
  restored INTEGER NOT NULL,
  created_us INTEGER NOT NULL,
  first_order_us INTEGER NOT NULL,
  updated_us INTEGER NOT NULL,
  source TEXT NOT NULL,          -- the spec as its file last gave it
  UNIQUE (name, round)
) STRICT;

CREATE TABLE legs (
  task_id INTEGER NOT NULL REFERENCES tasks (id),
  leg TEXT NOT NULL,
  filled TEXT NOT NULL,          -- base
  net TEXT NOT NULL,             -- base
  traded TEXT NOT NULL,          -- base
  traded_quote TEXT NOT NULL,
  cash TEXT NOT NULL,            -- quote
  PRIMARY KEY (task_id, leg)
) STRICT, WITHOUT ROWID;

CREATE TABLE fees (
  task_id INTEGER NOT NULL REFERENCES tasks (id),
  leg TEXT NOT NULL,
  asset TEXT NOT NULL,
  amount TEXT NOT NULL,          -- of the asset; positive = paid
  PRIMARY KEY (task_id, leg, asset)
) STRICT, WITHOUT ROWID;

CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  task_id INTEGER NOT NULL REFERENCES tasks (id),
  client_order_id TEXT NOT NULL,
  leg TEXT NOT NULL,
  side TEXT NOT NULL,
  type TEXT NOT NULL,
  purpose TEXT NOT NULL,
  price TEXT NOT NULL,
  quantity TEXT NOT NULL,        -- base
  reduce_only INTEGER NOT NULL,
  created_us INTEGER NOT NULL,
  expires_us INTEGER NOT NULL,
  status TEXT NOT NULL,
  close_reason TEXT NOT NULL,
  venue_order_id TEXT NOT NULL,
  filled TEXT NOT NULL,          -- base
  filled_quote TEXT NOT NULL,
  booked TEXT NOT NULL,          -- base
  cancel_requested INTEGER NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  updated_us INTEGER NOT NULL,
  UNIQUE (task_id, client_order_id)
) STRICT;

CREATE TABLE fills (
  id INTEGER PRIMARY KEY,
  task_id INTEGER NOT NULL REFERENCES tasks (id),
  venue TEXT NOT NULL,
  trade_id TEXT NOT NULL,
  client_order_id TEXT NOT NULL,
  venue_order_id TEXT NOT NULL,
  leg TEXT NOT NULL,
  side TEXT NOT NULL,
  price TEXT NOT NULL,
  quantity TEXT NOT NULL,        -- base
  fee TEXT NOT NULL,             -- of fee_asset; positive = paid
  fee_asset TEXT NOT NULL,
  liquidity TEXT NOT NULL,
  time_us INTEGER NOT NULL,
  UNIQUE (task_id, venue, trade_id)
) STRICT;

CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  task_id INTEGER NOT NULL REFERENCES tasks (id),
  ts_us INTEGER NOT NULL,
  type TEXT NOT NULL,
  json TEXT NOT NULL
) STRICT;
CREATE INDEX events_of_task ON events (task_id, id);

CREATE TABLE controls (
  id INTEGER PRIMARY KEY,
  task TEXT NOT NULL,
  verb TEXT NOT NULL,
  arguments TEXT NOT NULL,
  asked_us INTEGER NOT NULL,
  done_us INTEGER,               -- NULL = open
  outcome TEXT
) STRICT;
CREATE INDEX controls_open ON controls (task, id) WHERE done_us IS NULL;

CREATE TABLE latency (
  id INTEGER PRIMARY KEY,
  task_id INTEGER NOT NULL REFERENCES tasks (id),
  stage TEXT NOT NULL,
  count INTEGER NOT NULL,
  p50_ns INTEGER NOT NULL,
  p99_ns INTEGER NOT NULL,
  max_ns INTEGER NOT NULL,
  UNIQUE (task_id, stage)
) STRICT;
)sql";

// Whether a task trades with real money: what began on paper never goes on live, nor the other way round.
constexpr const char* kVersion2 = "ALTER TABLE tasks ADD COLUMN live INTEGER NOT NULL DEFAULT 0";

// Which request of a person an order carries out: a repeat of the request finds it.
constexpr const char* kVersion3 = "ALTER TABLE orders ADD COLUMN request TEXT NOT NULL DEFAULT ''";

// What limits count over all runs of a round.
constexpr const char* kVersion4 = R"sql(
ALTER TABLE tasks ADD COLUMN rejects_buy INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN rejects_sell INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN escalations INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN unwinding INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN loss_limit TEXT NOT NULL DEFAULT '';            -- quote; empty = none yet
ALTER TABLE tasks ADD COLUMN unhedged_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN unhedged_money_seconds TEXT NOT NULL DEFAULT '0';
)sql";

// The portfolio and what its tasks hold of it: store/portfolio.h. `portfolio` has a row for paper and one for live.
constexpr const char* kVersion5 = R"sql(
CREATE TABLE portfolio (
  live INTEGER PRIMARY KEY,
  quote TEXT NOT NULL,
  capital TEXT NOT NULL,         -- quote; so are the limits: empty = none
  per_symbol TEXT NOT NULL,
  total TEXT NOT NULL,
  max_loss TEXT NOT NULL,
  max_tasks INTEGER NOT NULL,    -- 0 = no limit
  halted TEXT NOT NULL,          -- why; empty = not halted
  base TEXT NOT NULL,            -- quote: the result that losses are counted from
  done TEXT NOT NULL             -- quote: the result of tasks that are done
) STRICT;

CREATE TABLE leases (
  task_id INTEGER PRIMARY KEY REFERENCES tasks (id),
  live INTEGER NOT NULL,
  symbol TEXT NOT NULL,
  buy TEXT NOT NULL,             -- venues
  sell TEXT NOT NULL,
  closing INTEGER NOT NULL,
  running INTEGER NOT NULL,      -- a run began and did not end; whether it is alive, its lock tells
  waiting INTEGER NOT NULL,
  room TEXT NOT NULL,            -- quote
  result TEXT NOT NULL,          -- quote
  done INTEGER NOT NULL          -- ended with nothing held, or released by a person
) STRICT;
CREATE INDEX leases_in_use ON leases (live) WHERE done = 0;
CREATE INDEX orders_unclosed ON orders (task_id) WHERE status <> 'closed';
)sql";

// Funding, and what a task that opens, holds and closes is at.
constexpr const char* kVersion6 = R"sql(
CREATE TABLE fundings (
  id INTEGER PRIMARY KEY,
  task_id INTEGER NOT NULL REFERENCES tasks (id),
  venue TEXT NOT NULL,
  payment_id TEXT NOT NULL,
  leg TEXT NOT NULL,
  amount TEXT NOT NULL,          -- quote; positive = received
  time_us INTEGER NOT NULL,
  UNIQUE (task_id, venue, payment_id)
) STRICT;
CREATE TABLE holdings (
  task_id INTEGER PRIMARY KEY REFERENCES tasks (id),
  part TEXT NOT NULL,
  since_us INTEGER NOT NULL,
  to_close TEXT NOT NULL,        -- base
  must_close INTEGER NOT NULL,
  funding_rate TEXT NOT NULL,    -- as last told
  funding_interval_us INTEGER NOT NULL,
  funding_next_us INTEGER NOT NULL,
  payments INTEGER NOT NULL,
  newest_payment_us INTEGER NOT NULL
) STRICT;
ALTER TABLE legs ADD COLUMN slippage TEXT NOT NULL DEFAULT '0';    -- quote
ALTER TABLE legs ADD COLUMN funding TEXT NOT NULL DEFAULT '0';     -- quote
ALTER TABLE orders ADD COLUMN arrival TEXT NOT NULL DEFAULT '0';   -- quote per base; 0 = not known
)sql";

// The chain of events: store/chain.h. What was written before is not chained, and how much of a task that is stands in its row.
constexpr const char* kVersion7 = R"sql(
ALTER TABLE events ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE tasks ADD COLUMN unchained INTEGER NOT NULL DEFAULT 0;
UPDATE tasks SET unchained = (SELECT count(*) FROM events WHERE task_id = tasks.id);
)sql";

// A task's rows in the order in which they came, from any of them on, however many it has: readers look at the newest, or page by page.
constexpr const char* kVersion8 = R"sql(
CREATE INDEX orders_of_task ON orders (task_id);
CREATE INDEX fills_of_task ON fills (task_id);
)sql";

// The days of a task: store/days.h.
constexpr const char* kVersion9 = R"sql(
CREATE TABLE days (
  task_id INTEGER NOT NULL REFERENCES tasks (id),
  day INTEGER NOT NULL,          -- since 1970 (UTC)
  fills INTEGER NOT NULL,        -- of earlier days
  PRIMARY KEY (task_id, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE day_legs (          -- the sums of `legs` and `fees` as earlier days left them
  task_id INTEGER NOT NULL REFERENCES tasks (id),
  day INTEGER NOT NULL,
  leg TEXT NOT NULL,
  filled TEXT NOT NULL,          -- base
  net TEXT NOT NULL,             -- base
  traded TEXT NOT NULL,          -- base
  traded_quote TEXT NOT NULL,
  cash TEXT NOT NULL,            -- quote
  slippage TEXT NOT NULL,        -- quote
  funding TEXT NOT NULL,         -- quote
  PRIMARY KEY (task_id, day, leg)
) STRICT, WITHOUT ROWID;
CREATE TABLE day_fees (
  task_id INTEGER NOT NULL REFERENCES tasks (id),
  day INTEGER NOT NULL,
  leg TEXT NOT NULL,
  asset TEXT NOT NULL,
  amount TEXT NOT NULL,          -- of the asset; positive = paid
  PRIMARY KEY (task_id, day, leg, asset)
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::array kMigrations{Migration{1, kVersion1}, Migration{2, kVersion2}, Migration{3, kVersion3}, Migration{4, kVersion4}, Migration{5, kVersion5},
                                 Migration{6, kVersion6}, Migration{7, kVersion7}, Migration{8, kVersion8}, Migration{9, kVersion9}};
static_assert(kMigrations.back().version == Store::kSchemaVersion);

struct Identity {
  std::int64_t application = 0;
  std::int64_t version = 0;
  bool empty = false;  // no table at all
};

Expected<Identity, StoreError> identify(Connection& connection) {
  Identity out;
  const auto application = connection.number("PRAGMA application_id");
  if (!application) return Unexpected{application.error()};
  const auto version = connection.number("PRAGMA user_version");
  if (!version) return Unexpected{version.error()};
  const auto objects = connection.number("SELECT count(*) FROM sqlite_schema");
  if (!objects) return Unexpected{objects.error()};
  out.application = *application;
  out.version = *version;
  out.empty = *application == 0 && *version == 0 && *objects == 0;
  return out;
}

// Refuses files that this program cannot use, whoever opens them. In a transaction of the caller: another process may be
// making the schema, and half of it would look like another program's file.
Expected<Identity, StoreError> identify_ours(Connection& connection, int newest) {
  auto found = identify(connection);
  if (!found || found->empty) return found;
  const std::string& path = connection.path();
  if (found->application != kApplicationId) {
    return Unexpected{StoreError{StoreError::Kind::NotADatabase, fmt::format("{} is another program's database, not one of dn", path)}};
  }
  if (found->version > newest) {
    return Unexpected{
        StoreError{StoreError::Kind::NewerSchema,
                   fmt::format("{} has schema version {}, this program knows versions up to {}; use the newer program", path, found->version, newest)}};
  }
  return found;
}

Expected<Identity, StoreError> look(Connection& connection, int newest) {
  auto snapshot = Transaction::begin(connection, Transaction::Kind::Read);
  if (!snapshot) return Unexpected{snapshot.error()};
  return identify_ours(connection, newest);
}

}  // namespace

MigrationList migrations() { return {kMigrations.data(), kMigrations.size(), kWholeSchema}; }

Expected<void, StoreError> migrate(Connection& connection, const MigrationList& list) {
  // Looked at without the write lock first, so that opening an up-to-date file does not wait for a writer.
  auto found = look(connection, list.newest());
  if (!found) return Unexpected{found.error()};
  if (found->version == list.newest()) return {};

  auto transaction = Transaction::begin(connection, Transaction::Kind::Write);
  if (!transaction) return Unexpected{transaction.error()};
  found = identify_ours(connection, list.newest());  // another process may have done it meanwhile
  if (!found) return Unexpected{found.error()};
  const bool whole = found->empty && list.whole != nullptr;
  if (whole) {
    if (auto r = connection.run(list.whole); !r) return r;
  }
  for (std::size_t i = 0; i < list.count; ++i) {
    const Migration& m = list.first[i];
    if (whole || m.version <= found->version) continue;
    if (auto r = connection.run(m.sql); !r) return r;
  }
  const std::string mark = fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, list.newest());
  if (auto r = connection.run(mark.c_str()); !r) return r;
  return transaction->commit();
}

Expected<void, StoreError> check_schema(Connection& connection, const MigrationList& list) {
  const auto found = look(connection, list.newest());
  if (!found) return Unexpected{found.error()};
  if (found->empty) return Unexpected{StoreError{StoreError::Kind::NotFound, fmt::format("{} holds no task yet", connection.path())}};
  if (found->version < list.newest()) {
    return Unexpected{StoreError{StoreError::Kind::OlderSchema, fmt::format("{} has the older schema version {}, this program reads version {}; "
                                                                            "open it once for writing (dn-run or dn-recover) to bring it up to date",
                                                                            connection.path(), found->version, list.newest())}};
  }
  return {};
}

}  // namespace dn
