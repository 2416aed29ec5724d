// What the venue says about an order, on both markets and at every stage.
#include "gateio_fixtures.h"

namespace dn::venues::gateio::test {
namespace {

using ::testing::HasSubstr;

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

TEST(GateioOrders, ATradeThatMovedToTheNextPageCountsOnce) {
  // While pages are read a new trade came in: the last one of the first page is the first one of the second.
  std::string page = "[";
  for (int i = 0; i < 499; ++i) page += spot_trade(std::to_string(i), "t-other", "5") + ",";
  page += spot_trade("1000") + "]";
  const std::string next = "[" + spot_trade("1000") + "," + spot_trade("1001") + "]";
  const auto r =
      lookup(kSpot, LookupStage::History, {answer(200, "[]"), answer(200, page), answer(200, next), answer(404, R"({"label":"ORDER_NOT_FOUND"})")}, {});
  EXPECT_EQ(r.outcome, LookupOutcome::Found);
  EXPECT_EQ(r.filled, qty("0.0008")) << "not 0.0012: more than the order was for would halt the task";
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

}  // namespace
}  // namespace dn::venues::gateio::test
