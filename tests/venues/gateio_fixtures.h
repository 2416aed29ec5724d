// Shared by the tests of Gate.io's codecs: recorded payloads, answers, and questions driven to their end.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "venues/venue.h"

namespace dn::venues::gateio::test {

// A fixture file with its numbers as they are.
class Fixture {
 public:
  explicit Fixture(const std::string& name) {
    const char* dir = std::getenv("DN_TEST_VENUES");
    const std::string base = dir != nullptr ? std::string(dir) : std::string(DN_SOURCE_DIR) + "/../shared/venues/fixtures";
    path_ = base + "/gate/" + name;
    found_ = parser_.load(path_).get(root_) == simdjson::SUCCESS;
  }
  bool found() const { return found_; }
  const std::string& path() const { return path_; }
  simdjson::dom::element root() const { return root_; }
  // JSON text at a JSON pointer; "" when there is none.
  std::string at(const std::string& pointer) const {
    simdjson::dom::element e;
    return root_.at_pointer(pointer).get(e) == simdjson::SUCCESS ? simdjson::minify(e) : std::string();
  }

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
  std::string path_;
  bool found_ = false;
};

#define GATE_FIXTURE(variable, file)                        \
  const ::dn::venues::gateio::test::Fixture variable(file); \
  if (!variable.found()) GTEST_SKIP() << "no recorded payloads at " << variable.path() << " (set DN_TEST_VENUES to the directory that holds gate/)"

inline const Time kNow{1'700'000'000'000'000};

inline std::unique_ptr<VenueApi> api_of(Venue venue, const std::string& symbol = "BTC/USDT") {
  return registered(venue).make({venue, *symbol_from(symbol), {Secret("key"), Secret("secret")}});
}

inline wire::HttpResponse answer(int status, std::string body, wire::Headers headers = {}) { return {status, std::move(headers), std::move(body), {}, false}; }
inline wire::HttpResponse nothing(bool never_left = false) { return {0, {}, {}, "timeout", never_left}; }

inline std::string header_of(const Call& call, std::string_view name) {
  for (const auto& [k, v] : call.http.headers) {
    if (k == name) return v;
  }
  return {};
}

template <class Answer>
struct Run {
  std::optional<Answer> answer;
  std::vector<Call> calls;
};
// Gives `answers` one by one; the last one again when more is asked.
template <class Answer>
Run<Answer> run(std::unique_ptr<Question<Answer>> question, std::vector<wire::HttpResponse> answers, Time now = kNow) {
  Run<Answer> r;
  for (std::size_t i = 0; i < 500 && !r.answer; ++i) {
    r.calls.push_back(question->call(now));
    r.answer = question->heard(answers[std::min(i, answers.size() - 1)], now);
  }
  return r;
}

inline Price price(std::string_view text) { return Price(*Decimal::parse(text)); }
inline Qty qty(std::string_view text) { return Qty(*Decimal::parse(text)); }

// BTC/USDT as on the venue: spot with 6 decimals, or contracts of 0.0001.
inline Instrument instrument(Venue venue) {
  Instrument i;
  i.venue = venue;
  i.symbol = *symbol_from("BTC/USDT");
  i.tick = price("0.1");
  i.step = qty("0.000001");
  i.fee_in = FeeIn::Received;
  if (venue == Venue::GateioFutures) {
    i.kind = InstrumentKind::Perpetual;
    i.multiplier = i.step = qty("0.0001");
    i.fee_in = FeeIn::Quote;
  }
  return i;
}

inline std::unique_ptr<VenueApi> ready(Venue venue) {
  auto api = api_of(venue);
  api->set_instrument(instrument(venue));
  return api;
}

inline OrderRequest order(OrderType type = OrderType::Limit, Side side = Side::Buy) {
  OrderRequest r;
  r.id = ClientOrderId("t-abcdefghb1-1");
  r.side = side;
  r.type = type;
  r.price = price("30000.5");
  r.qty = qty("0.0012");
  return r;
}

inline constexpr Venue kSpot = Venue::GateioSpot;
inline constexpr Venue kFutures = Venue::GateioFutures;
inline const ClientOrderId kId("t-abcdefghb1-1");
inline const VenueOrderId kVenueId("745504484392");

// An order and a trade as spot's REST tells them; `more` has the fields of the case.
inline std::string spot_row(std::string_view more, std::string_view text = "t-abcdefghb1-1", std::string_view id = "745504484392") {
  return R"({"id":")" + std::string(id) + R"(","text":")" + std::string(text) + R"(","side":"buy","type":"limit","amount":"0.0012","price":"30000.5",)" +
         std::string(more) + "}";
}
inline std::string spot_trade(std::string_view id, std::string_view text = "t-abcdefghb1-1", std::string_view order = "745504484392") {
  return R"({"id":")" + std::string(id) + R"(","order_id":")" + std::string(order) + R"(","text":")" + std::string(text) +
         R"(","side":"buy","role":"maker","amount":"0.0004","price":"30000.5","fee":"0.0000008","fee_currency":"BTC","create_time":"1691702924","create_time_ms":"1691702924010.071000"})";
}

}  // namespace dn::venues::gateio::test
