// [adapt]: wider tolerances and smaller slices while the market is volatile, and back when it is calm. Books as the seed's: a move of 130 is
// about 30 bps.
#include "talk.h"

namespace dn::test {
namespace {

TaskSpec adaptive() {
  TaskSpec s = seed_spec();
  s.adapt.volatility_bps = Bps(30);
  s.adapt.tick_tolerance = 10;
  return s;
}

std::vector<Alerted> told(const Talk& t, std::string_view code) {
  std::vector<Alerted> out;
  for (const TaskEvent& e : t.events) {
    const auto* a = std::get_if<Alerted>(&e.what);
    if (a != nullptr && a->code.view() == code) out.push_back(*a);
  }
  return out;
}

std::size_t changes(const Talk& t) { return told(t, "adapt").size() + told(t, "adapt_end").size(); }

// Answers all that the venues were asked, with nothing filled, and what is asked then.
void settle(Talk& t) {
  for (int i = 0; i < 3; ++i) {
    for (const Side leg : kSides) {
      for (const WorkingOrder& w : std::vector<WorkingOrder>(t.engine->working(leg))) {
        if (w.sending) t.ack(w.record.request);
        if (w.cancelling) t.tell(CancelReport{w.record.request.id, true, {}});
        if (w.looking_up || w.doubt) t.found(w.record.request.id, !w.record.cancel_requested, w.record.booked.str());
      }
    }
  }
}

// Both books at this bid, for so long, with a tick every second.
void stay(Talk& t, std::string_view bid, std::string_view ask, Dur how_long) {
  for (Dur passed; passed < how_long; passed = passed + Dur::seconds(1)) {
    t.now = t.now + Dur::seconds(1);
    t.books(bid, ask);
    settle(t);
  }
}

// The market jumped, and both legs quote again behind it.
void jump(Talk& t) {
  t.start();
  t.books();
  t.ack_both();
  t.now = t.now + Dur::seconds(1);
  t.books("43400", "43401");
  settle(t);
}

TEST(Adapt, AfterAJumpQuotesAreSmallerAndTheirToleranceIsWider) {
  Talk t(adaptive());
  t.start();
  t.books();
  EXPECT_EQ(t.placed(Side::Buy).qty, qty("0.1"));
  EXPECT_EQ(t.placed(Side::Sell).qty, qty("0.1"));
  t.ack_both();
  t.now = t.now + Dur::seconds(1);
  t.books("43400", "43401");
  settle(t);
  EXPECT_EQ(t.placed(Side::Buy).qty, qty("0.05"));
  EXPECT_EQ(t.placed(Side::Sell).qty, qty("0.05"));
  const std::size_t cancels = t.count<CancelOrder>();
  t.books("43401", "43402");
  EXPECT_EQ(t.count<CancelOrder>(), cancels) << "ten ticks are within the tolerance now";
  t.books("43401.1", "43402.1");
  EXPECT_EQ(t.count<CancelOrder>(), cancels + 2);
  EXPECT_EQ(t.record().spec.order_quantity, qty("0.1")) << "what the owner wrote stays";
}

TEST(Adapt, OneEventTellsTheNumbers) {
  Talk t(adaptive());
  jump(t);
  const auto events = told(t, "adapt");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].level, AlertLevel::Info);
  EXPECT_EQ(events[0].value.view(), "34.6817");
  EXPECT_EQ(events[0].limit.view(), "30");
  EXPECT_EQ(events[0].message.view(), "the mid moved 34.6817 bps in 30s, above volatility_bps: slice 0.1 -> 0.05, tick tolerance buy 10, sell 10");
}

TEST(Adapt, ExactlyTheThresholdIsNotAboveIt) {
  TaskSpec s = adaptive();
  s.adapt.volatility_bps = Bps(dec("34.6817"));
  Talk t(s);
  jump(t);
  EXPECT_EQ(changes(t), 0u);
}

TEST(Adapt, TheLegThatMovesMoreCounts) {
  Talk t(adaptive());
  t.start();
  t.books();
  t.ack_both();
  t.now = t.now + Dur::seconds(1);
  t.book(Side::Buy, "43250", "43251");
  t.book(Side::Sell, "43400", "43401");
  EXPECT_EQ(told(t, "adapt").size(), 1u);
}

