// Orders of both markets: what is sent, and what answers are taken for.
#include "gateio_fixtures.h"
#include "venues/gateio/errors.h"
#include "venues/gateio/futures_orders.h"
#include "venues/gateio/spot_orders.h"

namespace dn::venues::gateio::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Venue kSpot = Venue::GateioSpot;
constexpr Venue kFutures = Venue::GateioFutures;
const ClientOrderId kId("t-abcdefghb1-1");
const VenueOrderId kVenueId("745504484392");

PlaceReport place(Venue v, const wire::HttpResponse& response, OrderType type = OrderType::Limit) {
  return *run(ready(v)->place(order(type)), {response}).answer;
}

std::string spot_row(std::string_view more, std::string_view text = "t-abcdefghb1-1", std::string_view id = "745504484392") {
  return R"({"id":")" + std::string(id) + R"(","text":")" + std::string(text) + R"(","side":"buy","type":"limit","amount":"0.0012","price":"30000.5",)" +
         std::string(more) + "}";
}
std::string spot_trade(std::string_view id, std::string_view text = "t-abcdefghb1-1", std::string_view order = "745504484392") {
  return R"({"id":")" + std::string(id) + R"(","order_id":")" + std::string(order) + R"(","text":")" + std::string(text) +
         R"(","side":"buy","role":"maker","amount":"0.0004","price":"30000.5","fee":"0.0000008","fee_currency":"BTC","create_time":"1691702924","create_time_ms":"1691702924010.071000"})";
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

// ---- lookups

LookupReport lookup(Venue v, LookupStage stage, std::vector<wire::HttpResponse> answers, const VenueOrderId& venue_id = {},
                    std::vector<std::string>* asked = nullptr) {
  const auto r = run(ready(v)->lookup(kId, venue_id, stage), std::move(answers));
  if (asked != nullptr) {
    for (const Call& c : r.calls) asked->push_back(c.http.target);
  }
  EXPECT_EQ(r.answer->id, kId);
  EXPECT_EQ(r.answer->stage, stage);
  return *r.answer;
}

TEST(GateioOrders, ByIdReadsAmounts) {
  std::vector<std::string> asked;
  const auto open = lookup(kSpot, LookupStage::ById, {answer(200, spot_row(R"("status":"open","left":"0.0008","filled_amount":"0.0004")"))}, {}, &asked);
  EXPECT_EQ(asked.at(0), "/api/v4/spot/orders/t-abcdefghb1-1?currency_pair=BTC_USDT");
  EXPECT_EQ(open.outcome, LookupOutcome::Found);
  EXPECT_TRUE(open.open);
  EXPECT_EQ(open.filled, qty("0.0004"));
  EXPECT_EQ(open.qty, qty("0.0012"));
  EXPECT_EQ(open.price, price("30000.5"));
  EXPECT_EQ(open.venue_order_id, kVenueId);
  // Older answers have no filled_amount; finish_as is not read.
  const auto older = lookup(kSpot, LookupStage::ById, {answer(200, spot_row(R"("status":"cancelled","left":"0.0007","finish_as":"filled")"))});
  EXPECT_FALSE(older.open);
  EXPECT_EQ(older.filled, qty("0.0005"));
  for (const char* left : {"0", "0.00", "0.0000"}) {
    EXPECT_EQ(lookup(kSpot, LookupStage::ById, {answer(200, spot_row(std::string(R"("status":"closed","left":")") + left + "\""))}).filled, qty("0.0012"));
  }
  // A word that is not known: asked for again.
  EXPECT_TRUE(lookup(kSpot, LookupStage::ById, {answer(200, spot_row(R"("status":"dreaming","left":"0.0012")"))}).open);
  asked.clear();
  lookup(kSpot, LookupStage::ById, {nothing()}, kVenueId, &asked);
  EXPECT_EQ(asked.at(0), "/api/v4/spot/orders/745504484392?currency_pair=BTC_USDT");
}

