// Prices that cannot be: whatever one venue says, no order leaves on it.
#include "talk.h"

namespace dn::test {
namespace {

struct Insane {
  const char* what;
  const char* bid;
  const char* ask;
};
constexpr Insane kInsane[] = {
    {"ten times as high", "432500", "432510"},
    {"a tenth", "4325", "4325.1"},
    {"nothing", "0", "0"},
    {"crossed", "43260", "43250"},
    {"locked", "43250", "43250"},
    {"without a bid", "0", "43251"},
};

class InsanePrices : public ::testing::TestWithParam<std::tuple<Insane, Side>> {};

TEST_P(InsanePrices, NoQuoteLeavesWhileOneVenueShowsThem) {
  const auto& [prices, leg] = GetParam();
  Talk t;
  t.start();
  for (int i = 0; i < 50; ++i) {
    t.book(flip(leg), "43250", "43251");
    t.book(leg, prices.bid, prices.ask);
    t.after(Dur::millis(100));
  }
  EXPECT_EQ(t.count<PlaceOrder>(), 0u) << prices.what;
  t.books();
  t.after(Dur::millis(200));
  EXPECT_EQ(t.count<PlaceOrder>(), 2u) << "sane again";
}

TEST_P(InsanePrices, NoHedgeLeavesOnBooksThatContradictEachOther) {
  const auto& [prices, leg] = GetParam();
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  t.fill(OrderRequest(t.placed(Side::Buy)), "0.1", "T1");
  const std::size_t before = t.count<PlaceOrder>();
  for (int i = 0; i < 30; ++i) {
    t.book(flip(leg), "43250", "43251");
    t.book(leg, prices.bid, prices.ask);
    t.after(Dur::millis(100));
    for (const Side l : kSides) {
      for (const WorkingOrder& w : std::vector<WorkingOrder>(t.engine->working(l))) {
        if (w.cancelling) t.tell(CancelReport{w.record.request.id, true, {}});
        if (w.looking_up || w.doubt) t.found(w.record.request.id, false, w.record.booked.str());
      }
    }
  }
  if (leg == Side::Buy && t.count<PlaceOrder>() > before) {
    // The hedge trades on the sell leg, whose own book is sane; a leading venue that shows no usable price does not hold it back.
    EXPECT_LE(t.placed(Side::Sell).qty, qty("0.1"));
    EXPECT_GE(t.placed(Side::Sell).price, px("43033"));
    return;
  }
  EXPECT_EQ(t.count<PlaceOrder>(), before) << prices.what;
}

TEST_P(InsanePrices, WhatRestsOnEitherVenueIsTakenAway) {
  const auto& [prices, leg] = GetParam();
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  for (int i = 0; i < 40; ++i) {
    t.book(flip(leg), "43250", "43251");
    t.book(leg, prices.bid, prices.ask);
    t.after(Dur::millis(100));
  }
  EXPECT_EQ(t.count<CancelOrder>(), 2u) << prices.what << ": what fills there could not be hedged";
}

INSTANTIATE_TEST_SUITE_P(Each, InsanePrices, ::testing::Combine(::testing::ValuesIn(kInsane), ::testing::Values(Side::Buy, Side::Sell)));

TEST(FrozenPrices, AFrozenBookStopsQuotingAndTakesWhatRests) {
  Talk t;
  t.start();
  t.books();
  t.ack_both();
  for (int i = 0; i < 40; ++i) {
    t.book(Side::Sell, "43250", "43251");
    t.after(Dur::millis(100));
  }
  EXPECT_EQ(t.count<CancelOrder>(), 2u) << "neither leg rests on a book older than max_book_age";
  EXPECT_EQ(t.count<PlaceOrder>(), 2u);
}

}  // namespace
}  // namespace dn::test
