// Runs that do one thing for a person: proof, a rebalance, the way out, an order by hand.
#include "talk.h"

namespace dn::test {
namespace {

RunOptions errand(Errand::Kind kind) {
  Errand e;
  e.kind = kind;
  return {0, false, false, e};
}

// 0.3 bought and 0.25 sold before.
TaskSpec apart() {
  TaskSpec s = seed_spec();
  s.restore.buy = {qty("0.3"), px("43250"), ""};
  s.restore.sell = {qty("0.25"), px("43280"), ""};
  return s;
}

PerSide<Instrument> two_spots(FeeIn sell_fees = FeeIn::Quote) { return {spot(Venue::MexcSpot), spot(Venue::GateioSpot, "0.1", sell_fees)}; }

// The venue took it, and so much of it traded before it ended.
void settle(Talk& t, const OrderRequest& r, std::string_view amount, std::string_view trade_id, std::string_view fee = "0") {
  t.ack(r);
  t.found(r.id, false, amount);
  if (dec(amount).is_positive()) t.tell(TradesReport{r.id, true, {t.trade(r, amount, trade_id, fee)}});
}

TEST(Errand, ProofCancelsWhatRestsAndSendsNothingElse) {
  Talk t(apart(), two_spots(), errand(Errand::Kind::Prove));
  t.start();
  t.books();
  EXPECT_TRUE(t.engine->finished());
  EXPECT_EQ(t.count<PlaceOrder>(), 0u);
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Imbalanced) << "told, not mended";
}

TEST(Errand, ARebalanceIsOneOrderOnTheLaggingSide) {
  Talk t(apart(), two_spots(), errand(Errand::Kind::Rebalance));
  t.start();
  EXPECT_EQ(t.count<PlaceOrder>(), 0u) << "nothing is sized without a price";
  t.books();
  const OrderRequest order = t.placed(Side::Sell);
  EXPECT_EQ(order.qty, qty("0.05"));
  EXPECT_EQ(order.type, OrderType::Ioc);
  settle(t, order, "0.05", "T1");
  EXPECT_TRUE(t.engine->finished());
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Ok);
  EXPECT_EQ(t.record().imbalance(), Qty{});
  EXPECT_EQ(t.count<PlaceOrder>(), 1u);
}

TEST(Errand, ARebalanceThatFillsPartlyEndsWithWhatIsLeft) {
  Talk t(apart(), two_spots(), errand(Errand::Kind::Rebalance));
  t.start();
  t.books();
  settle(t, OrderRequest(t.placed(Side::Sell)), "0.02", "T1");
  EXPECT_TRUE(t.engine->finished());
  EXPECT_EQ(t.engine->exit_code(), ExitCode::RebalancedPartly);
  EXPECT_EQ(t.record().imbalance(), qty("0.03"));
}

TEST(Errand, ARebalanceThatFillsNothingLeavesTheSidesApart) {
  Talk t(apart(), two_spots(), errand(Errand::Kind::Rebalance));
  t.start();
  t.books();
  settle(t, OrderRequest(t.placed(Side::Sell)), "0", "T1");
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Imbalanced);
}

TEST(Errand, WithoutAPriceItSaysSoAndSendsNothing) {
  Talk t(apart(), two_spots(), errand(Errand::Kind::Rebalance));
  t.start();
  t.after(Dur::seconds(30));
  EXPECT_TRUE(t.engine->finished());
  EXPECT_EQ(t.count<PlaceOrder>(), 0u);
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Imbalanced);
}

TEST(Errand, ItsOwnLimitHoldsAtTheGate) {
  RunOptions options = errand(Errand::Kind::Rebalance);
  options.errand->max_notional = Money(100);
  Talk t(apart(), two_spots(), options);
  t.start();
  t.books();
  EXPECT_TRUE(t.engine->finished());
  EXPECT_EQ(t.count<PlaceOrder>(), 0u);
  EXPECT_TRUE(t.alerted("max_order_notional"));
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Imbalanced) << "graver than the refusal";
  EXPECT_FALSE(t.record().spec.risk.max_order_notional) << "the task keeps its own";
}

