#include <gmock/gmock.h>

#include <set>

#include "fixtures.h"
#include "venues/mexc/market.h"
#include "venues/mexc/orders.h"

namespace dn::venues::mexc {
namespace {

using testing::Fixture;
using testing::json_text;
using testing::members;
using testing::reply;
using testing::rows;
using testing::str;

const Symbol kBtc = *symbol_from("BTC/USDT");
const ClientOrderId kId("t-00000000b1-1");
const Time kNow{1'700'000'000'000'000};

Desk desk() { return {kBtc, {Secret("mx0TESTKEY"), Secret("dn-test-secret-0001")}}; }

OrderRequest request() {
  OrderRequest r;
  r.id = kId;
  r.price = Price(Decimal(50000));
  r.qty = Qty(Decimal::from_parts(1, 3));
  return r;
}

// ---- signing

TEST(MexcSign, ReproducesEveryVectorAndRefusesTheWrongOne) {
  DN_NEEDS_FIXTURE("mexc/signature_vectors.json");
  const Fixture f("mexc/signature_vectors.json");
  int good = 0;
  int bad = 0;
  for (const auto v : rows(f["vectors"])) {
    const bool verified = v["verified"].get_bool().value();
    const std::string ours = signature(str(v, "secret"), str(v, "query"), str(v, "body"));
    if (verified) {
      EXPECT_EQ(ours, str(v, "signature")) << str(v, "name");
      ++good;
    } else {
      EXPECT_NE(ours, str(v, "signature")) << str(v, "name");
      ++bad;
    }
  }
  EXPECT_GE(good, 10);
  EXPECT_GE(bad, 1);
}

TEST(MexcSign, SignsExactlyTheBytesThatAreSentAndSignsLast) {
  const Call c = signed_call("GET", "/api/v3/openOrders", {{"symbol", "GOLD(PAXG)USDT"}}, desk().who, kNow, Pool::Account, 3);
  const std::string sent = "symbol=GOLD%28PAXG%29USDT&recvWindow=5000&timestamp=1700000000000";
  EXPECT_EQ(c.http.target, "/api/v3/openOrders?" + sent + "&signature=" + signature("dn-test-secret-0001", sent, ""));
  EXPECT_TRUE(c.http.body.empty());
  EXPECT_THAT(c.http.headers, ::testing::Contains(std::pair<std::string, std::string>("X-MEXC-APIKEY", "mx0TESTKEY")));
}

// ---- placing

TEST(MexcPlace, WritesEachOrderTypeAsItsOwnType) {
  const std::vector<std::pair<OrderType, std::string>> types{
      {OrderType::Limit, "LIMIT"}, {OrderType::PostOnly, "LIMIT_MAKER"}, {OrderType::Ioc, "IMMEDIATE_OR_CANCEL"}, {OrderType::Market, "MARKET"}};
  for (const auto& [type, text] : types) {
    OrderRequest r = request();
    r.type = type;
    const Call c = ask_place(desk(), r)->call(kNow);
    EXPECT_EQ(c.http.method, "POST");
    EXPECT_EQ(c.pool, Pool::Order);
    const std::string price = type == OrderType::Market ? "" : "&price=50000";
    EXPECT_THAT(c.http.target, ::testing::StartsWith("/api/v3/order?symbol=BTCUSDT&side=BUY&type=" + text + "&quantity=0.001" + price +
                                                     "&newClientOrderId=t-00000000b1-1&recvWindow=5000&timestamp=1700000000000&signature="));
  }
}

TEST(MexcPlace, ARequestThatMustNotArriveLateGetsAShortWindow) {
  OrderRequest r = request();
  r.expires = kNow + Dur::millis(1200);
  EXPECT_THAT(ask_place(desk(), r)->call(kNow).http.target, ::testing::HasSubstr("recvWindow=1200&"));
  EXPECT_THAT(ask_place(desk(), r)->call(kNow + Dur::seconds(9)).http.target, ::testing::HasSubstr("recvWindow=1&timestamp=1700000001199&"))
      << "already late: the venue refuses it";
}

TEST(MexcPlace, AnAckIsAcceptedWhateverElseItSays) {
  for (const char* body : {R"({"symbol":"BTCUSDT","orderId":"C02__1","orderListId":-1,"price":"1","origQty":"1","type":"LIMIT","side":"BUY","transactTime":1})",
                           R"({"orderId":"C02__1"})", R"({"orderId":"C02__1","stpMode":"","code":200})"}) {
    const PlaceReport p = read_place(kId, reply(200, body));
    EXPECT_EQ(p.outcome, PlaceOutcome::Accepted) << body;
    EXPECT_EQ(p.venue_order_id.view(), "C02__1");
  }
  EXPECT_EQ(read_place(kId, reply(200, R"({"orderId":4})")).venue_order_id.view(), "4");
}

TEST(MexcPlace, WhatProvesNothingIsUnknown) {
  for (const auto& r : {reply(200, "{}"), reply(200, ""), reply(200, "<html>"), reply(200, R"({"orderId":")" + std::string(100, 'x') + "\"}"),
                        reply(500, R"({"code":30004})"), reply(503, ""), reply(504, "<html>"), reply(302, ""), reply(0, ""),
                        reply(400, R"({"code":10203,"msg":"order processing error"})"), reply(400, R"({"code":999999,"msg":"new"})"), reply(400, "not json"),
                        reply(400, R"({"code":400,"msg":"something else"})"), reply(200, R"({"code":500,"msg":"Internal error"})")}) {
    EXPECT_EQ(read_place(kId, r).outcome, PlaceOutcome::Unknown) << r.status << " " << r.body;
  }
}

TEST(MexcPlace, OnlyARequestThatNeverLeftIsDeniedLocally) {
  wire::HttpResponse r = reply(0, "");
  r.never_left = true;
  EXPECT_EQ(read_place(kId, r).outcome, PlaceOutcome::DeniedLocally);
}

TEST(MexcPlace, KnowsTheRefusalsOfTheDossier) {
  const std::vector<std::pair<std::string, RejectClass>> rows{
      {R"({"code":30004,"msg":"Insufficient position"})", RejectClass::InsufficientBalance},
      {R"({"msg":"Oversold","code":30005})", RejectClass::InsufficientBalance},
      {R"({"code":"30002","msg":"The minimum transaction volume cannot be less than：1USDT"})", RejectClass::Filter},
      {R"({"code":400,"msg":" amount scale is invalid"})", RejectClass::Filter},
      {R"({"code":400,"msg":"client order id already exists"})", RejectClass::Duplicate},
      {R"({"code":10007,"msg":"symbol not support api"})", RejectClass::Halted},
      {R"({"code":700003,"msg":"outside of the recvWindow","_extend":null})", RejectClass::Expired},
      {R"({"code":700002,"msg":"Signature for this request is not valid."})", RejectClass::Permission},
      {R"({"code":30087,"msg":"Order price exceeds allowed range"})", RejectClass::Filter}};
  for (const auto& [body, means] : rows) {
    const PlaceReport p = read_place(kId, reply(400, body));
    EXPECT_EQ(p.outcome, PlaceOutcome::Refused) << body;
    EXPECT_EQ(p.reject, means) << body;
    EXPECT_FALSE(p.code.empty());
  }
}

TEST(MexcPlace, RateLimitsSayHowLong) {
  EXPECT_EQ(read_place(kId, reply(429, "", {{"retry-after", "7"}})).retry_after, Dur::seconds(7));
  EXPECT_EQ(read_place(kId, reply(429, R"({"code":429})")).reject, RejectClass::RateLimited);
  EXPECT_GE(read_place(kId, reply(418, "")).retry_after, Dur::minutes(2));
  EXPECT_EQ(read_place(kId, reply(403, "<HTML>Access Denied</HTML>")).reject, RejectClass::RateLimited);
  EXPECT_EQ(read_place(kId, reply(403, R"({"code":700006,"msg":"IP [1.2.3.4] not in the ip white list"})")).reject, RejectClass::Permission);
}

TEST(MexcPlace, ALimitThatIsOnlyACodeSaysHowLongToo) {
  for (const int status : {200, 400}) {
    const PlaceReport p = read_place(kId, reply(status, R"({"code":429,"msg":"slow down"})"));
    EXPECT_EQ(p.reject, RejectClass::RateLimited);
    EXPECT_EQ(p.retry_after, Dur::seconds(1)) << "no wait at all would be a hammering";
  }
  EXPECT_EQ(read_place(kId, reply(429, "", {{"retry-after", "0"}})).retry_after, Dur::seconds(1));
}

TEST(MexcPlace, TheFirewallsCodesCannotWriteToATerminal) {
  const PlaceReport p = read_place(kId, reply(403, R"({"code":"\u001b[2J","msg":"\u001b[2J"})"));
  EXPECT_EQ(p.code.view(), "?[2J");
  EXPECT_EQ(p.reason.view(), "?[2J");
}

TEST(MexcErrors, EveryRecordedErrorIsReadAndNoneIsTakenForASuccess) {
  DN_NEEDS_FIXTURE("mexc/errors.json");
  const Fixture f("mexc/errors.json");
  int seen = 0;
  for (const auto e : rows(f["errors"])) {
    const auto status = static_cast<int>(e["http_status"].get_int64().value());
    const wire::HttpResponse r = reply(status, json_text(e["body"].value()));
    EXPECT_NE(read_answer(r).kind, Answer::Kind::Ok) << r.body;
    const PlaceReport p = read_place(kId, r);
    EXPECT_EQ(p.outcome == PlaceOutcome::Unknown, status >= 500 || r.body.find("-2013") != std::string::npos || r.body.find("-2011") != std::string::npos ||
                                                      r.body.find("-1127") != std::string::npos)
        << r.body;
    ++seen;
  }
  EXPECT_GE(seen, 30);
  EXPECT_EQ(read_place(kId, reply(403, str(f.root(), "waf_403_html"))).outcome, PlaceOutcome::Refused);
}

// ---- the symbol and the account

TEST(MexcMarket, ReadsEveryRecordedSymbol) {
  DN_NEEDS_FIXTURE("mexc/exchange_info_samples.json");
  const Fixture f("mexc/exchange_info_samples.json");
  int seen = 0;
  for (const auto sample : members(f.root())) {
    auto body = sample.value["body"];
    const simdjson::dom::array list = rows(body.error() == simdjson::SUCCESS ? body["symbols"].value() : sample.value["symbols"].value());
    for (const auto s : list) {
      const Symbol symbol{Asset(str(s, "baseAsset")), Asset(str(s, "quoteAsset"))};
      const auto i = read_instrument(reply(200, R"({"symbols":[)" + json_text(s) + "]}"), symbol);
      ASSERT_TRUE(i) << str(s, "symbol") << ": " << i.error().message;
      EXPECT_TRUE(i->tick.is_positive());
      EXPECT_TRUE(i->step.is_positive());
      EXPECT_EQ(i->status, TradingStatus::Trading) << str(s, "symbol");
      ++seen;
    }
  }
  EXPECT_GE(seen, 8);
}

TEST(MexcMarket, PrecisionsAreDecimalsAndTheOddlyNamedOnesAreMinimums) {
  const auto i = read_instrument(
      reply(
          200,
          R"({"symbols":[{"symbol":"BTCUSDT","status":"1","baseAsset":"BTC","baseAssetPrecision":6,"quoteAsset":"USDT","quotePrecision":2,"baseSizePrecision":"0.00002",
        "quoteAmountPrecision":"1.000000000000000000","maxQuoteAmount":"4000000","makerCommission":"0","takerCommission":"0.0005","isSpotTradingAllowed":true,"tradeSideType":1}]})"),
      kBtc);
  ASSERT_TRUE(i);
  EXPECT_EQ(i->step.str(), "0.000001");
  EXPECT_EQ(i->tick.str(), "0.01");
  EXPECT_EQ(i->min_qty.str(), "0.00002");
  EXPECT_EQ(i->min_notional.str(), "1");
  EXPECT_EQ(i->max_notional->str(), "4000000");
  EXPECT_EQ(i->taker_fee.str(), "0.0005");
  EXPECT_EQ(i->fee_in, FeeIn::Quote);
  EXPECT_TRUE(i->api_tradable);
}

TEST(MexcMarket, NumbersThatCannotBeRulesAreNone) {
  const std::string good = R"({"symbol":"BTCUSDT","status":"1","baseAsset":"BTC","baseAssetPrecision":6,"quoteAsset":"USDT","quotePrecision":2,)"
                           R"("baseSizePrecision":"0.1","quoteAmountPrecision":"1","makerCommission":"0","takerCommission":"0.0005"})";
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string s = good;
    s.replace(s.find(from), from.size(), to);
    return read_instrument(reply(200, R"({"symbols":[)" + s + "]}"), kBtc).has_value();
  };
  EXPECT_TRUE(with("0.1", "0.1"));
  EXPECT_FALSE(with("0.1", "-0.1")) << "a minimum below zero";
  EXPECT_FALSE(with(R"(Precision":"1")", R"(Precision":"-1")"));
  EXPECT_FALSE(with("0.0005", "5")) << "a fee of more than all";
  EXPECT_FALSE(with(R"(Commission":"0")", R"(Commission":"-1")"));
}

