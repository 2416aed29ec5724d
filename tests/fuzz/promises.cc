#include "promises.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "venues/json.h"

namespace dn::fuzz {
namespace {

bool fits(const Decimal& d) { return d.within(19, 14); }
bool is_amount(const Decimal& d) { return fits(d) && !d.is_negative(); }
bool is_positive(const Decimal& d) { return fits(d) && d.is_positive(); }

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}
bool is_line(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}
bool is_success(int status) { return status >= 200 && status < 300; }
bool is_refusal(int status) { return status >= 400 && status < 500; }
bool is_json(const std::string& body) { return venues::JsonDocument::parse(body).has_value(); }

}  // namespace

void check_address(std::string_view text) {
  require(is_plain(text), "an address has printable characters only");
  require(text.find_first_of("\"<>\\^`{|}#") == std::string_view::npos, "what an address cannot hold is percent-encoded");
}

void check_call(const venues::Call& call) {
  const wire::HttpRequest& r = call.http;
  require(r.method == "GET" || r.method == "POST" || r.method == "PUT" || r.method == "DELETE", "a known method");
  require(!r.target.empty() && r.target[0] == '/', "a target is a path");
  check_address(r.target);
  require(call.weight > 0, "every call weighs something");
  require(r.target.find(kSecret) == std::string::npos && r.body.find(kSecret) == std::string::npos, "the secret is not sent");
  for (const auto& [name, value] : r.headers) {
    require(is_plain(name) && is_line(value), "headers are one line each");
    require(value.find(kSecret) == std::string::npos, "the secret is not sent");
  }
  require(r.body.empty() || is_json(r.body), "a body is JSON");
}

void check_printable(std::string_view text) { require(text == printable(text), "texts are printable"); }

void check_problem(const venues::Problem& problem) {
  require(!problem.message.empty(), "a problem says what it is");
  check_printable(problem.message);
}

