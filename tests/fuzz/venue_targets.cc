// A venue's questions and streams, driven through the contract that every venue keeps.
#include "promises.h"
#include "targets.h"

namespace dn::fuzz {
namespace {

const Symbol kSymbol{Asset("BTC"), Asset("USDT")};

// What the first line asks for, and the answers behind it.
struct Script {
  char choice = 0;
  bool names_venue_id = false;
  Lines lines;
};
Script script_of(std::string_view input) {
  Lines lines(input);
  const std::string_view first = lines.next().value_or("");
  return {first.empty() ? '\0' : first[0], first.size() > 1 && first[1] == 'v', lines};
}

Asked asked_of(const Script& s) { return {ClientOrderId(kClientId), s.names_venue_id ? VenueOrderId(kVenueId) : VenueOrderId()}; }

std::unique_ptr<venues::VenueApi> api_of(Venue venue) {
  auto api = venues::registered(venue).make({venue, kSymbol, {Secret("fuzz-key"), Secret(kSecret)}});
  api->set_instrument(instrument_of(venue));
  return api;
}

void check_told(const Told<venues::Outcome<venues::VenueFacts>>& told, Venue venue) {
  if (told.answer) {
    check_facts(*told.answer, venue, kSymbol);
  } else {
    check_problem(told.answer.error());
  }
}

void check_ticket(const venues::Outcome<std::string>& ticket, venues::StreamProtocol& stream) {
  if (!ticket) return check_problem(ticket.error());
  require(!ticket->empty(), "a ticket is not empty");
  check_address(stream.url_suffix(*ticket));
  if (auto renewal = stream.renewal(*ticket)) check_call(renewal->call(kNow));
}

void hear_ticket_reply(venues::StreamProtocol& stream, std::string_view line) {
  if (auto question = stream.ticket()) {
    const auto told = ask(std::move(question), Replies(Lines(line)));
    check_ticket(told.answer, stream);
  }
  if (auto question = stream.renewal("ticket")) {
    const auto told = ask(std::move(question), Replies(Lines(line)));
    if (!told.answer) check_problem(told.answer.error());
  }
}

void open(venues::StreamProtocol& stream) {
  for (const wire::Frame& f : stream.opened(kNow)) check_frame(f);
}

}  // namespace

Instrument instrument_of(Venue venue) {
  Instrument i;
  i.venue = venue;
  i.symbol = kSymbol;
  i.tick = Price(Decimal::from_parts(1, 1));
  i.step = Qty(Decimal::from_parts(1, 6));
  if (venue == Venue::GateioSpot) i.fee_in = FeeIn::Received;
  if (venue == Venue::GateioFutures) {
    i.kind = InstrumentKind::Perpetual;
    i.multiplier = i.step = Qty(Decimal::from_parts(1, 4));
  }
  return i;
}

void run_start(Venue venue, std::string_view input) {
  const Script s = script_of(input);
  const auto api = api_of(venue);
  if (s.choice == 't') return check_time(ask(api->server_time(), Replies(s.lines)));
  if (s.choice == 'c') {
    auto question = api->cancel_all_after(Dur::seconds(30));
    if (question) check_time(ask(std::move(question), Replies(s.lines)));
    return;
  }
  if (s.choice == 'd') {
    const auto told = ask(api->depth(), Replies(s.lines));
    if (told.answer) return check_depth(*told.answer);
    return check_problem(told.answer.error());
  }
  if (s.choice == 'r') {
    const auto told = ask(api->trade_right(), Replies(s.lines));
    if (!told.answer) return check_problem(told.answer.error());
    // MEXC refuses with a status of success as well (its answer then has a code).
    const int least = venue == Venue::MexcSpot ? 200 : 400;
    return require(told.last.status >= least && told.last.status < 500 && told.last.status / 100 != 3, "a right is proven by an answer");
  }
  if (s.choice == 'b') {
    const auto told = ask(api->top_of_book(), Replies(s.lines));
    if (told.answer) return check_top(*told.answer);
    return check_problem(told.answer.error());
  }
  check_told(ask(api->market(), Replies(s.lines)), venue);
}

void run_account(Venue venue, std::string_view input) {
  const Script s = script_of(input);
  const auto api = api_of(venue);
  if (s.choice == 'f') {
    auto question = api->funding(kNow - Dur::hours(24));
    if (question) check_funding(ask(std::move(question), Replies(s.lines)), venue);
    return;
  }
  venues::VenueFacts facts;
  facts.instrument = instrument_of(venue);
  check_told(ask(api->account(facts), Replies(s.lines)), venue);
  // Private streams may name what the account told.
  open(*api->private_stream());
}

void run_orders(Venue venue, std::string_view input) {
  const Script s = script_of(input);
  const auto api = api_of(venue);
  const Asked asked = asked_of(s);
  if (s.choice == 'c') return check_cancel(ask(api->cancel(asked.id, asked.venue_order_id), Replies(s.lines)), asked.id);
  OrderRequest r;
  r.id = asked.id;
  r.type = s.names_venue_id ? OrderType::Market : OrderType::Limit;
  r.side = s.names_venue_id ? Side::Sell : Side::Buy;
  r.price = Price(Decimal::from_parts(300005, 1));
  r.qty = Qty(Decimal::from_parts(12, 4));
  r.expires = kNow + Dur::seconds(2);
  check_place(ask(api->place(r), Replies(s.lines)), asked.id);
}

void run_lookup(Venue venue, std::string_view input) {
  const Script s = script_of(input);
  const auto api = api_of(venue);
  const Asked asked = asked_of(s);
  const LookupStage stage = s.choice == 'h' ? LookupStage::History : s.choice == 'o' ? LookupStage::OpenOrders : LookupStage::ById;
  check_lookup(ask(api->lookup(asked.id, asked.venue_order_id, stage), Replies(s.lines)), asked, stage, venue);
}

void run_trades(Venue venue, std::string_view input) {
  const Script s = script_of(input);
  const auto api = api_of(venue);
  const Asked asked = asked_of(s);
  check_trades(ask(api->trades(asked.id, asked.venue_order_id), Replies(s.lines)), asked, venue);
}

void run_survey(Venue venue, std::string_view input) {
  const Script s = script_of(input);
  const Time since = s.choice == 'a' ? Time{} : kNow - Dur::hours(1);
  check_survey(ask(api_of(venue)->survey(since), Replies(s.lines)), since, venue);
}

void run_streams(Venue venue, std::string_view input) {
  Script s = script_of(input);
  const auto api = api_of(venue);
  const auto stream = s.choice == 'q' ? api->private_stream() : api->public_stream();
  open(*stream);
  while (const auto line = s.lines.next()) {
    if (*line == "o") {
      open(*stream);
    } else if (!line->empty() && (*line)[0] == 'r') {
      hear_ticket_reply(*stream, line->substr(1));
    } else {
      check_heard(stream->frame(frame_of(*line), kNow), venue);
    }
  }
  check_frame(stream->ping(kNow));
}

}  // namespace dn::fuzz
