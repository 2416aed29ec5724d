// A survey of the account: whoever placed it and whatever became of it, all of it is told, and as the exchange's own ledger has it.
#include <algorithm>

#include "conformance.h"

namespace dn::conformance {
namespace {

class Surveys : public Conformance {
 protected:
  void SetUp() override {
    Conformance::SetUp();
    if (HasFatalFailure()) return;
    client_ = std::make_unique<Client>(venue(), access());
    ASSERT_TRUE(client_->ready());
  }
  Client& client() { return *client_; }

  void accepted(const OrderRequest& r) {
    const PlaceReport p = client().place(r);
    EXPECT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view() << " " << p.reason.view();
  }
  // Takes all that can be seen and rests with as much again, until it is cancelled.
  OrderRequest filled_in_part_and_cancelled() {
    const Price limit = client().taking_price(Side::Buy);
    const Qty all = max(exchange().depth(venue(), Side::Buy, limit), client().some_qty());
    const OrderRequest r = client().order(Side::Buy, OrderType::Limit, limit, (all * Decimal(2)).floor_to(client().instrument().step));
    const PlaceReport p = client().place(r);
    client().cancel(r.id, p.venue_order_id);
    client().fate(r.id, p.venue_order_id);
    return r;
  }
  // By hand, without a text of its own, and with the text of another program.
  void others_place() {
    const Price low = client().resting_price(Side::Buy);
    const bool mexc = venue() == Venue::MexcSpot;
    exchange().place_foreign(venue(), mexc ? "" : "web", Side::Buy, low, client().some_qty());
    exchange().place_foreign(venue(), mexc ? "other_program-1" : "t-other.program_1", Side::Buy, low, client().some_qty());
  }

  static void expect_as_in_ledger(const venues::SeenOrder& o, const LedgerOrder& truth) {
    EXPECT_EQ(o.client_id, truth.text);
    EXPECT_EQ(o.side, truth.side) << truth.text;
    EXPECT_EQ(o.price, truth.price) << truth.text;
    EXPECT_EQ(o.qty, truth.qty) << truth.text;
    EXPECT_EQ(o.filled, truth.filled) << truth.text;
    EXPECT_EQ(o.open, truth.open) << truth.text;
    EXPECT_EQ(o.reduce_only, truth.reduce_only) << truth.text;
    // Whole seconds on some venues.
    EXPECT_LE(o.created, truth.created) << truth.text;
    EXPECT_GT(o.created, truth.created - Dur::seconds(1)) << truth.text;
  }
  static void expect_as_in_ledger(const Fill& f, const LedgerTrade& truth) {
    EXPECT_EQ(f.venue_order_id.view(), truth.order.venue_order_id);
    EXPECT_EQ(f.order.view(), truth.order.text.rfind("t-", 0) == 0 ? truth.order.text : "");
    EXPECT_EQ(f.venue, venue());
    EXPECT_EQ(f.side, truth.order.side);
    EXPECT_EQ(f.price, truth.price);
    EXPECT_EQ(f.qty, truth.qty);
    EXPECT_EQ(f.fee, truth.fee);
    EXPECT_EQ(f.fee_asset.view(), truth.fee_asset);
    EXPECT_EQ(f.liquidity, truth.maker ? Liquidity::Maker : Liquidity::Taker);
  }

  // Everything that the venue keeps, and nothing else.
  static void expect_whole_ledger(const venues::Survey& s) {
    std::vector<LedgerOrder> orders = exchange().all_orders(venue());
    // What ended there without a fill is not kept.
    if (venue() == Venue::GateioSpot) std::erase_if(orders, [](const LedgerOrder& o) { return !o.open && o.filled.is_zero(); });
    EXPECT_EQ(s.orders.size(), orders.size());
    for (const LedgerOrder& truth : orders) {
      const auto at = std::find_if(s.orders.begin(), s.orders.end(), [&](const auto& o) { return o.venue_order_id.view() == truth.venue_order_id; });
      ASSERT_NE(at, s.orders.end()) << truth.text << " is not told";
      expect_as_in_ledger(*at, truth);
    }
    const std::vector<LedgerTrade> trades = exchange().all_trades(venue());
    EXPECT_EQ(s.trades.size(), trades.size());
    for (const LedgerTrade& truth : trades) {
      const auto at = std::find_if(s.trades.begin(), s.trades.end(), [&](const Fill& f) { return f.trade_id.view() == truth.trade_id; });
      ASSERT_NE(at, s.trades.end()) << truth.trade_id << " is not told";
      expect_as_in_ledger(*at, truth);
    }
  }

