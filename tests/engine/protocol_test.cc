// The order protocol as conversations: in, expect, why.
#include "talk.h"

namespace dn::test {
namespace {

TEST(Protocol, BothIntentsAreDurableInTheStepThatSendsThem) {
  Talk t;
  t.start();
  t.book(Side::Buy, "43250", "43251");
  EXPECT_EQ(t.count<PlaceOrder>(), 0u) << "no quote while the other leg's book is unknown";
  t.book(Side::Sell, "43260", "43261");
  ASSERT_EQ(t.last_step.sends.size(), 2u) << "both legs leave in one step";
  ASSERT_EQ(t.last_step.journal.orders.size(), 2u);
  for (const OrderRecord& o : t.last_step.journal.orders) EXPECT_EQ(o.status, OrderStatus::Intent);
  EXPECT_EQ(t.placed(Side::Buy).price, px("43249.8")) << "BUY +2: two ticks below the bid";
  EXPECT_EQ(t.placed(Side::Sell).price, px("43261.2")) << "SELL -2: two ticks above the ask";
  EXPECT_EQ(t.placed(Side::Buy).qty, qty("0.1"));
}

TEST(Protocol, NothingMoreIsSentWhileAnAnswerIsOutstanding) {
  Talk t;
  t.start();
  t.books();
  t.books("43000", "43001");
  t.after(Dur::millis(500));
  EXPECT_EQ(t.sends.size(), 2u);
}

// It would be taken away at once, and quoted again, and so on until max_orders_per_minute.
TEST(Protocol, NothingIsQuotedBesideALegThatCannotBeProven) {
  Talk t;
  t.start();
  t.books();
  const OrderRequest buy = t.placed(Side::Buy);
  const OrderRequest first = t.placed(Side::Sell);
  t.ack(first);
  t.lose(buy);
  for (int i = 0; i < 8; ++i) {
    t.after(Dur::millis(500));
    t.books();
    t.no_answer(buy.id);
    for (const WorkingOrder& w : std::vector<WorkingOrder>(t.engine->working(Side::Sell))) {
      if (w.sending) t.ack(w.record.request);
      if (w.cancelling) t.tell(CancelReport{w.record.request.id, true, {}});
      if (w.record.cancel_requested) t.found(w.record.request.id, false, "0");
    }
  }
  EXPECT_EQ(t.count<CancelOrder>(), 1U) << "what rests beside it is taken away";
  EXPECT_EQ(t.placed_on(Side::Sell), 1U);
  EXPECT_TRUE(t.engine->working(Side::Sell).empty());
  t.found(buy.id, true, "0");
  t.after(Dur::millis(500));
  t.books();
  EXPECT_EQ(t.placed_on(Side::Sell), 2U) << "it goes on when the other leg is proven";
}

TEST(Protocol, ATimeoutIsUnknownAndBlocksTheLegUntilItIsFound) {
  Talk t;
  t.start();
  t.books();
  const OrderRequest buy = t.placed(Side::Buy);
  t.ack(OrderRequest(t.placed(Side::Sell)));
  t.lose(buy);
  EXPECT_TRUE(t.told("unknown"));
  EXPECT_EQ(t.last<LookupOrder>().id, buy.id) << "it is asked for by its own id at once";
  t.after(Dur::seconds(1));
  t.books();
  EXPECT_EQ(t.placed_on(Side::Buy), 1u);
  t.found(buy.id, true, "0");
  EXPECT_TRUE(t.told("resolved"));
  EXPECT_EQ(t.engine->working(Side::Buy).at(0).record.status, OrderStatus::Open) << "adopted, not sent again";
  EXPECT_EQ(t.placed_on(Side::Buy), 1u);
}

TEST(Protocol, AbsenceCountsOnlyAfterTheExpiryPlusAMargin) {
  Talk t;
  t.start();
  t.books();
  const OrderRequest buy = t.placed(Side::Buy);
  t.ack(OrderRequest(t.placed(Side::Sell)));
  t.lose(buy);
  t.absent_everywhere(buy.id);
  ASSERT_EQ(t.engine->working(Side::Buy).size(), 1u) << "a fruitless round too early proves nothing";
  t.now = buy.expires + kArrivalMargin - Dur::micros(1);
  t.tell(Wake{});
  t.absent_everywhere(buy.id);
  ASSERT_EQ(t.engine->working(Side::Buy).size(), 1u);
  t.after(Dur::seconds(11));
  t.absent(buy.id, LookupStage::ById);
  EXPECT_EQ(t.last<LookupOrder>().stage, LookupStage::OpenOrders);
  t.absent(buy.id, LookupStage::OpenOrders);
  EXPECT_EQ(t.last<LookupOrder>().stage, LookupStage::History);
  t.absent(buy.id, LookupStage::History);
  EXPECT_TRUE(t.engine->working(Side::Buy).empty());
  const OrderRecord& closed = t.last_step.journal.orders.back();
  EXPECT_EQ(closed.close_reason, CloseReason::NeverArrived);
  EXPECT_NE(closed.reason.view().find("not found by id, among open orders or in the history"), std::string_view::npos);
}

TEST(Protocol, WhatWasProvenAbsentAndCameAfterAllIsBookedAlsoByTheNextRun) {
  Talk t;
  t.start();
  t.books();
  const OrderRequest buy = t.placed(Side::Buy);
  t.ack(OrderRequest(t.placed(Side::Sell)));
  t.lose(buy);
  t.now = buy.expires + kArrivalMargin;
  t.tell(Wake{});
  t.absent_everywhere(buy.id);
  ASSERT_TRUE(t.engine->working(Side::Buy).empty());
  t.restart();
  t.start();
  t.fill(buy, "0.1", "T1");
  EXPECT_EQ(t.record().leg.buy.filled, qty("0.1"));
  EXPECT_TRUE(t.alerted("arrived_after_all")) << "a person is told";
  EXPECT_NE(t.record().mode, TaskMode::Halted) << "and the task goes on: the books are whole";
  ASSERT_EQ(t.engine->working(Side::Buy).size(), 0u) << "it filled whole";
}

// A buy order whose absence was proven; the sell order rests.
OrderRequest never_arrived(Talk& t) {
  t.start();
  t.books();
  OrderRequest buy = t.placed(Side::Buy);
  t.ack(OrderRequest(t.placed(Side::Sell)));
  t.lose(buy);
  t.now = buy.expires + kArrivalMargin;
  t.tell(Wake{});
  t.absent_everywhere(buy.id);
  EXPECT_TRUE(t.engine->working(Side::Buy).empty());
  return buy;
}

TEST(Protocol, WhatWasProvenAbsentIsLookedForAgainAndCancelledWhenItIsThere) {
  Talk t;
  const OrderRequest buy = never_arrived(t);
  const std::size_t asked = t.count<LookupOrder>();
  t.after(Dur::seconds(14));
  EXPECT_EQ(t.count<LookupOrder>(), asked);
  t.after(Dur::seconds(1));
  ASSERT_EQ(t.count<LookupOrder>(), asked + 1);
  EXPECT_EQ(t.last<LookupOrder>().id, buy.id);
  t.absent(buy.id, LookupStage::ById);
  t.after(Dur::seconds(59));
  EXPECT_EQ(t.count<LookupOrder>(), asked + 1) << "each pause is four times the one before";
  t.after(Dur::seconds(1));
  ASSERT_EQ(t.count<LookupOrder>(), asked + 2);
  t.found(buy.id, true, "0");
  EXPECT_TRUE(t.alerted("arrived_after_all"));
  EXPECT_EQ(t.last<CancelOrder>().id, buy.id);
  t.tell(CancelReport{buy.id, true, Code("ok")});
  t.found(buy.id, false, "0.04");
  t.tell(TradesReport{buy.id, true, {t.trade(buy, "0.04", "T1")}});
  EXPECT_EQ(t.record().leg.buy.filled, qty("0.04"));
  EXPECT_TRUE(t.engine->working(Side::Buy).empty());
  const OrderRecord& closed = t.last_step.journal.orders.back();
  EXPECT_EQ(closed.close_reason, CloseReason::Cancelled);
}

TEST(Protocol, WhatWasProvenAbsentIsAskedForThreeTimesAndThenLeftToTheNextRun) {
  Talk t;
  const OrderRequest buy = never_arrived(t);
  int asked = 0;
  for (int i = 0; i < 100; ++i) {
    t.after(Dur::seconds(15));
    for (const Send& s : t.last_step.sends) {
      const auto* q = std::get_if<LookupOrder>(&s);
      if (q == nullptr || !(q->id == buy.id)) continue;
      ++asked;
      t.absent(buy.id, LookupStage::ById);
      break;
    }
  }
  EXPECT_EQ(asked, 3);
}

TEST(Protocol, AWordOfATradeAsksForTheOrderAndItsTradesAtOnce) {
  Talk t;
  t.start();
  t.books();
  const OrderRequest buy = t.placed(Side::Buy);
  t.tell(OrderHint{buy.id, true});
  EXPECT_EQ(t.count<QueryTrades>(), 0u) << "the venue's name for it is not known yet";
  t.ack(buy);
  ASSERT_EQ(t.count<LookupOrder>(), 1u);
  ASSERT_EQ(t.count<QueryTrades>(), 1u);
  EXPECT_EQ(t.last<QueryTrades>().id, buy.id);
  EXPECT_FALSE(t.last<QueryTrades>().venue_order_id.empty());
  t.tell(TradesReport{buy.id, true, {t.trade(buy, "0.1", "B1")}});
  EXPECT_EQ(t.record().leg.buy.filled, qty("0.1"));
  t.found(buy.id, false, "0.1");
  EXPECT_EQ(t.count<QueryTrades>(), 1u) << "all of it is booked";
  EXPECT_EQ(t.record().leg.buy.filled, qty("0.1"));
}

TEST(Protocol, TradesThatAreNotListedYetAreAskedForAgainOnceTheAmountIsKnown) {
  Talk t;
  t.start();
  t.books();
  const OrderRequest buy = t.placed(Side::Buy);
  t.ack(buy);
  t.tell(OrderHint{buy.id, true});
  t.tell(TradesReport{buy.id, true, {}});
  t.found(buy.id, false, "0.1");
  EXPECT_EQ(t.count<QueryTrades>(), 2u);
}

TEST(Protocol, AWordOfTheStreamAboutAnAbsentOrderIsAskedAfter) {
  Talk t;
  const OrderRequest buy = never_arrived(t);
  t.tell(OrderHint{buy.id});
  EXPECT_EQ(t.last<LookupOrder>().id, buy.id);
  ASSERT_EQ(t.engine->working(Side::Buy).size(), 1u);
  EXPECT_TRUE(t.engine->working(Side::Buy).at(0).is_unknown()) << "it counts at full size again";
  t.found(buy.id, true, "0");
  EXPECT_EQ(t.last<CancelOrder>().id, buy.id);
}

TEST(Protocol, AnAbsentOrderThatRestsAtTheNextStartIsCancelled) {
  Talk t;
  const OrderRequest buy = never_arrived(t);
  t.restart();
  LookupReport seen;
  seen.id = buy.id;
  seen.stage = LookupStage::OpenOrders;
  seen.outcome = LookupOutcome::Found;
  seen.venue_order_id = VenueOrderId("V" + buy.id.str());
  seen.open = true;
  seen.venue_time = t.now;
  t.start({seen});
  EXPECT_EQ(t.last<CancelOrder>().id, buy.id);
}

TEST(Protocol, ALateArrivalFoundInTheHistoryIsAdoptedWithItsFill) {
  Talk t;
  t.start();
  t.books();
  const OrderRequest buy = t.placed(Side::Buy);
  t.ack(OrderRequest(t.placed(Side::Sell)));
  t.lose(buy);
  t.absent(buy.id, LookupStage::ById);
  t.found(buy.id, false, "0.1");
  ASSERT_EQ(t.count<QueryTrades>(), 1u) << "amounts say it filled; its trades say at which price and fee";
  t.tell(TradesReport{buy.id, true, {t.trade(buy, "0.1", "T1", "4.3")}});
  EXPECT_EQ(t.record().leg.buy.filled, qty("0.1"));
  EXPECT_EQ(t.record().leg.buy.fees.of(Asset("USDT")), Fee(dec("4.3")));
}

TEST(Protocol, ACancelIsAQuestionAndTheFillThatCrossedItIsBooked) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  const OrderRequest buy = t.placed(Side::Buy);
  t.books("43260", "43261");
  ASSERT_EQ(t.count<CancelOrder>(), 2u) << "both prices moved beyond their tolerances";
  t.tell(CancelReport{buy.id, true, Code("ok")});
  EXPECT_EQ(t.last<LookupOrder>().id, buy.id);
  EXPECT_EQ(t.placed_on(Side::Buy), 1u) << "no replacement before the final fill is proven";
  t.found(buy.id, false, "0.03");
  t.tell(TradesReport{buy.id, true, {t.trade(buy, "0.03", "T1")}});
  EXPECT_EQ(t.record().leg.buy.filled, qty("0.03"));
  EXPECT_TRUE(t.told("cancel"));
}

TEST(Protocol, ACancelThatTheVenueDoesNotKnowProvesNothing) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  const OrderRequest buy = t.placed(Side::Buy);
  t.books("43260", "43261");
  t.tell(CancelReport{buy.id, true, Code("not_found")});
  t.found(buy.id, true, "0");
  t.after(Dur::millis(200));
  EXPECT_EQ(t.last<CancelOrder>().id, buy.id) << "still open: asked to go again";
  EXPECT_EQ(t.placed_on(Side::Buy), 1u);
}

