// The only way by which an order is made: through the gate, durable before it is sent.
#include "engine/ids.h"
#include "engine/planted.h"
#include "engine/task.h"

namespace dn {

GateView TaskEngine::gate_view(Side leg) const {
  GateView v;
  for (const WorkingOrder& w : legs_[leg].working) {
    if (w.record.status == OrderStatus::Closed) continue;
    v.open += w.exposure();
    v.has_unknown = v.has_unknown || w.is_unknown() || w.record.status == OrderStatus::Intent;
  }
  v.traded = record_.leg.buy.traded_quote + record_.leg.sell.traded_quote;
  v.sent_last_minute = static_cast<std::int64_t>(sent_last_minute_.size());
  v.sent_this_run = orders_this_run_;
  return v;
}

bool TaskEngine::place(Side leg, Side side, Purpose purpose, OrderType type, Price price, Qty qty) {
  LegState& l = legs_[leg];
  while (!sent_last_minute_.empty() && now_ - sent_last_minute_.front() >= Dur::minutes(1)) sent_last_minute_.pop_front();
  OrderRequest r;
  r.id = make_client_order_id(key_, leg, planted(Bug::ReuseIds) ? 1 : record_.run_epoch, record_.next_seq);
  r.leg = leg;
  r.side = side;
  r.type = type;
  r.purpose = purpose;
  r.price = price;
  r.qty = qty;
  // A perpetual leg only ever shrinks its position when the task unwinds, or when the leg itself is reduced.
  r.reduce_only = l.instrument.kind == InstrumentKind::Perpetual && ((record_.spec.direction == Direction::Close) != (purpose == Purpose::Reduce));
  r.created = now_;
  r.expires = now_ + kRequestLifetime;
  const Situation s = situation();
  GateView view = gate_view(leg);
  view.situation = &s;
  if (const auto refusal = check_order(view, r)) {
    on_gate_refusal(leg, purpose, *refusal);
    return false;
  }
  l.shown_refusal = {};
  ++record_.next_seq;
  ++record_.orders;
  ++orders_this_run_;
  sent_last_minute_.push_back(now_);
  if (record_.first_order.us == 0) record_.first_order = now_;
  WorkingOrder w;
  w.record.request = r;
  w.record.updated = now_;
  if (chore_) w.record.person_request = chore_->what.request;
  w.sending = true;
  w.last_proof = now_;
  w.next_try = now_;
  if (!planted(Bug::SendBeforeIntent)) save(w);
  emit_step(OrderStep::Intent, w.record, {}, {});
  out_->sends.emplace_back(PlaceOrder{l.instrument.venue, r});
  l.working.push_back(std::move(w));
  return true;
}

void TaskEngine::on_gate_refusal(Side leg, Purpose purpose, const Refusal& r) {
  LegState& l = legs_[leg];
  l.next_place = now_ + record_.spec.delay;
  if (!(l.shown_refusal == Code(r.code))) {
    l.shown_refusal = Code(r.code);
    alert(AlertKind::Limit, r.lasting ? AlertLevel::Critical : AlertLevel::Info, r.code, Reason(std::string(upper_name(leg)) + " order refused: " + r.message),
          r.value, r.limit);
  }
  if (r.lasting && purpose == Purpose::Quote) halt(ExitCode::Refused, r.code, Reason("limit risk." + r.code + ": " + r.message), true);
}

}  // namespace dn
