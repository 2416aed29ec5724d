#include "engine/analyze.h"

namespace dn {
namespace {

LegDecision keep(const char* why = "") { return {LegAction::Keep, {}, {}, why}; }
LegDecision cancel(const char* why) { return {LegAction::Cancel, {}, {}, why}; }

// It has less than the other one, by however little.
bool is_less(const Situation& s, Side leg) { return !imbalance(s).is_zero() && lagging_leg(s) == leg; }

bool quotes(const Situation& s, Side leg) {
  switch (s.spec->lead) {
    case Lead::Both: return true;
    case Lead::Buy: return leg == Side::Buy;
    case Lead::Sell: return leg == Side::Sell;
  }
  return false;
}

bool can_trade(const Situation& s, Side leg, Qty qty) { return qty.is_positive() && qty >= s.leg[leg].min_tradable; }

// A leg that only hedges has nothing of its own to reach. A tail that the other leg cannot trade would only drive the sides apart.
bool useful(const Situation& s, Side leg) {
  if (!quotes(s, leg) || !can_trade(s, leg, remaining(s, leg))) return false;
  const Side other = flip(leg);
  return is_less(s, leg) || can_trade(s, other, remaining(s, other));
}

bool is_complete(const Situation& s) {
  if (s.holding) return false;
  for (const Side leg : kSides) {
    if (s.leg[leg].has_orders || !s.leg[leg].known || useful(s, leg)) return false;
  }
  return imbalance(s).abs() < s.leg[lagging_leg(s)].min_tradable;
}

// The legs are apart and it is time to act: the grace is over, or no quote of the lagging leg will ever restore the balance.
bool must_rebalance(const Situation& s) {
  if (!is_apart(s)) {
    // Below a threshold of the owner's choice, yet nothing is left to quote: the end must still be balanced.
    const Side lagging = lagging_leg(s);
    const Qty difference = imbalance(s).abs();
    if (!difference.is_positive() || difference < s.leg[lagging].min_tradable) return false;
    for (const Side leg : kSides) {
      if (s.leg[leg].has_orders || useful(s, leg)) return false;
    }
    return true;
  }
  if (s.imbalance_since.is_never()) return false;
  return s.now - s.imbalance_since >= s.spec->imbalance_grace() || s.mode != TaskMode::Active;
}

LegDecision requote_or_keep(const Situation& s, Side leg) {
  const LegSituation& l = s.leg[leg];
  if (is_own_touch(s, leg)) return keep();
  const auto target = target_price(s, leg);
  if (!target) return cancel("no positive price is left at this offset");
  const Price away = Price((l.resting->price - *target).decimal().abs());
  if (away > l.instrument->tick * Decimal(s.spec->leg[leg].tick_tolerance)) return cancel("price moved beyond the tolerance");
  return keep();
}

LegDecision open_new(const Situation& s, Side leg) {
  const LegSituation& l = s.leg[leg];
  if (l.stopped) return keep("the leg is stopped");
  if (l.waiting) return keep("a backoff runs");
  if (!s.leg[flip(leg)].fresh) return keep("the other leg's book is stale");
  if (s.leg[flip(leg)].stopped) return keep("the other leg is stopped");
  const auto price = target_price(s, leg);
  if (!price) return keep("no positive price at this offset");
  const Qty qty = quote_quantity(s, leg, *price);
  if (qty.is_zero() || !useful(s, leg)) return keep("nothing useful is left to quote");
  return {LegAction::Place, *price, qty, ""};
}

LegDecision manage_leg(const Situation& s, Side leg) {
  const LegSituation& l = s.leg[leg];
  if (const LegDecision d = keep_or_cancel(s, leg); d.action == LegAction::Cancel) return d;
  if (l.resting && (l.expected || s.leg[flip(leg)].expected)) return keep("the first price has not come yet");
  if (l.busy) return keep("an answer is outstanding");
  if (!quotes(s, leg)) return l.resting ? cancel("this leg only hedges") : keep("this leg only hedges");
  const bool apart = is_apart(s);
  const bool lagging = is_behind(s, leg);
  if (s.mode != TaskMode::Active && !lagging) {
    return l.resting ? cancel(s.mode == TaskMode::Reducing ? "only orders that reduce the imbalance" : "the task is paused") : keep("not active");
  }
  if (s.mode == TaskMode::Paused || s.mode == TaskMode::Halted) return l.resting ? cancel("the task is paused") : keep("not active");
  if (!lagging && s.spread_closed) return l.resting ? cancel("the net spread is below min_spread_bps") : keep("spread below min_spread_bps");
  if (!lagging && s.funding_closed) return l.resting ? cancel("the funding told is below min_funding_apr") : keep("funding below min_funding_apr");
  if (!lagging && s.holding) return l.resting ? cancel("what was opened is held now") : keep("it holds");
  if (l.has_orders) return l.resting ? requote_or_keep(s, leg) : keep("an answer is outstanding");
  if (s.leg[flip(leg)].in_doubt) return keep("the other leg cannot be proven");  // what would be placed would be taken away at once
  if (apart && !lagging) return keep("the other leg catches up first");
  return l.fresh ? open_new(s, leg) : keep("the book is stale");
}

}  // namespace

LegDecision keep_or_cancel(const Situation& s, Side leg) {
  const LegSituation& l = s.leg[leg];
  if (!l.resting) return keep();
  if (!l.fresh && !l.expected) return cancel("the book is older than max_book_age");
  if (s.leg[flip(leg)].unprovable) return cancel("the other leg cannot be proven");
  const LegSituation& other = s.leg[flip(leg)];
  if (!other.fresh && !other.expected) return cancel("the other leg's book is older than max_book_age");
  if (books_contradict(s)) return cancel("the books contradict each other: one of them is wrong");
  return keep();
}

Decision analyze(const Situation& s) {
  Decision d;
  if (is_complete(s)) {
    d.kind = Decision::Kind::Complete;
    return d;
  }
  if (must_rebalance(s)) {
    d.kind = Decision::Kind::Rebalance;
    return d;
  }
  for (const Side leg : kSides) d.leg[leg] = manage_leg(s, leg);
  // Two new quotes of one step on one book must not meet either.
  if (s.same_book && d.leg.buy.action == LegAction::Place && d.leg.sell.action == LegAction::Place && d.leg.buy.price >= d.leg.sell.price) {
    d.leg.sell = keep("the buy leg's quote goes first");
  }
  return d;
}

}  // namespace dn