TEST(GateioOrders, ByIdAbsentOrFailed) {
  for (const Venue v : {kSpot, kFutures}) {
    for (const char* label : {"ORDER_NOT_FOUND", "CLIENT_ID_NOT_FOUND"}) {
      for (const int status : {400, 404}) {
        EXPECT_EQ(lookup(v, LookupStage::ById, {answer(status, std::string(R"({"label":")") + label + "\"}")}).outcome, LookupOutcome::NotFound);
      }
    }
    for (const auto& r : {nothing(), answer(500, R"({"label":"ORDER_NOT_FOUND"})"), answer(404, "<html>"), answer(404, R"({"label":"NOT_FOUND"})"),
                          answer(200, "{}"), answer(200, "[]"), answer(200, ""), answer(200, spot_row(R"("left":"0.0012")", "t-another")),
                          answer(200, spot_row(R"("left":"x")")), answer(200, spot_row(R"("left":"0.0013")")), answer(200, spot_row(R"("left":"-1")")),
                          answer(200, spot_row(R"("filled_amount":"812.8","left":"0")"))}) {
      EXPECT_EQ(lookup(v, LookupStage::ById, {r}).outcome, LookupOutcome::Failed) << r.status << r.body;
    }
    const auto limited = lookup(v, LookupStage::ById, {answer(429, R"({"label":"TOO_MANY_REQUESTS"})", {{"retry-after", "3"}})});
    EXPECT_EQ(limited.outcome, LookupOutcome::Failed);
    EXPECT_EQ(limited.retry_after, Dur::seconds(3));
  }
}

