// The simulated exchange: what it matches, what it refuses, and that its money adds up.
#include "sim/venue.h"

#include <gtest/gtest.h>

#include "sim/instruments.h"
#include "sim/rng.h"

namespace dn::sim {
namespace {

Decimal dec(std::string_view t) { return Decimal::parse(t).value(); }
Price px(std::string_view t) { return Price(dec(t)); }
Qty qty(std::string_view t) { return Qty(dec(t)); }

class VenueTest : public ::testing::Test {
 protected:
  explicit VenueTest(Venue v = Venue::MexcSpot) : instrument(*paper_instrument(v, *symbol_from("ETH/USDT"))), venue(setup()) { show(); }

  VenueSetup setup() const { return {instrument, {{Asset("ETH"), dec("100")}, {Asset("USDT"), dec("1000000")}}, "X"}; }
  void show() { venue.on_book({{{px("4350.00"), qty("2")}, {px("4349.99"), qty("3")}}, {{px("4350.05"), qty("1")}, {px("4350.06"), qty("4")}}}, now); }
  OrderRequest order(Side side, OrderType type, std::string_view price, std::string_view amount) {
    OrderRequest r;
    r.id = ClientOrderId("t-" + std::to_string(++orders));
    r.leg = r.side = side;
    r.type = type;
    r.price = px(price);
    r.qty = qty(amount);
    r.expires = now + Dur::seconds(5);
    return r;
  }
  PlaceReport place(const OrderRequest& r) { return venue.place(r, now); }
  void trade(Side taker, std::string_view price, std::string_view amount) { venue.on_trade({px(price), qty(amount), taker}, now); }
  Qty filled(const OrderRequest& r) const { return venue.lookup(r.id, {}, LookupStage::ById, now).filled; }
  bool open(const OrderRequest& r) const { return venue.lookup(r.id, {}, LookupStage::OpenOrders, now).outcome == LookupOutcome::Found; }

