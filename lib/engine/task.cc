#include "engine/task.h"

#include <algorithm>

#include "engine/backoff.h"
#include "engine/ids.h"
#include "engine/planted.h"
#include "engine/states.h"

namespace dn {
namespace {

// An unknown order, or a silent venue, makes its leg unprovable for the other after this.
constexpr Dur kProofPatience = Dur::seconds(1);

}  // namespace

std::string TaskEngine::trade_key(const Fill& f) {
  std::string key(name(f.venue));
  key += ' ';
  key += f.trade_id.view();
  return key;
}

TaskEngine::TaskEngine(StoredTask stored, PerSide<Instrument> instruments, RunOptions options)
    : record_(std::move(stored.task)), options_(options), key_(task_key(record_.spec.name)), room_(options.room) {
  same_book_ = instruments.buy.venue == instruments.sell.venue;
  for (const Side leg : kSides) {
    legs_[leg].instrument = std::move(instruments[leg]);
    const Price traded_at = record_.leg[leg].avg_price().value_or(record_.leg[flip(leg)].avg_price().value_or(Price{}));
    legs_[leg].min_tradable = legs_[leg].instrument.min_tradable(traded_at);  // until a price comes, and it may never
  }
  for (OrderRecord& o : stored.orders) {
    sent_lately_.push_back(o.request.created);
    // What a person asked for before is found when it is asked for again.
    if (o.status == OrderStatus::Closed && !o.person_request.empty()) legs_[o.request.leg].closed.push_back(o);
    if (o.status == OrderStatus::Closed && o.close_reason == CloseReason::NeverArrived) note_absent(o, false);
    if (o.status == OrderStatus::Closed || (planted(Bug::ForgetOpenOrders) && o.status == OrderStatus::Open)) continue;
    WorkingOrder w;
    w.record = std::move(o);
    w.asked_since_start = false;
    w.doubt = true;
    legs_[w.record.request.leg].working.push_back(std::move(w));
  }
  std::sort(sent_lately_.begin(), sent_lately_.end());
  for (const Fill& f : stored.fills) {
    seen_trades_.insert(trade_key(f));
    note_fill(f);
  }
  for (const FundingPayment& p : stored.fundings) seen_payments_.insert(p.id.str());
  fit_windows();
  remake_plan();
}

void TaskEngine::start(Time now, Commands& out, const std::vector<Event>& known) {
  DN_CHECK(!started_, "an engine starts once");
  started_ = true;
  now_ = now;
  began_ = now;
  measured_ = now;
  out_ = &out;
  orders_this_run_ = 0;
  record_.state = TaskState::Idle;
  // What an ended task holds can still be made equal or closed; an order by hand ends with its task.
  const bool may_go_on = options_.errand && options_.errand->kind != Errand::Kind::Order;
  if (record_.verdict != Verdict::None && !may_go_on) {
    finished_ = true;
    record_.exit_code = ExitCode::Ok;
    return;
  }
  if (record_.mode == TaskMode::Reducing) record_.mode = TaskMode::Active;
  if (record_.mode == TaskMode::Active && record_.verdict == Verdict::None && !record_.guards.unwinding) record_.reason.clear();  // of the run before
  move_to(TaskState::Syncing, Reason("the run starts"));
  restore_position();
  const bool flattens = options_.errand ? options_.errand->kind == Errand::Kind::Flatten : record_.guards.unwinding && !options_.cancel;
  turn(record_.holding.part == Part::Close && !flattens);
  start_funding();
  for (const Side leg : kSides) {
    for (WorkingOrder& w : legs_[leg].working) {
      if (w.record.status == OrderStatus::Intent) become_unknown(w, Code("restart"), Reason("an earlier run ended before the answer came"));
      if (w.is_unknown()) w.unproven_since = now_;
      if (w.record.cancel_requested) w.cancel_reason = Reason("asked for by an earlier run");
    }
  }
  save_task();
  for (const Event& e : known) apply(e);
  if (options_.errand) {
    begin_errand(what_for(options_.errand->kind));
  } else if (record_.guards.unwinding && !options_.cancel) {
    unwind(Reason(record_.reason));
  } else if (options_.cancel) {
    on(CancelTask{});
  } else if (record_.mode == TaskMode::Paused || record_.mode == TaskMode::Halted) {
    end_pause_run();
  }
  advance();
}

void TaskEngine::handle(Time now, const Event& event, Commands& out) {
  DN_CHECK(started_ && now >= now_, "events come after start and in order of time");
  now_ = now;
  out_ = &out;
  if (finished_) return;
  apply(event);
  advance();
  measure_unhedged();
}

void TaskEngine::apply(const Event& event) {
  std::visit(
      [this](const auto& e) {
        using E = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<E, BookUpdate>) {
          for (const Side leg : kSides) {
            if (legs_[leg].instrument.venue == e.venue) refresh_book(legs_[leg], e.top);
          }
        } else if constexpr (std::is_same_v<E, BookLost>) {
          for (const Side leg : kSides) {
            if (legs_[leg].instrument.venue == e.venue) legs_[leg].top_valid = false;
          }
        } else if constexpr (std::is_same_v<E, PrivateStreamReset>) {
          for (const Side leg : kSides) {
            if (legs_[leg].instrument.venue != e.venue) continue;
            for (WorkingOrder& w : legs_[leg].working) w.cast_doubt();
          }
        } else if constexpr (std::is_same_v<E, StreamFill>) {
          book(e.fill);
        } else if constexpr (std::is_same_v<E, OrderHint>) {
          WorkingOrder* w = find_working(e.id);
          if (w == nullptr) w = revive(e.id);
          if (w == nullptr) return;
          w->cast_doubt();
          w->traded = w->traded || e.traded;
        } else if constexpr (!std::is_same_v<E, Wake>) {
          on(e);
        }
      },
      event);
}

