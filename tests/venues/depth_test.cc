// What only the pre-flight asks of the venues: their books, whether the key may trade, what the account says of its rights.
#include "fixtures.h"
#include "gateio_fixtures.h"
#include "venues/mexc/market.h"

namespace dn::venues {
namespace {

using gateio::test::answer;
using gateio::test::kFutures;
using gateio::test::kSpot;
using gateio::test::nothing;
using gateio::test::price;
using gateio::test::qty;
using gateio::test::ready;
using gateio::test::run;

constexpr Venue kMexc = Venue::MexcSpot;

std::unique_ptr<VenueApi> api(Venue v) { return v == kMexc ? gateio::test::api_of(kMexc) : ready(v); }

std::string levels(const std::vector<Level>& side) {
  std::string out;
  for (const Level& l : side) out += (out.empty() ? "" : " ") + l.qty.str() + "@" + l.price.str();
  return out;
}
void expect_depth(const Outcome<Depth>& told, std::string_view bids, std::string_view asks) {
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(levels(told->bids), bids);
  EXPECT_EQ(levels(told->asks), asks);
}

TEST(VenueDepth, IsReadAsTheVenuesRecordedIt) {
  DN_NEEDS_FIXTURE("mexc/rest_responses.json");
  const testing::Fixture mexc("mexc/rest_responses.json");
  int seen = 0;
  for (const auto s : testing::rows(mexc["samples"])) {
    if (testing::str(s, "path") != "/api/v3/depth") continue;
    const auto told = run(api(kMexc)->depth(), {answer(200, testing::json_text(s["body"]))});
    const bool first = seen++ == 0;
    expect_depth(*told.answer, first ? "10.337165@45995.47" : "0.5@99.6", first ? "13.457322@45995.48" : "1.2@100.4");
  }
  EXPECT_EQ(seen, 2);
  const gateio::test::Fixture real("spot_rest_real.json");
  expect_depth(*run(api(kSpot)->depth(), {answer(200, real.at("/xchange/spot_order_book/response"))}).answer, "1@150 10@100", "1@200 10@250");
  const gateio::test::Fixture futures("futures_rest_docs.json");
  // Contracts of 0.0001.
  expect_depth(*run(api(kFutures)->depth(), {answer(200, futures.at("/endpoints/GET ~1futures~1{settle}~1order_book/response"))}).answer,
               "0.015@1.17 0.0203@1.16", "0.01@1.52 0.004@1.53");
}

TEST(VenueDepth, AsksForTwentyPrices) {
  const auto target = [](Venue v) { return api(v)->depth()->call(gateio::test::kNow).http.target; };
  EXPECT_EQ(target(kMexc), "/api/v3/depth?symbol=BTCUSDT&limit=20");
  EXPECT_EQ(target(kSpot), "/api/v4/spot/order_book?currency_pair=BTC_USDT&limit=20");
  EXPECT_EQ(target(kFutures), "/api/v4/futures/usdt/order_book?contract=BTC_USDT&limit=20");
}

TEST(VenueDepth, ASideMayBeEmptyButNoLevelMayBeBroken) {
  for (const Venue v : {kMexc, kSpot}) {
    expect_depth(*run(api(v)->depth(), {answer(200, R"({"bids":[],"asks":[["2","1"]]})")}).answer, "", "1@2");
    for (const char* broken : {R"({"bids":[]})", R"({"bids":[["x","1"]],"asks":[]})", R"({"bids":[["1"]],"asks":[]})", R"({"bids":[["0","1"]],"asks":[]})",
                               R"({"bids":[["1","-1"]],"asks":[]})", "[]", "nothing"}) {
      EXPECT_FALSE(*run(api(v)->depth(), {answer(200, broken)}).answer) << name(v) << broken;
    }
  }
  for (const Venue v : {kMexc, kSpot, kFutures}) EXPECT_EQ(run(api(v)->depth(), {nothing()}).answer->error().kind, Problem::Kind::Unreachable);
}

TEST(VenueTradeRight, IsAskedByACancelOfAnOrderThatThereNeverWas) {
  for (const Venue v : {kMexc, kSpot, kFutures}) {
    const Call c = api(v)->trade_right()->call(gateio::test::kNow);
    EXPECT_EQ(c.http.method, "DELETE") << name(v);
    EXPECT_NE(c.http.target.find("dn-check"), std::string::npos) << c.http.target;
    EXPECT_EQ(c.pool, Pool::Cancel);
  }
}

TEST(VenueTradeRight, IsProvenByTheVenueThatKnowsNoSuchOrder) {
  EXPECT_TRUE(*run(api(kMexc)->trade_right(), {answer(400, R"({"code":-2011,"msg":"Unknown order sent."})")}).answer);
  for (const Venue v : {kSpot, kFutures}) EXPECT_TRUE(*run(api(v)->trade_right(), {answer(404, R"({"label":"ORDER_NOT_FOUND"})")}).answer);
}

TEST(VenueTradeRight, IsMissingOnlyWhereTheVenueSaysSo) {
  const auto kind = [](Venue v, int status, const std::string& body) { return run(api(v)->trade_right(), {answer(status, body)}).answer->error().kind; };
  EXPECT_EQ(kind(kMexc, 400, R"({"code":700007,"msg":"No permission to access the endpoint."})"), Problem::Kind::Permission);
  EXPECT_EQ(kind(kMexc, 502, "<html>"), Problem::Kind::Unreachable);
  EXPECT_EQ(kind(kMexc, 200, "{}"), Problem::Kind::Unreachable) << "a success that there cannot be proves nothing";
  for (const Venue v : {kSpot, kFutures}) {
    EXPECT_EQ(kind(v, 403, R"({"label":"READ_ONLY","message":"read only"})"), Problem::Kind::Permission);
    EXPECT_EQ(kind(v, 403, R"({"label":"FORBIDDEN","message":"no right"})"), Problem::Kind::Permission);
    EXPECT_EQ(kind(v, 503, R"({"label":"TOO_BUSY"})"), Problem::Kind::Unreachable);
    EXPECT_EQ(kind(v, 200, "{}"), Problem::Kind::Unreachable);
  }
}

Outcome<VenueFacts> mexc_account(const std::string& fields) {
  VenueFacts facts;
  facts.instrument.symbol = *symbol_from("BTC/USDT");
  return *run(api(kMexc)->account(facts),
              {answer(200, "{" + fields + R"("balances":[]})"), answer(200, "{}"), answer(200, R"({"data":["BTCUSDT"],"code":200})")})
              .answer;
}

TEST(VenueRights, MexcTellsThemOfTheAccount) {
  EXPECT_EQ(mexc_account("").value().can_withdraw, std::nullopt);
  EXPECT_EQ(mexc_account(R"("canWithdraw":true,)").value().can_withdraw, true);
  EXPECT_EQ(mexc_account(R"("canTrade":true,"canWithdraw":false,"permissions":["SPOT"],)").value().can_withdraw, false);
  EXPECT_TRUE(mexc_account(R"("permissions":[],)")) << "no list is no refusal";
  EXPECT_EQ(mexc_account(R"("permissions":["FUTURES"],)").error().kind, Problem::Kind::Permission);
  EXPECT_EQ(mexc_account(R"("canTrade":false,)").error().kind, Problem::Kind::Permission);
}

TEST(VenueLeverage, IsThePositionsOwnOrTheContractsUsualOne) {
  const auto leverage = [](const std::string& position) {
    VenueFacts facts;
    facts.instrument = gateio::test::instrument(kFutures);
    facts.leverage = Decimal(10);
    return run(api(kFutures)->account(facts),
               {answer(200, R"({"user_id":7,"key":{"mode":1}})"), answer(200, R"({"user":7,"available":"1","position_mode":"single","in_dual_mode":false})"),
                answer(200, R"({"BTC_USDT":{"taker_fee":"0.0005","maker_fee":"0.0002"}})"), answer(200, position)})
        .answer->value()
        .leverage;
  };
  EXPECT_EQ(leverage(R"({"contract":"BTC_USDT","size":0,"mode":"single"})"), Decimal(10));
  EXPECT_EQ(leverage(R"({"contract":"BTC_USDT","size":0,"mode":"single","leverage":"0","cross_leverage_limit":"25"})"), Decimal(25));
  EXPECT_EQ(leverage(R"({"contract":"BTC_USDT","size":0,"mode":"single","leverage":"3","cross_leverage_limit":"25"})"), Decimal(3));
}

}  // namespace
}  // namespace dn::venues
