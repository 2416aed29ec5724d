// A copy of the database while others work on it.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "support.h"

namespace dn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Backup : public testing::Test {
 protected:
  Backup() {
    task = must(store->add_task(a_task()));
    for (const char* id : {"t-1", "t-2"}) {
      JournalBatch batch;
      batch.orders = {an_order(id)};
      batch.fills = {a_fill(std::string("trade of ") + id, id)};
      batch.events = {an_intent(batch.orders[0])};
      must(store->commit(task, batch));
    }
  }

  std::vector<std::string> files() const {
    std::vector<std::string> out;
    for (const auto& f : std::filesystem::directory_iterator(dir.path())) {
      if (!f.path().filename().string().starts_with("dn.db")) out.push_back(f.path().filename().string());
    }
    return out;
  }

  TempDir dir;
  std::string to = dir.file("copy.db");
  std::unique_ptr<Store> store = open_store(dir.db());
  TaskRecord task;
  std::function<bool()> never = [] { return false; };
};

TEST_F(Backup, HoldsEveryRowInOneFileForItsOwnerAlone) {
  const BackupCounts told = must(open_store(dir.db(), Store::Mode::ReadOnly)->backup(to, never));
  EXPECT_EQ(told.rounds, 1);
  EXPECT_EQ(told.orders, 2);
  EXPECT_EQ(told.fills, 2);
  EXPECT_EQ(told.events, 2);
  struct stat st {};
  ASSERT_EQ(::stat(to.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0600U);
  EXPECT_EQ(told.bytes, st.st_size);
  EXPECT_THAT(files(), ElementsAre("copy.db"));

  const auto copy = open_store(to, Store::Mode::ReadOnly);
  EXPECT_EQ(must(copy->load_task("btc")).fills.size(), 2U);
  EXPECT_THAT(must(copy->damage(Store::Depth::Whole)), IsEmpty());
  EXPECT_THAT(RawDatabase(to).column("PRAGMA journal_mode"), ElementsAre("delete"));
}

TEST_F(Backup, IsOfOneMomentAndWaitsForNoWriter) {
  RawDatabase writer(dir.db());
  writer.run("BEGIN IMMEDIATE");
  writer.run("DELETE FROM fills");
  const BackupCounts told = must(open_store(dir.db(), Store::Mode::ReadOnly)->backup(to, never));
  EXPECT_EQ(told.fills, 2) << "what is not committed has not happened";
  writer.run("COMMIT");
  EXPECT_THAT(RawDatabase(to).column("SELECT count(*) FROM fills"), ElementsAre("2"));
}

TEST_F(Backup, AWriterGoesOnWhileItIsMade) {
  std::string big(4'000'000, 'x');  // many pages: the copy is made in several goes
  RawDatabase writer(dir.db());
  writer.run("CREATE TABLE extra (text TEXT)");
  writer.run("INSERT INTO extra VALUES ('" + big + "'), ('" + big + "')");
  int looks = 0;
  const BackupCounts told = must(open_store(dir.db(), Store::Mode::ReadOnly)->backup(to, [&] {
    ++looks;
    JournalBatch batch;
    batch.orders = {an_order("t-late-" + std::to_string(looks))};
    must(store->commit(task, batch));
    return false;
  }));
  EXPECT_GT(looks, 0);
  EXPECT_EQ(told.orders, 2) << "they came after its moment";
  EXPECT_EQ(RawDatabase(to).column("SELECT count(*) FROM orders"), std::vector<std::string>{"2"});
}

TEST_F(Backup, OverwritesNothing) {
  std::ofstream(to) << "something dear";
  std::filesystem::create_symlink(dir.db(), dir.file("link"));
  for (const std::string& name : {to, dir.file("link"), dir.db()}) {
    const auto refused = store->backup(name, never);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().kind, StoreError::Kind::Exists);
    EXPECT_THAT(refused.error().message, HasSubstr("is there already"));
  }
  EXPECT_EQ(std::filesystem::file_size(to), 14U);
  EXPECT_THAT(files(), UnorderedElementsAre("copy.db", "link"));
}

TEST_F(Backup, LeavesNothingWhenItIsStopped) {
  RawDatabase(dir.db()).run("CREATE TABLE extra (text TEXT); INSERT INTO extra VALUES ('" + std::string(8'000'000, 'x') + "')");
  const auto stopped = store->backup(to, [] { return true; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, StoreError::Kind::Stopped);
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(Backup, OfADamagedDatabaseIsNoBackup) {
  RawDatabase(dir.db()).run("PRAGMA wal_checkpoint(TRUNCATE)");
  const std::string root = RawDatabase(dir.db()).column("SELECT rootpage FROM sqlite_schema WHERE name = 'orders_unclosed'")[0];
  store.reset();
  std::fstream file(dir.db(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp((std::stol(root) - 1) * 4096 + 3);
  file << std::string(5, '\xff');
  file.close();
  const auto refused = open_store(dir.db(), Store::Mode::ReadOnly)->backup(to, never);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, StoreError::Kind::Damaged) << refused.error().message;
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(Backup, IsADatabaseLikeAnyOther) {
  must(store->backup(to, never));
  const auto copy = open_store(to);
  JournalBatch batch;
  batch.orders = {an_order("t-3")};
  must(copy->commit(task, batch));
  EXPECT_EQ(must(copy->orders(task.id, {})).size(), 3U);
  EXPECT_EQ(must(store->orders(task.id, {})).size(), 2U);
}

}  // namespace
}  // namespace dn