TEST(Adapt, WhenTheJumpHasLeftTheWindowTheTaskIsItselfAgain) {
  Talk t(adaptive());
  jump(t);
  stay(t, "43400.8", "43401.8", Dur::seconds(29));
  EXPECT_EQ(told(t, "adapt_end").size(), 0u);
  EXPECT_EQ(t.placed(Side::Sell).qty, qty("0.05"));
  stay(t, "43400.8", "43401.8", Dur::seconds(3));
  const auto events = told(t, "adapt_end");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].limit.view(), "18") << "60 % of the threshold";
  EXPECT_EQ(t.placed(Side::Buy).qty, qty("0.1")) << "eight ticks are beyond its own tolerance of five";
  EXPECT_EQ(t.placed(Side::Sell).qty, qty("0.1"));
  EXPECT_EQ(changes(t), 2u);
}

TEST(Adapt, BetweenCalmAndVolatileNothingChanges) {
  Talk t(adaptive());
  jump(t);
  // 22 to 26 bps in every window from here on.
  stay(t, "43300", "43301", Dur::seconds(1));
  for (int i = 0; i < 1000; ++i) {
    t.now = t.now + Dur::millis(500);
    t.books(i % 2 == 0 ? "43400" : (i % 4 == 1 ? "43305" : "43290"), i % 2 == 0 ? "43401" : (i % 4 == 1 ? "43306" : "43291"));
    settle(t);
  }
  EXPECT_EQ(changes(t), 1u);

  Talk calm(adaptive());
  calm.start();
  for (int i = 0; i < 1000; ++i) {
    calm.now = calm.now + Dur::millis(500);
    calm.books(i % 2 == 0 ? "43250" : "43350", i % 2 == 0 ? "43251" : "43351");
    settle(calm);
  }
  EXPECT_EQ(changes(calm), 0u);
}

TEST(Adapt, SenselessPricesAreNoVolatility) {
  Talk t(adaptive());
  t.start();
  t.books();
  t.ack_both();
  t.books("0", "43251");
  t.books("50000", "43251");
  t.books("43260", "0");
  t.books();
  t.books();
  EXPECT_EQ(changes(t), 0u);
}

TEST(Adapt, AGapForgetsOnlyByTime) {
  for (const auto& [gap, changed] : {std::pair{Dur::seconds(10), 1u}, {Dur::seconds(40), 0u}}) {
    Talk t(adaptive());
    t.start();
    t.books();
    t.tell(BookLost{Venue::MexcSpot});
    t.tell(BookLost{Venue::GateioSpot});
    t.now = t.now + gap;
    t.books("43400", "43401");
    EXPECT_EQ(changes(t), changed) << format_duration(gap);
  }
}

TEST(Adapt, APriceCountsUntilTheNextOneTakesItsPlace) {
  TaskSpec s = adaptive();
  s.adapt.window = Dur::seconds(1);
  s.risk.max_book_age = Dur::seconds(60);
  s.delay = Dur::seconds(60);
  Talk t(s);
  t.start();
  t.books();
  t.now = t.now + Dur::seconds(20);  // a quiet market: no tick, and it was believed all along
  t.books("43400", "43401");
  EXPECT_EQ(told(t, "adapt").size(), 1u);
}

TEST(Adapt, WhileABookIsStaleTheTaskStaysAsItIs) {
  Talk t(adaptive());
  jump(t);
  t.after(Dur::minutes(2));
  EXPECT_EQ(told(t, "adapt_end").size(), 0u) << "nobody has seen that it is calm";
  t.books("43400", "43401");
  EXPECT_EQ(told(t, "adapt_end").size(), 1u);
}

TEST(Adapt, SwitchedOffWhileAdaptedTheOwnParametersComeBack) {
  Talk t(adaptive());
  jump(t);
  TaskSpec s = t.record().spec;
  s.adapt.volatility_bps.reset();
  t.tell(ChangeSpec{s, {}});
  t.books("43400.8", "43401.8");
  settle(t);
  EXPECT_EQ(told(t, "adapt_end").size(), 1u);
  EXPECT_EQ(t.placed(Side::Buy).qty, qty("0.1"));
  stay(t, "43700", "43701", Dur::seconds(2));
  EXPECT_EQ(changes(t), 2u) << "it is off";
}

