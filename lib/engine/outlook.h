// What a task may cost and earn at the prices of now: pure figures for the plan, the checks before a start and the circuit breaker.
#pragma once

#include <optional>

#include "engine/plan.h"
#include "model/order.h"

namespace dn {

// Quoted against each other: what both legs' orders would bring at their prices of now.
struct Spread {
  Bps gross;  // sell price over buy price
  Bps net;    // less both legs' fees, and with the funding that a perpetual leg is told to receive (+) or pay (-) at its next settlement
};

// What new quotes need: min_spread_bps, else exit_spread_bps, for nothing is entered that would be left at once. nullopt: neither is set.
std::optional<Bps> least_spread(const RiskSpec& risk);
std::string_view least_spread_key(const RiskSpec& risk);  // which of the two that is

// What a position of these legs receives (+) or pays (-), a year of what is told for the next settlement, in percent of its value, to 4
// places. nullopt: no leg has told terms.
std::optional<Percent> funding_apr(const Instrument& buy, const Instrument& sell);
// What a position of `qty` on `side` receives (+) or pays (-) at the next settlement at `price`.
Money expected_funding(const Instrument& instrument, Side side, const Qty& qty, const Price& price);

// The most that is lost, in quote, if of `qty` the first leg fills at its quote (at its own touch, where the quote is better) and the second one fails: it then
// trades by market-like orders at the slippage limit, or the first one is taken back at that limit, whichever costs more. Every order pays the taker's fee. It
// holds while the books stay where they are until both legs are whole, and while nothing is taken back and quoted again more often than
// once. `quote`: the legs' target prices; `top`: the books. Rounded up to 8 places; never negative.
Money worst_case(const TaskSpec& spec, const Qty& qty, const PerSide<Instrument>& instruments, const PerSide<Price>& quote, const PerSide<TopOfBook>& top);

}  // namespace dn
