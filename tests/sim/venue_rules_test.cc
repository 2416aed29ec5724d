// The finer rules of the simulated exchange: margin, reduce-only orders, self trades, fees in a token, restarts.
#include <gtest/gtest.h>

#include "sim/instruments.h"
#include "sim/venue.h"

namespace dn::sim {
namespace {

Decimal dec(std::string_view t) { return Decimal::parse(t).value(); }
Price px(std::string_view t) { return Price(dec(t)); }
Qty qty(std::string_view t) { return Qty(dec(t)); }

const Asset kEth("ETH");
const Asset kUsdt("USDT");

// One exchange with a book of a few levels, and an account.
class Desk {
 public:
  explicit Desk(Instrument i, std::map<Asset, Decimal> balances = {{kEth, dec("100")}, {kUsdt, dec("1000000")}})
      : venue(VenueSetup{std::move(i), std::move(balances), "X", {}}) {
    show();
  }

  void show() { venue.on_book({{{px("4350"), qty("2")}, {px("4349"), qty("3")}}, {{px("4351"), qty("1")}, {px("4352"), qty("4")}}}, now); }
  OrderRequest order(Side side, OrderType type, std::string_view price, std::string_view amount, bool reduce_only = false) {
    OrderRequest r;
    r.id = ClientOrderId("t-" + std::to_string(++orders));
    r.leg = r.side = side;
    r.type = type;
    r.price = px(price);
    r.qty = qty(amount);
    r.reduce_only = reduce_only;
    r.expires = now + Dur::seconds(5);
    return r;
  }
  PlaceReport send(Side side, OrderType type, std::string_view price, std::string_view amount, bool reduce_only = false) {
    last = order(side, type, price, amount, reduce_only);
    return venue.place(last, now);
  }
  void trade(Side taker, std::string_view price, std::string_view amount) { venue.on_trade({px(price), qty(amount), taker}, now); }
  LookupReport look(const OrderRequest& r) const { return venue.lookup(r.id, {}, LookupStage::ById, now); }
  Decimal holds(const Asset& asset) const { return venue.truth().balances.at(asset); }

