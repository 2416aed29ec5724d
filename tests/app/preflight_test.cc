// The numbers that a person is told before a task trades, and what the pre-flight makes of them. Reckoned by hand in the comments.
#include <gmock/gmock.h>

#include "desk.h"

namespace dn::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(PreflightNumbers, BreakEvenIsTheFeesOfBothQuotes) {
  Desk desk;
  EXPECT_EQ(desk.numbers().break_even, Bps(10));  // 5 + 5 bps, both makers
  desk.spec.lead = Lead::Buy;                     // the sell side hedges: a taker
  EXPECT_EQ(desk.numbers().break_even, Bps(15));
  EXPECT_EQ(desk.numbers().leg.sell->price, price("101"));
  EXPECT_TRUE(desk.numbers().leg.sell->hedges);
}

TEST(PreflightNumbers, TheWorstCaseIsASliceTakenBackAtTheSlippageLimit) {
  Desk desk;
  // The dearer side: 0.1 sold at 101.02 less 0.1 %, bought back 50 bps above the ask of 101.02 and 0.1 %: 10.102 × (1.005 × 1.001 - 0.999).
  EXPECT_EQ(desk.numbers().worst_slice, Money(d("0.07076451")));
  desk.spec.risk.max_slippage_bps = Bps(100);
  EXPECT_EQ(desk.numbers().worst_slice, Money(d("0.12132502")));  // 10.102 × (1.01 × 1.001 - 0.999)
  desk.market.instruments.buy.taker_fee = Rate(d("0.01"));        // bought at 100 and 1 %, sold 1 % lower less 1 %
  EXPECT_EQ(desk.numbers().worst_slice, Money(d("0.299")));
  desk.market.top.sell.reset();
  EXPECT_EQ(desk.numbers().worst_slice, std::nullopt);
}

TEST(PreflightNumbers, DustIsWhatNoStepTakes) {
  Desk desk;
  desk.spec.total_quantity = qty("1.0004");
  EXPECT_EQ(desk.numbers().left_out, qty("0.0004"));
  EXPECT_EQ(desk.numbers().carried, Qty{});
  desk.market.instruments.buy.fee_in = FeeIn::Received;  // 1 BTC less 0.001 of it is a multiple of the step; of 0.5 it is not
  EXPECT_EQ(desk.numbers().carried, Qty{});
  desk.spec.total_quantity = qty("0.5");
  EXPECT_EQ(desk.numbers().carried, qty("0.0005"));
}

TEST(PreflightNumbers, ASliceAgainstTheBook) {
  const venues::Depth book{{{price("100"), qty("1")}, {price("99"), qty("3")}}, {{price("101"), qty("0.05")}, {price("102"), qty("0.15")}}};
  const auto bought = share_of_depth(book, Side::Buy, qty("0.1"));
  ASSERT_TRUE(bought);
  EXPECT_EQ(bought->visible, qty("0.2"));
  EXPECT_EQ(bought->levels, 2U);
  EXPECT_EQ(bought->percent, Decimal(50));
  EXPECT_EQ(bought->cost, Bps(d("49.5")));  // at 101.5 on average, against 101
  const auto sold = share_of_depth(book, Side::Sell, qty("0.1"));
  ASSERT_TRUE(sold);
  EXPECT_EQ(sold->percent, d("2.5"));
  EXPECT_EQ(sold->cost, Bps(0));
  EXPECT_EQ(share_of_depth(book, Side::Buy, qty("0.21"))->cost, std::nullopt) << "more than is visible";
  EXPECT_EQ(share_of_depth({}, Side::Buy, qty("0.1")), std::nullopt);
}

TEST(PreflightNumbers, ABuyNeedsItsFeeInQuoteAsWellAndASaleNeedsTheCoin) {
  Desk desk;
  const auto buy = desk.need(Side::Buy);
  ASSERT_TRUE(buy);
  EXPECT_EQ(buy->asset, Asset("USDT"));
  EXPECT_EQ(buy->slice, d("10.01"));
  EXPECT_EQ(buy->whole, d("100.1"));
  desk.market.instruments.buy.fee_in = FeeIn::Received;
  EXPECT_EQ(desk.need(Side::Buy)->whole, d("100"));
  const auto sell = desk.need(Side::Sell);
  EXPECT_EQ(sell->asset, Asset("BTC"));
  EXPECT_EQ(sell->whole, d("1"));
}

