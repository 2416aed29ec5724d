// An order's life: it rests, is found, is cancelled, takes, meets another, comes too late.
#include "conformance.h"

namespace dn::conformance {
namespace {

class Orders : public Conformance {
 protected:
  void SetUp() override {
    Conformance::SetUp();
    if (HasFatalFailure()) return;
    client_ = std::make_unique<Client>(venue(), access());
    ASSERT_TRUE(client_->ready());
  }
  Client& client() { return *client_; }

  void expect_resting(const LookupReport& found, const OrderRequest& r, const VenueOrderId& id) {
    EXPECT_EQ(found.outcome, LookupOutcome::Found) << name(found.stage) << " " << found.code.view();
    EXPECT_EQ(found.venue_order_id, id) << name(found.stage);
    EXPECT_TRUE(found.open) << name(found.stage);
    EXPECT_EQ(found.price, r.price) << name(found.stage);
    EXPECT_EQ(found.qty, r.qty) << name(found.stage);
    EXPECT_TRUE(found.filled.is_zero()) << name(found.stage);
  }

 private:
  std::unique_ptr<Client> client_;
};
DN_OVER_EVERY_VENUE(Orders);

TEST_P(Orders, RestsAndIsFoundByEitherIdAndInTheList) {
  for (const Side side : {Side::Buy, Side::Sell}) {
    // A sale needs a price above the market, a purchase one below.
    const OrderRequest r = client().resting(side);
    const PlaceReport p = client().place(r);
    ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view() << " " << p.reason.view();
    ASSERT_FALSE(p.venue_order_id.empty());
    EXPECT_EQ(p.venue_order_id.view(), in_ledger(r.id).venue_order_id);
    // Some venues show a new order by its ids a moment late.
    expect_resting(client().find(r.id, p.venue_order_id, LookupStage::ById), r, p.venue_order_id);
    expect_resting(client().find(r.id, {}, LookupStage::ById), r, p.venue_order_id);
    expect_resting(client().lookup(r.id, p.venue_order_id, LookupStage::OpenOrders), r, p.venue_order_id);
    expect_resting(client().lookup(r.id, {}, LookupStage::OpenOrders), r, p.venue_order_id);
    client().cancel(r.id, p.venue_order_id);
  }
}

TEST_P(Orders, CancelEndsItUnfilled) {
  const OrderRequest r = client().resting();
  const PlaceReport p = client().place(r);
  ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view();
  EXPECT_TRUE(client().cancel(r.id, p.venue_order_id).answered);
  const LookupReport end = client().fate(r.id, p.venue_order_id);
  EXPECT_FALSE(end.open);
  EXPECT_TRUE(end.filled.is_zero());
  const LookupReport open = client().lookup(r.id, p.venue_order_id, LookupStage::OpenOrders);
  EXPECT_EQ(open.outcome, LookupOutcome::NotFound);
  const LookupReport history = client().lookup(r.id, {}, LookupStage::History);
  if (history.outcome == LookupOutcome::Found) {
    EXPECT_EQ(history.venue_order_id, p.venue_order_id);
    EXPECT_EQ(history.price, r.price);
    EXPECT_EQ(history.qty, r.qty);
    EXPECT_FALSE(history.open);
    EXPECT_TRUE(history.filled.is_zero());
  } else {
    EXPECT_EQ(history.outcome, LookupOutcome::NotFound) << history.code.view();
  }
  EXPECT_FALSE(in_ledger(r.id).open);
}

TEST_P(Orders, CancelByTheClientsIdAlone) {
  const OrderRequest r = client().resting();
  ASSERT_EQ(client().place(r).outcome, PlaceOutcome::Accepted);
  EXPECT_TRUE(client().cancel(r.id).answered);
  EXPECT_TRUE(client().fate(r.id).filled.is_zero());
  EXPECT_FALSE(in_ledger(r.id).open);
}

TEST_P(Orders, ATakerFillsAndItsTradesAddUp) {
  for (const Side side : {Side::Buy, Side::Sell}) {
    const OrderRequest r = client().taking(side);
    const PlaceReport p = client().place(r);
    ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view() << " " << p.reason.view();
    const LookupReport end = client().fate(r.id, p.venue_order_id);
    EXPECT_EQ(end.filled, r.qty);
    EXPECT_EQ(end.filled, in_ledger(r.id).filled);
    const TradesReport by_id = client().all_trades(r.id, p.venue_order_id, end.filled);
    ASSERT_TRUE(by_id.answered);
    EXPECT_EQ(sum_of(by_id.fills), end.filled);
    for (const Fill& f : by_id.fills) {
      EXPECT_EQ(f.order, r.id);
      EXPECT_EQ(f.venue_order_id, p.venue_order_id);
      EXPECT_EQ(f.side, side);
      EXPECT_FALSE(f.trade_id.empty());
      EXPECT_TRUE(f.price.is_positive());
      EXPECT_TRUE(side == Side::Buy ? f.price <= r.price : f.price >= r.price) << f.price.str() << " with a limit of " << r.price.str();
      EXPECT_TRUE(f.fee.is_positive()) << f.fee.str();
      EXPECT_EQ(f.fee_asset, client().instrument().fee_asset(side));
      EXPECT_EQ(f.liquidity, Liquidity::Taker);
    }
    const TradesReport by_ours = client().trades(r.id);
    EXPECT_TRUE(by_ours.answered);
    EXPECT_EQ(by_ours.fills.size(), by_id.fills.size());
  }
}

TEST_P(Orders, AnIocLargerThanTheBookIsFilledInPartAndEnds) {
  const Price limit = client().taking_price(Side::Buy);
  const Qty all = max(exchange().depth(venue(), Side::Buy, limit), client().some_qty());
  const OrderRequest r = client().order(Side::Buy, OrderType::Ioc, limit, (all * Decimal(2)).floor_to(client().instrument().step));
  const PlaceReport p = client().place(r);
  ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view() << " " << p.reason.view();
  const LookupReport end = client().fate(r.id, p.venue_order_id);
  EXPECT_FALSE(end.open);
  EXPECT_EQ(end.qty, r.qty);
  EXPECT_TRUE(end.filled.is_positive());
  EXPECT_LT(end.filled, r.qty);
  EXPECT_EQ(end.filled, in_ledger(r.id).filled);
  EXPECT_EQ(sum_of(client().all_trades(r.id, p.venue_order_id, end.filled).fills), end.filled);
}

TEST_P(Orders, APostOnlyOrderNeverTakes) {
  if (!client().instrument().has_post_only) GTEST_SKIP() << "the venue has no such orders";
  const OrderRequest r = client().order(Side::Buy, OrderType::PostOnly, client().taking_price(Side::Buy), client().some_qty());
  const PlaceReport p = client().place(r);
  if (p.outcome == PlaceOutcome::Refused) {
    EXPECT_EQ(p.reject, RejectClass::WouldCross) << p.code.view();
    EXPECT_TRUE(exchange().orders(venue(), r.id).empty());
    return;
  }
  // Some venues take it and end it at once.
  ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view();
  EXPECT_TRUE(client().fate(r.id, p.venue_order_id).filled.is_zero());
}

TEST_P(Orders, APostOnlyOrderRests) {
  if (!client().instrument().has_post_only) GTEST_SKIP() << "the venue has no such orders";
  const OrderRequest r = client().order(Side::Buy, OrderType::PostOnly, client().resting_price(Side::Buy), client().some_qty());
  const PlaceReport p = client().place(r);
  ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view();
  expect_resting(client().find(r.id, p.venue_order_id), r, p.venue_order_id);
  client().cancel(r.id, p.venue_order_id);
}

TEST_P(Orders, ACancelThatComesTooLateIsAnsweredAndTheFillStands) {
  const OrderRequest r = client().taking();
  const PlaceReport p = client().place(r);
  ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view();
  const CancelReport c = client().cancel(r.id, p.venue_order_id);
  EXPECT_TRUE(c.answered) << c.code.view();
  const LookupReport end = client().fate(r.id, p.venue_order_id);
  EXPECT_EQ(end.filled, r.qty);
  EXPECT_FALSE(end.open);
}

// Both are under way at the same time, and which arrives first is not ours to say. Each is answered once; what the venue says in the end is
// what its ledger says.
TEST_P(Orders, APlacementAndItsCancelRace) {
  const OrderRequest r = client().resting();
  client().send_place(r);
  client().send_cancel(r.id);
  const PlaceReport p = client().placed(r.id);
  ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view();
  ASSERT_TRUE(client().until([&] { return client().has<CancelReport>(); }));
  EXPECT_EQ(client().all<CancelReport>().size(), 1U);
  EXPECT_TRUE(client().reports(r.id).empty()) << "a second answer";
  const LookupReport now = client().find(r.id, p.venue_order_id);
  EXPECT_EQ(now.open, in_ledger(r.id).open);
  if (now.open) client().cancel(r.id, p.venue_order_id);
  EXPECT_TRUE(client().fate(r.id, p.venue_order_id).filled.is_zero());
}

TEST_P(Orders, AnOrderThatNeverWasIsFoundNowhere) {
  const ClientOrderId id = client().resting().id;
  for (const LookupStage stage : {LookupStage::ById, LookupStage::OpenOrders, LookupStage::History}) {
    const LookupReport none = client().lookup(id, {}, stage);
    EXPECT_EQ(none.outcome, LookupOutcome::NotFound) << name(stage) << " " << none.code.view();
    EXPECT_GT(none.venue_time, client().now() - Dur::seconds(10)) << "without its time an absence proves nothing";
    EXPECT_LE(none.venue_time, client().now() + Dur::millis(500));
  }
  const TradesReport t = client().trades(id);
  EXPECT_TRUE(t.answered);
  EXPECT_TRUE(t.fills.empty());
}

}  // namespace
}  // namespace dn::conformance
