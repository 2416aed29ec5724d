// Streams and the trading WebSocket's messages.
#include "gateio_fixtures.h"
#include "venues/gateio/trading_ws.h"

namespace dn::venues::gateio::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = Heard::Kind;

Heard hear(StreamProtocol& s, std::string text) { return s.frame({false, std::move(text)}, kNow); }
std::string update(std::string_view channel, std::string_view result) {
  return R"({"time":1,"time_ms":1001,"channel":")" + std::string(channel) + R"(","event":"update","result":)" + std::string(result) + "}";
}

TEST(GateioStreams, PublicConversation) {
  for (const Venue v : {kSpot, kFutures}) {
    const std::string p = v == kSpot ? "spot." : "futures.";
    const auto s = ready(v)->public_stream();
    const auto said = s->opened(kNow);
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0].payload, R"({"time":1700000000,"channel":")" + p + R"(book_ticker","event":"subscribe","payload":["BTC_USDT"]})");
    EXPECT_THAT(s->topics(), ElementsAre(p + "book_ticker"));
    EXPECT_EQ(s->ping(kNow).payload, R"({"time":1700000000,"channel":")" + p + R"(ping"})");
    EXPECT_EQ(s->ticket(), nullptr);
    EXPECT_EQ(hear(*s, R"({"time":1545404023,"channel":")" + p + R"(pong","event":"","error":null,"result":null})").kind, Kind::Alive);
    const auto ack = hear(*s, R"({"time":1,"channel":")" + p + R"(book_ticker","event":"subscribe","error":null,"result":{"status":"success"}})");
    EXPECT_EQ(ack.kind, Kind::Subscribed);
    EXPECT_THAT(ack.topics, ElementsAre(p + "book_ticker"));
    // Another subscription's answer proves nothing.
    EXPECT_EQ(hear(*s, R"({"channel":")" + p + R"(book_ticker","event":"subscribe","payload":["ETH_USDT"],"result":{"status":"success"}})").kind,
              Kind::Nothing);
    EXPECT_EQ(hear(*s, R"({"channel":")" + p + R"(book_ticker","event":"unsubscribe","result":{"status":"success"}})").kind, Kind::Nothing);
    EXPECT_EQ(hear(*s, R"({"channel":")" + p + R"(tickers","event":"subscribe","result":{"status":"success"}})").kind, Kind::Nothing);
  }
}

TEST(GateioStreams, BookTicker) {
  const auto s = ready(kSpot)->public_stream();
  s->opened(kNow);
  const auto tick = [&](std::string_view fields) {
    return hear(*s, update("spot.book_ticker", R"({"t":1606293275123,"s":"BTC_USDT",)" + std::string(fields) + "}"));
  };
  const auto first = tick(R"("u":10,"b":"19177.79","B":"0.0003341504","a":"19179.38","A":"0.09")");
  ASSERT_EQ(first.news.size(), 1U);
  const auto& top = std::get<TopOfBook>(first.news[0]);
  EXPECT_EQ(top.bid, price("19177.79"));
  EXPECT_EQ(top.bid_qty, qty("0.0003341504"));
  EXPECT_EQ(top.ask, price("19179.38"));
  EXPECT_EQ(top.ask_qty, qty("0.09"));
  // Overtaken, or without a side: data, but no prices.
  for (const char* quiet :
       {R"("u":9,"b":"1","B":"1","a":"2","A":"1")", R"("u":11,"b":"","B":"","a":"19179.38","A":"0.09")", R"("u":12,"b":"1","B":"1","a":"","A":"0")"}) {
    EXPECT_EQ(tick(quiet).kind, Kind::Data) << quiet;
    EXPECT_TRUE(tick(quiet).news.empty()) << quiet;
  }
  EXPECT_EQ(tick(R"("u":12,"b":"1","B":"1","a":"2","A":"1")").news.size(), 1U);
  EXPECT_TRUE(tick(R"("u":13,"b":"-1","B":"1","a":"2","A":"1")").news.empty());
  EXPECT_TRUE(tick(R"("b":"1","B":"1","a":"2","A":"1")").news.empty());
  EXPECT_TRUE(hear(*s, update("spot.book_ticker", R"({"s":"ETH_USDT","u":20,"b":"1","B":"1","a":"2","A":"1"})")).news.empty());
  // A new connection counts afresh.
  s->opened(kNow);
  EXPECT_EQ(tick(R"("u":1,"b":"1","B":"1","a":"2","A":"1")").news.size(), 1U);
}

