#include "sim/world.h"

#include <algorithm>

namespace dn::sim {
namespace {

// Of what is about an order.
const ClientOrderId& id_of(const Send& send) {
  static const ClientOrderId none;
  return std::visit(
      [](const auto& s) -> const ClientOrderId& {
        if constexpr (std::is_same_v<std::decay_t<decltype(s)>, PlaceOrder>) {
          return s.request.id;
        } else if constexpr (std::is_same_v<std::decay_t<decltype(s)>, QueryFunding>) {
          return none;
        } else {
          return s.id;
        }
      },
      send);
}

Venue venue_of(const Send& send) {
  return std::visit([](const auto& s) { return s.venue; }, send);
}

}  // namespace

World::World(WorldSetup setup)
    : rng_(setup.seed),
      now_(setup.start),
      feed_(std::move(setup.feed)),
      latency_min_(setup.latency_min),
      latency_max_(setup.latency_max),
      timeout_(setup.timeout),
      faults_(setup.faults),
      next_second_(setup.start + Dur::seconds(1)),
      funding_(std::move(setup.funding)) {
  any_faults_ = std::any_of(faults_.per_mille.begin(), faults_.per_mille.end(), [](std::int64_t r) { return r > 0; });
  const bool one = setup.instruments.buy.venue == setup.instruments.sell.venue;
  for (const Side leg : kSides) {
    if (one && leg == Side::Sell) {
      for (const auto& [asset, amount] : setup.balances.sell) venues_[0]->deposit(asset, amount);
      continue;
    }
    venues_.push_back(
        std::make_unique<SimVenue>(VenueSetup{setup.instruments[leg], setup.balances[leg], std::string(leg == Side::Buy ? "B" : "S"), setup.memory}));
  }
  lines_.resize(venues_.size());
  next_market_ = feed_->next();
  if (funding_.interval.us > 0) tell_funding();
}

// What the venues of perpetuals tell of the next settlement.
void World::tell_funding() {
  const Rate rate = funding_.rates.empty() ? Rate{} : funding_.rates[std::min(settled_, funding_.rates.size() - 1)];
  for (auto& v : venues_) {
    if (v->instrument().kind == InstrumentKind::Perpetual) v->set_funding({rate, funding_.interval, funding_.first});
  }
}

// At the middle of the book, which stands for the mark price.
void World::settle() {
  for (auto& v : venues_) {
    const auto top = v->top();
    if (v->instrument().kind != InstrumentKind::Perpetual || !top) continue;
    v->settle_funding(v->instrument().funding.rate, Price((top->bid + top->ask).decimal() * Decimal::from_parts(5, 1)), funding_.first);
  }
  ++settled_;
  funding_.first = funding_.first + funding_.interval;
  tell_funding();
}

Time World::next_time() const {
  Time t = Time::never();
  if (next_market_) t = std::min(t, next_market_->at);
  if (!queue_.empty()) t = std::min(t, queue_.top().at);
  if (any_faults_ && !t.is_never()) t = std::min(t, next_second_);
  if (funding_.interval.us > 0 && !t.is_never()) t = std::min(t, funding_.first);
  return t.is_never() ? t : std::max(t, now_);
}

std::optional<Event> World::advance() {
  now_ = next_time();
  if (funding_.interval.us > 0 && funding_.first <= now_) {
    settle();
    return std::nullopt;
  }
  if (any_faults_ && next_second_ <= now_) return on_second();
  if (!queue_.empty() && (!next_market_ || queue_.top().at <= next_market_->at)) {
    const Item item = queue_.top();
    queue_.pop();
    if (const auto* d = std::get_if<Delivery>(&item.what)) {
      if (d->client != client_) return std::nullopt;
      return d->event;
    }
    on_arrival(std::get<Arrival>(item.what));
    return std::nullopt;
  }
  return on_market();
}

std::optional<Event> World::on_market() {
  const MarketEvent m = std::move(*next_market_);
  next_market_ = feed_->next();
  std::optional<Event> heard;
  for (std::size_t i = 0; i < venues_.size(); ++i) {
    const bool sees = venues_.size() == 1 ? m.for_buy_leg || m.for_sell_leg : (i == 0 ? m.for_buy_leg : m.for_sell_leg);
    if (!sees) continue;
    SimVenue& v = *venues_[i];
    if (const auto* trade = std::get_if<PublicTrade>(&m.what)) {
      v.on_trade(*trade, now_);
      push_fills(i);
      continue;
    }
    v.on_book(std::get<Book>(m.what), now_);
    if (now_ < lines_[i].stalled_until) continue;
    if (const auto top = v.top()) {
      // Both venues may see one event: the first is heard now, the other at the same time, next.
      if (heard) {
        deliver(now_, BookUpdate{v.instrument().venue, *top});
      } else {
        heard = BookUpdate{v.instrument().venue, *top};
      }
    }
  }
  return heard;
}

// Once a second: does a venue go away, stand still, or end one of our orders?
std::optional<Event> World::on_second() {
  next_second_ = next_second_ + Dur::seconds(1);
  for (std::size_t i = 0; i < venues_.size(); ++i) {
    Line& line = lines_[i];
    const Venue venue = venues_[i]->instrument().venue;
    if (line.reset_due && now_ >= line.stalled_until) {
      line.reset_due = false;
      deliver(now_, PrivateStreamReset{venue});
    }
    if (now_ > faults_.until) continue;
    if (draw(Fault::VenueAway)) line.away_until = std::max(line.away_until, now_ + some_seconds(12));
    if (draw(Fault::StreamStall)) {
      line.stalled_until = std::max(line.stalled_until, now_ + some_seconds(8));
      line.reset_due = true;
      deliver(now_, BookLost{venue});
    }
    if (!draw(Fault::VenueCancel)) continue;
    for (const VenueOrder& o : venues_[i]->truth().orders) {
      if (!o.open) continue;
      const ClientOrderId id = o.request.id;
      venues_[i]->venue_cancel(id, now_);
      deliver(now_ + latency(), OrderHint{id});
      break;
    }
  }
  return std::nullopt;
}

void World::send(const Send& send, Time now) {
  now_ = std::max(now_, now);
  if (any_faults_ && refuse_by_fault(send, now)) return;
  Arrival a;
  a.send = send;
  Dur there = latency();
  a.back = latency();
  const std::size_t i = venue_index(venue_of(send));
  if (draw(Fault::LateReply)) a.back = a.back + some_seconds(2);
  if (now < lines_[i].away_until) {
    // Away: half of what is sent gets lost on the way there, half on the way back.
    a.answer = false;
    deliver(now + timeout_, gave_up(send, "timeout"));
    if (rng_.chance(1, 2)) return;
  } else if (draw(Fault::LostReply)) {
    a.answer = false;
    deliver(now + timeout_, gave_up(send, "timeout"));
  } else if (draw(Fault::LateRequest)) {
    a.answer = false;
    there = timeout_ + some_seconds(5);
    deliver(now + timeout_, gave_up(send, "timeout"));
  } else if (draw(Fault::ErrorAfterAccept)) {
    a.as_error = true;
  }
  push(now + there, std::move(a));
}

// Faults by which nothing arrives at the venue.
bool World::refuse_by_fault(const Send& send, Time now) {
  if (draw(Fault::LostRequest)) {
    deliver(now + timeout_, gave_up(send, "timeout"));
    return true;
  }
  if (draw(Fault::RateLimit)) {
    deliver(now + latency(), gave_up(send, "429", true));
    return true;
  }
  const auto* place = std::get_if<PlaceOrder>(&send);
  if (place == nullptr) return false;
  PlaceReport r;
  r.id = place->request.id;
  if (draw(Fault::DeniedLocally)) {
    r.outcome = PlaceOutcome::DeniedLocally;
    r.code = Code("no_connection");
    r.reason = Reason("no connection to the venue");
    deliver(now, r);
    return true;
  }
  if (draw(Fault::Reject)) {
    constexpr std::array kClasses{RejectClass::Other, RejectClass::Filter, RejectClass::WouldCross, RejectClass::Expired};
    r.outcome = PlaceOutcome::Refused;
    r.reject = kClasses[rng_.below(kClasses.size())];
    r.code = Code("drawn_reject");
    r.reason = Reason("refused by the fault plan");
    deliver(now + latency(), r);
    return true;
  }
  return false;
}

void World::on_arrival(const Arrival& a) {
  const std::size_t i = venue_index(venue_of(a.send));
  SimVenue& v = *venues_[i];
  Event reply = answer(a.send, v);
  push_fills(i);
  if (!a.answer) return;
  if (a.as_error) reply = gave_up(a.send, "502");
  deliver(now_ + a.back, std::move(reply));
}

Event World::answer(const Send& send, SimVenue& v) {
  if (const auto* f = std::get_if<QueryFunding>(&send)) return v.funding(f->since);
  const std::string id = id_of(send).str();
  if (const auto* p = std::get_if<PlaceOrder>(&send)) {
    PlaceReport r = v.place(p->request, now_);
    if (r.outcome == PlaceOutcome::Accepted && any_faults_) {
      if (draw(Fault::LateVisible)) hidden_until_[id] = now_ + some_seconds(8);
      if (draw(Fault::LateTrades)) trades_hidden_until_[id] = now_ + some_seconds(6);
    }
    return r;
  }
  if (const auto* c = std::get_if<CancelOrder>(&send)) return v.cancel(c->id, c->venue_order_id, now_);
  if (const auto* l = std::get_if<LookupOrder>(&send)) {
    LookupReport r = v.lookup(l->id, l->venue_order_id, l->stage, now_);
    if (const auto hidden = hidden_until_.find(id); hidden != hidden_until_.end() && now_ < hidden->second) {
      r.outcome = LookupOutcome::NotFound;
    }
    return r;
  }
  const auto& q = std::get<QueryTrades>(send);
  TradesReport r = v.trades(q.id, q.venue_order_id);
  if (const auto hidden = trades_hidden_until_.find(id); hidden != trades_hidden_until_.end() && now_ < hidden->second && !r.fills.empty()) {
    r.fills.pop_back();
  }
  return r;
}

// What the client makes of a request that got no usable answer.
Event World::gave_up(const Send& send, std::string_view code, bool rate_limited) const {
  if (const auto* f = std::get_if<QueryFunding>(&send)) return FundingReport{f->venue, false, {}, {}};
  const Dur retry_after = rate_limited ? Dur::seconds(1) : Dur{};
  if (std::holds_alternative<PlaceOrder>(send)) {
    PlaceReport r;
    r.id = id_of(send);
    r.outcome = rate_limited ? PlaceOutcome::Refused : PlaceOutcome::Unknown;
    r.reject = RejectClass::RateLimited;
    r.retry_after = retry_after;
    r.code = Code(code);
    r.reason = Reason(rate_limited ? "too many requests" : "no usable answer");
    return r;
  }
  if (std::holds_alternative<CancelOrder>(send)) return CancelReport{id_of(send), false, Code(code)};
  if (const auto* l = std::get_if<LookupOrder>(&send)) {
    LookupReport r;
    r.id = l->id;
    r.stage = l->stage;
    r.outcome = LookupOutcome::Failed;
    r.venue_time = now_;
    r.code = Code(code);
    r.retry_after = retry_after;
    return r;
  }
  TradesReport r;
  r.id = id_of(send);
  return r;
}

void World::push_fills(std::size_t index) {
  SimVenue& v = *venues_[index];
  for (const Fill& f : v.take_new_fills()) {
    if (!any_faults_) {
      deliver(now_ + latency(), StreamFill{f});
      continue;
    }
    if (now_ < lines_[index].stalled_until || now_ < lines_[index].away_until || draw(Fault::DropEvent)) continue;
    Dur delay = latency();
    if (draw(Fault::ReorderEvent)) delay = delay + some_seconds(2);
    // MEXC's stream names trades by other ids than its lists: what it says of them is a reason to ask.
    const Event told = v.instrument().venue == Venue::MexcSpot ? Event(OrderHint{f.order, true}) : Event(StreamFill{f});
    deliver(now_ + delay, told);
    if (draw(Fault::DuplicateEvent)) deliver(now_ + delay + latency(), told);
  }
}

void World::drop_client() {
  ++client_;
  for (Line& line : lines_) line.reset_due = false;
}

std::optional<int> World::draw_crash(std::size_t sends, Time now) {
  now_ = std::max(now_, now);
  if (!any_faults_ || !draw(Fault::Crash)) return std::nullopt;
  return static_cast<int>(rng_.below(sends + 2)) - 1;
}

void World::push(Time at, std::variant<Arrival, Delivery> what) { queue_.push(Item{at, ++seq_, std::move(what)}); }

void World::deliver(Time at, Event event) { push(at, Delivery{std::move(event), client_}); }

bool World::draw(Fault f) {
  if (!any_faults_ || now_ > faults_.until || faults_[f] == 0) return false;
  const bool hit = rng_.chance(static_cast<std::uint64_t>(faults_[f]), 1000);
  if (hit) ++faults_drawn_;
  return hit;
}

Dur World::latency() { return {rng_.between(latency_min_.us, latency_max_.us)}; }

Dur World::some_seconds(std::int64_t most) { return {rng_.between(100'000, most * 1'000'000)}; }

}  // namespace dn::sim
