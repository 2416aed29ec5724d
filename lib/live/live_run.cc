#include "live/live_run.h"

#include <algorithm>

namespace dn::live {

LiveRun::LiveRun(const Clock& clock, TaskEngine& engine, Journal& journal, RunObserver& observer)
    : clock_(clock), engine_(engine), journal_(journal), observer_(observer) {}

Link::Emit LiveRun::emit() {
  return [this](Event event) { heard(std::move(event)); };
}

// Of prices only the newest count: those that a slow step let pile up are gone.
void LiveRun::heard(Event event) {
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
  for (auto& l : links_) l->start();
  return {};
}

Time LiveRun::next_time() const {
  if (engine_.finished()) return Time::never();
  if (!events_.empty()) return now_;
  Time t = engine_.next_deadline();
  for (const Desk* d : desks_) t = std::min(t, d->next_deadline());
  for (const auto& l : links_) t = std::min(t, l->next_deadline());
  return std::max(now_, t);
}

Expected<void, JournalError> LiveRun::step() {
  for (Desk* d : desks_) d->wake();
  for (auto& l : links_) l->wake();
  if (!events_.empty()) {
    const Event event = std::move(events_.front());
    events_.pop_front();
    return handle(event);
  }
  if (engine_.next_deadline() > clock_.now()) return {};
  return handle(Wake{});
}

Expected<void, JournalError> LiveRun::inject(const Event& event, Time /*now*/) { return handle(event); }

Expected<void, JournalError> LiveRun::handle(const Event& event) {
  now_ = std::max(now_, clock_.now());
  commands_.clear();
  observer_.heard(now_, event);
  engine_.handle(now_, event, commands_);
  return carry_out();
}

// Durable first, then sent, in order.
Expected<void, JournalError> LiveRun::carry_out() {
  observer_.after_handle(now_, engine_, commands_);
  if (commands_.empty()) return {};
  if (!commands_.journal.empty()) {
    if (auto done = journal_.commit(engine_.record(), commands_.journal); !done) return done;
  }
  observer_.committed(now_, engine_, commands_);
  for (const Send& s : commands_.sends) {
    observer_.sending(now_, s);
    send(s);
  }
  if (!commands_.sends.empty()) observer_.sent(now_);
  return {};
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
  const Venue venue = std::visit([](const auto& s) { return s.venue; }, send);
  const auto link = std::find_if(links_.begin(), links_.end(), [&](const auto& l) { return l->venue() == venue; });
  if (link == links_.end()) return answer_for_absent(send);
  (*link)->send(send);
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
  }
}

}  // namespace dn::live
