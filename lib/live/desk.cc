#include "live/desk.h"

#include <algorithm>

#include "net/loop.h"

namespace dn::live {
namespace {

constexpr int kConnections = 6;                    // both orders of a step, their questions, and one to spare
constexpr Dur kMeasureEvery = Dur::seconds(30);    // the venue's clock
constexpr Dur kMeasurePatience = Dur::seconds(5);  //
constexpr Dur kSampleAge = Dur::minutes(5);        // after which a slower sample replaces a better one

wire::HttpResponse no_budget() {
  wire::HttpResponse r;
  r.error = "no request budget left";
  r.never_left = true;
  return r;
}

}  // namespace

Desk::Desk(net::Loop& loop, const Clock& clock, const venues::VenueEntry& entry, const DeskOptions& options)
    : clock_(clock),
      advice_(entry.advice),
      of_pool_(entry.budgets.of_pool),
      http_(loop, net::HttpOptions{options.rest, options.ca_file, 16U << 20U, kConnections}) {
  for (const venues::Budget& b : entry.budgets.buckets) {
    buckets_.push_back({wire::RateBucket({b.rule.capacity * options.rate_scale, b.rule.refill}), b.reserve * options.rate_scale});
  }
}

Time Desk::ready(venues::Pool pool, std::int64_t weight, Urgency urgency) const {
  const Bucket& b = bucket_of(pool);
  return b.bucket.ready(weight, urgency == Urgency::Urgent ? 0 : b.reserve, clock_.now());
}

void Desk::proceed(const std::shared_ptr<Asked>& asked, Urgency urgency, Dur patience) {
  Waiting w{asked, urgency, patience, clock_.now(), {}};
  if (waiting_.empty() || urgency == Urgency::Urgent) {
    if (try_send(w, &w.at)) return;
  } else {
    w.at = waiting_.back().at;  // in turn
  }
  waiting_.push_back(std::move(w));
}

bool Desk::try_send(const Waiting& w, Time* ready_at) {
  const venues::Call call = w.asked->call(venue_now());
  *ready_at = ready(call.pool, call.weight, w.urgency);
  if (*ready_at > clock_.now()) return false;
  bucket_of(call.pool).bucket.take(call.weight, clock_.now());
  ++requests_;
  const Dur left = w.patience - (clock_.now() - w.since);
  http_.send(call.http, std::chrono::milliseconds(std::max<std::int64_t>(left.us / 1000, 1)),
             [this, asked = w.asked, urgency = w.urgency, patience = w.patience, pool = call.pool](const wire::HttpResponse& response) {
               replied(asked, urgency, patience, pool, response);
             });
  return true;
}

void Desk::replied(const std::shared_ptr<Asked>& asked, Urgency urgency, Dur patience, venues::Pool pool, const wire::HttpResponse& response) {
  const venues::Advice advice = response.status == 0 ? venues::Advice{} : advice_(response, venue_now());
  if (advice.wait.us > 0) {
    ++throttled_;
    const Time until = clock_.now() + advice.wait;
    bucket_of(pool).bucket.close_until(until);
    if (advice.whole_account) {
      for (Bucket& b : buckets_) b.bucket.close_until(until);
    }
  }
  if (!asked->heard(response, venue_now())) proceed(asked, urgency, patience);
}

void Desk::wake() {
  const Time now = clock_.now();
  if (next_measure_ <= now) measure();
  std::deque<Waiting> todo;
  todo.swap(waiting_);
  for (Waiting& w : todo) {
    if (w.at <= now && try_send(w, &w.at)) continue;
    if (std::max(w.at, now) - w.since < w.patience) {
      waiting_.push_back(std::move(w));
    } else if (!w.asked->heard(no_budget(), venue_now())) {
      proceed(w.asked, w.urgency, w.patience);
    }
  }
}

Time Desk::next_deadline() const {
  Time t = next_measure_;
  for (const Waiting& w : waiting_) t = std::min({t, w.at, w.since + w.patience});
  return t;
}

void Desk::keep_clock(std::function<std::unique_ptr<venues::Question<venues::Outcome<Time>>>()> ask_time) {
  ask_time_ = std::move(ask_time);
  next_measure_ = clock_.now() + kMeasureEvery;
}

void Desk::measure() {
  next_measure_ = clock_.now() + kMeasureEvery;
  if (measuring_ || !ask_time_) return;
  measuring_ = true;
  const Time sent = clock_.now();
  ask<venues::Outcome<Time>>(ask_time_(), Urgency::Routine, kMeasurePatience, [this, sent](const venues::Outcome<Time>& venue) {
    measuring_ = false;
    if (venue) clock_sample(sent, clock_.now(), *venue);
  });
}

void Desk::clock_sample(Time sent, Time heard, Time venue) {
  const Dur trip = heard - sent;
  const Dur offset = venue - (sent + Dur{trip.us / 2});
  const Dur change = offset > offset_ ? offset - offset_ : offset_ - offset;
  const bool explained = change.us <= trip.us / 2 + best_trip_.us / 2;  // by the slowness of both samples; otherwise a clock was set
  if (has_offset_ && explained && trip > best_trip_ && heard - best_at_ < kSampleAge) return;
  has_offset_ = true;
  best_trip_ = trip;
  best_at_ = heard;
  offset_ = offset;
}

}  // namespace dn::live
