// The order protocol: see engine/working_order.h for the life of an order.
#include <algorithm>
#include <utility>

#include "engine/backoff.h"
#include "engine/ids.h"
#include "engine/planted.h"
#include "engine/task.h"

namespace dn {
namespace {

constexpr std::size_t kClosedKept = 64;    // closed orders kept at hand for trades that come late
constexpr Dur kOwnTurn = Dur::minutes(1);  // how long an errand waits for its turn at the request budget

bool is_power_of_two(int n) { return n > 0 && (n & (n - 1)) == 0; }

}  // namespace

WorkingOrder* TaskEngine::find_working(const ClientOrderId& id) {
  for (const Side leg : kSides) {
    for (WorkingOrder& w : legs_[leg].working) {
      if (w.record.request.id == id && w.record.status != OrderStatus::Closed) return &w;
    }
  }
  return nullptr;
}

void TaskEngine::answered(Side leg) {
  legs_[leg].failures = 0;
  errors_in_row_ = 0;
}

// ---- answers to a place request

void TaskEngine::on(const PlaceReport& r) {
  WorkingOrder* w = find_working(r.id);
  if (w == nullptr) return;  // its fills closed it before the answer came
  const Side leg = seat_of(w->record.request.leg);
  w->sending = false;
  switch (r.outcome) {
    case PlaceOutcome::Accepted:
      answered(leg);
      record_.guards.rejects_in_row[leg] = 0;
      w->record.status = OrderStatus::Open;
      w->record.venue_order_id = r.venue_order_id;
      w->last_proof = now_;
      // What a stream said of it before this answer came still has to be asked for.
      w->doubt = w->doubt || w->record.request.type == OrderType::Ioc || w->record.request.type == OrderType::Market;
      save(*w);
      emit_step(OrderStep::Ack, w->record, r.code, r.reason);
      break;
    case PlaceOutcome::Refused: on_refused(*w, r); break;
    case PlaceOutcome::DeniedLocally:
      w->record.code = r.code;
      w->record.reason = r.reason;
      emit_step(OrderStep::Reject, w->record, r.code, r.reason);
      legs_[leg].next_place = now_ + backoff(++legs_[leg].failures, key_);
      if (legs_[leg].failures == 1) legs_[leg].failing_since = now_;
      close(*w, CloseReason::DeniedLocally);
      break;
    case PlaceOutcome::Unknown:
      if (planted(Bug::TimeoutIsFailure)) return close(*w, CloseReason::Refused);
      if (planted(Bug::Resend)) {
        out_->sends.emplace_back(PlaceOrder(legs_[leg].instrument.venue, planted_pass(w->record.request)));
        return;
      }
      become_unknown(*w, r.code, r.reason);
      break;
  }
}

void TaskEngine::on_refused(WorkingOrder& w, const PlaceReport& r) {
  // "Already there" and a refusal of an order that traded say that some request arrived: its fate is asked for.
  if (r.reject == RejectClass::Duplicate || w.record.filled.is_positive()) {
    become_unknown(w, r.code, r.reason);
    return;
  }
  const Side leg = seat_of(w.record.request.leg);
  LegState& l = legs_[leg];
  answered(leg);
  w.record.code = r.code;
  w.record.reason = r.reason;
  ++record_.rejects;
  emit_step(OrderStep::Reject, w.record, r.code, r.reason);
  const bool quote = w.record.request.purpose == Purpose::Quote;
  close(w, CloseReason::Refused);
  switch (r.reject) {
    case RejectClass::WouldCross:
    case RejectClass::Expired: l.next_place = now_ + pause(); return;
    case RejectClass::RateLimited:
      l.next_place = now_ + (r.retry_after.us > 0 ? r.retry_after : Dur::seconds(1));
      if (rebalance_) hold_back(*rebalance_, w.record.request.id, l.next_place);
      for (const Side of : kSides) {
        // Nor is it a try of a person's errand that failed; not for ever.
        if (!chore_ || !(chore_->order[of] == w.record.request.id) || l.next_place - chore_->began > kOwnTurn) continue;
        --chore_->tries[of];
        chore_->next_try = std::max(chore_->next_try, l.next_place);
      }
      return;
    case RejectClass::InsufficientBalance:
      l.stopped = true;
      alert(AlertKind::Alert, AlertLevel::Critical, "insufficient_balance", Reason("the " + std::string(upper_name(leg)) + " leg stops: " + r.reason.str()));
      l.stopped_why = Reason("insufficient balance on " + std::string(name(l.instrument.venue)) + ": " + r.reason.str());
      return;
    case RejectClass::Permission: halt(ExitCode::Permission, "permission", Reason("the venue refuses this key: " + r.reason.str()), false); return;
    case RejectClass::Filter:
    case RejectClass::Halted:
    case RejectClass::Other:
    case RejectClass::Duplicate: break;
  }
  const std::int64_t rejects = ++record_.guards.rejects_in_row[leg];
  l.next_place = now_ + backoff(static_cast<int>(rejects), key_);
  if (quote && rejects >= record_.spec.risk.max_repeated_errors) {
    halt(ExitCode::Halted, "repeated_rejects", Reason("the venue refused " + std::to_string(rejects) + " orders in a row: " + r.reason.str()), true);
  } else {
    enter_error(Reason("the venue refused an order: " + r.reason.str()));
  }
}

void TaskEngine::become_unknown(WorkingOrder& w, const Code& code, const Reason& reason) {
  w.record.status = OrderStatus::Unknown;
  w.record.code = code;
  w.record.reason = reason;
  w.unproven_since = now_;
  w.stage = LookupStage::ById;
  w.tries = 0;
  w.next_try = now_;
  save(w);
  emit_step(OrderStep::Unknown, w.record, code, reason);
}

// ---- answers to a cancel: whatever it says, the final fill is asked for

void TaskEngine::on(const CancelReport& r) {
  WorkingOrder* w = find_working(r.id);
  if (w == nullptr) return;
  w->cancelling = false;
  if (planted(Bug::CancelIsFinal)) return close(*w, CloseReason::Cancelled);
  w->cast_doubt();
}

// ---- answers to a lookup

void TaskEngine::on(const LookupReport& r) {
  WorkingOrder* w = find_working(r.id);
  if (w == nullptr) w = late_look_answered(r);
  if (w == nullptr) return;
  w->looking_up = false;
  switch (r.outcome) {
    case LookupOutcome::Found: on_found(*w, r); break;
    case LookupOutcome::NotFound: on_not_found(*w, r); break;
    case LookupOutcome::Failed: on_failed(*w, seat_of(w->record.request.leg), r.code, r.retry_after); break;
  }
}

void TaskEngine::on_found(WorkingOrder& w, const LookupReport& r) {
  answered(seat_of(w.record.request.leg));
  OrderRecord& o = w.record;
  const bool was_unknown = o.status == OrderStatus::Unknown;
  w.asked_since_start = true;
  w.doubt = std::exchange(w.doubt_again, false);
  w.last_proof = now_;
  w.stage = LookupStage::ById;
  w.absent_proof = false;
  const bool cancel_failed = r.open && o.cancel_requested && w.cancel_sent;
  w.tries = cancel_failed ? w.tries + 1 : 0;
  w.next_try = cancel_failed ? now_ + backoff(w.tries, o.request.id.view()) : now_;
  const bool changed = was_unknown || r.filled > o.filled || !(o.venue_order_id == r.venue_order_id);
  o.status = OrderStatus::Open;
  o.venue_order_id = r.venue_order_id;
  if (o.request.purpose == Purpose::Restored && r.qty.is_positive()) {
    o.request.qty = r.qty;
    o.request.price = r.price;
  }
  o.filled = max(o.filled, r.filled);
  w.ended = !r.open;
  if (w.ended && planted(Bug::DropPartialFill)) o.filled = o.booked;
  if (o.filled > o.request.qty) {
    contradiction_ = true;
    save(w);
    halt(ExitCode::Contradiction, "overfilled", Reason("the venue says that " + o.filled.str() + " of an order of " + o.request.qty.str() + " filled"), false);
    return;
  }
  if (changed) save(w);
  if (was_unknown) emit_step(OrderStep::Resolved, o, Code("found"), Reason("found " + std::string(name(r.stage)) + (r.open ? ", open" : ", ended")));
}

// One round asks by id, among the open orders, in the history. Only a round that began late enough proves absence.
void TaskEngine::on_not_found(WorkingOrder& w, const LookupReport& r) {
  answered(seat_of(w.record.request.leg));
  if (r.stage == LookupStage::ById) w.absent_proof = r.venue_time >= w.record.request.expires + kArrivalMargin;
  if (r.stage == LookupStage::ById) {
    w.stage = LookupStage::OpenOrders;
    return;
  }
  if (r.stage == LookupStage::OpenOrders) {
    w.stage = LookupStage::History;
    return;
  }
  w.stage = LookupStage::ById;
  w.asked_since_start = true;
  if (planted(Bug::NeverArrivedTooEarly)) w.absent_proof = true;
  if (!w.absent_proof) {
    // Asked again with growing pauses, and at the first moment at which absence would prove something.
    const Dur until_proof = w.record.request.expires + kArrivalMargin - r.venue_time;
    w.next_try = now_ + backoff(++w.tries, w.record.request.id.view());
    if (stop_) w.next_try = std::min(w.next_try, now_ + kLookWhileStopping);
    if (until_proof.us > 0) w.next_try = std::min(w.next_try, now_ + until_proof);
    return;
  }
  w.record.reason = Reason("not found by id, among open orders or in the history at venue time " + rfc3339(r.venue_time));
  if (w.is_unknown() && w.record.filled.is_zero()) {
    w.record.code = Code("never_arrived");
    emit_step(OrderStep::Resolved, w.record, w.record.code, w.record.reason);
    close(w, CloseReason::NeverArrived);
    return;
  }
  // It was there once and is gone: what it traded is all that is left to read.
  w.doubt = false;
  w.ended = true;
  w.needs_trades = true;
  w.record.code = Code("gone");
  if (w.is_unknown()) w.record.status = OrderStatus::Open;
  save(w);
}

void TaskEngine::on_failed(WorkingOrder& w, Side leg, const Code& code, Dur retry_after) {
  LegState& l = legs_[leg];
  if (l.failures++ == 0) l.failing_since = now_;
  ++record_.errors;
  w.next_try = now_ + std::max(retry_after, backoff(++w.tries, w.record.request.id.view()));
  if (is_power_of_two(l.failures)) {
    emit(Erred{
        Code(retry_after.us > 0 ? "rate_limit" : "temporary"),
        Reason(std::string(name(l.instrument.venue)) + " did not answer about an order (" + code.str() + "), " + std::to_string(l.failures) + " in a row"),
        Reason("asked again by itself; dn-recover --task " + record_.spec.name + " asks by hand")});
  }
  if (l.failures >= 2) enter_error(Reason(std::string(name(l.instrument.venue)) + " does not answer"));
}

// ---- answers to a trades query

void TaskEngine::on(const TradesReport& r) {
  WorkingOrder* w = find_working(r.id);
  if (w == nullptr) return;
  w->asking_trades = false;
  if (!r.answered) {
    on_failed(*w, seat_of(w->record.request.leg), Code("no_answer"), {});
    return;
  }
  answered(seat_of(w->record.request.leg));
  for (Fill f : r.fills) {
    f.order = r.id;  // restored orders have no client id of ours at the venue
    f.leg = w->record.request.leg;
    book(f);
    w = find_working(r.id);
    if (w == nullptr) return;
  }
  w->needs_trades = false;
  if (w->record.booked < w->record.filled) {
    w->next_try = now_ + backoff(++w->tries, r.id.view());  // trades lag behind the amount at every venue
  } else {
    w->tries = 0;
    w->next_try = now_;
  }
}

// ---- what is due

void TaskEngine::drive_orders() {
  for (const Side leg : kSides) {
    for (WorkingOrder& w : legs_[leg].working) drive(w);
  }
  drive_absent();
  sweep_closed();
}

void TaskEngine::drive(WorkingOrder& w) {
  OrderRecord& o = w.record;
  if (o.status == OrderStatus::Closed || w.sending) return;
  const Venue venue = legs_[seat_of(o.request.leg)].instrument.venue;
  const bool whole = o.booked >= o.request.qty && !o.request.price.is_zero();
  if (whole || (w.ended && !w.needs_trades && o.booked >= o.filled)) {
    close(w, o.booked >= o.request.qty ? CloseReason::Filled : CloseReason::Cancelled);
    return;
  }
  if (o.cancel_requested && o.status == OrderStatus::Open && !w.ended && !w.cancelling && !w.doubt && now_ >= w.next_try) {
    w.cancelling = true;
    w.cancel_sent = true;
    out_->sends.emplace_back(CancelOrder{venue, o.request.id, o.venue_order_id});
  }
  if (now_ < w.next_try) return;
  // Beside the question for the order: a round trip less until the trade is booked.
  if (w.traded && !o.venue_order_id.empty()) {
    w.traded = false;
    w.needs_trades = true;
  }
  if ((w.needs_trades || o.booked < o.filled) && !w.asking_trades) {
    w.asking_trades = true;
    out_->sends.emplace_back(QueryTrades{venue, o.request.id, o.venue_order_id});
  }
  const bool due = w.is_unknown() || w.doubt || !w.asked_since_start || now_ - w.last_proof >= kSyncInterval;
  if (due && !w.ended && !w.looking_up && !w.cancelling) {
    w.looking_up = true;
    out_->sends.emplace_back(LookupOrder{venue, o.request.id, o.venue_order_id, w.stage});
  }
}

void TaskEngine::request_cancel(WorkingOrder& w, const Reason& reason) {
  if (w.record.cancel_requested || w.record.status == OrderStatus::Closed || w.ended) return;
  w.record.cancel_requested = true;
  w.cancel_reason = reason;
  w.next_try = now_;
  save(w);
}

void TaskEngine::close(WorkingOrder& w, CloseReason reason) {
  OrderRecord& o = w.record;
  if (w.is_unknown() && reason != CloseReason::NeverArrived) emit_step(OrderStep::Resolved, o, Code("found"), Reason("its trades prove it"));
  o.status = OrderStatus::Closed;
  o.close_reason = reason;
  save(w);
  if (reason != CloseReason::Cancelled) return;
  const bool market_like = o.request.type == OrderType::Ioc || o.request.type == OrderType::Market;
  Reason why = w.cancel_reason;
  if (!o.cancel_requested) why = market_like ? Reason("what did not fill at once") : Reason("ended by the venue");
  emit(CancelProven{o.request.id, o.request.side, o.booked, why});
}

void TaskEngine::sweep_closed() {
  for (const Side leg : kSides) {
    LegState& l = legs_[leg];
    for (auto w = l.working.begin(); w != l.working.end();) {
      if (w->record.status != OrderStatus::Closed) {
        ++w;
        continue;
      }
      if (w->record.close_reason == CloseReason::NeverArrived) note_absent(w->record, true);
      l.closed.push_back(w->record);
      if (l.closed.size() > kClosedKept) l.closed.pop_front();
      w = l.working.erase(w);
    }
  }
}

// ---- fills

// Books a trade once, whoever tells it and however often.
void TaskEngine::book(const Fill& told) {
  OrderRecord* o = nullptr;
  WorkingOrder* w = find_working(told.order);
  if (w == nullptr) w = revive(told.order);
  if (w != nullptr) o = &w->record;
  for (const Side leg : kSides) {
    for (OrderRecord& c : legs_[leg].closed) {
      if (o == nullptr && c.request.id == told.order) o = &c;
    }
  }
  const auto ours = parse_client_order_id(told.order.view());
  if (o == nullptr && !(ours && ours->key == key_)) return;  // not of this task
  if (!seen_trades_.insert(trade_key(told)).second && !planted(Bug::DoubleBooking)) return;
  if (o == nullptr) {
    // Of an order closed long ago: its row is not at hand, so a person has to look before anything else trades.
    seen_trades_.erase(trade_key(told));
    contradiction_ = true;
    halt(ExitCode::Contradiction, "late_trade", Reason("trade " + told.trade_id.str() + " belongs to the long closed order " + told.order.str()), false);
    return;
  }
  Fill f = told;
  f.leg = o->request.leg;
  f.side = o->request.side;
  if (o->status == OrderStatus::Closed) {
    alert(AlertKind::Alert, AlertLevel::Warning, "late_trade", Reason("a trade came after the venue had said that order " + f.order.str() + " was final"));
  }
  o->booked += f.qty;
  o->filled = max(o->filled, o->booked);
  o->filled_quote += f.price * f.qty;
  o->updated = now_;
  if (o->venue_order_id.empty()) o->venue_order_id = f.venue_order_id;
  if (o->request.purpose == Purpose::Quote) {
    // An opening of the spread that filled something was no flapping: the next one need not wait.
    spread_.closures = 0;
    spread_.reopen = now_;
  }
  add_to_totals(f, o->request.arrival);
  out_->journal.fills.push_back(f);
  out_->journal.orders.push_back(*o);
  save_task();
  emit(Filled{f});
  if (o->booked > o->request.qty && !o->request.price.is_zero()) {
    contradiction_ = true;
    halt(ExitCode::Contradiction, "overfilled", Reason("trades of " + o->booked.str() + " came for an order of " + o->request.qty.str()), false);
  }
}

void TaskEngine::add_to_totals(const Fill& f, const Price& arrival) {
  LegTotals& t = record_.leg[f.leg];
  const Money value = f.price * f.qty;
  const bool forward = f.side == f.leg;
  t.filled += forward ? f.qty : -f.qty;
  t.net += forward ? f.qty : -f.qty;
  if (f.fee_asset == record_.spec.symbol.base) {
    // A fee in base leaves the buy leg with less and makes the sell leg give away more.
    const Qty lost = planted(Bug::IgnoreBaseFee) ? Qty{} : Qty(f.fee.decimal());
    t.net += f.leg == Side::Buy ? -lost : lost;
  }
  if (forward) {
    t.traded += f.qty;
    t.traded_quote += value;
  }
  t.cash += f.side == Side::Sell ? value : -value;
  t.fees.add(f.fee_asset, f.fee);
  if (arrival.is_positive()) t.slippage += (f.side == Side::Buy ? arrival - f.price : f.price - arrival) * f.qty;
  note_fill(f);
}

// ---- what is told and stored

void TaskEngine::emit(TaskEvent::What what) {
  flush_quiet_moves();
  out_->journal.events.push_back(TaskEvent{now_, std::move(what)});
}

void TaskEngine::emit_step(OrderStep step, const OrderRecord& o, const Code& code, const Reason& reason) {
  emit(OrderStepped{step, legs_[seat_of(o.request.leg)].instrument.venue, o.request, o.venue_order_id, code, reason});
}

void TaskEngine::alert(AlertKind kind, AlertLevel level, std::string_view code, const Reason& message, std::string_view value, std::string_view limit) {
  emit(Alerted{kind, level, Code(code), message, Code(value), Code(limit)});
}

void TaskEngine::save(const WorkingOrder& w) {
  out_->journal.orders.push_back(w.record);
  out_->journal.orders.back().updated = now_;
  save_task();
}

void TaskEngine::save_task() {
  record_.updated = now_;
  out_->journal.task = true;
}

}  // namespace dn