TEST(Protocol, AFillToldThreeTimesIsBookedOnce) {
  Talk t;
  t.start();
  t.books();
  const OrderRequest buy = t.placed(Side::Buy);
  t.fill(buy, "0.04", "T1");
  t.ack_both();
  t.fill(buy, "0.04", "T1");
  t.found(buy.id, true, "0.04");
  t.tell(TradesReport{buy.id, true, {t.trade(buy, "0.04", "T1")}});
  EXPECT_EQ(t.record().leg.buy.filled, qty("0.04"));
  t.fill(buy, "0.06", "T2");
  EXPECT_EQ(t.record().leg.buy.filled, qty("0.1"));
  EXPECT_TRUE(t.engine->working(Side::Buy).empty()) << "its trades add up to its quantity: closed without a question";
}

TEST(Protocol, TradesThatLagBehindTheAmountAreAskedForAgain) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  const OrderRequest buy = t.placed(Side::Buy);
  t.tell(OrderHint{buy.id});
  t.found(buy.id, false, "0.1");
  t.tell(TradesReport{buy.id, true, {t.trade(buy, "0.06", "T1")}});
  EXPECT_EQ(t.engine->working(Side::Buy).size(), 1u) << "0.04 are missing";
  t.after(Dur::millis(300));
  t.tell(TradesReport{buy.id, true, {t.trade(buy, "0.06", "T1"), t.trade(buy, "0.04", "T2")}});
  EXPECT_EQ(t.record().leg.buy.filled, qty("0.1"));
  EXPECT_TRUE(t.engine->working(Side::Buy).empty());
}

