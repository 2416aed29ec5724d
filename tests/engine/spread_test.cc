// What the net spread lets a task do: enter, stay, leave. Fees are 10 bps as maker; books and quotes as the seed's.
#include "talk.h"

namespace dn::test {
namespace {

TaskSpec with_limits(std::optional<Bps> least, std::optional<Bps> exit, SpreadExit action = SpreadExit::Complete) {
  TaskSpec s = seed_spec();
  s.leg.buy.offset_ticks = s.leg.sell.offset_ticks = 0;
  s.risk.min_spread_bps = least;
  s.risk.exit_spread_bps = exit;
  s.risk.exit_action = action;
  return s;
}

// Buys at 10000 and sells so much above.
void spread_of(Talk& t, std::string_view ask) {
  t.book(Side::Buy, "10000", "10000.1");
  t.book(Side::Sell, "9999", ask);
}

// A task that has bought and sold one slice at these prices' spread.
void enter(Talk& t, std::string_view ask) {
  t.start();
  spread_of(t, ask);
  t.ack_both();
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "B1");
  t.fill(OrderRequest(t.placed(Side::Sell)), "0.1", "S1");
}

std::size_t alerts(const Talk& t, std::string_view code) {
  return static_cast<std::size_t>(std::count_if(t.events.begin(), t.events.end(), [&](const TaskEvent& e) {
    const auto* a = std::get_if<Alerted>(&e.what);
    return a != nullptr && a->code.view() == code;
  }));
}

TEST(SpreadGate, OpensAtTheLimitAndClosesOneBasisPointBelow) {
  Talk t(with_limits(Bps(10), {}));
  t.start();
  spread_of(t, "10030.0");  // 30 gross, less 10 and 10.03
  EXPECT_EQ(t.count<PlaceOrder>(), 0u);
  EXPECT_EQ(alerts(t, "min_spread_bps"), 1u) << "told once, with both numbers";
  spread_of(t, "10030.1");
  EXPECT_EQ(t.count<PlaceOrder>(), 2u);
  t.ack_both();
  spread_of(t, "10029.1");  // the sell leg's own tolerance keeps its order where it is
  EXPECT_EQ(t.count<CancelOrder>(), 1u) << "the price moved, the spread is still open";
}

TEST(SpreadGate, WhileClosedALegThatIsBehindQuotesWhatItLacksAndNotASlice) {
  Talk t(with_limits(Bps(10), {}));
  t.start();
  spread_of(t, "10040");
  t.ack_both();
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "B1");
  t.fill(OrderRequest(t.placed(Side::Sell)), "0.06", "S1");
  spread_of(t, "10025");
  t.prove();  // the rest of the sell order is cancelled ...
  t.prove();  // ... and read once more
  spread_of(t, "10025");
  EXPECT_EQ(t.placed_on(Side::Buy), 1u);
  ASSERT_EQ(t.placed_on(Side::Sell), 2u);
  EXPECT_EQ(t.placed(Side::Sell).qty, qty("0.04"));
}

TEST(SpreadGate, OpensAtTheLimitAlsoAfterAKill) {
  Talk t(with_limits(Bps(10), {}));
  t.start();
  spread_of(t, "10040");
  t.ack_both();
  t.restart();
  t.start();
  t.prove();
  const std::size_t before = t.count<PlaceOrder>();
  spread_of(t, "10030.0");
  EXPECT_EQ(t.count<PlaceOrder>(), before) << "that it was open once is forgotten";
  spread_of(t, "10030.1");
  EXPECT_EQ(t.count<PlaceOrder>(), before + 2);
}

TEST(SpreadGate, AThousandClosingsAreFewRequotes) {
  Talk t(with_limits(Bps(10), {}));
  t.start();
  for (int i = 0; i < 1000; ++i) {
    t.after(Dur::millis(50));
    spread_of(t, i % 2 == 0 ? "10040.0" : "10020.0");
    t.prove();
    t.prove();
  }
  EXPECT_GE(t.count<PlaceOrder>(), 4u);
  EXPECT_LE(t.count<PlaceOrder>(), 16u) << "in 50 s: 1, 2, 4, 8, 16 s between two openings";
}

