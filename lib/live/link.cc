#include "live/link.h"

#include <fmt/format.h>

#include <algorithm>

namespace dn::live {
namespace {

using venues::Pool;

// After these an answer is no longer waited for.
constexpr Dur kOrderPatience = Dur::seconds(3);
constexpr Dur kQueryPatience = Dur::seconds(5);

// An order waits so long for budget, at most; longer and its price would be an old one.
constexpr Dur kShortWait = Dur::millis(50);

// An order that was decided on so long ago rests on prices of then: something held everything up on its way here.
constexpr Dur kOldOrder = Dur::seconds(2);
// An order that may rest waits so long, at most, until the dead man's switch is armed.
constexpr Dur kHeldOrder = Dur::seconds(1);

bool may_rest(const OrderRequest& r) { return r.type == OrderType::Limit || r.type == OrderType::PostOnly; }

bool is_hedge(const OrderRequest& r) { return r.purpose == Purpose::Rebalance || r.purpose == Purpose::Reduce; }

PlaceReport not_sent(const ClientOrderId& id, RejectClass reject, std::string_view code, std::string reason, Dur retry_after) {
  PlaceReport r;
  r.id = id;
  r.outcome = PlaceOutcome::Refused;
  r.reject = reject;
  r.code = Code(code);
  r.reason = Reason(reason);
  r.retry_after = retry_after;
  return r;
}

}  // namespace

Link::Link(Desk& desk, const Instrument& instrument, std::unique_ptr<venues::VenueApi> api, std::shared_ptr<SharedStreams> streams, DeadMan* dead_man,
           Emit emit)
    : desk_(desk), instrument_(instrument), api_(std::move(api)), emit_(std::move(emit)), streams_(std::move(streams)), dead_man_(dead_man) {}

Link::~Link() {
  streams_->leave(*this);
  unguard(false);
}

void Link::start() {
  streams_->join(*this);
  if (!streams_->has_channel()) desk_.expect_orders();
}

template <class Answer>
std::function<void(Answer)> Link::guarded(std::function<void(Answer)> done) {
  return [alive = std::weak_ptr<bool>(alive_), done = std::move(done)](Answer answer) {
    if (!alive.expired()) done(std::move(answer));
  };
}

// ---- what the engine sends

void Link::send(const Send& send) {
  if (const auto* p = std::get_if<PlaceOrder>(&send)) return place(p->request);
  if (const auto* c = std::get_if<CancelOrder>(&send)) return cancel(*c);
  if (const auto* l = std::get_if<LookupOrder>(&send)) return lookup(*l);
  if (const auto* f = std::get_if<QueryFunding>(&send)) return funding(*f);
  trades(std::get<QueryTrades>(send));
}

void Link::place(const OrderRequest& request) {
  if (guarded_for_.us > 0 && dead_man_->is_awaited() && may_rest(request)) {
    held_.push_back(request);
    return;
  }
  send_order(request);
}

void Link::send_held() {
  const bool awaited = guarded_for_.us > 0 && dead_man_->is_awaited();
  std::vector<OrderRequest> held;
  held.swap(held_);
  for (const OrderRequest& r : held) {
    if (!awaited) {
      send_order(r);
    } else if (desk_.now() - r.created < kHeldOrder) {
      held_.push_back(r);
    } else {
      emit_(not_sent(r.id, RejectClass::RateLimited, "dead_man", "the dead man's switch is not armed yet", kShortWait));
    }
  }
}

void Link::drop_held() {
  std::vector<OrderRequest> held;
  held.swap(held_);
  for (const OrderRequest& r : held) emit_(not_sent(r.id, RejectClass::RateLimited, "halt_file", "the kill switch is there: no order is sent", kShortWait));
}

void Link::send_order(const OrderRequest& request) {
  if (desk_.now() - request.created > kOldOrder) {
    answer_later(
        not_sent(request.id, RejectClass::RateLimited, "too_late", "nothing ran between the decision and its sending: its prices are old", kShortWait));
    return;
  }
  if (!desk_.clock_is_good() && !desk_.clock_is_wrong()) {
    desk_.doubt_clock();
    answer_later(not_sent(request.id, RejectClass::RateLimited, "slow", desk_.clock_untold().message, kShortWait));
    return;
  }
  if (!desk_.clock_is_good()) {
    answer_later(not_sent(request.id, RejectClass::Permission, "clock",
                          fmt::format("this machine's clock and {}'s differ by more than 1s", name(instrument_.venue)), {}));
    return;
  }
  const Urgency urgency = is_hedge(request) ? Urgency::Urgent : Urgency::Routine;
  if (const Dur wait = wait_for_budget(urgency); wait.us > 0) {
    answer_later(no_budget(request.id, wait));
    return;
  }
  OrderRequest theirs = request;
  theirs.created = request.created + desk_.offset();
  theirs.expires = request.expires + desk_.offset();
  if (over_channel(false, request.id, urgency, [&](venues::OrderChannel& over) { return api_->place_over(over, theirs, desk_.venue_now()); })) return;
  desk_.ask<PlaceReport>(api_->place(theirs), urgency, Patience(kOrderPatience, kShortWait), guarded<PlaceReport>([this, urgency](const PlaceReport& r) {
                           // Something urgent took what it waited for.
                           const bool held_back = r.outcome == PlaceOutcome::DeniedLocally && r.reason.view() == Desk::kNoBudget;
                           emit_(held_back ? no_budget(r.id, std::max(wait_for_budget(urgency), Dur::millis(1))) : r);
                         }));
}

Dur Link::wait_for_budget(Urgency urgency) {
  if (urgency == Urgency::Routine) return desk_.until_turn(Pool::Order, kShortWait, turn_);
  const Dur wait = desk_.ready(Pool::Order, 1, urgency) - desk_.now();
  return wait > kShortWait ? wait : Dur{};
}

PlaceReport Link::no_budget(const ClientOrderId& id, Dur wait) const {
  return not_sent(id, RejectClass::RateLimited, "rate_budget", fmt::format("{}'s request budget has nothing left for this", name(instrument_.venue)), wait);
}

void Link::cancel(const CancelOrder& c) {
  if (over_channel(true, c.id, Urgency::Urgent, [&](venues::OrderChannel& over) { return api_->cancel_over(over, c.id, c.venue_order_id, desk_.venue_now()); }))
    return;
  desk_.ask<CancelReport>(api_->cancel(c.id, c.venue_order_id), Urgency::Urgent, kOrderPatience,
                          guarded<CancelReport>([this](const CancelReport& r) { emit_(r); }));
}

void Link::lookup(const LookupOrder& l) {
  desk_.expect_questions();
  desk_.ask<LookupReport>(api_->lookup(l.id, l.venue_order_id, l.stage), Urgency::Urgent, kQueryPatience, guarded<LookupReport>([this](LookupReport r) {
                            r.venue_time = r.venue_time - desk_.offset();
                            emit_(std::move(r));
                          }));
}

void Link::trades(const QueryTrades& q) {
  desk_.ask<TradesReport>(api_->trades(q.id, q.venue_order_id), Urgency::Urgent, kQueryPatience,
                          guarded<TradesReport>([this](TradesReport r) { emit_(std::move(r)); }));
}

// Times stay the venue's: payments are held against trades, which keep theirs too.
void Link::funding(const QueryFunding& q) {
  using Answer = venues::Outcome<FundingReport>;
  const FundingReport none{q.venue, false, {}, {}};
  auto question = api_->funding(q.since);
  if (question == nullptr) return answer_later(none);
  desk_.ask<Answer>(std::move(question), Urgency::Routine, kQueryPatience, guarded<Answer>([this, none](Answer a) { emit_(a ? std::move(*a) : none); }));
}

// True: it went over the order channel, or may have. It is paid for before it leaves, also when it does not leave after all.
bool Link::over_channel(bool cancel, const ClientOrderId& id, Urgency urgency, const std::function<wire::Frame(venues::OrderChannel&)>& frame) {
  venues::OrderChannel* channel = streams_->channel();
  if (channel == nullptr || !desk_.take(cancel ? Pool::Cancel : Pool::Order, 1, urgency)) return false;
  if (!streams_->send(frame(*channel))) return false;
  open_.push_back({id, cancel, desk_.now() + kOrderPatience});
  return true;
}

void Link::answer_later(Event event) { later_.push_back(std::move(event)); }

void Link::give_up(const Open& o, std::string_view code) {
  if (o.cancel) {
    emit_(CancelReport{o.id, false, Code(code)});
    return;
  }
  PlaceReport r;
  r.id = o.id;
  r.outcome = PlaceOutcome::Unknown;
  r.code = Code(code);
  r.reason = Reason("no answer to an order sent over the order channel");
  emit_(r);
}

// ---- time

void Link::wake() {
  const Time now = desk_.now();
  if (dead_man_ != nullptr) dead_man_->wake();
  send_held();
  std::vector<Event> ready;
  ready.swap(later_);
  for (Event& e : ready) emit_(std::move(e));
  std::vector<Open> late;
  std::erase_if(open_, [&](const Open& o) {
    if (o.deadline > now) return false;
    late.push_back(o);
    return true;
  });
  for (const Open& o : late) give_up(o, "timeout");
  // A socket that looks alive and does not answer is no channel for orders.
  if (!late.empty()) streams_->renew_channel("an order sent over it was not answered");
  streams_->wake();
}

Time Link::next_deadline() const {
  if (!later_.empty() || (!held_.empty() && !dead_man_->is_awaited())) return desk_.now();
  Time t = streams_->next_deadline();
  if (dead_man_ != nullptr) t = std::min(t, dead_man_->next_deadline());
  for (const OrderRequest& r : held_) t = std::min(t, r.created + kHeldOrder);
  for (const Open& o : open_) t = std::min(t, o.deadline);
  return t;
}

void Link::guard(Dur timeout) {
  if (dead_man_ == nullptr || timeout == guarded_for_) return;
  guarded_for_ = timeout;
  dead_man_->hold(this, timeout, [this] { emit_(PrivateStreamReset{venue()}); });
  dead_man_->wake();
}

void Link::unguard(bool disarm) {
  if (guarded_for_.us == 0) return;
  guarded_for_ = Dur{};
  dead_man_->release(this, disarm);
  dead_man_->wake();
}

void Link::stood_still(Dur time) {
  const std::string why = fmt::format("nothing ran here for {} ms: prices and orders are asked for anew", time.us / 1000);
  desk_.doubt_clock();
  emit_(BookLost{venue()});
  emit_(PrivateStreamReset{venue()});
  streams_->stood_still(time, why);
}

// ---- what the streams say

void Link::on_own(const venues::News& news) {
  if (const auto* fill = std::get_if<Fill>(&news)) {
    emit_(StreamFill{*fill});
  } else if (const auto* order = std::get_if<venues::OrderNews>(&news)) {
    emit_(OrderHint{order->id, order->traded});
  }
}

void Link::on_answer(const venues::News& news) {
  const auto settled = [this](bool cancel, const ClientOrderId& id) {
    return std::erase_if(open_, [&](const Open& o) { return o.cancel == cancel && o.id == id; }) > 0;
  };
  if (const auto* p = std::get_if<PlaceReport>(&news)) {
    if (settled(false, p->id)) emit_(*p);
  } else if (const auto* c = std::get_if<CancelReport>(&news)) {
    if (settled(true, c->id)) emit_(*c);
  }
}

void Link::on_channel_lost() {
  std::vector<Open> lost;
  lost.swap(open_);
  for (const Open& o : lost) give_up(o, "connection_lost");
}

}  // namespace dn::live
