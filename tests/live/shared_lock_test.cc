// Who is the last of those that hold a file together.
#include "live/shared_lock.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

namespace dn::live {
namespace {

class SharedLockTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = testing::TempDir() + "dn-shared-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    path_ = folder_ + "/x.deadman";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  std::string path_;
};

TEST_F(SharedLockTest, TheLastOneIsAlone) {
  SharedLock a(path_);
  SharedLock b(path_);
  EXPECT_TRUE(a.share());
  EXPECT_TRUE(b.share());
  EXPECT_FALSE(a.be_alone()) << "b is there";
  EXPECT_TRUE(b.be_alone()) << "a has let go by asking";
}

TEST_F(SharedLockTest, WhoeverComesWaitsForOneThatIsAlone) {
  SharedLock a(path_);
  SharedLock b(path_);
  EXPECT_TRUE(a.share());
  EXPECT_TRUE(a.be_alone());
  EXPECT_FALSE(b.share());
  a.release();
  EXPECT_TRUE(b.share());
}

TEST_F(SharedLockTest, OneThatDiesLetsGo) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    SharedLock held(path_);
    const char said = held.share() ? 'y' : 'n';
    (void)!::write(ready[1], &said, 1);
    for (;;) ::pause();
  }
  char said = 0;
  ASSERT_EQ(::read(ready[0], &said, 1), 1);
  EXPECT_EQ(said, 'y');
  SharedLock mine(path_);
  EXPECT_TRUE(mine.share());
  EXPECT_FALSE(mine.be_alone());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(mine.share());
  EXPECT_TRUE(mine.be_alone());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(SharedLockTest, IsForItsOwnerOnly) {
  SharedLock a(path_);
  EXPECT_TRUE(a.share());
  struct stat st {};
  ASSERT_EQ(::stat(path_.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0600U);
}

TEST_F(SharedLockTest, WithoutAFileThereAreNoOthers) {
  for (const std::string& path : {std::string(), folder_ + "/none/x.deadman", folder_}) {
    SharedLock a(path);
    EXPECT_TRUE(a.share()) << path;
    EXPECT_TRUE(a.be_alone()) << path;
  }
}

}  // namespace
}  // namespace dn::live
