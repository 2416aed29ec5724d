// Trades, and the orders that were recorded or documented.
#include "gateio_fixtures.h"
#include "venues/gateio/futures_orders.h"
#include "venues/gateio/spot_orders.h"

namespace dn::venues::gateio::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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

TEST(GateioOrders, ATradeOnTwoPagesIsToldOnce) {
  std::string page = "[" + spot_trade("0");
  for (int i = 1; i < 500; ++i) page += "," + spot_trade(std::to_string(i));
  page += "]";
  const auto r = run(ready(kSpot)->trades(kId, kVenueId), {answer(200, page), answer(200, "[" + spot_trade("499") + "]")});
  EXPECT_TRUE(r.answer->answered);
  EXPECT_EQ(r.answer->fills.size(), 500U);
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
