// All that ANALYZING looks at: a snapshot of venue-proven state, built by the task before each decision.
#pragma once

#include <optional>

#include "engine/plan.h"
#include "model/task_record.h"

namespace dn {

// The leg's resting order, when it has exactly one that the venue took and nobody asked to cancel.
struct RestingOrder {
  Price price;
  Qty remaining;
};

struct LegSituation {
  const Instrument* instrument = nullptr;
  TopOfBook top;
  bool fresh = false;       // `top` is younger than max_book_age
  bool known = false;       // `top` was ever seen
  bool expected = false;    // the run is young and `top` has not come yet: what an earlier run left resting waits for it
  Qty min_tradable;         // at the last known price
  Qty filled;               // towards the total; amounts that run ahead of their trades count
  Qty net;                  // likewise
  bool has_orders = false;  // any order of the leg is not closed
  bool busy = false;        // ... and one of them has an unanswered question: nothing is decided about it now
  std::optional<RestingOrder> resting;
  std::optional<Price> nearest;  // the price nearest to the other side among all its orders that may still be at the venue
  bool unprovable = false;       // an unknown order, or a venue that does not answer, for too long
  bool in_doubt = false;         // of it an unknown order: its fate comes by itself, where a silent venue may have to be asked for something anew
  bool waiting = false;          // a backoff runs: nothing new on this leg yet
  bool stopped = false;          // nothing new on this leg until a person acts (balance)
};

struct Situation {
  const TaskSpec* spec = nullptr;
  const Plan* plan = nullptr;
  Time now;
  TaskMode mode = TaskMode::Active;
  PerSide<LegSituation> leg;
  Time imbalance_since;                   // when the difference passed the threshold; never() while it has not
  bool spread_closed = false;             // the net spread is below min_spread_bps, or was until a moment ago
  PerSide<std::optional<Money>> capital;  // value of the account on each leg's venue; nullopt: not told
  bool same_book = false;                 // both legs trade the same symbol on the same venue
  bool funding_closed = false;            // the funding told is below what opening needs
  bool holding = false;                   // what was opened is held: nothing new is quoted
  bool no_room = false;                   // the portfolio has refused more
  // What was opened is closed again. Sides are those of the closing trades, each on the leg that opened on the other side; `filled` and
  // `net` count what is closed.
  bool closing = false;
};

// Where a leg of the books, whose orders carry it, stands in a situation.
inline Side seat(const Situation& s, Side leg) { return s.closing ? flip(leg) : leg; }

}  // namespace dn
