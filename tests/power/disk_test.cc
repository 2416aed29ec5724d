// The store on a disk that loses writes, cut at every change that it makes there; and that the disk does lose.
#include <gmock/gmock.h>

#include "../store/support.h"
#include "lossy_disk.h"

namespace dn::power {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

JournalBatch batch_number(std::int64_t n) {
  const OrderRecord order = an_order("t-" + std::to_string(n));
  return {true, {order}, {a_fill(std::to_string(n), order.request.id.str())}, {an_intent(order)}};
}

// The orders of the books, which must be a prefix of what was committed, in whole batches.
std::int64_t whole_batches(Store& store) {
  EXPECT_THAT(must(store.damage()), IsEmpty());
  const StoredTask books = must(store.load_task("btc"));
  for (std::size_t i = 0; i < books.orders.size(); ++i) EXPECT_EQ(books.orders[i].request.id.str(), "t-" + std::to_string(i));
  EXPECT_THAT(books.fills, SizeIs(books.orders.size()));
  EXPECT_THAT(must(store.events(books.task.id, 0, 1'000'000)), SizeIs(books.orders.size()));
  EXPECT_EQ(books.task.orders, static_cast<std::int64_t>(books.orders.size()));
  return books.task.orders;
}

// What was promised to be on disk when the power went.
struct Promised {
  std::uint32_t epoch = 0;
  std::int64_t batches = 0;  // durable
  std::int64_t committed = 0;
};

// A process: makes or opens the database, begins a run, commits, checkpoints, ends. Stops where the power goes.
Promised work(LossyDisk& disk, std::int64_t commits) {
  Promised p;
  auto store = Store::open(disk.db(), Store::Mode::ReadWrite);
  if (!store) return p;
  auto known = (*store)->find_task("btc");
  if (!known) return p;
  auto task = *known ? Expected<TaskRecord, StoreError>(**known) : (*store)->add_task(a_task());
  if (!task) return p;
  auto begun = (*store)->begin_run(task->id, Time{5});
  if (!begun) return p;
  p = {begun->run_epoch, begun->orders, begun->orders};
  for (std::int64_t i = 0; i < commits; ++i) {
    const std::int64_t n = begun->orders++;
    p.committed = n + 1;  // also when it fails: it may be there whole
    if (!(*store)->commit(*begun, batch_number(n)) || !(*store)->checkpoint()) return p;
  }
  return p;
}

void expect_kept(LossyDisk& disk, const Promised& p) {
  const auto store = open_store(disk.db());
  const auto task = must(store->find_task("btc"));
  if (!task) {
    EXPECT_EQ(p.epoch, 0u);
    return;
  }
  EXPECT_GE(task->run_epoch, p.epoch);
  const std::int64_t n = whole_batches(*store);
  EXPECT_GE(n, p.batches);
  if (p.epoch > 0) {
    EXPECT_LE(n, p.committed);
  }
}

TEST(LossyDisk, LosesCommitsThatNobodyWaitedForAndKeepsTheOthers) {
  std::set<std::int64_t> left;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    LossyDisk disk;
    sim::Rng rng(seed);
    auto store = open_store(disk.db());
    TaskRecord task = must(store->begin_run(must(store->add_task(a_task())).id, Time{5}));
    for (int n = 0; n < 20; ++n) {
      ++task.orders;
      must(store->commit(task, batch_number(n)));
    }
    disk.cut();
    store.reset();
    disk.restart(rng);
    left.insert(whole_batches(*open_store(disk.db())));
  }
  EXPECT_TRUE(left.contains(0));
  EXPECT_GT(left.size(), 5u) << "many different prefixes";
}

TEST(LossyDisk, KeepsEverythingWhileThePowerIsOn) {
  LossyDisk disk;
  (void)work(disk, 30);
  EXPECT_EQ(whole_batches(*open_store(disk.db())), 30);
}

// Also the removal of the rollback journal that made the tables: one that came back would undo them.
TEST(LossyDisk, ADatabaseThatWasMadeStaysMade) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    LossyDisk disk;
    sim::Rng rng(seed);
    auto store = open_store(disk.db());
    disk.cut();
    store.reset();
    disk.restart(rng);
    EXPECT_TRUE(disk.is_there(disk.db()));
    EXPECT_FALSE(disk.is_there(disk.db() + "-journal"));
  }
}

// From nothing to a second run, cut at each change of the disk, and cut again while it recovers from that.
TEST(LossyDisk, ACutAtAnyChangeLeavesAUsableDatabaseAndTheEpoch) {
  bool whole = false;
  for (std::uint64_t n = 1; !whole; ++n) {
    for (std::uint64_t seed = 0; seed < 2; ++seed) {
      LossyDisk disk;
      sim::Rng rng(n * 1000 + seed);
      SCOPED_TRACE("cut at change " + std::to_string(n) + ", seed " + std::to_string(seed));
      disk.cut_after(n);
      (void)work(disk, 3);
      const Promised first = disk.on() ? work(disk, 3) : Promised{};
      whole = disk.on();
      disk.cut();
      disk.restart(rng);
      if (seed % 2 == 0) expect_kept(disk, first);
      disk.cut_after(1 + rng.below(60));
      const Promised second = work(disk, 60);
      disk.cut();
      disk.restart(rng);
      expect_kept(disk, second);
      if (HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace dn::power
