// Tasks (one row per round) and the reads that dn-status and a start make. The journal's rule and its writes are in
// journal.cc, wishes of other processes in controls.cc, opening in open.cc, copies in backup.cc.
#include "store/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <queue>

#include "store/store_impl.h"

namespace dn {
namespace {

using Kind = Transaction::Kind;

constexpr std::int64_t kAll = -1;  // as a LIMIT

// All rows of a query, each read by `read`.
template <class T>
Expected<std::vector<T>, StoreError> all(Query& q, Expected<T, StoreError> (*read)(const Query&)) {
  std::vector<T> out;
  for (;;) {
    const auto row = q.step();
    if (!row) return Unexpected{row.error()};
    if (!*row) return out;
    auto record = read(q);
    if (!record) return Unexpected{record.error()};
    out.push_back(std::move(*record));
  }
}

// Likewise, each with its number.
template <class T>
Expected<std::vector<Numbered<T>>, StoreError> numbered(Query& q, Expected<T, StoreError> (*read)(const Query&)) {
  std::vector<Numbered<T>> out;
  for (;;) {
    const auto row = q.step();
    if (!row) return Unexpected{row.error()};
    if (!*row) return out;
    auto record = read(q);
    if (!record) return Unexpected{record.error()};
    out.push_back({sqlite3_column_int64(q.handle(), 0), std::move(*record)});
  }
}

// The only row of a query, if there is one.
template <class T>
Expected<std::optional<T>, StoreError> one(Query& q, Expected<T, StoreError> (*read)(const Query&)) {
  const auto row = q.step();
  if (!row) return Unexpected{row.error()};
  if (!*row) return std::optional<T>();
  auto record = read(q);
  if (!record) return Unexpected{record.error()};
  return std::optional<T>(std::move(*record));
}

Expected<StoredEvent, StoreError> read_event(const Query& q) {
  RowReader row(q, "events");
  StoredEvent e;
  e.id = row.key();
  row.read(e.ts);
  row.read(e.type);
  row.read(e.json);
  row.read(e.digest);
  if (row.error()) return Unexpected{*row.error()};
  return e;
}

Expected<LatencyStats, StoreError> read_latency(const Query& q) {
  RowReader row(q, "latency");
  LatencyStats s;
  row.read(s.stage);
  row.read(s.count);
  row.read(s.p50_ns);
  row.read(s.p99_ns);
  row.read(s.max_ns);
  if (row.error()) return Unexpected{*row.error()};
  return s;
}

struct LastRound {
  std::int64_t round = 0;       // 0 = none yet
  std::uint32_t run_epoch = 0;  // the highest of all rounds
};

Expected<LastRound, StoreError> read_last_round(const Query& q) {
  RowReader row(q, "tasks");
  LastRound last;
  last.round = row.key();
  row.read(last.run_epoch);
  if (row.error()) return Unexpected{*row.error()};
  return last;
}

}  // namespace

StoreError Store::Impl::no_task(std::string_view which) const { return {StoreError::Kind::NotFound, fmt::format("{}: there is no task {}", path, which)}; }

Expected<void, StoreError> Store::Impl::read_sums(TaskRecord& task) {
  int legs = 0;
  {
    Query q(connection, st.task_legs);
    q.add(task.id);
    for (auto row = q.step(); !row || *row; row = q.step(), ++legs) {
      if (!row) return Unexpected{row.error()};
      if (auto r = read_leg(q, task); !r) return r;
    }
  }
  if (legs != 2) {
    return Unexpected{StoreError{StoreError::Kind::Damaged, fmt::format("{}: table legs: task row {} has {} of its 2 legs", path, task.id, legs)}};
  }
  {
    const auto holding = one(Query(connection, st.task_holding).add(task.id), read_holding);
    if (!holding) return Unexpected{holding.error()};
    if (*holding) task.holding = **holding;
  }
  Query q(connection, st.task_fees);
  q.add(task.id);
  for (auto row = q.step(); !row || *row; row = q.step()) {
    if (!row) return Unexpected{row.error()};
    if (auto r = read_fee(q, task); !r) return r;
  }
  return {};
}

Expected<std::optional<TaskRecord>, StoreError> Store::Impl::find(std::string_view name) {
  auto found = one(Query(connection, st.task_by_name).add(name), read_task);
  if (!found || !*found) return found;
  if (auto r = read_sums(**found); !r) return Unexpected{r.error()};
  return found;
}

Expected<std::vector<TaskRecord>, StoreError> Store::Impl::read_tasks(Statement& which) {
  if (auto r = fresh(); !r) return Unexpected{r.error()};
  auto snapshot = Transaction::begin(connection, Kind::Read);
  if (!snapshot) return Unexpected{snapshot.error()};
  Query q(connection, which);
  auto found = all(q, read_task);
  if (!found) return found;
  for (TaskRecord& task : *found) {
    if (auto r = read_sums(task); !r) return Unexpected{r.error()};
  }
  return found;
}

Expected<std::vector<TaskRecord>, StoreError> Store::tasks() { return impl_->read_tasks(impl_->st.newest_tasks); }

Expected<std::vector<TaskRecord>, StoreError> Store::rounds() { return impl_->read_tasks(impl_->st.all_rounds); }

Expected<std::optional<TaskRecord>, StoreError> Store::find_task(std::string_view name) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  auto snapshot = Transaction::begin(impl_->connection, Kind::Read);
  if (!snapshot) return Unexpected{snapshot.error()};
  return impl_->find(name);
}