TEST(PreflightNumbers, WhatIsDoneOrRestsIsNotNeededAgain) {
  const Desk desk;
  const Progress progress{{qty("0.4"), qty("0.95")}, {qty("0.1"), {}}};
  EXPECT_EQ(desk.need(Side::Buy, progress)->whole, d("50.05"));
  EXPECT_EQ(desk.need(Side::Sell, progress)->whole, d("0.05"));
  EXPECT_EQ(desk.need(Side::Sell, progress)->slice, d("0.05")) << "the last slice is what is left";
}

TEST(PreflightNumbers, OnOneAccountASliceIsEnough) {
  Desk desk;
  desk.spec.leg.sell.exchange = Venue::MexcSpot;
  EXPECT_EQ(desk.need(Side::Sell)->whole, d("0.1"));
  EXPECT_EQ(desk.need(Side::Buy)->whole, d("10.01"));
}

TEST(PreflightNumbers, APerpetualNeedsMarginAtItsLeverageOrThePositionThatItReduces) {
  Desk desk;
  desk.futures(Side::Sell);
  EXPECT_EQ(desk.need(Side::Sell)->whole, d("101.12102")) << "nothing is told: the whole value and the fee";
  desk.market.funds.sell->leverage = Decimal(10);
  EXPECT_EQ(desk.need(Side::Sell)->whole, d("10.20302"));
  desk.spec.direction = Direction::Close;
  EXPECT_EQ(desk.need(Side::Sell), std::nullopt);
  EXPECT_EQ(desk.check("balance", 1).code, ExitCode::Refused);
  desk.market.funds.sell->position = qty("-1");
  EXPECT_EQ(desk.check("balance", 1).code, ExitCode::Refused) << "a sale does not reduce what is short";
  desk.market.funds.sell->position = qty("1");
  EXPECT_EQ(desk.check("balance", 1).status, CheckStatus::Ok);
}

TEST(Preflight, ATaskBeginsWithTheFirstSliceOfBothLegsOrNotAtAll) {
  Desk desk;
  EXPECT_THAT(desk.missing(), IsEmpty());
  desk.market.funds.buy->free[Asset("USDT")] = d("10.009");
  EXPECT_THAT(desk.missing(), ElementsAre("mexc_spot: the buy leg needs 10.01 USDT for its first slice, and 10.009 are free"));
  desk.market.funds.buy->free[Asset("USDT")] = d("10.01");
  EXPECT_THAT(desk.missing(), IsEmpty());
  EXPECT_EQ(desk.check("balance").code, ExitCode::Refused) << "the check asks for the whole task";
  desk.market.funds.sell->free.erase(Asset("BTC"));
  EXPECT_THAT(desk.missing(), ElementsAre(HasSubstr("gateio_spot: the sell leg needs 0.1 BTC for its first slice, and 0 are free")));
  EXPECT_THAT(desk.missing({{qty("1"), qty("1")}, {}}), IsEmpty()) << "nothing is left to do";
}

TEST(Preflight, WhatWouldHaltAtItsFirstSliceIsRefusedBeforeIt) {
  const auto limits = [](auto change) {
    Desk desk;
    change(desk.spec.risk, desk.spec.order_quantity);
    return desk.check("limits");
  };
  const Check position = limits([](RiskSpec& r, const Qty& slice) { r.max_position = slice - qty("0.001"); });
  EXPECT_EQ(position.code, ExitCode::Refused);
  EXPECT_THAT(position.message, HasSubstr("max_position"));
  const Check orders = limits([](RiskSpec& r, const Qty&) { r.max_orders_per_run = 1; });
  EXPECT_EQ(orders.code, ExitCode::Refused);
  EXPECT_THAT(orders.message, HasSubstr("max_orders_per_run"));
  const Check value = limits([](RiskSpec& r, const Qty&) { r.max_notional = Money(1); });
  EXPECT_EQ(value.code, ExitCode::Refused);
  EXPECT_THAT(value.message, HasSubstr("max_notional"));
}