TEST(SpreadGate, AnOpeningThatFilledSomethingWasNoFlapping) {
  Talk t(with_limits(Bps(10), {}));
  t.start();
  for (int i = 0; i < 5; ++i) {
    spread_of(t, "10040.0");
    ASSERT_EQ(t.count<PlaceOrder>(), 2U * (i + 1)) << "it does not wait";
    t.ack_both();
    const OrderRequest buy = t.placed(Side::Buy);
    const OrderRequest sell = t.placed(Side::Sell);
    spread_of(t, "10020.0");
    t.fill(buy, "0.1", "B" + std::to_string(i));
    t.fill(sell, "0.1", "S" + std::to_string(i));
    t.prove();
    t.after(Dur::millis(200));
  }
}

TEST(SpreadGate, AfterACalmMinuteTheNextClosureIsTheFirstAgain) {
  Talk t(with_limits(Bps(10), {}));
  t.start();
  for (int i = 0; i < 12; ++i) {
    spread_of(t, i % 2 == 0 ? "10040.0" : "10020.0");
    t.prove();
    t.prove();
    t.after(Dur::seconds(2));
  }
  spread_of(t, "10040.0");
  t.after(Dur::seconds(61));
  spread_of(t, "10040.0");
  t.after(Dur::seconds(61));
  spread_of(t, "10020.0");
  t.prove();
  t.prove();
  const std::size_t before = t.count<PlaceOrder>();
  t.after(Dur::millis(1000));
  spread_of(t, "10040.0");
  EXPECT_GT(t.count<PlaceOrder>(), before);
}

TEST(SpreadExit, IsOffUntilSomethingIsHeld) {
  Talk t(with_limits({}, Bps(5)));
  t.start();
  spread_of(t, "10001");
  t.after(Dur::seconds(5));
  EXPECT_FALSE(t.alerted("exit_spread_bps"));
  EXPECT_EQ(t.record().verdict, Verdict::None);
}

TEST(SpreadExit, NothingIsEnteredThatWouldBeLeftAtOnce) {
  Talk t(with_limits({}, Bps(5)));
  t.start();
  for (int i = 0; i < 30; ++i) {
    spread_of(t, "10024");  // 4 net
    t.after(Dur::millis(100));
  }
  EXPECT_EQ(t.count<PlaceOrder>(), 0u);
  spread_of(t, "10026");
  EXPECT_EQ(t.count<PlaceOrder>(), 2u);
}

// 40 gross, less 10 and 10.04.
TEST(SpreadExit, ExactlyTheSpreadToStayIsStayedAtAlsoAfterAKill) {
  for (const bool killed : {false, true}) {
    for (const char* exit : {"19.96", "19.9601"}) {
      Talk t(with_limits({}, Bps(dec(exit))));
      enter(t, "10050");
      if (killed) {
        t.restart();
        t.start();
        t.prove();
      }
      for (int i = 0; i < 20; ++i) {
        t.after(Dur::millis(100));
        spread_of(t, "10040.0");
        t.prove();
      }
      EXPECT_EQ(t.alerted("exit_spread_bps"), dec(exit) > dec("19.96")) << exit << (killed ? " after a kill" : "");
    }
  }
}

TEST(SpreadExit, OneBadTickIsNoReasonToLeave) {
  Talk t(with_limits({}, Bps(5)));
  enter(t, "10040");
  spread_of(t, "10001");
  t.after(Dur::millis(900));
  spread_of(t, "10040");
  t.after(Dur::millis(900));
  EXPECT_FALSE(t.alerted("exit_spread_bps"));
}

TEST(SpreadExit, CompleteStopsOpeningAndEndsTheTaskHedged) {
  Talk t(with_limits({}, Bps(5)));
  enter(t, "10040");
  for (int i = 0; i < 20 && !t.engine->finished(); ++i) {
    t.after(Dur::millis(100));
    spread_of(t, "10001");
    t.prove();
  }
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.record().verdict, Verdict::Completed);
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Ok);
  EXPECT_EQ(t.record().leg.buy.filled, qty("0.1"));
  EXPECT_TRUE(t.alerted("exit_spread_bps"));
}

TEST(SpreadExit, PauseHoldsUntilAPersonResumes) {
  Talk t(with_limits({}, Bps(5), SpreadExit::Pause));
  enter(t, "10040");
  for (int i = 0; i < 20; ++i) {
    t.after(Dur::millis(100));
    spread_of(t, "10001");
    t.prove();
  }
  EXPECT_EQ(t.record().mode, TaskMode::Paused);
  const std::size_t before = t.count<PlaceOrder>();
  for (int i = 0; i < 20; ++i) {
    t.after(Dur::millis(100));
    spread_of(t, "10040");
    t.prove();
  }
  EXPECT_EQ(t.count<PlaceOrder>(), before);
  EXPECT_EQ(alerts(t, "exit_spread_bps"), 1u);
  t.tell(Resume{});
  spread_of(t, "10040");
  EXPECT_GT(t.count<PlaceOrder>(), before);
}

