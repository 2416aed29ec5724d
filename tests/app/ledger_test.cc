// The books as a ledger: what came to and left each venue and asset, exact.
#include "app/ledger.h"

#include "audit_support.h"

namespace dn::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> told(const Ledger& ledger) {
  std::vector<std::string> out;
  for (const LedgerLine& l : ledger.lines()) {
    out.push_back(std::string(name(l.venue)) + " " + l.asset.str() + " " + std::string(name(l.holds)) + " " + std::to_string(l.trades) + ": +" + l.in.str() +
                  " -" + l.out.str() + " fees " + l.fees.str() + " funding " + l.funding.str() + " = " + l.change().str());
  }
  return out;
}

TEST(Ledger, HasALineForEachAssetWithFeesWhereTheyWereTaken) {
  Ledger ledger;
  ledger.add(a_round(), Period{});
  EXPECT_THAT(told(ledger),
              ElementsAre("mexc_spot BTC coin 2: +0.3 -0 fees 0 funding 0 = 0.3", "mexc_spot MX coin 2: +0 -0 fees 0.75 funding 0 = -0.75",
                          "mexc_spot USDT coin 2: +0 -18000.05 fees 0 funding 0 = -18000.05", "gateio_spot BTC coin 1: +0 -0.3 fees 0 funding 0 = -0.3",
                          "gateio_spot GT coin 1: +0 -0 fees 1.5 funding 0 = -1.5", "gateio_spot USDT coin 1: +18030 -0 fees 0 funding 0 = 18030"));
}

TEST(Ledger, OfAPerpetualThePositionIsNoCoinAndFundingIsBesideTheFees) {
  StoredTask t = a_round(Venue::GateioFutures);
  t.fundings = {a_payment("P1", "0.9", at(20)), a_payment("P2", "-0.2", at(30))};
  Ledger ledger;
  ledger.add(t, Period{at(12), Time::never()});
  EXPECT_THAT(told(ledger), ElementsAre("gateio_futures BTC position 1: +0 -0.3 fees 0 funding 0 = -0.3",
                                        "gateio_futures USDT margin 1: +18030 -0 fees 1.5 funding 0.7 = 18029.2"));
}

TEST(Ledger, APeriodHasItsBeginningAndNotItsEnd) {
  Ledger ledger;
  ledger.add(a_round(), Period{at(11), at(12)});
  EXPECT_THAT(told(ledger), ElementsAre("mexc_spot BTC coin 1: +0.1 -0 fees 0 funding 0 = 0.1", "mexc_spot MX coin 1: +0 -0 fees 0.25 funding 0 = -0.25",
                                        "mexc_spot USDT coin 1: +0 -6000.05 fees 0 funding 0 = -6000.05"));
}

TEST(Ledger, APositionThatWasTakenOverMovedNothing) {
  StoredTask t = a_round();
  t.fills.resize(1);
  t.fills[0].order = ClientOrderId(kRestoredPosition);
  Ledger ledger;
  ledger.add(t, Period{});
  EXPECT_THAT(told(ledger), IsEmpty());
}

TEST(Ledger, NumbersThatSumsWouldNotFitAreKnown) {
  StoredTask t = a_round();
  EXPECT_TRUE(can_be_added(t));
  t.fills[0].fee = Fee(dec("0.0000000000000000000000001"));
  EXPECT_FALSE(can_be_added(t));
  t = a_round();
  t.fills[0].qty = Qty(dec("1234567890123"));
  EXPECT_FALSE(can_be_added(t));
  t = a_round();
  t.fundings = {a_payment("P1", "99999999999999999999", at(1))};
  EXPECT_FALSE(can_be_added(t));
}

TEST(Moment, IsADayAMomentOrATimeBeforeNow) {
  const Time now{kBegin + Dur::hours(48)};
  EXPECT_EQ(*parse_moment("2026-01-01", now), kBegin);
  EXPECT_EQ(*parse_moment("2026-01-01T12:00:01Z", now), kBegin + Dur::hours(12) + Dur::seconds(1));
  EXPECT_EQ(*parse_moment("24h", now), kBegin + Dur::hours(24));
  for (const char* wrong :
       {"", "2026-02-30", "2026-13-01", "2026-1-1", "26-01-01", "2026-01-01T25:00:00Z", "2026-01-01T12:00:00", "yesterday", "2026-01-01x"}) {
    const auto moment = parse_moment(wrong, now);
    ASSERT_FALSE(moment) << wrong;
    EXPECT_THAT(moment.error(), HasSubstr("2026-01-31"));
  }
}

}  // namespace
}  // namespace dn::app
