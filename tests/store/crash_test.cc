// What survives a killed process and a power cut.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/syscall.h>

#include <charconv>
#include <fstream>

#include "support.h"

// The disk as a power cut would leave it: a copy of each file of a directory as it was when it was last synced. SQLite
// calls these two functions, which stand before those of the C library.
namespace {
std::filesystem::path g_watched;  // directory whose syncs are seen; empty = none
std::filesystem::path g_shadow;   // where the synced copies go
int g_log_syncs = 0;              // of files that end in "-wal"

void copy_synced(int fd, const std::filesystem::path& name) {
  std::filesystem::create_directories(g_shadow);
  // Read through the descriptor at hand: closing another one of the database would drop SQLite's locks on it.
  std::ofstream copy(g_shadow / name, std::ios::binary | std::ios::trunc);
  char buffer[65536];
  off_t at = 0;
  for (ssize_t n = 0; (n = ::pread(fd, buffer, sizeof buffer, at)) > 0; at += n) copy.write(buffer, n);
}

// Until a directory is synced, a file that was removed from it may come back.
void forget_removed() {
  if (!std::filesystem::exists(g_shadow)) return;
  for (const auto& entry : std::filesystem::directory_iterator(g_shadow)) {
    if (!std::filesystem::exists(g_watched / entry.path().filename())) std::filesystem::remove(entry.path());
  }
}

int sync_seen(int fd, long call) {
  if (!g_watched.empty()) {
    std::error_code error;
    const auto path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), error);
    if (path == g_watched) forget_removed();
    if (path.parent_path() == g_watched && std::filesystem::is_regular_file(path)) {
      if (path.string().ends_with("-wal")) ++g_log_syncs;
      copy_synced(fd, path.filename());
    }
  }
  return static_cast<int>(::syscall(call, fd));
}
}  // namespace

extern "C" int fsync(int fd) { return sync_seen(fd, SYS_fsync); }
extern "C" int fdatasync(int fd) { return sync_seen(fd, SYS_fdatasync); }

namespace dn {
namespace {

using ::testing::SizeIs;

JournalBatch batch_number(int n) {
  const OrderRecord order = an_order("t-" + std::to_string(n));
  return {true, {order}, {a_fill(std::to_string(n), order.request.id.str())}, {an_intent(order), an_intent(order)}};
}

// After every crash: each batch is there as a whole or not at all.
void expect_whole_batches(Store& store, std::size_t at_least, std::size_t at_most) {
  const StoredTask books = must(store.load_task("btc"));
  const std::size_t n = books.orders.size();
  EXPECT_GE(n, at_least);
  EXPECT_LE(n, at_most);
  EXPECT_THAT(books.fills, SizeIs(n));
  EXPECT_EQ(books.task.orders, static_cast<std::int64_t>(n));
  EXPECT_THAT(must(store.events(books.task.id, 0, 1'000'000)), SizeIs(2 * n));
}

TEST(Killed, WhatWasCommittedIsThereAndABatchIsNeverTorn) {
  for (int kill_after = 1; kill_after <= 40; kill_after += 13) {
    TempDir dir;
    must(open_store(dir.db())->add_task(a_task()));
    Child child([&](int out) {
      const auto store = open_store(dir.db());
      TaskRecord task = *must(store->find_task("btc"));
      for (int n = 0; n < 100'000; ++n) {
        ++task.orders;
        must(store->commit(task, batch_number(n)));
        if (::write(out, "x", 1) != 1) return;
      }
    });
    for (int n = 0; n < kill_after; ++n) ASSERT_TRUE(child.wait_byte());
    child.kill();
    std::size_t told = static_cast<std::size_t>(kill_after);
    while (child.wait_byte()) ++told;
    expect_whole_batches(*open_store(dir.db()), told, told + 1);
  }
}

class PowerCut : public ::testing::Test {
 protected:
  PowerCut() {
    g_watched = std::filesystem::canonical(dir.path());
    g_shadow = dir.path() + "/shadow";
    g_log_syncs = 0;
  }
  ~PowerCut() override { g_watched.clear(); }
  std::unique_ptr<Store> after_the_cut() const { return open_store(g_shadow.string() + "/dn.db"); }

  TempDir dir;
};

TEST_F(PowerCut, TheEpochOfARunIsOnDiskBeforeItsFirstOrder) {
  const auto store = open_store(dir.db());
  TaskRecord task = must(store->add_task(a_task()));
  for (std::uint32_t run = 1; run <= 3; ++run) {
    task = must(store->begin_run(task.id, Time{5}));
    ASSERT_EQ(must(after_the_cut()->find_task("btc")).value().run_epoch, run);
    std::filesystem::remove(g_shadow.string() + "/dn.db-wal");  // what the look above left there
    std::filesystem::remove(g_shadow.string() + "/dn.db-shm");
    ++task.orders;
    must(store->commit(task, batch_number(static_cast<int>(run))));
  }
}

TEST_F(PowerCut, ACommitDoesNotWaitForTheDiskAndOnlyTheNewestAreLost) {
  const auto store = open_store(dir.db());
  TaskRecord task = must(store->add_task(a_task()));
  const auto commit_some = [&] {
    for (int n = 0; n < 20; ++n) {
      ++task.orders;
      must(store->commit(task, batch_number(static_cast<int>(task.orders))));
    }
  };
  commit_some();
  const int before = g_log_syncs;
  task = must(store->begin_run(task.id, Time{5}));
  const int after = g_log_syncs;
  EXPECT_GT(after, before) << "this one waits";
  commit_some();
  EXPECT_EQ(g_log_syncs, after) << "back to not waiting";
  expect_whole_batches(*after_the_cut(), 20, 20);
}

// The log is reused after a checkpoint; no cut in between may bring back a mixture.
TEST_F(PowerCut, CheckpointsKeepWhatWasDurable) {
  const auto store = open_store(dir.db());
  TaskRecord task = must(store->add_task(a_task()));
  std::int64_t durable = 0;
  for (int round = 0; round < 3; ++round) {
    for (int n = 0; n < 200; ++n) {
      ++task.orders;
      must(store->commit(task, batch_number(static_cast<int>(task.orders))));
    }
    must(store->checkpoint());
    durable = task.orders;
    const std::string look = dir.path() + "/look" + std::to_string(round);
    std::filesystem::copy(g_shadow, look);
    expect_whole_batches(*open_store(look + "/dn.db"), static_cast<std::size_t>(durable), static_cast<std::size_t>(durable));
  }
}

}  // namespace
}  // namespace dn