TEST(Preflight, ATaskKeepsToItsShareOfTheBalance) {
  Desk desk;
  desk.market.funds.buy->free = {{Asset("USDT"), d("1000")}};  // 100 of it is traded
  EXPECT_EQ(desk.check("capital").code, ExitCode::Refused);
  EXPECT_THAT(desk.check("capital").message, HasSubstr("1000 bps"));
  EXPECT_THAT(desk.missing(), ElementsAre(HasSubstr("at most 500 bps"))) << "5 % where nothing is written";
  desk.spec.risk.max_capital_fraction = Rate(d("0.0999"));
  EXPECT_THAT(desk.missing(), ElementsAre(HasSubstr("max_capital_fraction")));
  desk.spec.risk.max_capital_fraction = Rate(d("0.1"));
  EXPECT_THAT(desk.missing(), IsEmpty());
  EXPECT_EQ(desk.check("capital").status, CheckStatus::Ok);
  desk.market.funds.buy->free = {{Asset("USDT"), d("600")}};  // a sixth: the values are compared, and not what is shown of them
  desk.spec.risk.max_capital_fraction = Rate(d("0.16666667"));
  EXPECT_THAT(desk.missing(), IsEmpty());
  desk.spec.risk.max_capital_fraction = Rate(d("0.16666666"));
  EXPECT_THAT(desk.missing(),
              ElementsAre(HasSubstr("trades 100 USDT, 1666.67 bps of what the account has on mexc_spot (600); at most 1666.67 bps (99.999996)")));
  desk.market.funds.buy->free = {{Asset("USDT"), d("1000")}};
  desk.spec.risk.max_capital_fraction = Rate(d("0.1"));
  desk.spec.order_quantity = qty("0.6");
  EXPECT_EQ(desk.check("order_size").status, CheckStatus::Warn);
}

TEST(Preflight, AWorstCaseAboveMaxLossIsRefused) {
  Desk desk;
  EXPECT_EQ(desk.check("worst_case").status, CheckStatus::Ok);
  desk.spec.risk.max_loss = Money(d("0.07076450"));
  const Check c = desk.check("worst_case");
  EXPECT_EQ(c.code, ExitCode::Refused);
  EXPECT_THAT(c.message, HasSubstr("0.07076451"));
  desk.spec.risk.max_loss = Money(d("0.07076451"));
  EXPECT_EQ(desk.check("worst_case").status, CheckStatus::Ok);
}

TEST(Preflight, AdviceComesWithItsNumbers) {
  Desk desk;
  EXPECT_EQ(desk.check("delay").status, CheckStatus::Ok);
  desk.spec.delay = Dur::millis(49);
  EXPECT_EQ(desk.check("delay").status, CheckStatus::Warn);
  desk.spec.delay = Dur::millis(201);
  EXPECT_THAT(desk.check("delay").message, HasSubstr("201ms"));
  EXPECT_EQ(desk.check("hold").status, CheckStatus::Ok);
  desk.spec.risk.max_hold = Dur::minutes(59);
  EXPECT_EQ(desk.check("hold").status, CheckStatus::Warn);
  // The spread is 2 ticks: 2 to 4 are fine.
  EXPECT_EQ(desk.check("tolerance").status, CheckStatus::Warn);
  desk.spec.leg.buy.tick_tolerance = 4;
  EXPECT_EQ(desk.check("tolerance").status, CheckStatus::Ok);
  desk.spec.leg.buy.tick_tolerance = 5;
  EXPECT_EQ(desk.check("tolerance").status, CheckStatus::Warn);
  // 101.02 against 100, less 5 bps on each side: about 92.
  EXPECT_EQ(desk.check("spread").status, CheckStatus::Ok);
  desk.market.top.sell = TopOfBook{price("100.1"), price("100.12"), qty("1"), qty("1")};
  EXPECT_EQ(desk.check("spread").status, CheckStatus::Warn);
}

TEST(Preflight, ASliceIsTwoToTenPercentOfWhatIsVisible) {
  const Desk desk;
  const auto with = [&](std::string_view there) {
    PerSide<std::optional<venues::Depth>> depth;
    depth.buy = venues::Depth{{}, {{price("100.02"), qty(there)}}};
    return desk.check("depth", 0, depth).status;
  };
  EXPECT_EQ(with("0.99"), CheckStatus::Warn);
  EXPECT_EQ(with("1"), CheckStatus::Ok);
  EXPECT_EQ(with("5"), CheckStatus::Ok);
  EXPECT_EQ(with("5.1"), CheckStatus::Warn);
  EXPECT_EQ(desk.check("depth").status, CheckStatus::Warn) << "an unknown depth is no good one";
}

