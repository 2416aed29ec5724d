// What the report shows of one task, as exact numbers: series over time, pairs, parts of the profit, sums beside sums. Pure.
//
// Times of fills are the venue's, all other times the run's own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/report_history.h"

namespace dn::app {

// A value that holds from `at` on.
struct Step {
  Time at;
  Decimal value;
};
using Steps = std::vector<Step>;  // in the order of time, one at a time at most

// Base that one leg bought and the other sold. The oldest are matched first, at what was really received and given away: net of fees in base.
struct MatchedPair {
  Time at;       // of the later fill
  Qty qty;       // base
  Price bought;  // quote per base
  Price sold;
  Bps spread;            // (sold - bought) / bought
  bool closing = false;  // both legs traded back what they held
};

struct Matched {
  std::vector<MatchedPair> pairs;   // in the order of time
  PerSide<Qty> unmatched;           // of the fills on the leg's own side
  PerSide<Qty> unmatched_closings;  // of those that took the leg's position back
};
// `fills` of one round, in any order.
Matched match(const Symbol& symbol, std::vector<Fill> fills);

// A fill against the mid of its book when its order was decided.
struct Slip {
  Venue venue = Venue::MexcSpot;
  Bps bps;  // of the mid; positive: better than it
};

struct ProfitPart {
  std::string label;
  Money amount;         // quote; the parts up to a sum add up to it
  bool is_sum = false;  // what all parts before it add up to
};

// An order, from its intent to its proven end.
struct OrderSpan {
  Side leg = Side::Buy;
  Stretch life;
  bool traded = false;
};

// A sum that the task's record keeps beside what its fills, orders and payments add up to.
struct BookLine {
  std::string what;
  std::string unit;
  Decimal kept;
  Decimal found;
};

// What the product promises of a stage's latency; nullopt: nothing.
std::optional<std::int64_t> latency_target_ns(std::string_view stage);

struct TaskReport {
  TaskView view;
  Time from;  // of everything that is shown over time
  Time to;
  PerSide<Steps> filled;  // base, towards total_quantity
  Steps imbalance;        // base: buy net - sell net
  Matched matched;
  Steps quoted;                    // bps: the spread of the newest quotes of both legs
  std::vector<ProfitPart> profit;  // empty while there is none
  std::vector<Slip> slips;         // fills whose order knew its mid
  std::int64_t fills = 0;          // all of them
  std::vector<OrderSpan> orders;   // oldest first
  std::vector<BookLine> books;
  std::vector<std::string> broken;  // promises that the books break
  History history;
};
// `stored`: the same round as `view`, in one snapshot. `history`: of its events.
TaskReport make_report(TaskView view, const StoredTask& stored, History history);

}  // namespace dn::app
