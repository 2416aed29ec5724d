// The books against venues that tell the same, or something else: trades, fees, funding, and how the balances moved.
#include "app/audit_venue.h"

#include "audit_support.h"

namespace dn::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Totals = std::map<Asset, Decimal>;
Totals totals(std::initializer_list<std::pair<std::string_view, std::string_view>> all) {
  Totals out;
  for (const auto& [asset, amount] : all) out[Asset(asset)] = dec(amount);
  return out;
}
AccountFacts account(Venue v, Totals total, Time when) { return {v, *symbol_from("BTC/USDT"), std::move(total), {}, {}, when, when + Dur::millis(20)}; }

std::vector<std::string> texts(const AuditView& v) {
  std::vector<std::string> out;
  for (const AuditFinding& f : v.findings) out.push_back(std::string(name(f.kind)) + ": " + f.text);
  return out;
}
std::vector<std::string> unproven(const AuditView& v) {
  std::vector<std::string> out;
  for (const ToolError& e : v.not_proven) out.push_back(e.message);
  return out;
}
std::vector<std::string> differences(const AuditView& v) {
  std::vector<std::string> out;
  for (const AccountChange& c : v.changes) out.push_back(std::string(name(c.venue)) + " " + c.asset.str() + " " + c.difference().str());
  return out;
}

// Bought 0.3 on MEXC, which tells just that.
class VenueAuditTest : public ::testing::Test {
 protected:
  VenueAuditTest() {
    booked.stored = a_round();
    booked.accounts = {account(Venue::MexcSpot, totals({{"BTC", "5"}, {"USDT", "100000"}, {"MX", "10"}}), at(0))};
    told.now = account(Venue::MexcSpot, totals({{"BTC", "5.3"}, {"USDT", "81999.95"}, {"MX", "9.25"}}), at(60));
    told.seen.since = kBegin - Dur::seconds(60);
    told.seen.trades = {booked.stored.fills[0], booked.stored.fills[1]};
  }
  AuditView compared() const {
    AuditView view;
    view.online = true;
    compare_with_venues({told}, {booked}, {}, view);
    return view;
  }
  Fill by_hand(Side side, std::string_view price, std::string_view qty, Time when) const {
    Fill f = a_fill("H1", side, Venue::MexcSpot, price, qty, "0", "USDT", when);
    f.order = {};
    f.venue_order_id = VenueOrderId("H");
    return f;
  }

  BookedRound booked;
  VenueTold told;
};

TEST_F(VenueAuditTest, WhatAgreesIsProvenToTheLastDigit) {
  const AuditView v = compared();
  EXPECT_THAT(texts(v), IsEmpty());
  EXPECT_THAT(unproven(v), IsEmpty());
  EXPECT_THAT(differences(v), ElementsAre("mexc_spot BTC 0", "mexc_spot MX 0", "mexc_spot USDT 0"));
  EXPECT_EQ(v.code(), ExitCode::Ok);
}

TEST_F(VenueAuditTest, AnEditedFillIsNamedByItsTradeAndByTheBalance) {
  booked.stored.fills[0].qty = Qty(dec("0.21"));
  const AuditView v = compared();
  EXPECT_THAT(texts(v), ElementsAre(HasSubstr("differs: trade M1: quantity 0.21 in the books, 0.2 at the venue"), HasSubstr("balance: BTC moved by 0.3"),
                                    HasSubstr("balance: USDT moved by -18000.05")));
  EXPECT_EQ(v.code(), ExitCode::Contradiction);
}

TEST_F(VenueAuditTest, AnEditedFeeIsNamed) {
  booked.stored.fills[1].fee = Fee(dec("0.2"));
  EXPECT_THAT(texts(compared()), ElementsAre("differs: trade M2: fee 0.2 MX in the books, 0.25 MX at the venue", HasSubstr("balance: MX moved by -0.75")));
}

