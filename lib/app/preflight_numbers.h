// The numbers of a task before it trades: sizes, prices, fees, what it needs, what it may lose. Pure and exact.
#pragma once

#include <optional>

#include "app/ground.h"
#include "engine/outlook.h"

namespace dn::app {

// How far a task is. Empty for one that begins.
struct Progress {
  PerSide<Qty> filled;
  PerSide<Qty> resting;  // still open at the venues
  bool has_begun() const { return filled.buy.is_positive() || filled.sell.is_positive() || resting.buy.is_positive() || resting.sell.is_positive(); }
};

struct LegNumbers {
  bool hedges = false;  // the other side leads: this one takes what stands there
  Price price;          // where it would quote, or hedge, now
  Decimal to_own;       // ticks from its own side's touch; negative: behind it
  Decimal to_opposite;  // ticks to the opposite touch; negative or zero: it would take
  Qty min_tradable;
  Rate fee;  // taker where it would take
  Money slice_value;
  Money total_fees;  // of the whole total, in quote
};

struct Numbers {
  Plan sizes;
  PerSide<std::optional<LegNumbers>> leg;  // none where the book is not known
  std::optional<Bps> spread;               // that these prices would earn, net of fees
  std::optional<Bps> break_even;           // gross spread that pays the fees
  std::optional<Money> worst_slice;        // lost when a slice's second leg fails: engine/outlook.h
  std::optional<Money> worst_total;        // ... and when every slice's does
  Qty left_out;                            // of the total as written: below the common step
  Qty carried;                             // of what is bought net of fees: below the sell side's step
  bool contradict = false;                 // one of the books is wrong: engine/quote.h
};
Numbers numbers_of(const TaskSpec& spec, const MarketView& market);
// What a person should know before a task trades at a loss; empty when it would not, or min_spread_bps keeps it from that.
std::string loss_at_these_prices(const TaskSpec& spec, const MarketView& market);

// A slice against the side of a book that taking it walks through.
struct DepthShare {
  Qty visible;
  std::size_t levels = 0;
  Decimal percent;          // of what is visible
  std::optional<Bps> cost;  // of taking it at once: its average price against the best one; none: more than is visible
};
// nullopt where nothing is visible.
std::optional<DepthShare> share_of_depth(const venues::Depth& depth, Side taker, Qty slice);

// What a leg has to find in its account, in one asset. A spot buy: quote and the fee in it. A spot sell: base. A perpetual: margin at its
// leverage and the fee. With both legs in one spot account what the one sells the other buys: a slice is enough.
struct Need {
  Asset asset;
  Decimal slice;  // for the first slice
  Decimal whole;  // for all that is not done and does not rest already
};
// nullopt for a leg that reduces a perpetual position: it needs the position, not money.
std::optional<Need> need_of(const TaskSpec& spec, const MarketView& market, const Numbers& numbers, const Progress& progress, Side leg);

// A leg of direction = "close" on a perpetual.
bool reduces(const TaskSpec& spec, const MarketView& market, Side leg);
// How much of the position a leg on `side` can reduce.
Qty reducible(const Funds& funds, Side side);

// What the account has at the leg's venue, in quote: quote and base at the leg's price; of a perpetual the margin asset.
Money capital_of(const MarketView& market, Side leg, Price price);

}  // namespace dn::app
