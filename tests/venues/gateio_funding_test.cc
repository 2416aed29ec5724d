// Funding of a Gate.io contract: its terms, and the account's payments.
#include "gateio_fixtures.h"

namespace dn::venues::gateio::test {
namespace {

// As the venue documents them (GET /futures/usdt/contracts/BTC_USDT, GET /futures/usdt/account_book), shortened.
const std::string kContract = R"({"name":"BTC_USDT","type":"direct","quanto_multiplier":"0.0001","order_price_round":"0.1","order_size_min":1,
  "order_size_max":1000000,"funding_rate":"0.002053","funding_interval":28800,"funding_next_apply":1700006400})";
const std::string kBook = R"([
  {"time":1699977600.123456,"change":"-0.000010152188","balance":"4.59","text":"BTC_USDT","type":"fund","contract":"BTC_USDT","trade_id":"","id":"12"},
  {"time":1699948800,"change":"1.25","balance":"4.6","text":"BTC_USDT","type":"fund","contract":"BTC_USDT","trade_id":"","id":"11"}])";

Outcome<FundingReport> ask(std::vector<wire::HttpResponse> answers, std::vector<Call>* calls = nullptr) {
  auto r = run(ready(Venue::GateioFutures)->funding(Time{1'699'940'000'500'000}), std::move(answers));
  if (calls != nullptr) *calls = r.calls;
  return std::move(*r.answer);
}

TEST(GateFunding, TellsTheNextSettlementAndEveryPayment) {
  std::vector<Call> calls;
  const auto told = ask({answer(200, kContract), answer(200, kBook)}, &calls);
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->answered);
  EXPECT_EQ(told->terms, (FundingTerms{Rate(*Decimal::parse("0.002053")), Dur::hours(8), Time{1'700'006'400'000'000}}));
  ASSERT_EQ(told->payments.size(), 2U);
  EXPECT_EQ(told->payments[0].id.view(), "12");
  EXPECT_EQ(told->payments[0].amount, Money(*Decimal::parse("-0.000010152188"))) << "a negative change was paid";
  EXPECT_EQ(told->payments[0].time, Time{1'699'977'600'123'456});
  EXPECT_EQ(told->payments[1].amount, Money(*Decimal::parse("1.25")));
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_THAT(calls[0].http.target, testing::HasSubstr("/futures/usdt/contracts/BTC_USDT"));
  EXPECT_THAT(calls[1].http.target, testing::HasSubstr("/futures/usdt/account_book?contract=BTC_USDT&type=fund&from=1699940000&limit=1000&offset=0"));
}

TEST(GateFunding, RowsOfOtherKindsAndContractsAreNone) {
  const std::string rows = R"([{"time":1,"change":"-2","type":"fee","text":"BTC_USDT:1","contract":"BTC_USDT","id":"1"},
    {"time":2,"change":"-2","type":"fund","text":"ETH_USDT","contract":"ETH_USDT","id":"2"}])";
  const auto told = ask({answer(200, kContract), answer(200, rows)});
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->payments.empty());
}

TEST(GateFunding, AnOlderRowWithoutAnIdIsKnownByItsContractAndTime) {
  const auto told = ask({answer(200, kContract), answer(200, R"([{"time":1700000000,"change":"-2","type":"fund","text":"BTC_USDT"}])")});
  ASSERT_TRUE(told);
  ASSERT_EQ(told->payments.size(), 1U);
  EXPECT_EQ(told->payments[0].id.view(), "BTC_USDT-1700000000");
}

TEST(GateFunding, HalfAnAnswerIsNone) {
  EXPECT_FALSE(ask({nothing()}));
  EXPECT_FALSE(ask({answer(200, kContract), nothing()}));
  EXPECT_FALSE(ask({answer(200, kContract), answer(200, R"({"not":"a list"})")}));
  EXPECT_FALSE(ask({answer(200, kContract), answer(200, R"([{"time":1,"change":"many","type":"fund","contract":"BTC_USDT","id":"1"}])")}))
      << "a payment that cannot be read is not left out";
}

TEST(GateFunding, AContractWithoutATimeTellsNoTerms) {
  const auto told = ask({answer(200, R"({"name":"BTC_USDT","funding_rate":"0.0001","funding_interval":28800})"), answer(200, "[]")});
  ASSERT_TRUE(told);
  EXPECT_EQ(told->terms.interval, Dur{});
}

TEST(GateFunding, SpotHasNone) { EXPECT_EQ(ready(Venue::GateioSpot)->funding(kNow), nullptr); }

}  // namespace
}  // namespace dn::venues::gateio::test
