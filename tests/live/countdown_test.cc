// When a dead man's switch is set, renewed and switched off.
#include "live/countdown.h"

#include <gtest/gtest.h>

namespace dn::live {
namespace {

const Time kStart{1'700'000'000'000'000};
constexpr Dur kTen = Dur::seconds(10);

Time at(std::int64_t ms) { return kStart + Dur::millis(ms); }

// Armed for ten seconds at the start.
Countdown armed() {
  Countdown c;
  c.want(kTen, at(0));
  EXPECT_EQ(c.ask(at(0)), kTen);
  c.heard(true, at(30));
  return c;
}

TEST(Countdown, AsksForNothingUntilItIsWanted) {
  Countdown c;
  EXPECT_TRUE(c.next().is_never());
  EXPECT_EQ(c.ask(at(0)), std::nullopt);
  EXPECT_TRUE(c.is_settled());
  EXPECT_FALSE(c.is_awaited(at(0)));
}

TEST(Countdown, IsAwaitedUntilItRuns) {
  Countdown c;
  c.want(kTen, at(0));
  EXPECT_TRUE(c.is_awaited(at(0)));
  EXPECT_EQ(c.next(), at(0));
  EXPECT_EQ(c.ask(at(0)), kTen);
  EXPECT_EQ(c.ask(at(1)), std::nullopt) << "one question at a time";
  EXPECT_TRUE(c.is_awaited(at(20)));
  c.heard(true, at(30));
  EXPECT_FALSE(c.is_awaited(at(30)));
  EXPECT_EQ(c.until(), at(10'000)) << "reckoned from the question: the venue set it later than that";
}

TEST(Countdown, IsRenewedAtEveryThird) {
  Countdown c = armed();
  EXPECT_EQ(c.next(), kStart + Dur{kTen.us / 3});
  EXPECT_EQ(c.ask(at(3'000)), std::nullopt);
  EXPECT_EQ(c.ask(at(3'400)), kTen);
  c.heard(true, at(3'450));
  EXPECT_EQ(c.until(), at(13'400));
}

TEST(Countdown, ARenewalThatFailsIsRepeatedAtOnceThenQuickly) {
  Countdown c = armed();
  EXPECT_EQ(c.ask(at(3'400)), kTen);
  c.heard(false, at(3'500));
  EXPECT_EQ(c.next(), at(3'500));
  EXPECT_EQ(c.ask(at(3'500)), kTen);
  c.heard(false, at(3'600));
  EXPECT_EQ(c.next(), at(3'850));
  EXPECT_TRUE(c.is_running(at(9'999))) << "the venue's timer still runs from the last renewal";
  EXPECT_EQ(c.ask(at(3'850)), kTen);
  c.heard(true, at(3'900));
  EXPECT_EQ(c.until(), at(13'850));
  EXPECT_EQ(c.failures(), 0);
}

TEST(Countdown, WhatCannotBeArmedIsNotWaitedFor) {
  Countdown c;
  c.want(kTen, at(0));
  EXPECT_EQ(c.ask(at(0)), kTen);
  c.heard(false, at(100));
  EXPECT_FALSE(c.is_awaited(at(100)));
  EXPECT_EQ(c.next(), at(100)) << "and tried again all the same";
}

TEST(Countdown, AStandstillIsALapseAndOrdersWaitForTheNextArming) {
  Countdown c = armed();
  EXPECT_FALSE(c.has_lapsed(at(9'999)));
  EXPECT_TRUE(c.has_lapsed(at(10'000)));
  EXPECT_TRUE(c.is_awaited(at(10'000)));
  EXPECT_EQ(c.ask(at(15'000)), kTen);
  c.heard(true, at(15'050));
  EXPECT_FALSE(c.has_lapsed(at(15'050)));
}

TEST(Countdown, IsSwitchedOffOnceAndThenSettled) {
  Countdown c = armed();
  c.want(Dur{}, at(500));
  EXPECT_FALSE(c.is_settled());
  EXPECT_EQ(c.ask(at(500)), Dur{});
  EXPECT_FALSE(c.is_settled()) << "the venue has not answered";
  c.heard(true, at(550));
  EXPECT_TRUE(c.is_settled());
  EXPECT_FALSE(c.is_running(at(551)));
  EXPECT_EQ(c.ask(at(600)), std::nullopt);
}

TEST(Countdown, SwitchingOffIsGivenUpAfterTheSecondTry) {
  Countdown c = armed();
  c.want(Dur{}, at(500));
  EXPECT_EQ(c.ask(at(500)), Dur{});
  c.heard(false, at(600));
  EXPECT_EQ(c.ask(at(600)), Dur{});
  c.heard(false, at(700));
  EXPECT_TRUE(c.is_settled());
  EXPECT_TRUE(c.is_running(at(700))) << "it strikes when it does";
}

TEST(Countdown, ASettingWithoutAnAnswerMayRunAndIsSwitchedOffToo) {
  Countdown c;
  c.want(kTen, at(0));
  EXPECT_EQ(c.ask(at(0)), kTen);
  c.want(Dur{}, at(50));
  EXPECT_FALSE(c.is_settled());
  c.heard(false, at(2'000));
  EXPECT_EQ(c.ask(at(2'000)), Dur{});
  c.heard(true, at(2'050));
  EXPECT_TRUE(c.is_settled());
}

TEST(Countdown, AnotherLengthIsSentAtOnce) {
  Countdown c = armed();
  c.want(Dur::seconds(30), at(100));
  EXPECT_EQ(c.ask(at(100)), Dur::seconds(30));
  c.want(Dur::seconds(5), at(110));
  c.heard(true, at(150));
  EXPECT_EQ(c.ask(at(150)), Dur::seconds(5));
}

TEST(Countdown, WhatOthersRenewIsForgotten) {
  Countdown c = armed();
  c.want(Dur{}, at(500));
  c.forget();
  EXPECT_TRUE(c.is_settled());
  EXPECT_EQ(c.ask(at(500)), std::nullopt);
}

}  // namespace
}  // namespace dn::live