TEST_F(VenueAuditTest, ATradeThatTheBooksLackIsMissedOrStillToCome) {
  booked.stored.fills.erase(booked.stored.fills.begin());
  EXPECT_THAT(texts(compared()), ElementsAre(HasSubstr("missed_trade: trade M1 of order t-")));
  booked.stored.orders[0].status = OrderStatus::Open;
  const AuditView v = compared();
  EXPECT_THAT(texts(v), ElementsAre(HasSubstr("pending: trade M1 of order t-")));
  EXPECT_THAT(differences(v), ElementsAre("mexc_spot BTC 0", "mexc_spot MX 0", "mexc_spot USDT 0")) << "it moved the account all the same";
  EXPECT_EQ(v.code(), ExitCode::Ok);
}

TEST_F(VenueAuditTest, ATradeThatTheVenueDoesNotShowIsNamed) {
  told.seen.trades.pop_back();
  EXPECT_THAT(texts(compared()), ElementsAre(HasSubstr("not_at_venue: trade M2, buy 0.1 at 60000.5, is in the books, and the venue does not show it")));
}

TEST_F(VenueAuditTest, ATradeByHandIsNamedAndExplainsItsPartOfTheBalance) {
  told.seen.trades.push_back(by_hand(Side::Sell, "61000", "1", at(30)));
  told.now.total = totals({{"BTC", "4.3"}, {"USDT", "142999.95"}, {"MX", "9.25"}});
  const AuditView v = compared();
  EXPECT_THAT(texts(v), ElementsAre("foreign: by another hand, one trade sold 1 BTC for 61000 USDT in all"));
  EXPECT_THAT(differences(v), ElementsAre("mexc_spot BTC 0", "mexc_spot MX 0", "mexc_spot USDT 0"));
  EXPECT_EQ(v.changes[0].others.str(), "-1");
  EXPECT_EQ(v.code(), ExitCode::Ok);
}

TEST_F(VenueAuditTest, ATradeOfAnotherDatabasesTaskIsNamedAsThat) {
  Fill f = by_hand(Side::Buy, "60000", "0.1", at(30));
  f.order = make_client_order_id(task_key("eth"), Side::Buy, 9, 1);
  told.seen.trades.push_back(f);
  EXPECT_THAT(texts(compared()).at(0), HasSubstr("other_task: by a task that is not in this database, one trade bought 0.1 BTC for 6000 USDT"));
}

TEST_F(VenueAuditTest, ADepositIsNamedAsWhatNothingExplains) {
  told.now.total[Asset("USDT")] += dec("500");
  const AuditView v = compared();
  EXPECT_THAT(texts(v), ElementsAre(HasSubstr("and 500 is left: a deposit, a withdrawal, a transfer")));
  EXPECT_EQ(v.code(), ExitCode::Contradiction);
}

TEST_F(VenueAuditTest, OtherTasksOfTheAccountMoveItsBalancesToo) {
  BookedRound other = booked;
  other.stored.task.spec.name = "eth";
  other.stored.task.spec.symbol = *symbol_from("ETH/USDT");
  other.stored.fills = {a_fill("E1", Side::Buy, Venue::MexcSpot, "3000", "1", "0", "USDT", at(15))};
  other.accounts.clear();
  told.now.total[Asset("USDT")] -= dec("3000");
  AuditView view;
  compare_with_venues({told}, {booked, other}, {"btc"}, view);
  EXPECT_THAT(texts(view), IsEmpty());
  other.stored.task.live = false;  // on paper nothing moved
  compare_with_venues({told}, {booked, other}, {"btc"}, view);
  EXPECT_THAT(texts(view), ElementsAre(HasSubstr("balance: USDT")));
}

TEST_F(VenueAuditTest, WithoutABaselineTradesAreComparedAloneAndThatIsSaid) {
  booked.accounts.clear();
  booked.stored.fills[0].price = Price(dec("60001"));
  const AuditView v = compared();
  EXPECT_THAT(texts(v), ElementsAre("differs: trade M1: price 60001 in the books, 60000 at the venue"));
  EXPECT_THAT(unproven(v), ElementsAre(HasSubstr("no run put on record what the account held of BTC, MX, USDT")));
  EXPECT_THAT(differences(v), IsEmpty());
}

