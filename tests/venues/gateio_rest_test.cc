// What a start asks, on both markets.
#include "gateio_fixtures.h"
#include "venues/gateio/futures_rest.h"
#include "venues/gateio/spot_rest.h"

namespace dn::venues::gateio::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kBook = R"({"id":1,"asks":[["30001","0.5"],["30002","1"]],"bids":[["30000","0.25"]]})";
constexpr std::string_view kPair = R"({"id":"BTC_USDT","base":"BTC","quote":"USDT","amount_precision":6,"precision":1,"trade_status":"tradable",
  "min_base_amount":"0.000001","min_quote_amount":"3","max_base_amount":null,"max_quote_amount":"5000000"})";
constexpr std::string_view kDetail = R"({"user_id":1667201533,"key":{"mode":1},"currency_pairs":[]})";
constexpr std::string_view kFee = R"({"user_id":1,"taker_fee":"0.002","maker_fee":"0.001","gt_discount":false,"debit_fee":3})";

std::vector<std::string> targets(const std::vector<Call>& calls) {
  std::vector<std::string> out;
  for (const Call& c : calls) out.push_back(c.http.method + " " + c.http.target);
  return out;
}
std::string body(std::string_view s) { return std::string(s); }

TEST(GateioRest, ServerTime) {
  for (const Venue v : {Venue::GateioSpot, Venue::GateioFutures}) {
    const auto r = run(api_of(v)->server_time(), {answer(200, R"({"server_time":1597026383085})")});
    EXPECT_EQ(r.answer->value().us, 1'597'026'383'085'000);
    EXPECT_THAT(targets(r.calls), ElementsAre("GET /api/v4/spot/time"));
    EXPECT_EQ(header_of(r.calls[0], "SIGN"), "");
    for (const char* bad : {"{}", "[]", "null", "", "<html>", R"({"server_time":"x"})", R"({"server_time":-1})", R"({"server_time":1e40})"}) {
      EXPECT_EQ(run(api_of(v)->server_time(), {answer(200, bad)}).answer->error().kind, Problem::Kind::Unreachable) << bad;
    }
  }
}

TEST(GateioRest, SpotPairsOfTheFixtures) {
  GATE_FIXTURE(f, "markets_spot.json");
  std::vector<std::string> warnings;
  int seen = 0;
  for (const char* list : {"pairs", "older_recorded"}) {
    for (const auto p : f.root()[list].get_array()) {
      const std::string base(p["base"].get_string().value()), quote(p["quote"].get_string().value());
      const auto r = run(api_of(Venue::GateioSpot, base + "/" + quote)->market(), {answer(200, simdjson::minify(p)), answer(200, body(kBook))});
      ASSERT_TRUE(r.answer->has_value()) << r.answer->error().message;
      EXPECT_EQ(r.answer->value().instrument.status, TradingStatus::Trading);
      EXPECT_EQ(r.answer->value().top->ask_qty, qty("0.5"));
      ++seen;
    }
  }
  EXPECT_EQ(seen, 10);
}

TEST(GateioRest, SpotRules) {
  GATE_FIXTURE(f, "markets_spot.json");
  const auto r = run(api_of(Venue::GateioSpot, "ETH/USDT")->market(), {answer(200, f.at("/pairs/1")), answer(200, body(kBook))});
  const Instrument& i = r.answer->value().instrument;
  EXPECT_EQ(i.tick, price("0.01"));
  EXPECT_EQ(i.step, qty("0.0001"));
  EXPECT_EQ(i.min_qty, qty("0.001"));
  EXPECT_EQ(i.min_notional, Money(3));
  EXPECT_EQ(*i.max_qty, qty("1000"));
  EXPECT_EQ(*i.max_notional, Money(5'000'000));
  EXPECT_FALSE(i.price_band);
  EXPECT_EQ(i.fee_in, FeeIn::Received);
  EXPECT_THAT(targets(r.calls), ElementsAre("GET /api/v4/spot/currency_pairs/ETH_USDT", "GET /api/v4/spot/order_book?currency_pair=ETH_USDT&limit=5"));
}

TEST(GateioRest, SpotTradingStatus) {
  const auto status = [](std::string_view more) {
    const std::string p = R"({"id":"BTC_USDT","base":"BTC","quote":"USDT","amount_precision":6,"precision":1,)" + body(more) + "}";
    return run(api_of(Venue::GateioSpot)->market(), {answer(200, p), nothing()}).answer->value().instrument.status;
  };
  EXPECT_EQ(status(R"("trade_status":"tradable","buy_start":0,"sell_start":1608782400)"), TradingStatus::Trading);
  EXPECT_EQ(status(R"("trade_status":"untradable")"), TradingStatus::Halted);
  EXPECT_EQ(status(R"("trade_status":"buyable")"), TradingStatus::Halted);
  EXPECT_EQ(status(R"("trade_status":"sellable")"), TradingStatus::ReduceOnly);
  EXPECT_EQ(status(R"("trade_status":"something new")"), TradingStatus::Halted);
  EXPECT_EQ(status(R"("x":1)"), TradingStatus::Halted);
  EXPECT_EQ(status(R"("trade_status":"tradable","buy_start":1800000000)"), TradingStatus::Halted);
  EXPECT_EQ(status(R"("trade_status":"tradable","delisting_time":1600000000)"), TradingStatus::Halted);
  EXPECT_EQ(status(R"("trade_status":"tradable","delisting_time":0)"), TradingStatus::Trading);
}

TEST(GateioRest, AMarketWithoutABookHasNoTop) {
  const auto r = run(api_of(Venue::GateioSpot)->market(), {answer(200, body(kPair)), answer(502, "<html>")});
  EXPECT_FALSE(r.answer->value().top);
  EXPECT_EQ(run(ready(Venue::GateioSpot)->top_of_book(), {answer(200, R"({"asks":[],"bids":[["1","2"]]})")}).answer->error().kind, Problem::Kind::Unreachable);
  EXPECT_EQ(run(ready(Venue::GateioSpot)->top_of_book(), {answer(200, body(kBook))}).answer->value().bid, price("30000"));
}

TEST(GateioRest, UnknownSymbolsAreAConfigProblem) {
  const auto spot = run(api_of(Venue::GateioSpot)->market(), {answer(400, R"({"label":"INVALID_CURRENCY_PAIR","message":"Invalid currency pair"})")});
  EXPECT_EQ(spot.answer->error().kind, Problem::Kind::Config);
  const auto futures = run(api_of(Venue::GateioFutures)->market(), {answer(404, R"({"label":"CONTRACT_NOT_FOUND"})")});
  EXPECT_EQ(futures.answer->error().kind, Problem::Kind::Config);
}

TEST(GateioRest, SpotAccountClassic) {
  VenueFacts facts;
  facts.instrument = instrument(Venue::GateioSpot);
  const auto r = run(api_of(Venue::GateioSpot)->account(facts),
                     {answer(200, body(kDetail)), answer(200, body(kFee)),
                      answer(200, R"([{"currency":"USDT","available":"42264489969935775.5160259954878034182418","locked":"1.1","update_id":98}])")});
  ASSERT_TRUE(r.answer->has_value()) << r.answer->error().message;
  const VenueFacts& f = r.answer->value();
  EXPECT_EQ(f.instrument.taker_fee, Rate(*Decimal::parse("0.002")));
  EXPECT_EQ(f.instrument.maker_fee, Rate(*Decimal::parse("0.001")));
  EXPECT_EQ(f.instrument.fee_in, FeeIn::Received);
  EXPECT_EQ(f.free.at(Asset("USDT")).str(), "42264489969935775.51");
  EXPECT_TRUE(f.free.at(Asset("BTC")).is_zero());
  EXPECT_FALSE(f.total.contains(Asset("USDT"))) << "more digits than exact sums have room for";
  EXPECT_TRUE(f.total.at(Asset("BTC")).is_zero());
  EXPECT_THAT(targets(r.calls), ElementsAre("GET /api/v4/account/detail", "GET /api/v4/wallet/fee?currency_pair=BTC_USDT", "GET /api/v4/spot/accounts"));
}

TEST(GateioRest, WhatASpotAccountHasIsToldWithWhatOrdersHold) {
  const auto r = run(api_of(Venue::GateioSpot)->account({}),
                     {answer(200, body(kDetail)), answer(200, body(kFee)),
                      answer(200, R"([{"currency":"USDT","available":"100.000000000000000001","locked":"1.1"},{"currency":"BTC","available":"2"}])")});
  EXPECT_EQ(r.answer->value().total.at(Asset("USDT")).str(), "101.100000000000000001");
  EXPECT_FALSE(r.answer->value().total.contains(Asset("BTC"))) << "what orders hold of it is not told";
}

TEST(GateioRest, SpotAccountUnified) {
  GATE_FIXTURE(f, "wallet_account_unified_docs.json");
  const std::string unified = f.at("/endpoints/GET ~1unified~1accounts/response");
  const std::string fee = f.at("/endpoints/GET ~1wallet~1fee/response");
  ASSERT_FALSE(unified.empty());
  const std::string detail = R"({"user_id":"7","key":{"mode":2}})";
  const auto r = run(api_of(Venue::GateioSpot, "ETH/USDT")->account({}), {answer(200, detail), answer(200, fee), answer(200, unified)});
  EXPECT_EQ(r.answer->value().free.at(Asset("USDT")).str(), "0.00000062023");
  EXPECT_TRUE(r.answer->value().total.empty()) << "what it has moves with its other markets";
  EXPECT_THAT(r.answer->value().warnings, ElementsAre(HasSubstr("unified")));
  // The mode said unified, the account does not: classic after all.
  for (const char* label : {"INVALID_UNIFIED_ACCOUNT", "UNIFIED_ACCOUNT_NOT_ACTIVATED", "USER_NOT_FOUND"}) {
    const auto c =
        run(api_of(Venue::GateioSpot)->account({}), {answer(200, detail), answer(200, fee), answer(400, std::string(R"({"label":")") + label + "\"}"),
                                                     answer(200, R"([{"currency":"BTC","available":"2"}])")});
    EXPECT_EQ(c.answer->value().free.at(Asset("BTC")).str(), "2") << label;
  }
  // And the other way round.
  const auto u = run(api_of(Venue::GateioSpot)->account({}),
                     {answer(200, body(kDetail)), answer(200, fee), answer(400, R"({"label":"UNIFIED_ACCOUNT_ONLY"})"), answer(200, unified)});
  EXPECT_TRUE(u.answer->has_value());
  EXPECT_EQ(u.calls.back().http.target, "/api/v4/unified/accounts");
}

TEST(GateioRest, SpotFeesInGt) {
  const std::string fee = R"({"taker_fee":"0.002","maker_fee":"0.002","gt_discount":true,"gt_taker_fee":"0.0015","gt_maker_fee":"0.0014","debit_fee":1})";
  const auto with =
      run(api_of(Venue::GateioSpot)->account({}), {answer(200, body(kDetail)), answer(200, fee), answer(200, R"([{"currency":"GT","available":"3"}])"),
                                                   answer(200, R"([{"currency_pair":"GT_USDT","last":"7.5"}])")});
  EXPECT_EQ(with.calls.back().http.target, "/api/v4/spot/tickers?currency_pair=GT_USDT");
  const Instrument& i = with.answer->value().instrument;
  EXPECT_EQ(i.fee_in, FeeIn::Token);
  EXPECT_EQ(i.fee_token, Asset("GT"));
  EXPECT_EQ(i.fee_token_price, price("7.5"));
  EXPECT_EQ(i.maker_fee, Rate(*Decimal::parse("0.0014")));
  // Without GT the fee comes out of what is received.
  const auto without = run(api_of(Venue::GateioSpot)->account({}), {answer(200, body(kDetail)), answer(200, fee), answer(200, "[]")});
  EXPECT_EQ(without.answer->value().instrument.fee_in, FeeIn::Received);
  EXPECT_EQ(without.answer->value().warnings.size(), 1U);
}

TEST(GateioRest, AKeyWithoutWalletRightsStillTellsItsFees) {
  const auto r = run(api_of(Venue::GateioSpot)->account({}),
                     {answer(403, R"({"label":"FORBIDDEN"})"), answer(403, R"({"label":"FORBIDDEN"})"), answer(200, body(kFee)), answer(200, "[]")});
  EXPECT_TRUE(r.answer->has_value());
  EXPECT_EQ(r.calls[2].http.target, "/api/v4/spot/fee?currency_pair=BTC_USDT");
}

TEST(GateioRest, ProblemsOfTheKeySayWhatToDo) {
  struct Case {
    int status;
    const char* body;
    Problem::Kind kind;
    const char* says;
  };
  for (const Case& c :
       {Case{401, R"({"label":"INVALID_KEY","message":"Invalid key provided"})", Problem::Kind::Permission, "`key`"},
        Case{401, R"({"label":"INVALID_SIGNATURE","message":"Signature mismatch"})", Problem::Kind::Permission, "`secret`"},
        Case{403, R"({"label":"FORBIDDEN","message":"Request IP not in whitelist: 1.1.1.1"})", Problem::Kind::Permission, "whitelist"},
        Case{403, R"({"label":"IP_FORBIDDEN"})", Problem::Kind::Permission, "whitelist"},
        Case{403, R"({"label":"READ_ONLY"})", Problem::Kind::Permission, "read-write"},
        Case{403, R"({"label":"REQUEST_EXPIRED","message":"gap"})", Problem::Kind::Clock, "clock"},
        Case{429, R"({"label":"TOO_MANY_REQUESTS"})", Problem::Kind::Unreachable, "TOO_MANY_REQUESTS"},
        Case{500, R"({"label":"SERVER_ERROR"})", Problem::Kind::Unreachable, "HTTP 500"}, Case{502, "<html>", Problem::Kind::Unreachable, "502"},
        Case{400, R"({"label":"SOMETHING_NEW"})", Problem::Kind::Unreachable, "SOMETHING_NEW"}}) {
    for (const Venue v : {Venue::GateioSpot, Venue::GateioFutures}) {
      const auto r = run(api_of(v)->account({}), {answer(c.status, c.body)});
      ASSERT_FALSE(r.answer->has_value());
      EXPECT_EQ(r.answer->error().kind, c.kind) << c.body;
      EXPECT_THAT(r.answer->error().message, HasSubstr(c.says)) << c.body;
    }
  }
  EXPECT_EQ(run(api_of(Venue::GateioSpot)->account({}), {nothing()}).answer->error().kind, Problem::Kind::Unreachable);
}

// Wherever a recorded error comes in the row of questions, the account ends with an answer.
TEST(GateioRest, EveryRecordedErrorEndsTheQuestion) {
  GATE_FIXTURE(f, "errors.json");
  for (const auto e : f.root()["errors"].get_array()) {
    const auto status = static_cast<int>(e["http_status"].get_int64().value());
    const std::string text = simdjson::minify(e["body"]);
    for (const Venue v : {Venue::GateioSpot, Venue::GateioFutures}) {
      EXPECT_TRUE(run(api_of(v)->account({}), {answer(status, text)}).answer) << text;
      EXPECT_TRUE(run(api_of(v)->account({}), {answer(200, body(kDetail)), answer(status, text)}).answer) << text;
      EXPECT_TRUE(run(api_of(v)->market(), {answer(status, text)}).answer) << text;
    }
  }
}

// ---- futures

constexpr std::string_view kWallet =
    R"({"user":16792411,"currency":"USDT","available":"954.330842371984","total":"990","in_dual_mode":false,"position_mode":"single","margin_mode":0})";
constexpr std::string_view kFuturesFee = R"({"BTC_USDT":{"taker_fee":"0.0005","maker_fee":"-0.0001"}})";

TEST(GateioRest, ContractsOfTheFixtures) {
  GATE_FIXTURE(f, "markets_futures.json");
  for (const auto c : f.root()["contracts"].get_array()) {
    std::string name(c["name"].get_string().value());
    name.replace(name.find('_'), 1, "/");
    const auto r = run(api_of(Venue::GateioFutures, name)->market(),
                       {answer(200, simdjson::minify(c)), answer(200, R"({"asks":[{"p":"2","s":7}],"bids":[{"p":"1","s":"3"}]})")});
    ASSERT_TRUE(r.answer->has_value()) << name << r.answer->error().message;
    EXPECT_EQ(header_of(r.calls[0], "X-Gate-Size-Decimal"), "1");
    EXPECT_EQ(header_of(r.calls[1], "X-Gate-Size-Decimal"), "1");
    const Instrument& i = r.answer->value().instrument;
    EXPECT_EQ(i.kind, InstrumentKind::Perpetual);
    EXPECT_TRUE(i.step.is_positive());
    EXPECT_GE(i.min_qty, i.step);
    EXPECT_EQ(r.answer->value().top->ask_qty, Qty(i.multiplier.decimal() * Decimal(7)));
  }
  const auto btc = run(api_of(Venue::GateioFutures)->market(), {answer(200, f.at("/contracts/0")), nothing()}).answer->value().instrument;
  EXPECT_EQ(btc.multiplier, qty("0.0001"));
  EXPECT_EQ(btc.step, qty("0.0001"));
  EXPECT_EQ(btc.min_qty, qty("0.0001"));
  EXPECT_EQ(*btc.max_qty, qty("1200"));
  EXPECT_EQ(btc.tick, price("0.1"));
  EXPECT_EQ(*btc.price_band, Rate(*Decimal::parse("0.04")));
  // Fractions of a contract: without and with the header the same.
  for (const char* where : {"/contracts/1"}) {
    const auto eth = run(api_of(Venue::GateioFutures, "ETH/USDT")->market(), {answer(200, f.at(where)), nothing()}).answer->value().instrument;
    EXPECT_EQ(eth.step, qty("0.001"));
    EXPECT_EQ(eth.min_qty, qty("0.001"));
  }
  const auto raw = run(api_of(Venue::GateioFutures, "0G/USDT")->market(), {answer(200, f.at("/raw_recording_0G_USDT")), nothing()});
  EXPECT_EQ(raw.answer->value().instrument.step, qty("1"));
}

TEST(GateioRest, ContractStatus) {
  const auto read = [](std::string_view more) {
    const std::string c = R"({"name":"BTC_USDT","type":"direct","quanto_multiplier":"0.0001","order_price_round":"0.1",)" + body(more) + "}";
    return run(api_of(Venue::GateioFutures)->market(), {answer(200, c), nothing()});
  };
  EXPECT_EQ(read(R"("in_delisting":false,"status":"trading")").answer->value().instrument.status, TradingStatus::Trading);
  EXPECT_EQ(read(R"("in_delisting":true,"status":"trading")").answer->value().instrument.status, TradingStatus::ReduceOnly);
  EXPECT_EQ(read(R"("status":"delisting")").answer->value().instrument.status, TradingStatus::ReduceOnly);
  EXPECT_EQ(read(R"("status":"circuit_breaker")").answer->value().instrument.status, TradingStatus::Halted);
  EXPECT_EQ(read(R"("status":"prelaunch")").answer->value().instrument.status, TradingStatus::Halted);
  const auto decimal = read(R"("enable_decimal":true,"order_size_min":"0.1")");
  EXPECT_EQ(decimal.answer->value().instrument.step, qty("0.00001"));
}

TEST(GateioRest, FuturesAccount) {
  VenueFacts facts;
  facts.instrument = instrument(Venue::GateioFutures);
  auto api = api_of(Venue::GateioFutures);
  const auto r = run(api->account(facts), {answer(200, body(kDetail)), answer(200, body(kWallet)), answer(200, body(kFuturesFee)),
                                           answer(200, R"({"contract":"BTC_USDT","size":"-9440","mode":"single","leverage":"5","entry_price":"30000.5"})")});
  ASSERT_TRUE(r.answer->has_value()) << r.answer->error().message;
  const VenueFacts& f = r.answer->value();
  EXPECT_EQ(f.position, qty("-0.944"));
  EXPECT_EQ(f.free.at(Asset("USDT")).str(), "954.330842371984");
  EXPECT_EQ(f.entry, price("30000.5"));
  EXPECT_TRUE(f.total.contains(Asset("USDT")));
  EXPECT_EQ(f.instrument.maker_fee, Rate(*Decimal::parse("-0.0001")));
  EXPECT_THAT(f.warnings, ElementsAre(HasSubstr("isolated")));
  EXPECT_THAT(targets(r.calls), ElementsAre("GET /api/v4/account/detail", "GET /api/v4/futures/usdt/accounts", "GET /api/v4/futures/usdt/fee?contract=BTC_USDT",
                                            "GET /api/v4/futures/usdt/positions/BTC_USDT"));
  // The streams need no ticket now: the user id is known.
  EXPECT_EQ(api->private_stream()->ticket(), nullptr);
  EXPECT_THAT(api->private_stream()->opened(kNow)[0].payload, HasSubstr(R"("payload":["1667201533","!all"])"));
}

TEST(GateioRest, FuturesPositionsAndModes) {
  const auto account = [](std::string_view wallet, int status, std::string_view position) {
    VenueFacts facts;
    facts.instrument = instrument(Venue::GateioFutures);
    return *run(api_of(Venue::GateioFutures)->account(facts),
                {answer(200, body(kDetail)), answer(200, body(wallet)), answer(200, body(kFuturesFee)), answer(status, body(position))})
                .answer;
  };
  for (const int status : {400, 404}) EXPECT_TRUE(account(kWallet, status, R"({"label":"POSITION_NOT_FOUND"})").value().position.is_zero());
  EXPECT_EQ(account(kWallet, 200, R"({"contract":"BTC_USDT","size":3,"mode":"single"})").value().position, qty("0.0003"));
  EXPECT_EQ(account(kWallet, 200, R"({"contract":"BTC_USDT","size":"1.5","mode":"single"})").value().position, qty("0.00015"));
  EXPECT_EQ(account(kWallet, 400, R"({"label":"POSITION_DUAL_MODE"})").error().kind, Problem::Kind::Config);
  EXPECT_EQ(account(kWallet, 200, R"({"contract":"BTC_USDT","size":"1","mode":"dual_long"})").error().kind, Problem::Kind::Config);
  for (const char* dual :
       {R"({"user":1,"available":"1","in_dual_mode":true})", R"({"user":1,"available":"1","in_dual_mode":false,"position_mode":"dual_plus"})",
        R"({"user":1,"available":"1","position_mode":"dual"})", R"({"user":1,"available":"1","position_mode":"triple","in_dual_mode":false})"}) {
    const auto r = account(dual, 400, R"({"label":"POSITION_NOT_FOUND"})");
    EXPECT_EQ(r.error().kind, Problem::Kind::Config) << dual;
    EXPECT_THAT(r.error().message, HasSubstr("one-way")) << dual;
  }
  EXPECT_FALSE(account(R"({"user":1,"available":"1"})", 400, R"({"label":"POSITION_NOT_FOUND"})").has_value());
  const auto unfunded = run(api_of(Venue::GateioFutures)->account({}),
                            {answer(200, body(kDetail)), answer(400, R"({"label":"USER_NOT_FOUND","message":"please transfer funds first"})")});
  EXPECT_EQ(unfunded.answer->error().kind, Problem::Kind::Config);
  EXPECT_THAT(unfunded.answer->error().message, HasSubstr("transfer"));
}

TEST(GateioRest, FuturesUnifiedMargin) {
  GATE_FIXTURE(f, "wallet_account_unified_docs.json");
  VenueFacts facts;
  facts.instrument = instrument(Venue::GateioFutures);
  const std::string wallet = R"({"user":1,"available":"1","position_mode":"single","in_dual_mode":false,"margin_mode":1})";
  const auto r = run(api_of(Venue::GateioFutures)->account(facts),
                     {answer(200, body(kDetail)), answer(200, wallet), answer(200, f.at("/endpoints/GET ~1unified~1accounts/response")),
                      answer(200, body(kFuturesFee)), answer(404, R"({"label":"POSITION_NOT_FOUND"})")});
  EXPECT_EQ(r.answer->value().free.at(Asset("USDT")).str(), "0.00000062023");
}

TEST(GateioRest, FuturesAccountsOfTheFixtures) {
  GATE_FIXTURE(real, "futures_rest_real.json");
  GATE_FIXTURE(docs, "futures_rest_docs.json");
  for (const std::string& wallet : {real.at("/account_classic_dual_2025_01"), docs.at("/endpoints/GET ~1futures~1{settle}~1accounts/response")}) {
    ASSERT_FALSE(wallet.empty());
    const auto r = run(api_of(Venue::GateioFutures)->account({}), {answer(200, body(kDetail)), answer(200, wallet)});
    EXPECT_EQ(r.answer->error().kind, Problem::Kind::Config);  // both are in dual mode
  }
  VenueFacts facts;
  facts.instrument.multiplier = qty("0.1");
  const auto r = run(api_of(Venue::GateioFutures, "LTC/USDT")->account(facts),
                     {answer(200, body(kDetail)), answer(200, body(kWallet)), answer(200, R"({"LTC_USDT":{"taker_fee":"0.0005","maker_fee":"0.0002"}})"),
                      answer(200, real.at("/position_long_2024_01"))});
  EXPECT_EQ(r.answer->value().position, qty("0.1"));
}

TEST(GateioRest, Countdown) {
  const auto spot = run(ready(Venue::GateioSpot)->cancel_all_after(Dur::seconds(30)), {answer(200, R"({"triggerTime":"1660039145000"})")});
  EXPECT_EQ(spot.answer->value().us, 1'660'039'145'000'000);
  EXPECT_EQ(spot.calls[0].http.body, R"({"timeout":30,"currency_pair":"BTC_USDT"})");
  const auto futures = run(ready(Venue::GateioFutures)->cancel_all_after(Dur::millis(1)), {answer(200, R"({"triggerTime":1660039145000})")});
  EXPECT_EQ(futures.answer->value().us, 1'660'039'145'000'000);
  EXPECT_EQ(futures.calls[0].http.target, "/api/v4/futures/usdt/countdown_cancel_all");
  EXPECT_EQ(futures.calls[0].http.body, R"({"timeout":5,"contract":"BTC_USDT"})");
  EXPECT_EQ(ready(Venue::GateioSpot)->cancel_all_after(Dur{})->call(kNow).http.body, R"({"timeout":0,"currency_pair":"BTC_USDT"})");
  EXPECT_FALSE(run(ready(Venue::GateioSpot)->cancel_all_after(Dur::seconds(30)), {answer(500, "")}).answer->has_value());
}

}  // namespace
}  // namespace dn::venues::gateio::test
