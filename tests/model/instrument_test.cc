#include "model/instrument.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string_view>

namespace dn {
namespace {

Decimal d(std::string_view text) { return *Decimal::parse(text); }
Qty qty(std::string_view text) { return Qty(d(text)); }
Price price(std::string_view text) { return Price(d(text)); }
Rate rate(std::string_view text) { return Rate(d(text)); }

Instrument btc_spot() {
  Instrument i;
  i.venue = Venue::MexcSpot;
  i.symbol = *symbol_from("BTC/USDT");
  i.tick = price("0.01");
  i.step = qty("0.00001");
  i.min_notional = Money(5);
  i.maker_fee = rate("0");
  i.taker_fee = rate("0.0005");
  return i;
}

TEST(Venue, NamesReadBack) {
  for (const Venue v : {Venue::MexcSpot, Venue::GateioSpot, Venue::GateioFutures}) {
    EXPECT_EQ(venue_from(name(v)), v);
    EXPECT_FALSE(short_name(v).empty());
  }
  EXPECT_FALSE(venue_from("MEXC_SPOT"));
  EXPECT_FALSE(venue_from(""));
  EXPECT_EQ(venue_list(), "mexc_spot, gateio_spot or gateio_futures");
}

TEST(Symbol, IsTwoDifferentCodes) {
  EXPECT_EQ(symbol_from("BTC/USDT")->str(), "BTC/USDT");
  EXPECT_EQ(symbol_from("1INCH/USDT")->base.view(), "1INCH");
  for (const std::string_view bad : {"", "BTC", "BTCUSDT", "/USDT", "BTC/", "btc/usdt", "BTC-USDT", "BTC/USDT/X", "BTC/BTC", " BTC/USDT", "BTC/US DT",
                                     "ABCDEFGHIJKLMNOPQ/USDT", "BTC/USD\n"}) {
    EXPECT_FALSE(symbol_from(bad)) << bad;
  }
}

TEST(MinTradable, IsTheLargestOfStepMinimumAndNotional) {
  Instrument i = btc_spot();
  EXPECT_EQ(i.min_tradable(price("43250")).str(), "0.00012");  // 5 / 43250 = 0.0001156…
  EXPECT_EQ(i.min_tradable(price("50000")).str(), "0.0001");   // exactly
  i.min_qty = qty("0.001");
  EXPECT_EQ(i.min_tradable(price("43250")).str(), "0.001");
  i.min_qty = qty("0.000015");  // a minimum that is no multiple of the step
  i.min_notional = Money(0);
  EXPECT_EQ(i.min_tradable(price("43250")).str(), "0.00002");
  i.min_qty = Qty(0);
  EXPECT_EQ(i.min_tradable(price("43250")).str(), "0.00001");
  EXPECT_EQ(btc_spot().min_tradable(Price(0)).str(), "0.00001");  // no price yet: only what needs none
}

// A coin priced so low that 18 places of quotient would leave 128 bits.
TEST(MinTradable, HoldsForTheCheapestCoins) {
  Instrument i = btc_spot();
  i.step = qty("1");
  i.max_notional = Money(1'000'000'000'000'000);
  EXPECT_EQ(i.min_tradable(price("0.000000000001")).str(), "5000000000000");
  EXPECT_EQ(i.max_tradable(price("0.000000000001"))->str(), "1000000000000000000000000000");
}

TEST(MaxTradable, IsTheSmallestLimitRoundedDown) {
  Instrument i = btc_spot();
  EXPECT_FALSE(i.max_tradable(price("43250")));
  i.max_qty = qty("1.000019");
  EXPECT_EQ(i.max_tradable(price("43250"))->str(), "1.00001");
  i.max_notional = Money(1000);
  EXPECT_EQ(i.max_tradable(price("43250"))->str(), "0.02312");
  i.max_qty.reset();
  EXPECT_EQ(i.max_tradable(price("43250"))->str(), "0.02312");
  EXPECT_FALSE(i.max_tradable(Price(0)));  // a value limit says nothing without a price
}

RC_GTEST_PROP(Instrument, MinimumAndMaximumKeepToTheRulesAndAreTight, ()) {
  Instrument i;
  i.step = Qty(Decimal::from_parts(*rc::gen::inRange<std::int64_t>(1, 1000), *rc::gen::inRange(0, 9)));
  i.min_qty = Qty(Decimal::from_parts(*rc::gen::inRange<std::int64_t>(0, 100'000), *rc::gen::inRange(0, 9)));
  i.min_notional = Money(Decimal::from_parts(*rc::gen::inRange<std::int64_t>(0, 10'000), *rc::gen::inRange(0, 4)));
  i.max_notional = Money(Decimal::from_parts(*rc::gen::inRange<std::int64_t>(1, 100'000'000), *rc::gen::inRange(0, 4)));
  const Price p(Decimal::from_parts(*rc::gen::inRange<std::int64_t>(1, 10'000'000), *rc::gen::inRange(0, 9)));
  const Qty least = i.min_tradable(p);
  RC_ASSERT(least.is_multiple_of(i.step));
  RC_ASSERT(least >= i.min_qty);
  RC_ASSERT(least >= i.step);
  RC_ASSERT(p * least >= i.min_notional);
  const Qty below = least - i.step;
  RC_ASSERT(below < i.min_qty || below < i.step || p * below < i.min_notional);
  const Qty most = *i.max_tradable(p);
  RC_ASSERT(most.is_multiple_of(i.step));
  RC_ASSERT(p * most <= *i.max_notional);
  RC_ASSERT(p * (most + i.step) > *i.max_notional);
}

TEST(Fees, AreTakenWhereTheVenueTakesThem) {
  Instrument i = btc_spot();
  i.fee_in = FeeIn::Quote;
  EXPECT_EQ(i.fee_asset(Side::Buy).view(), "USDT");
  EXPECT_EQ(i.fee_asset(Side::Sell).view(), "USDT");
  EXPECT_TRUE(i.base_fee_rate(Side::Buy).is_zero());
  i.fee_in = FeeIn::Received;
  EXPECT_EQ(i.fee_asset(Side::Buy).view(), "BTC");
  EXPECT_EQ(i.fee_asset(Side::Sell).view(), "USDT");
  EXPECT_EQ(i.base_fee_rate(Side::Buy).str(), "0.0005");
  EXPECT_TRUE(i.base_fee_rate(Side::Sell).is_zero());
  i.fee_in = FeeIn::Token;
  i.fee_token = Asset("MX");
  EXPECT_EQ(i.fee_asset(Side::Buy).view(), "MX");
  EXPECT_TRUE(i.base_fee_rate(Side::Buy).is_zero());
}

TEST(Fees, ATokenThatIsTheBaseCostsBaseOnBothSides) {
  Instrument i = btc_spot();
  i.symbol = *symbol_from("MX/USDT");
  i.fee_in = FeeIn::Token;
  i.fee_token = Asset("MX");
  EXPECT_EQ(i.base_fee_rate(Side::Buy).str(), "0.0005");
  EXPECT_EQ(i.base_fee_rate(Side::Sell).str(), "0.0005");
}

TEST(Fees, OfAPerpetualNeverTouchTheBase) {
  Instrument i = btc_spot();
  i.kind = InstrumentKind::Perpetual;
  i.fee_in = FeeIn::Received;
  EXPECT_EQ(i.fee_asset(Side::Buy).view(), "USDT");
  EXPECT_TRUE(i.base_fee_rate(Side::Buy).is_zero());
}

TEST(Fees, ARebateIsNoLoss) {
  Instrument i = btc_spot();
  i.fee_in = FeeIn::Received;
  i.maker_fee = rate("-0.0001");
  i.taker_fee = rate("-0.00005");
  EXPECT_TRUE(i.base_fee_rate(Side::Buy).is_zero());
}

TEST(Contracts, TurnIntoBaseOnlyHere) {
  Instrument i = btc_spot();
  i.kind = InstrumentKind::Perpetual;
  i.multiplier = qty("0.0001");
  i.step = qty("0.0001");
  EXPECT_EQ(i.to_qty(Contracts(1234)).str(), "0.1234");
  EXPECT_EQ(i.to_contracts(qty("0.1234")).str(), "1234");
  EXPECT_EQ(i.to_contracts(qty("-0.1234")).str(), "-1234");
  EXPECT_EQ(i.to_qty(i.to_contracts(qty("1.5"))).str(), "1.5");
}

TEST(ContractsDeathTest, OfASpotInstrumentAreAMistake) { EXPECT_DEATH((void)btc_spot().to_contracts(qty("1")), "contracts of a spot instrument"); }

TEST(CommonStep, IsWhatBothLegsTradeWithoutARest) {
  const auto common = [](std::string_view a, std::string_view b) {
    Instrument x;
    Instrument y;
    x.step = qty(a);
    y.step = qty(b);
    EXPECT_EQ(common_step(x, y), common_step(y, x));
    return common_step(x, y).str();
  };
  EXPECT_EQ(common("0.0001", "0.00001"), "0.0001");
  EXPECT_EQ(common("0.01", "0.015"), "0.03");
  EXPECT_EQ(common("1", "0.000001"), "1");
  EXPECT_EQ(common("0.01", "0.01"), "0.01");
  EXPECT_EQ(common("10", "4"), "20");
}

TEST(Units, MultiplyAndDivideWithTheirMeaning) {
  EXPECT_EQ((price("43250.5") * qty("0.2")).str(), "8650.1");
  EXPECT_EQ((Money(1000) * rate("0.0005")).str(), "0.5");
  EXPECT_EQ(average_price(Money(10), Qty(3)).str(), "3.333333333333");
  EXPECT_EQ(average_price(Money(10), Qty(3), 2, Rounding::Up).str(), "3.34");
  EXPECT_EQ(in_bps(d("30"), d("43250")).str(), "6.9364");
  EXPECT_EQ(in_bps(d("-1"), d("10000")).str(), "-1");
  EXPECT_EQ(bps_of(d("43250"), Bps(50)).str(), "216.25");
}

TEST(Sides, Flip) {
  for (const Side s : kSides) {
    EXPECT_NE(flip(s), s);
    EXPECT_EQ(flip(flip(s)), s);
    EXPECT_EQ(side_from(name(s)), s);
  }
  EXPECT_FALSE(side_from("BUY"));
  PerSide<int> p{1, 2};
  p[Side::Sell] = 5;
  EXPECT_EQ(p[Side::Buy] + p.sell, 6);
}

}  // namespace
}  // namespace dn
