// The journal: what of a run is on disk when, what a crash may take, and why nothing is lost in the end.
//
// The promise is about orders and money, not about bytes: after any crash the books can be brought to what the venues
// did, no order is sent twice, and none is left behind that nobody knows of. It rests on three rules.
//
//   1. An order's intent is durable against a crash of this program before its first byte leaves (engine/bookkeeper.h). `commit` is how, with
//      everything else of its step. Where a step does nothing but quote, `promise` does it alone and the commit follows (below).
//   2. Every order carries an id of ours, made of task, leg, run epoch and sequence. No id is ever used twice.
//   3. A batch is one transaction: all rows of a step, or of several in a row, or none. After an error the caller sends nothing.
//
// Two kinds of crash, and what each may take:
//
//   kill -9, a crash of this program. The kernel lives and keeps what was written. `commit` has written its frames to
//   the write-ahead log when it returns, so nothing that was committed is lost; a batch that was half written has no
//   commit mark and its frames are ignored by the next open. Between a commit and the send that follows, and while steps wait for their commit,
//   an order may stand in the books as `intent` although it never left, or left and what came of it was not booked. All of it looks
//   the same at the next start, and is settled the same way: the venue is asked for the id (engine: recovery).
//
//   `promise` writes the intents of the steps since the last commit to mapped memory beside the task's lock (store/intent_file.h): a hundredth of a
//   commit's time, between a price and its orders. A run that is killed before the commit has left the books as they were before those steps, and the
//   intents. Whoever opens the task next, run, reader or another run's portfolio, makes rows of them first (store/intents.cc), with the counters
//   behind them, so that no number is used again; from there on they are intents like any other. The counters tell whether intents are missing: a
//   page that a commit has overtaken is nothing. A commit that fails behind its sends ends the run; its orders are cancelled, and found the same way.
//
//   Power loss, a crash of the kernel. With synchronous=NORMAL a commit does not wait for the disk: the newest commits
//   may be gone, always from the end. The log's frames carry a running checksum over all frames before them, so what is
//   found again is a prefix of the commits, never a mixture. What such a prefix lacks:
//     - fills and changes of orders whose intent is there: asked for by id at the start, booked again. The venue's trade
//       id is the key (UNIQUE task, venue, trade), so what was not lost is not booked twice.
//     - intents whose order was sent, or the page of them: the book has no such order, the venue does. At the start recovery lists the
//       task's open orders and trades at both venues and knows ours by the id's form, which tells task, leg and epoch.
//       They are at the venue by then, because a machine takes longer to come up again than a request that it sent can
//       live: the venue refuses it after 5 seconds (kRequestLifetime). Where a machine were faster, an order could arrive
//       after the survey; the run would halt at its first trade, and only the next start would know it.
//       The books alone prove nothing after a power cut, also those of a halted task: its next start looks first.
//     - events and counters: gone. They are history for people; no decision is made from them.
//   What must never be in the lost part is the epoch: the next run would number its orders like the run before, the
//   venue would refuse them as duplicates or, worse, answer for the old order when asked for the new. So the epoch alone
//   is worth a wait for the disk, once per run and before the first order: see `begin_run`. Waiting in every commit
//   instead would cost a hundred times as much between a price and its order and buy nothing that recovery does not
//   find anyway.
//
// A full disk or an I/O error fails the batch as a whole and leaves the connection usable. One order of events is worth
// knowing: where a failing disk reports an error for a commit whose frames did reach it, a later crash may bring that
// batch back. It then reads as an intent that was never sent, which recovery proves absent and closes.
//
// tests/power lives whole lives on a disk that keeps any subset of what was not synced, torn at its sectors, with a cut at
// every commit and in the middle of the disk's own work.
//
// Checkpoints move the log into the file. SQLite syncs the log before it copies and the file before the log is written
// anew, so the prefix rule holds across them. They wait for the disk; `checkpoint` lets the caller choose when.
#include <fmt/format.h>

#include "store/days.h"