TEST(Preflight, WhatTheVenuesRulesForbidIsAFailureOfConfiguration) {
  Desk desk;
  desk.market.instruments.sell.status = TradingStatus::Halted;
  EXPECT_EQ(desk.check("symbol").code, ExitCode::Config);
  desk.market.instruments.sell.status = TradingStatus::Trading;
  desk.market.instruments.sell.api_tradable = false;
  EXPECT_THAT(desk.check("symbol").message, HasSubstr("by API"));
  desk.market.instruments.sell.api_tradable = true;
  // 0.1 BTC are 10 USDT on either venue: not enough where 10.2 are the least.
  desk.market.instruments.sell.min_notional = Money(d("10.2"));
  EXPECT_EQ(desk.check("sizes").code, ExitCode::Config);
}

TEST(Preflight, TheGravestFailureIsTheExitCode) {
  Checks checks;
  add_ok(checks, "a", "", "");
  add_warning(checks, "b", "", "", "");
  EXPECT_EQ(exit_code(checks), ExitCode::Ok);
  add_failure(checks, "c", "", {ExitCode::VenueDown, "", ""});
  add_failure(checks, "d", "", {ExitCode::Refused, "", ""});
  add_failure(checks, "e", "", {ExitCode::Permission, "", ""});
  EXPECT_EQ(exit_code(checks), ExitCode::Refused);
  add_failure(checks, "f", "", {ExitCode::Halted, "", ""});
  EXPECT_EQ(exit_code(checks), ExitCode::Halted);
}

live::Look look(Dur ahead) {
  live::Look l;
  l.venue = Venue::MexcSpot;
  l.clock = venues::Outcome<Dur>(ahead);
  l.facts = venues::Outcome<venues::VenueFacts>(venues::VenueFacts{});
  return l;
}
CheckStatus clock_status(Dur ahead) {
  Checks out;
  check_venue(out, {}, look(ahead));
  for (const Check& c : out) {
    if (c.name == "clock") return c.status;
  }
  ADD_FAILURE() << "the clock is not told";
  return CheckStatus::Ok;
}

TEST(Preflight, AClockIsToldFrom250MillisecondsAndRefusedBeyondASecond) {
  for (const int sign : {1, -1}) {
    EXPECT_EQ(clock_status(Dur::millis(250 * sign)), CheckStatus::Ok);
    EXPECT_EQ(clock_status(Dur::millis(251 * sign)), CheckStatus::Warn);
    EXPECT_EQ(clock_status(Dur::millis(1000 * sign)), CheckStatus::Warn);
    EXPECT_EQ(clock_status(Dur::millis(1001 * sign)), CheckStatus::Fail);
  }
}

TEST(Preflight, WhatAVenueTellsOfItsKey) {
  const auto has = [](const Checks& all, std::string_view name, CheckStatus status, ExitCode code) {
    for (const Check& c : all) {
      if (c.name == name) return c.status == status && c.code == code;
    }
    return false;
  };
  live::Look l = look({});
  l.account = venues::Outcome<void>();
  l.trade_right = venues::Outcome<void>(Unexpected{venues::Problem{venues::Problem::Kind::Permission, "it may only read"}});
  (*l.facts)->can_withdraw = true;
  Checks out;
  check_venue(out, {}, l);
  EXPECT_TRUE(has(out, "key", CheckStatus::Ok, ExitCode::Ok));
  EXPECT_TRUE(has(out, "trade_right", CheckStatus::Fail, ExitCode::Permission));
  EXPECT_TRUE(has(out, "withdraw_right", CheckStatus::Warn, ExitCode::Ok));
  l.account = venues::Outcome<void>(Unexpected{venues::Problem{venues::Problem::Kind::Permission, "the key is not known"}});
  out.clear();
  check_venue(out, {}, l);
  EXPECT_TRUE(has(out, "key", CheckStatus::Fail, ExitCode::Permission));
}

}  // namespace
}  // namespace dn::app
