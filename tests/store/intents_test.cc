// Intents that are durable before the rest of their step: what a killed run promised is found by whoever opens the database next.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "store/files.h"
#include "store/intent_file.h"
#include "store/portfolio.h"
#include "store/task_lock.h"
#include "support.h"

namespace dn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A step that places a quote on each side, and the task as it stands behind it.
struct Step {
  TaskRecord task;
  JournalBatch batch;
};

Step a_step(TaskRecord task, const std::string& name) {
  JournalBatch batch{true, {an_order(name + "-b"), an_order(name + "-s", Side::Sell)}, {}, {}};
  batch.events = {an_intent(batch.orders[0]), an_intent(batch.orders[1])};
  task.next_seq += 2;
  task.orders += 2;
  if (task.first_order.us == 0) task.first_order = Time{2'000'000};
  return {std::move(task), std::move(batch)};
}

std::vector<std::string> ids(const std::vector<OrderRecord>& orders) {
  std::vector<std::string> out;
  for (const OrderRecord& o : orders) out.push_back(o.request.id.str());
  return out;
}

class IntentsTest : public ::testing::Test {
 protected:
  TempDir dir;
  std::string locks = lock_directory(dir.db());

  // A run as dn-run begins it, up to its first step.
  TaskRecord begin(Store& store) {
    must(make_private_directory(locks));
    must(store.add_task(a_task()));
    TaskRecord task = must(store.begin_run(1, Time{1'500'000}));
    must(store.promise_in_file("btc"));
    return task;
  }
  // The run promises a step and is killed before it commits it; whoever looked before has seen one that was committed.
  void die_after_a_promise() {
    const auto store = open_store(dir.db());
    const auto lock = must(TaskLock::acquire(locks, "btc"));
    const Step first = a_step(begin(*store), "one");
    ASSERT_TRUE(store->promise(first.task, first.batch));
    must(store->commit(first.task, first.batch));
    const Step second = a_step(first.task, "two");
    ASSERT_TRUE(store->promise(second.task, second.batch));
  }
};

TEST_F(IntentsTest, TheNextRunFindsWhatWasPromised) {
  die_after_a_promise();
  const auto store = open_store(dir.db());
  must(store->take_up_intents("btc"));
  const StoredTask books = must(store->load_task("btc"));
  EXPECT_THAT(ids(books.orders), ElementsAre("one-b", "one-s", "two-b", "two-s"));
  const OrderRecord& found = books.orders.back();
  EXPECT_EQ(found.status, OrderStatus::Intent);
  EXPECT_EQ(found.request.leg, Side::Sell);
  EXPECT_EQ(found.request.price.str(), "43250.5");
  EXPECT_EQ(found.request.qty.str(), "0.1");
  EXPECT_EQ(found.request.expires.us, 7'000'000);
  EXPECT_EQ(books.task.next_seq, 5U);
  EXPECT_EQ(books.task.orders, 4);
  EXPECT_EQ(books.task.first_order.us, 2'000'000);
  const auto events = must(store->events(1, 0, 100));
  ASSERT_THAT(events, SizeIs(4)) << "the journal tells of every order";
  EXPECT_THAT(events.back().json, ::testing::HasSubstr("two-s"));
}

TEST_F(IntentsTest, StepsAddUpUntilACommitHasTheirRows) {
  Step step;
  {
    const auto store = open_store(dir.db());
    step = a_step(begin(*store), "one");
    ASSERT_TRUE(store->promise(step.task, step.batch));
    const JournalBatch first = step.batch;
    must(store->commit(step.task, {false, {}, {}, first.events, {}}));  // an event alone: the orders are no rows yet
    step = a_step(step.task, "two");
    ASSERT_TRUE(store->promise(step.task, step.batch));
  }
  {
    const auto store = open_store(dir.db());
    must(store->take_up_intents("btc"));
    EXPECT_THAT(ids(must(store->load_task("btc")).orders), ElementsAre("one-b", "one-s", "two-b", "two-s"));
  }
}

TEST_F(IntentsTest, MoreThanThePageHoldsIsCommittedFirst) {
  const auto store = open_store(dir.db());
  Step step = a_step(begin(*store), "s0");
  JournalBatch all;
  std::size_t promised = 0;
  for (int n = 1; store->promise(step.task, step.batch); ++n) {
    promised += step.batch.orders.size();
    merge(all, step.batch);
    step = a_step(step.task, "s" + std::to_string(n));
  }
  EXPECT_EQ(promised, kMostPromised);
  EXPECT_THAT(read_intents(locks, "btc")->requests, SizeIs(kMostPromised));
  merge(all, step.batch);
  must(store->commit(step.task, all));
  step = a_step(step.task, "next");
  ASSERT_TRUE(store->promise(step.task, step.batch));
  EXPECT_THAT(read_intents(locks, "btc")->requests, SizeIs(2));
}