TEST(MexcMarket, ABookWithSizesBelowZeroIsNone) {
  const auto top = [](const std::string& size) {
    return read_top(reply(200, R"({"bidPrice":"1","bidQty":"1","askPrice":"2","askQty":")" + size + "\"}")).has_value();
  };
  EXPECT_TRUE(top("0"));
  EXPECT_FALSE(top("-1"));
}

TEST(MexcMarket, AnUnknownSymbolIsToldInBothFormsOfTheVenue) {
  EXPECT_EQ(read_instrument(reply(200, R"({"symbols":[]})"), kBtc).error().kind, Problem::Kind::Config);
  EXPECT_EQ(read_instrument(reply(400, R"({"code":-1121,"msg":"Invalid symbol."})"), kBtc).error().kind, Problem::Kind::Config);
  EXPECT_EQ(read_instrument(reply(503, ""), kBtc).error().kind, Problem::Kind::Unreachable);
}

TEST(MexcAccount, TakesBalancesFeesAndThePairsOpenToTheAccount) {
  VenueFacts facts;
  auto q = ask_account(kBtc, desk().who, facts);
  EXPECT_THAT(q->call(kNow).http.target, ::testing::StartsWith("/api/v3/account?"));
  EXPECT_FALSE(q->heard(
      reply(
          200,
          R"({"canTrade":true,"updateTime":null,"balances":[{"asset":"USDT","free":"0.006016465074677006","locked":"0.5"},{"asset":"DOGE","free":"1","locked":"0"},{"asset":"MX","free":"3","locked":"0"}]})"),
      kNow));
  EXPECT_THAT(q->call(kNow).http.target, ::testing::StartsWith("/api/v3/tradeFee?symbol=BTCUSDT"));
  EXPECT_FALSE(q->heard(reply(200, R"({"data":{"makerCommission":0.0,"takerCommission":5e-4},"code":0,"msg":"success"})"), kNow));
  const auto done = q->heard(reply(200, R"({"code":200,"data":["BTCUSDT"],"msg":null})"), kNow);
  ASSERT_TRUE(done && *done);
  EXPECT_EQ((*done)->free.at(Asset("USDT")).str(), "0.00601646507467");
  EXPECT_EQ((*done)->free.at(Asset("BTC")).str(), "0") << "what was never held is not listed";
  EXPECT_EQ((*done)->total.at(Asset("USDT")).str(), "0.506016465074677006") << "to the last digit, with what orders hold";
  EXPECT_EQ((*done)->total.at(Asset("MX")).str(), "3") << "fees may be taken in it";
  EXPECT_EQ((*done)->total.at(Asset("BTC")).str(), "0");
  EXPECT_EQ((*done)->instrument.taker_fee.str(), "0.0005");
}

