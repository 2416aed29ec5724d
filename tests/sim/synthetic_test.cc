// The synthetic market: what a reader of its books and trades may rely on.
#include "sim/synthetic.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "sim/instruments.h"

namespace dn::sim {
namespace {

constexpr Time kStart{1'700'000'000'000'000};

struct Market {
  Venue buy, sell;
  const char* symbol;
};

const Market kMarkets[] = {
    {Venue::MexcSpot, Venue::GateioSpot, "BTC/USDT"},    {Venue::GateioSpot, Venue::GateioFutures, "ETH/USDT"}, {Venue::MexcSpot, Venue::MexcSpot, "USDC/USDT"},
    {Venue::MexcSpot, Venue::GateioFutures, "XRP/USDT"}, {Venue::GateioFutures, Venue::MexcSpot, "ADA/USDT"},   {Venue::MexcSpot, Venue::MexcSpot, "KAS/USDT"},
    {Venue::MexcSpot, Venue::MexcSpot, "TRX/USDT"},      {Venue::GateioSpot, Venue::MexcSpot, "LTC/USDT"},
};

SyntheticSetup setup(const Market& m, std::uint64_t seed) {
  const Symbol symbol = *symbol_from(m.symbol);
  return {seed, kStart, {*paper_instrument(m.buy, symbol), *paper_instrument(m.sell, symbol)}, m.buy == m.sell};
}

Price middle(const Book& b) { return Price((b.bids.front().price + b.asks.front().price).decimal() * Decimal::from_parts(5, 1)); }

std::string text(const MarketEvent& e) {
  std::string out = std::to_string(e.at.us) + (e.for_buy_leg ? "b" : "") + (e.for_sell_leg ? "s" : "");
  const auto add = [&](const char* what, const Level& l) { out += what + l.price.str() + "x" + l.qty.str(); };
  if (const auto* t = std::get_if<PublicTrade>(&e.what)) {
    add(t->taker == Side::Buy ? " buy " : " sell ", {t->price, t->qty});
  } else {
    for (const Level& l : std::get<Book>(e.what).bids) add(" bid ", l);
    for (const Level& l : std::get<Book>(e.what).asks) add(" ask ", l);
  }
  return out;
}

TEST(SyntheticMarket, TheSameSeedIsTheSameMarketAndAnotherSeedAnother) {
  for (const Market& m : kMarkets) {
    SyntheticFeed a(setup(m, 7));
    SyntheticFeed b(setup(m, 7));
    SyntheticFeed c(setup(m, 8));
    std::set<std::string> of_a;
    int in_both = 0;
    for (int i = 0; i < 1000; ++i) {
      const std::string e = text(*a.next());
      ASSERT_EQ(e, text(*b.next()));
      of_a.insert(e);
    }
    for (int i = 0; i < 1000; ++i) in_both += of_a.contains(text(*c.next())) ? 1 : 0;
    EXPECT_LT(in_both, 10) << m.symbol;
  }
}

void expect_whole(const Book& b, const Instrument& i) {
  ASSERT_EQ(b.bids.size(), 15U);
  ASSERT_EQ(b.asks.size(), 15U);
  const Price spread = b.asks.front().price - b.bids.front().price;
  ASSERT_GE(spread, i.tick);
  ASSERT_LE(spread, i.tick * Decimal(3));
  for (const auto* side : {&b.bids, &b.asks}) {
    for (std::size_t k = 0; k < side->size(); ++k) {
      const Level& l = (*side)[k];
      ASSERT_TRUE(l.price.is_positive() && l.price.is_multiple_of(i.tick)) << l.price.str();
      ASSERT_TRUE(l.qty.is_positive() && l.qty.is_multiple_of(i.step)) << l.qty.str();
      if (k == 0) continue;
      ASSERT_TRUE(side == &b.bids ? l.price < (*side)[k - 1].price : l.price > (*side)[k - 1].price);
    }
  }
}

TEST(SyntheticMarket, BooksAreWholeOnTheirTicksAndStepsAndTimeNeverGoesBack) {
  for (const Market& m : kMarkets) {
    SCOPED_TRACE(m.symbol);
    const SyntheticSetup s = setup(m, 3);
    SyntheticFeed feed(s);
    Time last = kStart;
    PerSide<Time> snapshot;
    for (int i = 0; i < 4000; ++i) {
      const MarketEvent e = *feed.next();
      ASSERT_GE(e.at, last);
      last = e.at;
      ASSERT_EQ(e.for_buy_leg && e.for_sell_leg, s.one_venue);
      const Side leg = e.for_buy_leg ? Side::Buy : Side::Sell;
      const Instrument& rules = s.instruments[leg];
      if (const auto* t = std::get_if<PublicTrade>(&e.what)) {
        ASSERT_TRUE(t->price.is_multiple_of(rules.tick));
        ASSERT_TRUE(t->qty.is_positive() && t->qty.is_multiple_of(rules.step));
        continue;
      }
      ASSERT_NO_FATAL_FAILURE(expect_whole(std::get<Book>(e.what), rules));
      if (snapshot[leg].us != 0) {
        ASSERT_GE(e.at - snapshot[leg], Dur::millis(40));
        ASSERT_LE(e.at - snapshot[leg], Dur::millis(100));
      }
      snapshot[leg] = e.at;
    }
  }
}

// What a venue showed, less what trades took of it.
struct Shown {
  std::map<Price, Qty> bids, asks;
  Price bid;  // as it was shown

  void set(const Book& b) {
    bids.clear();
    asks.clear();
    bid = b.bids.front().price;
    for (const Level& l : b.bids) bids[l.price] = l.qty;
    for (const Level& l : b.asks) asks[l.price] = l.qty;
  }
  void trade(const PublicTrade& t) {
    auto& side = t.taker == Side::Buy ? asks : bids;
    ASSERT_FALSE(side.empty());
    const auto best = t.taker == Side::Buy ? side.begin() : std::prev(side.end());
    ASSERT_EQ(t.price, best->first) << "a trade happens at the best price that is left";
    ASSERT_LE(t.qty, best->second) << "and takes no more than stood there";
    best->second -= t.qty;
    if (best->second.is_zero()) side.erase(best);
  }
};

TEST(SyntheticMarket, TradesTakeWhatTheBookShowedAndATouchGivesWayOnlyToThem) {
  for (const Market& m : kMarkets) {
    SCOPED_TRACE(m.symbol);
    SyntheticFeed feed(setup(m, 5));
    PerSide<Shown> shown;
    int gave_way = 0;
    for (int i = 0; i < 8'000; ++i) {
      const MarketEvent e = *feed.next();
      Shown& s = shown[e.for_buy_leg ? Side::Buy : Side::Sell];
      if (const auto* t = std::get_if<PublicTrade>(&e.what)) {
        ASSERT_NO_FATAL_FAILURE(s.trade(*t));
        continue;
      }
      const Book& b = std::get<Book>(e.what);
      // Nothing that was left untaken stands in front of the new touch.
      if (!s.bids.empty() && !s.asks.empty()) {
        ASSERT_LE(s.bids.rbegin()->first, b.bids.front().price);
        ASSERT_GE(s.asks.begin()->first, b.asks.front().price);
        gave_way += b.bids.front().price < s.bid ? 1 : 0;
      }
      s.set(b);
    }
    EXPECT_GT(gave_way, 30);
  }
}

TEST(SyntheticMarket, TheSellVenueStandsHigherByAGapThatMoves) {
  SyntheticFeed feed(setup(kMarkets[0], 2));
  PerSide<std::optional<Price>> mid;
  std::optional<Bps> least, most;
  for (int i = 0; i < 100'000; ++i) {
    const MarketEvent e = *feed.next();
    if (const auto* b = std::get_if<Book>(&e.what)) mid[e.for_buy_leg ? Side::Buy : Side::Sell] = middle(*b);
    if (!mid.buy || !mid.sell) continue;
    const Bps gap = in_bps((*mid.sell - *mid.buy).decimal(), mid.buy->decimal());
    if (!least || gap < *least) least = gap;
    if (!most || gap > *most) most = gap;
  }
  EXPECT_GT(*least, Bps(18));
  EXPECT_LT(*most, Bps(57));
  EXPECT_GT(*most - *least, Bps(2));
}

TEST(SyntheticMarket, ACoinThatIsWorthItsQuoteHardlyMoves) {
  const Market& usdc = kMarkets[2];
  const Price tick = paper_instrument(usdc.buy, *symbol_from(usdc.symbol))->tick;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SyntheticFeed feed(setup(usdc, seed));
    int books = 0;
    int near = 0;
    for (int i = 0; i < 30'000; ++i) {
      const MarketEvent e = *feed.next();
      const auto* b = std::get_if<Book>(&e.what);
      if (b == nullptr) continue;
      ++books;
      const Price away = (middle(*b) - Price(1)).abs();
      near += away <= tick * Decimal(2) ? 1 : 0;
      ASSERT_LE(away, tick * Decimal(12));
    }
    EXPECT_GT(near * 10, books * 8) << "seed " << seed;
  }
}

TEST(SyntheticMarket, StartsWhereTheCoinStands) {
  SyntheticFeed btc(setup(kMarkets[0], 1));
  EXPECT_LE((middle(std::get<Book>(btc.next()->what)) - Price(111'000)).abs(), Price(5));

  // A coin that no table knows, with ticks as coarse as they come: still fifteen levels above nothing.
  SyntheticSetup unknown = setup(kMarkets[0], 1);
  for (const Side leg : kSides) {
    unknown.instruments[leg].symbol = *symbol_from("ODD/USDT");
    unknown.instruments[leg].tick = Price(1);
    unknown.instruments[leg].step = Qty(1);
  }
  SyntheticFeed odd(unknown);
  EXPECT_TRUE(std::get<Book>(odd.next()->what).bids.back().price.is_positive());
}

}  // namespace
}  // namespace dn::sim
