// The portfolio of a database: what is given, what is refused with which numbers, and what the dead, the ended and the closed leave.
#include "store/portfolio.h"

#include <gmock/gmock.h>

#include <set>

#include "support.h"

namespace dn {
namespace {

using ::testing::HasSubstr;

Money money(std::string_view text) { return Money(dec(text)); }

class PortfolioTest : public ::testing::Test {
 protected:
  TempDir dir;
  std::unique_ptr<Store> store = open_store(dir.db());
  std::set<std::string> held;  // whose locks somebody has
  Portfolio portfolio{*store, false, [this](const std::string& task) { return held.contains(task); }};

  PortfolioLimits limits(std::string_view total = "1000", std::string_view per_symbol = "600") const {
    return {Asset("USDT"), money("10000"), money(per_symbol), money(total), money("50"), 0};
  }
  TaskRecord begin(const std::string& name, const std::string& symbol = "BTC/USDT", Direction direction = Direction::Open) {
    TaskRecord task = a_task(name);
    task.spec.symbol = *symbol_from(symbol);
    task.spec.direction = direction;
    task = must(store->add_task(task));
    held.insert(name);
    EXPECT_TRUE(must(portfolio.enter(task, std::nullopt)));
    return task;
  }
  Room ask(const TaskRecord& task, std::string_view need, std::string_view wish = "0", std::string_view have = "0") {
    return must(portfolio.ask(task, {money(have), money(need), max(money(need), money(wish))}));
  }
  // Both sides hold so much, at 100.
  void fill(TaskRecord& task, std::string_view qty) {
    for (const Side leg : kSides) {
      LegTotals& l = task.leg[leg];
      l.filled = l.net = l.traded = Qty(dec(qty));
      l.traded_quote = Price(dec("100")) * l.traded;
    }
    must(store->commit(task, {true, {}, {}, {}}));
  }
  void end(TaskRecord& task, Verdict verdict = Verdict::Completed, std::string_view result = "0") {
    task.verdict = verdict;
    must(store->commit(task, {true, {}, {}, {}}));
    must(portfolio.leave(task, money(result)));
    held.erase(task.spec.name);
  }
  Money used() { return must(portfolio.state())->total; }
};

TEST_F(PortfolioTest, IsNotInForceUntilSomebodyGivesLimits) {
  EXPECT_FALSE(must(portfolio.row()));
  EXPECT_FALSE(must(portfolio.state()));
  must(portfolio.set_limits(limits(), {}));
  EXPECT_EQ(must(portfolio.row())->limits, limits());
  Portfolio live{*store, true, {}};
  EXPECT_FALSE(must(live.row())) << "paper and live have one each";
}

TEST_F(PortfolioTest, GivesWhatIsWishedForAndWhatIsLeft) {
  must(portfolio.set_limits(limits("1000", "1000"), {}));
  const TaskRecord a = begin("a");
  const TaskRecord b = begin("b");
  EXPECT_EQ(ask(a, "100", "700").granted, money("700"));
  EXPECT_EQ(ask(b, "100", "700").granted, money("300")) << "all that is left";
  EXPECT_EQ(used(), money("1000"));
}

TEST_F(PortfolioTest, ExactlyMetPassesAndTheSmallestUnitMoreIsRefusedWithBothNumbers) {
  must(portfolio.set_limits(limits("1000", "1000"), {}));
  const TaskRecord a = begin("a");
  const TaskRecord b = begin("b", "ETH/USDT");
  EXPECT_FALSE(ask(a, "600").refused());
  EXPECT_FALSE(ask(b, "400").refused());
  const Room no = ask(b, "400.00000001", "0", "400");
  EXPECT_EQ(no.limit.view(), "max_total_exposure");
  EXPECT_EQ(no.value, money("1000.00000001"));
  EXPECT_EQ(no.most, money("1000"));
  EXPECT_EQ(no.granted, money("400")) << "it keeps what it has";
  EXPECT_TRUE(no.may_come) << "the other may end";
}

TEST_F(PortfolioTest, HoldsASymbolToItsOwnLimit) {
  must(portfolio.set_limits(limits(), {}));
  const TaskRecord a = begin("a");
  const TaskRecord b = begin("b");
  const TaskRecord c = begin("c", "ETH/USDT");
  EXPECT_FALSE(ask(a, "500").refused());
  EXPECT_FALSE(ask(b, "100").refused()) << "exactly met";
  const Room no = ask(b, "100.00000001", "0", "100");
  EXPECT_EQ(no.limit.view(), "max_exposure_per_symbol");
  EXPECT_EQ(no.value, money("600.00000001"));
  EXPECT_EQ(no.most, money("600"));
  EXPECT_FALSE(ask(c, "400").refused()) << "another symbol has its own";
}

TEST_F(PortfolioTest, ARefusedTaskGivesBackWhatItHasNotUsed) {
  must(portfolio.set_limits(limits("1000", "1000"), {}));
  const TaskRecord a = begin("a");
  const TaskRecord b = begin("b");
  ask(a, "100", "800");
  ask(b, "200");
  EXPECT_TRUE(ask(a, "900", "0", "100").refused());
  EXPECT_EQ(used(), money("300"));
}

TEST_F(PortfolioTest, TwoThatWaitForEachOtherDoNotWaitForEver) {
  must(portfolio.set_limits(limits("1000", "1000"), {}));
  const TaskRecord a = begin("a");
  const TaskRecord b = begin("b");
  ask(a, "500");
  ask(b, "500");
  EXPECT_TRUE(ask(a, "600", "0", "500").may_come);
  EXPECT_FALSE(ask(b, "600", "0", "500").may_come) << "the only other one waits itself";
}

TEST_F(PortfolioTest, WhatIsBeyondTheLimitAloneNeverComes) {
  must(portfolio.set_limits(limits("1000", "1000"), {}));
  const TaskRecord a = begin("a");
  const TaskRecord b = begin("b");
  ask(b, "100");
  EXPECT_FALSE(ask(a, "1000.01").may_come);
}

TEST_F(PortfolioTest, TheDeadHoldWhatTheyTradedAndNoMore) {
  must(portfolio.set_limits(limits("1000", "1000"), {}));
  TaskRecord a = begin("a");
  const TaskRecord b = begin("b");
  ask(a, "900");
  fill(a, "1");
  EXPECT_TRUE(ask(b, "200").refused());
  held.erase("a");  // kill -9
  EXPECT_FALSE(ask(b, "800").refused()) << "at once: 2 x 100 is held";
  EXPECT_TRUE(ask(b, "800.01", "0", "800").refused());
}

TEST_F(PortfolioTest, OrdersOfTheDeadCountAtFullSizeWithTheirHedges) {
  must(portfolio.set_limits(limits("1000", "1000"), {}));
  const TaskRecord a = begin("a");
  ask(a, "900");
  OrderRecord order = an_order("t-1");
  order.status = OrderStatus::Unknown;
  order.request.price = Price(dec("100"));
  order.request.qty = Qty(dec("2"));
  must(store->commit(a, {true, {order}, {}, {}}));
  held.erase("a");
  EXPECT_EQ(used(), money("408")) << "2 x 100 x 2 sides, and 2 % for better fills";
  order.status = OrderStatus::Closed;
  must(store->commit(a, {true, {order}, {}, {}}));
  EXPECT_EQ(used(), Money{});
}

TEST_F(PortfolioTest, WhatAnEndedTaskHoldsIsExposureUntilAPersonWritesItOff) {
  must(portfolio.set_limits(limits("1000", "1000"), {}));
  TaskRecord a = begin("a");
  ask(a, "900");
  fill(a, "2");
  end(a);
  const TaskRecord b = begin("b");
  EXPECT_EQ(used(), money("400"));
  const Room no = ask(b, "700");
  EXPECT_TRUE(no.refused());
  EXPECT_FALSE(no.may_come) << "nobody runs that could let go";
  EXPECT_EQ(must(portfolio.release("a")), 1);
  EXPECT_EQ(used(), Money{});
  EXPECT_EQ(must(portfolio.release("b")), 0) << "it has not ended";
}

TEST_F(PortfolioTest, ATaskThatUnwindsTakesOffWhatOthersOpened) {
  must(portfolio.set_limits(limits("1000", "1000"), {}));
  TaskRecord a = begin("a");
  ask(a, "900");
  fill(a, "2");
  end(a);
  TaskRecord close = a_task("close");
  close.spec.direction = Direction::Close;
  close.spec.leg.buy.exchange = Venue::GateioSpot;  // where the other sold
  close.spec.leg.sell.exchange = Venue::MexcSpot;
  close = must(store->add_task(close));
  ASSERT_TRUE(must(portfolio.enter(close, std::nullopt)));
  fill(close, "0.5");
  EXPECT_EQ(used(), money("300"));
  fill(close, "3");
  EXPECT_EQ(used(), Money{}) << "never below nothing";
}

TEST_F(PortfolioTest, RoundsOfATaskCountEach) {
  must(portfolio.set_limits(limits("1000", "1000"), {}));
  TaskRecord a = begin("a");
  fill(a, "1");
  end(a);
  TaskRecord again = begin("a");
  EXPECT_EQ(again.round, 2);
  fill(again, "1");
  end(again);
  EXPECT_EQ(used(), money("400"));
}

TEST_F(PortfolioTest, TasksOfBeforeItBeganCountAsWell) {
  TaskRecord old = must(store->add_task(a_task("old")));
  fill(old, "2");
  must(portfolio.set_limits(limits("1000", "1000"), {}));
  EXPECT_EQ(used(), money("400"));
}

TEST_F(PortfolioTest, IsForeseenAsARunWouldFindItAndNothingIsWritten) {
  EXPECT_FALSE(must(portfolio.foresee({}, {})));
  TaskRecord old = must(store->add_task(a_task("old")));
  fill(old, "2");
  const PortfolioState first = *must(portfolio.foresee(limits("1000", "1000"), {"new"}));
  EXPECT_EQ(first.total, money("400")) << "a task of before it began";
  EXPECT_EQ(first.row.limits, limits("1000", "1000"));
  EXPECT_FALSE(must(portfolio.state())) << "looking is not beginning";
  must(portfolio.set_limits(limits("1000", "1000"), {}));
  EXPECT_EQ(must(portfolio.state())->total, first.total) << "as it was foreseen";
  TaskRecord running = begin("running");
  ask(running, "100", "300");
  const PortfolioState beside = *must(portfolio.foresee(limits("2000", "500"), {"new"}));
  EXPECT_EQ(beside.row.limits, limits("1000", "500")) << "while another run is alive the stricter of both";
  EXPECT_EQ(beside.total, money("700"));
  EXPECT_EQ(must(portfolio.foresee(limits("2000", "500"), {"running"}))->row.limits, limits("2000", "500")) << "its own run is no other one";
  EXPECT_EQ(must(portfolio.foresee({}, {}))->row.limits, limits("1000", "1000"));
}

// A file of the version before, with a task that holds something.
TEST_F(PortfolioTest, AnOlderFileIsBroughtUpToDateAndItsTasksCount) {
  TaskRecord old = must(store->add_task(a_task("old")));
  fill(old, "2");
  store.reset();
  RawDatabase(dir.db()).run(
      "DROP TABLE leases; DROP TABLE portfolio; DROP INDEX orders_unclosed; DROP TABLE fundings; DROP TABLE holdings;"
      "DROP TABLE days; DROP TABLE day_legs; DROP TABLE day_fees; DROP INDEX orders_of_task; DROP INDEX fills_of_task; ALTER TABLE events DROP COLUMN digest; "
      "ALTER TABLE tasks DROP COLUMN unchained;"
      "ALTER TABLE legs DROP COLUMN slippage; ALTER TABLE legs DROP COLUMN funding; ALTER TABLE orders DROP COLUMN arrival; PRAGMA user_version = 4");
  store = open_store(dir.db());
  EXPECT_EQ(RawDatabase(dir.db()).value("PRAGMA user_version"), std::to_string(Store::kSchemaVersion));
  Portfolio later(*store, false, [](const std::string&) { return false; });
  EXPECT_FALSE(must(later.row()));
  must(later.set_limits(limits("1000", "1000"), {}));
  EXPECT_EQ(must(later.state())->total, money("400"));
}

TEST_F(PortfolioTest, HasPlacesForSoManyTasksAndTheDeadHoldNone) {
  PortfolioLimits two = limits();
  two.max_tasks = 2;
  must(portfolio.set_limits(two, {}));
  TaskRecord a = begin("a");
  begin("b");
  const TaskRecord c = must(store->add_task(a_task("c")));
  EXPECT_FALSE(must(portfolio.enter(c, std::nullopt)));
  EXPECT_TRUE(must(portfolio.enter(c, Money{}))) << "one that only cancels and proves needs none";
  must(portfolio.leave(c, std::nullopt));
  held.erase("b");
  EXPECT_TRUE(must(portfolio.enter(c, std::nullopt)));
  must(portfolio.leave(c, std::nullopt));
  end(a);
  EXPECT_TRUE(must(portfolio.enter(c, std::nullopt)));
}

TEST_F(PortfolioTest, ARestartedProcessFreesThePlacesOfTheKilledOne) {
  PortfolioLimits one = limits();
  one.max_tasks = 1;
  must(portfolio.set_limits(one, {}));
  const TaskRecord a = begin("a");
  ask(a, "500");
  const TaskRecord b = must(store->add_task(a_task("b")));
  held.insert("b");  // the new process has the locks of both before either begins
  must(portfolio.free_rooms({"a", "b"}));
  EXPECT_TRUE(must(portfolio.enter(b, std::nullopt)));
  EXPECT_EQ(used(), Money{});
}

TEST_F(PortfolioTest, LimitsAreReplacedWhenNobodyRunsAndTheStricterHoldsWhenOthersDo) {
  must(portfolio.set_limits(limits("1000", "600"), {}));
  EXPECT_EQ(must(portfolio.set_limits(limits("2000", "1200"), {})).limits, limits("2000", "1200"));
  begin("a");
  const PortfolioLimits both = must(portfolio.set_limits(limits("1500", "1300"), {"b"})).limits;
  EXPECT_EQ(both.total, money("1500")) << "stricter: at once";
  EXPECT_EQ(both.per_symbol, money("1200")) << "looser: not while another runs";
  EXPECT_EQ(must(portfolio.set_limits(limits("9000", "9000"), {"a"})).limits, limits("9000", "9000")) << "its own tasks are not others";
}

TEST_F(PortfolioTest, ALossAboveTheLimitHaltsItUntilAPersonResumes) {
  must(portfolio.set_limits(limits(), {}));
  TaskRecord a = begin("a");
  TaskRecord b = begin("b");
  EXPECT_EQ(must(portfolio.tell(a, money("-30"), std::nullopt)).halted, "");
  EXPECT_EQ(must(portfolio.tell(b, money("-20"), std::nullopt)).halted, "") << "exactly met passes";
  const std::string why = must(portfolio.tell(b, money("-20.00000001"), std::nullopt)).halted;
  EXPECT_THAT(why, HasSubstr("50.00000001"));
  EXPECT_THAT(why, HasSubstr("max_loss 50"));
  EXPECT_EQ(must(portfolio.row())->halted, why);
  EXPECT_EQ(must(Portfolio(*open_store(dir.db()), false, {}).row())->halted, why) << "durable";
  must(portfolio.resume());
  EXPECT_EQ(must(portfolio.row())->halted, "");
  EXPECT_EQ(must(portfolio.tell(b, money("-70"), std::nullopt)).halted, "") << "counted anew from there";
  EXPECT_THAT(must(portfolio.tell(b, money("-71"), std::nullopt)).halted, HasSubstr("50.99999999"));
}

TEST_F(PortfolioTest, WhatEndedTasksLostStaysCounted) {
  must(portfolio.set_limits(limits(), {}));
  TaskRecord a = begin("a");
  end(a, Verdict::Cancelled, "-40");
  const TaskRecord b = begin("b");
  EXPECT_THAT(must(portfolio.tell(b, money("-11"), std::nullopt)).halted, HasSubstr("51"));
}

// Several processes at once, each in a transaction of its own: what was given never comes to more than there is.
TEST_F(PortfolioTest, ManyProcessesTogetherNeverGetMoreThanThereIs) {
  constexpr int kProcesses = 6;
  must(portfolio.set_limits(limits("1000", "1000"), {}));
  std::vector<TaskRecord> tasks;
  for (int i = 0; i < kProcesses; ++i) tasks.push_back(begin("t" + std::to_string(i)));
  std::vector<std::unique_ptr<Child>> children;
  for (const TaskRecord& task : tasks) {
    children.push_back(std::make_unique<Child>([this, &task] {
      const auto mine = open_store(dir.db());
      Portfolio p(*mine, false, [](const std::string&) { return true; });
      Money have;
      for (int i = 0; i < 100; ++i) {
        const auto room = p.ask(task, {have, have + Money(7), have + Money(7)});
        if (!room) return room.error().message;
        have = room->granted;
      }
      return have.str();
    }));
  }
  Money sum;
  for (const auto& c : children) sum += money(c->all());
  EXPECT_LE(sum, Money(1000));
  EXPECT_GT(sum, Money(1000 - 7 * kProcesses));
}

}  // namespace
}  // namespace dn