namespace dn {
namespace {

JournalError journal_error(const StoreError& e) {
  const auto kind = [&e] {
    switch (e.kind) {
      case StoreError::Kind::DiskFull: return JournalError::Kind::DiskFull;
      case StoreError::Kind::ReadOnly: return JournalError::Kind::ReadOnly;
      case StoreError::Kind::Busy: return JournalError::Kind::Busy;
      case StoreError::Kind::Damaged:
      case StoreError::Kind::NotADatabase: return JournalError::Kind::Corrupt;
      case StoreError::Kind::NotFound:
      case StoreError::Kind::NewerSchema:
      case StoreError::Kind::OlderSchema:
      case StoreError::Kind::Exists:
      case StoreError::Kind::Stopped:
      case StoreError::Kind::Other: break;
    }
    return JournalError::Kind::Other;
  };
  return {kind(), e.message};
}

Expected<void, JournalError> as_journal(const Expected<void, StoreError>& r) {
  if (r) return {};
  return Unexpected{journal_error(r.error())};
}

bool same(const LegTotals& a, const LegTotals& b) {
  return a.filled == b.filled && a.net == b.net && a.traded == b.traded && a.traded_quote == b.traded_quote && a.cash == b.cash && a.slippage == b.slippage &&
         a.funding == b.funding && a.fees.all() == b.fees.all();
}

}  // namespace

std::uint32_t Store::Impl::data_version() const {
  std::uint32_t version = 0;
  sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_DATA_VERSION, &version);
  return version;
}

Expected<void, StoreError> Store::Impl::write_sums(const TaskRecord& task) {
  for (const Side side : kSides) {
    const LegTotals& leg = task.leg[side];
    Query q(connection, st.put_leg);
    q.add(task.id).add(name(side));
    bind_sums(q, leg);
    if (auto r = q.run(); !r) return r;
  }
  if (auto r = Query(connection, st.drop_fees).add(task.id).run(); !r) return r;
  for (const Side side : kSides) {
    for (const auto& [asset, fee] : task.leg[side].fees.all()) {
      if (auto r = Query(connection, st.insert_fee).add(task.id).add(name(side)).add(asset.view()).add(fee).run(); !r) return r;
    }
  }
  return {};
}

// A task that never held anything worth a row has none.
Expected<void, StoreError> Store::Impl::write_holding(const TaskRecord& task) {
  const auto stored = holdings.find(task.id);
  if (stored != holdings.end() ? stored->second == task.holding : task.holding == Holding{}) return {};
  Query q(connection, st.put_holding);
  q.add(task.id);
  bind_holding(q, task.holding);
  return q.run();
}

Expected<void, StoreError> Store::Impl::write_task(const TaskRecord& task) {
  {
    Query q(connection, st.update_task);
    q.add(task.id).add(std::string_view(task.spec.name));
    bind_task(q, task, !same_texts(task));
    if (auto r = q.run(); !r) return r;
    if (q.changed() != 1) {
      return Unexpected{StoreError{StoreError::Kind::Other, fmt::format("{}: task {} has no row {} of round {}, or a run later than {} has it now", path,
                                                                        task.spec.name, task.id, task.round, task.run_epoch)}};
    }
  }
  if (auto r = write_holding(task); !r) return r;
  const auto stored = sums.find(task.id);
  if (stored != sums.end() && same(stored->second.buy, task.leg.buy) && same(stored->second.sell, task.leg.sell)) return {};
  return write_sums(task);
}

void Store::Impl::forget_if_others_wrote() {
  if (data_version() == sums_version) return;
  sums.clear();
  holdings.clear();
  heads.clear();
  days.clear();
}

Expected<Digest, StoreError> Store::Impl::head_of(std::int64_t task_id) {
  if (const auto known = heads.find(task_id); known != heads.end()) return known->second;
  Query q(connection, st.last_event);
  const auto row = q.add(task_id).step();
  if (!row) return Unexpected{row.error()};
  Digest head;
  if (!*row) return head;
  RowReader reader(q, "events");
  reader.read(head);
  if (reader.error()) return Unexpected{*reader.error()};
  return head;
}

