// Opening: what is made, what is refused and why, and disks and directories that do not play along.
#include <gmock/gmock.h>
#include <grp.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "store/files.h"
#include "store/schema.h"
#include "support.h"

namespace dn {
namespace {

using ::testing::HasSubstr;
using Mode = Store::Mode;

mode_t mode_of(const std::string& path) {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 ? st.st_mode & 07777U : 0;
}

// "ok", or the kind and the message of the error.
template <class T>
std::string told(const Expected<T, StoreError>& result) {
  return result ? "ok" : std::string(kind_name(result.error().kind)) + ": " + result.error().message;
}
std::string open_told(const std::string& path, Mode mode) { return told(Store::open(path, mode)); }

// Runs `body` as a user who owns nothing here; as ourselves when we are not root.
std::string as_other_user(const std::function<std::string()>& body) {
  return Child([&] {
           if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0)) return std::string("cannot become nobody");
           return body();
         })
      .all();
}

class OpenTest : public ::testing::Test {
 protected:
  TempDir dir;

  void fill() {
    const auto store = open_store(dir.db());
    TaskRecord task = must(store->add_task(a_task()));
    must(store->commit(task, {true, {an_order("t-1")}, {}, {}}));
  }
  void set_mode(const std::string& path, unsigned mode) { ASSERT_EQ(::chmod(path.c_str(), mode), 0); }
};

TEST_F(OpenTest, FilesAndDirectoriesAreMadeForTheirOwnerOnly) {
  const std::string path = dir.file("var/lib/dn/dn.db");
  const mode_t before = ::umask(0);
  const auto store = open_store(path);
  must(store->add_task(a_task()));
  ::umask(before);
  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_EQ(mode_of(path + "-wal"), 0600U);
  EXPECT_EQ(mode_of(path + "-shm"), 0600U);
  EXPECT_EQ(mode_of(dir.file("var/lib/dn")), 0700U);
  EXPECT_EQ(mode_of(dir.file("var")), 0700U);
}

