// The only way by which an order is made: through the gate, durable before it is sent.
#include <algorithm>

#include "engine/ids.h"
#include "engine/planted.h"
#include "engine/quote.h"
#include "engine/task.h"

namespace dn {
namespace {

constexpr Dur kDay = Dur::hours(24);

}  // namespace

GateView TaskEngine::gate_view(Side leg) const {
  GateView v;
  for (const WorkingOrder& w : legs_[leg].working) {
    if (w.record.status == OrderStatus::Closed) continue;
    v.open += w.exposure();
    v.has_unknown = v.has_unknown || w.is_unknown() || w.record.status == OrderStatus::Intent;
  }
  for (const WorkingOrder& w : legs_[flip(leg)].working) v.other_open += w.record.status == OrderStatus::Closed ? Qty{} : w.exposure();
  for (const Side l : kSides) {
    v.committed += record_.leg[l].traded_quote;
    for (const WorkingOrder& w : legs_[l].working) {
      const OrderRecord& o = w.record;
      if (o.status == OrderStatus::Closed) continue;
      // What the venue says that it filled and whose trades are not read yet is not in the sums. An order taken over without a price counts
      // at its leg's.
      const Price price = o.request.price.is_zero() ? legs_[l].top.ask : o.request.price;
      v.committed += price * (w.exposure() + (o.filled - o.booked));
    }
  }
  v.room = room_ && !closing_ ? &*room_ : nullptr;
  v.sent_this_run = orders_this_run_;
  const auto since = [this](Dur window) { return std::upper_bound(sent_lately_.begin(), sent_lately_.end(), now_ - window); };
  v.sent_last_minute = sent_lately_.end() - since(Dur::minutes(1));
  v.sent_last_day = sent_lately_.end() - since(kDay);
  return v;
}

OrderRequest TaskEngine::make_request(Side leg, Side side, Purpose purpose, OrderType type, Price price, Qty qty) const {
  OrderRequest r;
  const Side booked = seat_of(leg);
  r.id = make_client_order_id(key_, booked, planted(Bug::ReuseIds) ? 1 : record_.run_epoch, record_.next_seq);
  r.leg = booked;
  r.side = side;
  r.type = type;
  r.purpose = purpose;
  r.price = price;
  r.qty = qty;
  // A perpetual leg only ever shrinks its position when the task unwinds, or when the leg itself is reduced.
  r.reduce_only = legs_[leg].instrument.kind == InstrumentKind::Perpetual && ((trading_spec().direction == Direction::Close) != (purpose == Purpose::Reduce));
  r.arrival = middle(legs_[leg].top);
  r.created = now_;
  r.expires = now_ + kRequestLifetime;
  return r;
}

// Both legs or none: a limit that lets the first one's order pass and holds back the second one's holds back both.
bool TaskEngine::refuses_one_of_both(const PerSide<LegDecision>& both, OrderType type) {
  const Situation s = situation();
  for (const Side leg : kSides) {
    const LegDecision& other = both[flip(leg)];
    GateView view = gate_view(leg);
    view.situation = &s;
    if (room_) view.exposure = exposure({both.buy.price * both.buy.qty, both.sell.price * both.sell.qty});
    view.committed += other.price * other.qty;
    view.other_open += other.qty;
    ++view.sent_last_minute;
    ++view.sent_last_day;
    ++view.sent_this_run;
    const auto pass = pass_gate(view, make_request(leg, leg, Purpose::Quote, type, both[leg].price, both[leg].qty));
    if (pass) continue;
    if (pass.error().code == kNoRoom) {
      ask_for_room(view.exposure);
      return true;
    }
    on_gate_refusal(leg, Purpose::Quote, pass.error());
    legs_[flip(leg)].next_place = legs_[leg].next_place;
    return true;
  }
  return false;
}

bool TaskEngine::place(Side leg, Side side, Purpose purpose, OrderType type, Price price, Qty qty) {
  LegState& l = legs_[leg];
  while (!sent_lately_.empty() && now_ - sent_lately_.front() >= kDay) sent_lately_.pop_front();
  const OrderRequest r = make_request(leg, side, purpose, type, price, qty);
  const Situation s = situation();
  GateView view = gate_view(leg);
  view.situation = &s;
  PerSide<Money> added;
  if (side == leg) added[leg] = price * qty;
  if (room_) view.exposure = exposure(added);
  auto pass = pass_gate(view, r);
  if (!pass && pass.error().code == kNoRoom) {
    ask_for_room(view.exposure);
    return false;
  }
  if (!pass) {
    on_gate_refusal(leg, purpose, pass.error());
    return false;
  }
  l.shown_refusal = {};
  ++record_.next_seq;
  ++record_.orders;
  ++orders_this_run_;
  sent_lately_.push_back(now_);
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
  out_->sends.emplace_back(PlaceOrder(l.instrument.venue, std::move(*pass)));
  l.working.push_back(std::move(w));
  return true;
}

void TaskEngine::on_gate_refusal(Side leg, Purpose purpose, const Refusal& r) {
  LegState& l = legs_[leg];
  l.next_place = now_ + pause();
  if (!(l.shown_refusal == Code(r.code))) {
    l.shown_refusal = Code(r.code);
    alert(AlertKind::Limit, r.lasting ? AlertLevel::Critical : AlertLevel::Info, r.code, Reason(std::string(upper_name(leg)) + " order refused: " + r.message),
          r.value, r.limit);
  }
  if (r.lasting && purpose == Purpose::Quote) halt(ExitCode::Refused, r.code, Reason("limit risk." + r.code + ": " + r.message), true);
}

}  // namespace dn
