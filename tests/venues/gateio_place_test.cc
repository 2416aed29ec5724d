// Placing and cancelling on both markets: what is sent, and what answers are taken for.
#include "gateio_fixtures.h"
#include "venues/gateio/errors.h"

namespace dn::venues::gateio::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

PlaceReport place(Venue v, const wire::HttpResponse& response, OrderType type = OrderType::Limit) {
  return *run(ready(v)->place(order(type)), {response}).answer;
}

// ---- placing

TEST(GateioOrders, SpotBodies) {
  const auto sent = [](OrderType type, Side side) { return ready(kSpot)->place(order(type, side))->call(kNow); };
  const Call limit = sent(OrderType::Limit, Side::Buy);
  EXPECT_EQ(limit.http.method, "POST");
  EXPECT_EQ(limit.http.target, "/api/v4/spot/orders");
  EXPECT_EQ(limit.http.body,
            R"({"text":"t-abcdefghb1-1","currency_pair":"BTC_USDT","type":"limit","side":"buy","amount":"0.0012","price":"30000.5","time_in_force":"gtc"})");
  EXPECT_EQ(header_of(limit, "Content-Type"), "application/json");
  EXPECT_EQ(header_of(limit, "x-gate-exptime"), "");
  EXPECT_EQ(limit.pool, Pool::Order);
  EXPECT_THAT(sent(OrderType::PostOnly, Side::Sell).http.body, HasSubstr(R"("time_in_force":"poc")"));
  EXPECT_THAT(sent(OrderType::Ioc, Side::Sell).http.body,
              HasSubstr(R"("type":"limit","side":"sell","amount":"0.0012","price":"30000.5","time_in_force":"ioc")"));
  // A market buy would spend quote: it goes as a limit at its collar.
  EXPECT_THAT(sent(OrderType::Market, Side::Buy).http.body,
              HasSubstr(R"("type":"limit","side":"buy","amount":"0.0012","price":"30000.5","time_in_force":"ioc")"));
  const std::string sell = sent(OrderType::Market, Side::Sell).http.body;
  EXPECT_THAT(sell, HasSubstr(R"("type":"market","side":"sell","amount":"0.0012","time_in_force":"ioc")"));
  EXPECT_THAT(sell, Not(HasSubstr("price")));
}

