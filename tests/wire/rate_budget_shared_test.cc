// Several buckets on one state: what they let through together, and what they make of a state that is no truth.
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <random>
#include <thread>
#include <vector>

#include "wire/rate_budget.h"

namespace dn::wire {
namespace {

const Time kStart{1'700'000'000'000'000};

// Everything that was taken, and whether any stretch of time saw more than a full bucket and what flows into it meanwhile.
class Record {
 public:
  explicit Record(RateRule rule) : rule_(rule) {}
  void add(Time at, std::int64_t weight) {
    sum_ += weight;
    taken_.push_back({at, weight, sum_});
    for (const Taken& first : taken_) {
      const std::int64_t flowed = (at - first.at).us * rule_.capacity / rule_.refill.us;
      // A request heavier than the bucket needs a full one, and is the last for long.
      const std::int64_t most = std::max(rule_.capacity, weight) + flowed;
      ASSERT_LE(sum_ - first.sum + first.weight, most) << taken_.size() << " takes, the last after " << (at - first.at).us << " us";
    }
    if (taken_.size() > 400) taken_.pop_front();
  }
  std::int64_t sum() const { return sum_; }

 private:
  struct Taken {
    Time at;
    std::int64_t weight;
    std::int64_t sum;  // up to here
  };
  RateRule rule_;
  std::deque<Taken> taken_;
  std::int64_t sum_ = 0;
};

TEST(SharedRateBucket, NoStretchOfTimeSeesMoreThanOneBucketAllows) {
  std::mt19937_64 random(20260101);
  const auto upto = [&](std::int64_t n) { return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n)); };
  for (int round = 0; round < 60; ++round) {
    const RateRule rule{1 + upto(200), Dur::millis(100 + upto(3000))};
    RateState state;
    std::array buckets{RateBucket(rule, state), RateBucket(rule, state), RateBucket(rule, state)};
    Record record(rule);
    Time now = kStart;
    for (int step = 0; step < 600; ++step) {
      RateBucket& b = buckets.at(static_cast<std::size_t>(upto(3)));
      const std::int64_t weight = upto(20) == 0 ? 1 + upto(rule.capacity + 20) : 1 + upto(4);
      const std::int64_t reserve = upto(2) * upto(rule.capacity);
      const Time at = b.ready(weight, reserve, now);
      if (at > now && upto(3) == 0) {  // another one does not wait so long
        EXPECT_FALSE(b.take_if_ready(weight, reserve, at - Dur::micros(1)));
        now = now + Dur{upto((at - now).us)};
        continue;
      }
      now = at + Dur{upto(2) * upto(rule.refill.us / 4)};
      ASSERT_TRUE(b.take_if_ready(weight, reserve, now)) << "it said ready";
      record.add(now, weight);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(SharedRateBucket, WhatOneTakesTheOthersMiss) {
  RateState state;
  RateBucket a({10, Dur::seconds(1)}, state);
  RateBucket b({10, Dur::seconds(1)}, state);
  a.take(10, kStart);
  EXPECT_EQ(b.ready(1, 0, kStart), kStart + Dur::millis(100));
  EXPECT_FALSE(b.take_if_ready(1, 0, kStart + Dur::millis(99)));
  EXPECT_TRUE(b.take_if_ready(1, 0, kStart + Dur::millis(100)));
  EXPECT_FALSE(a.take_if_ready(1, 0, kStart + Dur::millis(100)));
  a.close_until(kStart + Dur::seconds(9));
  EXPECT_EQ(b.ready(1, 0, kStart + Dur::seconds(5)), kStart + Dur::seconds(9));
  EXPECT_FALSE(b.take_if_ready(1, 0, kStart + Dur::seconds(5)));
  RateBucket c({10, Dur::seconds(1)}, state);
  EXPECT_EQ(c.ready(1, 0, kStart + Dur::seconds(5)), kStart + Dur::seconds(9)) << "one that comes later knows as well";
}

TEST(SharedRateBucket, AStateFromTheFutureCountsAsEmptyOnce) {
  for (const std::int64_t ahead_ns : {(kStart + Dur::seconds(12)).us * 1000, (kStart + Dur::hours(24)).us * 1000, INT64_MAX}) {
    RateState state;
    state.full_at_ns = ahead_ns;
    RateBucket b({10, Dur::seconds(1)}, state);
    EXPECT_EQ(b.ready(1, 0, kStart), kStart + Dur::millis(100));
    EXPECT_FALSE(b.take_if_ready(1, 0, kStart));
    EXPECT_EQ(b.ready(10, 0, kStart + Dur::millis(500)), kStart + Dur::seconds(1)) << "it fills meanwhile";
  }
  RateState past;
  past.full_at_ns = INT64_MIN;
  RateBucket b({10, Dur::seconds(1)}, past);
  EXPECT_EQ(b.ready(10, 0, kStart), kStart);
  b.take(10, kStart);
  EXPECT_GT(b.ready(1, 0, kStart), kStart);
}

TEST(SharedRateBucket, ATakeOnAStateFromTheFutureIsPaidFor) {
  RateState state;
  state.full_at_ns = INT64_MAX;
  RateBucket b({10, Dur::seconds(1)}, state);
  b.take(5, kStart);
  EXPECT_EQ(b.ready(1, 0, kStart), kStart + Dur::millis(600));
}

TEST(SharedRateBucket, DebtHasABound) {
  RateBucket b({10, Dur::seconds(1)});
  b.take(1'000'000, kStart);
  EXPECT_EQ(b.ready(10, 0, kStart), kStart + Dur::seconds(1) + RateBucket::kMostDebt);
  EXPECT_EQ(b.ready(10, 0, kStart + Dur::seconds(3)), kStart + Dur::seconds(1) + RateBucket::kMostDebt) << "and is no state from the future";
}

TEST(SharedRateBucket, NothingIsClosedForMoreThanAnHour) {
  for (const Time until : {kStart + Dur::hours(30), Time::never()}) {
    RateState state;
    state.closed_until_us = until.us;
    const RateBucket b({10, Dur::seconds(1)}, state);
    EXPECT_EQ(b.ready(1, 0, kStart), kStart + Dur::hours(1));
    EXPECT_EQ(b.ready(1, 0, kStart + Dur::minutes(59)), kStart + Dur::hours(1)) << "from when it was seen";
    EXPECT_EQ(b.ready(1, 0, kStart + Dur::hours(2)), kStart + Dur::hours(2));
  }
}

TEST(SharedRateBucket, ThreadsLoseNoToken) {
  constexpr std::int64_t kEach = 200'000;
  RateState state;
  RateRule rule{1'000'000, Dur::seconds(1)};
  const auto work = [&] {
    RateBucket b(rule, state);
    for (std::int64_t i = 0; i < kEach; ++i) b.take(1, kStart);
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(state.full_at_ns, kStart.us * 1000 + 2 * kEach * 1000);
}

TEST(SharedRateBucket, ThreadsTakeNotOneMoreThanThereAre) {
  constexpr std::int64_t kTokens = 100'000;
  RateState state;
  std::array<std::int64_t, 2> got{};
  const auto work = [&](std::size_t who) {
    RateBucket b({kTokens, Dur::seconds(1)}, state);
    while (b.take_if_ready(1, 0, kStart)) ++got.at(who);
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  EXPECT_EQ(got[0] + got[1], kTokens);
}

}  // namespace
}  // namespace dn::wire
