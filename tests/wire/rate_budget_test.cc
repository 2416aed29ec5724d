#include "wire/rate_budget.h"

#include <gtest/gtest.h>

namespace dn::wire {
namespace {

const Time kStart{1'700'000'000'000'000};

TEST(RateBucket, LetsABurstThroughAndThenAnEvenFlow) {
  RateBucket b({10, Dur::seconds(1)});
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(b.ready(1, 0, kStart), kStart) << i;
    b.take(1, kStart);
  }
  EXPECT_EQ(b.ready(1, 0, kStart), kStart + Dur::millis(100));
  EXPECT_EQ(b.ready(5, 0, kStart), kStart + Dur::millis(500));
}

TEST(RateBucket, NeverMoreThanItsCapacityInAnyWindow) {
  RateBucket b({12, Dur::seconds(1)});
  Time now = kStart;
  std::int64_t taken = 0;
  while (now < kStart + Dur::seconds(10)) {
    now = b.ready(1, 0, now);
    b.take(1, now);
    ++taken;
  }
  EXPECT_LE(taken, 12 * 10 + 12 + 1);
  EXPECT_GE(taken, 12 * 10);
}

TEST(RateBucket, TheReserveIsForThoseWhoMayUseIt) {
  RateBucket b({10, Dur::seconds(1)});
  b.take(8, kStart);
  EXPECT_EQ(b.ready(1, 0, kStart), kStart) << "a cancel goes";
  EXPECT_EQ(b.ready(1, 2, kStart), kStart + Dur::millis(100)) << "a new quote waits";
}

TEST(RateBucket, WhoeverComesBehindOthersWaitsForTheirTokensToo) {
  RateBucket bucket({5, Dur::millis(500)});
  EXPECT_EQ(bucket.ready_behind(2, 2, kStart), kStart) << "three may leave at once, with two kept back";
  EXPECT_EQ(bucket.ready_behind(3, 2, kStart), kStart + Dur::millis(100));
  EXPECT_EQ(bucket.ready_behind(12, 2, kStart), kStart + Dur::millis(1000)) << "more than the bucket ever holds";
  bucket.take(5, kStart);
  EXPECT_EQ(bucket.ready_behind(0, 2, kStart), kStart + Dur::millis(300));
  EXPECT_EQ(bucket.ready_behind(12, 2, kStart), kStart + Dur::millis(1500));
}

TEST(RateBucket, ARequestHeavierThanTheBucketNeedsAFullOne) {
  RateBucket b({10, Dur::seconds(1)});
  EXPECT_EQ(b.ready(25, 0, kStart), kStart);
  b.take(25, kStart);
  EXPECT_EQ(b.ready(1, 0, kStart), kStart + Dur::millis(1600)) << "and is paid for afterwards";
}

TEST(RateBucket, WhatTheVenueSaysCountsMore) {
  RateBucket b({10, Dur::seconds(1)});
  b.close_until(kStart + Dur::seconds(7));
  b.close_until(kStart + Dur::seconds(3));
  EXPECT_EQ(b.ready(1, 0, kStart), kStart + Dur::seconds(7));
}

TEST(RateBucket, ALongRestFillsItOnce) {
  RateBucket b({3, Dur::seconds(10)});
  b.take(3, kStart);
  const Time later = kStart + Dur::hours(100);
  EXPECT_EQ(b.ready(3, 0, later), later);
  b.take(3, later);
  EXPECT_GT(b.ready(1, 0, later), later);
}

}  // namespace
}  // namespace dn::wire
