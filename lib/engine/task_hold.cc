// A task that goes round: it opens, holds, and closes again what it opened. Which part it is in is durable with it.
//
// Closing is what a task of direction = "close" does, by the same analysis, gate and order protocol: both legs change sides, and the sides
// count what is closed. Only the books stay as they are: a leg keeps its venue, its ids and its sums, which shrink to nothing.
#include <algorithm>

#include "engine/task.h"

namespace dn {
namespace {

constexpr Dur kFundingGrace = Dur::minutes(1);  // the rate told moves until its settlement
constexpr Dur kSpreadGrace = Dur::seconds(1);   // one good tick is no reason to close

Lead other(Lead lead) { return lead == Lead::Both ? lead : lead == Lead::Buy ? Lead::Sell : Lead::Buy; }

// The task as its closing trades see it. A leg keeps the distance behind its venue's market at which it opened.
TaskSpec spec_to_close(const TaskSpec& from, const Holding& h) {
  TaskSpec s = from;
  std::swap(s.leg.buy, s.leg.sell);
  for (const Side side : kSides) s.leg[side].offset_ticks = -s.leg[side].offset_ticks;
  s.lead = other(from.lead);
  s.direction = Direction::Close;
  s.total_quantity = h.to_close;
  s.order_quantity = min(from.order_quantity, h.to_close);
  s.risk.max_position.reset();
  s.risk.min_spread_bps = h.must_close ? std::nullopt : from.hold.close_spread_bps;
  s.risk.exit_spread_bps.reset();
  return s;
}

bool is_tradable(const LegSituation& l) { return l.net.is_positive() && l.net >= l.min_tradable; }

}  // namespace

void TaskEngine::remake_plan() {
  if (record_.spec.hold.goes_round() || closing_) closing_spec_ = spec_to_close(record_.spec, record_.holding);
  if (adapted_) adapted_spec_ = adapted();
  plan_ = make_plan(trading_spec(), {legs_.buy.instrument, legs_.sell.instrument});
}

// Both legs change sides, with all that rests or is asked on them.
void TaskEngine::turn(bool closing) {
  if (closing_ == closing) return;
  closing_ = closing;
  std::swap(legs_.buy, legs_.sell);
  spread_ = SpreadWatch{};
  remake_plan();
}

// Moves the task on to its next part. True: it has; the next cycle goes on from there.
bool TaskEngine::mind_part(const Situation& s) {
  Holding& h = record_.holding;
  if (!record_.spec.hold.goes_round() || stop_) return false;
  if (!h.must_close) {
    const auto why = closing_rule();
    const bool holds = h.part != Part::Open || is_tradable(s.leg.buy) || is_tradable(s.leg.sell);
    if (why && holds) {
      h.must_close = true;
      save_task();
      alert(AlertKind::Alert, AlertLevel::Info, "must_close", *why);
      remake_plan();  // the spread is no condition any more
      if (h.part == Part::Open) return begin_hold(s, *why);
    }
  }
  if (h.part != Part::Hold || record_.mode != TaskMode::Active) return false;
  const auto why = h.must_close ? std::optional(Reason("the time to close has come")) : spread_to_close(s);
  if (!why) return false;
  for (const Side leg : kSides) {
    if (s.leg[leg].has_orders) return false;  // they are taken away first
  }
  begin_close(*why);
  return true;
}

// What ends the holding whatever the spread.
std::optional<Reason> TaskEngine::closing_rule() const {
  const HoldSpec& rules = record_.spec.hold;
  const Holding& h = record_.holding;
  if (rules.hold_for && h.part != Part::Open && now_ - h.since >= *rules.hold_for) return Reason("held for hold_for " + format_duration(*rules.hold_for));
  if (rules.exit_after_fundings && h.payments >= *rules.exit_after_fundings) {
    return Reason("held through exit_after_fundings " + std::to_string(*rules.exit_after_fundings));
  }
  if (!rules.exit_funding_apr || funding_.poor_since.is_never() || now_ - funding_.poor_since < kFundingGrace) return std::nullopt;
  const auto apr = told_apr();
  return Reason("the funding told, " + (apr ? apr->str() : "none") + " % a year, is below exit_funding_apr " + rules.exit_funding_apr->str());
}

// The closing spread has been good enough for a moment.
std::optional<Reason> TaskEngine::spread_to_close(const Situation& s) {
  const auto& least = record_.spec.hold.close_spread_bps;
  if (!least || !s.leg.buy.fresh || !s.leg.sell.fresh) return std::nullopt;
  Situation c = s;
  std::swap(c.leg.buy, c.leg.sell);
  c.closing = true;
  c.spec = &closing_spec_;
  const auto spread = quoted_spread(c);
  if (!spread || spread->net < *least) {
    cheap_since_ = Time::never();
    return std::nullopt;
  }
  if (cheap_since_.is_never()) cheap_since_ = now_;
  if (now_ - cheap_since_ < kSpreadGrace) return std::nullopt;
  return Reason("closing earns " + spread->net.str() + " bps net, close_spread_bps is " + least->str());
}

// False: the task does not go round, or there is nothing to hold.
bool TaskEngine::begin_hold(const Situation& s, const Reason& why) {
  Holding& h = record_.holding;
  if (!record_.spec.hold.goes_round() || h.part != Part::Open || (!is_tradable(s.leg.buy) && !is_tradable(s.leg.sell))) return false;
  h.part = Part::Hold;
  h.since = now_;
  save_task();
  alert(AlertKind::Alert, AlertLevel::Info, "holding", why, record_.leg.buy.net.str(), record_.leg.sell.net.str());
  return true;
}

void TaskEngine::begin_close(const Reason& why) {
  Holding& h = record_.holding;
  h.part = Part::Close;
  h.to_close = max(record_.leg.buy.net, record_.leg.sell.net);
  record_.guards.rejects_in_row = {};
  save_task();
  alert(AlertKind::Alert, AlertLevel::Info, "closing", why, h.to_close.str());
  turn(true);
}

}  // namespace dn
