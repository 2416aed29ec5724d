#include "store/days.h"

#include <fmt/format.h>

#include <algorithm>

namespace dn {
Expected<KnownDays, StoreError> Store::Impl::days_known(std::int64_t task_id) {
  if (const auto known = days.find(task_id); known != days.end()) return known->second;
  Query q(connection, st.newest_day);
  const auto row = q.add(task_id).step();
  if (!row) return Unexpected{row.error()};
  RowReader reader(q, "days");
  KnownDays out;
  out.newest = reader.key();
  bool has_rows = false;
  reader.read(has_rows);
  if (reader.error()) return Unexpected{*reader.error()};
  out.kept = out.newest >= 0 || !has_rows;
  return out;
}

Expected<void, StoreError> Store::Impl::write_day(std::int64_t task_id, const DayStart& day) {
  if (auto r = Query(connection, st.put_day).add(task_id).add(day.day).add(day.fills).run(); !r) return r;
  if (auto r = Query(connection, st.drop_day_fees).add(task_id).add(day.day).run(); !r) return r;
  for (const Side side : kSides) {
    Query q(connection, st.put_day_leg);
    q.add(task_id).add(day.day).add(name(side));
    bind_sums(q, day.leg[side]);
    if (auto r = q.run(); !r) return r;
    for (const auto& [asset, fee] : day.leg[side].fees.all()) {
      if (auto r = Query(connection, st.insert_day_fee).add(task_id).add(day.day).add(name(side)).add(asset.view()).add(fee).run(); !r) return r;
    }
  }
  return {};
}

Expected<std::vector<DayStart>, StoreError> Store::Impl::read_days(std::int64_t task_id) {
  std::vector<DayStart> out;
  const auto rows_of = [&](Statement& which, Expected<void, StoreError> (*read)(const Query&, std::vector<DayStart>&)) -> Expected<void, StoreError> {
    Query q(connection, which);
    q.add(task_id);
    for (auto row = q.step(); !row || *row; row = q.step()) {
      if (!row) return Unexpected{row.error()};
      if (auto r = read(q, out); !r) return r;
    }
    return {};
  };
  if (auto r = rows_of(st.days, read_day); !r) return Unexpected{r.error()};
  if (auto r = rows_of(st.day_legs, read_day_leg); !r) return Unexpected{r.error()};
  if (auto r = rows_of(st.day_fees, read_day_fee); !r) return Unexpected{r.error()};
  const auto legs = connection.number(fmt::format("SELECT count(*) FROM day_legs WHERE task_id = {}", task_id).c_str());
  if (!legs) return Unexpected{legs.error()};
  if (*legs != 2 * static_cast<std::int64_t>(out.size())) {
    return Unexpected{
        StoreError{StoreError::Kind::Damaged, fmt::format("{}: table day_legs: task row {} has {} legs of {} days", path, task_id, *legs, out.size())}};
  }
  return out;
}

Expected<TaskDays, StoreError> Store::days(std::int64_t task_id) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  auto snapshot = Transaction::begin(impl_->connection, Transaction::Kind::Read);
  if (!snapshot) return Unexpected{snapshot.error()};
  auto starts = impl_->read_days(task_id);
  if (!starts) return Unexpected{starts.error()};
  TaskRecord now;
  now.id = task_id;
  if (auto r = impl_->read_sums(now); !r) return Unexpected{r.error()};
  Query q(impl_->connection, impl_->st.count_fills);
  const auto row = q.add(task_id).step();
  if (!row) return Unexpected{row.error()};
  return TaskDays{std::move(*starts), {0, sqlite3_column_int64(q.handle(), 0), now.leg}};
}

Expected<DayKeeper, StoreError> DayKeeper::begin(Store::Impl& store, const TaskRecord& task, const JournalBatch& batch) {
  if (batch.fills.empty() && batch.fundings.empty()) return DayKeeper(store, task, KnownDays{false, 0});
  const auto known = store.days_known(task.id);
  if (!known) return Unexpected{known.error()};
  DayKeeper out(store, task, *known);
  const auto is_new = [&](const auto& row) { return day_of(row.time) > known->newest; };
  if (!known->kept || (std::ranges::none_of(batch.fills, is_new) && std::ranges::none_of(batch.fundings, is_new))) return out;
  if (const auto as_written = store.sums.find(task.id); as_written != store.sums.end()) {
    out.so_far_ = as_written->second;
  } else {
    TaskRecord stored;
    stored.id = task.id;
    if (auto r = store.read_sums(stored); !r) return Unexpected{r.error()};
    out.so_far_ = stored.leg;
  }
  return out;
}

Expected<void, StoreError> DayKeeper::booked(const Fill& fill) {
  if (!known_.kept) return {};
  Query q(store_->connection, store_->st.arrival_of);
  const auto row = q.add(task_->id).add(fill.order.view()).step();
  if (!row) return Unexpected{row.error()};
  Price arrival;
  if (*row) {
    RowReader reader(q, "orders");
    reader.read(arrival);
    if (reader.error()) return Unexpected{*reader.error()};
  }
  PerSide<LegTotals> more;
  add_fill(more[fill.leg], task_->spec.symbol, fill, arrival);
  return note(day_of(fill.time), 1, more);
}

Expected<void, StoreError> DayKeeper::booked(const FundingPayment& payment) {
  if (!known_.kept) return {};
  PerSide<LegTotals> more;
  more[payment.leg].funding = payment.amount;
  return note(day_of(payment.time), 0, more);
}

Expected<void, StoreError> DayKeeper::note(std::int64_t day, std::int64_t fills, const PerSide<LegTotals>& more) {
  if (day > known_.newest) {
    if (auto r = open(day, fills); !r) return r;
  } else if (day < known_.newest) {
    if (auto r = correct(day, fills, more); !r) return r;
  }
  for (const Side side : kSides) so_far_[side] += more[side];
  return {};
}

Expected<void, StoreError> DayKeeper::open(std::int64_t day, std::int64_t fills) {
  std::int64_t all = 0;
  {
    Query q(store_->connection, store_->st.count_fills);
    const auto row = q.add(task_->id).step();
    if (!row) return Unexpected{row.error()};
    all = sqlite3_column_int64(q.handle(), 0);
  }
  known_.newest = day;
  return store_->write_day(task_->id, {day, all - fills, so_far_});
}

Expected<void, StoreError> DayKeeper::forget() {
  known_ = {false, 0};
  for (Statement* drop : {&store_->st.forget_day_fees, &store_->st.forget_day_legs, &store_->st.forget_days}) {
    if (auto r = Query(store_->connection, *drop).add(task_->id).run(); !r) return r;
  }
  return {};
}

// What comes late is of every later day's past.
Expected<void, StoreError> DayKeeper::correct(std::int64_t day, std::int64_t fills, const PerSide<LegTotals>& more) {
  auto days = store_->read_days(task_->id);
  if (!days) return days.error().kind == StoreError::Kind::Damaged ? forget() : Expected<void, StoreError>(Unexpected{days.error()});
  const auto later = std::ranges::find_if(*days, [&](const DayStart& d) { return d.day >= day; });
  if (later != days->end() && later->day != day) {
    DayStart between = *later;
    between.day = day;
    if (auto r = store_->write_day(task_->id, between); !r) return r;
  }
  for (DayStart& d : *days) {
    if (d.day <= day) continue;
    d.fills += fills;
    for (const Side side : kSides) d.leg[side] += more[side];
    if (auto r = store_->write_day(task_->id, d); !r) return r;
  }
  return {};
}

}  // namespace dn