// The venue may have looked before the fill that the second hint is about.
TEST(Protocol, AHintDuringALookupIsAskedForOnceMore) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  const OrderRequest buy = t.placed(Side::Buy);
  t.tell(OrderHint{buy.id});
  ASSERT_TRUE(t.engine->working(Side::Buy).at(0).looking_up);
  t.tell(OrderHint{buy.id});
  t.found(buy.id, true, "0");
  EXPECT_TRUE(t.engine->working(Side::Buy).at(0).looking_up) << "the answer may be older than the second hint";
  t.found(buy.id, true, "0");
  EXPECT_FALSE(t.engine->working(Side::Buy).at(0).looking_up);
}

TEST(Protocol, ADuplicateIdRefusalIsNotTakenForANo) {
  Talk t;
  t.start();
  t.books();
  const OrderRequest buy = t.placed(Side::Buy);
  t.refuse(buy, RejectClass::Duplicate, "exists");
  EXPECT_EQ(t.engine->working(Side::Buy).at(0).record.status, OrderStatus::Unknown);
}

TEST(Protocol, ARestartTakesAnUnansweredIntentForUnknownAndAnOpenOrderForUnasked) {
  Talk t;
  t.start();
  t.books();
  const OrderRequest buy = t.placed(Side::Buy);
  const OrderRequest sell = t.placed(Side::Sell);
  t.ack(sell);
  t.restart();
  t.sends.clear();
  t.start();
  t.books();
  EXPECT_EQ(t.count<PlaceOrder>(), 0u) << "nothing new before every old order was asked for";
  EXPECT_EQ(t.count<LookupOrder>(), 2u);
  EXPECT_EQ(t.engine->working(Side::Buy).at(0).record.status, OrderStatus::Unknown);
  t.found(sell.id, false, "0.1");
  t.tell(TradesReport{sell.id, true, {t.trade(sell, "0.1", "T9")}});
  t.found(buy.id, false, "0.1");
  t.tell(TradesReport{buy.id, true, {t.trade(buy, "0.1", "T1")}});
  EXPECT_EQ(t.record().imbalance(), qty("0"));
  ASSERT_EQ(t.placed_on(Side::Buy), 1u) << "the next slice";
  EXPECT_NE(t.placed(Side::Buy).id, buy.id) << "a new run epoch, a new id";
}

