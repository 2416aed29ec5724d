// A task in a portfolio: it quotes within its room, asks for more before it goes beyond, and never lets a hedge wait for it.
#include "talk.h"

namespace dn::test {
namespace {

// The seed's task takes slices of 0.1 at about 43250: a pair of them is worth about 8650, and counts with a margin of 1.5 %.
Talk in_a_portfolio(std::string_view room) {
  RunOptions options;
  options.room = Room{Money(dec(room)), {}, {}, {}, false};
  return Talk(seed_spec(), {spot(Venue::MexcSpot), spot(Venue::GateioSpot)}, options);
}

Room a_no(bool may_come) { return {{}, Code("max_total_exposure"), Money(dec("109000")), Money(dec("100000")), may_come}; }

TEST(Room, WithoutAPortfolioNothingIsAskedFor) {
  Talk t;
  t.start();
  t.books();
  EXPECT_EQ(t.count<PlaceOrder>(), 2U);
  EXPECT_FALSE(t.engine->room_wanted());
}

TEST(Room, ThatSufficesLetsBothLegsGoWithoutAQuestion) {
  Talk t = in_a_portfolio("10000");
  t.start();
  t.books();
  EXPECT_EQ(t.count<PlaceOrder>(), 2U);
  EXPECT_FALSE(t.engine->room_wanted());
}

TEST(Room, IsAskedForBeforeTheFirstOrderAndTheAnswerSendsBothLegs) {
  Talk t = in_a_portfolio("0");
  t.start();
  t.books();
  EXPECT_EQ(t.count<PlaceOrder>(), 0U);
  ASSERT_TRUE(t.engine->room_wanted());
  const RoomWish wish = *t.engine->room_wanted();
  EXPECT_EQ(wish.have, Money{});
  EXPECT_GE(wish.need, Money(dec("8650")));
  EXPECT_LE(wish.need, Money(dec("8900"))) << "both sides, and the margin for better fills";
  EXPECT_GT(wish.wish, wish.need) << "a few slices more, so that not each order has to ask";
  t.tell(RoomGranted{Room{wish.wish, {}, {}, {}, false}});
  EXPECT_EQ(t.count<PlaceOrder>(), 2U) << "at once";
  EXPECT_FALSE(t.engine->room_wanted());
  EXPECT_LE(t.engine->exposure(), wish.need);
  EXPECT_EQ(t.alert("portfolio_room"), nullptr) << "asking is nothing to tell";
}

TEST(Room, OneUnitTooLittleSendsNeitherLeg) {
  Talk t = in_a_portfolio("0");
  t.start();
  t.books();
  const Money need = t.engine->room_wanted()->need;
  t.tell(RoomGranted{Room{need - Money(Decimal::from_parts(1, 8)), {}, {}, {}, false}});
  EXPECT_EQ(t.count<PlaceOrder>(), 0U);
  ASSERT_TRUE(t.engine->room_wanted());
  t.tell(RoomGranted{Room{need, {}, {}, {}, false}});
  EXPECT_EQ(t.count<PlaceOrder>(), 2U) << "exactly met passes";
}

TEST(Room, ThatOthersHoldIsWaitedForAndAskedForAgain) {
  Talk t = in_a_portfolio("0");
  t.start();
  t.books();
  t.tell(RoomGranted{a_no(true)});
  EXPECT_EQ(t.count<PlaceOrder>(), 0U);
  EXPECT_FALSE(t.engine->finished());
  EXPECT_FALSE(t.engine->room_wanted()) << "not at every tick";
  const Alerted* told = t.alert("max_total_exposure");
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->level, AlertLevel::Info);
  EXPECT_EQ(told->value.view(), "109000");
  EXPECT_EQ(told->limit.view(), "100000");
  const std::size_t events = t.events.size();
  t.after(Dur::millis(300));
  ASSERT_TRUE(t.engine->room_wanted());
  t.tell(RoomGranted{a_no(true)});
  EXPECT_EQ(t.events.size(), events) << "told once";
  t.after(Dur::millis(300));
  t.tell(RoomGranted{Room{t.engine->room_wanted()->wish, {}, {}, {}, false}});
  t.books();
  EXPECT_EQ(t.count<PlaceOrder>(), 2U);
}

TEST(Room, AtTheEndOfItsBudgetATaskThatWaitedSaysSo) {
  Talk t = in_a_portfolio("0");
  t.start();
  t.books();
  t.tell(RoomGranted{a_no(true)});
  t.tell(Drain{ExitCode::BudgetUsed, false});
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Waiting);
}

