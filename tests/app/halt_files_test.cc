// The kill switch as it is looked for before each order: whatever happened in its directory, a file that is there stops the order.
#include "app/halt_files.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "temp_dir.h"

namespace dn::app {
namespace {

TaskSpec a_spec() {
  TaskSpec spec;
  spec.leg.buy.exchange = Venue::MexcSpot;
  spec.leg.sell.exchange = Venue::GateioSpot;
  return spec;
}

void touch(const std::string& path) { std::ofstream(path) << ""; }

class HaltGuardTest : public ::testing::Test {
 protected:
  TempDir dir;
  std::string halt = dir / "HALT";
  HaltGuard guard{{halt}, a_spec()};

  // So long that a look of before counts: the directory's last change is past.
  void look_until_settled() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(120);
    while (std::chrono::steady_clock::now() < end) ASSERT_FALSE(guard.is_pulled());
  }
};

TEST_F(HaltGuardTest, AFileThatIsThereIsSeenByTheNextLook) {
  look_until_settled();
  touch(halt);
  EXPECT_TRUE(guard.is_pulled());
  EXPECT_TRUE(guard.is_pulled());
  std::filesystem::remove(halt);
  EXPECT_FALSE(guard.is_pulled());
}

TEST_F(HaltGuardTest, OneOfAVenueOfTheTaskHaltsAndOfAnotherDoesNot) {
  look_until_settled();
  touch(halt_file_of(halt, Venue::GateioFutures));
  EXPECT_FALSE(guard.is_pulled());
  touch(halt_file_of(halt, Venue::MexcSpot));
  EXPECT_TRUE(guard.is_pulled());
}

// Many changes within one tick of the file system's clock: each is seen.
TEST_F(HaltGuardTest, ChangesInQuickSuccessionAreSeenOneByOne) {
  for (int i = 0; i < 2'000; ++i) {
    touch(dir / ("other" + std::to_string(i % 7)));
    ASSERT_FALSE(guard.is_pulled()) << i;
    touch(halt);
    ASSERT_TRUE(guard.is_pulled()) << i;
    std::filesystem::remove(halt);
    ASSERT_FALSE(guard.is_pulled()) << i;
  }
}

TEST_F(HaltGuardTest, ALinkThatLeadsNowhereHaltsToo) {
  look_until_settled();
  std::filesystem::create_symlink("/nowhere", halt);
  EXPECT_TRUE(guard.is_pulled());
}

TEST_F(HaltGuardTest, AnotherDirectoryInItsPlaceIsNoticedSoon) {
  look_until_settled();
  const std::string inner = dir / "state";
  std::filesystem::create_directory(inner);
  HaltGuard of_inner({inner + "/HALT"}, a_spec());
  EXPECT_FALSE(of_inner.is_pulled());
  std::filesystem::rename(inner, dir / "moved");
  std::filesystem::create_directory(inner);
  touch(inner + "/HALT");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!of_inner.is_pulled()) ASSERT_LT(std::chrono::steady_clock::now(), end);
}

TEST_F(HaltGuardTest, ADirectoryThatIsNotThereYetIsLookedForByName) {
  const std::string later = dir / "later";
  HaltGuard of_later({later + "/HALT"}, a_spec());
  EXPECT_FALSE(of_later.is_pulled());
  std::filesystem::create_directory(later);
  touch(later + "/HALT");
  EXPECT_TRUE(of_later.is_pulled());
}

}  // namespace
}  // namespace dn::app