void check_time(const Told<venues::Outcome<Time>>& told) {
  if (!told.answer) return check_problem(told.answer.error());
  require(is_success(told.last.status), "a time comes from a success");
  require(told.answer->us >= 0 && told.answer->us <= 253'402'300'800'000'000, "a time that can be written");
}

void check_top(const TopOfBook& top) {
  require(is_positive(top.bid.decimal()) && is_positive(top.ask.decimal()), "prices are positive");
  require(is_amount(top.bid_qty.decimal()) && is_amount(top.ask_qty.decimal()), "sizes are not negative");
}

void check_depth(const venues::Depth& depth) {
  for (const auto* side : {&depth.bids, &depth.asks}) {
    for (const venues::Level& l : *side) require(is_positive(l.price.decimal()) && is_amount(l.qty.decimal()), "levels have prices and sizes");
  }
}

void check_facts(const venues::VenueFacts& facts, Venue venue, const Symbol& symbol) {
  const Instrument& i = facts.instrument;
  require(i.venue == venue && i.symbol == symbol, "the instrument is the one asked for");
  require(is_positive(i.tick.decimal()) && is_positive(i.step.decimal()), "tick and step are positive");
  require(is_amount(i.min_qty.decimal()) && is_amount(i.min_notional.decimal()), "minimums are not negative");
  require(!i.max_qty || is_positive(i.max_qty->decimal()), "a largest quantity is positive");
  require(!i.max_notional || is_positive(i.max_notional->decimal()), "a largest value is positive");
  require(!i.price_band || is_positive(i.price_band->decimal()), "a price band is positive");
  require((i.kind == InstrumentKind::Perpetual) == i.multiplier.is_positive(), "perpetuals, and only they, have a multiplier");
  for (const Rate& fee : {i.maker_fee, i.taker_fee}) require(fits(fee.decimal()) && fee.decimal().abs() < Decimal(1), "a fee is a part of the value");
  require(i.fee_in != FeeIn::Token || (!i.fee_token.empty() && is_positive(i.fee_token_price.decimal())), "a fee token has a name and a price");
  for (const auto& [asset, free] : facts.free) require(!asset.empty() && fits(free), "balances are amounts");
  require(fits(facts.position.decimal()), "a position is an amount");
  require(!facts.leverage || is_positive(*facts.leverage), "a leverage is positive");
  if (facts.top) check_top(*facts.top);
  for (const std::string& w : facts.warnings) check_printable(w);
}

void check_place(const PlaceReport& report, const ClientOrderId& id) {
  require(report.id == id, "a report has the asked id");
  check_printable(report.code.view());
  check_printable(report.reason.view());
  const bool accepted = report.outcome == PlaceOutcome::Accepted;
  require(accepted != report.venue_order_id.empty(), "accepted orders, and only they, are named by the venue");
  require(accepted || !report.code.empty(), "what is not accepted has a code");
  require(report.retry_after.us >= 0 && report.retry_after <= Dur::hours(24), "waits are bounded");
  const bool limited = report.outcome == PlaceOutcome::Refused && report.reject == RejectClass::RateLimited;
  require(!limited || report.retry_after.us > 0, "a rate limit says how long");
}

void check_place(const Told<PlaceReport>& told, const ClientOrderId& id) {
  check_place(told.answer, id);
  const int status = told.last.status;
  switch (told.answer.outcome) {
    case PlaceOutcome::Accepted: require(is_success(status) && is_json(told.last.body), "accepted only by a success that is understood"); break;
    case PlaceOutcome::Refused:
      require(is_success(status) || is_refusal(status), "refused only by an answer that says so");
      require(is_json(told.last.body) || status == 429 || status == 418 || status == 403, "refused only by an answer that is understood");
      break;
    case PlaceOutcome::DeniedLocally: require(status == 0 && told.last.never_left, "denied locally only when nothing left"); break;
    case PlaceOutcome::Unknown: require(status != 0 || !told.last.never_left, "what never left is no mystery"); break;
  }
}

void check_cancel(const CancelReport& report, const ClientOrderId& id) {
  require(report.id == id, "a report has the asked id");
  check_printable(report.code.view());
}

void check_cancel(const Told<CancelReport>& told, const ClientOrderId& id) {
  check_cancel(told.answer, id);
  require(!told.answer.answered || is_success(told.last.status) || is_refusal(told.last.status), "no answer is not taken for one");
}

void check_lookup(const LookupReport& report, Time latest) {
  check_printable(report.code.view());
  require(report.retry_after.us >= 0 && report.retry_after <= Dur::hours(24), "waits are bounded");
  require(report.venue_time.us > 0 && report.venue_time <= latest + Dur::minutes(1), "absence is not told for the future");
  require(report.outcome != LookupOutcome::Failed || !report.code.empty(), "a failure has a code");
  if (report.outcome != LookupOutcome::Found) return;
  require(!report.venue_order_id.empty(), "what is found has the venue's id");
  require(is_amount(report.filled.decimal()), "what filled is not negative");
  require(is_amount(report.qty.decimal()) && is_amount(report.price.decimal()), "quantity and price are not negative");
}

void check_lookup(const Told<LookupReport>& told, const Asked& asked, LookupStage stage, Venue venue) {
  const LookupReport& r = told.answer;
  check_lookup(r, told.latest);
  require(r.id == asked.id && r.stage == stage, "a report has the asked id and stage");
  const int status = told.last.status;
  switch (r.outcome) {
    case LookupOutcome::Found:
      // MEXC's rows are taken by our own id too, which is never used twice.
      require(venue == Venue::MexcSpot || asked.venue_order_id.empty() || r.venue_order_id == asked.venue_order_id, "what is found is what was asked for");
      require(is_success(status) || is_refusal(status), "found only in an answer");
      break;
    case LookupOutcome::NotFound: require((is_success(status) || is_refusal(status)) && is_json(told.last.body), "absent only by an answer"); break;
    case LookupOutcome::Failed: require(status != 429 || r.retry_after.us > 0, "a rate limit says how long"); break;
  }
}

void check_fill(const Fill& fill, Venue venue) {
  require(!fill.trade_id.empty() && !fill.venue_order_id.empty(), "a fill has the venue's ids");
  require(fill.venue == venue, "a fill names its venue");
  require(is_positive(fill.price.decimal()) && is_positive(fill.qty.decimal()), "a fill has a price and a quantity");
  require(fits(fill.fee.decimal()), "a fee is an amount");
  require(fill.fee.is_zero() || !fill.fee_asset.empty(), "a fee is in something");
  require(fill.time.us >= 0 && fill.time.us <= 253'402'300'800'000'000, "a time that can be written");
}

void check_trades(const Told<TradesReport>& told, const Asked& asked, Venue venue) {
  require(told.answer.id == asked.id, "a report has the asked id");
  require(!told.answer.answered || is_success(told.last.status), "no answer is not taken for one");
  std::set<TradeId> seen;
  for (const Fill& f : told.answer.fills) {
    check_fill(f, venue);
    require(seen.insert(f.trade_id).second, "a trade is told once");
    require(f.order == asked.id, "a fill belongs to the asked order");
    require(asked.venue_order_id.empty() || f.venue_order_id == asked.venue_order_id, "a fill belongs to the asked order");
  }
}

void check_survey(const Told<venues::Outcome<venues::Survey>>& told, Time since, Venue venue) {
  if (!told.answer) return check_problem(told.answer.error());
  const venues::Survey& s = *told.answer;
  // Its last exchange may be about an order that the venue has forgotten.
  require(is_success(told.last.status) || is_refusal(told.last.status), "a survey comes from answers");
  require(s.venue_time.us > 0 && s.venue_time <= told.latest + Dur::minutes(1), "a survey is not told for the future");
  std::set<VenueOrderId> orders;
  Time before;
  for (const venues::SeenOrder& o : s.orders) {
    require(!o.venue_order_id.empty() && orders.insert(o.venue_order_id).second, "an order is told once");
    check_printable(o.client_id);
    require(o.client_id.size() <= 64, "a text is bounded");
    require(is_amount(o.price.decimal()) && is_amount(o.qty.decimal()) && is_amount(o.filled.decimal()), "amounts are not negative");
    require(o.created.us > 0 && o.created >= before, "the oldest order is told first");
    before = o.created;
  }
  std::set<TradeId> trades;
  before = {};
  for (const Fill& f : s.trades) {
    check_fill(f, venue);
    require(trades.insert(f.trade_id).second, "a trade is told once");
    require(f.order.empty() || f.order.view().substr(0, 2) == "t-", "only a text of ours names an order of ours");
    require(f.time >= before, "the oldest trade is told first");
    require(venue != Venue::MexcSpot || f.time >= since - Dur::seconds(1), "a trade happened since");
    before = f.time;
  }
}

void check_funding(const Told<venues::Outcome<FundingReport>>& told, Venue venue) {
  if (!told.answer) return check_problem(told.answer.error());
  require(is_success(told.last.status) && is_json(told.last.body), "payments come from a success that is understood");
  const FundingReport& r = *told.answer;
  require(r.answered && r.venue == venue, "a report is whole and names its venue");
  for (const FundingPayment& p : r.payments) {
    require(!p.id.empty() && p.venue == venue, "a payment has the venue's id");
    require(fits(p.amount.decimal()), "a payment is an amount");
    require(p.time.us > 0 && p.time.us <= 253'402'300'800'000'000, "a time that can be written");
  }
  require(r.terms.interval.us >= 0 && r.terms.interval <= Dur::hours(24 * 7), "an interval is a week at most");
  require(r.terms.interval.us == 0 || r.terms.next.us > 0, "terms that are told have a next settlement");
  require(fits(r.terms.rate.decimal()), "a rate is an amount");
}

void check_heard(const venues::Heard& heard, Venue venue) {
  using Kind = venues::Heard::Kind;
  check_printable(heard.text);
  require((heard.kind == Kind::Subscribed) == !heard.topics.empty(), "an acknowledgement, and only it, proves topics");
  require(heard.kind != Kind::Refused || !heard.text.empty(), "a refusal says why");
  require(heard.kind == Kind::Data || heard.news.empty(), "only data brings news");
  for (const venues::News& n : heard.news) {
    if (const auto* top = std::get_if<TopOfBook>(&n)) check_top(*top);
    if (const auto* fill = std::get_if<Fill>(&n)) check_fill(*fill, venue);
    if (const auto* order = std::get_if<venues::OrderNews>(&n)) require(!order->id.empty(), "news of an order name it");
  }
}

void check_frame(const wire::Frame& frame) {
  require(!frame.binary && is_json(frame.payload), "what is said on a stream is JSON");
  require(frame.payload.find(kSecret) == std::string::npos, "the secret is not sent");
}

}  // namespace dn::fuzz
