// A task that goes round: what it opened is held, then closed by the same means as it was opened.
#include "talk.h"

namespace dn::test {
namespace {

constexpr Dur kEight = Dur::hours(8);

TaskSpec round_spec() {
  TaskSpec s = seed_spec();
  s.total_quantity = qty("0.1");
  s.leg.sell.exchange = Venue::GateioFutures;
  s.risk.max_hold = Dur::hours(100);
  s.hold.hold_for = Dur::minutes(10);
  return s;
}

PerSide<Instrument> legs(std::string_view rate = "0.0001") {
  PerSide<Instrument> out{spot(Venue::MexcSpot), perpetual()};
  out.sell.funding = {Rate(dec(rate)), kEight, Time{1'767'225'600'000'000} + Dur::hours(1)};
  return out;
}

// Opens the whole total at once.
void open_all(Talk& t) {
  t.start();
  t.books();
  t.ack_both();
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "b1");
  t.fill(OrderRequest(t.placed(Side::Sell)), "0.1", "s1");
}

TEST(Round, WhatIsOpenIsHeldAndNotTheEnd) {
  Talk t(round_spec(), legs());
  open_all(t);
  EXPECT_EQ(t.record().holding.part, Part::Hold);
  EXPECT_FALSE(t.engine->finished());
  EXPECT_TRUE(t.alerted("holding"));
  const std::size_t orders = t.count<PlaceOrder>();
  t.after(Dur::minutes(9));
  t.books();
  EXPECT_EQ(t.count<PlaceOrder>(), orders) << "nothing is quoted while it holds";
}

TEST(Round, ClosesWithItsSidesChangedAndReduceOnlyOnThePerpetual) {
  Talk t(round_spec(), legs());
  open_all(t);
  t.after(Dur::minutes(10));
  t.books();
  t.after(Dur::seconds(1));
  t.books();
  ASSERT_EQ(t.record().holding.part, Part::Close);
  const OrderRequest sells = t.placed(Side::Buy);
  const OrderRequest buys = t.placed(Side::Sell);
  EXPECT_EQ(sells.side, Side::Sell) << "the leg that bought sells";
  EXPECT_EQ(buys.side, Side::Buy);
  EXPECT_FALSE(sells.reduce_only);
  EXPECT_TRUE(buys.reduce_only);
  EXPECT_EQ(sells.qty, qty("0.1"));
  EXPECT_EQ(sells.price, px("43251.2")) << "as far behind its market as it opened";
  t.ack_both();
  t.fill(sells, "0.1", "b2");
  t.fill(buys, "0.1", "s2");
  EXPECT_TRUE(t.engine->finished());
  EXPECT_EQ(t.record().verdict, Verdict::Completed);
  EXPECT_TRUE(t.record().leg.buy.net.is_zero());
  EXPECT_TRUE(t.record().leg.sell.net.is_zero());
}

TEST(Round, EachPartGoesOnAfterAKill) {
  Talk t(round_spec(), legs());
  open_all(t);
  t.restart();
  t.start();
  t.books();
  EXPECT_EQ(t.record().holding.part, Part::Hold);
  t.after(Dur::minutes(10));
  t.books();
  t.after(Dur::seconds(1));
  t.books();
  const OrderRequest lost = t.placed(Side::Buy);
  t.restart();
  t.start();
  t.books();
  EXPECT_EQ(t.record().holding.part, Part::Close);
  t.found(lost.id, true, "0");
  t.found(OrderRequest(t.placed(Side::Sell)).id, true, "0");
  t.fill(lost, "0.1", "b2");
  t.fill(OrderRequest(t.placed(Side::Sell)), "0.1", "s2");
  EXPECT_EQ(t.record().verdict, Verdict::Completed);
}

TEST(Round, AHedgeOfTheClosingIsReduceOnlyToo) {
  Talk t(round_spec(), legs());
  open_all(t);
  t.after(Dur::minutes(10));
  t.books();
  t.after(Dur::seconds(1));
  t.books();
  t.ack_both();
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "b2");
  const OrderRequest quote = t.placed(Side::Sell);
  for (int i = 0; i < 3; ++i) {
    t.after(Dur::millis(600));
    t.books();
  }
  t.found(quote.id, false, "0");
  t.after(Dur::millis(100));
  t.books();
  const OrderRequest hedge = t.placed(Side::Sell);
  EXPECT_EQ(hedge.purpose, Purpose::Rebalance);
  EXPECT_EQ(hedge.side, Side::Buy);
  EXPECT_TRUE(hedge.reduce_only);
}

TEST(Round, AGoodClosingSpreadClosesBeforeItsTime) {
  TaskSpec s = round_spec();
  s.hold.close_spread_bps = Bps(dec("-40"));
  Talk t(s, legs());
  open_all(t);
  t.book(Side::Buy, "43000", "43001");
  t.book(Side::Sell, "43250", "43251");  // sells at 43001, buys at 43250: 57 bps and fees lost
  t.after(Dur::seconds(5));
  t.book(Side::Buy, "43000", "43001");
  t.book(Side::Sell, "43250", "43251");
  EXPECT_EQ(t.record().holding.part, Part::Hold);
  for (int i = 0; i < 3; ++i) {
    t.after(Dur::seconds(1));
    t.books();
  }
  EXPECT_EQ(t.record().holding.part, Part::Close);
  EXPECT_FALSE(t.record().holding.must_close);
}

TEST(Funding, IsBookedOnceWhoeverTellsIt) {
  Talk t(round_spec(), legs());
  open_all(t);
  const FundingPayment p{PaymentId("77"), Venue::GateioFutures, Side::Buy, Money(dec("0.43")), t.now + Dur::hours(1)};
  const FundingPayment before{PaymentId("76"), Venue::GateioFutures, Side::Buy, Money(dec("9")), t.now - Dur::hours(1)};
  const FundingTerms next{Rate(dec("0.0002")), kEight, t.now + Dur::hours(9)};
  t.now = t.now + Dur::hours(1);
  for (int i = 0; i < 2; ++i) t.tell(FundingReport{Venue::GateioFutures, true, {p, before}, next});
  EXPECT_EQ(t.record().leg.sell.funding, Money(dec("0.43"))) << "what was paid before it held anything is not its own";
  EXPECT_EQ(t.record().holding.payments, 1);
  EXPECT_EQ(t.record().holding.funding, next);
  t.restart();
  t.start();
  EXPECT_GE(t.count<QueryFunding>(), 1U) << "a run asks for what its predecessor may have missed";
  t.tell(FundingReport{Venue::GateioFutures, true, {p}, next});
  EXPECT_EQ(t.record().leg.sell.funding, Money(dec("0.43")));
}

TEST(Funding, NothingIsOpenedBelowTheLeastAndOpenedAboveIt) {
  TaskSpec s = round_spec();
  s.hold.min_funding_apr = Percent(20);
  Talk t(s, legs());
  t.start();
  t.books();
  EXPECT_EQ(t.count<PlaceOrder>(), 0U) << "10.95 % a year are told";
  EXPECT_TRUE(t.alerted("min_funding_apr"));
  t.tell(FundingReport{Venue::GateioFutures, true, {}, {Rate(dec("0.0002")), kEight, t.now + Dur::hours(1)}});
  t.after(Dur::millis(200));
  t.books();
  EXPECT_EQ(t.count<PlaceOrder>(), 2U);
}

TEST(Funding, ATaskThatEndsWaitsForWhatItsLastSettlementBrought) {
  TaskSpec s = round_spec();
  s.hold = {};
  Talk t(s, legs());
  t.start();
  t.now = t.now + Dur::minutes(59);
  t.books();
  t.ack_both();
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "b1");
  const OrderRequest sell = t.placed(Side::Sell);
  t.now = t.now + Dur::seconds(59);
  const Fill in_time = t.trade(sell, "0.1", "s1");
  t.now = t.now + Dur::seconds(2);
  t.tell(StreamFill{in_time});
  t.books();
  t.after(Dur::millis(200));
  EXPECT_FALSE(t.engine->finished()) << "the settlement has passed and its payment is not there";
  const Time settled{1'767'225'600'000'000 + Dur::hours(1).us};
  t.tell(FundingReport{Venue::GateioFutures, true, {{PaymentId("1"), Venue::GateioFutures, Side::Buy, Money(1), settled}}, {}});
  EXPECT_EQ(t.record().verdict, Verdict::Completed);
  EXPECT_EQ(t.record().leg.sell.funding, Money(1));
}

TEST(Funding, ATaskThatIsFlatAtTheNewestSettlementStillWaitsForTheOneBeforeIt) {
  TaskSpec s = round_spec();
  s.hold.hold_for = Dur::seconds(2);
  PerSide<Instrument> with = legs();
  const Time held = Time{1'767'225'600'000'000} + Dur::seconds(3);
  with.sell.funding.interval = Dur::seconds(10);
  with.sell.funding.next = held;
  Talk t(s, with);
  open_all(t);
  t.after(Dur::seconds(4));
  t.books();
  t.after(Dur::seconds(1));
  t.books();
  t.ack_both();
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "b2");
  t.fill(OrderRequest(t.placed(Side::Sell)), "0.1", "s2");
  ASSERT_TRUE(t.record().leg.sell.net.is_zero());
  t.after(Dur::seconds(9));  // the next settlement passes, and finds nothing
  t.books();
  EXPECT_FALSE(t.engine->finished());
  t.tell(FundingReport{Venue::GateioFutures, true, {{PaymentId("1"), Venue::GateioFutures, Side::Buy, Money(1), held}}, {}});
  EXPECT_EQ(t.record().verdict, Verdict::Completed);
  EXPECT_EQ(t.record().leg.sell.funding, Money(1));
}

}  // namespace
}  // namespace dn::test