TEST(GateioOrders, TheVenuesClockComesFromItsHeaders) {
  const auto at = [](wire::Headers headers) {
    return lookup(kSpot, LookupStage::ById, {answer(404, R"({"label":"ORDER_NOT_FOUND"})", std::move(headers))}).venue_time;
  };
  EXPECT_EQ(at({{"x-in-time", "1699999999123456"}, {"x-out-time", "1699999999200000"}}), Time{1'699'999'999'123'456});
  EXPECT_EQ(at({{"x-out-time", "1699999999200000"}}), Time{1'699'999'999'200'000});
  EXPECT_EQ(at({}), kNow);
  // A clock from the future would prove absence too early.
  EXPECT_EQ(at({{"x-in-time", "1799999999123456"}}), kNow);
  EXPECT_EQ(at({{"x-in-time", "soon"}}), kNow);
}

TEST(GateioOrders, OpenOrdersArePagedAndMatchedExactly) {
  std::string full = "[";
  for (int i = 0; i < 100; ++i)
    full += (i > 0 ? "," : "") + spot_row(R"("status":"open","left":"0.0012")", "t-abcdefghb1-1" + std::to_string(i), std::to_string(i + 1));
  full += "]";
  const std::string hit = "[" + spot_row(R"("status":"open","left":"0.0012")") + "]";
  std::vector<std::string> asked;
  const auto r = lookup(kSpot, LookupStage::OpenOrders, {answer(200, full), answer(200, hit)}, {}, &asked);
  EXPECT_EQ(r.outcome, LookupOutcome::Found);
  EXPECT_TRUE(r.open);
  EXPECT_EQ(asked, (std::vector<std::string>{"/api/v4/spot/orders?currency_pair=BTC_USDT&status=open&page=1&limit=100",
                                             "/api/v4/spot/orders?currency_pair=BTC_USDT&status=open&page=2&limit=100"}));
  EXPECT_EQ(lookup(kSpot, LookupStage::OpenOrders, {answer(200, full), answer(200, "[]")}).outcome, LookupOutcome::NotFound);
  EXPECT_EQ(lookup(kSpot, LookupStage::OpenOrders, {answer(200, full), nothing()}).outcome, LookupOutcome::Failed);
  EXPECT_EQ(lookup(kSpot, LookupStage::OpenOrders, {answer(200, "{}")}).outcome, LookupOutcome::Failed);
  // A list without an end proves nothing.
  EXPECT_EQ(lookup(kSpot, LookupStage::OpenOrders, {answer(200, full)}).outcome, LookupOutcome::Failed);
  // By the venue's id, where it is known.
  EXPECT_EQ(lookup(kSpot, LookupStage::OpenOrders, {answer(200, full)}, VenueOrderId("57")).outcome, LookupOutcome::Found);
}

TEST(GateioOrders, HistoryFindsAForgottenOrderByItsTrades) {
  std::vector<std::string> asked;
  const std::string trades = "[" + spot_trade("1") + "," + spot_trade("9", "t-other", "5") + "," + spot_trade("2") + "]";
  const auto r = lookup(kSpot, LookupStage::History, {answer(200, "[]"), answer(200, trades), answer(404, R"({"label":"ORDER_NOT_FOUND"})")}, {}, &asked);
  EXPECT_EQ(r.outcome, LookupOutcome::Found);
  EXPECT_FALSE(r.open);
  EXPECT_EQ(r.filled, qty("0.0008"));
  EXPECT_EQ(r.venue_order_id, kVenueId);
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_EQ(asked[0], "/api/v4/spot/orders?currency_pair=BTC_USDT&status=finished&page=1&limit=100&from=1699395202&to=1700000002");
  EXPECT_THAT(asked[1], HasSubstr("/api/v4/spot/my_trades?currency_pair=BTC_USDT&page=1&limit=500&from="));
  EXPECT_EQ(asked[2], "/api/v4/spot/orders/745504484392?currency_pair=BTC_USDT");
  // Still there under the venue's id, and still open: a trade alone does not say that an order ended.
  const auto open = lookup(kSpot, LookupStage::History, {answer(200, "[]"), answer(200, trades), answer(200, spot_row(R"("status":"open","left":"0.0004")"))});
  EXPECT_TRUE(open.open);
  EXPECT_EQ(open.filled, qty("0.0008"));
  EXPECT_EQ(lookup(kSpot, LookupStage::History, {answer(200, "[]"), answer(200, trades), nothing()}).outcome, LookupOutcome::Failed);
  EXPECT_EQ(lookup(kSpot, LookupStage::History, {answer(200, "[]"), answer(200, "[]")}).outcome, LookupOutcome::NotFound);
  EXPECT_EQ(lookup(kSpot, LookupStage::History, {answer(200, "[]"), nothing()}).outcome, LookupOutcome::Failed);
  const auto listed = lookup(kSpot, LookupStage::History, {answer(200, "[" + spot_row(R"("status":"closed","left":"0")") + "]")});
  EXPECT_EQ(listed.outcome, LookupOutcome::Found);
  EXPECT_FALSE(listed.open);
}

TEST(GateioOrders, FuturesHistory) {
  std::vector<std::string> asked;
  const std::string row =
      R"({"id":299207900263708423,"contract":"BTC_USDT","text":"t-abcdefghb1-1","size":-12,"left":-5,"price":"30000.5","status":"finished","finish_as":"ioc","finish_time":1699999999.5})";
  const auto found = lookup(kFutures, LookupStage::History, {answer(200, "[" + row + "]")}, {}, &asked);
  EXPECT_EQ(asked.at(0), "/api/v4/futures/usdt/orders?contract=BTC_USDT&status=finished&limit=100&offset=0");
  EXPECT_EQ(found.filled, qty("0.0007"));
  EXPECT_EQ(found.qty, qty("0.0012"));
  EXPECT_EQ(found.venue_order_id, VenueOrderId("299207900263708423"));
  // The list ends where it leaves the window.
  std::string old = "[";
  for (int i = 0; i < 100; ++i) old += std::string(i > 0 ? "," : "") + R"({"id":)" + std::to_string(i) + R"(,"text":"t-x","finish_time":1690000000.1})";
  old += "]";
  asked.clear();
  const std::string trade =
      R"({"trade_id":"7","order_id":"299207900263708423","contract":"BTC_USDT","size":"-7","price":"30000","role":"taker","text":"t-abcdefghb1-1","fee":"0.01","create_time":1699999999.123})";
  const auto r =
      lookup(kFutures, LookupStage::History, {answer(200, old), answer(200, "[" + trade + "]"), answer(404, R"({"label":"ORDER_NOT_FOUND"})")}, {}, &asked);
  EXPECT_EQ(r.outcome, LookupOutcome::Found);
  EXPECT_EQ(r.filled, qty("0.0007"));
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_EQ(asked[1], "/api/v4/futures/usdt/my_trades_timerange?contract=BTC_USDT&from=1699395202&to=1700000002&limit=500&offset=0");
  EXPECT_EQ(asked[2], "/api/v4/futures/usdt/orders/299207900263708423");
}

TEST(GateioOrders, FuturesSizesInEveryForm) {
  const auto read = [](std::string_view more) {
    return lookup(kFutures, LookupStage::ById, {answer(200, R"({"id":58828270139457759,"text":"t-abcdefghb1-1","price":"93000",)" + std::string(more) + "}")});
  };
  for (const char* form : {R"("size":10,"left":4,"status":"open")", R"("size":"10","left":"4","status":"open")", R"("size":10.0,"left":4.0,"status":"open")"}) {
    const auto r = read(form);
    EXPECT_EQ(r.outcome, LookupOutcome::Found) << form;
    EXPECT_EQ(r.filled, qty("0.0006"));
    EXPECT_EQ(r.qty, qty("0.001"));
    EXPECT_TRUE(r.open);
  }
  EXPECT_EQ(read(R"("size":"-1.7","left":"-0.2","status":"finished")").filled, qty("0.00015"));
  EXPECT_FALSE(read(R"("size":"-1","left":"0","status":"finished","finish_as":"whatever")").open);
  // Signs that do not fit, more left than there was, nothing at all: not an order.
  for (const char* bad : {R"("size":10,"left":-4)", R"("size":10,"left":11)", R"("size":0,"left":0)", R"("size":10)", R"("size":"x","left":1)",
                          R"("size":99999999999999999999,"left":0)", R"("size":1e30,"left":0)"}) {
    EXPECT_EQ(read(bad).outcome, LookupOutcome::Failed) << bad;
  }
}

// ---- trades

TEST(GateioOrders, SpotTrades) {
  GATE_FIXTURE(f, "spot_rest_real.json");
  const auto r = run(ready(kSpot)->trades(kId, VenueOrderId("381068734893")), {answer(200, f.at("/xchange/spot_my_trades/response"))});
  EXPECT_THAT(r.calls[0].http.target, HasSubstr("/api/v4/spot/my_trades?currency_pair=BTC_USDT&order_id=381068734893&page=1&limit=500&from="));
  ASSERT_TRUE(r.answer->answered);
  ASSERT_EQ(r.answer->fills.size(), 1U);  // the other row is another order's
  const Fill& t = r.answer->fills[0];
  EXPECT_EQ(t.trade_id, TradeId("6068816979"));
  EXPECT_EQ(t.order, kId);
  EXPECT_EQ(t.venue, kSpot);
  EXPECT_EQ(t.side, Side::Buy);
  EXPECT_EQ(t.price, price("29454.6"));
  EXPECT_EQ(t.qty, qty("0.00003"));
  EXPECT_EQ(t.fee, Fee(*Decimal::parse("0.00000006")));
  EXPECT_EQ(t.fee_asset, Asset("BTC"));
  EXPECT_EQ(t.liquidity, Liquidity::Taker);
  EXPECT_EQ(t.time.us, 1'691'702'924'010'071);
}

TEST(GateioOrders, SpotTradesWithoutTheVenuesId) {
  const auto r = run(ready(kSpot)->trades(kId, {}), {answer(200, "[" + spot_trade("1") + "," + spot_trade("2", "t-other", "4") + "]")});
  EXPECT_THAT(r.calls[0].http.target, Not(HasSubstr("order_id")));
  EXPECT_EQ(r.answer->fills.size(), 1U);
  EXPECT_EQ(r.answer->fills[0].venue_order_id, kVenueId);
  EXPECT_EQ(r.answer->fills[0].liquidity, Liquidity::Maker);
}

TEST(GateioOrders, TradesArePaged) {
  std::string page = "[";
  for (int i = 0; i < 500; ++i) page += std::string(i > 0 ? "," : "") + spot_trade(std::to_string(i));
  page += "]";
  const auto r = run(ready(kSpot)->trades(kId, kVenueId), {answer(200, page), answer(200, "[" + spot_trade("900") + "]")});
  EXPECT_TRUE(r.answer->answered);
  EXPECT_EQ(r.answer->fills.size(), 501U);
  EXPECT_THAT(r.calls[1].http.target, HasSubstr("page=2"));
  EXPECT_FALSE(run(ready(kSpot)->trades(kId, kVenueId), {answer(200, page), nothing()}).answer->answered);
}

TEST(GateioOrders, BrokenTradesAreNoAnswer) {
  const std::string good = spot_trade("1");
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string s = good;
    s.replace(s.find(from), from.size(), to);
    return run(ready(kSpot)->trades(kId, kVenueId), {answer(200, "[" + s + "]")}).answer->answered;
  };
  EXPECT_TRUE(with("maker", "maker"));
  EXPECT_FALSE(with(R"("id":"1")", R"("id":")" + std::string(65, '1') + "\""));
  EXPECT_FALSE(with(R"("side":"buy")", R"("side":"both")"));
  EXPECT_FALSE(with(R"("amount":"0.0004")", R"("amount":"0")"));
  EXPECT_FALSE(with(R"("price":"30000.5")", R"("price":"-1")"));
  EXPECT_FALSE(with(R"("fee":"0.0000008")", R"("fee":"1e33")"));
  EXPECT_FALSE(with(R"("fee_currency":"BTC")", R"("fee_currency":"AVERYLONGCURRENCYNAME")"));
  for (const auto& r : {nothing(), answer(500, "[]"), answer(200, "{}"), answer(200, ""), answer(400, R"({"label":"X"})")}) {
    EXPECT_FALSE(run(ready(kSpot)->trades(kId, kVenueId), {r}).answer->answered);
  }
}

TEST(GateioOrders, FeesInGtOrPoints) {
  const auto fee = [](std::string_view fields) {
    const std::string row =
        R"({"id":"1","order_id":"745504484392","side":"sell","amount":"1","price":"2","create_time":"1691702924",)" + std::string(fields) + "}";
    const auto r = run(ready(kSpot)->trades(kId, kVenueId), {answer(200, "[" + row + "]")});
    const Fill& f = r.answer->fills.at(0);
    return f.fee.str() + " " + f.fee_asset.str();
  };
  EXPECT_EQ(fee(R"("fee":"0.03788764","fee_currency":"USDT","gt_fee":"0","point_fee":"0")"), "0.03788764 USDT");
  EXPECT_EQ(fee(R"("fee":"0","fee_currency":"USDT","gt_fee":"0.0123","point_fee":"0")"), "0.0123 GT");
  EXPECT_EQ(fee(R"("fee":"0","gt_fee":"0","point_fee":"2.5")"), "2.5 POINT");
  EXPECT_EQ(fee(R"("fee":"0","fee_currency":"USDT")"), "0 USDT");
  EXPECT_EQ(fee(R"("fee":"0.002")"), "0.002 USDT");
  EXPECT_EQ(fee(R"("fee":"123456789.123456789012345678","fee_currency":"USDT")"), "123456789.123456789 USDT");
}

TEST(GateioOrders, FuturesTrades) {
  GATE_FIXTURE(real, "futures_rest_real.json");
  auto api = api_of(kFutures, "LTC/USDT");
  Instrument i = instrument(kFutures);
  i.symbol = *symbol_from("LTC/USDT");
  i.multiplier = i.step = qty("0.1");
  api->set_instrument(i);
  const auto r = run(api->trades(kId, VenueOrderId("402052804778")), {answer(200, "[" + real.at("/my_trades_timerange_row_2024_01") + "]")});
  EXPECT_EQ(r.calls[0].http.target, "/api/v4/futures/usdt/my_trades?contract=LTC_USDT&order=402052804778&limit=500&offset=0");
  ASSERT_EQ(r.answer->fills.size(), 1U);
  const Fill& f = r.answer->fills[0];
  EXPECT_EQ(f.trade_id, TradeId("29768497"));
  EXPECT_EQ(f.side, Side::Sell);
  EXPECT_EQ(f.qty, qty("0.1"));
  EXPECT_EQ(f.fee, Fee(*Decimal::parse("0.003421")));
  EXPECT_EQ(f.fee_asset, Asset("USDT"));
  EXPECT_EQ(f.time.us, 1'705'950'365'664'000);
  EXPECT_EQ(api->trades(kId, {})->call(kNow).http.target,
            "/api/v4/futures/usdt/my_trades_timerange?contract=LTC_USDT&from=1699395202&to=1700000002&limit=500&offset=0");
}

// ---- recorded and documented orders

TEST(GateioOrders, RecordedSpotOrders) {
  GATE_FIXTURE(f, "spot_rest_real.json");
  simdjson::dom::parser parser;
  struct Case {
    const char* at;
    const char* filled;
    bool open;
  };
  for (const Case& c : {Case{"spot_orders-open-limit-order", "0", true}, Case{"spot_orders-valid-cancel-order", "0", false},
                        Case{"spot_orders-valid-limit-buy-order", "0", true}, Case{"spot_orders-valid-limit-sell-order", "0", true},
                        Case{"spot_orders-valid-market-buy-order", "0.0007", false}, Case{"spot_orders-valid-market-sell-order", "0.0007", false},
                        Case{"spot_orders_buy-order-details", "0.0007", false}, Case{"spot_orders_sell-order-details", "105.58", false}}) {
    const auto d = JsonDocument::parse(f.at(std::string("/xchange/") + c.at + "/response"));
    ASSERT_TRUE(d) << c.at;
    const auto o = read_spot_order(d->root(), instrument(kSpot));
    ASSERT_TRUE(o) << c.at;
    EXPECT_EQ(o->filled, qty(c.filled)) << c.at;
    EXPECT_EQ(o->open, c.open) << c.at;
  }
  const auto d = JsonDocument::parse(f.at("/ccxt/market_buy_closed/order"));
  EXPECT_EQ(read_spot_order(d->root(), instrument(kSpot))->filled, qty("0.073493"));  // average price is rounded: its trades tell 0.0735
  for (const char* trades : {"/ccxt/market_buy_closed/trades"}) {
    auto api = api_of(kSpot, "LTC/USDT");
    Instrument i = instrument(kSpot);
    i.symbol = *symbol_from("LTC/USDT");
    api->set_instrument(i);
    const auto r = run(api->trades(kId, VenueOrderId("497245022561")), {answer(200, f.at(trades))});
    ASSERT_EQ(r.answer->fills.size(), 2U);
    EXPECT_EQ(r.answer->fills[0].qty + r.answer->fills[1].qty, qty("0.0735"));
  }
}

TEST(GateioOrders, RecordedFuturesOrders) {
  GATE_FIXTURE(f, "futures_rest_real.json");
  struct Case {
    const char* at;
    const char* id;
    const char* filled;
    bool open;
  };
  for (const Case& c :
       {Case{"/create_market_ioc_filled_2026_01", "299207900263708423", "0.01", false}, Case{"/open_limit_2024_12", "58828270139457759", "0", true},
        Case{"/cancel_of_open_limit", "58828270139457759", "0", false}, Case{"/finished_list_row_2024_01", "402052804778", "0.0001", false}}) {
    const auto d = JsonDocument::parse(f.at(c.at));
    const auto o = read_futures_order(d->root(), instrument(kFutures), Shape::Full);
    ASSERT_TRUE(o) << c.at;
    EXPECT_EQ(o->id, VenueOrderId(c.id));
    EXPECT_EQ(o->filled, qty(c.filled));
    EXPECT_EQ(o->open, c.open);
  }
}

TEST(GateioOrders, DocumentedOrdersAndTrades) {
  GATE_FIXTURE(spot, "spot_rest_docs.json");
  GATE_FIXTURE(futures, "futures_rest_docs.json");
  const auto good_spot = [&](const std::string& text) {
    const auto d = JsonDocument::parse(text);
    return d && read_spot_order(d->root(), instrument(kSpot)).has_value();
  };
  const auto good_futures = [&](const std::string& text) {
    const auto d = JsonDocument::parse(text);
    return d && read_futures_order(d->root(), instrument(kFutures), Shape::Full).has_value();
  };
  for (const char* at : {"/endpoints/GET ~1spot~1orders/response/0", "/endpoints/POST ~1spot~1orders/response/1", "/endpoints/POST ~1spot~1orders/response/2",
                         "/endpoints/GET ~1spot~1orders~1{order_id}/response", "/endpoints/DELETE ~1spot~1orders~1{order_id}/response"}) {
    EXPECT_TRUE(good_spot(spot.at(at))) << at;
  }
  EXPECT_FALSE(good_spot(spot.at("/endpoints/POST ~1spot~1orders/response/0")));  // ACK: an id, no amounts
  for (const char* at :
       {"/endpoints/GET ~1futures~1{settle}~1orders/response/0", "/endpoints/POST ~1futures~1{settle}~1orders/response",
        "/endpoints/GET ~1futures~1{settle}~1orders~1{order_id}/response", "/endpoints/DELETE ~1futures~1{settle}~1orders~1{order_id}/response"}) {
    EXPECT_TRUE(good_futures(futures.at(at))) << at;
  }
  const auto s = run(ready(kSpot)->trades(kId, VenueOrderId("4128442423")), {answer(200, spot.at("/endpoints/GET ~1spot~1my_trades/response"))});
  EXPECT_EQ(s.answer->fills.at(0).fee_asset, Asset("ETH"));
  for (const char* at : {"my_trades", "my_trades_timerange"}) {
    const auto t = run(ready(kFutures)->trades(kId, VenueOrderId("21893289839")),
                       {answer(200, futures.at(std::string("/endpoints/GET ~1futures~1{settle}~1") + at + "/response"))});
    EXPECT_EQ(t.answer->fills.at(0).qty, qty("0.01")) << at;
  }
}

}  // namespace
}  // namespace dn::venues::gateio::test
