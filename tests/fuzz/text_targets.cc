// Decoders below the contract: JSON, numbers, and Gate.io's trading WebSocket.
#include <simdjson.h>

#include "promises.h"
#include "targets.h"
#include "venues/gateio/trading_ws.h"
#include "venues/json.h"

namespace dn::fuzz {
namespace {

using venues::Element;

// Every reading of one text that stands for a number.
void check_amount(const std::optional<Decimal>& d, int digits, int places) {
  if (!d) return;
  require(d->within(digits, places), "amounts are bounded");
  const auto again = Decimal::parse(d->str());
  require(again && *again == *d, "an amount is written as it is read");
}

// Reads a member in each way that decoders do.
void check_member(const Element& object, std::string_view key) {
  check_amount(venues::amount(object, key), 19, 14);
  const auto whole = venues::whole(object, key);
  require(!whole || (*whole > -1'000'000'000'000'000'000 && *whole < 1'000'000'000'000'000'000), "whole numbers have at most 18 digits");
  check_amount(venues::fitted(venues::text(object, key)), 19, 14);
  (void)venues::boolean(object, key);
  const auto text = venues::text(object, key);
  require(text.empty() || venues::member(object, key).has_value(), "text comes from a member");
}

// `raw` is the same document read without our quoting of numbers: it must have the same shape, and numbers the same value.
void check_same(const Element& ours, const Element& raw) {
  if (raw.is_object()) {
    require(ours.is_object(), "objects stay objects");
    const simdjson::dom::object a = ours.get_object().value();
    const simdjson::dom::object b = raw.get_object().value();
    auto at = a.begin();
    for (const auto field : b) {
      require(at != a.end() && (*at).key == field.key, "keys stay as they are");
      check_same((*at).value, field.value);
      check_member(ours, field.key);
      ++at;
    }
    require(!(at != a.end()), "nothing is added");
  } else if (raw.is_array()) {
    const auto list = venues::array_of(ours);
    std::size_t n = 0;
    const simdjson::dom::array raw_list = raw.get_array().value();
    for (const Element e : raw_list) {
      require(n < list.size(), "lists keep their length");
      check_same(list[n++], e);
    }
    require(n == list.size(), "lists keep their length");
  } else if (raw.is_string()) {
    require(venues::text_of(ours) == raw.get_string().value(), "text stays as it is");
  } else if (raw.is_bool() || raw.is_null()) {
    require(ours.type() == raw.type(), "what is no number stays what it is");
  } else {
    const auto d = Decimal::parse(venues::text_of(ours));
    require(!raw.is_int64() || (d && *d == Decimal(raw.get_int64().value())), "whole numbers keep their value");
    check_amount(venues::amount_of(venues::text_of(ours)), 19, 14);
  }
}

// The venue says that what was asked with this id is so.
void check_answer(const venues::gateio::WsAnswer& a, const ClientOrderId& id) {
  using Kind = venues::gateio::WsAnswer::Kind;
  switch (a.kind) {
    case Kind::Place: check_place(a.place, id); break;
    case Kind::Cancel: check_cancel(a.cancel, id); break;
    case Kind::Status:
      require(a.status.id == id, "a report has the asked id");
      check_lookup(a.status, kNow);
      break;
    case Kind::LoginFailed: check_problem(a.problem); break;
    case Kind::LoggedIn: require(!a.user_id.empty() && a.user_id.find_first_not_of("0123456789") == std::string::npos, "a user id is a number"); break;
    case Kind::Nothing:
    case Kind::Ack: break;
  }
}

}  // namespace

void run_json(Venue /*venue*/, std::string_view input) {
  const auto ours = venues::JsonDocument::parse(input);
  simdjson::dom::parser parser;
  Element raw;
  const auto error = parser.parse(simdjson::padded_string(input)).get(raw);
  if (error == simdjson::SUCCESS) {
    require(ours.has_value(), "what is JSON is read");
    check_same(ours->root(), raw);
  } else if (ours) {
    // Numbers that binary types cannot hold are the reason for the quoting.
    require(error == simdjson::NUMBER_ERROR, "what is no JSON is not read");
  } else {
    require(!ours.error().empty(), "an error says why");
  }
}

void run_numbers(Venue /*venue*/, std::string_view input) {
  Lines lines(input);
  Decimal before(1);
  while (const auto line = lines.next()) {
    check_amount(venues::fitted(*line), 19, 14);
    for (const auto& time : {venues::gateio::seconds(*line), venues::gateio::milliseconds(*line)}) {
      require(!time || (time->us >= 0 && time->us < 253'402'300'800'000'000), "a time that can be written");
    }
    const auto d = venues::amount_of(*line);
    check_amount(d, 19, 14);
    if (!d) continue;
    check_amount(venues::gateio::product(*d, before), 19, 14);
    require((*d < before) == (before > *d) && (*d - before) + before == *d, "differences of amounts are exact");
    before = *d;
  }
}

void run_trading_ws(Venue venue, std::string_view input) {
  venues::gateio::Context c;
  c.venue = venue;
  c.pair = "BTC_USDT";
  c.instrument = instrument_of(venue);
  c.symbol = c.instrument.symbol;
  const ClientOrderId id(kClientId);
  Lines lines(input);
  while (const auto line = lines.next()) {
    const wire::Frame frame = frame_of(*line);
    const auto answer = venues::gateio::ws_answer(c, frame, id, kNow);
    require(answer.request_id.empty() || answer.request_id == venues::gateio::ws_request_id(frame), "an answer has one request id");
    check_answer(answer, id);
  }
}

}  // namespace dn::fuzz