TEST(GateioOrders, ExpiryTravelsInAHeader) {
  OrderRequest r = order();
  r.expires = Time{1'700'000'005'123'999};
  for (const Venue v : {kSpot, kFutures}) EXPECT_EQ(header_of(ready(v)->place(r)->call(kNow), "x-gate-exptime"), "1700000005123");
  r.expires = Time::never();
  EXPECT_EQ(header_of(ready(kSpot)->place(r)->call(kNow), "x-gate-exptime"), "");
}

TEST(GateioOrders, FuturesBodies) {
  const auto sent = [](OrderType type, Side side, bool reduce = false) {
    OrderRequest r = order(type, side);
    r.reduce_only = reduce;
    return ready(kFutures)->place(r)->call(kNow);
  };
  const Call limit = sent(OrderType::Limit, Side::Buy);
  EXPECT_EQ(limit.http.target, "/api/v4/futures/usdt/orders");
  EXPECT_EQ(limit.http.body, R"({"contract":"BTC_USDT","size":12,"price":"30000.5","tif":"gtc","text":"t-abcdefghb1-1"})");
  EXPECT_EQ(header_of(limit, "X-Gate-Size-Decimal"), "1");
  EXPECT_EQ(sent(OrderType::Ioc, Side::Sell, true).http.body,
            R"({"contract":"BTC_USDT","size":-12,"price":"30000.5","tif":"ioc","text":"t-abcdefghb1-1","reduce_only":true})");
  EXPECT_THAT(sent(OrderType::PostOnly, Side::Buy).http.body, HasSubstr(R"("tif":"poc")"));
  EXPECT_THAT(sent(OrderType::Market, Side::Sell).http.body, HasSubstr(R"("price":"0","tif":"ioc")"));
  // Fractions of a contract, where it has them.
  auto api = api_of(kFutures);
  Instrument i = instrument(kFutures);
  i.multiplier = qty("0.01");
  i.step = qty("0.001");
  api->set_instrument(i);
  OrderRequest r = order(OrderType::Limit, Side::Sell);
  r.qty = qty("0.037");
  EXPECT_THAT(api->place(r)->call(kNow).http.body, HasSubstr(R"("size":"-3.7")"));
}

TEST(GateioOrders, Accepted) {
  for (const int status : {200, 201, 202}) {
    const auto r = place(kSpot, answer(status, R"({"id":"12332324","text":"t-abcdefghb1-1","amend_text":"-"})"));
    EXPECT_EQ(r.outcome, PlaceOutcome::Accepted);
    EXPECT_EQ(r.venue_order_id, VenueOrderId("12332324"));
    EXPECT_EQ(r.id, kId);
  }
  // Beyond 2^53, as a number.
  EXPECT_EQ(place(kFutures, answer(201, R"({"id":299207900263708423,"text":"t-abcdefghb1-1"})")).venue_order_id, VenueOrderId("299207900263708423"));
}

TEST(GateioOrders, WhatIsNotClearIsUnknown) {
  const std::string long_id(65, '1');
  for (const auto& r :
       {nothing(), answer(500, R"({"label":"SERVER_ERROR","message":"Internal server error"})"), answer(500, R"({"label":"BALANCE_NOT_ENOUGH"})"),
        answer(502, "<html>bad gateway</html>"), answer(503, ""), answer(400, ""), answer(400, R"({"label":"NEW_LABEL"})"),
        answer(400, R"({"message":"no label"})"), answer(404, "not found"), answer(201, ""), answer(201, "{}"), answer(201, "[]"),
        answer(201, R"({"id":null})"), answer(201, R"({"id":")" + long_id + "\"}"), answer(201, R"({"id":"1","text":"t-another"})"), answer(201, R"({"id":"1)"),
        answer(301, "{}"), answer(400, R"({"label":"FAILED_RETRIEVE_ASSETS"})")}) {
    for (const Venue v : {kSpot, kFutures}) {
      const auto report = place(v, r);
      EXPECT_EQ(report.outcome, PlaceOutcome::Unknown) << r.status << r.body;
      EXPECT_FALSE(report.code.empty());
    }
  }
  const auto denied = place(kSpot, nothing(true));
  EXPECT_EQ(denied.outcome, PlaceOutcome::DeniedLocally);
  EXPECT_EQ(denied.code, Code("not_sent"));
}

TEST(GateioOrders, RecordedRefusals) {
  GATE_FIXTURE(f, "errors.json");
  int refused = 0;
  for (const auto e : f.root()["errors"].get_array()) {
    const auto status = static_cast<int>(e["http_status"].get_int64().value());
    const std::string label(e["body"]["label"].get_string().value());
    const auto r = place(kFutures, answer(status, simdjson::minify(e["body"])));
    if (status >= 500 || !refusal_of(label)) {
      EXPECT_EQ(r.outcome, PlaceOutcome::Unknown) << label;
    } else {
      EXPECT_EQ(r.outcome, PlaceOutcome::Refused) << label;
      EXPECT_EQ(r.reject, *refusal_of(label)) << label;
      EXPECT_EQ(r.code, Code(label));
      ++refused;
    }
  }
  EXPECT_GT(refused, 25);
}