TEST(MexcAccount, APairThatIsNotOpenToTheAccountIsAConfigurationProblem) {
  auto q = ask_account(kBtc, desk().who, {});
  (void)q->heard(reply(200, R"({"canTrade":true,"balances":[]})"), kNow);
  (void)q->heard(reply(500, ""), kNow);
  const auto done = q->heard(reply(200, R"({"code":0,"data":["ETHUSDT"]})"), kNow);
  ASSERT_TRUE(done && !*done);
  EXPECT_EQ(done->error().kind, Problem::Kind::Config);
}

TEST(MexcAccount, FeesThatCannotBeAreNotTaken) {
  VenueFacts facts;
  facts.instrument.taker_fee = Rate(Decimal::from_parts(5, 4));
  auto q = ask_account(kBtc, desk().who, facts);
  (void)q->heard(reply(200, R"({"balances":[]})"), kNow);
  (void)q->heard(reply(200, R"({"data":{"makerCommission":"0","takerCommission":"7"}})"), kNow);
  const auto done = q->heard(reply(200, R"({"data":["BTCUSDT"]})"), kNow);
  ASSERT_TRUE(done && *done);
  EXPECT_EQ((*done)->instrument.taker_fee.str(), "0.0005") << "the published ones stay";
  EXPECT_EQ((*done)->warnings.size(), 1U);
}

