// Imbalance, its grace, its repair and its escalation.
#include "talk.h"

namespace dn::test {
namespace {

TaskSpec restored_spec() {
  TaskSpec s = seed_spec();
  s.restore.buy = {qty("0.3"), px("43250"), ""};
  s.restore.sell = {qty("0.25"), px("43280"), ""};
  return s;
}

// Answers a market-like order as a venue does: taken, gone, so much filled.
void settle(Talk& t, const OrderRequest& r, std::string_view amount, std::string_view trade_id) {
  t.ack(r);
  t.found(r.id, false, amount);
  if (dec(amount).is_positive()) t.tell(TradesReport{r.id, true, {t.trade(r, amount, trade_id)}});
}

TEST(Rebalance, TheSeedsRestoredImbalanceGetsOneMarketLikeOrderOnTheLaggingSide) {
  Talk t(restored_spec());
  t.start();
  EXPECT_EQ(t.record().imbalance(), qty("0.05"));
  t.books();
  EXPECT_EQ(t.placed_on(Side::Buy), 0u) << "the leading leg places nothing new";
  const OrderRequest hedge = t.placed(Side::Sell);
  EXPECT_EQ(hedge.type, OrderType::Ioc);
  EXPECT_EQ(hedge.qty, qty("0.05"));
  EXPECT_EQ(hedge.price, px("43033.8")) << "50 bps below the bid 43250, up to the tick";
  EXPECT_EQ(t.record().state, TaskState::Rebalancing);
  settle(t, hedge, "0.05", "T1");
  EXPECT_EQ(t.record().imbalance(), qty("0"));
  EXPECT_EQ(t.record().rebalances, 1);
  EXPECT_EQ(t.placed(Side::Buy).qty, qty("0.1")) << "and the task goes on";
}

TEST(Rebalance, WithinTheGraceTheLaggingLegKeepsItsQuoteAndTheLeaderPlacesNothing) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "T1");
  t.after(Dur::millis(900));
  t.books();
  EXPECT_EQ(t.placed_on(Side::Buy), 1u);
  EXPECT_EQ(t.count<CancelOrder>(), 0u);
  t.fill(OrderRequest(t.placed(Side::Sell)), "0.1", "T2");
  EXPECT_EQ(t.placed_on(Side::Buy), 2u) << "balanced by itself: the next slices";
  EXPECT_EQ(t.record().rebalances, 0);
}

TEST(Rebalance, TheImbalanceIsComputedAgainAfterTheRestingOrdersFinalFill) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  const OrderRequest sell = t.placed(Side::Sell);
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "T1");
  t.after(Dur::millis(1001));
  ASSERT_EQ(t.count<CancelOrder>(), 1u);
  t.tell(CancelReport{sell.id, true, {}});
  t.found(sell.id, false, "0.04");
  EXPECT_EQ(t.placed_on(Side::Sell), 1u) << "its trades are not read yet";
  t.tell(TradesReport{sell.id, true, {t.trade(sell, "0.04", "T2")}});
  t.books();
  EXPECT_EQ(t.placed(Side::Sell).qty, qty("0.06"));
}

TEST(Rebalance, WithALeadEachFillIsHedgedAtOnce) {
  TaskSpec s = seed_spec();
  s.lead = Lead::Buy;
  Talk t(s);
  t.start();
  t.books();
  EXPECT_EQ(t.placed_on(Side::Sell), 0u) << "the hedging leg does not quote";
  const OrderRequest buy = t.placed(Side::Buy);
  t.ack(buy);
  t.fill(buy, "0.03", "T1");
  const OrderRequest hedge = t.placed(Side::Sell);
  EXPECT_EQ(hedge.qty, qty("0.03"));
  EXPECT_EQ(t.count<CancelOrder>(), 0u) << "the leading order stays";
  settle(t, hedge, "0.03", "T2");
  t.fill(buy, "0.07", "T3");
  EXPECT_EQ(t.placed(Side::Sell).qty, qty("0.07"));
}

