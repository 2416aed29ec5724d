// Funding of a perpetual leg: what the next settlement is told to bring, and what the settlements brought, booked once each.
//
// The venue is asked, as for everything: once a minute, and around a settlement until its payment is there. A payment is known by the venue's
// id, so that asking again books nothing twice, and a run asks for all that its predecessors may have missed.
#include <algorithm>

#include "engine/backoff.h"
#include "engine/outlook.h"
#include "engine/task.h"

namespace dn {
namespace {

constexpr Dur kAskEvery = Dur::seconds(60);
constexpr Dur kAskSoon = Dur::seconds(5);  // while a payment is awaited
constexpr Dur kAfterSettlement = Dur::seconds(2);
// Payments are listed a moment after their settlement: an answer to a question that came so long after it shows it, or there was none.
constexpr Dur kBookedWithin = Dur::seconds(30);
constexpr Dur kBeforeRow = Dur::seconds(5);  // a row may carry a time slightly before the settlement's by our clock
constexpr Dur kPatience = Dur::minutes(10);  // an end waits so long for a venue that does not answer

}  // namespace

// The leg of the books that is paid funding, where its venue tells terms.
std::optional<Side> TaskEngine::funded_leg() const {
  for (const Side leg : kSides) {
    const Instrument& i = legs_[seat_of(leg)].instrument;
    if (i.kind == InstrumentKind::Perpetual && i.funding.interval.us > 0) return leg;
  }
  return std::nullopt;
}

// Between the first fill and the one that left nothing a settlement finds a position.
void TaskEngine::note_fill(const Fill& f) {
  if (legs_[seat_of(f.leg)].instrument.kind != InstrumentKind::Perpetual) return;
  held_since_ = std::min(held_since_, f.time);
  newest_fill_ = std::max(newest_fill_, f.time);
}

void TaskEngine::start_funding() {
  const auto leg = funded_leg();
  if (!leg) return;
  Instrument& i = legs_[seat_of(*leg)].instrument;
  const FundingTerms now = i.funding;
  // What an earlier run was told last, and is told still, has had its grace: runs may be shorter than that.
  if (record_.holding.funding.interval.us > 0) {
    i.funding = record_.holding.funding;
    const bool was_poor = is_funding_poor();
    i.funding = now;
    if (was_poor && is_funding_poor()) funding_.poor_since = Time{};
  }
  record_.holding.funding = now;
  if (held_since_.is_never()) schedule_funding();  // the terms are new, and nothing was held that could have been paid for
}

void TaskEngine::drive_funding() {
  const auto leg = funded_leg();
  if (!leg || funding_.asking || now_ < funding_.next_ask || finished_) return;
  funding_.asking = true;
  funding_.asked_at = now_;
  const Time held = held_since_.is_never() ? now_ : held_since_;
  out_->sends.emplace_back(QueryFunding{legs_[seat_of(*leg)].instrument.venue, std::max(held, record_.holding.newest_payment)});
}

void TaskEngine::on(const FundingReport& r) {
  const auto leg = funded_leg();
  if (!leg || legs_[seat_of(*leg)].instrument.venue != r.venue) return;
  funding_.asking = false;
  if (!r.answered) {
    funding_.next_ask = now_ + std::max(kAskSoon, backoff(++funding_.failures, key_));
    return;
  }
  funding_.failures = 0;
  funding_.answered_for = funding_.asked_at;
  if (r.terms.interval.us > 0) legs_[seat_of(*leg)].instrument.funding = r.terms;
  if (r.terms.interval.us > 0 && !(record_.holding.funding == r.terms)) {
    record_.holding.funding = r.terms;
    save_task();
  }
  std::vector<FundingPayment> payments = r.payments;
  std::stable_sort(payments.begin(), payments.end(), [](const FundingPayment& a, const FundingPayment& b) { return a.time < b.time; });
  for (const FundingPayment& p : payments) book_funding(p, *leg);
  schedule_funding();
}

void TaskEngine::book_funding(const FundingPayment& told, Side leg) {
  if (told.time < held_since_ || !seen_payments_.insert(told.id.str()).second) return;
  FundingPayment p = told;
  p.leg = leg;
  Holding& h = record_.holding;
  if (p.time != h.newest_payment) ++h.payments;
  h.newest_payment = std::max(h.newest_payment, p.time);
  record_.leg[leg].funding += p.amount;
  out_->journal.fundings.push_back(p);
  save_task();
  emit(FundingBooked{p});
}

// The newest settlement that was not after `at`, by the terms as last told.
Time TaskEngine::settlement_until(Time at) const {
  const FundingTerms& t = legs_[seat_of(*funded_leg())].instrument.funding;
  const std::int64_t since = (at - t.next).us;
  const std::int64_t whole = since / t.interval.us - (since % t.interval.us < 0 ? 1 : 0);
  return t.next + t.interval * whole;
}

// A settlement has passed while something was held, and its payment is neither booked nor known to be none.
bool TaskEngine::is_funding_due() {
  if (!funded_leg() || held_since_.is_never()) return false;
  const bool is_flat = record_.leg[*funded_leg()].net.is_zero();
  // An end waits for what was settled until all else was proven: later settlements are not this task's any more, and may come faster than answers.
  const Time held_until = stop_ && !stop_->proven.is_never() ? stop_->proven : now_;
  const Time last = settlement_until(is_flat ? newest_fill_ : held_until);
  if (last <= held_since_ || record_.holding.newest_payment >= last - kBeforeRow || funding_.answered_for >= last + kBookedWithin) return false;
  if (now_ - last < kPatience) {
    funding_.next_ask = std::min(funding_.next_ask, funding_.asked_at + kAskSoon);
    return true;
  }
  if (funding_.given_up_for != last) {
    alert(AlertKind::Alert, AlertLevel::Warning, "funding_unknown",
          Reason("what the settlement of " + rfc3339(last) + " brought is not known: its venue does not answer"));
  }
  funding_.given_up_for = last;
  return false;
}

void TaskEngine::schedule_funding() {
  funding_.next_ask = now_ + (is_funding_due() ? kAskSoon : kAskEvery);
  const FundingTerms& t = legs_[seat_of(*funded_leg())].instrument.funding;
  const Time next = settlement_until(now_) + t.interval;
  funding_.next_ask = std::min(funding_.next_ask, next + kAfterSettlement);
}

std::optional<Percent> TaskEngine::told_apr() const { return funding_apr(legs_[seat_of(Side::Buy)].instrument, legs_[seat_of(Side::Sell)].instrument); }

// What the funding told lets the task do.
void TaskEngine::track_funding(Situation& s) {
  const HoldSpec& rules = record_.spec.hold;
  const auto apr = told_apr();
  const bool is_poor = is_funding_poor();
  if (!is_poor) funding_.poor_since = Time::never();
  if (is_poor && funding_.poor_since.is_never()) funding_.poor_since = now_;
  s.funding_closed = is_funding_closed();
  if (s.funding_closed == funding_.closed_told) return;
  funding_.closed_told = s.funding_closed;
  const Percent least = rules.min_funding_apr ? *rules.min_funding_apr : rules.exit_funding_apr.value_or(Percent{});
  alert(AlertKind::Limit, AlertLevel::Info, "min_funding_apr",
        Reason(s.funding_closed ? "the funding told is too low: nothing is opened" : "the funding told is high enough: opening"), apr ? apr->str() : "unknown",
        least.str());
}

bool TaskEngine::is_funding_poor() const {
  const auto& least = record_.spec.hold.exit_funding_apr;
  const auto apr = told_apr();
  return least && apr && *apr < *least;
}

// Nothing is entered that would be left at once.
bool TaskEngine::is_funding_closed() const {
  const HoldSpec& rules = record_.spec.hold;
  const auto& least = rules.min_funding_apr ? rules.min_funding_apr : rules.exit_funding_apr;
  if (!least || record_.holding.part != Part::Open) return false;
  const auto apr = told_apr();
  return !apr || *apr < *least;
}

}  // namespace dn
