// Who may write a task.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>

#include "store/lock_state.h"
#include "store/task_lock.h"
#include "support.h"

namespace dn {
namespace {

using ::testing::HasSubstr;

class TaskLockTest : public ::testing::Test {
 protected:
  TempDir dir;
  std::string locks = dir.file("state");

  Expected<TaskLock, TaskLock::Error> acquire(std::string_view task = "btc") { return TaskLock::acquire(locks, task); }
};

TEST_F(TaskLockTest, TheFirstGetsItAndTheSecondHearsWhoHasIt) {
  const auto first = acquire();
  ASSERT_TRUE(first) << first.error().message;
  const auto second = acquire();
  ASSERT_FALSE(second) << "also within one process";
  EXPECT_TRUE(second.error().held);
  EXPECT_EQ(second.error().holder_pid, ::getpid());
  EXPECT_THAT(second.error().message, HasSubstr("btc is held by process " + std::to_string(::getpid()) + ", since 2"));
  EXPECT_TRUE(acquire("eth")) << "another task is another lock";
}

TEST_F(TaskLockTest, AReaderSeesWhetherItIsHeldAndTakesNoPart) {
  EXPECT_FALSE(is_task_held(locks, "btc")) << "nobody ever had it";
  {
    const auto mine = acquire();
    ASSERT_TRUE(mine);
    EXPECT_TRUE(is_task_held(locks, "btc"));
    EXPECT_FALSE(is_task_held(locks, "eth"));
  }
  EXPECT_FALSE(is_task_held(locks, "btc")) << "the file is still there";
}

TEST_F(TaskLockTest, AnotherProcessHearsWhoHasIt) {
  const auto mine = acquire();
  ASSERT_TRUE(mine);
  Child other([&] {
    const auto theirs = acquire();
    return theirs ? std::string("got it") : std::to_string(theirs.error().holder_pid) + (theirs.error().held ? " held" : " failed");
  });
  EXPECT_EQ(other.all(), std::to_string(::getpid()) + " held");
}

TEST_F(TaskLockTest, AKilledHolderFreesItAtOnce) {
  Child holder([&](int out) {
    const auto lock = acquire();
    if (lock && ::write(out, "x", 1) == 1) ::pause();
  });
  ASSERT_TRUE(holder.wait_byte());
  const pid_t pid = holder.pid();
  const auto refused = acquire();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().holder_pid, pid);
  holder.kill();
  const auto mine = acquire();
  ASSERT_TRUE(mine) << mine.error().message;
  EXPECT_EQ(acquire().error().holder_pid, ::getpid()) << "the dead one's number is gone";
}

TEST_F(TaskLockTest, ItIsFreeWhenTheOwnerIsDoneWithIt) {
  { ASSERT_TRUE(acquire()); }
  auto lock = acquire();
  ASSERT_TRUE(lock);
  TaskLock moved = std::move(*lock);
  EXPECT_FALSE(acquire()) << "moved, not freed";
  {
    auto other = acquire("eth");
    ASSERT_TRUE(other);
    *other = std::move(moved);
    EXPECT_FALSE(acquire());
  }
  EXPECT_TRUE(acquire());
}

// The end of a forked child (an alert command that could not be started) must not free what its parent holds.
TEST_F(TaskLockTest, AForkedChildThatEndsTakesNothingAway) {
  auto lock = std::make_unique<Expected<TaskLock, TaskLock::Error>>(acquire());
  ASSERT_TRUE(*lock);
  Child child([&] {
    lock.reset();
    return std::string("ended");
  });
  EXPECT_EQ(child.all(), "ended");
  EXPECT_FALSE(acquire());
}

TEST_F(TaskLockTest, NoProgramThatIsStartedInheritsIt) {
  const auto lock = acquire();
  ASSERT_TRUE(lock);
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    if (std::filesystem::read_symlink(entry.path(), error).string().ends_with("btc.lock")) {
      EXPECT_NE(::fcntl(std::stoi(entry.path().filename().string()), F_GETFD) & FD_CLOEXEC, 0);
      return;
    }
  }
  FAIL() << "the lock has no descriptor";
}

TEST_F(TaskLockTest, FileAndDirectoryAreTheOwnersOnly) {
  const mode_t before = ::umask(0);
  const auto lock = acquire();
  ::umask(before);
  ASSERT_TRUE(lock);
  struct stat st {};
  ASSERT_EQ(::stat((locks + "/btc.lock").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777U, 0600U);
  ASSERT_EQ(::stat(locks.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777U, 0700U);
}

TEST_F(TaskLockTest, ASymbolicLinkIsNotFollowed) {
  std::filesystem::create_directory(locks);
  std::ofstream(dir.file("precious")) << "do not touch";
  std::filesystem::create_symlink(dir.file("precious"), locks + "/btc.lock");
  const auto lock = acquire();
  ASSERT_FALSE(lock);
  EXPECT_FALSE(lock.error().held);
  EXPECT_THAT(lock.error().message, HasSubstr("symbolic link"));
  std::string text;
  std::getline(std::ifstream(dir.file("precious")), text);
  EXPECT_EQ(text, "do not touch");
}

TEST_F(TaskLockTest, APipeInItsPlaceIsRefusedWithoutWaiting) {
  std::filesystem::create_directory(locks);
  ASSERT_EQ(::mkfifo((locks + "/btc.lock").c_str(), 0600), 0);
  const auto lock = acquire();
  ASSERT_FALSE(lock);
  EXPECT_FALSE(lock.error().held);
}

TEST_F(TaskLockTest, ANameThatIsAPathIsRefused) {
  for (const std::string_view name : {"", "../btc", "a/b", "..", ".hidden"}) {
    const auto lock = acquire(name);
    ASSERT_FALSE(lock) << name;
    EXPECT_FALSE(lock.error().held);
  }
  EXPECT_FALSE(std::filesystem::exists(dir.file("btc.lock")));
}

TEST_F(TaskLockTest, WhateverTheFileHoldsTheLockDecides) {
  std::filesystem::create_directory(locks);
  std::ofstream(locks + "/btc.lock") << "4711 2020-01-01T00:00:00.000000Z\n";
  EXPECT_TRUE(acquire()) << "a number in a file holds nothing";
  std::ofstream(locks + "/eth.lock").close();
  const auto lock = acquire("eth");
  ASSERT_TRUE(lock);
  std::ofstream(locks + "/eth.lock") << "\x1b[31mnot a number";
  const auto refused = acquire("eth");
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().held);
  EXPECT_EQ(refused.error().holder_pid, 0);
  EXPECT_THAT(refused.error().message, HasSubstr("another process"));
}

TEST_F(TaskLockTest, TheFilesTimeSaysWhenItsHolderWasLastSeenAlive) {
  EXPECT_EQ(silent_for(locks, "btc").us, 0) << "there is none";
  const auto lock = acquire();
  ASSERT_TRUE(lock);
  EXPECT_LT(silent_for(locks, "btc"), Dur::seconds(30));
  std::filesystem::last_write_time(locks + "/btc.lock", std::filesystem::file_time_type::clock::now() - std::chrono::minutes(1));
  EXPECT_GE(silent_for(locks, "btc"), Dur::seconds(60));
}

}  // namespace
}  // namespace dn
