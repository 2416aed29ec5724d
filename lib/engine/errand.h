// A run that does one thing for a person instead of trading the task to its end.
#pragma once

#include <optional>

#include "model/order.h"
#include "model/units.h"

namespace dn {

// Every errand first cancels what rests and proves the final fill of every order; no errand places a quote. What it sends passes the
// gate as any order does.
struct Errand {
  enum class Kind : std::uint8_t {
    Prove,      // nothing more than that
    Rebalance,  // one market-like order for the imbalance
    Flatten,    // market-like orders until both legs hold nothing; the task is halted
    Order,      // one market-like order that a person asked for, on the leg of its side; the task ends with it
  };
  Kind kind = Kind::Prove;
  Side side = Side::Buy;                // of Order
  Qty qty;                              // of Order
  bool naked_market = false;            // the venue's own market order instead of an IOC limit at the collar
  std::optional<Bps> max_slippage_bps;  // instead of the task's
  std::optional<Money> max_notional;    // of each order, below the task's own limit
  RequestId request;                    // kept with its order, so that a repeat finds it; empty: none
};

// Why such a run stops trading, for its events.
Reason what_for(Errand::Kind kind);

}  // namespace dn
