#include "live/live_run.h"

#include <algorithm>

namespace dn::live {
namespace {

constexpr Dur kBeat = Dur::seconds(1);  // how often a run looks at its pulse, at least
// What came in during a pause as long as the task lets a book age may be older than that.
constexpr Dur kLeastStandstill = Dur::seconds(1);
constexpr Dur kMostStandstill = Dur::seconds(3);

}  // namespace

LiveRun::LiveRun(const Clock& clock, TaskEngine& engine, Journal& journal, RunObserver& observer, LiveRunOptions options)
    : clock_(clock), engine_(engine), observer_(observer), books_(engine, journal, observer), options_(std::move(options)) {}

Link::Emit LiveRun::emit() {
  return [this](Event event) { heard(std::move(event)); };
}

// Of prices only the newest count: those that a slow step let pile up are gone.
void LiveRun::heard(Event event) {
  if (finished()) return;  // the streams go on for others
  if (const auto* book = std::get_if<BookUpdate>(&event)) {
    for (Event& waiting : events_) {
      auto* older = std::get_if<BookUpdate>(&waiting);
      if (older == nullptr || older->venue != book->venue) continue;
      older->top = book->top;
      return;
    }
  }
  events_.push_back(std::move(event));
}

Expected<void, JournalError> LiveRun::start(Time now, const std::vector<Event>& known) {
  now_ = now;
  commands_.clear();
  engine_.start(now_, commands_, known);
  if (auto done = carry_out(); !done) return done;
  if (auto done = books_.commit(now_); !done) return done;  // that it runs
  mind_dead_man();                                          // before the first price, hence before the first order
  for (auto& l : links_) l->start();
  (void)pulse_.beat();
  beat_ = clock_.now();
  return {};
}

bool LiveRun::finished() const {
  return engine_.finished() && std::ranges::all_of(links_, [](const auto& l) { return l->is_settled(); });
}

Time LiveRun::next_time() const {
  if (finished()) return Time::never();
  if (!events_.empty()) return now_;
  Time t = std::min({engine_.next_deadline(), books_.due(), beat_ + kBeat});
  for (const Desk* d : desks_) t = std::min(t, d->next_deadline());
  for (const auto& l : links_) t = std::min(t, l->next_deadline());
  return std::max(now_, t);
}

Expected<void, JournalError> LiveRun::step() {
  look_at_pulse();
  auto done = advance();
  mind_dead_man();
  return done;
}

Expected<void, JournalError> LiveRun::advance() {
  for (Desk* d : desks_) d->wake();
  for (auto& l : links_) {
    // The file is looked for before an order is handed over, and once more when one has waited there.
    if (l->has_held() && options_.is_halted && options_.is_halted()) l->drop_held();
    l->wake();
  }
  if (!events_.empty()) {
    const Event event = std::move(events_.front());
    events_.pop_front();
    return handle(event);
  }
  const Time now = clock_.now();
  if (engine_.next_deadline() <= now) return handle(Wake{});
  return books_.due() <= now ? books_.commit(std::max(now_, now)) : Expected<void, JournalError>();
}

Expected<void, JournalError> LiveRun::inject(const Event& event, Time /*now*/) {
  look_at_pulse();
  auto done = handle(event);
  if (done) done = books_.commit(now_);  // whoever asked for it hears that it is done
  mind_dead_man();
  return done;
}

// After a standstill the prices that wait here and in the sockets are those of before it, and the venues may have done anything meanwhile.
void LiveRun::look_at_pulse() {
  const Dur still = pulse_.beat();
  beat_ = clock_.now();
  if (still <= std::clamp(engine_.record().spec.risk.max_book_age, kLeastStandstill, kMostStandstill)) return;
  std::erase_if(events_, [](const Event& e) { return std::holds_alternative<BookUpdate>(e); });
  for (auto& l : links_) l->stood_still(still);
}

// Orders that may rest are behind the dead man's switch from before the first one until the run ends.
void LiveRun::mind_dead_man() {
  const Dur timeout = engine_.record().spec.risk.dead_man.value_or(options_.dead_man);
  for (auto& l : links_) {
    if (engine_.finished()) {
      l->unguard(leaves_nothing_in_doubt(l->venue()));
    } else if (timeout.us == 0) {
      l->unguard(true);
    } else if (l->is_guarded() || may_have_resting(l->venue())) {
      l->guard(timeout);
    }
  }
}

// A run that only cancels, proves and hedges leaves nothing to rest.
bool LiveRun::may_have_resting(Venue venue) const {
  const TaskRecord& r = engine_.record();
  if (r.state == TaskState::Completing) return false;
  const Lead lead = engine_.trading_spec().lead;
  const auto quotes = [&](Side leg) { return lead == Lead::Both || (lead == Lead::Buy) == (leg == Side::Buy); };
  return std::ranges::any_of(kSides, [&](Side leg) { return engine_.venue(leg) == venue && (quotes(leg) || !engine_.working(leg).empty()); });
}

bool LiveRun::leaves_nothing_in_doubt(Venue venue) const {
  for (const Side leg : kSides) {
    if (engine_.venue(leg) != venue) continue;
    for (const WorkingOrder& w : engine_.working(leg)) {
      const bool stays = options_.leave_orders && w.record.status == OrderStatus::Open && !w.record.cancel_requested;
      if (!stays && w.record.status != OrderStatus::Closed) return false;
    }
  }
  return true;
}

Expected<void, JournalError> LiveRun::handle(const Event& event) {
  now_ = std::max(now_, clock_.now());
  commands_.clear();
  observer_.heard(now_, event);
  engine_.handle(now_, event, commands_);
  return carry_out();
}

// What the sends need is durable first (engine/bookkeeper.h); then they leave.
Expected<void, JournalError> LiveRun::carry_out() {
  observer_.after_handle(now_, engine_, commands_);
  if (auto done = books_.before_sends(now_, commands_); !done) return done;
  send_all();
  return books_.after_sends(now_);
}

// Orders and cancels of each venue in order. What goes over a stream is written by the loop's next turn and needs no signature: that turn comes before the
// requests of the other venue are signed and written.
void LiveRun::send_all() {
  if (commands_.sends.empty()) return;
  // The kill switch is looked for once, right before the first of the orders that leave together.
  const bool places = std::ranges::any_of(commands_.sends, [](const Send& s) { return std::holds_alternative<PlaceOrder>(s); });
  const bool halted = places && options_.is_halted && options_.is_halted();
  for (const bool streamed : {true, false}) {
    bool any = false;
    for (const Send& s : commands_.sends) {
      if (leaves_by_stream(s) != streamed) continue;
      any = true;
      observer_.sending(now_, s);
      const auto* place = std::get_if<PlaceOrder>(&s);
      place != nullptr&& halted ? refuse_for_halt(*place) : send(s);
    }
    if (any && options_.flush) options_.flush();
  }
  observer_.sent(now_);
}

bool LiveRun::leaves_by_stream(const Send& send) const {
  const Link* l = link_of(send);
  return l != nullptr && l->has_channel() && (std::holds_alternative<PlaceOrder>(send) || std::holds_alternative<CancelOrder>(send));
}

Link* LiveRun::link_of(const Send& send) const {
  const Venue venue = std::visit([](const auto& s) { return s.venue; }, send);
  const auto link = std::ranges::find_if(links_, [&](const auto& l) { return l->venue() == venue; });
  return link == links_.end() ? nullptr : link->get();
}

void LiveRun::withdraw() {
  for (const Side leg : kSides) {
    for (const WorkingOrder& w : engine_.working(leg)) {
      const OrderRecord& o = w.record;
      if (o.status != OrderStatus::Closed) send(CancelOrder{engine_.venue(leg), o.request.id, o.venue_order_id});
    }
  }
}

void LiveRun::send(const Send& send) {
  Link* l = link_of(send);
  l != nullptr ? l->send(send) : answer_for_absent(send);
}

// The file came between the decision and its sending; that it is there is told to the engine before the next step.
void LiveRun::refuse_for_halt(const PlaceOrder& order) {
  PlaceReport r;
  r.id = order.request.id;
  r.outcome = PlaceOutcome::Refused;
  r.reject = RejectClass::RateLimited;
  r.code = Code("halt_file");
  r.reason = Reason("the kill switch is there: no order is sent");
  r.retry_after = Dur::seconds(1);
  events_.push_back(r);
}

void LiveRun::answer_for_absent(const Send& send) {
  const Code code("unreachable");
  if (const auto* p = std::get_if<PlaceOrder>(&send)) {
    PlaceReport r;
    r.id = p->request.id;
    r.outcome = PlaceOutcome::DeniedLocally;
    r.code = code;
    events_.push_back(r);
  } else if (const auto* c = std::get_if<CancelOrder>(&send)) {
    events_.push_back(CancelReport{c->id, false, code});
  } else if (const auto* l = std::get_if<LookupOrder>(&send)) {
    LookupReport r;
    r.id = l->id;
    r.stage = l->stage;
    r.code = code;
    events_.push_back(r);
  } else if (const auto* q = std::get_if<QueryTrades>(&send)) {
    events_.push_back(TradesReport{q->id, false, {}});
  } else if (const auto* f = std::get_if<QueryFunding>(&send)) {
    events_.push_back(FundingReport{f->venue, false, {}, {}});
  }
}

}  // namespace dn::live