TEST(Adapt, ChangesOfItsKeysAreAppliedWhileAdapted) {
  Talk t(adaptive());
  jump(t);
  TaskSpec s = t.record().spec;
  s.adapt.slice_percent = 20;
  s.adapt.tick_tolerance = 2;
  s.adapt.window = Dur::seconds(60);
  t.tell(ChangeSpec{s, {}});
  t.books("43400.4", "43401.4");
  settle(t);
  EXPECT_EQ(t.placed(Side::Buy).qty, qty("0.05")) << "four ticks are within the leg's own five, which is wider than two";
  EXPECT_EQ(t.placed(Side::Sell).qty, qty("0.02")) << "and beyond the three of this leg";
  stay(t, "43400.4", "43401.4", Dur::seconds(58));
  EXPECT_EQ(changes(t), 1u) << "the longer window took over the jump";
  stay(t, "43400.4", "43401.4", Dur::seconds(5));
  EXPECT_EQ(told(t, "adapt_end").size(), 1u);
}

TEST(Adapt, ASliceThatNoVenueWouldTakeIsTheLeastThatTheyDo) {
  TaskSpec s = adaptive();
  s.order_quantity = qty("0.0008");
  s.adapt.slice_percent = 10;
  Talk t(s);
  jump(t);
  EXPECT_EQ(t.placed(Side::Buy).qty, qty("0.0002")) << "0.0001 with something to spare";
  EXPECT_NE(told(t, "adapt").at(0).message.view().find("slice 0.0008 -> 0.0002 (the venues' minimum)"), std::string_view::npos);
}

TEST(Adapt, ASliceAtTheMinimumStaysAsItIs) {
  TaskSpec s = adaptive();
  s.order_quantity = qty("0.0001");
  Talk t(s);
  jump(t);
  EXPECT_EQ(t.placed(Side::Buy).qty, qty("0.0001"));
  EXPECT_NE(told(t, "adapt").at(0).message.view().find("slice 0.0001 -> 0.0001 (the venues' minimum)"), std::string_view::npos);
}

TEST(Adapt, TheLeastGrowsWithAPriceThatFalls) {
  TaskSpec s = adaptive();
  s.order_quantity = qty("0.2");
  PerSide<Instrument> instruments{spot(Venue::MexcSpot), spot(Venue::GateioSpot)};
  instruments.buy.min_notional = Money(3500);  // 0.0807 at first
  Talk t(s, instruments);
  jump(t);
  EXPECT_EQ(t.placed(Side::Buy).qty, qty("0.1"));
  stay(t, "30000", "30001", Dur::seconds(3));
  EXPECT_EQ(t.placed(Side::Buy).qty, qty("0.1284")) << "0.1167, and a tenth";
  EXPECT_EQ(changes(t), 1u);
}

TEST(Adapt, WhereBuysPayTheirFeeInCoinTheSellLegStaysTradable) {
  TaskSpec s = adaptive();
  s.order_quantity = qty("0.0008");
  s.adapt.slice_percent = 1;
  Talk t(s, {spot(Venue::MexcSpot, "0.1", FeeIn::Received), spot(Venue::GateioSpot)});
  jump(t);
  EXPECT_EQ(t.engine->plan().leg_slice.sell, qty("0.0002"));
  EXPECT_EQ(t.engine->plan().leg_slice.buy, qty("0.0003"));
}

TEST(Adapt, WhatIsHeldIsClosedInSmallSlicesToo) {
  TaskSpec s = adaptive();
  s.total_quantity = qty("0.1");
  s.hold.hold_for = Dur{};
  Talk t(s);
  t.start();
  t.books();
  t.ack_both();
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "B1");
  t.fill(OrderRequest(t.placed(Side::Sell)), "0.1", "S1");
  t.now = t.now + Dur::seconds(1);
  t.books("43400", "43401");
  stay(t, "43400", "43401", Dur::seconds(2));
  ASSERT_EQ(t.record().holding.part, Part::Close);
  EXPECT_EQ(t.placed(Side::Buy).side, Side::Sell);
  EXPECT_EQ(t.placed(Side::Buy).qty, qty("0.05"));
  EXPECT_EQ(t.placed(Side::Sell).qty, qty("0.05"));
}

TEST(Adapt, ARunBeginsWithTheTasksOwnParameters) {
  Talk t(adaptive());
  jump(t);
  t.restart();
  t.start();
  t.books("43400", "43401");
  settle(t);
  EXPECT_EQ(t.engine->plan().slice, qty("0.1"));
  EXPECT_EQ(changes(t), 1u) << "told by the run before";
}

}  // namespace
}  // namespace dn::test