Expected<void, StoreError> Store::Impl::write_event(std::int64_t task_id, Time ts, std::string_view type, std::string_view json, Digest& head) {
  head = chained(head, task_id, ts, type, json);
  return Query(connection, st.insert_event).add(task_id).add(ts).add(type).add(json).add(head.view()).run();
}

Expected<void, StoreError> Store::Impl::write_one_event(std::int64_t task_id, Time ts, std::string_view type, std::string_view json) {
  auto transaction = Transaction::begin(connection, Transaction::Kind::Write);
  if (!transaction) return Unexpected{transaction.error()};
  forget_if_others_wrote();
  auto head = head_of(task_id);
  if (!head) return Unexpected{head.error()};
  if (auto r = write_event(task_id, ts, type, json, *head); !r) return r;
  if (auto r = transaction->commit(); !r) return r;
  heads[task_id] = *head;
  sums_version = data_version();
  return {};
}

// What the batch has besides events. A fill or payment that the books have already changes nothing.
Expected<void, StoreError> Store::Impl::write_rows(const TaskRecord& task, const JournalBatch& batch, DayKeeper& keeper) {
  if (batch.task) {
    if (auto r = write_task(task); !r) return r;
  }
  for (const OrderRecord& order : batch.orders) {
    Query q(connection, st.put_order);
    q.add(task.id);
    bind_order(q, order);
    if (auto r = q.run(); !r) return r;
  }
  const auto book = [&](Statement& put, const auto& row, void (*bind)(Query&, const std::remove_cvref_t<decltype(row)>&)) -> Expected<void, StoreError> {
    Query q(connection, put);
    q.add(task.id);
    bind(q, row);
    if (auto r = q.run(); !r) return r;
    return q.changed() == 1 ? keeper.booked(row) : Expected<void, StoreError>();
  };
  for (const Fill& fill : batch.fills) {
    if (auto r = book(st.put_fill, fill, bind_fill); !r) return r;
  }
  for (const FundingPayment& payment : batch.fundings) {
    if (auto r = book(st.put_funding, payment, bind_funding); !r) return r;
  }
  return {};
}

Expected<void, StoreError> Store::Impl::write_batch(const TaskRecord& task, const JournalBatch& batch, std::string_view run_id) {
  auto transaction = Transaction::begin(connection, Transaction::Kind::Write);
  if (!transaction) return Unexpected{transaction.error()};
  forget_if_others_wrote();
  auto keeper = DayKeeper::begin(*this, task, batch);
  if (!keeper) return Unexpected{keeper.error()};
  if (auto r = write_rows(task, batch, *keeper); !r) return r;
  auto head = batch.events.empty() ? Expected<Digest, StoreError>(Digest()) : head_of(task.id);
  if (!head) return Unexpected{head.error()};
  for (const TaskEvent& event : batch.events) {
    if (auto r = write_event(task.id, event.ts, type_name(event), to_json(event, run_id, task.spec.name), *head); !r) return r;
  }
  if (auto r = transaction->commit(); !r) return r;
  if (!batch.events.empty()) heads[task.id] = *head;
  if (!batch.fills.empty() || !batch.fundings.empty()) days[task.id] = keeper->known();
  if (batch.task) {
    if (!same_texts(task)) texts[task.id] = {task.spec, task.source};
    sums[task.id] = task.leg;
    holdings[task.id] = task.holding;
  }
  sums_version = data_version();
  return {};
}

void Store::set_run_id(std::string run_id) { run_->id = std::move(run_id); }

Expected<void, JournalError> Store::commit(const TaskRecord& task, const JournalBatch& batch) {
  if (batch.empty()) return {};
  auto done = impl_->write_batch(task, batch, run_->id);
  if (done && batch.task) run_->promised.requests.clear();
  return as_journal(done);
}