TEST(Errand, ARequestThatWasCarriedOutIsNotCarriedOutAgain) {
  RunOptions options = errand(Errand::Kind::Rebalance);
  options.errand->request = RequestId("once");
  Talk t(apart(), two_spots(), options);
  t.start();
  t.books();
  settle(t, OrderRequest(t.placed(Side::Sell)), "0.02", "T1");
  ASSERT_EQ(t.engine->exit_code(), ExitCode::RebalancedPartly);
  t.restart();
  t.start();
  t.books();
  EXPECT_TRUE(t.engine->finished());
  EXPECT_EQ(t.count<PlaceOrder>(), 1u) << "the order of the first time is all there is";
  EXPECT_EQ(t.engine->exit_code(), ExitCode::RebalancedPartly);
}

TEST(Errand, ARequestWhoseReplyWasLostIsProvenAndNotSentAgain) {
  RunOptions options = errand(Errand::Kind::Rebalance);
  options.errand->request = RequestId("once");
  Talk t(apart(), two_spots(), options);
  t.start();
  t.books();
  const OrderRequest sent = t.placed(Side::Sell);
  t.restart();
  t.start();
  t.books();
  EXPECT_EQ(t.count<PlaceOrder>(), 1u);
  t.found(sent.id, false, "0.05");
  t.tell(TradesReport{sent.id, true, {t.trade(sent, "0.05", "T1")}});
  EXPECT_TRUE(t.engine->finished());
  EXPECT_EQ(t.count<PlaceOrder>(), 1u);
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Ok);
}

TEST(Errand, FlatteningClosesBothSidesWithWhatTheFeesTookAndHalts) {
  TaskSpec s = seed_spec();
  s.restore.buy = {qty("0.3"), px("43250"), ""};
  s.restore.sell = {qty("0.3"), px("43280"), ""};
  s.order_quantity = qty("1");
  Talk t(s, two_spots(FeeIn::Received), errand(Errand::Kind::Flatten));
  t.start();
  EXPECT_EQ(t.record().mode, TaskMode::Halted) << "durable before anything is sent";
  t.books();
  const OrderRequest sell = t.placed(Side::Buy);
  const OrderRequest buy = t.placed(Side::Sell);
  EXPECT_EQ(sell.side, Side::Sell);
  EXPECT_EQ(sell.qty, qty("0.3"));
  EXPECT_EQ(buy.side, Side::Buy);
  EXPECT_EQ(buy.qty, qty("0.3006")) << "0.2% of it stays with the venue";
  settle(t, sell, "0.3", "T1");
  settle(t, buy, "0.3006", "T2", "0.0006012");
  EXPECT_TRUE(t.engine->finished());
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Ok);
  EXPECT_EQ(t.record().leg.buy.net, Qty{});
  EXPECT_LT(t.record().leg.sell.net.abs(), qty("0.0001"));
}

TEST(Errand, FlatteningGoesOnInPiecesUnderTheLimit) {
  TaskSpec s = seed_spec();
  s.restore.buy = {qty("0.3"), px("43250"), ""};
  s.risk.max_order_notional = Money(5000);
  Talk t(s, two_spots(), errand(Errand::Kind::Flatten));
  t.start();
  t.books();
  int pieces = 0;
  while (!t.engine->finished() && pieces < 10) {
    const OrderRequest r = t.placed(Side::Buy);
    EXPECT_LE(r.price * r.qty, Money(5000));
    settle(t, r, r.qty.str(), "T" + std::to_string(++pieces));
    t.books();
  }
  EXPECT_EQ(pieces, 3);
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Ok);
}

TEST(Errand, FlatteningGivesUpOnABookThatTakesNothing) {
  TaskSpec s = seed_spec();
  s.restore.buy = {qty("0.3"), px("43250"), ""};
  Talk t(s, two_spots(), errand(Errand::Kind::Flatten));
  t.start();
  int tries = 0;
  while (!t.engine->finished() && tries < 10) {
    t.books();
    settle(t, OrderRequest(t.placed(Side::Buy)), "0", "none");
    t.after(Dur::seconds(2));
    ++tries;
  }
  EXPECT_EQ(t.placed_on(Side::Buy), 3u) << "rebalance_attempts";
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Imbalanced) << "one side still holds";
}

TEST(Errand, FlatteningWaitsForItsTurnAndCountsThatAsNoTry) {
  TaskSpec s = seed_spec();
  s.restore.buy = {qty("0.3"), px("43250"), ""};
  Talk t(s, two_spots(), errand(Errand::Kind::Flatten));
  t.start();
  for (std::size_t n = 1; n <= 6; ++n) {
    t.books();
    ASSERT_EQ(t.placed_on(Side::Buy), n) << "after the time that the refusal names";
    t.refuse(OrderRequest(t.placed(Side::Buy)), RejectClass::RateLimited, "rate_budget");
    t.after(Dur::millis(1100));
  }
  t.books();
  const OrderRequest taken = t.placed(Side::Buy);
  settle(t, taken, taken.qty.str(), "T1");
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Ok);
}