TEST(GateioStreams, FuturesSizesAreContracts) {
  const auto s = ready(kFutures)->public_stream();
  s->opened(kNow);
  for (const char* sizes : {R"("B":37000,"A":47061)", R"("B":"37000","A":"47061")"}) {
    const auto h = hear(*s, update("futures.book_ticker", R"({"t":1,"u":5,"s":"BTC_USDT","b":"54696.6","a":"54696.7",)" + std::string(sizes) + "}"));
    ASSERT_EQ(h.news.size(), 1U);
    EXPECT_EQ(std::get<TopOfBook>(h.news[0]).bid_qty, qty("3.7"));
    EXPECT_EQ(std::get<TopOfBook>(h.news[0]).ask_qty, qty("4.7061"));
  }
  EXPECT_TRUE(hear(*s, update("futures.book_ticker", R"({"u":6,"s":"BTC_USDT","b":"","B":0,"a":"1","A":3})")).news.empty());
}

TEST(GateioStreams, PrivateSubscriptionsAreSigned) {
  const auto s = ready(kSpot)->private_stream();
  EXPECT_EQ(s->ticket(), nullptr);
  const auto said = s->opened(kNow);
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[1].payload,
            R"({"time":1700000000,"channel":"spot.usertrades","event":"subscribe","payload":["!all"],"auth":{"method":"api_key","KEY":"key","SIGN":)"
            R"("38094e2f2b72acc25a8648197dc8c850b622b31eab92b445af73b577a2a46ac101976cfa35b33a8c4df6440bf71da4740cad1cf68d8f9da48b2199667f5264e3"}})");
  EXPECT_THAT(s->topics(), ElementsAre("spot.orders", "spot.usertrades"));
}

TEST(GateioStreams, FuturesStreamsAskForTheUserFirst) {
  const auto api = ready(kFutures);
  const auto s = api->private_stream();
  const auto r = run(s->ticket(), {answer(200, R"({"user":16792411})")});
  EXPECT_EQ(r.answer->value(), "16792411");
  EXPECT_EQ(s->ticket(), nullptr);
  const auto said = s->opened(kNow);
  EXPECT_THAT(said[0].payload, HasSubstr(R"("channel":"futures.orders","event":"subscribe","payload":["16792411","!all"])"));
  EXPECT_THAT(said[0].payload,
              HasSubstr("e40a0260c1d090a7b5f60f6171dfc3d9ca6a1b1dd6abfd8e92347bad5e134af77fb03930eff122f7f72cdcb3c41898a16dbf1ee7089615f540c11b12c19b6d04"));
  for (const auto& bad :
       {answer(200, R"({"user":0})"), answer(200, R"({"user":"x"})"), answer(200, "{}"), answer(401, R"({"label":"INVALID_KEY"})"), nothing()}) {
    EXPECT_FALSE(run(ready(kFutures)->private_stream()->ticket(), {bad}).answer->has_value());
  }
}

