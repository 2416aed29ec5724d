#include "store/portfolio.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "store/portfolio_sums.h"
#include "store/store_impl.h"
#include "store/task_lock.h"

namespace dn {
namespace {

using Kind = Transaction::Kind;

// What is not told of a dead run's orders: they may fill at better prices than their own.
constexpr Decimal kBetterFill = Decimal::from_parts(102, 2);

std::string text_of(const std::optional<Money>& m) { return m ? m->str() : std::string(); }

Expected<PortfolioRow, StoreError> read_portfolio(const Query& q) {
  RowReader row(q, "portfolio");
  PortfolioRow out;
  std::string quote;
  row.read(quote);
  row.read(out.limits.capital);
  row.read(out.limits.per_symbol);
  row.read(out.limits.total);
  row.read(out.limits.max_loss);
  row.read(out.limits.max_tasks);
  row.read(out.halted);
  row.read(out.base);
  row.read(out.done);
  if (row.error()) return Unexpected{*row.error()};
  out.limits.quote = Asset(quote);
  return out;
}

void read_leg_of(RowReader& row, Lease& lease, Side leg) {
  LegTotals t;
  row.read(t.filled);
  row.read(t.traded);
  row.read(t.traded_quote);
  lease.filled[leg] = t.filled;
  lease.held[leg] = held_value(t);
}

Expected<Lease, StoreError> read_lease(const Query& q) {
  RowReader row(q, "leases");
  Lease l;
  l.task_id = row.key();
  std::string verdict;
  std::string symbol;
  row.read(l.task);
  row.read(l.round);
  row.read(verdict);
  row.read(symbol);
  row.read(l.venue.buy, venue_from);
  row.read(l.venue.sell, venue_from);
  row.read(l.closing);
  row.read(l.running);
  row.read(l.waiting);
  row.read(l.room);
  row.read(l.result);
  for (const Side leg : kSides) read_leg_of(row, l, leg);
  l.ended = verdict != name(Verdict::None);
  const auto pair = symbol_from(symbol);
  if (!pair) row.fail(fmt::format("the symbol \"{}\" is none", symbol));
  if (row.error()) return Unexpected{*row.error()};
  l.symbol = *pair;
  return l;
}

// The limits of a file that begins; while runs of others than `own` are alive, the stricter of both.
PortfolioLimits that_hold(const std::optional<PortfolioRow>& before, const PortfolioLimits& limits, const std::vector<Lease>& leases,
                          const std::vector<std::string>& own) {
  const bool others = std::ranges::any_of(leases, [&](const Lease& l) { return l.running && std::ranges::find(own, l.task) == own.end(); });
  return before && others ? stricter(before->limits, limits) : limits;
}

PortfolioState state_of(PortfolioRow row, std::vector<Lease> leases) {
  PortfolioState out;
  out.row = std::move(row);
  Sums sums = sum(leases);
  out.used = std::move(sums.used);
  out.total = sums.total;
  out.result = result_of(out.row, leases);
  out.running = std::ranges::count_if(leases, [](const Lease& l) { return l.running; });
  out.leases = std::move(leases);
  return out;
}

Lease* find(std::vector<Lease>& leases, std::int64_t task_id) {
  const auto at = std::find_if(leases.begin(), leases.end(), [&](const Lease& l) { return l.task_id == task_id; });
  return at == leases.end() ? nullptr : &*at;
}

}  // namespace

Expected<std::optional<PortfolioRow>, StoreError> Portfolio::read_row() {
  Query q(store_.impl_->connection, store_.impl_->st.portfolio_row);
  const auto found = q.add(live_).step();
  if (!found) return Unexpected{found.error()};
  if (!*found) return std::optional<PortfolioRow>();
  auto row = read_portfolio(q);
  if (!row) return Unexpected{row.error()};
  return std::optional(std::move(*row));
}

Expected<std::optional<PortfolioRow>, StoreError> Portfolio::row() {
  Store::Impl& s = *store_.impl_;
  if (auto r = s.fresh(); !r) return Unexpected{r.error()};
  {
    // Asked before the row is read: what is written in between is found by the next call.
    Query q(s.connection, s.st.data_version);
    const auto version = q.step();
    if (!version) return Unexpected{version.error()};
    const std::int64_t now = sqlite3_column_int64(q.handle(), 0);
    if (now != s.portfolio_version) s.portfolio.clear();
    s.portfolio_version = now;
  }
  if (const auto known = s.portfolio.find(live_); known != s.portfolio.end()) return known->second;
  auto found = read_row();
  if (found) s.portfolio[live_] = *found;
  return found;
}

// A killed run may have sent orders that are not rows yet, not even when another run has its lock and has freed its room.
Expected<void, StoreError> Portfolio::add_intents(Lease& lease) {
  Store::Impl& s = *store_.impl_;
  const auto intents = read_intents(lock_directory(s.path), lease.task);
  if (!intents) return {};
  const auto task = s.find(lease.task);
  if (!task) return Unexpected{task.error()};
  if (!*task || (*task)->id != lease.task_id || !are_missing(**task, *intents)) return {};
  for (const OrderRequest& r : intents->requests) {
    if (r.leg == r.side) lease.open[r.side] += r.price * r.qty * kBetterFill;
  }
  return {};
}

// `own`: the task whose lock the caller holds, so that nobody has to be asked whether it is alive.
Expected<std::vector<Lease>, StoreError> Portfolio::read_leases(std::int64_t own) {
  Store::Impl& s = *store_.impl_;
  std::vector<Lease> out;
  std::map<std::int64_t, std::size_t> at;
  std::vector<std::size_t> idle;
  {
    Query q(s.connection, s.st.leases);
    q.add(live_);
    for (auto row = q.step(); !row || *row; row = q.step()) {
      if (!row) return Unexpected{row.error()};
      auto lease = read_lease(q);
      if (!lease) return Unexpected{lease.error()};
      if (lease->running && lease->task_id != own) lease->running = alive_(lease->task);
      if (!lease->running && !lease->ended) idle.push_back(out.size());
      at[lease->task_id] = out.size();
      out.push_back(std::move(*lease));
    }
  }
  for (const std::size_t i : idle) {
    if (auto r = add_intents(out[i]); !r) return Unexpected{r.error()};
  }
  Query q(s.connection, s.st.lease_orders);
  q.add(live_);
  for (auto row = q.step(); !row || *row; row = q.step()) {
    if (!row) return Unexpected{row.error()};
    RowReader order(q, "orders");
    Side side = Side::Buy;
    Price price;
    Qty qty;
    Qty booked;
    order.read(side, side_from);
    order.read(price);
    order.read(qty);
    order.read(booked);
    if (order.error()) return Unexpected{*order.error()};
    if (const auto lease = at.find(order.key()); lease != at.end()) out[lease->second].open[side] += price * (qty - booked) * kBetterFill;
  }
  for (Lease& l : out) count(l);
  return out;
}

// Rounds that began while no portfolio was in force, without their sums.
Expected<std::vector<TaskRecord>, StoreError> Portfolio::read_missing() {
  Store::Impl& s = *store_.impl_;
  std::vector<TaskRecord> missing;
  Query q(s.connection, s.st.tasks_without_lease);
  q.add(live_);
  for (auto row = q.step(); !row || *row; row = q.step()) {
    if (!row) return Unexpected{row.error()};
    auto task = read_task(q);
    if (!task) return Unexpected{task.error()};
    missing.push_back(std::move(*task));
  }
  return missing;
}

Expected<void, StoreError> Portfolio::add_missing() {
  Store::Impl& s = *store_.impl_;
  const auto missing = read_missing();
  if (!missing) return Unexpected{missing.error()};
  for (const TaskRecord& t : *missing) {
    Query q(s.connection, s.st.add_lease);
    q.add(t.id).add(live_).add(std::string_view(t.spec.symbol.str())).add(name(*t.spec.leg.buy.exchange)).add(name(*t.spec.leg.sell.exchange));
    if (auto r = q.add(t.spec.direction == Direction::Close).run(); !r) return r;
  }
  return {};
}

// What add_missing and read_leases together would make of it.
Expected<Lease, StoreError> Portfolio::foreseen_lease(TaskRecord task) {
  if (auto r = store_.impl_->read_sums(task); !r) return Unexpected{r.error()};
  Lease l;
  l.task_id = task.id;
  l.task = task.spec.name;
  l.round = task.round;
  l.symbol = task.spec.symbol;
  l.venue = {*task.spec.leg.buy.exchange, *task.spec.leg.sell.exchange};
  l.closing = task.spec.direction == Direction::Close;
  l.ended = task.verdict != Verdict::None;
  for (const Side leg : kSides) {
    l.filled[leg] = task.leg[leg].filled;
    l.held[leg] = held_value(task.leg[leg]);
  }
  const auto orders = store_.impl_->read_orders(task.id, {true, false});
  if (!orders) return Unexpected{orders.error()};
  for (const OrderRecord& o : *orders) {
    if (o.request.leg == o.request.side) l.open[o.request.side] += o.request.price * (o.request.qty - o.booked) * kBetterFill;
  }
  if (auto r = add_intents(l); !r) return Unexpected{r.error()};
  count(l);
  return l;
}

Expected<void, StoreError> Portfolio::write_row(const PortfolioRow& row) {
  Store::Impl& s = *store_.impl_;
  s.portfolio.clear();
  const PortfolioLimits& l = row.limits;
  Query q(s.connection, s.st.put_portfolio);
  q.add(live_).add(l.quote.view()).add(l.capital).add(std::string_view(text_of(l.per_symbol))).add(std::string_view(text_of(l.total)));
  q.add(std::string_view(text_of(l.max_loss))).add(l.max_tasks).add(std::string_view(row.halted)).add(row.base).add(row.done);
  return q.run();
}

Expected<void, StoreError> Portfolio::free_rooms(const std::vector<std::string>& own) {
  auto transaction = Transaction::begin(store_.impl_->connection, Kind::Write);
  if (!transaction) return Unexpected{transaction.error()};
  for (const std::string& task : own) {
    if (auto r = Query(store_.impl_->connection, store_.impl_->st.free_room).add(std::string_view(task)).run(); !r) return r;
  }
  return transaction->commit();
}

Expected<std::optional<PortfolioState>, StoreError> Portfolio::foresee(const std::optional<PortfolioLimits>& limits, const std::vector<std::string>& own) {
  Store::Impl& s = *store_.impl_;
  if (auto r = s.fresh(); !r) return Unexpected{r.error()};
  auto snapshot = Transaction::begin(s.connection, Kind::Read);
  if (!snapshot) return Unexpected{snapshot.error()};
  const auto before = read_row();
  if (!before) return Unexpected{before.error()};
  if (!*before && !limits) return std::optional<PortfolioState>();
  auto leases = read_leases(0);
  if (!leases) return Unexpected{leases.error()};
  const auto missing = read_missing();
  if (!missing) return Unexpected{missing.error()};
  for (const TaskRecord& t : *missing) {
    auto lease = foreseen_lease(t);
    if (!lease) return Unexpected{lease.error()};
    leases->push_back(std::move(*lease));
  }
  PortfolioRow row = before->value_or(PortfolioRow{});
  if (limits) row.limits = that_hold(*before, *limits, *leases, own);
  return std::optional(state_of(std::move(row), std::move(*leases)));
}

Expected<PortfolioRow, StoreError> Portfolio::set_limits(const PortfolioLimits& limits, const std::vector<std::string>& own) {
  auto transaction = Transaction::begin(store_.impl_->connection, Kind::Write);
  if (!transaction) return Unexpected{transaction.error()};
  if (auto r = add_missing(); !r) return Unexpected{r.error()};
  auto before = read_row();
  if (!before) return Unexpected{before.error()};
  auto leases = read_leases(0);
  if (!leases) return Unexpected{leases.error()};
  PortfolioRow row = before->value_or(PortfolioRow{});
  row.limits = that_hold(*before, limits, *leases, own);
  if (*before && row.limits == (*before)->limits) return row;
  if (auto r = write_row(row); !r) return Unexpected{r.error()};
  if (auto r = transaction->commit(); !r) return Unexpected{r.error()};
  return row;
}

Expected<std::optional<Room>, StoreError> Portfolio::enter(const TaskRecord& task, std::optional<Money> have) {
  Store::Impl& s = *store_.impl_;
  auto transaction = Transaction::begin(s.connection, Kind::Write);
  if (!transaction) return Unexpected{transaction.error()};
  if (auto r = add_missing(); !r) return Unexpected{r.error()};
  const auto row = read_row();
  if (!row) return Unexpected{row.error()};
  auto leases = read_leases(task.id);
  if (!leases) return Unexpected{leases.error()};
  const auto running = std::count_if(leases->begin(), leases->end(), [&](const Lease& l) { return l.running && l.task_id != task.id; });
  const std::int64_t most = *row ? (*row)->limits.max_tasks : 0;
  if (!have && most > 0 && running >= most) return std::optional<Room>();
  Lease* own = find(*leases, task.id);
  Room room;
  if (own != nullptr) {
    own->running = false;  // what an earlier run of it had is not counted
    count(*own);
    room.granted = have ? max(*have, own->exposure) : own->exposure;
  }
  if (auto r = Query(s.connection, s.st.set_room).add(task.id).add(true).add(false).add(room.granted).run(); !r) return Unexpected{r.error()};
  if (auto r = transaction->commit(); !r) return Unexpected{r.error()};
  return std::optional(room);
}

Expected<Room, StoreError> Portfolio::ask(const TaskRecord& task, const RoomWish& wish) {
  Store::Impl& s = *store_.impl_;
  auto transaction = Transaction::begin(s.connection, Kind::Write);
  if (!transaction) return Unexpected{transaction.error()};
  const auto row = read_row();
  if (!row) return Unexpected{row.error()};
  if (!*row) return Room{wish.wish, {}, {}, {}, false};
  auto leases = read_leases(task.id);
  if (!leases) return Unexpected{leases.error()};
  const Lease* own = find(*leases, task.id);
  if (own == nullptr) return Unexpected{s.no_task(fmt::format("{} in the portfolio", task.spec.name))};
  const Room room = answer((*row)->limits, *leases, *own, wish);
  if (auto r = Query(s.connection, s.st.set_room).add(task.id).add(true).add(room.refused()).add(room.granted).run(); !r) return Unexpected{r.error()};
  if (auto r = transaction->commit(); !r) return Unexpected{r.error()};
  return room;
}

Expected<PortfolioRow, StoreError> Portfolio::tell(const TaskRecord& task, Money result, std::optional<Money> have) {
  Store::Impl& s = *store_.impl_;
  auto transaction = Transaction::begin(s.connection, Kind::Write);
  if (!transaction) return Unexpected{transaction.error()};
  auto row = read_row();
  if (!row) return Unexpected{row.error()};
  if (!*row) return PortfolioRow{};
  if (auto r = Query(s.connection, s.st.set_result).add(task.id).add(result).run(); !r) return Unexpected{r.error()};
  if (have) {
    if (auto r = Query(s.connection, s.st.set_room).add(task.id).add(true).add(false).add(*have).run(); !r) return Unexpected{r.error()};
  }
  PortfolioRow out = **row;
  if (out.limits.max_loss && out.halted.empty()) {
    const auto leases = read_leases(task.id);
    if (!leases) return Unexpected{leases.error()};
    const Money lost = -result_of(out, *leases);
    if (lost > *out.limits.max_loss) {
      out.halted = fmt::format("realised and marked loss {} of all tasks is above max_loss {} of the portfolio", lost.str(), out.limits.max_loss->str());
      if (auto r = write_row(out); !r) return Unexpected{r.error()};
    }
  }
  if (auto r = transaction->commit(); !r) return Unexpected{r.error()};
  return out;
}

Expected<void, StoreError> Portfolio::leave(const TaskRecord& task, std::optional<Money> result) {
  Store::Impl& s = *store_.impl_;
  auto transaction = Transaction::begin(s.connection, Kind::Write);
  if (!transaction) return Unexpected{transaction.error()};
  if (result) {
    if (auto r = Query(s.connection, s.st.set_result).add(task.id).add(*result).run(); !r) return r;
  }
  if (auto r = Query(s.connection, s.st.set_room).add(task.id).add(false).add(false).add(Money{}).run(); !r) return r;
  auto row = read_row();
  if (!row) return Unexpected{row.error()};
  auto leases = read_leases(task.id);
  if (!leases) return Unexpected{leases.error()};
  const Lease* own = find(*leases, task.id);
  const bool nothing_held = own != nullptr && own->filled.buy.is_zero() && own->filled.sell.is_zero() && own->open.buy.is_zero() && own->open.sell.is_zero();
  if (*row && nothing_held && own->ended) {
    (*row)->done += own->result;
    if (auto r = Query(s.connection, s.st.set_done).add(task.id).run(); !r) return r;
    if (auto r = write_row(**row); !r) return r;
  }
  return transaction->commit();
}

Expected<void, StoreError> Portfolio::resume() {
  auto transaction = Transaction::begin(store_.impl_->connection, Kind::Write);
  if (!transaction) return Unexpected{transaction.error()};
  auto row = read_row();
  if (!row) return Unexpected{row.error()};
  if (!*row || (*row)->halted.empty()) return {};
  const auto leases = read_leases(0);
  if (!leases) return Unexpected{leases.error()};
  (*row)->base += result_of(**row, *leases);
  (*row)->halted.clear();
  if (auto r = write_row(**row); !r) return r;
  return transaction->commit();
}

Expected<std::int64_t, StoreError> Portfolio::release(const std::string& task) {
  Store::Impl& s = *store_.impl_;
  auto transaction = Transaction::begin(s.connection, Kind::Write);
  if (!transaction) return Unexpected{transaction.error()};
  auto row = read_row();
  if (!row) return Unexpected{row.error()};
  if (!*row) return 0;
  if (auto r = add_missing(); !r) return Unexpected{r.error()};
  const auto leases = read_leases(0);
  if (!leases) return Unexpected{leases.error()};
  std::int64_t released = 0;
  for (const Lease& l : *leases) {
    if (l.task != task || !l.ended) continue;
    ++released;
    (*row)->done += l.result;
    if (auto r = Query(s.connection, s.st.set_done).add(l.task_id).run(); !r) return Unexpected{r.error()};
  }
  if (auto r = write_row(**row); !r) return Unexpected{r.error()};
  if (auto r = transaction->commit(); !r) return Unexpected{r.error()};
  return released;
}

Expected<std::optional<PortfolioState>, StoreError> Portfolio::state() {
  Store::Impl& s = *store_.impl_;
  if (auto r = s.fresh(); !r) return Unexpected{r.error()};
  auto snapshot = Transaction::begin(s.connection, Kind::Read);
  if (!snapshot) return Unexpected{snapshot.error()};
  auto row = read_row();
  if (!row) return Unexpected{row.error()};
  if (!*row) return std::optional<PortfolioState>();
  auto leases = read_leases(0);
  if (!leases) return Unexpected{leases.error()};
  return std::optional(state_of(std::move(**row), std::move(*leases)));
}

}  // namespace dn
