// Pause, resume, cancel, halt, drain, budgets, limits and changes of parameters.
#include "talk.h"

namespace dn::test {
namespace {

// Answers what a stop asks for: every cancel and lookup finds the order ended with what is booked.
void prove_all(Talk& t) {
  for (int i = 0; i < 20 && !t.engine->finished(); ++i) {
    t.prove();
    t.after(Dur::millis(100));
  }
}

TEST(Modes, ADrainCancelsProvesSavesAndKeepsTheTask) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  t.tell(Drain{ExitCode::Terminated, false});
  EXPECT_EQ(t.count<CancelOrder>(), 2u);
  EXPECT_FALSE(t.engine->finished()) << "a cancel's answer is not the proof";
  prove_all(t);
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Terminated);
  EXPECT_EQ(t.record().verdict, Verdict::None);
  EXPECT_EQ(t.record().mode, TaskMode::Active);
}

TEST(Modes, ADrainWithOrdersLeftEndsAtOnceAndTheNextRunAdoptsThem) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  t.tell(Drain{ExitCode::BudgetUsed, true});
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.count<CancelOrder>(), 0u);
  t.restart();
  t.start();
  EXPECT_EQ(t.count<LookupOrder>(), 2u);
}

TEST(Modes, OrdersLeftOnPurposeWaitForTheNextRunsFirstPrices) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  t.tell(Drain{ExitCode::BudgetUsed, true});
  t.restart();
  t.start();
  for (const Side leg : kSides) {
    for (const WorkingOrder& w : std::vector<WorkingOrder>(t.engine->working(leg))) t.found(w.record.request.id, true, "0");
  }
  t.after(Dur::millis(500));
  EXPECT_EQ(t.count<CancelOrder>(), 0u);
  t.books();
  t.after(Dur::millis(100));
  EXPECT_EQ(t.count<CancelOrder>(), 0u) << "they stand where they should";
}

TEST(Modes, WithoutPricesOrdersLeftOnPurposeGoWhenTheirBookWouldBeTooOld) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  t.tell(Drain{ExitCode::BudgetUsed, true});
  t.restart();
  t.start();
  for (const Side leg : kSides) {
    for (const WorkingOrder& w : std::vector<WorkingOrder>(t.engine->working(leg))) t.found(w.record.request.id, true, "0");
  }
  t.after(Dur::millis(2001));
  EXPECT_EQ(t.count<CancelOrder>(), 2u);
}

TEST(Modes, ADrainHedgesWhatIsUnhedged) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.05", "T1");
  t.tell(Drain{ExitCode::BudgetUsed, false});
  for (int i = 0; i < 10 && t.placed_on(Side::Sell) < 2; ++i) {
    for (const Side leg : kSides) {
      for (const WorkingOrder& w : std::vector<WorkingOrder>(t.engine->working(leg))) {
        if (w.cancelling) t.tell(CancelReport{w.record.request.id, true, {}});
        if (w.looking_up || w.doubt) t.found(w.record.request.id, false, w.record.booked.str());
      }
    }
    t.books();
    t.after(Dur::millis(50));
  }
  const OrderRequest hedge = t.placed(Side::Sell);
  ASSERT_EQ(hedge.purpose, Purpose::Rebalance);
  t.ack(hedge);
  t.found(hedge.id, false, "0.05");
  t.tell(TradesReport{hedge.id, true, {t.trade(hedge, "0.05", "T2")}});
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.engine->exit_code(), ExitCode::BudgetUsed) << "balanced";
}

TEST(Modes, APausedTaskCancelsItsQuotesAndStaysPausedAfterARestart) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  t.tell(Pause{});
  EXPECT_EQ(t.count<CancelOrder>(), 2u);
  for (const Side leg : kSides) {
    const ClientOrderId id = t.placed(leg).id;
    t.tell(CancelReport{id, true, {}});
    t.found(id, false, "0");
  }
  t.books();
  EXPECT_EQ(t.count<PlaceOrder>(), 2u);
  t.restart();
  t.start();
  EXPECT_TRUE(t.engine->finished());
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Waiting);
  EXPECT_EQ(t.record().mode, TaskMode::Paused);
}

TEST(Modes, ResumeGoesOn) {
  Talk t;
  t.start();
  t.tell(Pause{});
  t.books();
  EXPECT_EQ(t.count<PlaceOrder>(), 0u);
  t.tell(Resume{});
  t.books();
  EXPECT_EQ(t.count<PlaceOrder>(), 2u);
}

