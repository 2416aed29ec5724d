// Prices and sizes of orders: pure arithmetic over one situation.
#pragma once

#include <optional>

#include "engine/outlook.h"
#include "engine/situation.h"

namespace dn {

Price middle(const TopOfBook& top);
// How high the other leg's mid may stand, seen from this one's: five collars above it. Beyond that one of the books is wrong, and it is not
// known which.
Price highest_credible(const Situation& s, Side leg);
// Both books are fresh, and one mid is beyond what the other makes credible: nothing rests and nothing leaves.
bool books_contradict(const Situation& s);

// buy net - sell net; > 0: the sell leg lags.
Qty imbalance(const Situation& s);
Side lagging_leg(const Situation& s);
// The difference from which the legs count as apart: the configured threshold, but never below what the lagging
// leg can trade, nor so high that the leading leg could fill its slice and stand still.
Qty imbalance_threshold(const Situation& s);
bool is_apart(const Situation& s);
// They are, and this is the one that has less.
bool is_behind(const Situation& s, Side leg);

// The limit price that `leg` should quote now. Its book is known.
//   price = reference - offset × tick; BUY floors to the tick, SELL ceils; post-only clamps to the touch instead of
//   crossing; with both legs on one book neither quote reaches the other leg's resting order.
// nullopt when no positive price is left.
std::optional<Price> target_price(const Situation& s, Side leg);

// True when the resting order itself is what its leg's touch shows: a reference computed from it would chase itself.
bool is_own_touch(const Situation& s, Side leg);

// What `leg` may still trade towards the task's end: for BUY the total less what is filled; for SELL never more than the net that was
// or will be bought. Not negative; live orders are not deducted.
Qty remaining(const Situation& s, Side leg);

// Quantity of the leg's next quote: at most a slice, at most what keeps the leg within a slice ahead of the other, a multiple of the
// step, and such that no untradable rest is left behind where that can be avoided. While nothing may be opened, a leg that is behind quotes what it
// lacks and not a slice. Zero: nothing useful to quote.
Qty quote_quantity(const Situation& s, Side leg, Price price);

// The collar of a market-like order: the opposite touch worsened by max_slippage_bps, BUY floored to the tick, SELL ceiled; and inside what the
// venue takes (Instrument::price_band).
Price market_like_price(const Situation& s, Side leg, Side side);

// Base that a market-like order on `leg` and `side` has to trade so that the imbalance is not enlarged: net of base fees, floored to
// the leg's step, capped by the task's total, by what the leg holds (reduce) and by the venue's largest order.
Qty hedge_quantity(const Situation& s, Side leg, Side side);

// What a unit of an order may trade at: a sell below the bid trades at the bid.
Price worth(const LegSituation& l, Side side, Price limit);

// As much of it as one order of the task may be worth, a multiple of the leg's step: the rest takes further orders.
Qty within_order_limit(const Situation& s, Side leg, Side side, Price limit, Qty qty);

// Base that has to be traded against `leg` so that it holds nothing any more. It may be more than the leg has filled: what was sold on a
// venue that takes its fee in base is bought back with that fee on top.
Qty to_flatten(const Situation& s, Side leg);
// As much of it as one order takes, down to the net that the leg is to keep.
Qty flatten_quantity(const Situation& s, Side leg, Qty keep);

// The prices that the legs' next orders would have: its target where a leg quotes, the opposite touch where it only hedges. nullopt while a
// book is not known.
std::optional<PerSide<Price>> next_prices(const Situation& s);
// The spread that those would capture, in bps of the buy price.
std::optional<Spread> quoted_spread(const Situation& s);

}  // namespace dn
