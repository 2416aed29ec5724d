// Turns of calls that wait for budget: in the order of asking, each at a time of its own.
#include "live/turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "wire/rate_budget.h"

namespace dn::live {
namespace {

constexpr Dur kApart = Dur::millis(100);
const Time kNow{1'000'000'000};
const std::optional<Turn> kNone;

TEST(Turns, EachIsToldATimeOfItsOwn) {
  Turns turns;
  EXPECT_EQ(turns.enter(kNone, kNow + Dur::millis(70), kApart, kNow).wait, Dur::millis(70));
  EXPECT_EQ(turns.enter(kNone, kNow + Dur::millis(70), kApart, kNow).wait, Dur::millis(170));
  EXPECT_EQ(turns.enter(kNone, kNow + Dur::millis(70), kApart, kNow).wait, Dur::millis(270));
}

TEST(Turns, AllOthersGoBeforeOneThatIsNew) {
  Turns turns;
  const std::optional<Turn> first = turns.enter(kNone, kNow, kApart, kNow);
  const std::optional<Turn> second = turns.enter(kNone, kNow, kApart, kNow);
  EXPECT_EQ(turns.leave(kNone, kNow), 2);
  EXPECT_EQ(turns.leave(second, kNow), 1) << "whoever has a turn waits for those before it";
  EXPECT_EQ(turns.leave(first, kNow), 0);
  EXPECT_EQ(turns.leave(kNone, kNow), 0);
}

TEST(Turns, OneThatComesInVainIsNotPutBehindAllOthers) {
  Turns turns;
  std::optional<Turn> mine = turns.enter(kNone, kNow + kApart, kApart, kNow);
  for (int i = 0; i < 9; ++i) turns.enter(kNone, kNow, kApart, kNow);
  const Time then = mine->at;
  turns.leave(mine, then);
  mine = turns.enter(mine, then + kApart, kApart, then);
  EXPECT_EQ(mine->wait, Dur{kApart.us * 2}) << "twice what it waited before";
  EXPECT_EQ(turns.leave(mine, then), 1) << "of the nine";
}

TEST(Turns, NobodyWaitsLongerAndLonger) {
  Turns turns;
  std::optional<Turn> mine = turns.enter(kNone, kNow + kApart, kApart, kNow);
  for (int i = 0; i < 20; ++i) {
    const Time then = mine->at;
    turns.leave(mine, then);
    mine = turns.enter(mine, then + kApart, kApart, then);
  }
  EXPECT_EQ(mine->wait, Turns::kLongest);
}

TEST(Turns, WhoeverDoesNotComeBackHoldsNobodyUp) {
  Turns turns;
  const Time given = turns.enter(kNone, kNow, kApart, kNow).at;
  EXPECT_EQ(turns.leave(kNone, given + Turns::kLate), 1);
  EXPECT_EQ(turns.leave(kNone, given + Turns::kLate + Dur::micros(1)), 0);
}

// More tasks than the bucket holds tokens, each with an order to send all the time.
TEST(Turns, NobodyGetsMoreThanItsShareNorComesInVainAgainAndAgain) {
  constexpr int kTasks = 24;
  constexpr int kOrders = 1200;
  constexpr std::int64_t kReserve = 2;
  wire::RateBucket bucket({5, Dur::millis(833)});
  Turns turns;
  std::vector<std::optional<Turn>> mine(kTasks);
  std::vector<Time> wake(kTasks, kNow);
  std::vector<int> sent(kTasks, 0);
  int refused = 0;
  for (int n = 0; n < kOrders;) {
    const auto i = static_cast<std::size_t>(std::ranges::min_element(wake) - wake.begin());
    const Time now = wake[i];
    const Time ready = bucket.ready_behind(turns.leave(mine[i], now), kReserve, now);
    if (ready <= now) {
      ASSERT_TRUE(bucket.take_if_ready(1, kReserve, now));
      ++sent[i];
      ++n;
      mine[i].reset();
      wake[i] = now + Dur::millis(1);
    } else {
      ++refused;
      mine[i] = turns.enter(mine[i], ready, bucket.apart(), now);
      wake[i] = mine[i]->at;
    }
  }
  for (const int s : sent) EXPECT_NEAR(s, kOrders / kTasks, 2);
  EXPECT_LE(refused, kOrders + kTasks) << "nobody is refused twice for one order";
}

}  // namespace
}  // namespace dn::live
