// Joining a market in the middle: the books as they stood, then what comes.
#include "sim/joined_feed.h"

#include <gtest/gtest.h>

#include <deque>

namespace dn::sim {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

class Listed final : public MarketFeed {
 public:
  explicit Listed(std::deque<MarketEvent> events) : events_(std::move(events)) {}
  std::optional<MarketEvent> next() override {
    if (events_.empty()) return std::nullopt;
    MarketEvent e = std::move(events_.front());
    events_.pop_front();
    return e;
  }

 private:
  std::deque<MarketEvent> events_;
};

MarketEvent book(std::int64_t second, bool buy, bool sell, int bid) {
  return {Time{second * kSecond}, buy, sell, Book{{{Price(Decimal(bid)), Qty(Decimal(1))}}, {{Price(Decimal(bid + 1)), Qty(Decimal(1))}}}};
}
MarketEvent trade(std::int64_t second) { return {Time{second * kSecond}, true, true, PublicTrade{Price(Decimal(5)), Qty(Decimal(1)), Side::Buy}}; }

std::string told(JoinedFeed& feed) {
  std::string out;
  while (const auto e = feed.next()) {
    const auto* b = std::get_if<Book>(&e->what);
    out += std::to_string(e->at.us / kSecond) + (e->for_buy_leg ? "b" : "") + (e->for_sell_leg ? "s" : "") + (b == nullptr ? "trade" : b->bids[0].price.str()) +
           " ";
  }
  return out;
}

JoinedFeed joined(std::deque<MarketEvent> events, std::int64_t second) { return {std::make_unique<Listed>(std::move(events)), Time{second * kSecond}}; }

TEST(JoinedFeed, TheNewestBookOfEachLegComesFirstAndOldTradesAreGone) {
  JoinedFeed feed = joined({book(1, true, false, 10), book(1, false, true, 20), trade(2), book(3, true, false, 11), trade(5), book(6, false, true, 22)}, 5);
  EXPECT_EQ(told(feed), "5b11 5s20 6s22 ");
}

TEST(JoinedFeed, ABookThatBothLegsSeeIsToldOnce) {
  JoinedFeed feed = joined({book(1, true, true, 10), book(2, true, true, 11), book(4, true, true, 12)}, 3);
  EXPECT_EQ(told(feed), "3bs11 4bs12 ");
}

TEST(JoinedFeed, WhatIsOfTheMomentItselfHasBeenSeen) {
  JoinedFeed feed = joined({book(1, true, true, 10), trade(1), trade(2)}, 1);
  EXPECT_EQ(told(feed), "1bs10 2bstrade ");
}

TEST(JoinedFeed, BehindTheEndOnlyTheBooksAreLeft) {
  JoinedFeed feed = joined({book(1, true, false, 10), trade(2)}, 9);
  EXPECT_EQ(told(feed), "9b10 ");
}

}  // namespace
}  // namespace dn::sim