Expected<void, JournalError> Store::append_event(const TaskRecord& task, Time ts, std::string_view type, std::string_view json) {
  return as_journal(impl_->write_one_event(task.id, ts, type, json));
}

Expected<void, StoreError> Store::Impl::write_latency(std::int64_t task_id, const std::vector<LatencyStats>& stats) {
  auto transaction = Transaction::begin(connection, Transaction::Kind::Write);
  if (!transaction) return Unexpected{transaction.error()};
  if (auto r = Query(connection, st.drop_latency).add(task_id).run(); !r) return r;
  for (const LatencyStats& s : stats) {
    Query q(connection, st.insert_latency);
    q.add(task_id).add(std::string_view(s.stage)).add(s.count).add(s.p50_ns).add(s.p99_ns).add(s.max_ns);
    if (auto r = q.run(); !r) return r;
  }
  return transaction->commit();
}

Expected<void, JournalError> Store::save_latency(std::int64_t task_id, const std::vector<LatencyStats>& stats) {
  return as_journal(impl_->write_latency(task_id, stats));
}

Expected<void, JournalError> Store::checkpoint() {
  constexpr int kWorthIt = 256;  // pages: 1 MiB
  if (impl_->log_pages < kWorthIt) return {};
  // Passive: moves what no reader still needs, and waits for nobody. BUSY means that another process is at it already.
  const int rc = sqlite3_wal_checkpoint_v2(impl_->connection.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY) {
    impl_->log_pages = 0;  // the next commit tells how long the log is
    return {};
  }
  return as_journal(Unexpected{impl_->connection.error("move the log into it")});
}

Expected<TaskRecord, StoreError> Store::Impl::count_up_run(std::int64_t task_id, Time now) {
  auto transaction = Transaction::begin(connection, Transaction::Kind::Write);
  if (!transaction) return Unexpected{transaction.error()};
  bool counted = false;
  {
    Query q(connection, st.begin_run);
    if (auto r = q.add(task_id).add(now).run(); !r) return Unexpected{r.error()};
    counted = q.changed() == 1;
  }
  std::optional<TaskRecord> task;
  {
    Query q(connection, st.task_by_id);
    const auto row = q.add(task_id).step();
    if (!row) return Unexpected{row.error()};
    if (!*row) return Unexpected{no_task(fmt::format("in row {}", task_id))};
    auto read = read_task(q);
    if (!read) return read;
    task = std::move(*read);
  }
  // Starting at 0 again would use ids twice.
  if (!counted) return Unexpected{StoreError{StoreError::Kind::Other, fmt::format("{}: the run epochs of task {} are used up", path, task->spec.name)}};
  if (auto r = read_sums(*task); !r) return Unexpected{r.error()};
  if (auto r = transaction->commit(); !r) return Unexpected{r.error()};
  return std::move(*task);
}

// Why the epoch is safe against power loss when this returns a value: with synchronous=FULL SQLite syncs the log after
// the commit's last frame and before COMMIT answers. The log is one file, so that sync covers every earlier frame that
// the checksum of this one builds on. A connection's first sync of the log also syncs the directory: the names of log and
// database are durable, and a rollback journal of the database's first transaction is gone for good (open.cc syncs it
// too, for the process that makes the file). That transaction itself, the schema, was made durable by its journal. A checkpoint is not needed: recovery
// reads the log. When the commit fails, the epoch may or may not be used up; the caller does not run with it either way.
Expected<TaskRecord, StoreError> Store::begin_run(std::int64_t task_id, Time now) {
  // Outside of the transaction: inside, SQLite ignores a change of `synchronous`.
  if (auto r = impl_->connection.run("PRAGMA synchronous = FULL"); !r) return Unexpected{r.error()};
  auto task = impl_->count_up_run(task_id, now);
  if (auto r = impl_->connection.run("PRAGMA synchronous = NORMAL"); !r && task) return Unexpected{r.error()};
  return task;
}

}  // namespace dn
