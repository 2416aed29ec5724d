// Rows of the database to records and back. Decoding is strict: whatever a row holds, the answer is the record that was
// written or an error that names table, row and column; nothing is cut, guessed or skipped.
#pragma once

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/fixed_string.h"
#include "model/task_record.h"
#include "store/sqlite.h"

namespace dn {

// Reads the columns of a query's current row from left to right. The first column is the key that errors name.
// The first failure is kept; the reads after it leave their targets alone.
class RowReader {
 public:
  RowReader(const Query& query, std::string_view table);

  std::int64_t key() const { return key_; }
  void read(std::int64_t& out);
  void read(std::uint32_t& out);
  void read(bool& out);
  void read(Time& out) { read(out.us); }
  void read(std::string& out);
  template <std::size_t N>
  void read(FixedString<N>& out) {
    const std::string_view text = next_text();
    if (!FixedString<N>::fits(text)) {
      fail(fmt::format("holds {} bytes, more than {}", text.size(), N));
    } else if (!error_) {
      out = FixedString<N>(text);
    }
  }
  template <class Tag>
  void read(Amount<Tag>& out) {
    const Decimal d = next_decimal();
    if (!error_) out = Amount<Tag>(d);
  }
  // Empty text: no value.
  template <class Tag>
  void read(std::optional<Amount<Tag>>& out) {
    const std::string_view text = next_text();
    if (error_ || text.empty()) return;
    if (const auto d = Decimal::parse(text)) {
      out = Amount<Tag>(*d);
    } else {
      fail_value(text, describe(d.error()));
    }
  }
  // An enumeration by its name.
  template <class E>
  void read(E& out, std::optional<E> (*from)(std::string_view)) {
    const std::string_view text = next_text();
    if (error_) return;
    if (const std::optional<E> value = from(text)) {
      out = *value;
    } else {
      fail_value(text, "is not a known name");
    }
  }
  void fail(const std::string& problem);  // of the column read last
  const std::optional<StoreError>& error() const { return error_; }

 private:
  std::string_view next_text();  // valid until the query steps on
  Decimal next_decimal();
  void fail_value(std::string_view text, std::string_view problem);

  sqlite3_stmt* stmt_;
  std::string_view table_;
  std::int64_t key_ = 0;
  int next_ = 0;
  std::optional<StoreError> error_;
};

// ---- columns in the order in which the functions below bind and read them
#define DN_TASK_COLUMNS                                                                                                              \
  "round, spec, state, mode, verdict, reason, exit_code, run_epoch, next_seq, orders, rebalances, rejects, errors, runs, restored, " \
  "created_us, first_order_us, updated_us, source, live, rejects_buy, rejects_sell, escalations, unwinding, loss_limit, unhedged_us, unhedged_money_seconds"
#define DN_ORDER_COLUMNS                                                                                                    \
  "client_order_id, leg, side, type, purpose, price, quantity, reduce_only, created_us, expires_us, status, close_reason, " \
  "venue_order_id, filled, filled_quote, booked, cancel_requested, code, reason, updated_us, request, arrival"
#define DN_FUNDING_COLUMNS "venue, payment_id, leg, amount, time_us"
#define DN_HOLDING_COLUMNS "part, since_us, to_close, must_close, funding_rate, funding_interval_us, funding_next_us, payments, newest_payment_us"
#define DN_FILL_COLUMNS "venue, trade_id, client_order_id, venue_order_id, leg, side, price, quantity, fee, fee_asset, liquidity, time_us"

// Without the legs. `texts`: spec and source too, which hardly ever change and are long; otherwise their places stay empty.
void bind_task(Query& q, const TaskRecord& task, bool texts);
void bind_order(Query& q, const OrderRecord& order);
void bind_fill(Query& q, const Fill& fill);
void bind_funding(Query& q, const FundingPayment& payment);
void bind_sums(Query& q, const LegTotals& leg);  // without the fees
void bind_holding(Query& q, const Holding& holding);

// Rows of "id, name, <columns>" and "id, <columns>".
Expected<TaskRecord, StoreError> read_task(const Query& q);  // without the legs
Expected<OrderRecord, StoreError> read_order(const Query& q);
Expected<Fill, StoreError> read_fill(const Query& q);
Expected<Trade, StoreError> read_trade(const Query& q);  // the columns of a fill, and its order's arrival
Expected<FundingPayment, StoreError> read_funding(const Query& q);
Expected<Holding, StoreError> read_holding(const Query& q);  // of "task_id, <columns>"

// One row of a leg's sums: "task_id, leg, filled, net, traded, traded_quote, cash, slippage, funding".
Expected<void, StoreError> read_leg(const Query& q, TaskRecord& task);
// One row of fees: "task_id, leg, asset, amount".
Expected<void, StoreError> read_fee(const Query& q, TaskRecord& task);

// Rows of "day, day, <columns>"; a day's legs and fees are added to the day, which is in `days` before them.
Expected<void, StoreError> read_day(const Query& q, std::vector<DayStart>& days);
Expected<void, StoreError> read_day_leg(const Query& q, std::vector<DayStart>& days);
Expected<void, StoreError> read_day_fee(const Query& q, std::vector<DayStart>& days);

std::optional<Liquidity> liquidity_from(std::string_view text);

}  // namespace dn
