// The task's part of a portfolio: what it may come to be worth, and how it asks for more.
//
// A quote that the room does not reach for is not sent; the wish for more stands until the shell has asked the portfolio and told the answer,
// which it does behind the same step. So an order costs a question only where the last answer was not enough for it.
#include <algorithm>

#include "engine/task.h"

namespace dn {
namespace {

constexpr Dur kRoomPatience = Dur::millis(250);  // between two questions, after a no
constexpr std::int64_t kSlicesAhead = 4;         // asked for beyond what is needed now

// Money for comparing with room: few digits, never too little.
Money up(const Money& m) {
  constexpr int kScale = 8;
  return Money(m.decimal().rounded(kScale, Rounding::Up).normalized());
}

Money widened(const Money& m, const RiskSpec& risk) { return up(m + Money(bps_of(up(m).decimal(), risk.price_collar_bps + risk.max_slippage_bps))); }

}  // namespace

// Orders may fill at better prices than their own, and what makes the sides equal at another one: both count by the collar and the slippage
// limit more. A task that unwinds takes nothing: it gives back.
Money TaskEngine::exposure(const PerSide<Money>& added) const {
  if (record_.spec.direction == Direction::Close) return {};
  const bool adds = !closing_;  // what is closed again takes nothing either
  PerSide<Money> held;
  PerSide<Money> side;
  for (const Side leg : kSides) {
    held[leg] = held_value(record_.leg[leg]);
    Money open = adds ? added[leg] : Money{};
    for (const WorkingOrder& w : legs_[seat_of(leg)].working) {
      const OrderRecord& o = w.record;
      if (o.status == OrderStatus::Closed || o.request.side != leg) continue;
      const Price price = o.request.price.is_zero() ? legs_[seat_of(leg)].top.ask : o.request.price;
      open += price * (w.exposure() + (o.filled - o.booked));
    }
    side[leg] = up(held[leg]) + widened(open, record_.spec.risk);
  }
  const Money apart = (held.buy - held.sell).abs();
  return exposure_of(side, false) + widened(apart, record_.spec.risk) - up(apart);
}

void TaskEngine::ask_for_room(Money need) {
  const Price price = max(legs_.buy.top.ask, legs_.sell.top.ask);
  const Money slices = widened(price * (record_.spec.order_quantity * Decimal(2 * kSlicesAhead)), record_.spec.risk);
  const Money whole = widened(price * (plan_.total * Decimal(2)), record_.spec.risk);
  room_wish_ = RoomWish{exposure(), need, max(need, min(need + slices, whole))};
}

void TaskEngine::on(const RoomGranted& r) {
  room_wish_.reset();
  const Code before = room_ ? room_->limit : Code();
  room_ = r.room;
  if (!room_->refused()) return;
  for (const Side leg : kSides) legs_[leg].next_place = std::max(legs_[leg].next_place, now_ + kRoomPatience);
  const std::string numbers = room_->limit.str() + " of the portfolio: with the new order " + room_->value.str() + " against " + room_->most.str();
  if (!(before == room_->limit) || !room_->may_come) {
    alert(AlertKind::Limit, room_->may_come ? AlertLevel::Info : AlertLevel::Critical, room_->limit.view(),
          Reason(numbers + (room_->may_come ? "; other runs hold it, this one waits" : "; no other run holds what could come free")), room_->value.str(),
          room_->most.str());
  }
  if (room_->may_come || stop_) return;
  record_.reason = "limit " + numbers;
  begin_stop({Stop::Kind::Drain, ExitCode::Refused, false, true, now_ + kStopPatience, Reason(record_.reason)});
}

}  // namespace dn