TEST(Room, ThatNobodyHoldsEndsTheRunAndDoesNotHaltTheTask) {
  Talk t = in_a_portfolio("0");
  t.start();
  t.books();
  t.tell(RoomGranted{a_no(false)});
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Refused);
  EXPECT_EQ(t.record().mode, TaskMode::Active) << "its next run asks anew";
  EXPECT_TRUE(t.record().reason.starts_with("limit max_total_exposure of the portfolio: ")) << t.record().reason;
  t.restart();
  t.start();
  EXPECT_EQ(t.record().reason, "") << "the next run has no reason yet";
  EXPECT_EQ(t.alert("max_total_exposure")->level, AlertLevel::Critical);
}

TEST(Room, IsNotAskedForByAHedge) {
  TaskSpec spec = seed_spec();
  spec.lead = Lead::Buy;
  RunOptions options;
  options.room = Room{Money(dec("8900")), {}, {}, {}, false};
  Talk t(spec, {spot(Venue::MexcSpot), spot(Venue::GateioSpot)}, options);
  t.start();
  t.books();
  const OrderRequest buy = t.placed(Side::Buy);
  t.ack(buy);
  t.tell(RoomGranted{Room{{}, Code("max_total_exposure"), Money(dec("9000")), Money(dec("1")), true}});
  t.fill(buy, "0.1", "1");
  EXPECT_EQ(t.placed_on(Side::Sell), 1U) << "what makes the sides equal goes out, whatever the portfolio says";
}

TEST(Room, CountsAnUnknownOrderAtFullSize) {
  Talk t = in_a_portfolio("10000");
  t.start();
  t.books();
  const Money before = t.engine->exposure();
  t.lose(OrderRequest(t.placed(Side::Buy)));
  EXPECT_EQ(t.engine->exposure(), before);
  EXPECT_GE(before, Money(dec("8650")));
}

// A leg that was left behind would otherwise get ahead with its next slice, then the other one, and neither would ever ask.
TEST(Room, IsAskedForByALegThatIsBehindAndASliceWouldPutAhead) {
  Talk t = in_a_portfolio("9000");
  t.start();
  t.books();
  t.ack_both();
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "B1");
  t.fill(OrderRequest(t.placed(Side::Sell)), "0.06", "S1");
  t.book(Side::Sell, "43230", "43231");
  ASSERT_EQ(t.count<CancelOrder>(), 1U) << "the rest of the sell order: its price has moved";
  t.tell(CancelReport{t.placed(Side::Sell).id, true, {}});
  t.found(t.placed(Side::Sell).id, false, "0.06");
  t.book(Side::Sell, "43230", "43231");
  ASSERT_EQ(t.placed_on(Side::Sell), 1U);
  ASSERT_TRUE(t.engine->room_wanted()) << "0.1 on top of 0.06 is more than the 0.1 that were bought";
  t.tell(RoomGranted{{t.engine->room_wanted()->have, Code("max_total_exposure"), Money(dec("109000")), Money(dec("100000")), true}});
  t.after(Dur::millis(300));
  ASSERT_EQ(t.placed_on(Side::Sell), 2U);
  EXPECT_EQ(t.placed(Side::Sell).qty, qty("0.04")) << "what it lacks needs no room";
  EXPECT_FALSE(t.engine->room_wanted());
  EXPECT_EQ(t.placed_on(Side::Buy), 1U);
}

TEST(Room, IsNotTakenByATaskThatUnwinds) {
  TaskSpec spec = seed_spec();
  spec.direction = Direction::Close;
  spec.leg.sell.exchange = Venue::GateioSpot;
  spec.leg.buy.exchange = Venue::GateioFutures;
  RunOptions options;
  options.room = Room{};
  Talk t(spec, {perpetual(), spot(Venue::GateioSpot)}, options);
  t.start();
  t.books();
  EXPECT_EQ(t.count<PlaceOrder>(), 2U);
  EXPECT_EQ(t.engine->exposure(), Money{});
}

TEST(Room, APortfolioThatBeginsLaterHoldsFromThenOn) {
  Talk t;
  t.start();
  t.books();
  ASSERT_EQ(t.count<PlaceOrder>(), 2U);
  const Money have = t.engine->exposure();
  t.tell(RoomGranted{Room{have, {}, {}, {}, false}});
  t.ack_both();
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "1");
  t.fill(OrderRequest(t.placed(Side::Sell)), "0.1", "2");
  t.books();
  EXPECT_EQ(t.count<PlaceOrder>(), 2U);
  EXPECT_TRUE(t.engine->room_wanted());
}

}  // namespace
}  // namespace dn::test
