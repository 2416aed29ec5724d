// What all tasks of a database may do together, and what of it one task may use.
//
// A task's *exposure* is the value of both its sides: what they hold at the prices of their fills, and what unclosed orders may add, those of
// unknown fate at full size. Its *room* is the most that its exposure may come to: taken from the portfolio in pieces, durable before an order
// counts on it (lib/store/portfolio.h), and handed to the engine as data.
#pragma once

#include <string_view>

#include "model/order.h"
#include "model/task_record.h"

namespace dn {

// `[portfolio]` as its owner wrote it.
struct PortfolioSpec {
  Money capital;  // quote; required
  std::optional<Rate> max_exposure_per_symbol;
  std::optional<Rate> max_total_exposure;
  std::optional<Money> max_loss;
  std::int64_t max_concurrent_tasks = 0;  // 0: no limit
};
const std::vector<KeyInfo>& portfolio_keys();  // without the table's name
// As set_task_key and get_task_key.
Expected<void, std::string> set_portfolio_key(PortfolioSpec& spec, std::string_view key, std::string_view value);

// The same in amounts of one quote, as the database keeps it. None: no limit.
struct PortfolioLimits {
  Asset quote;
  Money capital;
  std::optional<Money> per_symbol;
  std::optional<Money> total;
  std::optional<Money> max_loss;
  std::int64_t max_tasks = 0;

  friend bool operator==(const PortfolioLimits&, const PortfolioLimits&) = default;
};
PortfolioLimits limits_of(const PortfolioSpec& spec, const Asset& quote);
// Of each limit the stricter one; capital is b's.
PortfolioLimits stricter(const PortfolioLimits& a, const PortfolioLimits& b);

// What a task may come to, and what became of its last wish for more.
struct Room {
  Money granted;
  // Set where the wish was refused: the limit, what the portfolio's exposure would have come to, and the most it may.
  Code limit;
  Money value;
  Money most;
  bool may_come = false;  // another run holds what may come free; false: nobody does

  bool refused() const { return !limit.empty(); }
};

// `have`: the exposure as it stands; `need`: with the orders that wait; `wish`: with a few more, so that not each order has to ask.
struct RoomWish {
  Money have;
  Money need;
  Money wish;
};

// What a leg holds, at the prices of its own side's fills; rounded up.
Money held_value(const LegTotals& leg);
// A task's exposure by the values of its sides: while it goes on, a side that is behind will be made equal.
inline Money exposure_of(const PerSide<Money>& sides, bool ended) { return ended ? sides.buy + sides.sell : max(sides.buy, sides.sell) * Decimal(2); }

}  // namespace dn
