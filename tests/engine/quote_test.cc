// Prices and sizes: the seed's offsets and tolerances, references, slices, nets, the gate, the plan, ids and states.
#include "engine/quote.h"
#include <fstream>
#include <iterator>

#include "engine/gate.h"
#include "engine/ids.h"
#include "engine/states.h"
#include "talk.h"

namespace dn::test {
namespace {

class Quote : public ::testing::Test {
 protected:
  Quote() { reset(); }
  void reset() {
    plan = make_plan(spec, instruments);
    s.spec = &spec;
    s.plan = &plan;
    s.now = Time{1'000'000};
    s.imbalance_since = Time::never();
    for (const Side leg : kSides) {
      LegSituation& l = s.leg[leg];
      l.instrument = &instruments[leg];
      l.top = {px("100.0"), px("100.5"), qty("5"), qty("5")};
      l.fresh = l.known = true;
      l.min_tradable = instruments[leg].min_tradable(l.top.bid);
    }
  }
  TaskSpec spec = seed_spec();
  PerSide<Instrument> instruments{spot(Venue::MexcSpot), spot(Venue::GateioSpot)};
  Plan plan;
  Situation s;
};

TEST_F(Quote, OffsetsCountAwayFromTheTouchAsInTheSeed) {
  EXPECT_EQ(target_price(s, Side::Buy), px("99.8"));
  EXPECT_EQ(target_price(s, Side::Sell), px("100.7"));
  spec.leg.buy.offset_ticks = -1;
  EXPECT_EQ(target_price(s, Side::Buy), px("100.1")) << "BUY -1 betters the bid";
}

TEST_F(Quote, ReferencesAreTouchOppositeAndMid) {
  spec.leg.buy.offset_ticks = spec.leg.sell.offset_ticks = 0;
  spec.leg.buy.price_reference = spec.leg.sell.price_reference = PriceReference::Opposite;
  EXPECT_EQ(target_price(s, Side::Buy), px("100.5"));
  EXPECT_EQ(target_price(s, Side::Sell), px("100.0"));
  spec.leg.buy.price_reference = spec.leg.sell.price_reference = PriceReference::Mid;
  EXPECT_EQ(target_price(s, Side::Buy), px("100.2")) << "mid 100.25: BUY floors";
  EXPECT_EQ(target_price(s, Side::Sell), px("100.3")) << "SELL ceils";
}

TEST_F(Quote, PostOnlyClampsToTheTouchInsteadOfCrossing) {
  spec.post_only = true;
  spec.leg.buy = {Venue::MexcSpot, -9, 0, PriceReference::Touch};
  spec.leg.sell = {Venue::GateioSpot, 9, 0, PriceReference::Touch};
  EXPECT_EQ(target_price(s, Side::Buy), px("100.0"));
  EXPECT_EQ(target_price(s, Side::Sell), px("100.5"));
}

TEST_F(Quote, OnOneBookAQuoteStaysOffTheOtherLegsOrder) {
  s.same_book = true;
  spec.leg.buy.offset_ticks = -20;
  s.leg.sell.nearest = px("100.7");
  EXPECT_EQ(target_price(s, Side::Buy), px("100.6"));
}

TEST_F(Quote, NoPriceBelowTheFirstTickIsMadeUp) {
  spec.leg.buy.offset_ticks = 2000;
  EXPECT_FALSE(target_price(s, Side::Buy).has_value());
}

TEST_F(Quote, AnOrderThatIsItselfTheTouchDoesNotChaseItself) {
  spec.leg.buy = {Venue::MexcSpot, -1, 0, PriceReference::Touch};
  s.leg.buy.resting = RestingOrder{px("100.0"), qty("5")};
  s.leg.buy.has_orders = true;
  EXPECT_TRUE(is_own_touch(s, Side::Buy));
  EXPECT_EQ(analyze(s).leg.buy.action, LegAction::Keep);
  s.leg.buy.resting->remaining = qty("4");
  EXPECT_FALSE(is_own_touch(s, Side::Buy)) << "somebody else stands there too";
}

TEST_F(Quote, AQuoteStaysWithinItsToleranceAndGoesBeyondIt) {
  s.leg.buy.has_orders = true;
  s.leg.buy.resting = RestingOrder{px("99.3"), qty("0.1")};  // target 99.8, tolerance 5 ticks of 0.1
  EXPECT_EQ(analyze(s).leg.buy.action, LegAction::Keep);
  s.leg.buy.resting->price = px("99.2");
  EXPECT_EQ(analyze(s).leg.buy.action, LegAction::Cancel);
}

TEST_F(Quote, SlicesFollowUntilTheLastOneTakesTheRest) {
  EXPECT_EQ(quote_quantity(s, Side::Buy, px("100")), qty("0.1"));
  s.leg.buy.filled = s.leg.buy.net = s.leg.sell.net = s.leg.sell.filled = qty("0.95");
  EXPECT_EQ(quote_quantity(s, Side::Buy, px("100")), qty("0.05"));
}

TEST_F(Quote, NoUntradableRestIsLeftBehind) {
  // Minimum 0.03 (3 USDT at 100); 0.11 left, slice 0.1: the rest of 0.01 could not be traded.
  s.leg.buy.filled = s.leg.buy.net = s.leg.sell.net = s.leg.sell.filled = qty("0.89");
  EXPECT_EQ(quote_quantity(s, Side::Buy, px("100")), qty("0.05")) << "leaves a last order of twice the minimum";
  spec.total_quantity = qty("0.05");
  spec.order_quantity = qty("0.03");
  reset();
  s.leg.buy.filled = s.leg.buy.net = s.leg.sell.net = s.leg.sell.filled = Qty{};
  EXPECT_EQ(quote_quantity(s, Side::Buy, px("100")), qty("0.05")) << "no room for two orders: one takes all";
}

TEST_F(Quote, ALegNeverGetsMoreThanASliceAhead) {
  s.leg.buy.filled = s.leg.buy.net = qty("0.02");
  EXPECT_EQ(quote_quantity(s, Side::Buy, px("100")), qty("0.08"));
}

TEST_F(Quote, WhereBuysPayInBaseTheSellSideEndsAtTheNetBought) {
  instruments.buy = spot(Venue::MexcSpot, "0.1", FeeIn::Received);  // worse of 0.1 % and 0.2 %
  reset();
  EXPECT_EQ(plan.leg_slice.sell, qty("0.0998"));
  EXPECT_EQ(remaining(s, Side::Sell), qty("0.998"));
  s.leg.buy.filled = qty("1");
  s.leg.buy.net = qty("0.999");
  EXPECT_EQ(remaining(s, Side::Buy), qty("0"));
  EXPECT_EQ(remaining(s, Side::Sell), qty("0.999")) << "the fee that was really paid counts";
}

TEST_F(Quote, TheNetSpreadDeductsBothLegsFees) {
  // Buy quoted at 99.8, sold at 100.7: 0.9 gross; fees 0.0998 + 0.1007.
  EXPECT_EQ(quoted_spread(s)->net.decimal().rounded(2, Rounding::HalfUp), dec("70.09"));
}

TEST_F(Quote, ThePerpetualLegsFundingCountsInTheNetSpread) {
  instruments.sell = perpetual();
  reset();
  const Bps without = quoted_spread(s)->net;
  instruments.sell.funding.rate = Rate(dec("0.0001"));  // longs pay shorts, and this leg is short
  EXPECT_EQ((quoted_spread(s)->net - without).decimal().rounded(2, Rounding::HalfUp), dec("1.01"));
  instruments.sell.funding.rate = Rate(dec("-0.0001"));
  EXPECT_EQ((quoted_spread(s)->net - without).decimal().rounded(2, Rounding::HalfUp), dec("-1.01"));
}

TEST_F(Quote, WhileTheSpreadIsClosedNothingNewIsQuotedAndWhatRestsGoes) {
  s.spread_closed = true;
  EXPECT_EQ(analyze(s).leg.buy.action, LegAction::Keep);
  s.leg.buy.has_orders = true;
  s.leg.buy.resting = RestingOrder{px("99.8"), qty("0.1")};
  EXPECT_EQ(analyze(s).leg.buy.action, LegAction::Cancel);
  s.spread_closed = false;
  EXPECT_EQ(analyze(s).leg.sell.action, LegAction::Place);
}

TEST_F(Quote, AHedgeIsCutToTheLargestOrderThatTheTaskAllows) {
  EXPECT_EQ(within_order_limit(s, Side::Sell, Side::Buy, px("99.5"), qty("0.5")), qty("0.5"));
  spec.risk.max_order_notional = Money(10);
  EXPECT_EQ(within_order_limit(s, Side::Sell, Side::Buy, px("99.5"), qty("0.5")), qty("0.1005"));
}

TEST_F(Quote, ASellBelowTheBidIsWorthWhatTheBidPays) {
  spec.risk.max_order_notional = Money(10);
  const Price bid = s.leg.sell.top.bid;
  const Qty most = within_order_limit(s, Side::Sell, Side::Sell, bid - px("20"), qty("0.5"));
  EXPECT_LE(bid * most, Money(10));
  EXPECT_EQ(most, within_order_limit(s, Side::Sell, Side::Sell, bid, qty("0.5")));
}

TEST_F(Quote, AHedgeStaysInsideTheBandThatItsVenueTakes) {
  spec.risk.max_slippage_bps = Bps(900);
  spec.risk.price_collar_bps = Bps(1000);
  instruments.sell.price_band = Rate(dec("0.02"));
  reset();
  const Price mid = middle(s.leg.sell.top);
  const Price away(mid.decimal() * dec("0.018"));
  EXPECT_GE(market_like_price(s, Side::Sell, Side::Sell), mid - away);
  EXPECT_LE(market_like_price(s, Side::Sell, Side::Sell), mid - away + instruments.sell.tick);
  EXPECT_LE(market_like_price(s, Side::Sell, Side::Buy), mid + away);
}

class Gate : public Quote {
 protected:
  Gate() {
    view.situation = &s;
    order.leg = order.side = Side::Buy;
    order.price = px("100");
    order.qty = qty("0.1");
  }
  std::string refusal() const {
    const auto r = pass_gate(view, order);
    return r ? "" : r.error().code;
  }
  GateView view;
  OrderRequest order;
};

TEST_F(Gate, EachLimitPassesExactlyMetAndRefusesTheSmallestUnitBeyond) {
  s.leg.sell.filled = s.leg.sell.net = qty("0.9");  // as much as the buy side will have: no hedge is needed
  s.leg.buy.filled = qty("0.8");
  view.open = qty("0.1");
  EXPECT_EQ(refusal(), "") << "0.8 + 0.1 open + 0.1 new is the total";
  view.open = qty("0.1001");
  EXPECT_EQ(refusal(), "total_quantity");
  view.open = {};
  spec.risk.max_position = qty("0.9");
  EXPECT_EQ(refusal(), "");
  spec.risk.max_position = qty("0.8999");
  EXPECT_EQ(refusal(), "max_position");
  spec.risk.max_position.reset();
  spec.risk.max_order_notional = Money(10);
  EXPECT_EQ(refusal(), "");
  order.qty = qty("0.1001");
  EXPECT_EQ(refusal(), "max_order_notional");
  order.qty = qty("0.1");
  view.committed = Money(90);
  spec.risk.max_notional = Money(100);
  EXPECT_EQ(refusal(), "");
  view.committed = Money(dec("90.01"));
  EXPECT_EQ(refusal(), "max_notional");
  view.committed = {};
  view.sent_last_minute = spec.risk.max_orders_per_minute - 1;
  EXPECT_EQ(refusal(), "");
  ++view.sent_last_minute;
  EXPECT_EQ(refusal(), "max_orders_per_minute");
  order.purpose = Purpose::Rebalance;
  EXPECT_EQ(refusal(), "") << "a hedge is counted, not held back";
}

TEST_F(Gate, PricesBeyondTheCollarOfEitherMidAreRefused) {
  order.price = px("101.2525");  // mid 100.25 and 1 %
  EXPECT_EQ(refusal(), "");
  order.price = px("101.2526");
  EXPECT_EQ(refusal(), "price_collar_bps");
  order.price = px("100");
  s.leg.sell.top = {px("90"), px("90.2"), qty("1"), qty("1")};
  EXPECT_EQ(refusal(), "price_collar_bps") << "the other venue says that this buys 10 % too high";
  order.leg = order.side = Side::Sell;
  order.price = px("100.7");
  s.leg.sell.top = {px("97.0"), px("97.2"), qty("1"), qty("1")};
  EXPECT_EQ(refusal(), "") << "selling above both mids is what the trade is for";
  s.leg.buy.top = {px("103"), px("103.2"), qty("1"), qty("1")};
  EXPECT_EQ(refusal(), "price_collar_bps") << "more than five collars apart one of the two is wrong, and nobody knows which";
  order.purpose = Purpose::Rebalance;
  EXPECT_EQ(refusal(), "price_collar_bps") << "also for a hedge";
}

TEST_F(Gate, AMarketLikeOrderKeepsToTheSlippageLimit) {
  order.purpose = Purpose::Rebalance;
  order.type = OrderType::Ioc;
  order.price = px("101.0025");  // the ask 100.5 and 50 bps
  EXPECT_EQ(refusal(), "");
  order.price = px("101.0026");
  EXPECT_EQ(refusal(), "max_slippage_bps");
  order.leg = order.side = Side::Sell;
  order.price = px("99.5");
  EXPECT_EQ(refusal(), "");
  order.price = px("99.4999");
  EXPECT_EQ(refusal(), "max_slippage_bps");
}

TEST_F(Gate, ASideKeepsToItsShareOfTheAccount) {
  s.leg.buy.filled = qty("0.3");
  view.open = qty("0.1");
  s.capital.buy = Money(1000);  // 5 % of it
  EXPECT_EQ(refusal(), "") << "0.5 at 100 is 50";
  s.capital.buy = Money(dec("999.99"));
  EXPECT_EQ(refusal(), "max_capital_fraction");
  order.purpose = Purpose::Rebalance;
  EXPECT_EQ(refusal(), "") << "a hedge restores the balance";
  order.purpose = Purpose::Quote;
  s.capital.buy.reset();
  EXPECT_EQ(refusal(), "") << "nothing is told of the account";
}

TEST_F(Gate, AQuoteThatPutsItsSideAheadLeavesRoomForItsHedge) {
  spec.risk.max_notional = Money(20);
  EXPECT_EQ(refusal(), "") << "10 and 10 for the hedge";
  spec.risk.max_notional = Money(dec("19.99"));
  EXPECT_EQ(refusal(), "max_notional");
  view.other_open = qty("0.1");
  EXPECT_EQ(refusal(), "") << "the other side's order is there";
  spec.risk.max_notional.reset();
  view.sent_this_run = spec.risk.max_orders_per_run - 1;
  EXPECT_EQ(refusal(), "");
  view.other_open = {};
  EXPECT_EQ(refusal(), "max_orders_per_run") << "the hedge would be one too many";
}

TEST_F(Gate, OrdersOfADayAreCountedWhereTheOwnerWantsIt) {
  view.other_open = qty("0.1");
  view.sent_last_day = 1000;
  EXPECT_EQ(refusal(), "");
  spec.risk.max_orders_per_day = 1001;
  EXPECT_EQ(refusal(), "");
  spec.risk.max_orders_per_day = 1000;
  EXPECT_EQ(refusal(), "max_orders_per_day");
}

TEST_F(Gate, NoQuotePassesWhileTheSpreadIsClosedButTheLaggingLegsMay) {
  s.spread_closed = true;
  EXPECT_EQ(refusal(), "min_spread_bps");
  s.leg.sell.filled = s.leg.sell.net = qty("0.1");
  EXPECT_EQ(refusal(), "") << "it catches up";
}

TEST_F(Gate, WhatPutsTheLaggingLegAheadIsNoCatchingUp) {
  s.leg.sell.filled = s.leg.sell.net = qty("0.0999");
  for (bool* closed : {&s.spread_closed, &s.funding_closed, &s.holding}) {
    *closed = true;
    order.qty = qty("0.1");
    EXPECT_NE(refusal(), "");
    order.qty = qty("0.0999");
    EXPECT_EQ(refusal(), "");
    view.open = qty("0.0001");
    EXPECT_NE(refusal(), "") << "an order of the leg is out already";
    view.open = {};
    *closed = false;
  }
  const Room room{Money(1), {}, {}, {}, false};
  view.room = &room;
  view.exposure = Money(2);
  EXPECT_EQ(refusal(), "");
  order.qty = qty("0.1");
  EXPECT_EQ(refusal(), "portfolio_room");
}

TEST_F(Gate, UnknownOrdersAndStaleBooksRefuse) {
  view.has_unknown = true;
  EXPECT_EQ(refusal(), "unknown_order");
  view.has_unknown = false;
  s.leg.buy.fresh = false;
  EXPECT_EQ(refusal(), "max_book_age");
}

TEST(Plan, SizesAreFlooredToTheCommonStepAndBothLegsAreChecked) {
  TaskSpec spec = seed_spec();
  spec.total_quantity = qty("1.00057");
  PerSide<Instrument> i{spot(Venue::MexcSpot), perpetual()};
  i.sell.step = qty("0.001");
  const Plan p = make_plan(spec, i);
  EXPECT_EQ(p.step, qty("0.001"));
  EXPECT_EQ(p.total, qty("1"));
  EXPECT_TRUE(check_plan(spec, i, p, {px("43250"), px("43250")}).empty());
  spec.order_quantity = qty("0.0005");
  EXPECT_EQ(check_plan(spec, i, make_plan(spec, i), {}).at(0).key, "order_quantity");
  spec.order_quantity = qty("0.001");
  i.buy.min_notional = Money(50);
  EXPECT_FALSE(check_plan(spec, i, make_plan(spec, i), {px("43250"), px("43250")}).empty()) << "43.25 USDT is below 50";
  i.buy.api_tradable = false;
  EXPECT_EQ(check_plan(spec, i, make_plan(spec, i), {}).at(0).key, "buy.exchange");
}

TEST(Ids, AreLegalOnEveryVenueAndTellTaskLegRunAndSequence) {
  const std::string key = task_key("btc");
  const ClientOrderId id = make_client_order_id(key, Side::Sell, UINT32_MAX, UINT32_MAX);
  EXPECT_LE(id.size(), 30u);
  for (const char c : id.view()) EXPECT_TRUE((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-');
  const auto parts = parse_client_order_id(id.view());
  ASSERT_TRUE(parts.has_value());
  EXPECT_EQ(parts->key, key);
  EXPECT_EQ(parts->leg, Side::Sell);
  EXPECT_EQ(parts->epoch, UINT32_MAX);
  EXPECT_EQ(parts->seq, UINT32_MAX);
  for (const char* foreign : {"", "t-", "apiv4-ws", "t-12345678x1-1", "t-12345678b-1", "t-12345678b1-", "t-12345678b1-zzzzzzzz", "t-12345678b1-A"}) {
    EXPECT_FALSE(parse_client_order_id(foreign)) << foreign;
  }
}

TEST(States, EveryStateOfTheSpecificationMayErrAndComesBackByThatWay) {
  for (const TaskState s : {TaskState::Syncing, TaskState::Analyzing, TaskState::Rebalancing, TaskState::ManagingOrders})
    EXPECT_TRUE(may_move(s, TaskState::Error));
  EXPECT_TRUE(may_move(TaskState::Error, TaskState::Syncing));
  EXPECT_FALSE(may_move(TaskState::Completed, TaskState::Syncing));
  EXPECT_FALSE(may_move(TaskState::Idle, TaskState::ManagingOrders));
  EXPECT_NE(diagram().find("ANALYZING --> REBALANCING"), std::string::npos);
}

TEST(States, TheDiagramInTheMapIsTheTable) {
  std::ifstream in(DN_SOURCE_DIR "/lib/README.md");
  const std::string map((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  EXPECT_NE(map.find("```mermaid\n" + diagram() + "```"), std::string::npos);
}

TEST(Engine, TheSameConversationGivesTheSameCommands) {
  const auto speak = [] {
    Talk t;
    t.start();
    t.books();
    t.ack_both();
    t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "T1");
    for (int i = 0; i < 30; ++i) t.after(Dur::millis(70));
    std::string out;
    for (const TaskEvent& e : t.events) out += to_json(e, "r", "t") + "\n";
    return out;
  };
  EXPECT_EQ(speak(), speak());
}

TEST(Engine, AQuietCycleLeavesNoTrace) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  const std::size_t told = t.events.size();
  for (int i = 0; i < 10; ++i) {
    t.books();
    t.after(Dur::millis(100));
  }
  EXPECT_EQ(t.events.size(), told);
  EXPECT_TRUE(t.last_step.empty());
}

}  // namespace
}  // namespace dn::test
