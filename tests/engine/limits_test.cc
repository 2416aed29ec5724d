// Each limit exactly met and passed by the smallest unit, by a task with a past as by one without: its run was killed in between, or an order of it is of
// unknown fate. Fees are zero here unless a test says otherwise; what the gate alone decides is in quote_test.cc, the spread's limits in spread_test.cc.
#include "talk.h"

namespace dn::test {
namespace {

const Money kUnit{Decimal::from_parts(1, 8)};

// The first orders of both legs, answered and resting.
void begin_quoting(Talk& t) {
  t.start();
  t.books();
  t.ack_both();
}

// kill -9, and a new run that has asked for every order: what rested has ended with what is booked of it.
void kill_and_begin_again(Talk& t) {
  t.restart();
  t.start();
  t.prove();
}

std::string told(const Talk& t, std::string_view code) {
  const Alerted* a = t.alert(code);
  return a == nullptr ? "" : std::string(a->value.view()) + " against " + std::string(a->limit.view());
}

// ---- how many orders

struct OrderCount {
  const char* key;
  void (*set)(RiskSpec& risk, std::int64_t most);
  bool over_runs;
};
void PrintTo(const OrderCount& c, std::ostream* out) { *out << c.key; }

class OrderCounts : public ::testing::TestWithParam<OrderCount> {
 protected:
  Talk talk(std::int64_t most) const {
    TaskSpec s = seed_spec();
    GetParam().set(s.risk, most);
    return Talk(s);
  }
  std::string refused(const Talk& t) const { return told(t, GetParam().key); }
};

// The first pair is two; the second one follows when both have filled.
TEST_P(OrderCounts, ExactlyMetPassesAndOneMoreIsRefused) {
  for (const std::int64_t most : {4, 3}) {
    Talk t = talk(most);
    begin_quoting(t);
    t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "B1");
    t.fill(OrderRequest(t.placed(Side::Sell)), "0.1", "S1");
    t.books();
    EXPECT_EQ(t.count<PlaceOrder>(), most == 4 ? 4U : 2U) << "both legs or none";
    EXPECT_EQ(refused(t), most == 4 ? "" : "4 against 3");
  }
}

TEST_P(OrderCounts, OfARunThatWasKilledCountWhereTheLimitIsNotOfTheRun) {
  const std::int64_t exactly = GetParam().over_runs ? 4 : 2;
  for (const std::int64_t most : {exactly, exactly - 1}) {
    Talk t = talk(GetParam().over_runs ? most : 2);
    begin_quoting(t);
    ASSERT_EQ(t.count<PlaceOrder>(), 2U);
    kill_and_begin_again(t);
    if (!GetParam().over_runs) {
      TaskSpec s = t.record().spec;
      GetParam().set(s.risk, most);
      t.tell(ChangeSpec{s, {}});
    }
    t.books();
    EXPECT_EQ(t.count<PlaceOrder>(), most == exactly ? 4U : 2U);
    EXPECT_EQ(refused(t), most == exactly ? "" : std::to_string(exactly) + " against " + std::to_string(exactly - 1));
  }
}

// The buy is one of them whatever became of it, and at full size it is what the new sell waits for: no hedge of that is counted.
TEST_P(OrderCounts, OneOfUnknownFateIsCounted) {
  for (const std::int64_t most : {3, 2}) {
    Talk t = talk(most);
    t.start();
    t.books();
    t.lose(OrderRequest(t.placed(Side::Buy)));
    const OrderRequest sell = t.placed(Side::Sell);
    t.ack(sell);
    t.book(Side::Sell, "43260", "43261");
    t.tell(CancelReport{sell.id, true, {}});
    t.found(sell.id, false, "0");
    t.after(Dur::millis(200));
    EXPECT_EQ(t.placed_on(Side::Sell), most == 3 ? 2U : 1U);
    EXPECT_EQ(t.placed_on(Side::Buy), 1U) << "its own leg is blocked";
    EXPECT_EQ(refused(t), most == 3 ? "" : "3 against 2");
  }
}

INSTANTIATE_TEST_SUITE_P(Each, OrderCounts,
                         ::testing::Values(OrderCount{"max_orders_per_run", [](RiskSpec& r, std::int64_t n) { r.max_orders_per_run = n; }, false},
                                           OrderCount{"max_orders_per_day", [](RiskSpec& r, std::int64_t n) { r.max_orders_per_day = n; }, true},
                                           OrderCount{"max_orders_per_minute", [](RiskSpec& r, std::int64_t n) { r.max_orders_per_minute = n; }, true}),
                         [](const auto& about) { return std::string(about.param.key); });

TEST(Limits, OrdersOfAMinuteMayGoOnWhenTheMinuteIsOver) {
  TaskSpec s = seed_spec();
  s.risk.max_orders_per_minute = 2;
  Talk t(s);
  begin_quoting(t);
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "B1");
  t.fill(OrderRequest(t.placed(Side::Sell)), "0.1", "S1");
  t.now = t.now + Dur::minutes(1) - Dur::micros(1);
  t.books();
  EXPECT_EQ(t.count<PlaceOrder>(), 2U);
  EXPECT_EQ(t.record().mode, TaskMode::Active) << "it waits";
  t.after(Dur::millis(200));
  t.books();
  EXPECT_EQ(t.count<PlaceOrder>(), 4U);
}

