// Figures from numbers with as many digits as venues send. They must come out right, and must never stop the program: a run
// that cannot print its summary has traded all the same.
#include <gtest/gtest.h>

#include <string>

#include "app/kpi.h"

namespace dn::app {
namespace {

Decimal dec(std::string_view t) { return Decimal::parse(t).value(); }

void book(TaskRecord& t, Side side, const Price& price, const Qty& qty, std::string_view fee_asset, const Fee& fee) {
  LegTotals& leg = t.leg[side];
  leg.filled += qty;
  leg.traded += qty;
  leg.traded_quote += price * qty;
  leg.cash += side == Side::Sell ? price * qty : -(price * qty);
  leg.net += qty;
  if (fee_asset == "BTC") leg.net += side == Side::Buy ? -Qty(fee.decimal()) : Qty(fee.decimal());
  leg.fees.add(Asset(fee_asset), fee);
}

TaskRecord task() {
  TaskRecord t;
  t.spec.name = "btc";
  t.spec.symbol = *symbol_from("BTC/USDT");
  t.spec.total_quantity = Qty(2);
  t.spec.leg.buy.exchange = Venue::MexcSpot;
  t.spec.leg.sell.exchange = Venue::GateioSpot;
  return t;
}

std::string summary(const TaskRecord& t) {
  JsonWriter w;
  w.begin_object();
  write_summary_fields(w, t);
  w.end_object();
  return w.str();
}

TEST(KpiDigits, EighteenPlacesAsAVenueSendsThem) {
  TaskRecord t = task();
  book(t, Side::Buy, Price(dec("111389.12345678")), Qty(dec("0.999999999999999999")), "BTC", Fee(dec("0.000123456789012345")));
  book(t, Side::Sell, Price(dec("111501.87654321")), Qty(dec("0.999999999999999999")), "USDT", Fee(dec("22.123456789012345678")));
  const Kpi k = kpi(t);
  // Reckoned with a hundred digits.
  EXPECT_EQ(k.matched.str(), "0.999876543210987654");
  EXPECT_EQ(shown(k.fees_quote.decimal()), "35.8752003");
  EXPECT_EQ(shown(k.gross->decimal()), "112.7391663");
  EXPECT_EQ(shown(k.profit->decimal()), "76.86396599");
  EXPECT_EQ(k.profit_bps->str(), "6.9013");
}

// Every length of price, quantity and fee that the venues use, from coins of a millionth to coins of a million.
TEST(KpiDigits, NoLengthStopsTheProgram) {
  for (const std::string_view price : {"0.00000123456789", "1.23456789", "98765.4321", "111389.123456789012", "9876543.21098765"}) {
    for (const std::string_view qty : {"0.1234", "0.12345678", "0.123456789012", "12345678.9", "999999999999"}) {
      for (const std::string_view fee : {"0.0012", "0.00123456", "0.001234567890123456", "0.000000000000000001", "0"}) {
        TaskRecord t = task();
        for (int i = 0; i < 7; ++i) {
          book(t, Side::Buy, Price(dec(price)), Qty(dec(qty)), "BTC", Fee(dec(fee)));
          book(t, Side::Sell, Price(dec(price) + dec("0.0000017")), Qty(dec(qty)), i % 2 == 0 ? "USDT" : "MX", Fee(dec(fee)));
        }
        SCOPED_TRACE(std::string(price) + " x " + std::string(qty) + ", fee " + std::string(fee));
        const Kpi k = kpi(t);
        EXPECT_TRUE(k.gross && k.profit && k.profit_bps);
        EXPECT_EQ(*k.profit + k.fees_quote, *k.gross);
        EXPECT_NE(summary(t).find("\"profit_quote\":\""), std::string::npos);
      }
    }
  }
}

TEST(KpiDigits, WhatFitsIsExact) {
  TaskRecord t = task();
  book(t, Side::Buy, Price(dec("43250.01")), Qty(dec("0.00012")), "BTC", Fee(dec("0.00000012")));
  book(t, Side::Sell, Price(dec("43280.02")), Qty(dec("0.00011988")), "USDT", Fee(dec("0.00518840880")));
  const Kpi k = kpi(t);
  EXPECT_EQ(k.matched, Qty(dec("0.00011988")));
  EXPECT_EQ(k.gross->decimal(), dec("30.01") * dec("0.00011988"));
  EXPECT_EQ(k.fees_quote.decimal(), dec("0.00000012") * dec("43250.01") + dec("0.00518840880"));
}

TEST(KpiDigits, APriceThatAveragesToZeroMeasuresNothing) {
  TaskRecord t = task();
  for (const Side side : kSides) book(t, side, Price(dec("0.00000000000001")), Qty(1000), "USDT", Fee{});
  const Kpi k = kpi(t);
  EXPECT_TRUE(k.avg_price.buy);
  EXPECT_FALSE(k.spread_bps || k.profit || k.profit_bps);
  EXPECT_NE(summary(t).find("\"profit_bps\":null"), std::string::npos);
}

}  // namespace
}  // namespace dn::app