TEST(Modes, ACancelledTaskEndsProvenAndForGood) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  t.tell(CancelTask{});
  prove_all(t);
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.record().verdict, Verdict::Cancelled);
  EXPECT_EQ(t.record().state, TaskState::Cancelled);
  t.restart();
  t.start();
  EXPECT_TRUE(t.engine->finished());
  EXPECT_TRUE(t.last_step.sends.empty());
}

TEST(Modes, TheKillSwitchLetsCancelsPassAndNothingElse) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.05", "T1");
  t.tell(HaltTask{Code("halt_file"), Reason("the file HALT is there")});
  prove_all(t);
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.count<PlaceOrder>(), 2u) << "not even a hedge";
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Imbalanced);
  t.restart();
  t.start();
  t.books();
  EXPECT_TRUE(t.engine->finished());
  EXPECT_EQ(t.record().mode, TaskMode::Halted);
}

TEST(Modes, AnUnknownOrderAtTheEndOfADrainIsSaidSo) {
  Talk t;
  t.start();
  t.books();
  t.ack(OrderRequest(t.placed(Side::Sell)));
  t.lose(OrderRequest(t.placed(Side::Buy)));
  t.tell(Drain{ExitCode::Terminated, false});
  t.after(Dur::seconds(21));
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.engine->exit_code(), ExitCode::UnknownOrder);
}

TEST(Modes, ASecondDrainEndsTheRunAtOnce) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  t.tell(Drain{ExitCode::Interrupted, false});
  t.tell(Drain{ExitCode::Interrupted, false});
  EXPECT_TRUE(t.engine->finished());
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Interrupted) << "what rests is known, and is the next run's work";
}

TEST(Modes, ASecondDrainDoesNotHideAnOrderOfUnknownFate) {
  Talk t;
  t.start();
  t.books();
  t.ack(OrderRequest(t.placed(Side::Sell)));
  t.tell(Drain{ExitCode::Interrupted, false});
  t.tell(Drain{ExitCode::Interrupted, false});
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.engine->exit_code(), ExitCode::UnknownOrder) << "the buy order was never answered";
}

TEST(Modes, OneCycleThenTheBudgetIsUsed) {
  Talk t(seed_spec(), {spot(Venue::MexcSpot), spot(Venue::GateioSpot)}, RunOptions{1, false, false, {}});
  t.start();
  t.books();
  EXPECT_EQ(t.count<PlaceOrder>(), 2u);
  t.ack_both();
  t.after(Dur::millis(200));
  prove_all(t);
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.engine->exit_code(), ExitCode::BudgetUsed);
  EXPECT_EQ(t.count<PlaceOrder>(), 2u);
}

TEST(Modes, ChangedParametersApplyAtTheNextCycle) {
  Talk t;
  t.start();
  TaskSpec s = seed_spec();
  s.order_quantity = qty("0.05");
  t.tell(ChangeSpec{s, {}});
  t.books();
  EXPECT_EQ(t.placed(Side::Buy).qty, qty("0.05"));
  EXPECT_EQ(t.placed(Side::Sell).qty, qty("0.05"));
  EXPECT_EQ(t.record().spec.order_quantity, qty("0.05"));
}

TEST(Modes, EachChangedParameterIsToldWithWhoAskedForIt) {
  Talk t;
  t.start();
  TaskSpec s = seed_spec();
  s.order_quantity = qty("0.05");
  t.tell(ChangeSpec{s, "the file's text", {"order_quantity 0.1 -> 0.05, by a person", "delay 100ms -> 1s, by a person"}});
  std::vector<std::string> told;
  for (const TaskEvent& e : t.events) {
    const auto* a = std::get_if<Alerted>(&e.what);
    if (a != nullptr && a->code.view() == "parameters_changed") told.push_back(a->message.str());
  }
  EXPECT_EQ(told, (std::vector<std::string>{"order_quantity 0.1 -> 0.05, by a person, heard in cycle 0, counts from 1",
                                            "delay 100ms -> 1s, by a person, heard in cycle 0, counts from 1"}));
}

TEST(Modes, WhatIsAskedForBetweenTwoCyclesCountsFromTheNextOne) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  for (int i = 0; i < 3; ++i) {
    const std::int64_t before = t.engine->cycles();
    TaskSpec s = t.record().spec;
    s.delay = Dur::millis(200 + i);
    t.tell(ChangeSpec{s, {}, {"delay"}});
    t.after(Dur::seconds(1));
    t.books();
    EXPECT_EQ(t.alert("parameters_changed")->message.str(), "delay, heard in cycle " + std::to_string(before) + ", counts from " + std::to_string(before + 1));
    EXPECT_GT(t.engine->cycles(), before);
  }
}

