// The days of a task: kept while fills and payments are booked, in whatever order they come, by whomever.
#include <gmock/gmock.h>

#include <map>
#include <random>

#include "support.h"

namespace dn {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::int64_t kDay = 20'000;  // some day in 2024
constexpr Dur kNoon = Dur::seconds(43'200);

Fill on(std::int64_t day, const std::string& trade_id, Side leg = Side::Buy) {
  Fill f = a_fill(trade_id, leg == Side::Buy ? "t-b" : "t-s", leg == Side::Buy ? Venue::MexcSpot : Venue::GateioSpot);
  f.leg = f.side = leg;
  f.time = start_of(day) + kNoon;
  return f;
}

FundingPayment paid_on(std::int64_t day, const std::string& id) {
  return {PaymentId(id), Venue::GateioFutures, Side::Sell, Money(dec("0.25")), start_of(day) + kNoon};
}

bool same(const LegTotals& a, const LegTotals& b) {
  return a.filled == b.filled && a.net == b.net && a.traded == b.traded && a.traded_quote == b.traded_quote && a.cash == b.cash && a.slippage == b.slippage &&
         a.funding == b.funding && a.fees.all() == b.fees.all();
}

class DaysTest : public ::testing::Test {
 protected:
  DaysTest() : store(open_store(dir.db())), task(must(store->add_task(a_task()))) {
    for (const Side leg : kSides) {
      orders.push_back(an_order(leg == Side::Buy ? "t-b" : "t-s", leg));
      orders.back().request.arrival = Price(dec("43251.25"));
    }
  }

  // As a run books: the task's sums move with its rows.
  void book(Store& by, const std::vector<Fill>& fills, const std::vector<FundingPayment>& fundings = {}) {
    JournalBatch batch;
    batch.task = true;
    batch.orders = orders;
    batch.fills = fills;
    batch.fundings = fundings;
    for (const Fill& f : fills) add_fill(task.leg[f.leg], task.spec.symbol, f, orders.front().request.arrival);
    for (const FundingPayment& p : fundings) task.leg[p.leg].funding += p.amount;
    must(by.commit(task, batch));
  }

  // Held against the rows, which are added up anew for each day.
  void expect_days_of_the_rows() {
    const StoredTask stored = must(store->load_task("btc"));
    std::map<std::int64_t, DayStart> wanted;
    for (const Fill& f : stored.fills) wanted[day_of(f.time)];
    for (const FundingPayment& p : stored.fundings) wanted[day_of(p.time)];
    for (auto& [day, start] : wanted) {
      for (const Fill& f : stored.fills) {
        if (day_of(f.time) >= day) continue;
        ++start.fills;
        add_fill(start.leg[f.leg], task.spec.symbol, f, orders.front().request.arrival);
      }
      for (const FundingPayment& p : stored.fundings) {
        if (day_of(p.time) < day) start.leg[p.leg].funding += p.amount;
      }
    }
    const TaskDays told = must(store->days(task.id));
    ASSERT_THAT(told.starts, SizeIs(wanted.size()));
    EXPECT_EQ(told.now.fills, static_cast<std::int64_t>(stored.fills.size()));
    auto next = wanted.begin();
    for (const DayStart& d : told.starts) {
      EXPECT_EQ(d.day, next->first);
      EXPECT_EQ(d.fills, next->second.fills) << "day " << d.day;
      for (const Side leg : kSides) {
        EXPECT_TRUE(same(d.leg[leg], next->second.leg[leg])) << "day " << d.day << " " << name(leg);
        EXPECT_TRUE(same(told.now.leg[leg], task.leg[leg])) << name(leg);
      }
      ++next;
    }
  }

  TempDir dir;
  std::unique_ptr<Store> store;
  TaskRecord task;
  std::vector<OrderRecord> orders;
};

TEST_F(DaysTest, ADayBeginsWithItsFirstFillOrPayment) {
  EXPECT_THAT(must(store->days(task.id)).starts, IsEmpty());
  book(*store, {on(kDay, "a"), on(kDay, "b", Side::Sell)});
  book(*store, {on(kDay, "c")});
  book(*store, {}, {paid_on(kDay + 1, "f")});
  book(*store, {on(kDay + 4, "d"), on(kDay + 5, "e")});
  EXPECT_THAT(must(store->days(task.id)).starts, SizeIs(4));
  expect_days_of_the_rows();
}

TEST_F(DaysTest, WhatComesLateIsOfItsOwnDay) {
  book(*store, {on(kDay, "a")});
  book(*store, {on(kDay + 3, "b")});
  book(*store, {on(kDay, "late, of a day that has a row")});
  book(*store, {on(kDay + 1, "late, of a day without one")});
  book(*store, {on(kDay - 7, "before all")}, {paid_on(kDay + 2, "late payment")});
  EXPECT_THAT(must(store->days(task.id)).starts, SizeIs(5));
  expect_days_of_the_rows();
}

TEST_F(DaysTest, WhatTheBooksHaveAlreadyIsNotCountedAgain) {
  book(*store, {on(kDay, "a"), on(kDay + 1, "b")});
  JournalBatch again;
  again.fills = {on(kDay, "a"), on(kDay + 1, "b"), on(kDay + 1, "b")};
  must(store->commit(task, again));
  expect_days_of_the_rows();
}

TEST_F(DaysTest, FeesThatCancelOutStayExact) {
  Fill paid = on(kDay, "paid");
  Fill back = on(kDay, "back");
  paid.fee_asset = back.fee_asset = Asset("MX");
  paid.fee = Fee(dec("0.001"));
  back.fee = Fee(dec("-0.001"));
  book(*store, {paid, back});
  book(*store, {on(kDay + 1, "next day")});
  expect_days_of_the_rows();
}

TEST_F(DaysTest, ACommitThatFailsLeavesThemAsTheyWere) {
  book(*store, {on(kDay, "a")});
  TaskRecord lost = task;
  lost.run_epoch = 0;
  task = must(store->begin_run(task.id, Time{1}));  // an older run may not write any more
  JournalBatch batch;
  batch.task = true;
  batch.fills = {on(kDay + 1, "b")};
  EXPECT_FALSE(store->commit(lost, batch));
  EXPECT_THAT(must(store->days(task.id)).starts, SizeIs(1));
  book(*store, {on(kDay + 1, "b")});
  expect_days_of_the_rows();
}

TEST_F(DaysTest, AnyOrderAndAnyWriterComesToTheSame) {
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  const auto other = open_store(dir.db());
  for (int i = 0; i < 120; ++i) {
    std::vector<Fill> fills;
    std::vector<FundingPayment> fundings;
    for (unsigned n = random() % 4; n > 0; --n) {
      const auto id = std::to_string(i) + "." + std::to_string(n);
      const std::int64_t day = kDay + static_cast<std::int64_t>(random() % 12) + i / 20;
      if (random() % 5 == 0) {
        fundings.push_back(paid_on(day, id));
      } else {
        fills.push_back(on(day, id, random() % 2 == 0 ? Side::Buy : Side::Sell));
      }
    }
    book(random() % 4 == 0 ? *other : *store, fills, fundings);
  }
  expect_days_of_the_rows();
}

TEST_F(DaysTest, ATaskThatAnOlderVersionBeganHasNone) {
  book(*store, {on(kDay, "a")});
  store.reset();
  RawDatabase(dir.db()).run("DROP TABLE days; DROP TABLE day_legs; DROP TABLE day_fees; PRAGMA user_version = 8");
  store = open_store(dir.db());
  book(*store, {on(kDay + 1, "b"), on(kDay, "c")});
  const TaskDays told = must(store->days(task.id));
  EXPECT_THAT(told.starts, IsEmpty()) << "what came before is not known";
  EXPECT_EQ(told.now.fills, 3);
  // Its next round has days again.
  task = must(store->add_task(a_task()));
  book(*store, {on(kDay, "a"), on(kDay + 1, "b")});
  expect_days_of_the_rows();
}

// No decision is made from them: whatever another hand did to their rows, they are said to be damaged, and fills are booked all the same.
TEST_F(DaysTest, DamagedDaysAreSaidAndNeverKeepAFillFromBeingBooked) {
  for (const std::string& damage : {"DELETE FROM days WHERE day = " + std::to_string(kDay + 1), std::string("DELETE FROM day_legs WHERE leg = 'buy'"),
                                    std::string("UPDATE days SET fills = 9223372036854775807"), std::string("UPDATE day_legs SET cash = 'much'"),
                                    "UPDATE day_legs SET cash = '" + std::string(38, '9') + "'", "UPDATE day_legs SET net = '0." + std::string(37, '0') + "1'",
                                    "UPDATE day_fees SET amount = '" + std::string(38, '9') + "'"}) {
    task = must(store->add_task(a_task()));
    book(*store, {on(kDay, "a"), on(kDay + 1, "b")});
    store.reset();
    RawDatabase(dir.db()).run(damage + (damage.find("WHERE") == std::string::npos ? " WHERE" : " AND") + " task_id = " + std::to_string(task.id));
    store = open_store(dir.db());
    const auto told = store->days(task.id);
    ASSERT_FALSE(told) << damage;
    EXPECT_EQ(told.error().kind, StoreError::Kind::Damaged) << damage;
    EXPECT_THAT(must(store->load_task("btc")).fills, SizeIs(2)) << damage;
    book(*store, {on(kDay, "late"), on(kDay + 2, "new")});
    EXPECT_THAT(must(store->load_task("btc")).fills, SizeIs(4)) << damage;
    const auto later = store->days(task.id);
    EXPECT_TRUE(later ? later->starts.empty() : later.error().kind == StoreError::Kind::Damaged) << damage << ": readers take the fills";
  }
}

}  // namespace
}  // namespace dn