TEST(Rebalance, TheHedgeFollowsWhatWasNetBought) {
  TaskSpec s = seed_spec();
  s.lead = Lead::Buy;
  Talk t(s, {spot(Venue::MexcSpot, "0.1", FeeIn::Received), spot(Venue::GateioSpot)});
  t.start();
  t.books();
  const OrderRequest buy = t.placed(Side::Buy);
  t.ack(buy);
  t.fill(buy, "0.1", "T1", "0.0002");
  EXPECT_EQ(t.placed(Side::Sell).qty, qty("0.0998"));
}

TEST(Rebalance, AfterThreeFruitlessAttemptsTheLeadingLegIsReduced) {
  Talk t(restored_spec());
  t.start();
  for (int attempt = 1; attempt <= 3; ++attempt) {
    for (int i = 0; i < 12 && t.placed_on(Side::Sell) < static_cast<std::size_t>(attempt); ++i) {
      t.books();
      t.after(Dur::millis(100));
    }
    ASSERT_EQ(t.placed_on(Side::Sell), static_cast<std::size_t>(attempt)) << attempt;
    settle(t, OrderRequest(t.placed(Side::Sell)), "0", "");
  }
  for (int i = 0; i < 12 && t.placed_on(Side::Buy) == 0; ++i) {
    t.after(Dur::millis(100));
    t.books();
  }
  EXPECT_TRUE(t.alerted("rebalance_escalated"));
  const OrderRequest reduce = t.placed(Side::Buy);
  EXPECT_EQ(reduce.side, Side::Sell);
  EXPECT_EQ(reduce.purpose, Purpose::Reduce);
  EXPECT_EQ(reduce.qty, qty("0.05"));
  settle(t, reduce, "0.05", "T1");
  EXPECT_EQ(t.record().leg.buy.filled, qty("0.25")) << "what was reduced may be bought again";
  EXPECT_EQ(t.record().imbalance(), qty("0"));
}

TEST(Rebalance, WhenNeitherLegRestoresTheBalanceTheTaskHaltsWithCode20) {
  Talk t(restored_spec());
  t.start();
  t.books();
  for (int i = 0; i < 400 && !t.engine->finished(); ++i) {
    for (const Side leg : kSides) {
      for (const WorkingOrder& w : std::vector<WorkingOrder>(t.engine->working(leg))) {
        if (w.sending) {
          settle(t, w.record.request, "0", "");
        } else if (w.looking_up || w.doubt) {
          t.found(w.record.request.id, false, "0");
        } else if (w.cancelling) {
          t.tell(CancelReport{w.record.request.id, true, {}});
        }
      }
    }
    t.books();
    t.after(Dur::millis(100));
  }
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Imbalanced);
  EXPECT_EQ(t.record().mode, TaskMode::Halted);
}

TEST(Rebalance, OnOneBookTheLeadingQuoteMakesWayToo) {
  TaskSpec s = seed_spec();
  s.leg.sell.exchange = Venue::MexcSpot;
  Talk t(s, {spot(Venue::MexcSpot), spot(Venue::MexcSpot)});
  t.start();
  t.books();
  t.ack_both();
  const OrderRequest buy = t.placed(Side::Buy);
  EXPECT_LT(buy.price, t.placed(Side::Sell).price);
  t.fill(buy, "0.05", "T1");
  t.after(Dur::millis(1001));
  EXPECT_EQ(t.count<CancelOrder>(), 2u) << "a sale through our own bid would be a self trade";
}

TEST(Rebalance, AnImbalanceAboveTenPercentIsCriticalAndOnlyReducingOrdersFollow) {
  TaskSpec s = seed_spec();
  s.order_quantity = qty("0.5");
  Talk t(s);
  t.start();
  t.books();
  t.ack_both();
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.5", "T1");
  EXPECT_TRUE(t.alerted("imbalance"));
  EXPECT_EQ(t.record().mode, TaskMode::Reducing);
}