void TaskEngine::advance() {
  if (finished_) return;
  drive_orders();
  drive_funding();
  if (stop_) {
    step_stop();
    if (!finished_) drive_orders();
    return;
  }
  if (record_.state == TaskState::Error) {
    const Situation s = situation();
    for (const Side leg : kSides) mind_quote(s, leg);
    if (now_ >= error_until_) move_to(TaskState::Syncing, Reason("the backoff is over"));
  } else if (rebalance_ && step_rebalance() && !stop_) {
    rebalance_.reset();
    move_to(TaskState::Syncing, Reason("rebalanced"));
  }
  if (!stop_ && record_.state == TaskState::Syncing) {
    if (all_asked()) {
      run_cycle();
    } else {
      const Situation s = situation();
      for (const Side leg : kSides) mind_quote(s, leg);
    }
  }
  if (stop_ && !finished_) step_stop();
  if (!finished_) drive_orders();
}

// Every order of an earlier run has had an answer, so the fills it missed are booked (or their trades are being read).
bool TaskEngine::all_asked() const {
  for (const Side leg : kSides) {
    for (const WorkingOrder& w : legs_[leg].working) {
      if (!w.asked_since_start) return false;
    }
  }
  return true;
}

void TaskEngine::run_cycle() {
  const bool due = now_ >= next_cycle_;
  if (due) next_cycle_ = now_ + record_.spec.delay;
  if (pending_spec_) apply_pending_spec();
  follow_volatility();
  Situation s = situation();
  track_imbalance(s);
  track_spread(s);
  track_funding(s);
  if (check_limits(s) || check_exit(s) || mind_part(s)) return;
  if (due && s.leg.buy.fresh && s.leg.sell.fresh) {
    if (options_.max_cycles > 0 && cycles_ >= options_.max_cycles) {
      on(Drain{ExitCode::BudgetUsed, options_.leave_orders});
      return;
    }
    ++cycles_;
  }
  s.mode = record_.mode;
  s.imbalance_since = imbalance_since_;
  const Decision d = analyze(s);
  move_to(TaskState::Analyzing, {}, true);
  switch (d.kind) {
    case Decision::Kind::Complete: {
      const Reason why(closing_ ? "what was held is closed, as far as it can be traded; the sides are equal within the minimum"
                                : "nothing more can usefully be traded; the sides are equal within the minimum");
      if (!begin_hold(s, why)) return begin_stop({Stop::Kind::Complete, ExitCode::Ok, false, true, Time::never(), why});
      break;
    }
    case Decision::Kind::Rebalance: begin_rebalance(); return;
    case Decision::Kind::Manage: break;
  }
  for (const Side leg : kSides) {
    // The sides are as equal as they get, and one of them cannot go on: a person has to see to the account.
    if (legs_[leg].stopped) return halt(ExitCode::Halted, "insufficient_balance", legs_[leg].stopped_why, true);
  }
  move_to(TaskState::ManagingOrders, {}, true);
  const std::size_t sends_before = out_->sends.size();
  manage(d);
  drive_orders();
  if (stop_) return;
  // What was told or sent makes the whole cycle worth telling.
  const bool quiet = !quiet_moves_.empty() && out_->sends.size() == sends_before;
  if (record_.state == TaskState::ManagingOrders) move_to(TaskState::Syncing, {}, quiet);
  quiet_moves_.clear();
}

