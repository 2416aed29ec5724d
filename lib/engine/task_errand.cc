// A run that does one thing for a person: see engine/errand.h. It is a stop whose end is put off until the errand is done.
#include <algorithm>
#include <utility>

#include "engine/backoff.h"
#include "engine/task.h"

namespace dn {
namespace {

constexpr Dur kOtherPrice = Dur::seconds(3);  // how long the second side's price is waited for

// What the venue refused, or never got, was no order: the request that it carried out is still to be done.
bool reached_venue(const OrderRecord& o) { return o.close_reason == CloseReason::Filled || o.close_reason == CloseReason::Cancelled; }

}  // namespace

Reason what_for(Errand::Kind kind) {
  switch (kind) {
    case Errand::Kind::Prove: return Reason("a person asked for proof of every order");
    case Errand::Kind::Rebalance: return Reason("a person asked for a rebalance");
    case Errand::Kind::Flatten: return Reason("flattened by a person");
    case Errand::Kind::Order: break;
  }
  return Reason("an order by hand");
}

void TaskEngine::begin_errand(const Reason& why) {
  chore_.emplace();
  chore_->what = *options_.errand;
  chore_->began = now_;
  chore_->doing = why;
  chore_->spec = trading_spec();
  RiskSpec& risk = chore_->spec.risk;
  const Errand& e = chore_->what;
  if (e.max_slippage_bps) risk.max_slippage_bps = *e.max_slippage_bps;
  if (e.max_notional && (!risk.max_order_notional || *e.max_notional < *risk.max_order_notional)) risk.max_order_notional = e.max_notional;
  for (const Side leg : kSides) {
    for (const WorkingOrder& w : legs_[leg].working) {
      if (!e.request.empty() && w.record.person_request == e.request) chore_->order[leg] = w.record.request.id;
    }
    for (const OrderRecord& o : legs_[leg].closed) {
      if (!e.request.empty() && o.person_request == e.request && reached_venue(o)) chore_->order[leg] = o.request.id;
    }
  }
  if (e.kind == Errand::Kind::Flatten && record_.verdict == Verdict::None) {
    // Nothing may build the position up again until a person says so.
    record_.mode = TaskMode::Halted;
    record_.reason = why.str();
    save_task();
    alert(AlertKind::Halt, AlertLevel::Critical, record_.guards.unwinding ? "unwind" : "flatten", why);
  }
  begin_stop({Stop::Kind::Drain, ExitCode::Ok, false, false, now_ + kStopPatience, why});
}

// The task closes what it holds by its own rule: a flatten that nobody asked for, and that a restart goes on with.
void TaskEngine::unwind(const Reason& why) {
  record_.guards.unwinding = true;
  turn(false);
  options_.errand = Errand{};
  options_.errand->kind = Errand::Kind::Flatten;
  begin_errand(why);
}

// Nothing is held any more: that is the task's end. What could not be closed stays halted for a person.
void TaskEngine::end_unwind() {
  for (const Side leg : kSides) {
    if (!legs_[leg].working.empty()) return;
  }
  const Situation s = situation();
  if (errand_code(ExitCode::Ok, s) != ExitCode::Ok) return;
  record_.guards.unwinding = false;
  record_.mode = TaskMode::Active;
  stop_->kind = Stop::Kind::Cancel;
}

// Nothing of the task rests and everything is proven. True while the errand goes on.
bool TaskEngine::step_errand() {
  if (chore_->abandoned) return false;
  switch (chore_->what.kind) {
    case Errand::Kind::Prove: return false;
    case Errand::Kind::Flatten: return step_flatten();
    case Errand::Kind::Rebalance:
    case Errand::Kind::Order: break;
  }
  return step_one_order();
}

// Without a fresh price nothing is sized; should none come, that is how the run ends.
bool TaskEngine::has_price(const Situation& s, Side leg) {
  const bool fresh = s.leg[leg].fresh;
  stop_->exit_code = fresh ? ExitCode::Ok : ExitCode::VenueDown;
  if (!fresh) stop_->reason = Reason(std::string(name(legs_[leg].instrument.venue)) + " shows no fresh price");
  const bool came = std::exchange(chore_->priceless[leg], !fresh) && fresh;
  if (came && !chore_->priceless[flip(leg)]) stop_->reason = chore_->doing;
  return fresh;
}

bool TaskEngine::step_one_order() {
  Chore& c = *chore_;
  for (const Side leg : kSides) {
    if (c.order[leg].empty()) continue;
    c.short_of = !settle_errand_order(leg);
    return false;
  }
  const Situation s = situation();
  if (c.what.kind == Errand::Kind::Order) {
    const Side leg = c.what.side;
    if (!has_price(s, leg)) return true;
    place_for_errand(leg, leg, market_like_price(s, leg, leg), c.what.qty);
    return !c.given_up[leg];
  }
  const Side lagging = lagging_leg(s);
  if (imbalance(s).is_zero()) return false;
  if (!has_price(s, lagging)) return true;
  if (imbalance(s).abs() < s.leg[lagging].min_tradable) return false;
  // The lagging leg catches up; where its total leaves no room for that, the leading one gives back.
  const Price price = market_like_price(s, lagging, lagging);
  const Qty qty = hedge_quantity(s, lagging, lagging);
  if (qty >= legs_[lagging].instrument.min_tradable(price)) {
    place_for_errand(lagging, lagging, price, qty);
    return !chore_->given_up[lagging];
  }
  const Side leading = flip(lagging);
  if (!has_price(s, leading)) return true;
  place_for_errand(leading, lagging, market_like_price(s, leading, lagging), hedge_quantity(s, leading, lagging));
  return !chore_->given_up[leading];
}

bool TaskEngine::step_flatten() {
  const Situation s = situation();
  // Both sides leave in one step where both prices are there soon: neither stands alone for longer than it must.
  const bool both = !same_book_ && s.leg.buy.net.is_positive() && s.leg.sell.net.is_positive();
  for (const Side leg : kSides) {
    if (both && now_ - chore_->began <= kOtherPrice && !has_price(s, leg)) return true;
  }
  bool going_on = false;
  for (const Side leg : kSides) {
    going_on = flatten_leg(s, leg) || going_on;
    if (going_on && same_book_) break;  // the two would meet
  }
  return going_on;
}

// The leg holds something that cannot be closed now: its venue shows no market, or takes no order of it any more.
bool TaskEngine::is_stuck(const Situation& s, Side leg) const {
  const LegSituation& l = s.leg[leg];
  return !same_book_ && l.net.is_positive() && l.net >= l.min_tradable && (!l.fresh || chore_->given_up[leg]);
}

// What the leg holds on to for now: it closes at most a slice ahead of the other one, and nothing ahead of one that is stuck.
Qty TaskEngine::to_keep(const Situation& s, Side leg) const {
  const LegSituation& other = s.leg[flip(leg)];
  if (same_book_ || !other.net.is_positive() || other.net < other.min_tradable) return {};
  if (is_stuck(s, flip(leg))) return min(other.net, s.leg[leg].net);
  return min(max(other.net - plan_.leg_slice[leg], Qty{}), s.leg[leg].net);
}

// Two legs that hold the same are no risk together, one of them alone is. True while the other one may still come back.
bool TaskEngine::hold_for_other(const Situation& s, Side leg) {
  const Side other = flip(leg);
  if (!chore_->told_held) {
    chore_->told_held = true;
    const std::string because = chore_->why[other].empty() ? "" : " (" + chore_->why[other].str() + ")";
    const Reason why(std::string(name(legs_[other].instrument.venue)) + " cannot be traded" + because + ": closing the " + std::string(upper_name(leg)) +
                     " side alone would leave the other one open, so it stays");
    alert(AlertKind::Alert, AlertLevel::Critical, "flatten_held", why, s.leg[leg].net.str(), s.leg[other].net.str());
    record_.reason = why.str();
  }
  return !chore_->given_up[other];
}

// Orders against what the leg holds, one after the other, until it holds less than its venue trades. True while that goes on.
bool TaskEngine::flatten_leg(const Situation& s, Side leg) {
  Chore& c = *chore_;
  if (!c.order[leg].empty()) {
    const bool whole = settle_errand_order(leg);
    c.tries[leg] = whole ? 0 : c.tries[leg] + 1;
    if (!whole) c.next_try = std::max(c.next_try, now_ + backoff(static_cast<int>(c.tries[leg]), key_));
    if (c.tries[leg] >= c.spec.risk.rebalance_attempts) c.given_up[leg] = true;
    c.order[leg] = {};
  }
  if (c.given_up[leg] || !s.leg[leg].net.is_positive()) return false;
  if (!has_price(s, leg)) return true;
  if (s.leg[leg].net < s.leg[leg].min_tradable) return false;
  const Qty keep = to_keep(s, leg);
  if (s.leg[leg].net - keep < s.leg[leg].min_tradable) return is_stuck(s, flip(leg)) ? hold_for_other(s, leg) : true;
  if (now_ < c.next_try) return true;
  const Price price = market_like_price(s, leg, flip(leg));
  place_for_errand(leg, flip(leg), price, within_order_limit(s, leg, flip(leg), price, flatten_quantity(s, leg, keep)));
  return !c.given_up[leg];
}

void TaskEngine::place_for_errand(Side leg, Side side, Price price, Qty qty) {
  Chore& c = *chore_;
  const Instrument& i = legs_[leg].instrument;
  const bool naked = c.what.naked_market && i.has_market;
  const OrderType type = naked || !i.has_ioc ? OrderType::Market : OrderType::Ioc;
  const bool by_hand = c.what.kind == Errand::Kind::Order;
  const Purpose purpose = side != leg ? Purpose::Reduce : Purpose::Rebalance;
  const Qty before = by_hand ? Qty{} : record_.imbalance();
  const bool large_enough = qty.is_positive() && qty >= i.min_tradable(price);
  const auto& most = c.spec.risk.max_order_notional;
  c.why[leg] =
      Reason(!large_enough && most ? "its smallest order is worth more than the " + most->str() + " that one may be worth" : "a limit refused its order");
  if (!large_enough) {
    alert(AlertKind::Limit, AlertLevel::Critical, "minimum", Reason(std::string(name(i.venue)) + " takes no order so small"), qty.str(),
          i.min_tradable(price).str());
  }
  if (!large_enough || !place(leg, side, purpose, type, price, qty)) {
    c.given_up[leg] = true;
    stop_->exit_code = ExitCode::Refused;
    stop_->reason = c.why[leg];
    return;
  }
  c.why[leg] = {};
  c.order[leg] = legs_[leg].working.back().record.request.id;
  stop_->deadline = now_ + kStopPatience;
  ++record_.rebalances;
  emit(Rebalanced{side, i.venue, qty, before, c.tries[leg] + 1});
}

// The leg's newest order is closed: whether it filled whole.
bool TaskEngine::settle_errand_order(Side leg) {
  const auto& closed = legs_[leg].closed;
  const auto o = std::find_if(closed.begin(), closed.end(), [&](const OrderRecord& r) { return r.request.id == chore_->order[leg]; });
  if (o == closed.end()) return false;
  chore_->traded = chore_->traded || o->booked.is_positive();
  chore_->placed = chore_->placed || reached_venue(*o);
  if (!reached_venue(*o)) {
    stop_->exit_code = ExitCode::Refused;
    stop_->reason = Reason("the order was not taken: " + o->reason.str());
  }
  return o->booked >= o->request.qty;
}

// The task of an order by hand ends with it: completed when the order was at the venue, cancelled when it never was, so that the same
// request may be made again. Where that is not proven the task stays.
void TaskEngine::end_order_by_hand() {
  for (const Side leg : kSides) {
    if (!legs_[leg].working.empty()) return;
  }
  stop_->kind = chore_->placed ? Stop::Kind::Complete : Stop::Kind::Cancel;
  record_.mode = TaskMode::Active;  // halted from its beginning: nothing but this order was ever to be sent
}

// `wanted`, with what the errand left undone.
ExitCode TaskEngine::errand_code(ExitCode wanted, const Situation& s) const {
  const auto holds = [&](Side leg) { return s.leg[leg].net.is_positive() && s.leg[leg].net >= s.leg[leg].min_tradable; };
  const Qty apart = imbalance(s).abs();
  const bool is_imbalanced = apart.is_positive() && apart >= s.leg[lagging_leg(s)].min_tradable;
  switch (chore_->what.kind) {
    case Errand::Kind::Order: return chore_->short_of && chore_->placed ? worse(wanted, ExitCode::RebalancedPartly) : wanted;
    case Errand::Kind::Flatten:
      if (!holds(Side::Buy) && !holds(Side::Sell)) return wanted;
      if (wanted == ExitCode::Refused && !chore_->traded && !is_imbalanced) return wanted;
      if (chore_->told_held || wanted == ExitCode::VenueDown || is_imbalanced) return worse(wanted, ExitCode::Imbalanced);
      return worse(wanted, ExitCode::RebalancedPartly);
    case Errand::Kind::Rebalance:
      if (is_imbalanced && chore_->traded) return worse(wanted, ExitCode::RebalancedPartly);
      break;
    case Errand::Kind::Prove: break;
  }
  return is_imbalanced ? worse(wanted, ExitCode::Imbalanced) : wanted;
}

}  // namespace dn
