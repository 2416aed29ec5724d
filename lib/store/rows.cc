#include "store/rows.h"

#include <algorithm>

#include "base/text.h"

namespace dn {

RowReader::RowReader(const Query& query, std::string_view table) : stmt_(query.handle()), table_(table) { read(key_); }

void RowReader::fail(const std::string& problem) {
  if (error_) return;
  const char* file = sqlite3_db_filename(sqlite3_db_handle(stmt_), "main");  // null in memory
  error_ = StoreError{StoreError::Kind::Damaged, fmt::format("{}: table {}, row {}: {} {}", file == nullptr ? ":memory:" : file, table_, key_,
                                                             sqlite3_column_name(stmt_, next_ - 1), problem)};
}

void RowReader::fail_value(std::string_view text, std::string_view problem) { fail(fmt::format("\"{}\" {}", printable_excerpt(text), problem)); }

void RowReader::read(std::int64_t& out) {
  const int column = next_++;
  if (error_) return;
  if (sqlite3_column_type(stmt_, column) != SQLITE_INTEGER) return fail("is not a whole number");
  out = sqlite3_column_int64(stmt_, column);
}

void RowReader::read(std::uint32_t& out) {
  std::int64_t n = 0;
  read(n);
  if (n < 0 || n > std::numeric_limits<std::uint32_t>::max()) return fail(fmt::format("{} is out of range", n));
  if (!error_) out = static_cast<std::uint32_t>(n);
}

void RowReader::read(bool& out) {
  std::int64_t n = 0;
  read(n);
  if (n != 0 && n != 1) return fail(fmt::format("{} is neither 0 nor 1", n));
  if (!error_) out = n == 1;
}

void RowReader::read(std::string& out) {
  const std::string_view text = next_text();
  if (!error_) out = text;
}

std::string_view RowReader::next_text() {
  const int column = next_++;
  if (error_) return {};
  if (sqlite3_column_type(stmt_, column) != SQLITE_TEXT) {
    fail("is not text");
    return {};
  }
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(stmt_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(stmt_, column))};
}

Decimal RowReader::next_decimal() {
  const std::string_view text = next_text();
  if (error_) return {};
  const auto d = Decimal::parse(text);
  if (!d) {
    fail_value(text, describe(d.error()));
    return {};
  }
  return *d;
}

std::optional<Liquidity> liquidity_from(std::string_view text) {
  if (text == name(Liquidity::Maker)) return Liquidity::Maker;
  if (text == name(Liquidity::Taker)) return Liquidity::Taker;
  return std::nullopt;
}

void bind_task(Query& q, const TaskRecord& t, bool texts) {
  q.add(t.round);
  texts ? q.add(std::string_view(to_text(t.spec))) : q.add_null();
  q.add(name(t.state)).add(name(t.mode)).add(name(t.verdict)).add(std::string_view(t.reason));
  q.add(number(t.exit_code)).add(t.run_epoch).add(t.next_seq).add(t.orders).add(t.rebalances).add(t.rejects).add(t.errors).add(t.runs);
  q.add(t.restored).add(t.created).add(t.first_order).add(t.updated);
  texts ? q.add(std::string_view(t.source)) : q.add_null();
  q.add(t.live);
  const Guards& g = t.guards;
  const std::string limit = g.loss_limit ? g.loss_limit->str() : std::string();
  q.add(g.rejects_in_row.buy).add(g.rejects_in_row.sell).add(g.escalations_in_row).add(g.unwinding).add(std::string_view(limit));
  q.add(g.unhedged.us).add(g.unhedged_money_seconds);
}

void bind_order(Query& q, const OrderRecord& o) {
  const OrderRequest& r = o.request;
  q.add(r.id.view()).add(name(r.leg)).add(name(r.side)).add(name(r.type)).add(name(r.purpose)).add(r.price).add(r.qty).add(r.reduce_only);
  q.add(r.created).add(r.expires).add(name(o.status)).add(name(o.close_reason)).add(o.venue_order_id.view()).add(o.filled).add(o.filled_quote);
  q.add(o.booked).add(o.cancel_requested).add(o.code.view()).add(o.reason.view()).add(o.updated).add(o.person_request.view());
  q.add(r.arrival);
}

void bind_fill(Query& q, const Fill& f) {
  q.add(name(f.venue)).add(f.trade_id.view()).add(f.order.view()).add(f.venue_order_id.view()).add(name(f.leg)).add(name(f.side));
  q.add(f.price).add(f.qty).add(f.fee).add(f.fee_asset.view()).add(name(f.liquidity)).add(f.time);
}

