// Tasks, their rounds and their runs.
#include <gmock/gmock.h>

#include "support.h"

namespace dn {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class TasksTest : public ::testing::Test {
 protected:
  TempDir dir;
  std::unique_ptr<Store> store = open_store(dir.db());
};

TEST_F(TasksTest, ANewTaskStartsAtRoundOneWithEpochZero) {
  const TaskRecord added = must(store->add_task(a_task()));
  EXPECT_GT(added.id, 0);
  EXPECT_EQ(added.round, 1);
  EXPECT_EQ(added.run_epoch, 0U);
  const auto found = must(store->find_task("btc"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, added.id);
  EXPECT_EQ(to_text(found->spec), to_text(a_task().spec));
}

TEST_F(TasksTest, ATaskThatIsNotThereIsNotAnErrorToFindButToLoad) {
  EXPECT_FALSE(must(store->find_task("btc")));
  const auto loaded = store->load_task("btc");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind, StoreError::Kind::NotFound);
  EXPECT_THAT(loaded.error().message, HasSubstr("btc"));
  EXPECT_THAT(loaded.error().message, HasSubstr(dir.db()));
}

TEST_F(TasksTest, ATaskWithoutANameIsRefused) {
  const auto added = store->add_task(a_task(""));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().kind, StoreError::Kind::Other);
}

TEST_F(TasksTest, EachRunHasItsOwnEpochAndCountsItsOrdersAnew) {
  TaskRecord task = must(store->add_task(a_task()));
  task = must(store->begin_run(task.id, Time{50}));
  EXPECT_EQ(task.run_epoch, 1U);
  EXPECT_EQ(task.runs, 1);
  EXPECT_EQ(task.next_seq, 1U);
  EXPECT_EQ(task.updated.us, 50);
  task.next_seq = 17;
  task.leg.buy.filled = Qty(dec("0.5"));
  must(store->commit(task, {true, {}, {}, {}}));
  task = must(store->begin_run(task.id, Time{60}));
  EXPECT_EQ(task.run_epoch, 2U);
  EXPECT_EQ(task.runs, 2);
  EXPECT_EQ(task.next_seq, 1U);
  EXPECT_EQ(task.leg.buy.filled.str(), "0.5") << "what was done stays done";
}

TEST_F(TasksTest, TheNextRoundStartsEmptyButNeverUsesAnEpochAgain) {
  TaskRecord first = must(store->add_task(a_task()));
  first = must(store->begin_run(first.id, Time{50}));
  first = must(store->begin_run(first.id, Time{51}));
  must(store->commit(first, {false, {an_order("t-1")}, {}, {}}));

  TaskRecord second = must(store->add_task(a_task()));
  EXPECT_NE(second.id, first.id);
  EXPECT_EQ(second.round, 2);
  EXPECT_EQ(second.run_epoch, 2U);
  second = must(store->begin_run(second.id, Time{52}));
  EXPECT_EQ(second.run_epoch, 3U);
  EXPECT_EQ(second.runs, 1) << "of this round";

  const StoredTask loaded = must(store->load_task("btc"));
  EXPECT_EQ(loaded.task.id, second.id) << "the newest round is the task";
  EXPECT_THAT(loaded.orders, SizeIs(0));
  EXPECT_THAT(must(store->orders(first.id, {})), SizeIs(1)) << "the old round can still be read";
}

// A lost database is rebuilt from the venues, whose order ids tell the highest epoch that was used.
TEST_F(TasksTest, ARebuiltTaskGoesOnFromTheEpochThatTheVenuesKnow) {
  TaskRecord rebuilt = a_task();
  rebuilt.run_epoch = 41;
  rebuilt = must(store->add_task(rebuilt));
  EXPECT_EQ(must(store->begin_run(rebuilt.id, Time{5})).run_epoch, 42U);
}

TEST_F(TasksTest, EpochsThatAreUsedUpAreRefusedRatherThanStartedAnew) {
  TaskRecord task = a_task();
  task.run_epoch = 4'294'967'295U;
  task = must(store->add_task(task));
  const auto run = store->begin_run(task.id, Time{5});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().kind, StoreError::Kind::Other);
}

TEST_F(TasksTest, ARunOfNoTaskIsNotFound) {
  const auto run = store->begin_run(12, Time{5});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().kind, StoreError::Kind::NotFound);
}

TEST_F(TasksTest, TheListHasTheNewestRoundOfEachNameInOrder) {
  must(store->add_task(a_task("sol")));
  must(store->add_task(a_task("btc")));
  TaskRecord again = a_task("btc");
  again.leg.sell.fees.add(Asset("USDT"), Fee(dec("1.5")));
  must(store->add_task(again));
  const auto tasks = must(store->tasks());
  ASSERT_THAT(tasks, SizeIs(2));
  EXPECT_EQ(tasks[0].spec.name, "btc");
  EXPECT_EQ(tasks[0].round, 2);
  EXPECT_EQ(tasks[0].leg.sell.fees.of(Asset("USDT")).str(), "1.5");
  EXPECT_EQ(tasks[1].spec.name, "sol");
}

}  // namespace
}  // namespace dn