// The books know the new file only together with what it says: a run that dies in between reads it again.
TEST(Modes, AChangeThatNoCycleHasTakenIsNotInTheBooks) {
  Talk t;
  t.start();
  t.books();
  t.ack(OrderRequest(t.placed(Side::Sell)));
  t.refuse(OrderRequest(t.placed(Side::Buy)), RejectClass::Other);
  ASSERT_EQ(t.record().state, TaskState::Error) << "no cycle runs until the backoff is over";
  TaskSpec s = t.record().spec;
  s.order_quantity = qty("0.05");
  t.tell(ChangeSpec{s, "the file's text", {"order_quantity 0.1 -> 0.05, by a person"}});
  ASSERT_TRUE(t.engine->pending_spec());
  EXPECT_FALSE(t.alerted("parameters_changed")) << "the run that takes it tells it, once";
  EXPECT_NE(t.record().source, "the file's text");
  EXPECT_EQ(t.record().spec.order_quantity, qty("0.1"));
  t.after(Dur::minutes(1));
  t.books();
  EXPECT_FALSE(t.engine->pending_spec());
  EXPECT_EQ(t.record().source, "the file's text");
  EXPECT_EQ(t.record().spec.order_quantity, qty("0.05"));
}

TEST(Modes, QuotesDoNotOutliveTheirBook) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  t.now = t.now + Dur::seconds(2);
  t.tell(Wake{});
  EXPECT_EQ(t.count<CancelOrder>(), 0u) << "exactly max_book_age is still fresh";
  EXPECT_EQ(t.engine->next_deadline(), t.now + Dur::micros(1)) << "the engine wants to be woken when its book goes stale";
  t.after(Dur::micros(1));
  EXPECT_EQ(t.count<CancelOrder>(), 2u);
}

TEST(Modes, InsufficientBalanceStopsTheLegWithoutARetryStorm) {
  Talk t;
  t.start();
  t.books();
  t.ack(OrderRequest(t.placed(Side::Sell)));
  t.refuse(OrderRequest(t.placed(Side::Buy)), RejectClass::InsufficientBalance, "30004");
  prove_all(t);
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Halted);
  EXPECT_EQ(t.placed_on(Side::Buy), 1u);
}

TEST(Modes, ThreeRefusalsInARowHaltTheTask) {
  Talk t;
  t.start();
  t.books();
  t.ack(OrderRequest(t.placed(Side::Sell)));
  for (std::size_t i = 1; i <= 3; ++i) {
    for (int k = 0; k < 40 && t.placed_on(Side::Buy) < i; ++k) {
      t.after(Dur::millis(50));
      t.books();
    }
    ASSERT_EQ(t.placed_on(Side::Buy), i);
    t.refuse(OrderRequest(t.placed(Side::Buy)), RejectClass::Filter, "30087");
  }
  EXPECT_EQ(t.record().mode, TaskMode::Halted);
}

TEST(Modes, MaxLossBreaksTheCircuit) {
  TaskSpec s = seed_spec();
  s.risk.max_loss = Money(10);
  Talk t(s);
  t.start();
  t.books();
  t.ack_both();
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "T1");
  t.books("43100", "43101");
  EXPECT_TRUE(t.alerted("max_loss")) << "0.1 bought at 43249.8 is worth 4310.0 now: 14.98 lost";
  EXPECT_EQ(t.record().mode, TaskMode::Halted);
}

TEST(Modes, MaxHoldEndsTheRunBalanced) {
  TaskSpec s = seed_spec();
  s.risk.max_hold = Dur::minutes(5);
  Talk t(s);
  t.start();
  t.books();
  t.ack_both();
  t.now = t.now + Dur::minutes(5) + Dur::micros(1);
  t.tell(Wake{});
  EXPECT_TRUE(t.alerted("max_hold"));
  prove_all(t);
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Refused);
}

TEST(Limits, ALowerLimitTakesAwayWhatRestsAboveIt) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  TaskSpec s = t.record().spec;
  s.risk.max_orders_per_minute = 100;
  t.tell(ChangeSpec{s, {}});
  t.books();
  EXPECT_EQ(t.count<CancelOrder>(), 0u) << "not a limit on amounts";
  s.risk.max_position = qty("0.05");
  t.tell(ChangeSpec{s, {}});
  t.books();
  EXPECT_EQ(t.count<CancelOrder>(), 2u);
}

}  // namespace
}  // namespace dn::test