TEST(GateioOrders, LabelsMeanWhatTheTaskNeedsToKnow) {
  const auto meaning = [](const char* label, int status = 400) {
    return place(kSpot, answer(status, std::string(R"({"label":")") + label + R"(","message":"m"})")).reject;
  };
  EXPECT_EQ(meaning("BALANCE_NOT_ENOUGH"), RejectClass::InsufficientBalance);
  EXPECT_EQ(meaning("INSUFFICIENT_AVAILABLE"), RejectClass::InsufficientBalance);
  EXPECT_EQ(meaning("POC_FILL_IMMEDIATELY"), RejectClass::WouldCross);
  EXPECT_EQ(meaning("ORDER_POC_IMMEDIATE"), RejectClass::WouldCross);
  EXPECT_EQ(meaning("REQUEST_EXPIRED", 403), RejectClass::Expired);
  EXPECT_EQ(meaning("REPEATED_CREATION"), RejectClass::Duplicate);
  EXPECT_EQ(meaning("INVALID_PARAM_VALUE"), RejectClass::Filter);
  EXPECT_EQ(meaning("PRICE_TOO_DEVIATED"), RejectClass::Filter);
  EXPECT_EQ(meaning("INVALID_CURRENCY_PAIR"), RejectClass::Halted);
  EXPECT_EQ(meaning("CONTRACT_IN_DELISTING"), RejectClass::Halted);
  EXPECT_EQ(meaning("INVALID_KEY", 401), RejectClass::Permission);
  EXPECT_EQ(meaning("READ_ONLY", 403), RejectClass::Permission);
  EXPECT_EQ(meaning("INCREASE_POSITION"), RejectClass::Other);
  EXPECT_EQ(meaning("TOO_MANY_REQUESTS", 429), RejectClass::RateLimited);
}

// Every label of the official list is either a refusal, or known to leave the fate of an order open.
TEST(GateioOrders, OfficialLabels) {
  GATE_FIXTURE(f, "error_labels.json");
  for (const auto group : f.root()["labels"].get_object()) {
    for (const auto l : group.value.get_object()) {
      const std::string label(l.key);
      EXPECT_TRUE(label.size() <= 48) << label;
      const auto r = place(kSpot, answer(400, R"({"label":")" + label + "\"}"));
      EXPECT_EQ(r.outcome == PlaceOutcome::Refused, refusal_of(label).has_value()) << label;
      EXPECT_FALSE(group.key == "Server errors" && refusal_of(label)) << label;
    }
  }
}

TEST(GateioOrders, RateLimitsSayHowLong) {
  const auto wait = [](wire::Headers headers, std::string body = R"({"label":"TOO_MANY_REQUESTS"})") {
    const auto r = place(kSpot, answer(429, std::move(body), std::move(headers)));
    EXPECT_EQ(r.outcome, PlaceOutcome::Refused);
    EXPECT_EQ(r.reject, RejectClass::RateLimited);
    return r.retry_after;
  };
  EXPECT_EQ(wait({{"x-gate-ratelimit-reset-timestamp", "1700000003"}}), Dur::seconds(3));
  EXPECT_EQ(wait({{"x-gate-ratelimit-reset-timestamp", "1700000002500"}}), Dur::millis(2500));
  EXPECT_EQ(wait({{"retry-after", "7"}}), Dur::seconds(7));
  EXPECT_EQ(wait({}), Dur::seconds(1));
  EXPECT_EQ(wait({{"x-gate-ratelimit-reset-timestamp", "1600000000"}}), Dur::seconds(1));
  EXPECT_EQ(wait({{"x-gate-ratelimit-reset-timestamp", "1e30"}, {"retry-after", "999999999"}}), Dur::minutes(1));
  EXPECT_EQ(wait({}, "slow down"), Dur::seconds(1));
}

// ---- cancels

TEST(GateioOrders, CancelIsAQuestion) {
  const auto cancel = [](Venue v, const wire::HttpResponse& r) { return *run(ready(v)->cancel(kId, kVenueId), {r}).answer; };
  for (const Venue v : {kSpot, kFutures}) {
    EXPECT_TRUE(cancel(v, answer(200, "{}")).answered);
    EXPECT_TRUE(cancel(v, answer(204, "")).answered);
    for (const char* gone : {"ORDER_NOT_FOUND", "ORDER_CLOSED", "ORDER_CANCELLED", "ORDER_FINISHED", "CLIENT_ID_NOT_FOUND"}) {
      const auto r = cancel(v, answer(404, std::string(R"({"label":")") + gone + "\"}"));
      EXPECT_TRUE(r.answered) << gone;
      EXPECT_EQ(r.code, Code(gone));
    }
    for (const auto& r : {nothing(), answer(500, R"({"label":"ORDER_NOT_FOUND"})"), answer(400, R"({"label":"CANCEL_FAIL"})"), answer(404, "")}) {
      EXPECT_FALSE(cancel(v, r).answered) << r.status << r.body;
    }
  }
  EXPECT_EQ(ready(kSpot)->cancel(kId, {})->call(kNow).http.target, "/api/v4/spot/orders/t-abcdefghb1-1?currency_pair=BTC_USDT");
  EXPECT_EQ(ready(kFutures)->cancel(kId, {})->call(kNow).http.target, "/api/v4/futures/usdt/orders/t-abcdefghb1-1");
  EXPECT_EQ(ready(kFutures)->cancel(kId, kVenueId)->call(kNow).pool, Pool::Cancel);
}

}  // namespace
}  // namespace dn::venues::gateio::test