// ---- how much

enum class Past { None, Killed, Unknown, KilledUnknown };

const char* name(Past p) {
  switch (p) {
    case Past::None: return "WithoutAPast";
    case Past::Killed: return "AfterAKill";
    case Past::Unknown: return "AfterAnUnknownFate";
    case Past::KilledUnknown: return "AfterAKillWithAnUnknownFate";
  }
  return "";
}

void PrintTo(Past p, std::ostream* out) { *out << name(p); }

// One slice is done on both sides; `past` says how.
void trade_a_slice(Talk& t, Past past) {
  t.start();
  t.books();
  const OrderRequest buy = t.placed(Side::Buy);
  const OrderRequest sell = t.placed(Side::Sell);
  const bool unknown = past == Past::Unknown || past == Past::KilledUnknown;
  t.ack(sell);
  t.fill(sell, "0.1", "S1");
  if (unknown) {
    t.lose(buy);
    t.books();
    EXPECT_EQ(t.placed_on(Side::Buy), 1U) << "until its fate is proven its leg is blocked";
  } else {
    t.ack(buy);
    if (past == Past::None) t.fill(buy, "0.1", "B1");  // else it fills while nobody runs
  }
  if (past == Past::Killed || past == Past::KilledUnknown) {
    t.restart();
    t.start();
  }
  for (const OrderRequest& r : {buy, sell}) {
    const auto& working = t.engine->working(r.leg);
    const bool open = std::any_of(working.begin(), working.end(), [&](const WorkingOrder& w) { return w.record.request.id == r.id; });
    if (!open) continue;
    t.found(r.id, false, "0.1");
    t.tell(TradesReport{r.id, true, {t.trade(r, "0.1", r.leg == Side::Buy ? "B1" : "S1")}});
  }
  ASSERT_EQ(t.record().leg.buy.filled, qty("0.1"));
  ASSERT_EQ(t.record().leg.sell.filled, qty("0.1"));
  t.after(Dur::millis(200));
  t.books();
}

class Amounts : public ::testing::TestWithParam<Past> {};

TEST_P(Amounts, OfAPosition) {
  for (const char* most : {"0.2", "0.1999"}) {
    TaskSpec s = seed_spec();
    s.risk.max_position = qty(most);
    Talk t(s);
    trade_a_slice(t, GetParam());
    const bool met = qty(most) == qty("0.2");
    EXPECT_EQ(t.placed_on(Side::Buy), met ? 2U : 1U);
    EXPECT_EQ(told(t, "max_position"), met ? "" : "0.2 against 0.1999");
    EXPECT_EQ(t.record().mode, met ? TaskMode::Active : TaskMode::Halted);
  }
}

TEST_P(Amounts, OfTheTotal) {
  TaskSpec s = seed_spec();
  s.total_quantity = qty("0.2");
  Talk t(s);
  trade_a_slice(t, GetParam());
  const OrderRequest buy = t.placed(Side::Buy);
  const OrderRequest sell = t.placed(Side::Sell);
  EXPECT_EQ(buy.qty, qty("0.1"));
  t.ack(buy);
  t.ack(sell);
  t.fill(buy, "0.1", "B2");
  t.fill(sell, "0.1", "S2");
  for (int i = 0; i < 20; ++i) {
    t.after(Dur::millis(100));
    t.books();
  }
  EXPECT_EQ(t.placed_on(Side::Buy), 2U) << "not a step beyond it";
  EXPECT_EQ(t.placed_on(Side::Sell), 2U);
  EXPECT_EQ(t.record().verdict, Verdict::Completed);
}

// Two slices of both sides: 0.2 x 43249.8 bought and 0.2 x 43251.2 sold. Where the buy's fate came late its leg waits a moment, and the second sell goes
// alone: its hedge counts at its own price.
TEST_P(Amounts, OfTheValueOfBothSides) {
  const Money whole(dec(GetParam() == Past::Unknown ? "17300.34" : "17300.2"));
  for (const bool met : {true, false}) {
    TaskSpec s = seed_spec();
    s.risk.max_notional = met ? whole : whole - kUnit;
    Talk t(s);
    trade_a_slice(t, GetParam());
    EXPECT_EQ(t.count<PlaceOrder>(), met ? 4U : 2U);
    EXPECT_EQ(told(t, "max_notional"), met ? "" : whole.str() + " against " + (whole - kUnit).str());
  }
}