TEST_F(VenueAuditTest, ABaselineInWhoseMomentTheAccountTradedIsLeftForALaterOne) {
  booked.accounts.insert(booked.accounts.begin(), account(Venue::MexcSpot, totals({{"BTC", "0"}, {"USDT", "0"}, {"MX", "0"}}), at(0)));
  told.seen.trades.push_back(by_hand(Side::Buy, "60000", "1", at(0) + Dur::millis(10)));
  booked.accounts[1].asked = at(1);
  booked.accounts[1].heard = at(2);
  EXPECT_THAT(differences(compared()), ElementsAre("mexc_spot BTC 0", "mexc_spot MX 0", "mexc_spot USDT 0"));
}

TEST_F(VenueAuditTest, AnAccountThatTradesWhileItIsAskedIsToBeAskedAgain) {
  told.seen.trades.push_back(by_hand(Side::Buy, "60000", "1", at(60) + Dur::millis(10)));
  const AuditView v = compared();
  EXPECT_THAT(unproven(v), ElementsAre(HasSubstr("the account traded while its balances were told")));
  EXPECT_EQ(v.code(), ExitCode::Temporary);
}

TEST_F(VenueAuditTest, WhatTheVenueDoesNotTellAnyMoreIsNotCompared) {
  told.seen.since = at(11) - Dur::millis(1);
  told.seen.trades.erase(told.seen.trades.begin());
  const AuditView v = compared();
  EXPECT_THAT(texts(v), IsEmpty());
  EXPECT_THAT(unproven(v),
              ElementsAre(HasSubstr("it tells its trades since 2026-01-01T00:00:11.006000Z only; 1 older ones"), HasSubstr("no run put on record")));
}

TEST_F(VenueAuditTest, AUnifiedAccountIsComparedByItsTrades) {
  told.now.total.clear();
  EXPECT_THAT(unproven(compared()), ElementsAre(HasSubstr("a unified account")));
}

// Sold 0.3 on a perpetual: the balance moves by what is closed.
class PerpetualAuditTest : public VenueAuditTest {
 protected:
  PerpetualAuditTest() {
    booked.stored = a_round(Venue::GateioFutures);
    booked.stored.fundings = {a_payment("P1", "0.9", at(20))};
    booked.accounts = {account(Venue::GateioFutures, totals({{"USDT", "50000"}}), at(0))};
    told.now = account(Venue::GateioFutures, totals({{"USDT", "49999.4"}}), at(60));
    told.now.position = Qty(dec("-0.3"));
    told.now.entry = Price(dec("60100"));
    told.seen.trades = {booked.stored.fills[2]};
    told.payments = {{a_payment("P1", "0.9", at(20))}};
  }
};

TEST_F(PerpetualAuditTest, AnOpenPositionHasPaidItsFeesAndGotItsFunding) {
  const AuditView v = compared();
  EXPECT_THAT(texts(v), IsEmpty());
  EXPECT_THAT(unproven(v), IsEmpty());
  EXPECT_THAT(differences(v), ElementsAre("gateio_futures USDT 0"));
}

TEST_F(PerpetualAuditTest, AClosedPositionHasPaidWhatItBrought) {
  booked.stored.fills.push_back(a_fill("G2", Side::Buy, Venue::GateioFutures, "60000", "0.3", "1.4", "USDT", at(30)));
  told.seen.trades.push_back(booked.stored.fills.back());
  told.now.position = {};
  told.now.entry = {};
  told.now.total = totals({{"USDT", "50028"}});  // + 30 of the price, - 2.9 of fees, + 0.9 of funding
  const AuditView v = compared();
  EXPECT_THAT(texts(v), IsEmpty());
  EXPECT_THAT(differences(v), ElementsAre("gateio_futures USDT 0"));
}