Expected<StoredTask, StoreError> Store::load_task(std::string_view name) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  // One snapshot for all of it: a writer may commit between two queries.
  auto snapshot = Transaction::begin(impl_->connection, Kind::Read);
  if (!snapshot) return Unexpected{snapshot.error()};
  auto task = impl_->find(name);
  if (!task) return Unexpected{task.error()};
  if (!*task) return Unexpected{impl_->no_task(name)};
  return impl_->with_rows(std::move(**task));
}

Expected<StoredTask, StoreError> Store::Impl::with_rows(TaskRecord task) {
  auto of_orders = read_orders(task.id, {});
  if (!of_orders) return Unexpected{of_orders.error()};
  auto of_fills = read_fills(task.id);
  if (!of_fills) return Unexpected{of_fills.error()};
  auto of_fundings = read_fundings(task.id);
  if (!of_fundings) return Unexpected{of_fundings.error()};
  return StoredTask{std::move(task), std::move(*of_orders), std::move(*of_fills), std::move(*of_fundings)};
}

Expected<StoredTask, StoreError> Store::load_round(std::int64_t task_id, const HearEvent& hear) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  auto snapshot = Transaction::begin(impl_->connection, Transaction::Kind::Read);
  if (!snapshot) return Unexpected{snapshot.error()};
  auto task = one(Query(impl_->connection, impl_->st.task_by_id).add(task_id), read_task);
  if (!task) return Unexpected{task.error()};
  if (!*task) return Unexpected{impl_->no_task(fmt::format("in row {}", task_id))};
  if (auto r = impl_->read_sums(**task); !r) return Unexpected{r.error()};
  auto round = impl_->with_rows(std::move(**task));
  if (!round) return round;
  Query q(impl_->connection, impl_->st.events);
  q.add(task_id).add(0).add(INT64_MAX);
  for (auto row = q.step(); !row || *row; row = q.step()) {
    if (!row) return Unexpected{row.error()};
    const auto event = read_event(q);
    if (!event) return Unexpected{event.error()};
    hear(*round, *event);
  }
  return round;
}

Expected<TaskRecord, StoreError> Store::add_task(TaskRecord task, const std::optional<TaskEvent>& first) {
  // What could not be read back is not stored.
  if (const auto spec = task_spec_from_text(to_text(task.spec)); !spec || spec->name.empty()) {
    return Unexpected{
        StoreError{StoreError::Kind::Other, fmt::format("{}: the task cannot be stored: {}", impl_->path, spec ? "it has no name" : spec.error())}};
  }
  auto transaction = Transaction::begin(impl_->connection, Kind::Write);
  if (!transaction) return Unexpected{transaction.error()};
  const auto last = one(Query(impl_->connection, impl_->st.last_round).add(std::string_view(task.spec.name)), read_last_round);
  if (!last) return Unexpected{last.error()};
  task.round = (*last)->round + 1;
  task.run_epoch = std::max((*last)->run_epoch, task.run_epoch);
  {
    Query q(impl_->connection, impl_->st.insert_task);
    q.add(std::string_view(task.spec.name));
    bind_task(q, task, true);
    if (auto r = q.run(); !r) return Unexpected{r.error()};
  }
  task.id = sqlite3_last_insert_rowid(impl_->connection.handle());
  if (auto r = impl_->write_sums(task); !r) return Unexpected{r.error()};
  if (auto r = impl_->write_holding(task); !r) return Unexpected{r.error()};
  if (first) {
    const std::string json = to_json(*first, run_id_of(task), task.spec.name);
    Digest head;
    if (auto r = impl_->write_event(task.id, first->ts, type_name(*first), json, head); !r) return Unexpected{r.error()};
  }
  if (auto r = transaction->commit(); !r) return Unexpected{r.error()};
  return task;
}

Expected<std::vector<OrderRecord>, StoreError> Store::Impl::read_orders(std::int64_t task_id, const OrderFilter& filter) {
  if (filter.open || filter.unknown) {
    Query q(connection, st.unclosed_orders);
    q.add(task_id).add(filter.unknown);
    return all(q, read_order);
  }
  Query q(connection, st.orders);
  q.add(task_id).add(0).add(kAll);
  return all(q, read_order);
}

Expected<std::vector<Fill>, StoreError> Store::Impl::read_fills(std::int64_t task_id) {
  Query q(connection, st.fills);
  q.add(task_id).add(0).add(kAll);
  return all(q, read_fill);
}