void bind_funding(Query& q, const FundingPayment& p) { q.add(name(p.venue)).add(p.id.view()).add(name(p.leg)).add(p.amount).add(p.time); }

void bind_sums(Query& q, const LegTotals& leg) {
  q.add(leg.filled).add(leg.net).add(leg.traded).add(leg.traded_quote).add(leg.cash).add(leg.slippage).add(leg.funding);
}

void bind_holding(Query& q, const Holding& h) {
  q.add(name(h.part)).add(h.since).add(h.to_close).add(h.must_close).add(h.funding.rate).add(h.funding.interval.us).add(h.funding.next);
  q.add(h.payments).add(h.newest_payment);
}

Expected<TaskRecord, StoreError> read_task(const Query& q) {
  RowReader row(q, "tasks");
  TaskRecord t;
  std::string name;
  std::string spec;
  t.id = row.key();
  row.read(name);
  row.read(t.round);
  row.read(spec);
  if (!row.error()) {
    auto parsed = task_spec_from_text(spec);
    if (!parsed) {
      row.fail(printable(parsed.error()));
    } else if (parsed->name != name) {
      row.fail("names another task than its row");
    } else {
      t.spec = std::move(*parsed);
    }
  }
  row.read(t.state, task_state_from);
  row.read(t.mode, task_mode_from);
  row.read(t.verdict, verdict_from);
  row.read(t.reason);
  std::uint32_t exit_code = 0;
  row.read(exit_code);
  t.exit_code = static_cast<ExitCode>(exit_code & 0xff);
  if (static_cast<std::uint32_t>(number(info(t.exit_code).code)) != exit_code) row.fail(fmt::format("{} is not an exit code", exit_code));
  row.read(t.run_epoch);
  row.read(t.next_seq);
  row.read(t.orders);
  row.read(t.rebalances);
  row.read(t.rejects);
  row.read(t.errors);
  row.read(t.runs);
  row.read(t.restored);
  row.read(t.created);
  row.read(t.first_order);
  row.read(t.updated);
  row.read(t.source);
  row.read(t.live);
  Guards& g = t.guards;
  row.read(g.rejects_in_row.buy);
  row.read(g.rejects_in_row.sell);
  row.read(g.escalations_in_row);
  row.read(g.unwinding);
  row.read(g.loss_limit);
  row.read(g.unhedged.us);
  row.read(g.unhedged_money_seconds);
  if (row.error()) return Unexpected{*row.error()};
  return t;
}

Expected<OrderRecord, StoreError> read_order(const Query& q) {
  RowReader row(q, "orders");
  OrderRecord o;
  OrderRequest& r = o.request;
  row.read(r.id);
  row.read(r.leg, side_from);
  row.read(r.side, side_from);
  row.read(r.type, order_type_from);
  row.read(r.purpose, purpose_from);
  row.read(r.price);
  row.read(r.qty);
  row.read(r.reduce_only);
  row.read(r.created);
  row.read(r.expires);
  row.read(o.status, order_status_from);
  row.read(o.close_reason, close_reason_from);
  row.read(o.venue_order_id);
  row.read(o.filled);
  row.read(o.filled_quote);
  row.read(o.booked);
  row.read(o.cancel_requested);
  row.read(o.code);
  row.read(o.reason);
  row.read(o.updated);
  row.read(o.person_request);
  row.read(r.arrival);
  if (row.error()) return Unexpected{*row.error()};
  return o;
}

namespace {

void read_columns(RowReader& row, Fill& f) {
  row.read(f.venue, venue_from);
  row.read(f.trade_id);
  row.read(f.order);
  row.read(f.venue_order_id);
  row.read(f.leg, side_from);
  row.read(f.side, side_from);
  row.read(f.price);
  row.read(f.qty);
  row.read(f.fee);
  row.read(f.fee_asset);
  row.read(f.liquidity, liquidity_from);
  row.read(f.time);
}

}  // namespace

Expected<Fill, StoreError> read_fill(const Query& q) {
  RowReader row(q, "fills");
  Fill f;
  read_columns(row, f);
  if (row.error()) return Unexpected{*row.error()};
  return f;
}

Expected<Trade, StoreError> read_trade(const Query& q) {
  RowReader row(q, "fills");
  Trade t;
  read_columns(row, t.fill);
  row.read(t.arrival);
  if (row.error()) return Unexpected{*row.error()};
  return t;
}

