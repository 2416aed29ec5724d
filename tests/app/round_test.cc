// Whole rounds in virtual time: a position is opened, held through its fundings and closed again, and what the books say of it is what the
// exchange's balances did.
#include <gtest/gtest.h>

#include "app/kpi.h"
#include "sim/instruments.h"
#include "sim/memory_store.h"
#include "sim/task_run.h"

namespace dn::app {
namespace {

Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }

constexpr Time kStart{1'767'225'600'000'000};  // 2026-01-01T00:00:00Z, a settlement's moment
constexpr Dur kBookEvery = Dur::seconds(20);

// Two books of one level that walk up and down, the perpetual's a little above the spot's.
class WalkingBooks final : public sim::MarketFeed {
 public:
  std::optional<sim::MarketEvent> next() override {
    const bool spot = step_ % 2 == 0;
    const std::int64_t walk = (step_ * 37 % 101) + step_ % 7;  // quarter dollars
    const Price mid(Decimal(43'000) + Decimal::from_parts(walk * 25 + (spot ? 0 : 2'200), 2));
    const sim::Book book{{{mid - Price(dec("0.1")), Qty(50)}}, {{mid + Price(dec("0.1")), Qty(50)}}};
    sim::MarketEvent e{kStart + kBookEvery * (step_ / 2), spot, !spot, sim::Book{rounded(book)}};
    ++step_;
    return e;
  }

 private:
  static sim::Book rounded(sim::Book b) {
    const Price tick(dec("0.1"));
    b.bids[0].price = b.bids[0].price.floor_to(tick);
    b.asks[0].price = b.asks[0].price.ceil_to(tick);
    return b;
  }
  std::int64_t step_ = 0;
};

TaskSpec carry() {
  TaskSpec s;
  s.name = "carry";
  s.symbol = *symbol_from("BTC/USDT");
  s.total_quantity = Qty(dec("0.5"));
  s.order_quantity = Qty(dec("0.1"));
  s.delay = Dur::seconds(5);
  s.leg.buy = {Venue::MexcSpot, 0, 1'000'000, PriceReference::Opposite};
  s.leg.sell = {Venue::GateioFutures, 0, 1'000'000, PriceReference::Opposite};
  s.risk.max_book_age = Dur::minutes(2);
  s.risk.max_hold = Dur::hours(48);
  s.hold.min_funding_apr = Percent(5);
  s.hold.exit_funding_apr = Percent(0);
  return s;
}

// MX on MEXC, GT on Gate: what the fees of a spot leg are paid in.
Instrument in_token(Instrument i, const char* token) {
  i.fee_in = FeeIn::Token;
  i.fee_token = Asset(token);
  i.fee_token_price = Price(dec("7.3"));
  return i;
}

// One life: runs follow each other until the task ends. A run is killed after `kill_every` steps (0: never).
struct Round {
  explicit Round(const TaskSpec& spec, int kill_every = 0, Venue buy = Venue::MexcSpot, const char* token = nullptr) {
    PerSide<Instrument> legs{*sim::paper_instrument(buy, spec.symbol), *sim::paper_instrument(Venue::GateioFutures, spec.symbol)};
    if (token != nullptr) legs.buy = in_token(legs.buy, token);
    sim::WorldSetup w;
    w.start = kStart;
    w.feed = std::make_unique<WalkingBooks>();
    w.instruments = legs;
    for (const Side leg : kSides) w.balances[leg][Asset("USDT")] = Decimal(100'000);
    if (token != nullptr) w.balances.buy[Asset(token)] = Decimal(kTokens);
    w.funding = {Dur::hours(8), kStart + Dur::hours(8), {Rate(dec("0.0001")), Rate(dec("0.00012")), Rate(dec("0.00008")), Rate(dec("-0.00005"))}};
    world = std::make_unique<sim::World>(std::move(w));
    TaskRecord task;
    task.id = 1;
    task.spec = spec;
    task.created = kStart;
    store = std::make_unique<sim::MemoryStore>(task);
    RunObserver nobody;
    for (int runs = 0; runs < 100'000 && stored().task.verdict == Verdict::None; ++runs) {
      world->drop_client();
      (void)store->begin_run(world->now());
      for (const Side leg : kSides) legs[leg] = world->venue(leg).instrument();
      TaskEngine engine(stored(), legs);
      sim::TaskRun run(*world, engine, *store, nobody);
      auto done = run.start(world->now());
      for (int steps = 0; done && !run.finished() && (kill_every == 0 || steps < kill_every + runs % 5); ++steps) done = run.step();
      if (world->now() > kStart + Dur::hours(40)) break;
    }
  }

  StoredTask stored() const { return store->load().value(); }
  // What both accounts have more than at the start, of one asset.
  Decimal change(const char* asset) const {
    Decimal sum;
    for (const Side leg : kSides) {
      const auto& have = world->venue(leg).truth().balances;
      const auto at = have.find(Asset(asset));
      if (at != have.end()) sum += at->second;
    }
    return std::string_view(asset) == "USDT" ? sum - Decimal(200'000) : sum;
  }
  static constexpr int kTokens = 1'000;

  std::unique_ptr<sim::World> world;
  std::unique_ptr<sim::MemoryStore> store;
};

// The parts of the profit are what they are said to be, and their sum is what both accounts changed by, to the last digit. What is left of the coin
// below the venue's smallest order stands at its cost.
void expect_split(const Round& r) {
  const TaskRecord task = r.stored().task;
  const Kpi k = kpi(task);
  ASSERT_TRUE(k.basis && k.profit && k.avg_price.buy);
  EXPECT_EQ(k.funding, r.world->venue(Side::Sell).truth().funding);
  EXPECT_EQ((*k.basis + k.slippage + k.funding - k.fees_quote).str(), k.profit->str());
  EXPECT_EQ(r.change("BTC"), task.leg.buy.net.decimal()) << "what is below the venue's smallest order stays, and is known";
  const Money dust = *k.avg_price.buy * Qty(r.change("BTC"));
  EXPECT_EQ((*k.profit - dust).str(), r.change("USDT").str()) << "to the last digit";
}

void expect_whole_round(const Round& r) {
  const StoredTask end = r.stored();
  EXPECT_EQ(end.task.verdict, Verdict::Completed) << end.task.reason;
  EXPECT_EQ(end.task.holding.part, Part::Close);
  EXPECT_TRUE(r.world->venue(Side::Sell).truth().position.is_zero());
  ASSERT_EQ(end.fundings.size(), 3U);
  ASSERT_EQ(r.world->venue(Side::Sell).truth().settlements.size(), 3U) << "it left before the settlement at which it would have paid";
  EXPECT_EQ(end.task.leg.buy.traded, end.task.spec.total_quantity);
  EXPECT_TRUE(kpi(end.task).funding.is_positive());
  expect_split(r);
}

TEST(Round, HoldsThroughThreeFundingsAndClosesWhenTheRateTurns) {
  const Round r(carry());
  expect_whole_round(r);
  EXPECT_TRUE(r.change("BTC").is_zero());
  EXPECT_GT(r.stored().task.updated, kStart + Dur::hours(24));
  EXPECT_LT(r.stored().task.updated, kStart + Dur::hours(24) + Dur::minutes(10));
  for (const sim::VenueOrder& o : r.world->venue(Side::Sell).truth().orders) {
    EXPECT_EQ(o.request.reduce_only, o.request.side == Side::Buy) << "what closes on the perpetual can only reduce";
  }
}

TEST(Round, AKillAtAnyMomentChangesNothingOfIt) {
  for (const int kill_every : {23, 61, 400}) {
    SCOPED_TRACE(kill_every);
    expect_whole_round(Round(carry(), kill_every));
  }
}

TEST(Round, ClosesAfterSoManyFundings) {
  TaskSpec s = carry();
  s.hold = {};
  s.hold.exit_after_fundings = 2;
  const StoredTask end = Round(s).stored();
  EXPECT_EQ(end.task.verdict, Verdict::Completed);
  EXPECT_EQ(end.fundings.size(), 2U);
  EXPECT_LT(end.task.updated, kStart + Dur::hours(16) + Dur::minutes(5));
}

TEST(Round, OpensNothingWhileTheFundingIsTooLow) {
  TaskSpec s = carry();
  s.hold.min_funding_apr = Percent(12);  // the second settlement's is above
  s.hold.exit_after_fundings = 1;
  const StoredTask end = Round(s).stored();
  EXPECT_EQ(end.task.verdict, Verdict::Completed);
  EXPECT_GT(end.task.first_order, kStart + Dur::hours(8));
  EXPECT_EQ(end.fundings.size(), 1U);
}

// Gate takes the fee of a spot buy from the coin: what is left of it is closed with the rest.
TEST(Round, AFeeInTheCoinIsPartOfTheSplit) {
  TaskSpec s = carry();
  s.leg.buy.exchange = Venue::GateioSpot;
  for (const int kill_every : {0, 61}) {
    SCOPED_TRACE(kill_every);
    const Round r(s, kill_every, Venue::GateioSpot);
    expect_whole_round(r);
    EXPECT_TRUE(r.stored().task.leg.buy.fees.of(Asset("BTC")).is_positive());
  }
}

// Fees in a token are no part of the profit in quote, and stand beside it.
TEST(Round, AFeeInATokenStandsBesideTheSplit) {
  for (const auto& [venue, token] : {std::pair(Venue::MexcSpot, "MX"), std::pair(Venue::GateioSpot, "GT")}) {
    SCOPED_TRACE(token);
    TaskSpec s = carry();
    s.leg.buy.exchange = venue;
    const Round r(s, 0, venue, token);
    expect_whole_round(r);
    const FeeTotals& fees = r.stored().task.leg.buy.fees;
    EXPECT_TRUE(fees.of(Asset(token)).is_positive());
    EXPECT_EQ(r.change(token), Decimal(Round::kTokens) - fees.of(Asset(token)).decimal());
    EXPECT_TRUE(fees.of(Asset("USDT")).is_zero());
  }
}

}  // namespace
}  // namespace dn::app