TEST(Rebalance, DustBelowTheMinimumIsCarriedAndTheTaskCompletes) {
  TaskSpec s = seed_spec();
  s.total_quantity = qty("0.1");
  Talk t(s);
  t.start();
  t.books();
  t.ack_both();
  const OrderRequest buy = t.placed(Side::Buy);
  const OrderRequest sell = t.placed(Side::Sell);
  t.fill(buy, "0.1", "T1");
  t.fill(sell, "0.09995", "T2");  // 0.00005 left: below the step of 0.0001
  t.tell(OrderHint{sell.id});
  t.found(sell.id, false, "0.09995");
  for (int i = 0; i < 30 && !t.engine->finished(); ++i) t.after(Dur::millis(100));
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.record().verdict, Verdict::Completed);
}

TEST(Rebalance, AHedgeIsPricedWithinTheCollarWhereThatIsTighter) {
  TaskSpec s = restored_spec();
  s.risk.price_collar_bps = Bps(20);  // below the 50 of max_slippage_bps
  Talk t(s);
  t.start();
  t.books();
  const OrderRequest hedge = t.placed(Side::Sell);
  EXPECT_EQ(hedge.type, OrderType::Ioc);
  EXPECT_EQ(hedge.price, px("43164")) << "20 bps below the mid of 43250.5, up to the tick: what the gate lets through";
}

TEST(Rebalance, ATailThatTheOtherVenueCannotTradeIsLeftAlone) {
  TaskSpec s = seed_spec();
  s.total_quantity = qty("0.1");
  for (const Side leg : kSides) {
    s.restore[leg].filled_quantity = qty("0.0997");
    s.restore[leg].avg_price = px("43250");
  }
  PerSide<Instrument> venues{spot(Venue::MexcSpot), spot(Venue::GateioSpot)};
  venues.sell.min_notional = Money(30);  // 0.0003 BTC are 13 USDT: enough for MEXC, not for Gate
  Talk t(s, venues);
  t.start();
  t.books();
  for (int i = 0; i < 30 && !t.engine->finished(); ++i) t.after(Dur::millis(100));
  EXPECT_EQ(t.placed_on(Side::Buy), 0u) << "a quote there would only drive the sides apart";
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.record().verdict, Verdict::Completed);
  EXPECT_EQ(t.record().imbalance(), qty("0"));
}

TEST(Rebalance, ATailIsTakenAlongWhereTheOtherSideIsAheadByIt) {
  TaskSpec s = seed_spec();
  s.total_quantity = qty("0.1");
  for (const Side leg : kSides) s.restore[leg].avg_price = px("43250");
  s.restore.buy.filled_quantity = qty("0.0997");
  s.restore.sell.filled_quantity = qty("0.1");
  PerSide<Instrument> venues{spot(Venue::MexcSpot), spot(Venue::GateioSpot)};
  venues.sell.min_notional = Money(30);
  Talk t(s, venues);
  t.start();
  t.books();
  for (int i = 0; i < 30 && t.placed_on(Side::Buy) == 0; ++i) t.after(Dur::millis(100));
  EXPECT_EQ(t.placed(Side::Buy).qty, qty("0.0003"));
}

TEST(Rebalance, AHedgeThatTheRequestBudgetHoldsBackIsNoFailedAttempt) {
  Talk t(restored_spec());
  t.start();
  t.books();
  for (int i = 0; i < 5; ++i) {
    PlaceReport held;
    held.id = t.placed(Side::Sell).id;
    held.outcome = PlaceOutcome::Refused;
    held.reject = RejectClass::RateLimited;
    held.retry_after = Dur::millis(700);
    t.tell(held);
    t.after(Dur::millis(699));
    EXPECT_EQ(t.placed_on(Side::Sell), static_cast<std::size_t>(i + 1)) << "not before it may";
    t.books();
    t.after(Dur::millis(2));
  }
  EXPECT_EQ(t.placed_on(Side::Buy), 0u) << "the leading leg is not reduced for that";
  settle(t, OrderRequest(t.placed(Side::Sell)), "0.05", "T1");
  EXPECT_EQ(t.record().imbalance(), Qty{});
}

}  // namespace
}  // namespace dn::test
