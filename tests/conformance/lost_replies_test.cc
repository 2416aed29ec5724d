// Replies that never come, or that say nothing. What happened at the exchange is then found out by asking, and no order is sent twice.
#include "conformance.h"

namespace dn::conformance {
namespace {

class LostReplies : public Conformance {
 protected:
  // Whatever the answer says, the exchange has this one order; it is found by our id alone, and cancelled.
  static void expect_one_order(Client& c, const OrderRequest& r, std::string_view fault) {
    const LedgerOrder truth = in_ledger(r.id);
    EXPECT_TRUE(truth.open) << fault;
    const LookupReport found = c.find(r.id);
    EXPECT_EQ(found.outcome, LookupOutcome::Found) << fault;
    EXPECT_EQ(found.venue_order_id.view(), truth.venue_order_id) << fault;
    EXPECT_EQ(found.qty, r.qty) << fault;
    EXPECT_EQ(found.price, r.price) << fault;
    EXPECT_TRUE(found.open) << fault;
    c.cancel(r.id, found.venue_order_id);
    c.fate(r.id, found.venue_order_id);
    EXPECT_EQ(exchange().orders(venue(), r.id).size(), 1U) << fault;
  }

  static void expect_no_order(Client& c, const OrderRequest& r, std::string_view fault) {
    for (const LookupStage stage : {LookupStage::ById, LookupStage::OpenOrders, LookupStage::History}) {
      EXPECT_EQ(c.lookup(r.id, {}, stage).outcome, LookupOutcome::NotFound) << fault << " " << name(stage);
    }
    EXPECT_TRUE(exchange().orders(venue(), r.id).empty()) << fault;
  }
};
DN_OVER_EVERY_VENUE(LostReplies);

constexpr std::array kAccepted{"reset_after", "http_500_accepted", "http_503_accepted", "truncate", "empty"};

TEST_P(LostReplies, AnOrderTakenWithoutAReplyIsUnknownAndFound) {
  Client c(venue(), access());
  ASSERT_TRUE(c.ready(Way::RestOnly));
  for (const std::string_view fault : kAccepted) {
    exchange().fault(venue(), "place", fault);
    const OrderRequest r = c.resting();
    const PlaceReport p = c.place(r);
    EXPECT_EQ(p.outcome, PlaceOutcome::Unknown) << fault << ": " << p.code.view();
    expect_one_order(c, r, fault);
  }
}

TEST_P(LostReplies, OverTheOrderChannelTheSame) {
  if (!has_channel()) GTEST_SKIP() << "the venue has no order channel";
  Client c(venue(), access());
  ASSERT_TRUE(c.ready());
  // Two whose answers never come share the wait for them.
  for (const auto& faults : {std::vector<std::string_view>{"http_500_accepted"}, {"http_503_accepted"}, {"reset_after"}, {"empty", "truncate"}}) {
    ASSERT_TRUE(c.until([&] { return c.link().is_up(); }));
    const std::int64_t by_rest = c.desk().requests(venues::Pool::Order);
    std::vector<OrderRequest> sent;
    for (const std::string_view fault : faults) {
      exchange().fault(venue(), "place", fault);
      sent.push_back(c.resting());
      c.send_place(sent.back());
    }
    EXPECT_EQ(c.desk().requests(venues::Pool::Order), by_rest) << faults[0];
    for (const OrderRequest& r : sent) EXPECT_EQ(c.placed(r.id).outcome, PlaceOutcome::Unknown) << faults[0];
    for (const OrderRequest& r : sent) expect_one_order(c, r, faults[0]);
  }
}

TEST_P(LostReplies, AConnectionCutBeforeTheRequestArrivesLeavesNoOrder) {
  for (const Way way : {Way::RestOnly, Way::AsUsual}) {
    Client c(venue(), access());
    ASSERT_TRUE(c.ready(way));
    exchange().fault(venue(), "place", "reset_before");
    const OrderRequest r = c.resting();
    const PlaceReport p = c.place(r);
    EXPECT_TRUE(p.outcome == PlaceOutcome::Unknown || p.outcome == PlaceOutcome::DeniedLocally) << p.code.view();
    expect_no_order(c, r, "reset_before");
    if (!has_channel()) return;  // both ways are the same
  }
}

TEST_P(LostReplies, APageOfAGatewayIsNoAcceptance) {
  Client c(venue(), access());
  ASSERT_TRUE(c.ready(Way::RestOnly));
  exchange().fault(venue(), "place", "http_502_html");
  const OrderRequest r = c.resting();
  EXPECT_EQ(c.place(r).outcome, PlaceOutcome::Unknown);
  expect_no_order(c, r, "http_502_html");
  // A firewall's page: it may say as much as "not now", never that an order is there.
  exchange().fault(venue(), "place", "html_403");
  const OrderRequest second = c.resting();
  const PlaceReport p = c.place(second);
  EXPECT_TRUE(p.outcome == PlaceOutcome::Unknown || p.outcome == PlaceOutcome::Refused) << p.code.view();
  EXPECT_TRUE(exchange().orders(venue(), second.id).empty());
}

TEST_P(LostReplies, ARequestThatComesAfterItsExpiryIsNotCarriedOut) {
  for (const Way way : {Way::RestOnly, Way::AsUsual}) {
    Client c(venue(), access());
    ASSERT_TRUE(c.ready(way));
    exchange().fault(venue(), "place", "late", 1, 500);
    OrderRequest r = c.resting();
    r.created = c.now();
    r.expires = r.created + Dur::millis(200);
    const PlaceReport p = c.place(r);
    EXPECT_GE(c.now(), r.created + Dur::millis(450)) << "the fault did not hit it";
    EXPECT_EQ(p.outcome, PlaceOutcome::Refused) << p.code.view();
    EXPECT_EQ(p.reject, RejectClass::Expired) << p.code.view();
    expect_no_order(c, r, "late");
    if (!has_channel()) return;
  }
}

TEST_P(LostReplies, ACancelWithoutAReplyIsAskedFor) {
  Client c(venue(), access());
  ASSERT_TRUE(c.ready(Way::RestOnly));
  for (const std::string_view fault : {"reset_after", "http_500_accepted"}) {
    const OrderRequest r = c.resting();
    const PlaceReport p = c.place(r);
    ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view();
    exchange().fault(venue(), "cancel", fault);
    EXPECT_FALSE(c.cancel(r.id, p.venue_order_id).answered) << fault;
    EXPECT_TRUE(c.fate(r.id, p.venue_order_id).filled.is_zero()) << fault;
    EXPECT_FALSE(in_ledger(r.id).open) << fault;
  }
}

TEST_P(LostReplies, AQuestionWithoutAReplyProvesNothing) {
  Client c(venue(), access());
  ASSERT_TRUE(c.ready());
  const OrderRequest r = c.resting();
  const PlaceReport p = c.place(r);
  ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view();
  for (const std::string_view fault : {"reset_after", "truncate", "empty", "http_500_accepted", "http_502_html"}) {
    for (const LookupStage stage : {LookupStage::ById, LookupStage::OpenOrders, LookupStage::History}) {
      exchange().fault(venue(), "query", fault);
      EXPECT_EQ(c.lookup(r.id, {}, stage).outcome, LookupOutcome::Failed) << fault << " " << name(stage);
    }
    exchange().fault(venue(), "query", fault);
    EXPECT_FALSE(c.trades(r.id, p.venue_order_id).answered) << fault;
  }
  c.cancel(r.id, p.venue_order_id);
}

}  // namespace
}  // namespace dn::conformance
