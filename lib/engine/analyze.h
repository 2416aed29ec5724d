// ANALYZING: one pure function from venue-proven state to what should be done.
#pragma once

#include <cstdint>

#include "engine/quote.h"
#include "engine/situation.h"

namespace dn {

enum class LegAction : std::uint8_t { Keep, Place, Cancel };

struct LegDecision {
  LegAction action = LegAction::Keep;
  Price price;           // Place
  Qty qty;               // Place
  const char* why = "";  // Cancel: the reason; Keep without an order: what it waits for
};

struct Decision {
  enum class Kind : std::uint8_t {
    Manage,     // carry out `leg`
    Rebalance,  // restore the balance with market-like orders
    Complete,   // the task has reached its end
  };
  Kind kind = Kind::Manage;
  PerSide<LegDecision> leg;
};

// Order of precedence: completion, imbalance, then for each leg proofs, mode, spread and quotes.
Decision analyze(const Situation& s);

// What a leg that must not open anything new does with a resting order: keep it, or cancel it when it rests on a stale book or the
// other leg cannot be proven. Used while the other leg is rebalanced, too.
LegDecision keep_or_cancel(const Situation& s, Side leg);

}  // namespace dn
