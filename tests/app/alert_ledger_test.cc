// Which alerts are delivered at once, which are summed up, and that the counts add up whatever comes.
#include "app/alert_ledger.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "app/alert_file.h"
#include "temp_dir.h"

namespace dn::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Time kStart{1'800'000'000'000'000};

// A ledger with a receiver that takes everything, at once.
class Delivery : public testing::Test {
 protected:
  AlertThrottle throttle{AlertBounds{}};
  AlertLedger ledger;
  std::int64_t next = 1;
  std::int64_t told = 0;  // events that deliveries stood for

  void offer(Time now, std::string_view code) { throttle.offer(ledger, now, next++, code); }
  void close_windows(Time now, bool ending = false) { throttle.close_windows(ledger, now, ending); }
  std::vector<std::string> deliver() {
    std::vector<std::string> out;
    for (const PendingAlert& p : ledger.pending) {
      told += p.events();
      out.push_back(std::to_string(p.event) + (p.suppressed > 0 ? "+" + std::to_string(p.suppressed) : "") + (p.mixed ? "*" : ""));
    }
    ledger.pending.clear();
    return out;
  }
};

TEST_F(Delivery, TheFirstGoesOutAtOnceAndTheRestOfItsWindowAsOneThatTellsHowMany) {
  offer(kStart, "imbalance");
  EXPECT_THAT(deliver(), ElementsAre("1"));
  for (int i = 1; i <= 5; ++i) offer(kStart + Dur::seconds(i), "imbalance");
  close_windows(kStart + Dur::seconds(59));
  EXPECT_THAT(deliver(), IsEmpty());
  close_windows(kStart + Dur::seconds(60));
  EXPECT_THAT(deliver(), ElementsAre("6+5"));
  offer(kStart + Dur::seconds(61), "imbalance");  // the sum was a delivery too: it has a window of its own
  EXPECT_THAT(deliver(), IsEmpty());
  close_windows(kStart + Dur::seconds(120));
  EXPECT_THAT(deliver(), ElementsAre("7+1"));
  close_windows(kStart + Dur::seconds(180));
  EXPECT_THAT(ledger.windows, IsEmpty()) << "what is quiet is forgotten";
  offer(kStart + Dur::seconds(181), "imbalance");
  EXPECT_THAT(deliver(), ElementsAre("8"));
  EXPECT_EQ(told, 8);
}

TEST_F(Delivery, EachCodeHasItsOwnWindow) {
  offer(kStart, "imbalance");
  offer(kStart, "max_loss");
  offer(kStart, "imbalance");
  EXPECT_THAT(deliver(), ElementsAre("1", "2"));
}

TEST_F(Delivery, TheEndOfTheRunTellsWhatIsHeldBack) {
  for (int i = 0; i < 4; ++i) offer(kStart, "imbalance");
  offer(kStart, "max_loss");
  offer(kStart, "max_loss");
  close_windows(kStart + Dur::seconds(1), true);
  EXPECT_THAT(deliver(), ElementsAre("1", "5", "4+3", "6+1"));
  EXPECT_EQ(told, 6);
}

TEST_F(Delivery, TenThousandInAMinuteAreAFewDeliveriesAndTheirCountsAddUp) {
  std::size_t deliveries = 0;
  Time now = kStart;
  for (int i = 0; i < 10'000; ++i) {
    now = kStart + Dur::millis(6) * i;
    offer(now, "code_" + std::to_string(i % 7));
    close_windows(now);
    deliveries += deliver().size();
  }
  close_windows(now, true);
  deliveries += deliver().size();
  EXPECT_EQ(told, 10'000);
  EXPECT_EQ(deliveries, 14U);
}

TEST_F(Delivery, ManyCodesStayBelowTheBoundAMinuteAndTheirCountsAddUp) {
  Time now = kStart;
  std::size_t deliveries = 0;
  for (int i = 0; i < 10'000; ++i) {
    now = kStart + Dur::millis(5) * i;  // fifty seconds
    offer(now, "code_" + std::to_string(i));
    close_windows(now);
    deliveries += deliver().size();
  }
  EXPECT_EQ(deliveries, 30U);
  EXPECT_LE(ledger.windows.size(), 31U);
  close_windows(now, true);
  EXPECT_THAT(deliver(), ElementsAre("10000+9970*"));
  EXPECT_EQ(told, 10'000);
}

TEST_F(Delivery, ManyCodesDoNotStopForeverThoseThatCameBefore) {
  for (int i = 0; i < 40; ++i) offer(kStart, "code_" + std::to_string(i));
  deliver();
  offer(kStart + Dur::seconds(1), "code_3");
  close_windows(kStart + Dur::seconds(60));
  EXPECT_THAT(deliver(), ElementsAre("41+1", "40+10*"));
  EXPECT_EQ(told, 41);
}

TEST_F(Delivery, WaitingDeliveriesAreBoundedToo) {
  AlertThrottle fast(AlertBounds{Dur{}, 1'000'000, 100, 100, 8});
  for (int i = 0; i < 1000; ++i) fast.offer(ledger, kStart, next++, "code");
  EXPECT_EQ(ledger.pending.size(), 100U);
  fast.close_windows(ledger, kStart, true);
  EXPECT_EQ(ledger.pending.size(), 101U);
  deliver();
  EXPECT_EQ(told, 1000);
}

TEST_F(Delivery, AClockSetBackHoldsNothingForLongerThanAnInterval) {
  offer(kStart, "imbalance");
  deliver();
  const Time back = kStart - Dur::hours(5);
  offer(back, "imbalance");
  close_windows(back + Dur::seconds(60));
  EXPECT_THAT(deliver(), ElementsAre("2+1"));
  offer(back + Dur::seconds(61), "other");
  EXPECT_THAT(deliver(), ElementsAre("3"));
}

TEST_F(Delivery, AFailureIsTriedAgainLaterAndLaterAndThenWithTheNextSum) {
  offer(kStart, "imbalance");
  Time now = kStart;
  std::vector<std::int64_t> waits;
  while (!throttle.failed(ledger, 0, now)) {
    waits.push_back((ledger.pending[0].next_try - now).us / 1'000'000);
    now = ledger.pending[0].next_try;
  }
  EXPECT_THAT(waits, ElementsAre(1, 2, 4, 8, 16, 32, 60));
  EXPECT_THAT(ledger.pending, IsEmpty());
  ledger.pending.push_back({9, 25, false, 7, now, false});
  EXPECT_TRUE(throttle.failed(ledger, 0, now));
  EXPECT_EQ(ledger.failed, 0) << "nothing is ever lost because a receiver is away";
  close_windows(now + Dur::seconds(60));
  ASSERT_EQ(ledger.pending.size(), 1U);
  EXPECT_EQ(ledger.pending[0].suppressed, 26) << "the one, and the one that stands for 25 events";
  EXPECT_TRUE(ledger.pending[0].mixed);
}

TEST_F(Delivery, AnErrorOfTheToolIsToldAtOnceOrWithTheNext) {
  const auto first = throttle.offer_at_once(ledger, kStart, "exit_69");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->suppressed, 0);
  for (int i = 1; i < 4; ++i) EXPECT_FALSE(throttle.offer_at_once(ledger, kStart + Dur::seconds(i), "exit_69"));
  EXPECT_TRUE(throttle.offer_at_once(ledger, kStart + Dur::seconds(4), "exit_74"));
  const auto later = throttle.offer_at_once(ledger, kStart + Dur::seconds(60), "exit_69");
  ASSERT_TRUE(later);
  EXPECT_EQ(later->suppressed, 4) << "three before it and itself";
  EXPECT_FALSE(later->mixed);
}

// ---- the file

TEST(AlertFile, HoldsEverythingThatARestartNeeds) {
  AlertLedger ledger;
  ledger.cursor = 77;
  ledger.cursor_time = kStart;
  ledger.failed = 3;
  ledger.windows = {{"max loss, a code with blanks", kStart + Dur::seconds(9), 4, 76}, {"", kStart, 1, 75}};
  ledger.pending = {{70, 0, false, 2, {}, false}, {71, 12, true, 0, {}, false}};
  const auto again = alert_ledger_from(to_text(ledger));
  ASSERT_TRUE(again);
  EXPECT_EQ(to_text(*again), to_text(ledger));
  EXPECT_EQ(again->windows[0].code, "max loss, a code with blanks");
  EXPECT_EQ(again->pending[1].suppressed, 12);
}

TEST(AlertFile, IsPrivateAndReplacedAsAWhole) {
  const TempDir dir;
  const std::string path = dir / "btc.alerts-command";
  AlertLedger ledger;
  for (const std::int64_t cursor : {5, 6}) {
    ledger.cursor = cursor;
    EXPECT_EQ(write_alert_ledger(path, ledger), "");
    const auto read = read_alert_ledger(path);
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->cursor, cursor);
  }
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path).permissions(), perms::owner_read | perms::owner_write);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1) << "nothing is left beside it";
}

TEST(AlertFile, AbsentAndDamagedAreToldApart) {
  const TempDir dir;
  const auto absent = read_alert_ledger(dir / "none");
  ASSERT_TRUE(absent);
  EXPECT_FALSE(*absent);
  for (const char* text :
       {"", "dn.alerts/2\n", "dn.alerts/1\ncursor 5", "dn.alerts/1\ncursor five 1\n", "dn.alerts/1\ncursor -5 1\n", "dn.alerts/1\nnonsense 1\n"}) {
    const auto damaged = read_alert_ledger(dir.write("damaged", text));
    ASSERT_FALSE(damaged) << text;
    EXPECT_THAT(damaged.error(), HasSubstr("is not a file of alerts"));
  }
  EXPECT_THAT(write_alert_ledger(dir / "no/such/folder", {}), HasSubstr("cannot"));
}

}  // namespace
}  // namespace dn::app
