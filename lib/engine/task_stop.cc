// Restoring the balance, and the ways a run ends.
#include <algorithm>

#include "engine/backoff.h"
#include "engine/planted.h"
#include "engine/task.h"

namespace dn {

// ---- rebalancing

void TaskEngine::begin_rebalance() {
  rebalance_ = Rebalance{};
  const Situation s = situation();
  rebalance_->leg = lagging_leg(s);
  rebalance_->since = now_;
  move_to(TaskState::Rebalancing, Reason("imbalance " + imbalance(s).str()));
  if (step_rebalance() && !stop_) {
    rebalance_.reset();
    move_to(TaskState::Syncing, Reason("nothing to rebalance"));
  }
}

// True when the order of the last attempt is closed. A full fill ends the series: what comes next is a new one.
bool TaskEngine::attempt_is_over() {
  Rebalance& r = *rebalance_;
  if (r.order.empty()) return true;
  if (find_working(r.order) != nullptr) return false;
  for (const OrderRecord& o : legs_[r.leg].closed) {
    if (!(o.request.id == r.order) || o.booked < o.request.qty) continue;
    if (!r.reduce) record_.guards.escalations_in_row = 0;
    r.attempts = 0;
  }
  r.order = {};
  if (r.attempts > 0) r.next_try = now_ + backoff(static_cast<int>(r.attempts), key_);
  r.next_try = std::max(r.next_try, r.held_until);
  return true;
}

// A hedge that may not be sent yet is no attempt that failed, as long as waiting for it is better than reducing the other leg.
void TaskEngine::hold_back(Rebalance& r, const ClientOrderId& id, Time until) const {
  if (!(r.order == id) || until - r.since > record_.spec.risk.max_imbalance_time) return;
  --r.attempts;
  r.held_until = until;
}

// One step towards balance; true when nothing is left to do. May begin a stop.
//   cancel the leg's resting order -> prove its final fill -> compute the imbalance again -> one market-like order ->
//   prove its fill -> again, up to rebalance_attempts; then the leading leg is reduced instead; then HALT.
bool TaskEngine::step_rebalance() {
  Rebalance& r = *rebalance_;
  if (!attempt_is_over()) {
    mind_quote(situation(), flip(r.leg));
    return false;
  }
  Situation s = situation();
  track_imbalance(s);
  if (!stop_ && check_limits(s)) return false;
  const Side lagging = lagging_leg(s);
  const Side wanted = r.reduce ? flip(lagging) : lagging;
  if (imbalance(s).abs() < s.leg[lagging].min_tradable || wanted != r.leg) return finish_rebalance();
  mind_quote(s, flip(r.leg));
  if (now_ < r.next_try) return false;
  if (!clear_for_hedge(r.leg)) return false;
  if (r.attempts >= record_.spec.risk.rebalance_attempts || legs_[r.leg].stopped) {
    const std::int64_t most = record_.spec.risk.rebalance_attempts;
    escalate(legs_[r.leg].stopped ? "the leg is stopped"
                                  : std::to_string(r.attempts) + " market-like orders did not fill it, rebalance_attempts is " + std::to_string(most));
    return false;
  }
  if (!s.leg[r.leg].fresh) {
    if (now_ - r.since > record_.spec.risk.max_imbalance_time && s.leg[flip(r.leg)].fresh) escalate("its venue shows no market");
    return false;
  }
  return place_hedge(s, r.reduce ? flip(r.leg) : r.leg);
}

bool TaskEngine::finish_rebalance() {
  if (rebalance_->reduce) save_task();
  if (rebalance_->reduce && ++record_.guards.escalations_in_row >= record_.spec.risk.max_repeated_errors) {
    halt(ExitCode::Halted, "repeated_escalations",
         Reason("the lagging leg could not be traded " + std::to_string(record_.guards.escalations_in_row) +
                " times in a row; the leading leg was reduced, the sides are equal"),
         false);
    return false;
  }
  return true;
}

bool TaskEngine::place_hedge(const Situation& s, Side side) {
  Rebalance& r = *rebalance_;
  const Instrument& i = legs_[r.leg].instrument;
  if (planted(Bug::HedgeWrongLeg)) side = flip(side);
  const Price price = market_like_price(s, r.leg, side);
  const Qty qty = within_order_limit(s, r.leg, side, price, hedge_quantity(s, r.leg, side));
  if (qty < i.min_tradable(price)) {
    escalate("what is left is below its minimum or beyond the total");
    return false;
  }
  ++r.attempts;
  const Qty before = imbalance(s);
  const std::uint32_t seq = record_.next_seq;
  if (!place(r.leg, side, r.reduce ? Purpose::Reduce : Purpose::Rebalance, i.has_ioc ? OrderType::Ioc : OrderType::Market, price, qty)) {
    --r.attempts;
    r.next_try = now_ + pause();
    if (now_ - r.since > record_.spec.risk.max_imbalance_time) escalate("the gate refuses its orders");
    return false;
  }
  DN_CHECK(record_.next_seq == seq + 1, "one order per attempt");
  r.order = legs_[r.leg].working.back().record.request.id;
  ++record_.rebalances;
  emit(Rebalanced{side, i.venue, qty, before, r.attempts});
  return false;
}

// The leg that trades must be free of other orders; on one book the other leg's as well, or the two would meet.
bool TaskEngine::clear_for_hedge(Side leg) {
  bool clear = true;
  for (const Side l : kSides) {
    if (l != leg && !same_book_) continue;
    for (WorkingOrder& w : legs_[l].working) {
      request_cancel(w, Reason("makes way for a rebalance"));
      clear = planted(Bug::HedgeBeforeProof);
    }
  }
  return clear;
}

// The lagging leg cannot be traded: reduce the leading one instead. When that fails too, a person has to decide.
void TaskEngine::escalate(const std::string& why) {
  Rebalance& r = *rebalance_;
  const std::string leg(upper_name(r.leg));
  if (r.reduce) {
    halt(ExitCode::Imbalanced, "imbalance", Reason("neither leg could restore the balance (" + leg + ": " + why + ")"), false);
    return;
  }
  alert(AlertKind::Alert, AlertLevel::Critical, "rebalance_escalated", Reason(leg + " could not be rebalanced (" + why + "): the other leg is reduced"),
        record_.imbalance().str());
  const Time since = now_;
  legs_[r.leg].next_place = now_ + Dur::seconds(1);
  r = Rebalance{};
  r.reduce = true;
  r.leg = flip(lagging_leg(situation()));
  r.since = since;
}

// ---- limits on the task as a whole; true when one of them began a stop

bool TaskEngine::check_limits(const Situation& s) {
  const RiskSpec& risk = record_.spec.risk;
  const Qty apart = imbalance(s).abs();
  const Qty whole = closing_ ? record_.spec.total_quantity : plan_.total;
  const bool is_too_wide = is_apart(s) && apart.decimal() > bps_of(whole.decimal(), risk.max_imbalance);
  const bool is_too_long = !imbalance_since_.is_never() && now_ - imbalance_since_ > risk.max_imbalance_time;
  if ((is_too_wide || is_too_long) && !imbalance_told_) {
    imbalance_told_ = true;
    const Decimal limit = bps_of(whole.decimal(), risk.max_imbalance).normalized();
    alert(AlertKind::Alert, AlertLevel::Critical, is_too_wide ? "imbalance" : "imbalance_time",
          Reason(is_too_wide ? "the sides are further apart than max_imbalance_bps allows" : "the sides are apart for longer than max_imbalance_time"),
          imbalance(s).str(), is_too_wide ? limit.str() : format_duration(risk.max_imbalance_time));
    if (record_.mode == TaskMode::Active) record_.mode = TaskMode::Reducing;
    save_task();
  }
  if (!closing_ && record_.first_order.us != 0 && now_ - record_.first_order > risk.max_hold) {
    const std::string since = format_duration(Dur::seconds((now_ - record_.first_order).us / 1'000'000));
    halt(ExitCode::Refused, "max_hold", Reason("the task runs for " + since + ", longer than risk.max_hold " + format_duration(risk.max_hold)), true);
    return true;
  }
  return check_loss(s);
}

// risk.max_loss, else twice what the task may cost at worst, by the first prices of its round.
std::optional<Money> TaskEngine::loss_limit(const Situation& s) {
  if (record_.spec.risk.max_loss) return record_.spec.risk.max_loss;
  auto& own = record_.guards.loss_limit;
  if (own || !s.leg.buy.fresh || !s.leg.sell.fresh) return own;
  const auto quote = next_prices(s);
  if (!quote) return own;
  own = worst_case(trading_spec(), plan_.total, {legs_.buy.instrument, legs_.sell.instrument}, *quote, {s.leg.buy.top, s.leg.sell.top}) * Decimal(2);
  save_task();
  return own;
}

// Realised + marked: cash of both legs, funding, the net position at what it would bring now, fees in quote and in a token (those in base are in
// the net).
std::optional<Money> TaskEngine::result(const Situation& s) const {
  if (!s.leg.buy.known || !s.leg.sell.known) return std::nullopt;
  const Asset& quote = record_.spec.symbol.quote;
  const LegSituation& exit_leg = s.leg[record_.imbalance().is_negative() ? Side::Buy : Side::Sell];
  const Price mark = record_.imbalance().is_negative() ? exit_leg.top.ask : exit_leg.top.bid;
  Money fees;
  for (const Side leg : kSides) {
    const Instrument& i = legs_[leg].instrument;
    const LegTotals& booked = record_.leg[seat_of(leg)];
    fees += Money(booked.fees.of(quote).decimal()) - booked.funding;
    if (i.fee_in == FeeIn::Token && !(i.fee_token == quote)) fees += i.fee_token_price * Qty(booked.fees.of(i.fee_token).decimal());
  }
  return record_.leg.buy.cash + record_.leg.sell.cash + mark * record_.imbalance() - fees;
}

bool TaskEngine::check_loss(const Situation& s) {
  const auto most = loss_limit(s);
  const auto now = result(s);
  if (!most || !now) return false;
  const Money gained = *now;
  if (!gained.is_negative() || -gained <= *most) return false;
  const std::string of = record_.spec.risk.max_loss ? "risk.max_loss " : "twice the worst case of the plan, ";
  alert(AlertKind::Limit, AlertLevel::Critical, "max_loss", Reason("realised and marked loss is above " + of + most->str()), (-gained).str(), most->str());
  halt(ExitCode::Halted, "max_loss", Reason("realised and marked loss " + (-gained).str() + " is above " + of + most->str()), true);
  return true;
}

// ---- wishes

void TaskEngine::on(const Pause&) {
  if (record_.mode == TaskMode::Halted) return;
  record_.mode = TaskMode::Paused;
  record_.reason = "paused by a person";
  save_task();
  alert(AlertKind::Alert, AlertLevel::Info, "paused", Reason("no new quotes until resume; hedges still go out"));
}

void TaskEngine::on(const Resume&) {
  if (record_.mode != TaskMode::Paused) return;
  record_.mode = TaskMode::Active;
  record_.reason.clear();
  for (const Side leg : kSides) legs_[leg].stopped = false;
  save_task();
  alert(AlertKind::Alert, AlertLevel::Info, "resumed", Reason("quotes go on"));
}

void TaskEngine::on(const CancelTask&) { begin_stop({Stop::Kind::Cancel, ExitCode::Ok, false, true, Time::never(), Reason("cancelled by a person")}); }

void TaskEngine::on(const ChangeSpec& c) {
  pending_spec_ = c.spec;
  pending_heard_ = cycles_;
  if (!c.source.empty()) pending_source_ = c.source;
  pending_told_.insert(pending_told_.end(), c.told.begin(), c.told.end());
}

void TaskEngine::on(const HaltTask& h) { halt(ExitCode::Halted, h.code.view(), h.reason, h.hedge); }

void TaskEngine::on(const Drain& d) {
  if (chore_ && !chore_->abandoned) {
    chore_->abandoned = true;  // what it sent is proven, nothing more is sent
    stop_->exit_code = d.exit_code;
    stop_->deadline = now_ + kStopPatience;
    return;
  }
  if (stop_ && stop_->kind == Stop::Kind::Drain) {
    stop_->hurried = true;
    finish(d.exit_code);  // asked twice: what is proven is saved, the rest is the next run's
    return;
  }
  if (stop_ && stop_->kind != Stop::Kind::Halt) {
    // The task was about to end for good; it gets its time, then this run ends without the verdict.
    stop_->exit_code = d.exit_code;
    stop_->deadline = now_ + kStopPatience;
    return;
  }
  begin_stop({Stop::Kind::Drain, d.exit_code, d.leave_orders, !d.leave_orders, now_ + kStopPatience, Reason("the run ends")});
}

// A run that starts on a paused or halted task cancels what an earlier run left resting, proves it, and ends.
void TaskEngine::end_pause_run() {
  const bool paused = record_.mode == TaskMode::Paused;
  begin_stop({Stop::Kind::Drain, paused ? ExitCode::Waiting : ExitCode::Halted, false, paused, now_ + kStopPatience,
              Reason(paused ? "the task is paused" : "the task is halted")});
}

void TaskEngine::halt(ExitCode code, std::string_view what, const Reason& reason, bool hedge) {
  record_.mode = TaskMode::Halted;
  record_.guards.unwinding = false;  // a halt is a halt: the next run closes nothing by itself
  record_.reason = reason.str();
  save_task();
  alert(AlertKind::Halt, AlertLevel::Critical, what, reason);
  begin_stop({Stop::Kind::Halt, code, false, hedge, now_ + kStopPatience, reason});
}

// ---- stopping

void TaskEngine::begin_stop(Stop stop) {
  const bool overrides = !stop_ || stop.kind == Stop::Kind::Halt || (stop.kind == Stop::Kind::Cancel && stop_->kind != Stop::Kind::Halt);
  if (!overrides) return;
  // An earlier halt's graver code stays.
  if (stop_ && stop_->kind == Stop::Kind::Halt) stop.exit_code = worse(stop.exit_code, stop_->exit_code);
  const Reason reason = stop.reason;
  if (!stop.hedge) rebalance_.reset();
  stop_ = std::move(stop);
  if (record_.state == TaskState::Completing || finished_) return;
  // The table leads from everywhere to ANALYZING, and from there to the end.
  for (const TaskState on_the_way : {TaskState::Syncing, TaskState::Analyzing}) {
    if (record_.state != TaskState::Analyzing) move_to(on_the_way, reason);
  }
  move_to(TaskState::Completing, reason);
}

// COMPLETING: cancel what rests, prove every final fill, restore the balance, finish.
void TaskEngine::step_stop() {
  if (finished_) return;
  bool pending = false;
  for (const Side leg : kSides) {
    for (WorkingOrder& w : legs_[leg].working) {
      if (stop_->leave_orders) {
        pending = pending || w.sending;
        continue;
      }
      pending = !planted(Bug::EndWithoutProof);
      const bool hedge = w.record.request.purpose == Purpose::Rebalance || w.record.request.purpose == Purpose::Reduce;
      if (!hedge) request_cancel(w, stop_->reason);
    }
  }
  if (stop_->hedge && !stop_->leave_orders) {
    if (!rebalance_ && !pending) try_closing_hedge();
    if (rebalance_) {
      if (step_rebalance()) rebalance_.reset();
      if (finished_) return;
      pending = pending || rebalance_.has_value();
    }
  }
  if (!pending && chore_ && stop_->kind == Stop::Kind::Drain) pending = step_errand();
  // The task's books end with its verdict: what the last settlement brought is in them.
  const bool unwinds = chore_ && record_.guards.unwinding;
  const bool for_good = stop_->kind == Stop::Kind::Complete || stop_->kind == Stop::Kind::Cancel || unwinds;
  if (pending || stop_->proven.is_never()) stop_->proven = pending ? Time::never() : now_;
  pending = pending || (for_good && is_funding_due());
  if (pending && now_ < stop_->deadline) return;
  if (pending) stop_->kind = Stop::Kind::Drain;  // no verdict without proof
  if (chore_ && chore_->what.kind == Errand::Kind::Order) end_order_by_hand();
  if (unwinds && !pending) end_unwind();
  finish(stop_->exit_code);
}

void TaskEngine::try_closing_hedge() {
  const Situation s = situation();
  const Side lagging = lagging_leg(s);
  const Qty apart = imbalance(s).abs();
  if (!apart.is_positive() || apart < s.leg[lagging].min_tradable) return;
  rebalance_ = Rebalance{};
  rebalance_->leg = lagging;
  rebalance_->since = now_;
}

// The exit code of the task as it stands, when it would otherwise be `wanted`.
ExitCode TaskEngine::final_code(ExitCode wanted) const {
  ExitCode code = waits_for_room(wanted) || waits_for_market(wanted) ? ExitCode::Waiting : wanted;
  if (contradiction_) code = worse(code, ExitCode::Contradiction);
  bool open = false;
  for (const Side leg : kSides) {
    for (const WorkingOrder& w : legs_[leg].working) {
      if (w.is_unknown() || w.record.status == OrderStatus::Intent) code = worse(code, ExitCode::UnknownOrder);
      open = true;
    }
  }
  if (open && !stop_->leave_orders && !stop_->hurried) code = worse(code, ExitCode::VenueDown);
  const Situation s = situation();
  if (chore_) return errand_code(code, s);
  const Qty apart = imbalance(s).abs();
  if (apart.is_positive() && apart >= s.leg[lagging_leg(s)].min_tradable) code = worse(code, ExitCode::Imbalanced);
  return code;
}

// Also where the run ends as it was asked to: whoever looks away now must know.
void TaskEngine::tell_what_may_rest() {
  if (stop_->leave_orders) return;
  for (const Side leg : kSides) {
    const std::size_t n = legs_[leg].working.size();
    if (n == 0) continue;
    alert(AlertKind::Alert, AlertLevel::Critical, "left_open",
          Reason((n == 1 ? "an order" : std::to_string(n) + " orders") + " may still rest on " + std::string(name(legs_[leg].instrument.venue)) +
                 ": the run ends before that was proven; dn-recover --task " + record_.spec.name + " --apply cancels and proves"));
  }
}

void TaskEngine::finish(ExitCode wanted) {
  rebalance_.reset();
  tell_what_may_rest();
  const Stop::Kind kind = stop_->kind;
  const bool for_good = kind == Stop::Kind::Complete || kind == Stop::Kind::Cancel;
  record_.exit_code = for_good && !chore_ ? ExitCode::Ok : final_code(wanted);
  if (kind == Stop::Kind::Complete) {
    record_.verdict = Verdict::Completed;
    record_.reason = stop_->reason.str();
    move_to(TaskState::Completed, stop_->reason);
  } else if (kind == Stop::Kind::Cancel) {
    record_.verdict = Verdict::Cancelled;
    record_.reason = stop_->reason.str();
    move_to(TaskState::Cancelled, stop_->reason);
  } else if (record_.verdict != Verdict::None) {
    move_to(record_.verdict == Verdict::Completed ? TaskState::Completed : TaskState::Cancelled, stop_->reason);
  } else {
    const bool flattened = chore_ && chore_->what.kind == Errand::Kind::Flatten && record_.exit_code == ExitCode::Ok;
    if (flattened) record_.reason = kFlattened;  // a start of it, which halts again, has no other way to know
    move_to(TaskState::Idle, stop_->reason);
  }
  finished_ = true;
  save_task();
}

}  // namespace dn