Expected<FundingPayment, StoreError> read_funding(const Query& q) {
  RowReader row(q, "fundings");
  FundingPayment p;
  row.read(p.venue, venue_from);
  row.read(p.id);
  row.read(p.leg, side_from);
  row.read(p.amount);
  row.read(p.time);
  if (row.error()) return Unexpected{*row.error()};
  return p;
}

Expected<Holding, StoreError> read_holding(const Query& q) {
  RowReader row(q, "holdings");
  Holding h;
  row.read(h.part, part_from);
  row.read(h.since);
  row.read(h.to_close);
  row.read(h.must_close);
  row.read(h.funding.rate);
  row.read(h.funding.interval.us);
  row.read(h.funding.next);
  row.read(h.payments);
  row.read(h.newest_payment);
  if (row.error()) return Unexpected{*row.error()};
  return h;
}

namespace {

Expected<void, StoreError> outcome(const RowReader& row) {
  if (row.error()) return Unexpected{*row.error()};
  return {};
}

// "leg, <sums>"
void read_sums(RowReader& row, PerSide<LegTotals>& legs) {
  Side side = Side::Buy;
  row.read(side, side_from);
  LegTotals& leg = legs[side];
  row.read(leg.filled);
  row.read(leg.net);
  row.read(leg.traded);
  row.read(leg.traded_quote);
  row.read(leg.cash);
  row.read(leg.slippage);
  row.read(leg.funding);
}

// "leg, asset, amount"
void read_fee(RowReader& row, PerSide<LegTotals>& legs) {
  Side side = Side::Buy;
  Asset asset;
  Fee amount;
  row.read(side, side_from);
  row.read(asset);
  row.read(amount);
  if (row.error()) return;
  FeeTotals& fees = legs[side].fees;
  if (amount.is_zero()) {
    // Fees and rebates that cancelled out leave an entry of zero, which a single `add` does not make.
    fees.add(asset, Fee(1));
    fees.add(asset, Fee(-1));
  } else {
    fees.add(asset, amount);
  }
}

// So that two of them can be added and subtracted without an overflow. Longer ones are no fault of a task's sums, but its days are not told from them.
bool is_reckonable(const Decimal& d) { return d.scale() <= 20 && d.abs() < Decimal(100'000'000'000'000'000); }

constexpr std::int64_t kMostFills = 1'000'000'000'000'000;

// The day that the row is of: by its number, in the order of the days.
DayStart* day_in(RowReader& row, std::vector<DayStart>& days) {
  std::int64_t day = 0;
  row.read(day);
  const auto at = std::ranges::lower_bound(days, day, {}, &DayStart::day);
  if (at != days.end() && at->day == day) return &*at;
  row.fail(fmt::format("{} is no day of its task", day));
  return nullptr;
}

}  // namespace

Expected<void, StoreError> read_leg(const Query& q, TaskRecord& task) {
  RowReader row(q, "legs");
  read_sums(row, task.leg);
  return outcome(row);
}

Expected<void, StoreError> read_fee(const Query& q, TaskRecord& task) {
  RowReader row(q, "fees");
  read_fee(row, task.leg);
  return outcome(row);
}

Expected<void, StoreError> read_day(const Query& q, std::vector<DayStart>& days) {
  RowReader row(q, "days");
  DayStart d;
  row.read(d.day);
  row.read(d.fills);
  if (d.fills < 0 || d.fills > kMostFills) row.fail(fmt::format("{} is no number of fills", d.fills));
  days.push_back(d);
  return outcome(row);
}

Expected<void, StoreError> read_day_leg(const Query& q, std::vector<DayStart>& days) {
  RowReader row(q, "day_legs");
  if (DayStart* d = day_in(row, days)) {
    read_sums(row, d->leg);
    for (const LegTotals* l : {&d->leg.buy, &d->leg.sell}) {
      for (const Decimal& sum : {l->filled.decimal(), l->net.decimal(), l->traded.decimal(), l->traded_quote.decimal(), l->cash.decimal(),
                                 l->slippage.decimal(), l->funding.decimal()}) {
        if (!is_reckonable(sum)) row.fail("is longer than sums are");
      }
    }
  }
  return outcome(row);
}

Expected<void, StoreError> read_day_fee(const Query& q, std::vector<DayStart>& days) {
  RowReader row(q, "day_fees");
  if (DayStart* d = day_in(row, days)) {
    read_fee(row, d->leg);
    for (const LegTotals* l : {&d->leg.buy, &d->leg.sell}) {
      for (const auto& [asset, fee] : l->fees.all()) {
        if (!is_reckonable(fee.decimal())) row.fail("is longer than sums are");
      }
    }
  }
  return outcome(row);
}

}  // namespace dn
