// What a start tells of a venue, and what keeps it from starting: the wrong secret, the wrong clock, a certificate that proves nothing.
#include "conformance.h"

namespace dn::conformance {
namespace {

using venues::Problem;

class Start : public Conformance {};
DN_OVER_EVERY_VENUE(Start);

TEST_P(Start, TellsRulesFeesBalancesAndPrices) {
  Client client(venue(), access());
  const auto told = client.start();
  ASSERT_TRUE(told) << told.error().message;
  const Instrument& i = told->instrument;
  EXPECT_EQ(i.venue, venue());
  EXPECT_EQ(i.symbol, symbol());
  EXPECT_EQ(i.status, TradingStatus::Trading);
  EXPECT_TRUE(i.api_tradable);
  EXPECT_TRUE(i.tick.is_positive());
  EXPECT_TRUE(i.step.is_positive());
  EXPECT_FALSE(i.min_qty.is_negative());
  EXPECT_TRUE(!i.max_qty || *i.max_qty > i.min_qty);
  EXPECT_EQ(i.kind == InstrumentKind::Perpetual, i.multiplier.is_positive());
  EXPECT_TRUE(i.taker_fee.is_positive());
  EXPECT_GE(i.taker_fee, i.maker_fee);
  EXPECT_LT(i.taker_fee.decimal(), Decimal::from_parts(1, 2)) << "a fraction, not percent";
  ASSERT_TRUE(told->top);
  EXPECT_LT(told->top->bid, told->top->ask);
  EXPECT_TRUE(told->top->bid.is_positive());
  EXPECT_TRUE(told->top->bid_qty.is_positive());
  EXPECT_TRUE(told->top->ask_qty.is_positive());
  EXPECT_TRUE(told->top->bid.is_multiple_of(i.tick));
  // What is needed to buy, and on a spot market to sell.
  ASSERT_TRUE(told->free.contains(symbol().quote));
  EXPECT_TRUE(told->free.at(symbol().quote).is_positive());
  if (i.kind == InstrumentKind::Spot) {
    ASSERT_TRUE(told->free.contains(symbol().base));
    EXPECT_TRUE(told->free.at(symbol().base).is_positive());
    EXPECT_TRUE(told->position.is_zero());
  }
}

TEST_P(Start, WhatRestsIsNotFree) {
  Client client(venue(), access());
  ASSERT_TRUE(client.ready());
  const Decimal before = client.facts().free.at(symbol().quote);
  const OrderRequest r = client.resting();
  const PlaceReport p = client.place(r);
  ASSERT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view();
  const auto again = Client(venue(), access()).start();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_LT(again->free.at(symbol().quote), before);
  client.cancel(r.id, p.venue_order_id);
}

TEST_P(Start, RefusesAWrongSecret) {
  const auto told = Client(venue(), wrong_access()).start();
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().kind, Problem::Kind::Permission) << told.error().message;
  EXPECT_EQ(told.error().message.find(wrong_access().credentials.secret.reveal()), std::string::npos) << "the secret is shown";
}

TEST_P(Start, RefusesASymbolThatTheVenueDoesNotList) {
  live::Clock clock;
  net::Loop loop;
  live::Venues venues(loop, clock, {{venue(), access()}});
  const auto told = venues.start({{venue(), Symbol{Asset("NOSUCH"), Asset("USDT")}, true}});
  ASSERT_FALSE(told[0]);
  EXPECT_EQ(told[0].error().kind, Problem::Kind::Config) << told[0].error().message;
}

TEST_P(Start, MeasuresAClockThatIsALittleOffAndOrdersPass) {
  exchange().set("skew_ms", 400);
  Client client(venue(), access());
  ASSERT_TRUE(client.ready());
  EXPECT_GT(client.desk().offset(), Dur::millis(250));
  EXPECT_LT(client.desk().offset(), Dur::millis(550));
  EXPECT_FALSE(client.facts().warnings.empty()) << "a person is told";
  const OrderRequest r = client.resting();
  const PlaceReport p = client.place(r);
  EXPECT_EQ(p.outcome, PlaceOutcome::Accepted) << p.code.view();
  EXPECT_TRUE(client.cancel(r.id, p.venue_order_id).answered);
}

TEST_P(Start, RefusesAClockThatIsFarOff) {
  for (const int skew : {1500, -1500}) {
    exchange().set("skew_ms", skew);
    const auto told = Client(venue(), access()).start();
    ASSERT_FALSE(told) << skew;
    EXPECT_EQ(told.error().kind, Problem::Kind::Clock) << told.error().message;
  }
}

live::Look look_at(Venue venue, const live::Access& access) {
  live::Clock clock;
  net::Loop loop;
  live::Venues venues(loop, clock, {{venue, access}});
  return venues.look({{venue, symbol(), true}}, {std::nullopt})[0];
}
bool is_good(const auto& part) { return part.has_value() && part->has_value(); }

TEST_P(Start, ALookTellsWhatAPersonWantsToKnowAndLeavesNoOrder) {
  const std::int64_t refused = exchange().counter("refused_orders");
  const live::Look l = look_at(venue(), access());
  EXPECT_TRUE(is_good(l.clock));
  EXPECT_TRUE(is_good(l.account));
  EXPECT_TRUE(is_good(l.trade_right)) << (*l.trade_right).error().message;
  ASSERT_TRUE(is_good(l.facts));
  EXPECT_TRUE((*l.facts)->free.at(symbol().quote).is_positive());
  EXPECT_EQ((*l.facts)->instrument.kind == InstrumentKind::Perpetual, (*l.facts)->leverage.has_value());
  ASSERT_TRUE(is_good(l.depth));
  const venues::Depth& d = **l.depth;
  ASSERT_GT(d.bids.size(), 1U);
  ASSERT_GT(d.asks.size(), 1U);
  EXPECT_LE(d.bids.size(), 20U);
  EXPECT_LT(d.bids[1].price, d.bids[0].price);
  EXPECT_LT(d.bids[0].price, d.asks[0].price);
  EXPECT_LT(d.asks[0].price, d.asks[1].price);
  EXPECT_TRUE(d.bids[0].qty.is_multiple_of((*l.facts)->instrument.step)) << "base, not contracts";
  EXPECT_EQ(exchange().counter("refused_orders"), refused);
}

TEST_P(Start, ALookGoesOnBehindWhatFails) {
  live::Look l = look_at(venue(), wrong_access());
  ASSERT_TRUE(l.account && !*l.account);
  EXPECT_EQ(l.account->error().kind, Problem::Kind::Permission);
  EXPECT_TRUE(is_good(l.facts));
  EXPECT_TRUE(is_good(l.depth));
  EXPECT_FALSE(l.trade_right) << "not asked";
  exchange().set("skew_ms", 2000);
  l = look_at(venue(), access());
  ASSERT_TRUE(is_good(l.clock));
  EXPECT_GT(**l.clock, Dur::millis(1700));
  EXPECT_TRUE(is_good(l.account)) << "what is signed carries the venue's time";
  live::Access away = access();
  away.rest = "https://127.0.0.1:9";
  l = look_at(venue(), away);
  ASSERT_TRUE(l.clock && !*l.clock);
  EXPECT_EQ(l.clock->error().kind, Problem::Kind::Unreachable);
}

class Certificates : public Conformance {};
DN_OVER_EVERY_VENUE(Certificates);

constexpr std::array kBadDoors{"wrongName", "expired", "unknownCa"};

TEST_P(Certificates, RestSaysNothingToAServerThatCannotProveItsName) {
  for (const char* door : kBadDoors) {
    const std::int64_t requests = exchange().counter("requests");
    const auto told = Client(venue(), access(door)).start();
    ASSERT_FALSE(told) << door;
    EXPECT_EQ(told.error().kind, Problem::Kind::Unreachable) << told.error().message;
    EXPECT_EQ(exchange().counter("requests"), requests) << door;
  }
}

TEST_P(Certificates, StreamsSayNothingToAServerThatCannotProveItsName) {
  Client good(venue(), access());
  const auto facts = good.start();
  ASSERT_TRUE(facts) << facts.error().message;
  for (const char* door : kBadDoors) {
    const std::int64_t connections = exchange().counter("ws_connections");
    live::Access mixed = access();
    mixed.ws = access(door).ws;
    Client client(venue(), mixed);
    client.connect(*facts);
    EXPECT_TRUE(client.until([&] { return client.notes().find("ertificate") != std::string::npos; })) << door << ": " << client.notes();
    EXPECT_FALSE(client.link().is_up()) << door;
    EXPECT_FALSE(client.has<BookUpdate>()) << door;
    EXPECT_EQ(exchange().counter("ws_connections"), connections) << door;
  }
}

}  // namespace
}  // namespace dn::conformance