TEST_F(IntentsTest, AReaderFindsItTooAndOnce) {
  die_after_a_promise();
  for (int look = 0; look < 3; ++look) {
    const auto reader = open_store(dir.db(), Store::Mode::ReadOnly);
    EXPECT_THAT(must(reader->orders(1, {})), SizeIs(4)) << look;
    EXPECT_EQ(must(reader->find_task("btc"))->orders, 4);
  }
}

TEST_F(IntentsTest, AReaderLeavesARunAloneThatIsAlive) {
  const auto lock = must(TaskLock::acquire(locks, "btc"));
  const auto store = open_store(dir.db());
  Step step = a_step(begin(*store), "one");
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  for (OrderRecord& o : step.batch.orders) o.request.created = Time{std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
  ASSERT_TRUE(store->promise(step.task, step.batch));
  const auto reader = open_store(dir.db(), Store::Mode::ReadOnly);
  EXPECT_THAT(must(reader->orders(1, {})), IsEmpty()) << "its commit is under way";
}

TEST_F(IntentsTest, AReaderSeesWhatARunPromisedThatStandsStillAndTheRunGoesOnWithIt) {
  const auto lock = must(TaskLock::acquire(locks, "btc"));
  const auto store = open_store(dir.db());
  Step step = a_step(begin(*store), "one");  // long ago
  ASSERT_TRUE(store->promise(step.task, step.batch));
  const auto reader = open_store(dir.db(), Store::Mode::ReadOnly);
  EXPECT_THAT(must(reader->orders(1, {})), SizeIs(2));
  step.batch.orders[0].status = OrderStatus::Open;
  must(store->commit(step.task, step.batch));
  const StoredTask books = must(store->load_task("btc"));
  EXPECT_THAT(ids(books.orders), ElementsAre("one-b", "one-s"));
  EXPECT_EQ(books.orders[0].status, OrderStatus::Open);
  EXPECT_EQ(books.task.orders, 2);
}

TEST_F(IntentsTest, WhatWasCommittedIsNotTakenUpAgain) {
  const auto store = open_store(dir.db());
  Step step = a_step(begin(*store), "one");
  ASSERT_TRUE(store->promise(step.task, step.batch));
  must(store->commit(step.task, step.batch));
  step.batch.orders[0].status = OrderStatus::Closed;
  step.batch.orders.pop_back();
  must(store->commit(step.task, {true, step.batch.orders, {}, {}}));
  must(store->take_up_intents("btc"));
  const StoredTask books = must(store->load_task("btc"));
  EXPECT_THAT(books.orders, SizeIs(2));
  EXPECT_EQ(books.orders[0].status, OrderStatus::Closed);
  EXPECT_EQ(books.task.orders, 2);
}

TEST_F(IntentsTest, PromisesOfAnOlderRunOrAnotherDatabaseAreNothing) {
  die_after_a_promise();
  {
    const auto store = open_store(dir.db());
    must(store->begin_run(1, Time{4'000'000}));  // it found them otherwise
    must(store->take_up_intents("btc"));
    EXPECT_THAT(must(store->load_task("btc")).orders, SizeIs(2));
  }
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(dir.db() + end);
  const auto store = open_store(dir.db());
  TaskRecord other = a_task();
  other.created = Time{9'000'000};
  other.run_epoch = 0;
  must(store->add_task(other));
  must(store->begin_run(1, Time{9'000'000}));
  must(store->take_up_intents("btc"));
  EXPECT_THAT(must(store->load_task("btc")).orders, IsEmpty());
}

// A page that the power cut left half written, of another layout, or made by somebody else.
TEST_F(IntentsTest, APageThatIsNotWholePromisesNothing) {
  die_after_a_promise();
  const std::string path = locks + "/btc.intents";
  std::ifstream in(path, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  ASSERT_TRUE(read_intents(locks, "btc"));
  const auto put = [&](const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  };
  // Everything that was written counts; behind the two requests there is room for others. The page of the write before it stands in.
  const std::size_t used = whole.substr(0, whole.size() / 2).find_last_not_of('\0');
  int noticed = 0;
  for (std::size_t at = 0; at <= used; ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x20);
    put(bytes);
    const auto read = read_intents(locks, "btc");
    noticed += read && read->requests.front().id.str() == "one-b" ? 1 : 0;
  }
  EXPECT_EQ(noticed, static_cast<int>(used) + 1);
  put(std::string(whole.size() / 2, 'x') + std::string(whole.size() / 2, 'x'));
  EXPECT_FALSE(read_intents(locks, "btc"));
  for (const std::size_t size : {std::size_t{0}, std::size_t{8}, whole.size() - 1}) {
    put(whole.substr(0, size));
    EXPECT_FALSE(read_intents(locks, "btc")) << size;
  }
  std::filesystem::remove(path);
  EXPECT_FALSE(read_intents(locks, "btc"));
  std::filesystem::create_directory(path);
  EXPECT_FALSE(read_intents(locks, "btc"));
}

TEST_F(IntentsTest, AnEndedRunLeavesNoFile) {
  const auto store = open_store(dir.db());
  begin(*store);
  struct stat st {};
  ASSERT_EQ(::stat((locks + "/btc.intents").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600U);
  EXPECT_THAT(tasks_with_intents(locks), ElementsAre("btc"));
  store->forget_intents("btc");
  EXPECT_THAT(tasks_with_intents(locks), IsEmpty());
  const Step step = a_step(a_task(), "x");
  EXPECT_FALSE(store->promise(step.task, step.batch)) << "from here on everything is committed first";
}

TEST_F(IntentsTest, RunsOnOneConnectionKeepTheirPromisesApart) {
  {
    auto first = open_store(dir.db());
    Step btc = a_step(begin(*first), "one");
    const auto second = Store::beside(*first);
    must(second->add_task(a_task("eth")));
    must(second->promise_in_file("eth"));
    const Step eth = a_step(must(second->begin_run(2, Time{1'500'000})), "two");
    ASSERT_TRUE(first->promise(btc.task, btc.batch));
    ASSERT_TRUE(second->promise(eth.task, eth.batch));
    must(first->commit(btc.task, btc.batch));
    first.reset();
    must(second->append_event(eth.task, Time{2'000'000}, "note", "{}"));  // the connection is there as long as one of them needs it
  }
  const auto store = open_store(dir.db());
  must(store->take_up_intents("btc"));
  must(store->take_up_intents("eth"));
  EXPECT_THAT(ids(must(store->load_task("btc")).orders), ElementsAre("one-b", "one-s"));
  EXPECT_THAT(ids(must(store->load_task("eth")).orders), ElementsAre("two-b", "two-s")) << "the other run's commit says nothing of them";
}

TEST_F(IntentsTest, WithoutAFileEverythingIsCommittedFirst) {
  const auto store = open_store(dir.db());
  must(store->add_task(a_task()));
  const Step step = a_step(a_task(), "one");
  EXPECT_FALSE(store->promise(step.task, step.batch));
  must(make_private_directory(locks));
  std::filesystem::create_symlink("/dev/null", locks + "/btc.intents");
  EXPECT_FALSE(store->promise_in_file("btc")) << "a link leads anywhere";
  EXPECT_FALSE(store->promise(step.task, step.batch));
}

// Of a dead run others must believe the worst.
class DeadRunTest : public IntentsTest {
 protected:
  std::unique_ptr<Store> store = open_store(dir.db());
  Portfolio portfolio{*store, false, [this](const std::string& task) { return task == next_run; }};
  std::string next_run;  // the task whose lock somebody has
  const PortfolioLimits limits{Asset("USDT"), Money(dec("100000")), Money(dec("90000")), Money(dec("90000")), Money(dec("50")), 0};
  // On each side 0.1 at 43250.5, and 2 % for a better price.
  static constexpr std::string_view kPromised = "8823.102";

  // The run of a new task promises a step and is killed. The task's row.
  TaskRecord die() {
    const TaskRecord task = must(store->find_task("btc")).value();
    const Step step = a_step(must(store->begin_run(task.id, Time{1'500'000})), "one");
    must(make_private_directory(locks));
    must(store->promise_in_file("btc"));
    EXPECT_TRUE(store->promise(step.task, step.batch));
    return task;
  }
};

TEST_F(DeadRunTest, ThePortfolioCountsWhatItPromised) {
  must(portfolio.set_limits(limits, {}));
  ASSERT_TRUE(must(portfolio.enter(must(store->add_task(a_task())), std::nullopt)));
  die();
  EXPECT_EQ(must(portfolio.state())->total.str(), kPromised);
}

TEST_F(DeadRunTest, ItStillCountsWhileTheNextRunAsksItsVenuesAndHasTakenUpNothing) {
  must(portfolio.set_limits(limits, {}));
  ASSERT_TRUE(must(portfolio.enter(must(store->add_task(a_task())), std::nullopt)));
  die();
  next_run = "btc";
  must(portfolio.free_rooms({"btc"}));
  EXPECT_EQ(must(portfolio.state())->total.str(), kPromised);
  next_run.clear();  // killed before it took them up
  EXPECT_EQ(must(portfolio.state())->total.str(), kPromised);
}

TEST_F(DeadRunTest, ItCountsInAPortfolioThatBeginsAfterIt) {
  must(store->add_task(a_task()));
  die();
  EXPECT_EQ(must(portfolio.foresee(limits, {}))->total.str(), kPromised);
  must(portfolio.set_limits(limits, {}));
  EXPECT_EQ(must(portfolio.state())->total.str(), kPromised);
}

}  // namespace
}  // namespace dn
