#include "model/task_record.h"

#include <gtest/gtest.h>

namespace dn {
namespace {

TEST(FeeTotals, AddUpPerAsset) {
  FeeTotals t;
  t.add(Asset("USDT"), Fee(2));
  t.add(Asset("BTC"), Fee(Decimal::from_parts(1, 4)));
  t.add(Asset("USDT"), Fee(3));
  EXPECT_EQ(t.of(Asset("USDT")).str(), "5");
  EXPECT_EQ(t.of(Asset("BTC")).str(), "0.0001");
  EXPECT_TRUE(t.of(Asset("MX")).is_zero());
}

TEST(FeeTotals, AreSortedWhateverTheOrderOfArrival) {
  FeeTotals t;
  for (const char* asset : {"USDT", "BTC", "MX", "GT"}) t.add(Asset(asset), Fee(1));
  ASSERT_EQ(t.all().size(), 4U);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_LT(t.all()[i - 1].first, t.all()[i].first);
}

TEST(FeeTotals, KnowNothingOfFreeTradesAndCountRebates) {
  FeeTotals t;
  t.add(Asset("USDT"), Fee(0));
  EXPECT_TRUE(t.all().empty());
  t.add(Asset("USDT"), Fee(-1));
  EXPECT_EQ(t.of(Asset("USDT")).str(), "-1");
}

TEST(LegTotals, AveragePriceNeedsATrade) {
  LegTotals t;
  EXPECT_FALSE(t.avg_price());
  t.traded = Qty(Decimal::from_parts(3, 1));
  t.traded_quote = Money(12975);
  EXPECT_EQ(t.avg_price()->str(), "43250");
}

TEST(TaskRecord, ImbalanceIsBoughtLessSold) {
  TaskRecord t;
  t.leg.buy.net = Qty(Decimal::from_parts(30, 2));
  t.leg.sell.net = Qty(Decimal::from_parts(25, 2));
  EXPECT_EQ(t.imbalance().str(), "0.05");
}

TEST(JournalBatch, ClearsToEmpty) {
  JournalBatch b;
  EXPECT_TRUE(b.empty());
  b.task = true;
  EXPECT_FALSE(b.empty());
  b.clear();
  b.orders.emplace_back();
  EXPECT_FALSE(b.empty());
  b.fills.emplace_back();
  b.events.emplace_back();
  b.clear();
  EXPECT_TRUE(b.empty());
}

}  // namespace
}  // namespace dn
