// Perpetual contracts: the position is told at a start, and an order that only reduces does only that.
#include <set>

#include "conformance.h"

namespace dn::conformance {
namespace {

class Perpetuals : public Conformance {
 protected:
  void SetUp() override {
    Conformance::SetUp();
    if (HasFatalFailure()) return;
    client_ = std::make_unique<Client>(venue(), access());
    ASSERT_TRUE(client_->ready());
    if (client().instrument().kind != InstrumentKind::Perpetual) GTEST_SKIP() << "a spot market";
  }
  Client& client() { return *client_; }

  // As a new start is told.
  static Qty position() {
    const auto facts = Client(venue(), access()).start();
    EXPECT_TRUE(facts) << facts.error().message;
    return facts ? facts->position : Qty{};
  }
  Qty filled(const OrderRequest& r) {
    const PlaceReport p = client().place(r);
    EXPECT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view() << " " << p.reason.view();
    return client().fate(r.id, p.venue_order_id).filled;
  }

 private:
  std::unique_ptr<Client> client_;
};
DN_OVER_EVERY_VENUE(Perpetuals);

TEST_P(Perpetuals, AnOrderThatOnlyReducesNeverTurnsThePosition) {
  for (const Side side : {Side::Buy, Side::Sell}) {
    ASSERT_TRUE(position().is_zero());
    const Qty opened = filled(client().taking(side));
    ASSERT_TRUE(opened.is_positive());
    EXPECT_EQ(position(), side == Side::Buy ? opened : -opened);
    OrderRequest reduce = client().taking(flip(side));
    reduce.qty = opened * Decimal(3);
    reduce.reduce_only = true;
    reduce.purpose = Purpose::Reduce;
    EXPECT_EQ(filled(reduce), opened);
    EXPECT_TRUE(in_ledger(reduce.id).reduce_only);
    EXPECT_TRUE(position().is_zero());
  }
}

TEST_P(Perpetuals, NothingToReduceIsARefusal) {
  ASSERT_TRUE(position().is_zero());
  OrderRequest reduce = client().taking(Side::Sell);
  reduce.reduce_only = true;
  reduce.purpose = Purpose::Reduce;
  const PlaceReport p = client().place(reduce);
  EXPECT_EQ(p.outcome, PlaceOutcome::Refused) << p.code.view();
  EXPECT_EQ(p.reject, RejectClass::Other) << p.code.view();
  EXPECT_TRUE(exchange().orders(venue(), reduce.id).empty());
}

TEST_P(Perpetuals, EachSettlementIsToldOnceWithWhatItMoved) {
  const Time began = client().now() - Dur::seconds(1);
  const FundingReport before = client().funding(began);
  ASSERT_TRUE(before.answered);
  EXPECT_TRUE(before.payments.empty());
  EXPECT_GT(before.terms.interval.us, 0);
  EXPECT_GT(before.terms.next, client().now());

  const Qty opened = filled(client().taking(Side::Buy));
  Money moved;
  for (const char* rate : {"0.0001", "-0.00025", "0.00003"}) moved += exchange().settle_funding(venue(), Rate(*Decimal::parse(rate)));
  ASSERT_FALSE(moved.is_zero());
  const FundingReport after = client().funding(began);
  ASSERT_TRUE(after.answered);
  EXPECT_EQ(after.payments.size(), 3U);
  std::set<PaymentId> ids;
  Money told;
  for (const FundingPayment& p : after.payments) {
    EXPECT_EQ(p.venue, venue());
    EXPECT_TRUE(p.time >= began - Dur::seconds(1) && p.time <= client().now() + Dur::seconds(1)) << rfc3339(p.time);
    EXPECT_TRUE(ids.insert(p.id).second) << p.id.view();
    told += p.amount;
  }
  EXPECT_EQ(told, moved);

  OrderRequest reduce = client().taking(Side::Sell);
  reduce.qty = opened;
  reduce.reduce_only = true;
  reduce.purpose = Purpose::Reduce;
  EXPECT_EQ(filled(reduce), opened);
}

TEST_P(Perpetuals, AFundingQueryWithoutAnAnswerSaysSo) {
  exchange().fault(venue(), "any", "reset_after");
  EXPECT_FALSE(client().funding(client().now()).answered);
  EXPECT_TRUE(client().funding(client().now()).answered);
}

TEST_P(Perpetuals, QuantitiesAreInBase) {
  const Qty one = client().instrument().step;
  EXPECT_TRUE(one.is_multiple_of(client().instrument().multiplier) || client().instrument().multiplier.is_multiple_of(one));
  const OrderRequest r = client().resting();
  const PlaceReport p = client().place(r);
  ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view();
  EXPECT_EQ(in_ledger(r.id).qty, r.qty);
  EXPECT_EQ(client().find(r.id, p.venue_order_id).qty, r.qty);
  client().cancel(r.id, p.venue_order_id);
}

}  // namespace
}  // namespace dn::conformance