TEST(MexcAccount, ABadKeyIsAPermissionProblemAndAWrongClockAClockProblem) {
  EXPECT_EQ(ask_account(kBtc, desk().who, {})->heard(reply(401, R"({"code":10072,"msg":"Api key info invalid"})"), kNow)->error().kind,
            Problem::Kind::Permission);
  EXPECT_EQ(ask_account(kBtc, desk().who, {})->heard(reply(400, R"({"code":700003,"msg":"x"})"), kNow)->error().kind, Problem::Kind::Clock);
}

TEST(MexcRest, EveryRecordedReplyIsRead) {
  DN_NEEDS_FIXTURE("mexc/rest_responses.json");
  const Fixture f("mexc/rest_responses.json");
  std::set<std::string> paths;
  for (const auto s : rows(f["samples"])) {
    const std::string what = str(s, "method") + " " + str(s, "path").substr(7);
    const wire::HttpResponse r = reply(static_cast<int>(s["http_status"].get_int64().value()), json_text(s["body"].value()));
    EXPECT_EQ(read_answer(r).kind, Answer::Kind::Ok) << what << r.body;
    paths.insert(what);
    const auto doc = JsonDocument::parse(r.body);
    ASSERT_TRUE(doc);
    if (what == "POST /order") {
      EXPECT_EQ(read_place(kId, r).outcome, PlaceOutcome::Accepted) << r.body;
    }
    if (what == "DELETE /order") {
      EXPECT_TRUE(read_cancel(kId, r).answered);
    }
    if (what == "GET /order") {
      EXPECT_TRUE(read_order(doc->root())) << r.body;
    }
    if (what == "GET /ticker/bookTicker") {
      EXPECT_TRUE(read_top(r)) << r.body;
    }
    if (what == "GET /time") {
      EXPECT_EQ((*ask_time()->heard(r, kNow))->us, 1'645'539'742'000'000);
    }
    if (what == "GET /openOrders" || what == "GET /allOrders") {
      for (const Element& row : array_of(doc->root())) EXPECT_TRUE(read_order(row)) << r.body;
    }
    if (what == "GET /myTrades") {
      for (const Element& row : array_of(doc->root())) EXPECT_TRUE(read_trade(row)) << r.body;
    }
  }
  EXPECT_GE(paths.size(), 20U);
}

}  // namespace
}  // namespace dn::venues::mexc