  Instrument instrument;
  Time now{1'000'000};
  int orders = 0;
  SimVenue venue;
};

TEST_F(VenueTest, ARestingOrderFillsBehindTheQueueThatStoodBeforeIt) {
  const OrderRequest r = order(Side::Buy, OrderType::Limit, "4350.00", "1");
  place(r);
  trade(Side::Sell, "4350.00", "1.5");
  EXPECT_EQ(filled(r), qty("0")) << "2 stood before it";
  trade(Side::Sell, "4350.00", "1");
  EXPECT_EQ(filled(r), qty("0.5"));
  trade(Side::Sell, "4349.90", "0.1");
  EXPECT_EQ(filled(r), qty("0.6")) << "a trade beyond its price reaches it first";
  EXPECT_EQ(venue.take_new_fills().back().price, px("4350.00"));
}

TEST_F(VenueTest, ASmallerLevelShortensTheQueueAndABookAloneFillsNothing) {
  const OrderRequest r = order(Side::Buy, OrderType::Limit, "4350.00", "1");
  place(r);
  venue.on_book({{{px("4350.00"), qty("0.5")}}, {{px("4350.05"), qty("1")}}}, now);
  venue.on_book({{{px("4340.00"), qty("9")}}, {{px("4341.00"), qty("9")}}}, now);
  EXPECT_EQ(filled(r), qty("0")) << "only trades fill what rests";
  show();
  trade(Side::Sell, "4350.00", "0.7");
  EXPECT_EQ(filled(r), qty("0.7")) << "whoever stood before it was gone in the second book";
}

TEST_F(VenueTest, TheBetterPriceFillsFirst) {
  const OrderRequest low = order(Side::Buy, OrderType::Limit, "4350.01", "1");
  const OrderRequest high = order(Side::Buy, OrderType::Limit, "4350.02", "1");
  place(low);
  place(high);
  trade(Side::Sell, "4350.01", "1.5");
  EXPECT_EQ(filled(high), qty("1"));
  EXPECT_EQ(filled(low), qty("0.5"));
}

TEST_F(VenueTest, ATakerWalksTheDepthAndWhatItTookIsGoneUntilTheNextSnapshot) {
  const OrderRequest first = order(Side::Buy, OrderType::Ioc, "4350.06", "3");
  EXPECT_EQ(place(first).outcome, PlaceOutcome::Accepted);
  EXPECT_EQ(filled(first), qty("3"));
  const auto fills = venue.take_new_fills();
  ASSERT_EQ(fills.size(), 2u);
  EXPECT_EQ(fills[0].price, px("4350.05"));
  EXPECT_EQ(fills[0].qty, qty("1"));
  EXPECT_EQ(fills[1].liquidity, Liquidity::Taker);
  const OrderRequest second = order(Side::Buy, OrderType::Ioc, "4350.06", "3");
  place(second);
  EXPECT_EQ(filled(second), qty("2"));
  EXPECT_FALSE(open(second)) << "what an IOC order does not get at once is cancelled";
  show();
  const OrderRequest third = order(Side::Buy, OrderType::Ioc, "4350.05", "1");
  place(third);
  EXPECT_EQ(filled(third), qty("1"));
}

TEST_F(VenueTest, RefusesWhatTheRealOneRefuses) {
  const auto refused = [&](OrderRequest r, RejectClass why) {
    const PlaceReport p = place(r);
    EXPECT_EQ(p.outcome, PlaceOutcome::Refused);
    EXPECT_EQ(p.reject, why) << p.code.view();
  };
  refused(order(Side::Buy, OrderType::Limit, "4350.001", "1"), RejectClass::Filter);
  refused(order(Side::Buy, OrderType::Limit, "4350.00", "0.000001"), RejectClass::Filter);
  refused(order(Side::Buy, OrderType::Limit, "4350.00", "0.0002"), RejectClass::Filter);
  refused(order(Side::Buy, OrderType::Limit, "4350.00", "50000"), RejectClass::Filter);
  refused(order(Side::Buy, OrderType::PostOnly, "4350.05", "1"), RejectClass::WouldCross);
  refused(order(Side::Sell, OrderType::Limit, "4360.00", "101"), RejectClass::InsufficientBalance);
  refused(order(Side::Buy, OrderType::Limit, "4350.00", "229.8"), RejectClass::InsufficientBalance);
  OrderRequest late = order(Side::Buy, OrderType::Limit, "4350.00", "1");
  late.expires = now - Dur::micros(1);
  refused(late, RejectClass::Expired);
  OrderRequest twice = order(Side::Buy, OrderType::Limit, "4340.00", "1");
  place(twice);
  refused(twice, RejectClass::Duplicate);
  EXPECT_EQ(venue.truth().duplicate_ids, 1);
  venue.set_status(TradingStatus::Halted);
  refused(order(Side::Buy, OrderType::Limit, "4350.00", "1"), RejectClass::Halted);
}

TEST_F(VenueTest, LookupsShowWhatTheirKindShows) {
  const OrderRequest r = order(Side::Buy, OrderType::Limit, "4340.00", "1");
  place(r);
  EXPECT_EQ(venue.lookup(r.id, {}, LookupStage::History, now).outcome, LookupOutcome::NotFound);
  EXPECT_TRUE(open(r));
  EXPECT_EQ(venue.cancel(r.id, {}, now).code.view(), "cancelled");
  EXPECT_EQ(venue.cancel(r.id, {}, now).code.view(), "not_found");
  EXPECT_FALSE(open(r));
  EXPECT_EQ(venue.lookup(r.id, {}, LookupStage::History, now).outcome, LookupOutcome::Found);
  EXPECT_EQ(venue.lookup(ClientOrderId("other"), {}, LookupStage::ById, now).outcome, LookupOutcome::NotFound);
}

TEST_F(VenueTest, OwnOrdersThatWouldMeetAreCounted) {
  place(order(Side::Buy, OrderType::Limit, "4350.01", "1"));
  place(order(Side::Sell, OrderType::Ioc, "4350.00", "1"));
  EXPECT_EQ(venue.truth().self_trades, 1);
}

// Thousands of random orders and trades: balances are the start plus what the fills say, and nothing stays locked.
void conserve(Venue which) {
  const Instrument instrument = *paper_instrument(which, *symbol_from("ETH/USDT"));
  const std::map<Asset, Decimal> start{{Asset("ETH"), dec("50")}, {Asset("USDT"), dec("300000")}};
  SimVenue venue(VenueSetup{instrument, start, "X", {}});
  Rng rng(static_cast<std::uint64_t>(which) + 5);
  Time now{1};
  const auto price = [&](std::int64_t ticks) { return instrument.tick * Decimal(435'000 + ticks); };
  const auto size = [&] { return instrument.step * Decimal(rng.between(1, 20'000)); };
  std::vector<ClientOrderId> ids;
  for (int i = 0; i < 5000; ++i) {
    now = now + Dur::millis(10);
    const std::uint64_t what = rng.below(4);
    if (what == 0) {
      const std::int64_t mid = rng.between(-20, 20);
      venue.on_book({{{price(mid - 1), size()}, {price(mid - 2), size()}}, {{price(mid + 1), size()}, {price(mid + 2), size()}}}, now);
    } else if (what == 1) {
      venue.on_trade({price(rng.between(-25, 25)), size(), rng.chance(1, 2) ? Side::Buy : Side::Sell}, now);
    } else if (what == 2 && !ids.empty()) {
      venue.cancel(ids[rng.below(ids.size())], {}, now);
    } else {
      OrderRequest r;
      r.id = ClientOrderId(std::to_string(i));
      r.side = r.leg = rng.chance(1, 2) ? Side::Buy : Side::Sell;
      r.type = rng.chance(1, 3) ? OrderType::Ioc : OrderType::Limit;
      r.price = price(rng.between(-25, 25));
      r.qty = size();
      r.reduce_only = instrument.kind == InstrumentKind::Perpetual && rng.chance(1, 4);
      r.expires = now + Dur::seconds(1);
      (void)venue.place(r, now);
      ids.push_back(r.id);
    }
  }
  for (const ClientOrderId& id : ids) venue.cancel(id, {}, now);
  const VenueTruth& t = venue.truth();
  ASSERT_GT(t.fills.size(), 500u);
  std::map<Asset, Decimal> expected = start;
  Qty position;
  Decimal cash;
  for (const Fill& f : t.fills) {
    const Decimal value = (f.price * f.qty).decimal();
    position += f.side == Side::Buy ? f.qty : -f.qty;
    cash += f.side == Side::Buy ? -value : value;
    expected[f.fee_asset] -= f.fee.decimal();
  }
  if (instrument.kind == InstrumentKind::Spot) {
    expected[Asset("ETH")] += position.decimal();
    expected[Asset("USDT")] += cash;
    EXPECT_EQ(t.balances.at(Asset("ETH")), expected[Asset("ETH")]);
    EXPECT_EQ(t.balances.at(Asset("USDT")), expected[Asset("USDT")]);
  } else {
    EXPECT_EQ(t.position, position);
    EXPECT_EQ(t.realised.decimal() - t.position_cost.decimal(), cash) << "cash of all trades = profit booked less the cost of what is held";
    EXPECT_EQ(t.balances.at(Asset("USDT")), expected[Asset("USDT")] + t.realised.decimal());
  }
}

TEST(VenueMoney, OfSpotAddsUp) {
  conserve(Venue::MexcSpot);
  conserve(Venue::GateioSpot);
}

TEST(VenueMoney, OfPerpetualsAddsUp) { conserve(Venue::GateioFutures); }

class PerpetualTest : public VenueTest {
 protected:
  PerpetualTest() : VenueTest(Venue::GateioFutures) {}
};

TEST_F(PerpetualTest, ReduceOnlyNeverOpensNorFlips) {
  OrderRequest r = order(Side::Sell, OrderType::Ioc, "4350.00", "1");
  r.reduce_only = true;
  EXPECT_EQ(place(r).outcome, PlaceOutcome::Refused) << "there is nothing to reduce";
  place(order(Side::Buy, OrderType::Ioc, "4350.05", "1"));
  r = order(Side::Sell, OrderType::Ioc, "4350.00", "2");
  r.reduce_only = true;
  place(r);
  EXPECT_EQ(filled(r), qty("1"));
  EXPECT_EQ(venue.truth().position, qty("0"));
}

TEST_F(PerpetualTest, LongsPayAPositiveFundingRate) {
  place(order(Side::Buy, OrderType::Ioc, "4350.05", "1"));
  const Decimal before = venue.truth().balances.at(Asset("USDT"));
  venue.settle_funding(Rate(dec("0.0001")), px("4400"));
  EXPECT_EQ(venue.truth().funding, Money(dec("-0.44")));
  EXPECT_EQ(venue.truth().balances.at(Asset("USDT")), before - dec("0.44"));
}

}  // namespace
}  // namespace dn::sim
