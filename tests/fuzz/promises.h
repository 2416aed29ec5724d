// What every decoder promises, whatever a venue sends. A broken promise is thrown: libFuzzer keeps the input, the tests name it.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "script.h"
#include "venues/venue.h"

namespace dn::fuzz {

struct Broken : std::logic_error {
  using std::logic_error::logic_error;
};
inline void require(bool holds, const char* promise) {
  if (!holds) throw Broken(promise);
}

inline const Time kNow{1'700'000'000'000'000};
inline const std::string kSecret = "fuzz-secret-that-stays-here";
// Pages are bounded on every venue; no question takes more exchanges than this.
inline constexpr int kMostExchanges = 1000;

template <class Answer>
struct Told {
  Answer answer;
  wire::HttpResponse last;  // the answer's last exchange
  Time latest;              // the venue's clock at its end
};

// Calls are sent as they are: no blanks, no control characters, no secret.
void check_call(const venues::Call& call);

// Asks to the end.
template <class Answer>
Told<Answer> ask(std::unique_ptr<venues::Question<Answer>> question, Replies replies) {
  Time now = kNow;
  for (int i = 0; i < kMostExchanges; ++i) {
    check_call(question->call(now));
    const wire::HttpResponse reply = replies.next();
    now = now + Dur::millis(40);
    if (auto answer = question->heard(reply, now)) return {std::move(*answer), reply, now};
  }
  throw Broken("a question ends");
}

struct Asked {
  ClientOrderId id;
  VenueOrderId venue_order_id;  // may be empty
};

void check_printable(std::string_view text);
void check_problem(const venues::Problem& problem);
void check_time(const Told<venues::Outcome<Time>>& told);
void check_top(const TopOfBook& top);
void check_depth(const venues::Depth& depth);
void check_facts(const venues::VenueFacts& facts, Venue venue, const Symbol& symbol);
void check_place(const PlaceReport& report, const ClientOrderId& id);
// The same, held against the one answer that it was read from.
void check_place(const Told<PlaceReport>& told, const ClientOrderId& id);
void check_cancel(const CancelReport& report, const ClientOrderId& id);
void check_cancel(const Told<CancelReport>& told, const ClientOrderId& id);
void check_lookup(const LookupReport& report, Time latest);
void check_lookup(const Told<LookupReport>& told, const Asked& asked, LookupStage stage, Venue venue);
void check_fill(const Fill& fill, Venue venue);
void check_trades(const Told<TradesReport>& told, const Asked& asked, Venue venue);
void check_survey(const Told<venues::Outcome<venues::Survey>>& told, Time since, Venue venue);
void check_funding(const Told<venues::Outcome<FundingReport>>& told, Venue venue);
void check_heard(const venues::Heard& heard, Venue venue);
void check_frame(const wire::Frame& frame);
// Part of an address or of a path: nothing in it has a meaning of its own there.
void check_address(std::string_view text);

}  // namespace dn::fuzz