TEST(Protocol, MoreFilledThanOrderedHaltsAsAContradiction) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  const OrderRequest buy = t.placed(Side::Buy);
  t.fill(buy, "0.15", "T1");
  EXPECT_EQ(t.record().mode, TaskMode::Halted);
  EXPECT_TRUE(t.alerted("overfilled"));
  EXPECT_EQ(t.record().leg.buy.filled, qty("0.15")) << "what happened is booked all the same";
}

TEST(Protocol, AVenueThatDoesNotAnswerMakesTheOtherLegStopQuoting) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  const OrderRequest buy = t.placed(Side::Buy);
  const OrderRequest sell = t.placed(Side::Sell);
  t.tell(OrderHint{buy.id});
  t.no_answer(buy.id);
  for (int i = 0; i < 8; ++i) {
    t.after(Dur::millis(400));
    t.books();
    if (t.engine->working(Side::Buy).at(0).looking_up) t.no_answer(buy.id);
  }
  EXPECT_TRUE(t.told("error"));
  const bool was_in_error = std::any_of(t.events.begin(), t.events.end(), [](const TaskEvent& e) {
    const auto* s = std::get_if<StateChanged>(&e.what);
    return s != nullptr && s->to == TaskState::Error;
  });
  EXPECT_TRUE(was_in_error);
  ASSERT_GE(t.count<CancelOrder>(), 1u);
  EXPECT_EQ(t.last<CancelOrder>().id, sell.id);
}

}  // namespace
}  // namespace dn::test