TEST(GateioStreams, RecordedPushes) {
  GATE_FIXTURE(f, "ws_real.json");
  const auto s = ready(kSpot)->private_stream();
  const auto trades = hear(*s, f.at("/xchange_stream_spot/spot.usertrades.update"));
  ASSERT_EQ(trades.news.size(), 1U);
  const auto& fill = std::get<Fill>(trades.news[0]);
  EXPECT_EQ(fill.trade_id, TradeId("6068323582"));  // a number here, text on REST: the same id
  EXPECT_EQ(fill.venue_order_id, VenueOrderId("381004078014"));
  EXPECT_EQ(fill.qty, qty("0.00003"));
  EXPECT_EQ(fill.fee_asset, Asset("BTC"));
  EXPECT_EQ(fill.time.us, 1'691'692'159'330'475);
  EXPECT_TRUE(fill.order.empty());  // not an order of ours
  for (const char* other :
       {"spot.balance.update", "spot.order_book.update", "spot.ticker.update", "spot.trades.update", "subscribe.event", "unsubscribe.event"}) {
    EXPECT_EQ(hear(*s, f.at(std::string("/xchange_stream_spot/") + other)).kind, Kind::Nothing) << other;
  }
  const auto futures = ready(kFutures)->private_stream();
  EXPECT_EQ(hear(*futures, f.at("/errors/0")).kind, Kind::Refused);
  const auto key = hear(*futures, f.at("/errors/1"));
  EXPECT_EQ(key.kind, Kind::Refused);
  EXPECT_THAT(key.text, HasSubstr("INVALID_KEY"));
  EXPECT_EQ(key.text.find('\n'), std::string::npos);
  EXPECT_EQ(hear(*s, R"({"channel":"spot.orders","event":"subscribe","result":{"status":"fail"}})").kind, Kind::Refused);
}

TEST(GateioStreams, DocumentedMessages) {
  for (const auto& [file, venue] : {std::pair{"spot_ws_docs.json", kSpot}, std::pair{"futures_ws_docs.json", kFutures}}) {
    GATE_FIXTURE(f, file);
    const auto pub = ready(venue)->public_stream();
    const auto own = ready(venue)->private_stream();
    int tops = 0, fills = 0, orders = 0, closing = 0;
    const auto count = [&](const Heard& h) {
      closing += h.kind == Kind::Closing ? 1 : 0;
      for (const News& n : h.news) {
        tops += std::holds_alternative<TopOfBook>(n) ? 1 : 0;
        fills += std::holds_alternative<Fill>(n) ? 1 : 0;
        orders += std::holds_alternative<OrderNews>(n) ? 1 : 0;
      }
    };
    for (const auto m : f.root()["messages"].get_object()) {
      count(hear(*pub, simdjson::minify(m.value)));
      count(hear(*own, simdjson::minify(m.value)));
    }
    EXPECT_EQ(tops, 1) << file;
    EXPECT_EQ(closing, 2) << file;
    EXPECT_EQ(fills, 1) << file;
    // Only the spot sample of an order has a text of ours.
    EXPECT_EQ(orders, venue == kSpot ? 1 : 0) << file;
  }
}

TEST(GateioStreams, OwnOrdersAndTrades) {
  const auto s = ready(kSpot)->private_stream();
  const auto h = hear(
      *s,
      update("spot.orders", R"([{"id":"1","text":"t-abcdefghb1-1","currency_pair":"BTC_USDT","event":"put"},{"id":"2","text":"web","currency_pair":"BTC_USDT"},
    {"id":"3","text":"t-abcdefghb1-2","currency_pair":"ETH_USDT"}])"));
  ASSERT_EQ(h.news.size(), 1U);
  EXPECT_EQ(std::get<OrderNews>(h.news[0]).id, ClientOrderId("t-abcdefghb1-1"));
  const auto trade = [&](std::string_view fields) {
    return hear(*s,
                update("spot.usertrades",
                       R"([{"id":7,"order_id":"1","text":"t-abcdefghb1-1","currency_pair":"BTC_USDT","create_time_ms":"1605176741123.456","role":"maker",)" +
                           std::string(fields) + "}]"));
  };
  const auto good = trade(R"("side":"sell","amount":"0.5","price":"10000","fee":"0.002","gt_fee":"0")");
  const auto& fill = std::get<Fill>(good.news.at(0));
  EXPECT_EQ(fill.order, ClientOrderId("t-abcdefghb1-1"));
  EXPECT_EQ(fill.fee_asset, Asset("USDT"));
  EXPECT_EQ(fill.liquidity, Liquidity::Maker);
  EXPECT_EQ(fill.time.us, 1'605'176'741'123'456);
  // A trade that cannot be read still says that REST should be asked.
  EXPECT_TRUE(std::holds_alternative<OrderNews>(trade(R"("side":"sell","amount":"x","price":"10000","fee":"0.002")").news.at(0)));
}

TEST(GateioStreams, FuturesTradesOfDividedContractsAreReadByRest) {
  auto api = ready(kFutures);
  const std::string text = update(
      "futures.usertrades", R"([{"id":"3335259","create_time":1628736848,"create_time_ms":1628736848321,"contract":"BTC_USDT","order_id":"4872460","size":-3,
    "price":"40000.4","role":"maker","text":"t-abcdefghb1-1","fee":-0.0009290592,"point_fee":0}])");
  const auto whole = hear(*api->private_stream(), text);
  const auto& fill = std::get<Fill>(whole.news.at(0));
  EXPECT_EQ(fill.side, Side::Sell);
  EXPECT_EQ(fill.qty, qty("0.0003"));
  EXPECT_EQ(fill.fee, Fee(*Decimal::parse("-0.0009290592")));
  EXPECT_EQ(fill.time.us, 1'628'736'848'321'000);
  Instrument i = instrument(kFutures);
  i.step = qty("0.00001");
  api->set_instrument(i);
  EXPECT_TRUE(std::holds_alternative<OrderNews>(hear(*api->private_stream(), text).news.at(0)));
}

TEST(GateioStreams, ClosingNotice) {
  for (const Venue v : {kSpot, kFutures}) {
    const auto h =
        hear(*ready(v)->public_stream(), R"({"type":"upgrade","msg":"The connection will soon be closed for a service upgrade. Please reconnect."})");
    EXPECT_EQ(h.kind, Kind::Closing);
    EXPECT_THAT(h.text, HasSubstr("upgrade"));
  }
}

// ---- trading API

Context context(Venue v) {
  Context c;
  c.venue = v;
  c.symbol = *symbol_from("BTC/USDT");
  c.credentials = {Secret("key"), Secret("secret")};
  c.pair = "BTC_USDT";
  c.instrument = instrument(v);
  return c;
}
WsAnswer told(Venue v, std::string text, std::string_view id = "t-my-custom-id") {
  return ws_answer(context(v), {false, std::move(text)}, ClientOrderId(id), kNow);
}

TEST(GateioTradingWs, Encodes) {
  EXPECT_EQ(ws_login(context(kSpot), "r1", kNow).payload,
            R"({"time":1700000000,"channel":"spot.login","event":"api","payload":{"req_id":"r1","api_key":"key","timestamp":"1700000000","signature":)"
            R"("fda6efd05e40791f1059365daecc597f520349bd009ecaa64454e137d73a181e6bcdeb466148db04b38adfc8800a2e46ab4e4ac02eee77a8a2a2ece43d6d720c"}})");
  EXPECT_THAT(ws_login(context(kFutures), "r1", kNow).payload,
              HasSubstr("f39035057b3528fc2c5aff4b9cfa9f43673c88d3ff823c55468608173205809999a8b45d7ed898ebf49c15a4f6e5131de175ded143be5eeb58431f600e1d4085"));
  OrderRequest r = order();
  r.expires = Time{1'700'000'005'000'000};
  EXPECT_EQ(
      ws_place(context(kSpot), r, "r2", kNow).payload,
      R"({"time":1700000000,"channel":"spot.order_place","event":"api","payload":{"req_id":"r2","req_header":{"x-gate-exptime":"1700000005000"},"req_param":)"
      R"({"text":"t-abcdefghb1-1","currency_pair":"BTC_USDT","type":"limit","side":"buy","amount":"0.0012","price":"30000.5","time_in_force":"gtc"}}})");
  EXPECT_THAT(ws_place(context(kFutures), order(), "r2", kNow).payload, HasSubstr(R"("channel":"futures.order_place")"));
  EXPECT_EQ(
      ws_cancel(context(kSpot), ClientOrderId("t-a"), {}, "r3", kNow).payload,
      R"({"time":1700000000,"channel":"spot.order_cancel","event":"api","payload":{"req_id":"r3","req_param":{"order_id":"t-a","currency_pair":"BTC_USDT"}}})");
  EXPECT_EQ(ws_status(context(kFutures), ClientOrderId("t-a"), VenueOrderId("74046514"), "r4", kNow).payload,
            R"({"time":1700000000,"channel":"futures.order_status","event":"api","payload":{"req_id":"r4","req_param":{"order_id":"74046514"}}})");
}

TEST(GateioTradingWs, SpotAnswersOfTheDocumentation) {
  GATE_FIXTURE(f, "ws_api_docs_spot.json");
  const std::string m = "/messages/Spot Account Trade ~1 ";
  const auto login = told(kSpot, f.at(m + "Login ~1 Login Notification"));
  EXPECT_EQ(login.kind, WsAnswer::Kind::LoggedIn);
  EXPECT_EQ(login.user_id, "110284739");
  EXPECT_EQ(login.request_id, "request-1");
  const auto refused = told(kSpot, f.at(m + "Websocket API ~1 Error/0"));
  EXPECT_EQ(refused.kind, WsAnswer::Kind::LoginFailed);
  EXPECT_EQ(refused.problem.kind, Problem::Kind::Permission);
  const auto limited = told(kSpot, f.at(m + "Websocket API ~1 Error/1"));
  EXPECT_EQ(limited.place.outcome, PlaceOutcome::Refused);
  EXPECT_EQ(limited.place.reject, RejectClass::RateLimited);
  EXPECT_EQ(limited.place.retry_after, Dur::seconds(1));
  for (const char* ack : {"Websocket API ~1 Websocket API Server Response/0", "Order Place ~1 Ack Notification/0", "Order Place ~1 Ack Notification/1"}) {
    EXPECT_EQ(told(kSpot, f.at(m + ack)).kind, WsAnswer::Kind::Ack) << ack;
  }
  EXPECT_EQ(told(kSpot, f.at(m + "Websocket API ~1 Websocket API Server Response/1")).place.venue_order_id, VenueOrderId("1700664330"));
  for (const auto& [n, id] : {std::pair{"0", "t-123456"}, std::pair{"1", "t-123456"}, std::pair{"2", "t-abc123"}}) {
    const auto a = told(kSpot, f.at(m + "Order Place ~1 Order Place Notification/" + n), id);
    EXPECT_EQ(a.place.outcome, PlaceOutcome::Accepted) << n;
    EXPECT_EQ(told(kSpot, f.at(m + "Order Place ~1 Order Place Notification/" + n), "t-other").place.outcome, PlaceOutcome::Unknown);
  }
  const auto cancel = told(kSpot, f.at(m + "Order Cancel ~1 Order Cancel Notification"));
  EXPECT_EQ(cancel.kind, WsAnswer::Kind::Cancel);
  EXPECT_TRUE(cancel.cancel.answered);
  const auto status = told(kSpot, f.at(m + "Order Status ~1 Order Status Notification"));
  EXPECT_EQ(status.kind, WsAnswer::Kind::Status);
  EXPECT_EQ(status.status.outcome, LookupOutcome::Found);
  EXPECT_TRUE(status.status.open);
  EXPECT_EQ(ws_request_id({false, f.at(m + "Order Status ~1 Order Status Notification")}), "request-3");
  for (const char* other : {"List orders ~1 Responses", "Order Cancel All With Id List ~1 Order Cancel All With Id List Notification",
                            "Order Amend ~1 Order Amend Notification", "Login ~1 Login Request", "Order Cancel ~1 Order Cancel Request"}) {
    ASSERT_FALSE(f.at(m + other).empty()) << other;
    EXPECT_EQ(told(kSpot, f.at(m + other)).kind, WsAnswer::Kind::Nothing) << other;
  }
}

TEST(GateioTradingWs, FuturesAnswersOfTheDocumentation) {
  GATE_FIXTURE(f, "ws_api_docs_futures.json");
  const std::string m = "/messages/Futures Account Trade ~1 ";
  EXPECT_EQ(told(kFutures, f.at(m + "Order Place")).kind, WsAnswer::Kind::LoggedIn);
  EXPECT_EQ(told(kFutures, f.at(m + "Order Place ~1 Ack Notification")).kind, WsAnswer::Kind::Ack);
  EXPECT_EQ(told(kFutures, f.at(m + "Websocket API ~1 Error/0")).kind, WsAnswer::Kind::LoginFailed);
  const auto placed = told(kFutures, f.at(m + "Order Place ~1 Order Place Notification"));
  EXPECT_EQ(placed.place.outcome, PlaceOutcome::Accepted);
  EXPECT_EQ(placed.place.venue_order_id, VenueOrderId("74046514"));
  EXPECT_TRUE(told(kFutures, f.at(m + "Order Cancel ~1 Order Status Notification")).cancel.answered);
  const auto status = told(kFutures, f.at(m + "Order Status ~1 Order Status Notification")).status;
  EXPECT_EQ(status.outcome, LookupOutcome::Found);
  EXPECT_EQ(status.qty, qty("0.001"));
  EXPECT_TRUE(status.filled.is_zero());
  EXPECT_TRUE(status.open);
}

TEST(GateioTradingWs, RecordedResults) {
  GATE_FIXTURE(f, "ws_real.json");
  const auto wrap = [](std::string_view channel, std::string_view order) {
    return R"({"request_id":"r","header":{"status":"200","channel":")" + std::string(channel) + R"("},"data":{"result":)" + std::string(order) + "}}";
  };
  const auto text = [](simdjson::dom::element e) { return std::string(e["text"].get_string().value()); };
  for (const auto o : f.root()["gct_futures_ws_api_order_results"]["items"].get_array()) {
    EXPECT_EQ(told(kFutures, wrap("futures.order_place", simdjson::minify(o)), text(o)).place.outcome, PlaceOutcome::Accepted);
    EXPECT_EQ(told(kFutures, wrap("futures.order_status", simdjson::minify(o)), text(o)).status.outcome, LookupOutcome::Found);
  }
  for (const auto o : f.root()["gct_spot_ws_api_order_results"]["items"].get_array()) {
    EXPECT_EQ(told(kSpot, wrap("spot.order_place", simdjson::minify(o)), text(o)).place.outcome, PlaceOutcome::Accepted);
    EXPECT_EQ(told(kSpot, wrap("spot.order_status", simdjson::minify(o)), text(o)).status.outcome, LookupOutcome::Found);
  }
  const auto not_logged_in = told(kSpot, f.at("/errors/3"));
  EXPECT_EQ(not_logged_in.place.outcome, PlaceOutcome::Refused);
  EXPECT_EQ(not_logged_in.place.code, Code("AUTHENTICATION_FAILED"));
}

TEST(GateioTradingWs, ALoginNamesAUserByANumber) {
  for (const char* uid : {R"("")", R"("0")", R"("12x")", R"("\u001b[2J")", "null", "[]"}) {
    const std::string text = R"({"header":{"status":"200","channel":"spot.login"},"data":{"result":{"uid":)" + std::string(uid) + "}}}";
    EXPECT_EQ(ws_answer(context(kSpot), {false, text}, kId, kNow).kind, WsAnswer::Kind::LoginFailed) << uid;
  }
}

TEST(GateioTradingWs, WhatIsNotClearIsUnknown) {
  const auto place = [](std::string_view status, std::string_view data) {
    return told(kSpot,
                R"({"request_id":"r","header":{"status":")" + std::string(status) + R"(","channel":"spot.order_place"},"data":)" + std::string(data) + "}")
        .place.outcome;
  };
  EXPECT_EQ(place("500", R"({"errs":{"label":"BALANCE_NOT_ENOUGH"}})"), PlaceOutcome::Unknown);
  EXPECT_EQ(place("400", R"({"errs":{"label":"NEW"}})"), PlaceOutcome::Unknown);
  EXPECT_EQ(place("200", "{}"), PlaceOutcome::Unknown);
  EXPECT_EQ(place("99999999999", R"({"result":{"id":"1"}})"), PlaceOutcome::Unknown);
  EXPECT_EQ(place("400", R"({"errs":{"label":"BALANCE_NOT_ENOUGH"}})"), PlaceOutcome::Refused);
  EXPECT_EQ(place("429", "null"), PlaceOutcome::Refused);
  const auto gone =
      told(kFutures, R"({"request_id":"r","header":{"status":"400","channel":"futures.order_cancel"},"data":{"errs":{"label":"ORDER_FINISHED"}}})");
  EXPECT_TRUE(gone.cancel.answered);
  const auto absent = told(
      kFutures,
      R"({"request_id":"r","header":{"status":"404","channel":"futures.order_status","x_in_time":1699999999000000},"data":{"errs":{"label":"ORDER_NOT_FOUND"}}})");
  EXPECT_EQ(absent.status.outcome, LookupOutcome::NotFound);
  EXPECT_EQ(absent.status.venue_time, Time{1'699'999'999'000'000});
}

}  // namespace
}  // namespace dn::venues::gateio::test