Expected<std::vector<FundingPayment>, StoreError> Store::Impl::read_fundings(std::int64_t task_id) {
  Query q(connection, st.fundings);
  q.add(task_id);
  return all(q, read_funding);
}

Expected<std::vector<FundingPayment>, StoreError> Store::fundings(std::int64_t task_id) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  return impl_->read_fundings(task_id);
}

Expected<std::vector<OrderRecord>, StoreError> Store::orders(std::int64_t task_id, const OrderFilter& filter) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  return impl_->read_orders(task_id, filter);
}

Expected<std::vector<Fill>, StoreError> Store::fills(std::int64_t task_id) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  return impl_->read_fills(task_id);
}

Expected<std::vector<Numbered<OrderRecord>>, StoreError> Store::orders_after(std::int64_t task_id, std::int64_t after_id, std::int64_t limit) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  Query q(impl_->connection, impl_->st.orders);
  q.add(task_id).add(after_id).add(std::max<std::int64_t>(limit, 0));
  return numbered(q, read_order);
}

Expected<std::vector<Numbered<Fill>>, StoreError> Store::fills_after(std::int64_t task_id, std::int64_t after_id, std::int64_t limit) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  Query q(impl_->connection, impl_->st.fills);
  q.add(task_id).add(after_id).add(std::max<std::int64_t>(limit, 0));
  return numbered(q, read_fill);
}

Expected<std::vector<Numbered<Trade>>, StoreError> Store::trades_after(std::int64_t task_id, std::int64_t after_id, std::int64_t limit) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  Query q(impl_->connection, impl_->st.trades);
  q.add(task_id).add(after_id).add(std::max<std::int64_t>(limit, 0));
  return numbered(q, read_trade);
}

Expected<std::int64_t, StoreError> Store::before_newest(RowKind kind, const std::vector<std::int64_t>& task_ids, std::int64_t most) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  if (most <= 0) return 0;
  Statements& st = impl_->st;
  Statement& newest = kind == RowKind::Orders ? st.newest_orders : kind == RowKind::Fills ? st.newest_fills : st.newest_events;
  const auto wanted = static_cast<std::size_t>(most);
  std::priority_queue<std::int64_t, std::vector<std::int64_t>, std::greater<>> found;  // the newest so far and one more, the oldest of them on top
  std::int64_t before = 0;
  // The newest tasks first: behind them the others have little that is newer.
  for (auto task = task_ids.rbegin(); task != task_ids.rend(); ++task) {
    Query q(impl_->connection, newest);
    q.add(*task).add(before).add(most + 1);
    for (auto row = q.step(); !row || *row; row = q.step()) {
      if (!row) return Unexpected{row.error()};
      found.push(sqlite3_column_int64(q.handle(), 0));
      if (found.size() > wanted + 1) found.pop();
      if (found.size() == wanted + 1) before = found.top();
    }
  }
  return before;
}

Expected<std::optional<OrderRecord>, StoreError> Store::order_of_request(std::string_view task, std::string_view request) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  return one(Query(impl_->connection, impl_->st.order_of_request).add(task).add(request), read_order);
}

Expected<std::vector<StoredEvent>, StoreError> Store::events(std::int64_t task_id, std::int64_t after_id, std::int64_t limit) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  Query q(impl_->connection, impl_->st.events);
  q.add(task_id).add(after_id).add(std::max<std::int64_t>(limit, 0));  // a negative limit would mean none
  return all(q, read_event);
}

Expected<std::int64_t, StoreError> Store::unchained_events(std::int64_t task_id) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  Query q(impl_->connection, impl_->st.unchained);
  const auto row = q.add(task_id).step();
  if (!row) return Unexpected{row.error()};
  if (!*row) return Unexpected{impl_->no_task(fmt::format("in row {}", task_id))};
  RowReader reader(q, "tasks");
  if (reader.error()) return Unexpected{*reader.error()};
  return reader.key();
}

Expected<std::vector<std::string>, StoreError> damage_of(Query& q) {
  std::vector<std::string> out;
  for (auto row = q.step(); !row || *row; row = q.step()) {
    if (!row) return Unexpected{row.error()};
    const auto* text = sqlite3_column_text(q.handle(), 0);
    std::string line = text == nullptr ? "" : reinterpret_cast<const char*>(text);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
    if (line != "ok") out.push_back(std::move(line));
  }
  return out;
}

Expected<std::vector<std::string>, StoreError> Store::damage(Depth depth) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  Query q(impl_->connection, depth == Depth::Whole ? impl_->st.integrity : impl_->st.quick_integrity);
  return damage_of(q);
}

Expected<std::vector<LatencyStats>, StoreError> Store::latency(std::int64_t task_id) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  Query q(impl_->connection, impl_->st.latency);
  q.add(task_id);
  return all(q, read_latency);
}

}  // namespace dn
