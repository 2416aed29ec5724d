// The venue's limits: what it says when they are reached is heeded, and a client that keeps its own budget never reaches them.
#include "conformance.h"

namespace dn::conformance {
namespace {

class Limits : public Conformance {
 protected:
  // An exchange of its own for each case, with the limits that the venue really has.
  static void SetUpTestSuite() {}
  void SetUp() override {
    open_exchange(1);
    Conformance::SetUp();
  }
};
DN_OVER_EVERY_VENUE(Limits);

TEST_P(Limits, TooManyRequestsIsARefusalThatTellsHowLongToWait) {
  for (const Way way : {Way::RestOnly, Way::AsUsual}) {
    Client c(venue(), access());
    ASSERT_TRUE(c.ready(way));
    exchange().fault(venue(), "place", "rate_limit");
    const OrderRequest r = c.resting();
    const PlaceReport p = c.place(r);
    EXPECT_EQ(p.outcome, PlaceOutcome::Refused) << p.code.view();
    EXPECT_EQ(p.reject, RejectClass::RateLimited) << p.code.view();
    EXPECT_GT(p.retry_after, Dur{});
    EXPECT_TRUE(exchange().orders(venue(), r.id).empty());

    // Until then not even a hedge leaves.
    const Time end = c.desk().ready(venues::Pool::Order, 1, live::Urgency::Urgent);
    ASSERT_GT(end, c.now());
    OrderRequest hedge = c.order(Side::Buy, OrderType::Ioc, r.price, r.qty);
    hedge.purpose = Purpose::Rebalance;
    const PlaceReport early = c.place(hedge);
    EXPECT_EQ(early.outcome, PlaceOutcome::Refused) << early.code.view();
    EXPECT_EQ(early.reject, RejectClass::RateLimited) << early.code.view();
    EXPECT_GT(early.retry_after, Dur{});
    EXPECT_TRUE(exchange().orders(venue(), hedge.id).empty());

    if (way == Way::AsUsual) return;
    ASSERT_TRUE(c.until([&] { return c.now() >= end; }));
    const OrderRequest again = c.resting();
    const PlaceReport q = c.place(again);
    EXPECT_EQ(q.outcome, PlaceOutcome::Accepted) << q.code.view();
    if (!has_channel()) return;  // both ways are the same
  }
}

TEST_P(Limits, OurOwnBudgetHoldsQuotesBackAndLetsAHedgePass) {
  constexpr int kQuotes = 60;
  constexpr Dur kFresh = Dur::millis(50 + 450);  // a quote waits for 50 ms at most; the rest is for a slow machine
  for (const Way way : {Way::RestOnly, Way::AsUsual}) {
    Client c(venue(), access());
    ASSERT_TRUE(c.ready(way));
    const OrderRequest example = c.resting();
    std::vector<OrderRequest> quotes;
    for (int i = 0; i < kQuotes; ++i) {
      quotes.push_back(c.order(Side::Buy, OrderType::Limit, example.price, example.qty));
      c.send_place(quotes.back());
    }
    OrderRequest hedge = c.order(Side::Buy, OrderType::Ioc, c.facts().top->ask, example.qty);
    hedge.purpose = Purpose::Rebalance;
    c.send_place(hedge);
    const PlaceReport first = c.placed(hedge.id);
    EXPECT_EQ(first.outcome, PlaceOutcome::Accepted) << first.code.view() << " " << first.reason.view();
    EXPECT_LT(c.now() - hedge.created, Dur::seconds(1)) << "a hedge does not stand behind quotes";
    int accepted = 0;
    for (const OrderRequest& r : quotes) {
      const PlaceReport p = c.placed(r.id);
      if (p.outcome == PlaceOutcome::Accepted) {
        ++accepted;
        EXPECT_LT(in_ledger(r.id).created - r.created, kFresh) << "an old price was sent";
        c.send_cancel(r.id, p.venue_order_id);
        continue;
      }
      EXPECT_EQ(p.outcome, PlaceOutcome::Refused) << p.code.view();
      EXPECT_EQ(p.reject, RejectClass::RateLimited) << p.code.view();
      EXPECT_GT(p.retry_after, Dur{});
      EXPECT_TRUE(exchange().orders(venue(), r.id).empty());
    }
    EXPECT_GT(accepted, 0);
    EXPECT_LT(accepted, kQuotes);
    EXPECT_EQ(exchange().counter("rate_limit_breaches"), 0);
    if (!has_channel()) return;
  }
}

TEST_P(Limits, AnOrderDoesNotStandBehindQuestions) {
  Client c(venue(), access());
  ASSERT_TRUE(c.ready(Way::RestOnly));
  const OrderRequest r = c.resting();
  exchange().set("latency_ms", 100);
  constexpr std::size_t kQuestions = 30;
  for (std::size_t i = 0; i < kQuestions; ++i) c.link().send(LookupOrder{venue(), r.id, {}, LookupStage::ById});
  c.send_place(r);
  EXPECT_EQ(c.placed(r.id).outcome, PlaceOutcome::Accepted);
  EXPECT_LT(c.all<LookupReport>().size(), kQuestions / 2) << "most of them still wait for a connection";
  EXPECT_TRUE(c.until([&] { return c.all<LookupReport>().size() == kQuestions; }));
  exchange().set("latency_ms", 0);
  EXPECT_EQ(exchange().counter("rate_limit_breaches"), 0);
  c.send_cancel(r.id);
}

TEST_P(Limits, ManyQuestionsAtOnceWaitForTheirTurn) {
  Client c(venue(), access());
  ASSERT_TRUE(c.ready());
  const OrderRequest r = c.resting();
  constexpr std::size_t kQuestions = 92;
  for (std::size_t i = 0; i < kQuestions; ++i) c.link().send(LookupOrder{venue(), r.id, {}, LookupStage::ById});
  EXPECT_TRUE(c.until([&] { return c.all<LookupReport>().size() == kQuestions; }));
  for (const LookupReport& l : c.all<LookupReport>()) EXPECT_EQ(l.outcome, LookupOutcome::NotFound) << l.code.view();
  EXPECT_EQ(exchange().counter("rate_limit_breaches"), 0);
  EXPECT_EQ(c.desk().throttled(), 0);
}

}  // namespace
}  // namespace dn::conformance