// 0.1 bought at 43249.8 and sold at 43251.2, and 0.1 more bought that is worth 43100: 14.98 lost less 0.14 gained.
TEST_P(Amounts, OfALoss) {
  for (const bool met : {true, false}) {
    TaskSpec s = seed_spec();
    s.risk.max_loss = met ? Money(dec("14.84")) : Money(dec("14.84")) - kUnit;
    s.risk.max_imbalance = Bps(10000);
    Talk t(s);
    trade_a_slice(t, GetParam());
    t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "B2");
    t.books("43100", "43101");
    EXPECT_EQ(told(t, "max_loss"), met ? "" : "14.84 against 14.83999999");
    EXPECT_EQ(t.record().mode == TaskMode::Halted, !met);
    if (met) continue;
    kill_and_begin_again(t);
    for (int i = 0; i < 5; ++i) {
      t.after(Dur::millis(100));
      t.prove();
    }
    EXPECT_TRUE(t.engine->finished()) << "until a person resumes it";
    EXPECT_EQ(t.record().mode, TaskMode::Halted);
  }
}

INSTANTIATE_TEST_SUITE_P(Each, Amounts, ::testing::Values(Past::None, Past::Killed, Past::Unknown, Past::KilledUnknown),
                         [](const auto& about) { return std::string(name(about.param)); });

TEST(Limits, AnOrdersValueIsTheSameAfterAKill) {
  for (const char* most : {"4325.12", "4325.11999999"}) {  // 0.1 sold at 43251.2
    Talk t;
    begin_quoting(t);
    kill_and_begin_again(t);
    TaskSpec s = t.record().spec;
    s.risk.max_order_notional = Money(dec(most));
    t.tell(ChangeSpec{s, {}});
    t.books();
    const bool met = dec(most) == dec("4325.12");
    EXPECT_EQ(t.count<PlaceOrder>(), met ? 4U : 2U) << "both legs or none";
    EXPECT_EQ(told(t, "max_order_notional"), met ? "" : "4325.12 against 4325.11999999");
  }
}

// While nobody knows of the buy it counts whole: 0.1 at 43249.8, beside 0.1 sold at 43261.2.
TEST(Limits, TheValueOfBothSidesCountsAnOrderOfUnknownFateWhole) {
  for (const char* most : {"8651.1", "8651.09999999"}) {
    TaskSpec s = seed_spec();
    s.risk.max_notional = Money(dec(most));
    Talk t(s);
    t.start();
    t.books();
    t.lose(OrderRequest(t.placed(Side::Buy)));
    const OrderRequest sell = t.placed(Side::Sell);
    t.ack(sell);
    t.book(Side::Sell, "43260", "43261");
    t.tell(CancelReport{sell.id, true, {}});
    t.found(sell.id, false, "0");
    t.after(Dur::millis(200));
    const bool met = dec(most) == dec("8651.1");
    EXPECT_EQ(t.placed_on(Side::Sell), met ? 2U : 1U);
    EXPECT_EQ(told(t, "max_notional"), met ? "" : "8651.1 against 8651.09999999");
  }
}

// ---- how far apart, and for how long

TEST(Limits, AnImbalanceOfExactlyTheLimitIsNotTooMuch) {
  for (const bool killed : {false, true}) {
    for (const char* slice : {"0.1", "0.1001"}) {
      TaskSpec s = seed_spec();
      s.order_quantity = qty(slice);
      Talk t(s);
      begin_quoting(t);
      const OrderRequest buy = t.placed(Side::Buy);
      if (killed) {
        t.restart();
        t.start();
        t.found(buy.id, false, slice);
        t.tell(TradesReport{buy.id, true, {t.trade(buy, slice, "B1")}});
        t.prove();
        t.books();
      } else {
        t.fill(buy, slice, "B1");
      }
      const bool met = qty(slice) == qty("0.1");
      EXPECT_EQ(told(t, "imbalance"), met ? "" : "0.1001 against 0.1") << (killed ? "after a kill" : "");
      EXPECT_EQ(t.record().mode, met ? TaskMode::Active : TaskMode::Reducing);
    }
  }
}

TEST(Limits, AnImbalanceMayLastExactlyItsTime) {
  TaskSpec s = seed_spec();
  s.risk.imbalance_grace = Dur::minutes(1);
  Talk t(s);
  begin_quoting(t);
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.05", "B1");
  t.after(Dur::seconds(15));
  EXPECT_EQ(told(t, "imbalance_time"), "");
  t.after(Dur::micros(1));
  EXPECT_EQ(told(t, "imbalance_time"), "0.05 against 15s");
  EXPECT_EQ(t.record().mode, TaskMode::Reducing);
}