void TaskEngine::manage(const Decision& d) {
  const OrderType type = record_.spec.post_only ? OrderType::PostOnly : OrderType::Limit;
  const bool both = d.leg.buy.action == LegAction::Place && d.leg.sell.action == LegAction::Place;
  if (both && refuses_one_of_both(d.leg, type)) return;
  for (const Side leg : kSides) {
    const LegDecision& x = d.leg[leg];
    if (x.action == LegAction::Cancel) {
      for (WorkingOrder& w : legs_[leg].working) request_cancel(w, Reason(x.why));
    } else if (x.action == LegAction::Place) {
      place(leg, leg, Purpose::Quote, type, x.price, x.qty);
    }
    if (stop_) return;
  }
}

Situation TaskEngine::situation() const {
  Situation s;
  s.spec = chore_ ? &chore_->spec : &trading_spec();
  s.closing = closing_;
  s.funding_closed = is_funding_closed();
  s.holding = record_.holding.part == Part::Hold && record_.spec.hold.goes_round();
  s.no_room = room_ && room_->refused() && !closing_;
  s.plan = &plan_;
  s.now = now_;
  s.mode = record_.mode;
  s.same_book = same_book_;
  s.imbalance_since = imbalance_since_;
  s.spread_closed = spread_.closed && least_spread(s.spec->risk).has_value();
  s.capital = options_.capital;
  for (const Side leg : kSides) {
    const LegState& from = legs_[leg];
    LegSituation& l = s.leg[leg];
    l.instrument = &from.instrument;
    l.top = from.top;
    l.known = from.top_known;
    l.expected = !from.top_known && now_ - began_ <= record_.spec.risk.max_book_age;
    l.fresh = (from.top_known && planted(Bug::QuoteOnStaleBook)) || is_fresh(from);
    l.min_tradable = from.min_tradable;
    const LegTotals& booked = record_.leg[seat_of(leg)];
    l.filled = closing_ ? plan_.total - booked.net : booked.filled;
    l.net = closing_ ? l.filled : booked.net;
    l.has_orders = !from.working.empty();
    l.waiting = now_ < from.next_place;
    l.stopped = from.stopped;
    l.unprovable = from.failures >= 2 && now_ - from.failing_since > kProofPatience;
    for (const WorkingOrder& w : from.working) {
      if (planted(Bug::PlaceBesideUnknown) && w.is_unknown()) {
        l.has_orders = false;
        continue;
      }
      l.busy = l.busy || w.is_busy();
      if (w.is_unknown() && now_ - w.unproven_since > kProofPatience) l.unprovable = l.in_doubt = true;
      const Price price = w.record.request.price;
      if (!l.nearest || (leg == Side::Buy ? price > *l.nearest : price < *l.nearest)) l.nearest = price;
      const Qty ahead = w.record.filled - w.record.booked;
      if (!ahead.is_positive()) continue;
      const bool forward = w.record.request.side == leg;
      l.filled += forward ? ahead : -ahead;
      // Its fee is not read yet: counted at the worst, so that a hedge of it is never too large.
      const Qty kept = ahead * (Decimal(1) - from.instrument.base_fee_rate(w.record.request.side).decimal());
      l.net += forward ? kept : -ahead;
    }
    if (from.working.size() == 1 && !l.busy && from.working[0].record.status == OrderStatus::Open) {
      const OrderRecord& o = from.working[0].record;
      l.resting = RestingOrder{o.request.price, o.request.qty - o.filled};
    }
  }
  return s;
}

void TaskEngine::track_imbalance(const Situation& s) {
  if (is_apart(s)) {
    // What an earlier run, or another hand, left apart has had its grace.
    const Dur had = orders_this_run_ == 0 ? record_.spec.imbalance_grace() : Dur{};
    if (imbalance_since_.is_never()) imbalance_since_ = now_ - had;
    return;
  }
  imbalance_since_ = Time::never();
  imbalance_told_ = false;
  if (record_.mode == TaskMode::Reducing) {
    record_.mode = TaskMode::Active;
    save_task();
  }
}

// Counts what stood unhedged since the last step, and sees what does so now.
void TaskEngine::measure_unhedged() {
  const Dur passed = now_ - measured_;
  measured_ = now_;
  if (apart_.is_positive() && passed.us > 0) {
    record_.guards.unhedged = record_.guards.unhedged + passed;
    const Decimal seconds = Decimal::from_parts(passed.us, 6);
    const Decimal sum = record_.guards.unhedged_money_seconds.decimal() + apart_.decimal().rounded(6, Rounding::HalfUp) * seconds;
    record_.guards.unhedged_money_seconds = Money(sum.rounded(6, Rounding::HalfUp).normalized());
  }
  const Qty apart = record_.imbalance().abs();
  const LegState& lagging = legs_[record_.imbalance().is_positive() ? Side::Sell : Side::Buy];
  apart_ = apart.is_positive() && apart >= lagging.min_tradable ? lagging.top.ask * apart : Money{};
}