TEST_F(PerpetualAuditTest, WhatWasHeldBeforeCountsAtThePriceThatIsOnRecord) {
  booked.accounts[0].position = Qty(dec("1"));
  booked.accounts[0].entry = Price(dec("59000"));
  told.now.position = Qty(dec("0.7"));
  told.now.entry = Price(dec("59000"));
  told.now.total = totals({{"USDT", "50329.4"}});  // 0.3 x 1100 closed, - 1.5, + 0.9
  EXPECT_THAT(differences(compared()), ElementsAre("gateio_futures USDT 0"));
  booked.accounts[0].position = Qty(dec("0.9"));
  EXPECT_THAT(unproven(compared()), ElementsAre(HasSubstr("the account held 1 BTC/USDT before it was put on record")));
}

TEST_F(PerpetualAuditTest, TheRoundingOfAnEntryPriceIsNoDifference) {
  told.now.entry = Price(dec("60100.3"));
  told.now.total = totals({{"USDT", "49999.39"}});
  const AuditView v = compared();
  EXPECT_THAT(texts(v).size(), 1U) << "0.08 is more than three tenths of a last digit";
  told.now.entry = Price(dec("60099.97"));
  told.now.total = totals({{"USDT", "49999.4085"}});
  EXPECT_THAT(texts(compared()), IsEmpty());
}

TEST_F(PerpetualAuditTest, FundingIsHeldAgainstTheVenuesPaymentByPayment) {
  booked.stored.fundings[0].amount = Money(dec("5.9"));  // by more than the entry price of what is open may be rounded by
  EXPECT_THAT(texts(compared()), ElementsAre("differs: funding P1: 5.9 in the books, 0.9 at the venue", HasSubstr("balance: USDT moved by -0.6")));
  booked.stored.fundings.clear();
  EXPECT_THAT(texts(compared()), ElementsAre("pending: funding P1 of 0.9 is not in the books yet"));
  booked.stored.task.verdict = Verdict::Completed;
  EXPECT_THAT(texts(compared()), ElementsAre("missed_funding: funding P1 of 0.9 is not in the books"));
  told.payments = {{a_payment("P0", "0.9", at(5))}};  // before anything was sold
  EXPECT_THAT(texts(compared()), ElementsAre("foreign: funding P0 of 0.9 USDT was paid for a position of another hand"));
  told.payments->clear();
  booked.stored.fundings = {a_payment("P1", "0.9", at(20))};
  EXPECT_THAT(texts(compared()), ElementsAre("not_at_venue: funding P1 of 0.9 is in the books, and the venue does not show it"));
}

TEST(AccountFacts, ComeBackFromTheEventAsTheyWereWritten) {
  AccountFacts a = account(Venue::GateioFutures, totals({{"USDT", "50000.123456"}, {"GT", "7"}}), at(3));
  a.position = Qty(dec("-0.3"));
  a.entry = Price(dec("60100.5"));
  JsonWriter w;
  w.begin_object().field("type", "run_start");
  write_accounts(w, {a});
  w.end_object();
  const auto back = accounts_in(w.str(), a.symbol);
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(back[0].venue, a.venue);
  EXPECT_EQ(back[0].total, a.total);
  EXPECT_EQ(back[0].position, a.position);
  EXPECT_EQ(back[0].entry, a.entry);
  EXPECT_EQ(back[0].asked, a.asked);
  EXPECT_EQ(back[0].heard, a.heard);
  EXPECT_THAT(accounts_in(R"({"type":"run_start"})", a.symbol), IsEmpty());
  EXPECT_THAT(accounts_in("no JSON", a.symbol), IsEmpty());
  EXPECT_THAT(accounts_in(R"({"accounts":[{"exchange":"nowhere","asked_us":1,"heard_us":2,"total":{}}]})", a.symbol), IsEmpty());
}

}  // namespace
}  // namespace dn::app