TEST(Limits, WhatAKilledRunLeftApartHasHadItsGraceAndItsTimeGoesOn) {
  TaskSpec s = seed_spec();
  s.risk.imbalance_grace = Dur::seconds(15);  // as long as max_imbalance_time
  Talk t(s);
  begin_quoting(t);
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.05", "B1");
  kill_and_begin_again(t);
  EXPECT_EQ(told(t, "imbalance_time"), "");
  t.after(Dur::micros(1));
  EXPECT_EQ(told(t, "imbalance_time"), "0.05 against 15s");
}

TEST(Limits, SidesAreApartFromTheThresholdOnAndAfterTheGrace) {
  for (const bool killed : {false, true}) {
    for (const char* amount : {"0.0499", "0.05"}) {
      TaskSpec s = seed_spec();
      s.risk.imbalance_threshold = qty("0.05");
      Talk t(s);
      begin_quoting(t);
      t.fill(OrderRequest(t.placed(Side::Buy)), amount, "B1");
      const auto cancels = [&t] { return t.count<CancelOrder>(); };
      if (killed) {
        kill_and_begin_again(t);
        t.books();
        EXPECT_EQ(t.record().state == TaskState::Rebalancing, qty(amount) == qty("0.05")) << amount << ": its grace is over";
        continue;
      }
      t.after(Dur::seconds(1) - Dur::micros(1));
      EXPECT_EQ(cancels(), 0U);
      t.after(Dur::micros(1));
      EXPECT_EQ(cancels(), qty(amount) == qty("0.05") ? 1U : 0U) << amount << ": the sell makes way for the hedge";
    }
  }
}

// ---- until when

TEST(Limits, ATaskMayHoldExactlySoLong) {
  for (const bool killed : {false, true}) {
    TaskSpec s = seed_spec();
    s.risk.max_hold = Dur::minutes(5);
    Talk t(s);
    begin_quoting(t);
    t.now = t.now + Dur::minutes(5) - Dur::seconds(1);
    if (killed) kill_and_begin_again(t);
    t.after(Dur::seconds(1));
    EXPECT_FALSE(t.alerted("max_hold"));
    t.after(Dur::micros(1));
    EXPECT_TRUE(t.alerted("max_hold")) << "counted from the first order, of whichever run";
    EXPECT_EQ(t.record().mode, TaskMode::Halted);
  }
}

TEST(Limits, ABookMayBeExactlySoOld) {
  for (const bool stale : {false, true}) {
    Talk t;
    begin_quoting(t);
    t.now = t.now + Dur::seconds(2) + Dur::micros(stale ? 1 : 0);
    t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "B1");
    t.fill(OrderRequest(t.placed(Side::Sell)), "0.1", "S1");
    EXPECT_EQ(t.count<PlaceOrder>(), stale ? 2U : 4U) << "the next slices";
  }
}

// Quotes that an earlier run left on purpose stand on no book until its first prices: as long as a book may be old.
TEST(Limits, WhatAnEarlierRunLeftRestsForExactlySoLongWithoutABook) {
  Talk t;
  begin_quoting(t);
  t.tell(Drain{ExitCode::BudgetUsed, true});
  t.restart();
  t.start();
  for (const Side leg : kSides) {
    for (const WorkingOrder& w : std::vector<WorkingOrder>(t.engine->working(leg))) t.found(w.record.request.id, true, "0");
  }
  t.after(Dur::seconds(2));
  EXPECT_EQ(t.count<CancelOrder>(), 0U);
  t.after(Dur::micros(1));
  EXPECT_EQ(t.count<CancelOrder>(), 2U);
}

// ---- how often

TEST(Limits, SoManyRefusalsInARowButOneAreNoReasonToHaltAlsoOverRuns) {
  for (const bool killed : {false, true}) {
    Talk t;
    t.start();
    t.books();
    t.ack(OrderRequest(t.placed(Side::Sell)));
    const auto refuse_next = [&t](std::size_t number) {
      for (int k = 0; k < 60 && t.placed_on(Side::Buy) < number; ++k) {
        t.after(Dur::millis(50));
        t.books();
      }
      ASSERT_EQ(t.placed_on(Side::Buy), number);
      t.refuse(OrderRequest(t.placed(Side::Buy)), RejectClass::Filter, "30087");
    };
    refuse_next(1);
    refuse_next(2);
    EXPECT_EQ(t.record().mode, TaskMode::Active);
    if (killed) kill_and_begin_again(t);
    refuse_next(3);
    EXPECT_EQ(t.record().mode, TaskMode::Halted) << "three in a row";
  }
}

}  // namespace
}  // namespace dn::test