TEST(Errand, ASignalStopsItAfterWhatWasSentIsProven) {
  Talk t(apart(), two_spots(), errand(Errand::Kind::Rebalance));
  t.start();
  t.books();
  t.tell(Drain{ExitCode::Terminated});
  EXPECT_FALSE(t.engine->finished());
  settle(t, OrderRequest(t.placed(Side::Sell)), "0.02", "T1");
  EXPECT_TRUE(t.engine->finished());
  EXPECT_EQ(t.count<PlaceOrder>(), 1u);
}

TEST(Errand, TheKillSwitchEndsIt) {
  Talk t(apart(), two_spots(), errand(Errand::Kind::Rebalance));
  t.start();
  t.tell(HaltTask{Code("halt_file"), Reason("the file is there")});
  t.books();
  EXPECT_TRUE(t.engine->finished());
  EXPECT_EQ(t.count<PlaceOrder>(), 0u);
}

TEST(Errand, WhatASurveyProvedIsNotAskedForAgain) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  const OrderRequest sell = t.placed(Side::Sell);
  t.restart();
  LookupReport ended;
  ended.id = sell.id;
  ended.outcome = LookupOutcome::Found;
  ended.venue_order_id = VenueOrderId("V" + sell.id.str());
  ended.filled = sell.qty;
  const std::size_t asked = t.count<LookupOrder>();
  t.start({ended, StreamFill{t.trade(sell, sell.qty.str(), "T1")}});
  EXPECT_EQ(t.record().leg.sell.filled, sell.qty);
  EXPECT_EQ(t.count<LookupOrder>(), asked + 1) << "only the other order";
}

RunOptions by_hand(std::string_view quantity) {
  RunOptions options = errand(Errand::Kind::Order);
  options.errand->side = Side::Sell;
  options.errand->qty = qty(quantity);
  options.errand->request = RequestId("once");
  return options;
}

TEST(Errand, AnOrderByHandEndsItsTask) {
  Talk t(seed_spec(), two_spots(), by_hand("0.1"));
  t.start();
  t.books();
  settle(t, OrderRequest(t.placed(Side::Sell)), "0.04", "T1");
  EXPECT_EQ(t.engine->exit_code(), ExitCode::RebalancedPartly);
  EXPECT_EQ(t.record().verdict, Verdict::Completed);
}

TEST(Errand, APriceThatCameAfterAllIsNoReasonAnyMore) {
  Talk t(seed_spec(), two_spots(), by_hand("0.1"));
  t.start();
  t.after(Dur::seconds(1));
  t.books();
  settle(t, OrderRequest(t.placed(Side::Sell)), "0.1", "T1");
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Ok);
  EXPECT_EQ(t.record().verdict, Verdict::Completed);
  EXPECT_EQ(t.record().reason, "an order by hand") << "and not that its venue showed no fresh price";
}

TEST(Errand, WhoseSecondPriceIsMissingSaysSoToTheEnd) {
  Talk t(apart(), two_spots(), errand(Errand::Kind::Flatten));
  t.start();
  for (int i = 0; i < 30 && !t.engine->finished(); ++i) {
    t.after(Dur::seconds(1));
    if (!t.engine->finished()) t.book(Side::Buy, "43250", "43251");
  }
  EXPECT_TRUE(t.engine->finished());
  const auto* end = std::get_if<StateChanged>(&t.events.back().what);
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->reason.str(), "gateio_spot shows no fresh price");
}

TEST(Errand, AnOrderByHandThatWasRefusedLeavesTheRequestToBeMadeAgain) {
  Talk t(seed_spec(), two_spots(), by_hand("0.1"));
  t.start();
  t.books();
  t.refuse(OrderRequest(t.placed(Side::Sell)), RejectClass::Other);
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Refused);
  EXPECT_EQ(t.record().verdict, Verdict::Cancelled);
}