TEST_F(OpenTest, TheFileSaysWhatItIs) {
  fill();
  RawDatabase raw(dir.db());
  EXPECT_EQ(raw.value("PRAGMA user_version"), std::to_string(Store::kSchemaVersion));
  EXPECT_EQ(raw.value("PRAGMA application_id"), std::to_string(kApplicationId));
  EXPECT_EQ(raw.value("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(raw.value("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'"), "0");
}

TEST_F(OpenTest, ANameThatLooksLikeAUriIsAFileName) {
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(dir.path());
  { must(open_store("file:a?mode=memory")->add_task(a_task())); }
  EXPECT_TRUE(std::filesystem::exists("file:a?mode=memory"));
  EXPECT_TRUE(must(open_store("file:a?mode=memory", Mode::ReadOnly)->find_task("btc")));
  std::filesystem::current_path(here);
}

TEST_F(OpenTest, AMissingFileIsNotFoundByAReaderAndNotMade) {
  EXPECT_THAT(open_told(dir.db(), Mode::ReadOnly), HasSubstr("NotFound: cannot open " + dir.db() + ": No such file"));
  EXPECT_FALSE(std::filesystem::exists(dir.db()));
  EXPECT_THAT(open_told("", Mode::ReadOnly), HasSubstr("NotFound"));
  EXPECT_THAT(open_told("", Mode::ReadWrite), HasSubstr("NotFound"));
}

TEST_F(OpenTest, AnEmptyFileHoldsNoTaskYet) {
  std::ofstream(dir.db()).close();
  EXPECT_THAT(open_told(dir.db(), Mode::ReadOnly), HasSubstr("NotFound: " + dir.db()));
  EXPECT_EQ(open_told(dir.db(), Mode::ReadWrite), "ok");
  EXPECT_EQ(open_told(dir.db(), Mode::ReadOnly), "ok");
}

// Killed while it was made: half of it stands in the file, and what undoes it in the journal.
TEST_F(OpenTest, AHalfMadeDatabaseHoldsNoTaskYet) {
  const std::string half = dir.file("half.db");
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(dir.db().c_str(), &raw), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(raw, "PRAGMA cache_size = 1; BEGIN; CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(100000))", nullptr, nullptr, nullptr),
            SQLITE_OK);
  std::filesystem::copy(dir.db(), half);
  std::filesystem::copy(dir.db() + "-journal", half + "-journal");
  sqlite3_close(raw);
  ASSERT_GT(std::filesystem::file_size(half), 0U);
  EXPECT_THAT(open_told(half, Mode::ReadOnly), HasSubstr("holds no task yet"));
  EXPECT_EQ(open_told(half, Mode::ReadWrite), "ok");
}

TEST_F(OpenTest, AFileThatIsDeletedOrReplacedMeanwhileIsWrittenToNoMore) {
  const auto store = open_store(dir.db());
  TaskRecord task = must(store->add_task(a_task()));
  std::filesystem::remove(dir.db());
  EXPECT_THAT(store->commit(task, {true, {an_order("t-1")}, {}, {}}).error().message, HasSubstr("deleted or replaced"));
  std::ofstream(dir.db()) << "another";
  EXPECT_THAT(store->commit(task, {true, {an_order("t-1")}, {}, {}}).error().message, HasSubstr("deleted or replaced"));
}

TEST_F(OpenTest, GarbageIsRefusedAndLeftAlone) {
  const std::string garbage(5000, 'g');
  std::ofstream(dir.db()) << garbage;
  for (const Mode mode : {Mode::ReadOnly, Mode::ReadWrite}) EXPECT_THAT(open_told(dir.db(), mode), HasSubstr("Damaged: " + dir.db()));
  std::string still;
  std::getline(std::ifstream(dir.db()), still);
  EXPECT_EQ(still, garbage);
  EXPECT_THAT(open_told(dir.path(), Mode::ReadOnly), HasSubstr("NotADatabase"));
  EXPECT_THAT(open_told(dir.path(), Mode::ReadWrite), HasSubstr("NotADatabase"));
}

TEST_F(OpenTest, ADamagedPageIsFoundWhenItIsRead) {
  fill();
  {
    RawDatabase raw(dir.db());
    raw.value("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  std::fstream file(dir.db(), std::ios::in | std::ios::out | std::ios::binary);
  for (int page = 1; page < 4; ++page) {
    file.seekp(page * 4096);
    file << std::string(4096, '\xff');
  }
  file.close();
  EXPECT_THAT(told(open_store(dir.db())->load_task("btc")), HasSubstr("Damaged: " + dir.db()));
}

TEST_F(OpenTest, AnotherProgramsDatabaseIsRefusedAndLeftAlone) {
  RawDatabase(dir.db()).run("CREATE TABLE bookmarks (url TEXT)");
  for (const Mode mode : {Mode::ReadOnly, Mode::ReadWrite}) EXPECT_THAT(open_told(dir.db(), mode), HasSubstr("NotADatabase: " + dir.db()));
  RawDatabase raw(dir.db());
  EXPECT_EQ(raw.value("SELECT group_concat(name) FROM sqlite_schema"), "bookmarks");
  EXPECT_EQ(raw.value("PRAGMA journal_mode"), "delete");
}

TEST_F(OpenTest, ANewerSchemaIsRefusedByNameAndNumbers) {
  fill();
  const std::string newer = std::to_string(Store::kSchemaVersion + 1);
  RawDatabase(dir.db()).run("PRAGMA user_version = " + newer);
  for (const Mode mode : {Mode::ReadOnly, Mode::ReadWrite}) {
    EXPECT_THAT(open_told(dir.db(), mode), HasSubstr("NewerSchema: " + dir.db() + " has schema version " + newer + ", this program knows versions up to " +
                                                     std::to_string(Store::kSchemaVersion)));
  }
  EXPECT_EQ(RawDatabase(dir.db()).value("PRAGMA user_version"), newer);
}

TEST_F(OpenTest, ASymbolicLinkIsRefusedForWriting) {
  fill();
  const std::string link = dir.file("link.db");
  std::filesystem::create_symlink(dir.db(), link);
  EXPECT_THAT(open_told(link, Mode::ReadWrite), HasSubstr("Other: " + link + " is a symbolic link"));
  EXPECT_EQ(open_told(link, Mode::ReadOnly), "ok");
  const std::string dangling = dir.file("dangling.db");
  std::filesystem::create_symlink(dir.file("nowhere"), dangling);
  EXPECT_THAT(open_told(dangling, Mode::ReadWrite), HasSubstr("symbolic link"));
  EXPECT_FALSE(std::filesystem::exists(dir.file("nowhere")));
}

TEST_F(OpenTest, ManyProcessesMayMakeTheSameDatabaseAtOnce) {
  std::vector<std::unique_ptr<Child>> children;
  for (int n = 0; n < 6; ++n) {
    children.push_back(std::make_unique<Child>([&, n] {
      const auto store = Store::open(dir.file("new/dn.db"), Mode::ReadWrite);
      return store ? told((*store)->add_task(a_task("task" + std::to_string(n)))) : told(store);
    }));
  }
  for (const auto& child : children) EXPECT_EQ(child->all(), "ok");
  EXPECT_EQ(must(open_store(dir.file("new/dn.db"))->tasks()).size(), 6U);
}

// The instant in which one process has made the database and another is just reading it.
TEST_F(OpenTest, AReaderInTheWayOfTheWriteAheadLogIsWaitedFor) {
  fill();
  RawDatabase(dir.db()).run("PRAGMA journal_mode = DELETE");
  RawDatabase reader(dir.db());
  reader.run("BEGIN; SELECT count(*) FROM tasks");
  const auto before = std::chrono::steady_clock::now();
  EXPECT_THAT(told(Store::open(dir.db(), Mode::ReadWrite, Dur::millis(60))), HasSubstr("Busy: " + dir.db()));
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(60)) << "it says that it waited";
  reader.run("COMMIT");
  EXPECT_EQ(open_told(dir.db(), Mode::ReadWrite), "ok");
}

// ---- a second connection in one process: POSIX locks belong to the process, and opening again must not drop them

TEST_F(OpenTest, OpeningAgainKeepsTheLocksOfTheFirst) {
  const auto first = open_store(dir.db());
  must(first->add_task(a_task()));
  RawDatabase writer(dir.db());
  writer.run("BEGIN IMMEDIATE");
  { const auto second = open_store(dir.db()); }
  Child other([&] { return told(must(Store::open(dir.db(), Mode::ReadWrite, Dur::millis(1)))->add_task(a_task("eth"))); });
  EXPECT_THAT(other.all(), HasSubstr("Busy"));
  writer.run("COMMIT");
}

// ---- busy

TEST_F(OpenTest, AWriterThatIsKeptOutTooLongIsBusy) {
  const auto store = must(Store::open(dir.db(), Mode::ReadWrite, Dur::millis(20)));
  const TaskRecord task = must(store->add_task(a_task()));
  RawDatabase other(dir.db());
  other.run("BEGIN IMMEDIATE");
  EXPECT_THAT(told(store->begin_run(task.id, Time{5})), HasSubstr("Busy: " + dir.db()));
  const auto committed = store->commit(task, {true, {}, {}, {}});
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().kind, JournalError::Kind::Busy);
  EXPECT_THAT(committed.error().message, HasSubstr("20ms"));
  EXPECT_TRUE(must(store->find_task("btc"))) << "reading goes on";
  other.run("COMMIT");
  EXPECT_EQ(must(store->begin_run(task.id, Time{5})).run_epoch, 1U);
}

// ---- readers

TEST_F(OpenTest, AReaderWorksWhileAWriterWrites) {
  const auto writer = open_store(dir.db());
  TaskRecord task = must(writer->add_task(a_task()));
  const auto reader = open_store(dir.db(), Mode::ReadOnly);
  for (int n = 1; n <= 20; ++n) {
    must(writer->commit(task, {true, {an_order("t-" + std::to_string(n))}, {}, {}}));
    ASSERT_EQ(must(reader->load_task("btc")).orders.size(), static_cast<std::size_t>(n));
  }
  RawDatabase other(dir.db());
  other.run("BEGIN IMMEDIATE; UPDATE tasks SET reason = 'not yet committed'");
  EXPECT_EQ(must(reader->load_task("btc")).task.reason, "");
  other.run("ROLLBACK");
}

TEST_F(OpenTest, AReaderOfADirectoryInWhichItMayNotWriteReadsTheFileAlone) {
  fill();
  ASSERT_FALSE(std::filesystem::exists(dir.db() + "-wal")) << "the last writer has cleaned up";
  set_mode(dir.db(), 0444);
  set_mode(dir.path(), 0555);
  EXPECT_EQ(as_other_user([&] { return told(must(Store::open(dir.db(), Mode::ReadOnly))->load_task("btc")); }), "ok");
  set_mode(dir.path(), 0755);
  EXPECT_FALSE(std::filesystem::exists(dir.db() + "-wal"));
}

TEST_F(OpenTest, SuchAReaderLooksAgainWhenTheFileChanges) {
  fill();
  set_mode(dir.db(), 0644);
  set_mode(dir.path(), 0555);
  int go[2];
  ASSERT_EQ(::pipe(go), 0);
  Child reader([&](int out) {
    const std::string said = as_other_user([&] {
      const auto store = must(Store::open(dir.db(), Mode::ReadOnly));
      std::string seen = std::to_string(must(store->load_task("btc")).orders.size());
      char c = 'x';
      if (::write(out, &c, 1) != 1 || ::read(go[0], &c, 1) != 1) return std::string("no word");
      return seen + " then " + std::to_string(must(store->load_task("btc")).orders.size());
    });
    (void)!::write(out, said.data(), said.size());
  });
  ASSERT_TRUE(reader.wait_byte());
  set_mode(dir.path(), 0755);
  {
    const auto writer = open_store(dir.db());
    const TaskRecord task = *must(writer->find_task("btc"));
    must(writer->commit(task, {false, {an_order("t-2"), an_order("t-3")}, {}, {}}));
  }
  set_mode(dir.path(), 0555);
  ASSERT_EQ(::write(go[1], "x", 1), 1);
  EXPECT_EQ(reader.all(), "1 then 3");
  ::close(go[0]);
  ::close(go[1]);
}

// A log that the reader cannot use holds the newest commits: better no answer than an old one.
TEST_F(OpenTest, SuchAReaderRefusesAFileWhoseLogItCannotUse) {
  fill();
  set_mode(dir.db(), 0444);
  std::ofstream(dir.db() + "-wal") << std::string(4096, 'w');
  set_mode(dir.db() + "-wal", 0);
  set_mode(dir.path(), 0555);
  EXPECT_THAT(as_other_user([&] { return open_told(dir.db(), Mode::ReadOnly); }), HasSubstr("ReadOnly: " + dir.db()));
}

TEST_F(OpenTest, WithoutPermissionTheErrorSaysSo) {
  fill();
  set_mode(dir.path(), 0755);
  set_mode(dir.db(), 0);
  EXPECT_THAT(as_other_user([&] { return open_told(dir.db(), Mode::ReadOnly); }), HasSubstr("ReadOnly: " + dir.db()));
  set_mode(dir.db(), 0444);
  set_mode(dir.path(), 0555);
  EXPECT_THAT(as_other_user([&] { return open_told(dir.db(), Mode::ReadWrite); }), HasSubstr("ReadOnly: " + dir.db()));
  set_mode(dir.db(), 0666);  // the file may be written, but no log beside it
  EXPECT_THAT(as_other_user([&] { return open_told(dir.db(), Mode::ReadWrite); }), HasSubstr("ReadOnly: " + dir.db()));
  EXPECT_THAT(as_other_user([&] { return open_told(dir.file("new.db"), Mode::ReadWrite); }), HasSubstr("ReadOnly: cannot make the file " + dir.file("new.db")));
  EXPECT_THAT(as_other_user([&] { return open_told(dir.file("new/dn.db"), Mode::ReadWrite); }), HasSubstr("ReadOnly: cannot make the directory"));
}

// ---- a full disk: SQLite's own write call, replaced by one that finds no room

bool g_disk_full = false;
ssize_t write_or_full(int fd, const void* data, size_t size, off_t at) {
  if (g_disk_full) {
    errno = ENOSPC;
    return -1;
  }
  return ::pwrite(fd, data, size, at);
}

class FullDisk : public OpenTest {
 protected:
  FullDisk() {
    sqlite3_initialize();
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    for (const char* call : {"pwrite", "pwrite64"}) {
      vfs->xSetSystemCall(vfs, call, reinterpret_cast<sqlite3_syscall_ptr>(reinterpret_cast<void*>(write_or_full)));
    }
  }
  ~FullDisk() override {
    g_disk_full = false;
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    vfs->xSetSystemCall(vfs, nullptr, nullptr);
  }
};

TEST_F(FullDisk, FailsTheBatchAsAWholeAndGoesOnWhenThereIsRoomAgain) {
  const auto store = open_store(dir.db());
  TaskRecord task = must(store->add_task(a_task()));
  task = must(store->begin_run(task.id, Time{5}));
  must(store->commit(task, {true, {an_order("t-1")}, {}, {}}));
  g_disk_full = true;
  task.leg.buy.filled = Qty(dec("0.1"));
  const JournalBatch batch{true, {an_order("t-2")}, {a_fill("1", "t-1")}, {}};
  const auto refused = store->commit(task, batch);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, JournalError::Kind::DiskFull);
  EXPECT_THAT(refused.error().message, HasSubstr(dir.db()));
  EXPECT_THAT(told(store->begin_run(task.id, Time{6})), HasSubstr("DiskFull"));
  EXPECT_THAT(told(store->ask("btc", ControlRequest::Verb::Pause, "", Time{6})), HasSubstr("DiskFull"));
  const StoredTask books = must(store->load_task("btc"));
  EXPECT_EQ(books.orders.size(), 1U);
  EXPECT_EQ(books.task.leg.buy.filled.str(), "0");
  EXPECT_EQ(books.task.run_epoch, 1U);
  g_disk_full = false;
  must(store->commit(task, batch));
  EXPECT_EQ(must(store->load_task("btc")).orders.size(), 2U);
  EXPECT_EQ(must(store->load_task("btc")).task.leg.buy.filled.str(), "0.1");
}

