#include "live/budget_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

namespace dn::live {
namespace {

using testing::HasSubstr;

const Time kNow{1'700'000'000'000'000};
const std::vector<wire::RateRule> kRules{{10, Dur::seconds(1)}, {5, Dur::millis(833)}};

class BudgetFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = testing::TempDir() + "dn-budget-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    path_ = folder_ + "/venue.budget";
  }
  void TearDown() override {
    ::chmod(folder_.c_str(), 0700);
    std::filesystem::remove_all(folder_);
  }
  BudgetFile open(const std::vector<wire::RateRule>& rules = kRules) const {
    auto file = BudgetFile::open(path_, rules);
    EXPECT_TRUE(file) << (file ? "" : file.error());
    return std::move(file).value();
  }
  std::string refusal() const {
    const auto file = BudgetFile::open(path_, kRules);
    EXPECT_FALSE(file);
    return file ? "" : file.error();
  }
  void write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  std::string read() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string folder_;
  std::string path_;
};

wire::RateBucket bucket(BudgetFile& file, std::size_t i = 0) { return wire::RateBucket(kRules.at(i), file.state(i)); }
bool is_full(BudgetFile& file, std::size_t i = 0) { return bucket(file, i).ready(kRules.at(i).capacity, 0, kNow) == kNow; }

TEST_F(BudgetFileTest, BeginsFullAndForItsOwnerOnly) {
  BudgetFile file = open();
  EXPECT_TRUE(is_full(file, 0));
  EXPECT_TRUE(is_full(file, 1));
  struct stat st {};
  ASSERT_EQ(::stat(path_.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0600U);
  EXPECT_GT(st.st_blocks, 0) << "a full disk is met when it is opened, not when a token is taken";
}

TEST_F(BudgetFileTest, WhatOneTakesAnotherSees) {
  BudgetFile a = open();
  BudgetFile b = open();
  bucket(a).take(10, kNow);
  EXPECT_EQ(bucket(b).ready(1, 0, kNow), kNow + Dur::millis(100));
  EXPECT_TRUE(is_full(b, 1)) << "each bucket for itself";
  bucket(b, 1).close_until(kNow + Dur::seconds(4));
  EXPECT_EQ(bucket(a, 1).ready(1, 0, kNow), kNow + Dur::seconds(4));
}

TEST_F(BudgetFileTest, IsNotForgotten) {
  {
    BudgetFile file = open();
    bucket(file).take(10, kNow);
  }
  BudgetFile again = open();
  EXPECT_EQ(bucket(again).ready(1, 0, kNow), kNow + Dur::millis(100));
}

TEST_F(BudgetFileTest, AFileForOtherRulesIsMadeAnew) {
  {
    BudgetFile file = open();
    bucket(file).take(10, kNow);
    bucket(file).close_until(kNow + Dur::seconds(9));
  }
  for (const std::vector<wire::RateRule>& other : {std::vector<wire::RateRule>{{200, Dur::seconds(1)}, {5, Dur::millis(833)}},
                                                   {{10, Dur::seconds(2)}, {5, Dur::millis(833)}},
                                                   {{10, Dur::seconds(1)}},
                                                   {{10, Dur::seconds(1)}, {5, Dur::millis(833)}, {1, Dur::seconds(1)}}}) {
    BudgetFile file = open(other);
    EXPECT_EQ(file.state(0).full_at_ns, 0);
    EXPECT_EQ(file.state(0).closed_until_us, 0);
    file.state(0).full_at_ns = 7;
    EXPECT_EQ(open(other).state(0).full_at_ns, 7);
  }
}

TEST_F(BudgetFileTest, ADamagedFileIsMadeAnew) {
  {
    BudgetFile file = open();
    bucket(file).take(10, kNow);
  }
  const std::string whole = read();
  std::string other_version = whole;
  ++other_version[8];
  for (const std::string& text : {std::string(), std::string("x"), whole.substr(0, 64), whole.substr(0, 100), other_version, std::string(whole.size(), '\xff'),
                                  std::string(100'000, 'x')}) {
    write(text);
    BudgetFile file = open();
    EXPECT_TRUE(is_full(file)) << text.size();
    EXPECT_EQ(read().size(), whole.size());
  }
  write(whole.substr(0, whole.size() - 20));
  BudgetFile file = open();
  EXPECT_EQ(bucket(file).ready(1, 0, kNow), kNow + Dur::millis(100)) << "only padding was lost";
}

TEST_F(BudgetFileTest, AFileThatIsMadeAnewHurtsNobodyWhoUsesIt) {
  BudgetFile old = open({{10, Dur::seconds(1)}, {5, Dur::millis(833)}, {1, Dur::seconds(1)}});
  BudgetFile fresh = open();
  old.state(2).full_at_ns = 7;  // behind the end of the file now
  bucket(fresh).take(1, kNow);
  EXPECT_FALSE(is_full(fresh));
}

TEST_F(BudgetFileTest, WhatIsNoFileIsLeftAlone) {
  const std::string elsewhere = folder_ + "/elsewhere";
  std::filesystem::create_symlink(elsewhere, path_);
  EXPECT_EQ(refusal(), path_ + " is a symbolic link");
  EXPECT_FALSE(std::filesystem::exists(elsewhere));
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_THAT(refusal(), HasSubstr("irectory"));
  std::filesystem::remove(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(refusal(), path_ + " is not a regular file");
}

TEST_F(BudgetFileTest, ADirectoryThatIsNotThereOrNotToBeWrittenIsAnError) {
  path_ = folder_ + "/none/venue.budget";
  EXPECT_THAT(refusal(), HasSubstr("No such file"));
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  path_ = folder_ + "/venue.budget";
  ::chmod(folder_.c_str(), 0500);
  EXPECT_THAT(refusal(), HasSubstr("Permission denied"));
}

TEST_F(BudgetFileTest, AStrangersLockEndsTheWait) {
  open();
  const int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(::flock(fd, LOCK_EX), 0);
  EXPECT_THAT(refusal(), HasSubstr("cannot lock"));
  ::close(fd);
  open();
}

// Children open the file all at once and take all they can; all are killed. Together they have no more than one bucket.
TEST_F(BudgetFileTest, ProcessesThatAreKilledLeaveATrueCount) {
  constexpr int kChildren = 6;
  const std::vector<wire::RateRule> rules{{1000, Dur::seconds(1)}, {1'000'000, Dur::seconds(1)}};
  std::vector<pid_t> children;
  for (int i = 0; i < kChildren; ++i) {
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      auto file = BudgetFile::open(path_, rules);
      if (!file) ::_exit(1);
      wire::RateBucket scarce(rules[0], file->state(0));
      wire::RateBucket count(rules[1], file->state(1));
      for (;;) {
        if (scarce.take_if_ready(1, 0, kNow)) count.take(1, kNow);
      }
    }
    children.push_back(pid);
  }
  BudgetFile file = open(rules);
  const std::int64_t empty = kNow.us * 1000 + 1'000'000'000;
  for (int i = 0; i < 2000 && file.state(0).full_at_ns != empty; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  for (const pid_t pid : children) {
    int status = 0;
    ASSERT_EQ(::kill(pid, SIGKILL), 0);
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFSIGNALED(status)) << "it had ended before: " << status;
  }
  EXPECT_EQ(file.state(0).full_at_ns, empty);
  // What each had in its hand when it was killed may not have been counted.
  const std::int64_t counted = (file.state(1).full_at_ns - kNow.us * 1000) / 1000;
  EXPECT_LE(counted, 1000);
  EXPECT_GE(counted, 1000 - kChildren);
}

}  // namespace
}  // namespace dn::live