TEST(Errand, AnOrderByHandOfUnknownFateKeepsItsTask) {
  Talk t(seed_spec(), two_spots(), by_hand("0.1"));
  t.start();
  t.books();
  t.lose(OrderRequest(t.placed(Side::Sell)));
  for (int i = 0; i < 30; ++i) t.after(Dur::seconds(1));
  EXPECT_TRUE(t.engine->finished());
  EXPECT_EQ(t.engine->exit_code(), ExitCode::UnknownOrder);
  EXPECT_EQ(t.record().verdict, Verdict::None);
}

TEST(Errand, AnEndedTaskGivesBackWhatItHolds) {
  TaskSpec s = seed_spec();
  s.restore.buy = {qty("0.3"), px("43250"), ""};
  Talk t(s, two_spots(), errand(Errand::Kind::Flatten));
  t.end_as(Verdict::Completed);
  t.start();
  t.books();
  settle(t, OrderRequest(t.placed(Side::Buy)), "0.3", "T1");
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Ok);
  EXPECT_EQ(t.record().verdict, Verdict::Completed);
  EXPECT_EQ(t.record().state, TaskState::Completed);
  EXPECT_EQ(t.record().mode, TaskMode::Active);
}

// Equal on both sides.
TaskSpec level() {
  TaskSpec s = apart();
  s.restore.sell.filled_quantity = qty("0.3");
  return s;
}

TEST(Errand, FlatteningDoesNotCloseOneLegOfAPairAlone) {
  Talk t(level(), two_spots(), errand(Errand::Kind::Flatten));
  t.start();
  for (int i = 0; i < 30 && !t.engine->finished(); ++i) {
    t.book(Side::Buy, "43250", "43251");
    t.after(Dur::seconds(1));
  }
  EXPECT_TRUE(t.engine->finished());
  EXPECT_EQ(t.count<PlaceOrder>(), 0u) << "the other leg would stand without its hedge";
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Imbalanced);
  EXPECT_EQ(t.record().mode, TaskMode::Halted);
}

TEST(Errand, FlatteningClosesWhatIsMoreThanTheOtherLegHolds) {
  Talk t(apart(), two_spots(), errand(Errand::Kind::Flatten));
  t.start();
  for (int i = 0; i < 5 && t.count<PlaceOrder>() == 0; ++i) {
    t.book(Side::Buy, "43250", "43251");
    t.after(Dur::seconds(1));
  }
  const OrderRequest order = t.placed(Side::Buy);
  EXPECT_EQ(order.side, Side::Sell);
  EXPECT_EQ(order.qty, qty("0.05"));
  settle(t, order, "0.05", "T1");
  for (int i = 0; i < 30 && !t.engine->finished(); ++i) {
    t.book(Side::Buy, "43250", "43251");
    t.after(Dur::seconds(1));
  }
  EXPECT_EQ(t.count<PlaceOrder>(), 1u);
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Imbalanced);
}

TEST(Errand, FlatteningGoesOnWhenTheOtherVenueComesBack) {
  Talk t(level(), two_spots(), errand(Errand::Kind::Flatten));
  t.start();
  for (int i = 0; i < 8; ++i) {
    t.book(Side::Buy, "43250", "43251");
    t.after(Dur::seconds(1));
  }
  t.books();
  EXPECT_EQ(t.placed(Side::Buy).qty, qty("0.1")) << "neither is closed more than a slice ahead of the other";
  EXPECT_EQ(t.placed(Side::Sell).qty, qty("0.1"));
}

TEST(Errand, FlatteningGoesNoFurtherThanASliceWhereTheOtherVenueRefuses) {
  Talk t(level(), two_spots(), errand(Errand::Kind::Flatten));
  t.start();
  t.books();
  int trade = 0;
  for (int i = 0; i < 100 && !t.engine->finished(); ++i) {
    for (const Side leg : kSides) {
      for (const WorkingOrder& w : std::vector<WorkingOrder>(t.engine->working(leg))) {
        if (!w.sending) continue;
        const OrderRequest r = w.record.request;
        if (leg == Side::Buy) {
          t.refuse(r, RejectClass::Halted, "not trading");
          continue;
        }
        t.ack(r);
        t.fill(r, r.qty.str(), "F" + std::to_string(++trade));
      }
    }
    t.books();
    t.after(Dur::millis(500));
  }
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.record().leg.buy.net, qty("0.3"));
  EXPECT_EQ(t.record().leg.sell.net, qty("0.2")) << "one slice is unhedged, not everything";
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Imbalanced);
  EXPECT_TRUE(t.alerted("flatten_held"));
}

}  // namespace
}  // namespace dn::test
