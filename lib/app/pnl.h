// Profit and loss as sums of many tasks: by symbol or by day (UTC). Exact.
//
// What a day brought is what a task's profit was at its end less what it was at the day's beginning, where what is open stands at its cost: so the days
// of a task add up to its profit, to the last digit.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/status.h"

namespace dn::app {

// Parts of a profit, in quote: basis + slippage = gross, gross + funding - fees = net.
struct PnlParts {
  Money slippage;
  Money gross;
  Money funding;
  Money fees;  // those in quote, and those in base at the average price of their leg
  Money basis() const { return gross - slippage; }
  Money net() const { return gross + funding - fees; }
};

struct PnlRow {
  std::string day;     // "2026-01-31"; empty: of all days
  std::string symbol;  // empty: of all symbols of the quote
  Asset quote;
  bool live = false;
  std::int64_t rounds = 0;  // of tasks, that are in it
  std::int64_t fills = 0;
  Money traded;  // value of all fills
  PnlParts parts;
  FeeTotals other_fees;  // in tokens that are neither base nor quote of their task: not in the sum
};

// What each day of a round brought, oldest first, without days on which nothing happened. Errors: Contradiction (numbers that no venue tells), those of the
// store.
Expected<std::vector<PnlRow>, ToolError> daily_pnl(Store& store, const TaskRecord& round);

// The rows of these rounds together: one for each symbol, or each day, of paper and live and each quote apart.
Expected<std::vector<PnlRow>, ToolError> pnl_rows(Store& store, const std::vector<TaskRecord>& rounds, PnlBy by);

// In the form that was asked for.
std::string pnl_text(const std::vector<PnlRow>& rows, PnlBy by, const StatusRequest& request);

}  // namespace dn::app