 private:
  std::unique_ptr<Client> client_;
};
DN_OVER_EVERY_VENUE(Surveys);

TEST_P(Surveys, TellsEveryOrderAndEveryTradeOfTheAccount) {
  const Time before = client().now();
  const OrderRequest rests = client().resting();
  const OrderRequest takes = client().taking();
  accepted(rests);
  accepted(takes);
  const OrderRequest part = filled_in_part_and_cancelled();
  others_place();
  if (client().instrument().kind == InstrumentKind::Perpetual) {
    OrderRequest reduces = client().resting(Side::Sell);
    reduces.reduce_only = true;
    accepted(reduces);
  }
  // What the ledger says is what the case is about.
  EXPECT_TRUE(in_ledger(rests.id).open);
  EXPECT_EQ(in_ledger(takes.id).filled, takes.qty);
  EXPECT_TRUE(in_ledger(part.id).filled.is_positive());
  EXPECT_LT(in_ledger(part.id).filled, part.qty);
  EXPECT_FALSE(in_ledger(part.id).open);

  const auto s = client().survey(before - Dur::hours(1));
  ASSERT_TRUE(s) << s.error().message;
  expect_whole_ledger(*s);
  EXPECT_GE(s->venue_time, before - Dur::seconds(1));
  EXPECT_LE(s->venue_time, client().now() + Dur::millis(500));
  EXPECT_TRUE(std::is_sorted(s->orders.begin(), s->orders.end(), [](const auto& a, const auto& b) { return a.created < b.created; }));
  EXPECT_TRUE(std::is_sorted(s->trades.begin(), s->trades.end(), [](const Fill& a, const Fill& b) { return a.time < b.time; }));
}

TEST_P(Surveys, TellsWhatIsOpenHoweverOldAndOfTheRestOnlyWhatHappenedSince) {
  const OrderRequest rests = client().resting();
  const OrderRequest takes = client().taking();
  accepted(rests);
  accepted(takes);
  client().until([] { return false; }, Dur::seconds(3));
  const Time since = client().now() - Dur::seconds(1);
  const auto quiet = client().survey(since);
  ASSERT_TRUE(quiet) << quiet.error().message;
  EXPECT_TRUE(quiet->trades.empty());
  EXPECT_FALSE(quiet->orders.empty());
  for (const venues::SeenOrder& o : quiet->orders) EXPECT_TRUE(o.open) << o.client_id;

  const OrderRequest again = client().taking();
  accepted(again);
  const auto s = client().survey(since);
  ASSERT_TRUE(s) << s.error().message;
  EXPECT_EQ(s->orders.size(), quiet->orders.size() + 1);
  EXPECT_FALSE(s->trades.empty());
  for (const Fill& f : s->trades) EXPECT_EQ(f.order, again.id);
}

TEST_P(Surveys, AWrongKeyIsAPermissionProblem) {
  Client stranger(venue(), wrong_access());
  const auto s = stranger.survey(stranger.now() - Dur::hours(1));
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().kind, venues::Problem::Kind::Permission) << s.error().message;
}

TEST_P(Surveys, AnAnswerThatIsCutIsAProblemAndNoSmallerSurvey) {
  for (const std::string_view fault : {"reset_after", "truncate", "empty", "http_500_accepted", "http_502_html", "html_403", "rate_limit"}) {
    exchange().fault(venue(), "query", fault);
    const auto s = client().survey(client().now() - Dur::hours(1));
    ASSERT_FALSE(s) << fault;
    EXPECT_EQ(s.error().kind, venues::Problem::Kind::Unreachable) << fault << ": " << s.error().message;
    EXPECT_FALSE(s.error().message.empty()) << fault;
  }
}

}  // namespace
}  // namespace dn::conformance
