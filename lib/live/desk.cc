#include "live/desk.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "net/loop.h"

namespace dn::live {
namespace {

constexpr int kConnections = 8;
constexpr int kQuestionsAtOnce = 5;                // the other connections are for orders and cancels: they never stand behind questions
constexpr Dur kMeasureEvery = Dur::seconds(30);    // the venue's clock
constexpr Dur kMeasurePatience = Dur::seconds(5);  //
constexpr Dur kSampleAge = Dur::minutes(5);        // after which a slower sample replaces a better one

bool is_question(venues::Pool pool) { return pool == venues::Pool::Public || pool == venues::Pool::Account; }

wire::HttpResponse not_sent(std::string_view why) {
  wire::HttpResponse r;
  r.error = why;
  r.never_left = true;
  return r;
}

// Beside each other: the venues of an installation, and those of other addresses (a test exchange) and scales.
std::string budget_file_name(Venue venue, const DeskOptions& options) {
  return fmt::format("{}-{:016x}.budget", name(venue), fnv1a(fmt::format("{} {}", options.rest, options.rate_scale)));
}

}  // namespace

Desk::Desk(net::Loop& loop, const Clock& clock, const venues::VenueEntry& entry, const DeskOptions& options)
    : clock_(clock),
      advice_(entry.advice),
      of_pool_(entry.budgets.of_pool),
      http_(loop, net::HttpOptions{options.rest, options.ca_file, 16U << 20U, kConnections}) {
  make_buckets(entry, options);
}

void Desk::make_buckets(const venues::VenueEntry& entry, const DeskOptions& options) {
  std::vector<wire::RateRule> rules;
  for (const venues::Budget& b : entry.budgets.buckets) rules.push_back({b.rule.capacity * options.rate_scale, b.rule.refill});
  if (!options.budget_directory.empty()) {
    auto file = BudgetFile::open(options.budget_directory + "/" + budget_file_name(entry.venue, options), rules);
    if (file) {
      budget_file_ = std::move(*file);
    } else if (options.note) {
      options.note(fmt::format("{}: this process counts its requests alone: {}", name(entry.venue), file.error()));
    }
  }
  for (std::size_t i = 0; i < rules.size(); ++i) {
    buckets_.push_back({budget_file_ ? wire::RateBucket(rules[i], budget_file_->state(i)) : wire::RateBucket(rules[i]),
                        entry.budgets.buckets[i].reserve * options.rate_scale});
  }
}

// What waits for the same bucket goes first, except that urgent calls pass the others by.
std::int64_t Desk::kept(venues::Pool pool, Urgency urgency) const {
  std::int64_t n = urgency == Urgency::Urgent ? 0 : bucket_of(pool).reserve;
  for (const Waiting& w : waiting_) {
    if (index_of(w.pool) == index_of(pool) && (urgency == Urgency::Routine || w.urgency == Urgency::Urgent)) n += w.weight;
  }
  return n;
}

Time Desk::ready(venues::Pool pool, std::int64_t weight, Urgency urgency) const {
  return bucket_of(pool).bucket.ready(weight, kept(pool, urgency), clock_.now());
}

Dur Desk::until_turn(venues::Pool pool, Dur patience, std::optional<Turn>& turn) {
  Bucket& b = bucket_of(pool);
  const Time now = clock_.now();
  const std::int64_t ahead = b.turns.leave(turn, now);
  const Time ready = b.bucket.ready_behind(ahead, kept(pool, Urgency::Routine), now);
  if (ready <= now + patience) {
    turn.reset();
    return {};
  }
  turn = b.turns.enter(turn, ready, b.bucket.apart(), now);
  return turn->wait;
}

bool Desk::take(venues::Pool pool, std::int64_t weight, Urgency urgency) {
  return bucket_of(pool).bucket.take_if_ready(weight, kept(pool, urgency), clock_.now());
}

void Desk::keep_lines(std::size_t orders, std::size_t questions) {
  order_lines_ = orders;
  question_lines_ = questions;
  http_.keep_lines(orders + questions);
}

void Desk::hold(venues::Pool pool, Dur wait) {
  if (wait.us <= 0) return;
  ++throttled_;
  bucket_of(pool).bucket.close_until(clock_.now() + wait);
}

void Desk::proceed(const std::shared_ptr<Asked>& asked, Urgency urgency, Patience patience) {
  Waiting w{asked, urgency, patience, clock_.now(), {}};
  if (!try_send(w)) waiting_.push_back(std::move(w));
}

bool Desk::try_send(Waiting& w) {
  const venues::Call call = w.asked->call(venue_now());
  w.pool = call.pool;
  w.weight = call.weight;
  w.for_connection = is_question(call.pool) && questions_ >= kQuestionsAtOnce;
  if (w.for_connection) return false;
  if (!take(call.pool, call.weight, w.urgency)) {
    w.at = ready(call.pool, call.weight, w.urgency);
    return false;
  }
  ++requests_[static_cast<std::size_t>(call.pool)];
  if (is_question(call.pool)) ++questions_;
  const Dur left = w.patience.whole - (clock_.now() - w.since);
  const auto deadline = std::chrono::milliseconds(std::max<std::int64_t>(left.us / 1000, 1));
  auto heard = [this, asked = w.asked, urgency = w.urgency, patience = w.patience, pool = call.pool](const wire::HttpResponse& response) {
    replied(asked, urgency, patience, pool, response);
  };
  if (is_question(call.pool) && w.urgency == Urgency::Routine) {
    http_.send(call.http, deadline, std::move(heard));
  } else {
    http_.send_at_once(call.http, deadline, std::move(heard), is_question(call.pool) ? order_lines_ : 0);
  }
  return true;
}

void Desk::replied(const std::shared_ptr<Asked>& asked, Urgency urgency, Patience patience, venues::Pool pool, const wire::HttpResponse& response) {
  if (is_question(pool)) --questions_;
  const venues::Advice advice = response.status == 0 ? venues::Advice{} : advice_(response, venue_now());
  if (advice.wait.us > 0) {
    ++throttled_;
    const Time until = clock_.now() + advice.wait;
    bucket_of(pool).bucket.close_until(until);
    if (advice.whole_account) {
      for (Bucket& b : buckets_) b.bucket.close_until(until);
    }
  }
  note_heard();
  if (!asked->heard(response, venue_now())) proceed(asked, urgency, patience);
}

bool Desk::may_leave(const Waiting& w, Time now) const { return w.for_connection ? questions_ < kQuestionsAtOnce : w.at <= now; }

void Desk::wake() {
  const Time now = clock_.now();
  if (next_measure_ <= now) measure();
  std::deque<Waiting> todo;
  todo.swap(waiting_);
  std::ranges::stable_partition(todo, [](const Waiting& w) { return w.urgency == Urgency::Urgent; });
  for (Waiting& w : todo) {
    if (may_leave(w, now) && try_send(w)) continue;
    if ((w.for_connection ? now : std::max(w.at, now)) < w.give_up()) {
      waiting_.push_back(std::move(w));
    } else if (!w.asked->heard(not_sent(w.for_connection ? kNoConnection : kNoBudget), venue_now())) {
      proceed(w.asked, w.urgency, w.patience);
    }
  }
}

Time Desk::next_deadline() const {
  Time t = next_measure_;
  for (const Waiting& w : waiting_) {
    const bool next_answer = w.for_connection && questions_ >= kQuestionsAtOnce;
    t = std::min({t, next_answer ? w.give_up() : w.for_connection ? clock_.now() : w.at, w.give_up()});
  }
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

venues::Problem Desk::clock_untold() const {
  return {venues::Problem::Kind::Unreachable, fmt::format("the time takes {} ms to come, too long to say whether the clocks differ by more than {} ms",
                                                          best_trip_.us / 1000, kMostOffset.us / 1000)};
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
