// Streams: prices and own orders come, silence and a cut are noticed, what is broken or repeated changes nothing.
#include "conformance.h"

namespace dn::conformance {
namespace {

class Streams : public Conformance {
 protected:
  void SetUp() override {
    Conformance::SetUp();
    if (HasFatalFailure()) return;
    client_ = std::make_unique<Client>(venue(), access());
    ASSERT_TRUE(client_->ready());
  }
  Client& client() { return *client_; }
  std::int64_t orders_by_rest() { return client().desk().requests(venues::Pool::Order) + client().desk().requests(venues::Pool::Cancel); }

  // Takes a little and waits until all of it is known by REST.
  void expect_a_trade_is_whole() {
    const OrderRequest r = client().taking();
    const PlaceReport p = client().place(r);
    ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view();
    const LookupReport end = client().fate(r.id, p.venue_order_id);
    EXPECT_EQ(end.filled, r.qty);
    EXPECT_EQ(sum_of(client().all_trades(r.id, p.venue_order_id, end.filled).fills), end.filled);
  }

 private:
  std::unique_ptr<Client> client_;
};
DN_OVER_EVERY_VENUE(Streams);

TEST_P(Streams, PricesCome) {
  for (int i = 0; i < 3; ++i) {
    const TopOfBook t = client().next_top();
    EXPECT_TRUE(t.bid.is_positive());
    EXPECT_LT(t.bid, t.ask);
    EXPECT_TRUE(t.bid.is_multiple_of(client().instrument().tick));
    EXPECT_TRUE(t.bid_qty.is_positive());
    EXPECT_TRUE(t.ask_qty.is_positive());
    EXPECT_TRUE(t.ask_qty.is_multiple_of(client().instrument().step)) << "in base, whatever the venue counts in";
  }
  EXPECT_FALSE(client().has<BookLost>());
}

TEST_P(Streams, SilenceIsALossWithinTheRuleAndIsRecoveredFrom) {
  // The program waits for five seconds; a case need not.
  venues::StreamRules rules;
  rules.silence = Dur::millis(1500);
  Client c(venue(), access());
  c.connect(client().facts(), Way::AsUsual, rules);
  ASSERT_TRUE(c.is_up());
  c.forget_events();
  exchange().fault(venue(), "any", "stall_stream", 1, 60'000);
  const Time stalled = c.now();
  ASSERT_TRUE(c.until([&] { return c.has<BookLost>(); }));
  EXPECT_GT(c.now() - stalled, rules.silence - Dur::millis(500)) << c.notes();
  EXPECT_LT(c.now() - stalled, rules.silence + Dur::millis(500)) << c.notes();
  c.forget_events();
  EXPECT_TRUE(c.until([&] { return c.link().is_up() && c.has<BookUpdate>() && c.has<PrivateStreamReset>(); })) << c.notes();
}

TEST_P(Streams, ACutIsALossAndBothStreamsComeBack) {
  client().forget_events();
  exchange().fault(venue(), "any", "drop_stream");
  ASSERT_TRUE(client().until([&] { return client().has<BookLost>(); }));
  EXPECT_FALSE(client().link().is_up());
  client().forget_events();
  EXPECT_TRUE(client().until([&] { return client().link().is_up() && client().has<BookUpdate>(); })) << client().notes();
  EXPECT_TRUE(client().has<PrivateStreamReset>()) << "what it would have said meanwhile has to be asked for";
  expect_a_trade_is_whole();
}

TEST_P(Streams, AFillIsTold) {
  const OrderRequest r = client().taking();
  const PlaceReport p = client().place(r);
  ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view();
  EXPECT_TRUE(client().until([&] { return client().has_news_of(r.id); })) << client().notes();
  // Pushed fills carry the ids by which REST lists them, or they would be booked twice.
  const LookupReport end = client().fate(r.id, p.venue_order_id);
  const TradesReport listed = client().all_trades(r.id, p.venue_order_id, end.filled);
  for (const Fill& f : client().pushed_fills(r.id)) {
    const auto same = std::find_if(listed.fills.begin(), listed.fills.end(), [&](const Fill& l) { return l.trade_id == f.trade_id; });
    ASSERT_NE(same, listed.fills.end()) << f.trade_id.view();
    EXPECT_EQ(f.price, same->price);
    EXPECT_EQ(f.qty, same->qty);
    EXPECT_EQ(f.side, same->side);
    EXPECT_EQ(f.fee, same->fee);
    EXPECT_EQ(f.fee_asset, same->fee_asset);
    EXPECT_EQ(f.venue_order_id, same->venue_order_id);
    EXPECT_EQ(f.liquidity, same->liquidity);
  }
}

TEST_P(Streams, ACancelThatTheVenueMakesIsTold) {
  const OrderRequest r = client().resting();
  const PlaceReport p = client().place(r);
  ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view();
  ASSERT_TRUE(client().until([&] { return client().has_news_of(r.id); }));
  client().forget_events();
  exchange().end_order(venue(), r.id);
  EXPECT_TRUE(client().until([&] { return client().has_news_of(r.id); }));
  EXPECT_TRUE(client().fate(r.id, p.venue_order_id).filled.is_zero());
}

TEST_P(Streams, PushesThatAreLostAreMadeUpForByAsking) {
  exchange().fault(venue(), "stream", "drop_private", 1000);
  const OrderRequest r = client().taking();
  const PlaceReport p = client().place(r);
  ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view();
  const LookupReport end = client().fate(r.id, p.venue_order_id);
  EXPECT_EQ(end.filled, r.qty);
  EXPECT_EQ(sum_of(client().all_trades(r.id, p.venue_order_id, end.filled).fills), end.filled);
  EXPECT_FALSE(client().has_news_of(r.id)) << "the fault did not hit it";
}

TEST_P(Streams, BrokenRepeatedAndOvertakenPushesChangeNothing) {
  for (const std::string_view fault : {"garbage", "duplicate", "reorder", "truncate"}) {
    client().forget_events();
    exchange().fault(venue(), "stream", fault, 8);
    const OrderRequest r = client().taking();
    const PlaceReport p = client().place(r);
    ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << fault << ": " << p.code.view();
    const LookupReport end = client().fate(r.id, p.venue_order_id);
    EXPECT_EQ(end.filled, r.qty) << fault;
    const TradesReport listed = client().all_trades(r.id, p.venue_order_id, end.filled);
    EXPECT_EQ(sum_of(listed.fills), end.filled) << fault;
    // Whatever came by push is one of those, however often it came.
    for (const Fill& f : client().pushed_fills(r.id)) {
      const bool known = std::any_of(listed.fills.begin(), listed.fills.end(),
                                     [&](const Fill& l) { return l.trade_id == f.trade_id && l.qty == f.qty && l.price == f.price; });
      EXPECT_TRUE(known) << fault << " " << f.trade_id.view();
    }
    for (const BookUpdate& b : client().all<BookUpdate>()) EXPECT_LT(b.top.bid, b.top.ask) << fault;
    exchange().clear_faults();
    client().next_top();
    EXPECT_FALSE(client().has<BookLost>()) << fault << ": " << client().notes();
    EXPECT_TRUE(client().link().is_up()) << fault;
  }
}

// ---- orders over a WebSocket, where the venue has that

TEST_P(Streams, OrdersGoOverTheOrderChannelWhileItIsUp) {
  if (!has_channel()) GTEST_SKIP() << "the venue has no order channel";
  EXPECT_GT(exchange().counter("logins"), 0);
  const std::int64_t before = orders_by_rest();
  const OrderRequest r = client().resting();
  const PlaceReport p = client().place(r);
  ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view();
  EXPECT_TRUE(client().cancel(r.id, p.venue_order_id).answered);
  EXPECT_EQ(orders_by_rest(), before) << "it went by REST";
  EXPECT_FALSE(in_ledger(r.id).open);
}

TEST_P(Streams, OrdersGoByRestWhileTheOrderChannelIsDown) {
  if (!has_channel()) GTEST_SKIP() << "the venue has no order channel";
  const OrderRequest r = client().resting();
  const OrderRequest second = client().resting();
  exchange().fault(venue(), "any", "drop_stream");
  ASSERT_TRUE(client().until([&] { return client().has<BookLost>() && !client().link().is_up(); }));
  const std::int64_t before = orders_by_rest();
  client().send_place(r);
  client().send_place(second);
  // Whatever each of them took, it took one way only.
  for (const OrderRequest& o : {r, second}) {
    const PlaceReport p = client().placed(o.id);
    EXPECT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view();
    EXPECT_EQ(p.venue_order_id.view(), in_ledger(o.id).venue_order_id);
    EXPECT_TRUE(client().reports(o.id).empty()) << "a second answer";
  }
  EXPECT_GE(orders_by_rest(), before + 2);
  for (const OrderRequest& o : {r, second}) client().cancel(o.id);
}

}  // namespace
}  // namespace dn::conformance