// Resting quotes do not outlive the proofs they rest on, whatever state the task is in.
void TaskEngine::mind_quote(const Situation& s, Side leg) {
  const LegDecision d = keep_or_cancel(s, leg);
  if (d.action != LegAction::Cancel) return;
  for (WorkingOrder& w : legs_[leg].working) request_cancel(w, Reason(d.why));
}

void TaskEngine::refresh_book(LegState& leg, const TopOfBook& top) {
  const bool makes_sense = top.bid.is_positive() && top.ask > top.bid;
  if (makes_sense) note_mid(leg, top);
  leg.top_at = now_;
  leg.top_valid = makes_sense;
  if (!leg.top_valid) return;
  leg.top = top;
  leg.top_known = true;
  if (leg.min_tradable_at == top.bid) return;
  leg.min_tradable_at = top.bid;
  leg.min_tradable = leg.instrument.min_tradable(top.bid);
}

// A quiet move is told only if something comes of it: a cycle that changes nothing leaves no trace.
void TaskEngine::move_to(TaskState to, const Reason& reason, bool quiet) {
  if (record_.state == to) return;
  DN_CHECK(may_move(record_.state, to), "a move that the state table does not have");
  const TaskEvent event{now_, StateChanged{record_.state, to, record_.mode, reason}};
  record_.state = to;
  if (quiet) {
    quiet_moves_.push_back(event);
    return;
  }
  flush_quiet_moves();
  out_->journal.events.push_back(event);
  save_task();
}

void TaskEngine::flush_quiet_moves() {
  if (quiet_moves_.empty()) return;
  for (TaskEvent& e : quiet_moves_) out_->journal.events.push_back(std::move(e));
  quiet_moves_.clear();
  save_task();
}

void TaskEngine::enter_error(const Reason& why) {
  if (stop_ || rebalance_ || record_.state == TaskState::Error) return;
  ++errors_in_row_;
  error_until_ = now_ + backoff(errors_in_row_, key_);
  move_to(TaskState::Error, why);
}

// Books the position of [restore] once, as a fill of its own, and takes over the order that may still rest.
void TaskEngine::restore_position() {
  if (record_.restored) return;
  record_.restored = true;
  for (const Side leg : kSides) {
    const RestoreSpec& r = record_.spec.restore[leg];
    const Instrument& i = legs_[leg].instrument;
    if (r.filled_quantity.is_positive()) {
      Fill f;
      f.trade_id = TradeId("restored-" + key_ + std::string(name(leg)) + std::to_string(record_.round));
      f.order = ClientOrderId(kRestoredPosition);
      f.venue = i.venue;
      f.leg = f.side = leg;
      f.price = r.avg_price;
      f.qty = r.filled_quantity;
      f.fee_asset = i.symbol.quote;
      f.time = now_;
      seen_trades_.insert(trade_key(f));
      add_to_totals(f, Price{});
      out_->journal.fills.push_back(f);
      emit(Filled{f});
    }
    if (!r.order_id.empty()) {
      WorkingOrder w;
      w.record.request = {restored_order_id(key_, leg), leg, leg, OrderType::Limit, Purpose::Restored, Price{}, plan_.slice, false, now_, Time{}};
      w.record.venue_order_id = VenueOrderId(r.order_id);
      w.record.status = OrderStatus::Unknown;
      w.record.updated = now_;
      w.asked_since_start = false;
      w.doubt = true;
      w.unproven_since = now_;
      save(w);
      legs_[leg].working.push_back(std::move(w));
    }
  }
}

Time TaskEngine::next_deadline() const {
  if (finished_) return Time::never();
  Time next = now_ + pause();
  const auto consider = [&](Time t) {
    if (t > now_) next = std::min(next, t);
  };
  consider(next_cycle_);
  consider(began_ + record_.spec.risk.max_book_age + Dur::micros(1));
  if (record_.state == TaskState::Error) consider(error_until_);
  if (rebalance_) consider(rebalance_->next_try);
  consider(spread_.reopen);
  if (funded_leg() && !funding_.asking) consider(funding_.next_ask);
  if (chore_) consider(chore_->next_try);
  if (stop_) consider(stop_->deadline);
  for (const Side leg : kSides) {
    consider(legs_[leg].top_at + record_.spec.risk.max_book_age + Dur::micros(1));
    for (const WorkingOrder& w : legs_[leg].working) consider(w.next_try);
  }
  return next;
}

}  // namespace dn