TEST_F(FullDisk, IsWhatANewDatabaseSays) {
  g_disk_full = true;
  EXPECT_THAT(open_told(dir.db(), Mode::ReadWrite), HasSubstr("DiskFull: " + dir.db()));
  g_disk_full = false;
  EXPECT_EQ(open_told(dir.db(), Mode::ReadWrite), "ok") << "nothing half made stands in the way";
}

// A quota of SQLite's own is met in the middle of a transaction.
TEST_F(FullDisk, InTheMiddleOfATransactionIsTheSame) {
  Connection c = must(Connection::open(":memory:", Connection::Access::ReadWrite, Dur{}));
  must(c.run("PRAGMA max_page_count = 3; CREATE TABLE t (x)"));
  const auto full = c.run("INSERT INTO t VALUES (zeroblob(100000))");
  EXPECT_THAT(told(full), HasSubstr("DiskFull"));
}

TEST(ParentDirectory, IsWhatStandsBeforeTheLastName) {
  EXPECT_EQ(parent_directory("a/b/c"), "a/b");
  EXPECT_EQ(parent_directory("a//b//"), "a");
  EXPECT_EQ(parent_directory("c"), ".");
  EXPECT_EQ(parent_directory("/c"), "/");
  EXPECT_EQ(parent_directory("/"), "/");
  EXPECT_EQ(parent_directory(""), ".");
}

}  // namespace
}  // namespace dn