// Fills whatever market-like order is out, at its price.
void fill_hedges(Talk& t, int* trade) {
  for (const Side leg : kSides) {
    for (const WorkingOrder& w : std::vector<WorkingOrder>(t.engine->working(leg))) {
      const OrderRequest r = w.record.request;
      if (r.purpose == Purpose::Quote || !w.sending) continue;
      t.ack(r);
      t.fill(r, r.qty.str(), "H" + std::to_string(++*trade));
    }
  }
}

TEST(SpreadExit, UnwindClosesBothLegsAndEndsTheTask) {
  Talk t(with_limits({}, Bps(5), SpreadExit::Unwind));
  enter(t, "10040");
  int trade = 0;
  for (int i = 0; i < 40 && !t.engine->finished(); ++i) {
    t.after(Dur::millis(100));
    fill_hedges(t, &trade);
    spread_of(t, "10001");
    fill_hedges(t, &trade);
    t.prove();
    fill_hedges(t, &trade);
  }
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(trade, 2);
  EXPECT_EQ(t.record().leg.buy.net, qty("0"));
  EXPECT_EQ(t.record().leg.sell.net, qty("0"));
  EXPECT_EQ(t.record().verdict, Verdict::Cancelled);
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Ok);
}

TEST(SpreadExit, AnUnwindThatACrashInterruptsGoesOnAtTheNextStart) {
  Talk t(with_limits({}, Bps(5), SpreadExit::Unwind));
  enter(t, "10040");
  for (int i = 0; i < 14; ++i) {
    t.after(Dur::millis(100));
    spread_of(t, "10001");
    t.prove();
  }
  ASSERT_EQ(t.record().mode, TaskMode::Halted);
  t.restart();
  t.start();
  int trade = 0;
  for (int i = 0; i < 200 && !t.engine->finished(); ++i) {
    t.after(Dur::millis(100));
    spread_of(t, "10001");
    fill_hedges(t, &trade);
    t.prove();  // what the dead run had sent is found, with nothing filled
    fill_hedges(t, &trade);
  }
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.record().leg.buy.net, qty("0"));
  EXPECT_EQ(t.record().leg.sell.net, qty("0"));
  EXPECT_EQ(t.record().verdict, Verdict::Cancelled);
}

TEST(SpreadExit, AHaltDuringAnUnwindEndsItAlsoForTheNextRun) {
  Talk t(with_limits({}, Bps(5), SpreadExit::Unwind));
  enter(t, "10040");
  for (int i = 0; i < 12 && !t.alerted("unwind"); ++i) {
    t.after(Dur::millis(100));
    spread_of(t, "10001");
  }
  ASSERT_TRUE(t.alerted("unwind"));
  t.tell(HaltTask{Code("halt_file"), Reason("the file HALT is there")});
  const std::size_t before = t.count<PlaceOrder>();
  t.restart();
  t.start();
  for (int i = 0; i < 250 && !t.engine->finished(); ++i) {
    t.after(Dur::millis(100));
    spread_of(t, "10001");
    t.prove();
  }
  ASSERT_TRUE(t.engine->finished());
  EXPECT_EQ(t.count<PlaceOrder>(), before);
  EXPECT_EQ(t.engine->exit_code(), ExitCode::Halted);
}

TEST(SpreadCompression, WarnsOncePerEpisode) {
  Talk t(with_limits({}, {}));
  enter(t, "10040");  // 40 bps gross
  spread_of(t, "10020");
  t.after(Dur::millis(100));
  EXPECT_EQ(alerts(t, "spread_compression"), 0u) << "exactly half is not less than half";
  for (int i = 0; i < 5; ++i) {
    spread_of(t, "10019");
    t.after(Dur::millis(100));
  }
  EXPECT_EQ(alerts(t, "spread_compression"), 1u);
  spread_of(t, "10029");
  t.after(Dur::millis(100));
  spread_of(t, "10019");
  t.after(Dur::millis(100));
  EXPECT_EQ(alerts(t, "spread_compression"), 1u) << "it had not recovered";
  spread_of(t, "10030");
  t.after(Dur::millis(100));
  spread_of(t, "10019");
  t.after(Dur::millis(100));
  EXPECT_EQ(alerts(t, "spread_compression"), 2u);
}

}  // namespace
}  // namespace dn::test
