#include "live/link.h"

#include <fmt/format.h>

#include <algorithm>

namespace dn::live {
namespace {

using venues::Pool;

// After these an answer is no longer waited for.
constexpr Dur kOrderPatience = Dur::seconds(3);
constexpr Dur kQueryPatience = Dur::seconds(5);
// A stream that is up tells its first price at once, except in a market without orders and on a venue that speaks of changes only.
constexpr Dur kFirstPrice = Dur::millis(300);
constexpr Dur kTopEvery = Dur::seconds(1);

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

Link::Link(net::Loop& loop, Desk& desk, const Instrument& instrument, std::unique_ptr<venues::VenueApi> api, const LinkOptions& options, Emit emit)
    : desk_(desk), instrument_(instrument), api_(std::move(api)), emit_(std::move(emit)), dead_man_(options.dead_man) {
  venues::StreamRules rules = options.rules;
  public_stream_ = std::make_unique<Stream>(loop, desk, options.streams, api_->public_stream(), rules, public_);
  if (!options.orders) return;
  ++rules.jitter_seed;
  private_stream_ = std::make_unique<Stream>(loop, desk, options.streams, api_->private_stream(), rules, private_);
  ++rules.jitter_seed;
  if (std::unique_ptr<venues::OrderChannel> channel = api_->order_channel()) {
    channel_ = channel.get();
    order_stream_ = std::make_unique<Stream>(loop, desk, options.streams, std::move(channel), rules, orders_);
  }
}

Link::~Link() { unguard(false); }

void Link::start() {
  for (Stream* s : {public_stream_.get(), private_stream_.get(), order_stream_.get()}) {
    if (s != nullptr) s->start();
  }
}

bool Link::is_up() const { return public_stream_->is_up() && (!private_stream_ || private_stream_->is_up()) && (!order_stream_ || order_stream_->is_up()); }

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
  const Time ready = desk_.ready(Pool::Order, 1, urgency);
  if (ready > desk_.now() + kShortWait) {
    answer_later(no_budget(request.id, urgency));
    return;
  }
  OrderRequest theirs = request;
  theirs.created = request.created + desk_.offset();
  theirs.expires = request.expires + desk_.offset();
  if (over_channel(false, request.id, urgency, [&] { return channel_->place(theirs, desk_.venue_now()); })) return;
  desk_.ask<PlaceReport>(api_->place(theirs), urgency, Patience(kOrderPatience, kShortWait), guarded<PlaceReport>([this, urgency](const PlaceReport& r) {
                           // Something urgent took what it waited for.
                           const bool held_back = r.outcome == PlaceOutcome::DeniedLocally && r.reason.view() == Desk::kNoBudget;
                           emit_(held_back ? no_budget(r.id, urgency) : r);
                         }));
}

PlaceReport Link::no_budget(const ClientOrderId& id, Urgency urgency) const {
  const Dur wait = std::max(desk_.ready(Pool::Order, 1, urgency) - desk_.now(), Dur::millis(1));
  return not_sent(id, RejectClass::RateLimited, "rate_budget", fmt::format("{}'s request budget has nothing left for this", name(instrument_.venue)), wait);
}

void Link::cancel(const CancelOrder& c) {
  if (over_channel(true, c.id, Urgency::Urgent, [&] { return channel_->cancel(c.id, c.venue_order_id, desk_.venue_now()); })) return;
  desk_.ask<CancelReport>(api_->cancel(c.id, c.venue_order_id), Urgency::Urgent, kOrderPatience,
                          guarded<CancelReport>([this](const CancelReport& r) { emit_(r); }));
}

void Link::lookup(const LookupOrder& l) {
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
bool Link::over_channel(bool cancel, const ClientOrderId& id, Urgency urgency, const std::function<wire::Frame()>& frame) {
  if (!order_stream_ || !order_stream_->is_up() || !desk_.take(cancel ? Pool::Cancel : Pool::Order, 1, urgency)) return false;
  if (!order_stream_->send(frame())) return false;
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
  if (!late.empty()) order_stream_->renew("an order sent over it was not answered");
  for (Stream* s : {public_stream_.get(), private_stream_.get(), order_stream_.get()}) {
    if (s != nullptr) s->wake();
  }
  if (next_top_ <= now) ask_top();
}

Time Link::next_deadline() const {
  if (!later_.empty() || (!held_.empty() && !dead_man_->is_awaited())) return desk_.now();
  Time t = next_top_;
  if (dead_man_ != nullptr) t = std::min(t, dead_man_->next_deadline());
  for (const OrderRequest& r : held_) t = std::min(t, r.created + kHeldOrder);
  for (const Open& o : open_) t = std::min(t, o.deadline);
  for (const Stream* s : {public_stream_.get(), private_stream_.get(), order_stream_.get()}) {
    if (s != nullptr) t = std::min(t, s->next_deadline());
  }
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
  say("connections", why);
  desk_.doubt_clock();
  emit_(BookLost{venue()});
  emit_(PrivateStreamReset{venue()});
  for (Stream* s : {public_stream_.get(), private_stream_.get(), order_stream_.get()}) {
    if (s != nullptr) s->renew(why);
  }
}

// ---- what the streams say

void Link::told(const TopOfBook& top) {
  if (top_hook_) top_hook_(top);
  emit_(BookUpdate{instrument_.venue, top});
}

// The stream is up and has said no price yet.
void Link::ask_top() {
  next_top_ = desk_.now() + kTopEvery;
  if (asking_top_) return;
  asking_top_ = true;
  using Answer = venues::Outcome<TopOfBook>;
  desk_.ask<Answer>(api_->top_of_book(), Urgency::Routine, kQueryPatience, guarded<Answer>([this](const Answer& a) {
                      asking_top_ = false;
                      if (a && !next_top_.is_never()) told(*a);
                    }));
}

void Link::Public::on_news(const venues::News& news) {
  const auto* top = std::get_if<TopOfBook>(&news);
  if (top == nullptr) return;
  link.next_top_ = Time::never();
  link.told(*top);
}

void Link::Public::on_reset() {
  link.next_top_ = link.desk_.now() + kFirstPrice;
  link.say("prices", "connected");
}

void Link::Public::on_lost() {
  link.next_top_ = Time::never();
  link.emit_(BookLost{link.venue()});
}

void Link::Private::on_news(const venues::News& news) {
  if (const auto* fill = std::get_if<Fill>(&news)) {
    link.emit_(StreamFill{*fill});
  } else if (const auto* order = std::get_if<venues::OrderNews>(&news)) {
    link.emit_(OrderHint{order->id});
  }
}

void Link::Private::on_reset() {
  link.say("own orders", "connected");
  link.emit_(PrivateStreamReset{link.venue()});
}

void Link::Orders::on_news(const venues::News& news) {
  const auto settled = [this](bool cancel, const ClientOrderId& id) {
    return std::erase_if(link.open_, [&](const Open& o) { return o.cancel == cancel && o.id == id; }) > 0;
  };
  if (const auto* p = std::get_if<PlaceReport>(&news)) {
    if (p->outcome == PlaceOutcome::Refused && p->reject == RejectClass::RateLimited) link.desk_.hold(Pool::Order, p->retry_after);
    if (settled(false, p->id)) link.emit_(*p);
  } else if (const auto* c = std::get_if<CancelReport>(&news)) {
    if (settled(true, c->id)) link.emit_(*c);
  }
}

void Link::Orders::on_lost() {
  std::vector<Open> lost;
  lost.swap(link.open_);
  for (const Open& o : lost) link.give_up(o, "connection_lost");
}

void Link::say(std::string_view stream, const std::string& text) {
  if (note_) note_(fmt::format("{}, {}: {}", name(instrument_.venue), stream, text));
}

}  // namespace dn::live