  Time now{1'000'000};
  int orders = 0;
  OrderRequest last;
  SimVenue venue;
};

Instrument rules(Venue v) { return *paper_instrument(v, *symbol_from("ETH/USDT")); }

Desk perpetual(std::string_view usdt = "1000000") { return Desk(rules(Venue::GateioFutures), {{kUsdt, dec(usdt)}}); }

// ---- margin

TEST(VenueMargin, APositionKeepsItsMarginAsLongAsItIsHeld) {
  Desk d = perpetual("1000");
  EXPECT_EQ(d.send(Side::Buy, OrderType::Ioc, "4352", "2").outcome, PlaceOutcome::Accepted);
  ASSERT_EQ(d.venue.truth().position, qty("2"));
  d.show();
  const PlaceReport more = d.send(Side::Buy, OrderType::Ioc, "4352", "1");
  EXPECT_EQ(more.reject, RejectClass::InsufficientBalance) << "870 of 1000 stand for the position, 435 are needed";
  EXPECT_EQ(more.outcome, PlaceOutcome::Refused);
}

TEST(VenueMargin, WhatClosesNeedsNoneAndWhatFlipsNeedsItForTheRest) {
  Desk d = perpetual("1000");
  d.send(Side::Buy, OrderType::Ioc, "4352", "2");
  EXPECT_EQ(d.send(Side::Sell, OrderType::Limit, "4360", "2").outcome, PlaceOutcome::Accepted);
  d.venue.cancel(d.last.id, {}, d.now);
  EXPECT_EQ(d.send(Side::Sell, OrderType::Limit, "4360", "2.5").reject, RejectClass::InsufficientBalance);
  d.venue.deposit(kUsdt, dec("-900"));
  EXPECT_EQ(d.send(Side::Sell, OrderType::Ioc, "4349", "2", true).outcome, PlaceOutcome::Accepted) << "out of money is no reason to stay in";
  EXPECT_EQ(d.venue.truth().position, qty("0"));
}

TEST(VenueMargin, AMarketOrderIsNotFree) {
  Desk d = perpetual("100");
  EXPECT_EQ(d.send(Side::Buy, OrderType::Market, "0", "1").reject, RejectClass::InsufficientBalance);
}

TEST(VenueMargin, ACancelledOrderGivesBackWhatItLocked) {
  Desk d(rules(Venue::MexcSpot), {{kUsdt, dec("4500")}});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(d.send(Side::Buy, OrderType::Limit, "4340", "1").outcome, PlaceOutcome::Accepted);
    const OrderRequest first = d.last;
    EXPECT_EQ(d.send(Side::Buy, OrderType::Limit, "4340", "1").reject, RejectClass::InsufficientBalance);
    d.venue.cancel(first.id, {}, d.now);
  }
}

TEST(VenueMargin, AFeeThatMayComeOnTopIsLockedToo) {
  Desk d(rules(Venue::MexcSpot), {{kUsdt, dec("4340")}});
  EXPECT_EQ(d.send(Side::Buy, OrderType::Limit, "4340", "1").reject, RejectClass::InsufficientBalance) << "as a taker it would cost 5 bps more";
  Desk gate(rules(Venue::GateioSpot), {{kUsdt, dec("4340")}});
  EXPECT_EQ(gate.send(Side::Buy, OrderType::Limit, "4340", "1").outcome, PlaceOutcome::Accepted) << "here the fee is taken of what is bought";
}

// ---- reduce-only

TEST(VenueReduceOnly, ARestingOneEndsWhenThePositionIsGone) {
  Desk d = perpetual();
  d.send(Side::Buy, OrderType::Ioc, "4352", "2");
  d.send(Side::Sell, OrderType::Limit, "4360", "2", true);
  const OrderRequest resting = d.last;
  EXPECT_TRUE(d.look(resting).open);
  d.show();
  d.send(Side::Sell, OrderType::Ioc, "4350", "2");
  EXPECT_FALSE(d.look(resting).open) << "it could only open a position now";
  EXPECT_EQ(d.look(resting).filled, qty("0"));
}

TEST(VenueReduceOnly, TwoOfThemCloseThePositionOnce) {
  Desk d = perpetual();
  d.send(Side::Buy, OrderType::Ioc, "4352", "1");
  d.send(Side::Sell, OrderType::Limit, "4360", "1", true);
  const OrderRequest first = d.last;
  d.send(Side::Sell, OrderType::Limit, "4361", "1", true);
  const OrderRequest second = d.last;
  d.trade(Side::Buy, "4370", "5");
  EXPECT_EQ(d.look(first).filled, qty("1"));
  EXPECT_EQ(d.look(second).filled, qty("0"));
  EXPECT_FALSE(d.look(second).open);
  EXPECT_EQ(d.venue.truth().position, qty("0"));
}

TEST(VenueReduceOnly, MoreThanThePositionIsCutToIt) {
  Desk d = perpetual();
  d.send(Side::Sell, OrderType::Ioc, "4350", "1");
  d.send(Side::Buy, OrderType::Limit, "4340", "3", true);
  d.trade(Side::Sell, "4339", "10");
  EXPECT_EQ(d.look(d.last).filled, qty("1"));
  EXPECT_FALSE(d.look(d.last).open);
  EXPECT_EQ(d.venue.truth().position_cost, Money(0));
  EXPECT_EQ(d.venue.truth().realised, Money(dec("10")));
}

// ---- self trades

class SelfTradeTest : public ::testing::Test {
 protected:
  std::int64_t self_trades() const { return d.venue.truth().self_trades; }
  Desk d{rules(Venue::MexcSpot)};
};

TEST_F(SelfTradeTest, AnOrderOfOursInFrontOfTheDepthIsMet) {
  d.send(Side::Sell, OrderType::Limit, "4350.5", "1");
  d.send(Side::Buy, OrderType::Ioc, "4351", "1");
  EXPECT_EQ(self_trades(), 1) << "ours is the best offer";
}

TEST_F(SelfTradeTest, OneBehindEnoughDepthIsNot) {
  d.send(Side::Sell, OrderType::Limit, "4351.5", "1");
  d.send(Side::Buy, OrderType::Ioc, "4352", "0.5");
  EXPECT_EQ(self_trades(), 0) << "1 stands before it";
  d.show();
  d.send(Side::Buy, OrderType::Ioc, "4352", "1.5");
  EXPECT_EQ(self_trades(), 1);
}

TEST_F(SelfTradeTest, AtOnePriceTheQueueBeforeItCounts) {
  d.send(Side::Sell, OrderType::Limit, "4351", "1");
  d.send(Side::Buy, OrderType::Ioc, "4351", "1");
  EXPECT_EQ(self_trades(), 0) << "1 stood there before it";
  d.trade(Side::Buy, "4351", "0.5");
  d.show();
  d.send(Side::Buy, OrderType::Ioc, "4351", "1");
  EXPECT_EQ(self_trades(), 1);
}

TEST_F(SelfTradeTest, AWorsePriceIsNotReached) {
  d.send(Side::Buy, OrderType::Limit, "4340", "1");
  d.send(Side::Sell, OrderType::Ioc, "4349", "100");
  EXPECT_EQ(self_trades(), 0);
}

TEST_F(SelfTradeTest, AMarketOrderReachesEverything) {
  d.send(Side::Buy, OrderType::Limit, "4340", "1");
  d.send(Side::Sell, OrderType::Market, "0", "6");
  EXPECT_EQ(self_trades(), 1) << "5 stand before it";
}

// ---- fees

Instrument with_token(std::string_view token) {
  Instrument i = rules(Venue::MexcSpot);
  i.fee_in = FeeIn::Token;
  i.fee_token = Asset(token);
  i.fee_token_price = px("2");
  i.taker_fee = Rate(dec("0.001"));
  return i;
}

TEST(VenueFees, ATokenPaysUntilItRunsOut) {
  Desk d(with_token("MX"), {{kUsdt, dec("100000")}, {Asset("MX"), dec("3")}});
  d.send(Side::Buy, OrderType::Ioc, "4351", "1");
  d.show();
  d.send(Side::Buy, OrderType::Ioc, "4351", "1");
  const auto fills = d.venue.take_new_fills();
  ASSERT_EQ(fills.size(), 2u);
  EXPECT_EQ(fills[0].fee_asset, Asset("MX"));
  EXPECT_EQ(fills[0].fee, Fee(dec("2.1755")));
  EXPECT_EQ(fills[1].fee_asset, kUsdt);
  EXPECT_EQ(fills[1].fee, Fee(dec("4.351")));
  EXPECT_EQ(d.holds(Asset("MX")), dec("0.8245"));
  EXPECT_EQ(d.holds(kUsdt), dec("100000") - dec("8702") - dec("4.351"));
}

TEST(VenueFees, TokensThatTheTradeItselfSellsDoNotPayItsFee) {
  Desk d(with_token("ETH"), {{kEth, dec("1")}, {kUsdt, dec("0")}});
  d.send(Side::Sell, OrderType::Ioc, "4350", "1");
  EXPECT_EQ(d.venue.take_new_fills().at(0).fee_asset, kUsdt);
  EXPECT_EQ(d.holds(kEth), dec("0"));
}

TEST(VenueFees, ATokenWithoutAPricePaysNothing) {
  Instrument i = with_token("MX");
  i.fee_token_price = Price();
  Desk d(i, {{kUsdt, dec("100000")}, {Asset("MX"), dec("3")}});
  d.send(Side::Buy, OrderType::Ioc, "4351", "1");
  EXPECT_EQ(d.venue.take_new_fills().at(0).fee_asset, kUsdt);
}

TEST(VenueFees, AreTakenWhereTheVenueTakesThem) {
  Desk gate(rules(Venue::GateioSpot));
  gate.send(Side::Buy, OrderType::Ioc, "4351", "1");
  gate.send(Side::Sell, OrderType::Ioc, "4350", "1");
  const auto fills = gate.venue.take_new_fills();
  EXPECT_EQ(fills.at(0).fee_asset, kEth);
  EXPECT_EQ(fills.at(0).fee, Fee(dec("0.002")));
  EXPECT_EQ(fills.at(1).fee_asset, kUsdt);
  EXPECT_EQ(fills.at(1).fee, Fee(dec("8.7")));
  Desk futures = perpetual();
  futures.send(Side::Sell, OrderType::PostOnly, "4353", "1");
  futures.trade(Side::Buy, "4354", "1");
  EXPECT_EQ(futures.venue.take_new_fills().at(0).fee, Fee(dec("0.8706"))) << "2 bps as a maker";
}

// ---- what the venue does by itself, and restarts

TEST(VenueRestart, OpenOrdersIdsAndMoneyGoOn) {
  Desk d(rules(Venue::GateioSpot));
  d.send(Side::Buy, OrderType::Limit, "4350", "1");
  const OrderRequest resting = d.last;
  d.trade(Side::Sell, "4350", "2.4");
  ASSERT_EQ(d.look(resting).filled, qty("0.4"));
  Desk later(rules(Venue::GateioSpot), {});
  later.venue.restore(d.venue.truth());
  later.show();
  EXPECT_TRUE(later.venue.take_new_fills().empty()) << "they were told in the life before";
  EXPECT_EQ(later.venue.place(resting, later.now).reject, RejectClass::Duplicate);
  later.trade(Side::Sell, "4349.5", "5");
  EXPECT_EQ(later.look(resting).filled, qty("1"));
  const auto fills = later.venue.take_new_fills();
  ASSERT_EQ(fills.size(), 1u);
  EXPECT_EQ(fills[0].qty, qty("0.6"));
  EXPECT_EQ(later.holds(kEth), dec("101") - dec("0.002"));
  EXPECT_EQ(later.venue.trades(resting.id, {}).fills.size(), 2u);
  EXPECT_NE(fills[0].trade_id, later.venue.trades(resting.id, {}).fills[0].trade_id);
}

TEST(VenueRestart, APlantedOrderIsKnownByItsVenueId) {
  Desk d(rules(Venue::MexcSpot));
  const OrderRequest theirs = d.order(Side::Buy, OrderType::Limit, "4340", "1");
  d.venue.plant(theirs, VenueOrderId("mexc_order_123"), d.now);
  const auto found = d.venue.lookup(ClientOrderId("not-theirs"), VenueOrderId("mexc_order_123"), LookupStage::ById, d.now);
  EXPECT_EQ(found.outcome, LookupOutcome::Found);
  EXPECT_TRUE(found.open);
  d.trade(Side::Sell, "4339", "0.25");
  EXPECT_EQ(d.venue.trades(ClientOrderId("not-theirs"), VenueOrderId("mexc_order_123")).fills.size(), 1u);
  d.venue.venue_cancel(theirs.id, d.now);
  EXPECT_FALSE(d.look(theirs).open);
  EXPECT_EQ(d.look(theirs).filled, qty("0.25"));
}

TEST(VenueBand, APriceFarFromTheMarketIsRefused) {
  const Instrument i = rules(Venue::MexcSpot);
  ASSERT_EQ(i.price_band, Rate(dec("0.05")));
  Desk d(i);
  EXPECT_EQ(d.send(Side::Buy, OrderType::Limit, "4133", "1").outcome, PlaceOutcome::Accepted);
  EXPECT_EQ(d.send(Side::Buy, OrderType::Limit, "4132", "1").reject, RejectClass::Filter);
  EXPECT_EQ(d.send(Side::Sell, OrderType::Limit, "4569", "1").reject, RejectClass::Filter);
  Instrument closed = i;
  closed.api_tradable = false;
  Desk shut(closed);
  EXPECT_EQ(shut.send(Side::Buy, OrderType::Limit, "4340", "1").reject, RejectClass::Halted);
}

// ---- orders of before

TEST(VenueRestored, AnOrderOfBeforeIsCancelledByTheVenuesId) {
  Desk d(rules(Venue::MexcSpot));
  OrderRequest before = d.order(Side::Buy, OrderType::Limit, "4340", "1");
  d.venue.plant(before, VenueOrderId("mexc_order_123"), d.now);
  EXPECT_EQ(d.venue.cancel(ClientOrderId("restored-x"), VenueOrderId("mexc_order_123"), d.now).code.view(), "cancelled");
  EXPECT_FALSE(d.venue.lookup(ClientOrderId("restored-x"), VenueOrderId("mexc_order_123"), LookupStage::ById, d.now).open);
  EXPECT_EQ(d.venue.cancel(ClientOrderId("restored-x"), VenueOrderId("mexc_order_124"), d.now).code.view(), "not_found");
}

// ---- memory

TEST(VenueMemory, WhatEndedLongAgoIsForgottenAndWhatIsOpenIsNot) {
  SimVenue venue(VenueSetup{rules(Venue::GateioSpot), {{kUsdt, dec("1000000")}}, "X", Dur::minutes(10)});
  Time now{1'000'000};
  const auto send = [&](const char* id, OrderType type, std::string_view price) {
    venue.on_book({{{px("4350"), qty("2")}}, {{px("4351"), qty("9")}}}, now);
    OrderRequest r;
    r.id = ClientOrderId(id);
    r.type = type;
    r.price = px(price);
    r.qty = qty("1");
    r.created = now;
    r.expires = now + Dur::seconds(5);
    EXPECT_EQ(venue.place(r, now).outcome, PlaceOutcome::Accepted);
    return r.id;
  };
  const auto knows = [&](const ClientOrderId& id) { return venue.lookup(id, {}, LookupStage::ById, now).outcome == LookupOutcome::Found; };
  const ClientOrderId old = send("old", OrderType::Ioc, "4351");
  const ClientOrderId resting = send("resting", OrderType::Limit, "4300");
  EXPECT_EQ(venue.take_new_fills().size(), 1u);
  now = now + Dur::minutes(11);
  const ClientOrderId fresh = send("fresh", OrderType::Ioc, "4351");
  EXPECT_FALSE(knows(old));
  EXPECT_TRUE(knows(resting));
  EXPECT_TRUE(knows(fresh));
  EXPECT_EQ(venue.take_new_fills().size(), 1u) << "each fill is told once";
  EXPECT_EQ(venue.truth().balances.at(kEth), dec("2") - venue.truth().fills.back().fee.decimal() * Decimal(2)) << "money is not forgotten";
  EXPECT_TRUE(venue.cancel(resting, {}, now).answered);
  EXPECT_FALSE(venue.lookup(resting, {}, LookupStage::ById, now).open);
}

}  // namespace
}  // namespace dn::sim
