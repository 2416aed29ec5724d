// What the surveys of all venues share.
#include "venues/survey.h"

#include <gmock/gmock.h>

namespace dn::venues {
namespace {

Qty qty(std::string_view text) { return Qty(*Decimal::parse(text)); }

SeenOrder order(std::string_view id, bool open, std::string_view filled, Time created = Time{1}) {
  SeenOrder o;
  o.venue_order_id = VenueOrderId(id);
  o.qty = qty("1");
  o.open = open;
  o.filled = qty(filled);
  o.created = created;
  return o;
}
Fill trade(std::string_view id, std::string_view of, Time time) {
  Fill f;
  f.trade_id = TradeId(id);
  f.venue_order_id = VenueOrderId(of);
  f.time = time;
  return f;
}

TEST(SurveyBook, AnOldViewOfAnOrderTakesNothingBack) {
  for (const bool ended_first : {true, false}) {
    SurveyBook book;
    book.add(ended_first ? order("1", false, "0.7") : order("1", true, "0.2"));
    book.add(ended_first ? order("1", true, "0.2") : order("1", false, "0.7"));
    const Survey s = book.told(Time{3}, Time{9});
    ASSERT_EQ(s.orders.size(), 1U);
    EXPECT_FALSE(s.orders[0].open);
    EXPECT_EQ(s.orders[0].filled, qty("0.7"));
    EXPECT_EQ(s.since, Time{3});
    EXPECT_EQ(s.venue_time, Time{9});
  }
}

TEST(SurveyBook, TellsTheOldestFirstAndOfOneMomentTheSmallerNumber) {
  SurveyBook book;
  for (const char* id : {"10", "9", "11"}) book.add(order(id, true, "0"));
  book.add(order("12", true, "0", Time{0}));
  for (const char* id : {"100", "99"}) book.add(trade(id, "9", Time{5}));
  book.add(trade("1", "9", Time{6}));
  book.add(trade("1", "9", Time{6}));
  const Survey s = book.told(Time{3}, Time{9});
  std::vector<std::string> orders;
  std::vector<std::string> trades;
  for (const SeenOrder& o : s.orders) orders.push_back(o.venue_order_id.str());
  for (const Fill& f : s.trades) trades.push_back(f.trade_id.str());
  EXPECT_THAT(orders, ::testing::ElementsAre("12", "9", "10", "11"));
  EXPECT_THAT(trades, ::testing::ElementsAre("99", "100", "1"));
}

TEST(SurveyBook, KnowsWhichOrdersOnlyATradeNames) {
  SurveyBook book;
  book.add(order("1", true, "0"));
  for (const char* id : {"a", "b"}) book.add(trade(id, "2", Time{5}));
  book.add(trade("c", "1", Time{5}));
  EXPECT_THAT(book.unlisted(), ::testing::ElementsAre(VenueOrderId("2")));
}

TEST(SurveyTexts, AreBoundedAndPrintable) {
  EXPECT_EQ(shown_text(""), "");
  EXPECT_EQ(shown_text("a\nb\x1b"), "a?b?");
  EXPECT_EQ(shown_text(std::string(100, 'x')), std::string(64, 'x'));
  EXPECT_EQ(shown_text(std::string(63, 'x') + "\xc3\xa4"), std::string(63, 'x')) << "no half of a character";
  EXPECT_TRUE(is_ours("t-00000000b1-1"));
  for (const char* other : {"", "t-", "web", "x-t-1", "t-0123456789012345678901234567890123"}) EXPECT_FALSE(is_ours(other)) << other;
}

}  // namespace
}  // namespace dn::venues
