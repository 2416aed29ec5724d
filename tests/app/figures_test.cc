// Figures, lines and tables that people and scripts read.
#include <gtest/gtest.h>

#include "app/event_text.h"
#include "app/kpi.h"
#include "app/status_json.h"
#include "app/table.h"

namespace dn::app {
namespace {

Decimal dec(std::string_view t) { return Decimal::parse(t).value(); }

TaskRecord traded() {
  TaskRecord t;
  t.spec.name = "btc";
  t.spec.symbol = *symbol_from("BTC/USDT");
  t.spec.total_quantity = Qty(dec("2"));
  t.spec.leg.buy.exchange = Venue::GateioSpot;
  t.spec.leg.sell.exchange = Venue::MexcSpot;
  // 1 BTC bought for 100, 0.002 of it paid as fee; 0.998 sold at 101 for a fee of 0.5.
  t.leg.buy = {Qty(1), Qty(dec("0.998")), Qty(1), Money(100), Money(-100), {}, {}, {}};
  t.leg.buy.fees.add(Asset("BTC"), Fee(dec("0.002")));
  t.leg.sell = {Qty(dec("0.998")), Qty(dec("0.998")), Qty(dec("0.998")), Money(dec("100.798")), Money(dec("100.798")), {}, {}, {}};
  t.leg.sell.fees.add(Asset("USDT"), Fee(dec("0.5")));
  t.leg.sell.fees.add(Asset("MX"), Fee(dec("3")));
  return t;
}

TEST(Kpi, CountsFeesInBaseAtTheirPriceAndLeavesThirdTokensApart) {
  const Kpi k = kpi(traded());
  EXPECT_EQ(k.avg_price.buy->str(), "100");
  EXPECT_EQ(k.avg_price.sell->str(), "101");
  EXPECT_EQ(k.matched, Qty(dec("0.998")));
  EXPECT_EQ(k.spread_bps->str(), "100");
  EXPECT_EQ(k.gross->str(), "0.998");
  EXPECT_EQ(k.fees_quote.str(), "0.7");
  EXPECT_EQ(k.profit->str(), "0.298");
  EXPECT_EQ(k.profit_bps->str(), "29.8597");
  EXPECT_EQ(k.break_even->str(), "70.1403");  // 0.7 of 99.8
  EXPECT_EQ(k.progress.buy, dec("0.5"));
  EXPECT_EQ(k.imbalance, Qty(0));
}

TEST(Kpi, HasNoSpreadBeforeBothSidesTraded) {
  TaskRecord t = traded();
  t.leg.sell = {};
  const Kpi k = kpi(t);
  EXPECT_FALSE(k.spread_bps || k.profit || k.profit_bps);
  EXPECT_EQ(k.imbalance_pct, dec("49.9"));
  JsonWriter w;
  w.begin_object();
  write_summary_fields(w, t);
  w.end_object();
  EXPECT_NE(w.str().find("\"avg_price\":{\"buy\":\"100\",\"sell\":null},\"spread_bps\":null"), std::string::npos) << w.str();
}

TEST(EventText, SpeaksAsTheHouseDoes) {
  const TaskSpec spec = traded().spec;
  EXPECT_EQ(task_label(spec), "BUY:GATEIO_SELL:MEXC_BTCUSDT");
  const TaskEvent rebalance{Time{}, Rebalanced{Side::Buy, Venue::GateioSpot, Qty(dec("0.05")), Qty(dec("-0.05")), 1}};
  EXPECT_EQ(event_line(rebalance, spec, false, false), "⚖️ Rebalancing BUY imbalance: 0.05");
  EXPECT_EQ(event_line(rebalance, spec, true, false), "[rebalance] Rebalancing BUY imbalance: 0.05");
  Fill f;
  f.side = Side::Sell;
  f.qty = Qty(dec("0.1"));
  f.price = Price(101);
  f.fee_asset = Asset("USDT");
  EXPECT_EQ(event_line({Time{}, Filled{f}}, spec, false, false), "✅ Order filled SELL BUY:GATEIO_SELL:MEXC_BTCUSDT: 0.1 @ 101, fee 0 USDT");
  const TaskEvent done{Time{}, StateChanged{TaskState::Completing, TaskState::Completed, TaskMode::Active, {}}};
  EXPECT_EQ(event_line(done, spec, false, false), "🎉 DeltaNeutralTask completed BUY:GATEIO_SELL:MEXC_BTCUSDT");
}

TEST(EventText, ControlCharactersOfAVenueDoNotReachATerminal) {
  const TaskEvent e{Time{}, Alerted{AlertKind::Alert, AlertLevel::Info, Code("x"), Reason("a\x1b[31mb\nc"), {}, {}}};
  EXPECT_EQ(event_line(e, traded().spec, true, false), "[alert] x: a?[31mb?c");
}

TEST(Table, AlignsByCharactersAndQuotesCsv) {
  Table t({"name", "value"});
  t.add({"é", "1"});
  t.add({"long", "a,\"b\"\n"});
  EXPECT_EQ(t.text(), "name  value\né     1\nlong  a,\"b\"?\n");
  EXPECT_EQ(t.csv(), "name,value\r\né,1\r\nlong,\"a,\"\"b\"\"\n\"\r\n");
}

TEST(Health, SaysHowTheLastRunEndedAsLongAsThatStands) {
  for (const ExitCode last : {ExitCode::Imbalanced, ExitCode::UnknownOrder, ExitCode::Contradiction}) {
    TaskView v;
    v.task.exit_code = last;
    EXPECT_EQ(health(v), last);
    v.task.verdict = Verdict::Cancelled;
    EXPECT_EQ(health(v), ExitCode::Ok);
  }
  TaskView ended;
  ended.task.exit_code = ExitCode::Terminated;
  EXPECT_EQ(health(ended), ExitCode::Ok) << "a signal leaves nothing to mend";
}

TEST(Health, ARunThatWasKilledWaitsForTheNext) {
  TaskView v;
  v.deserted = true;
  EXPECT_EQ(health(v), ExitCode::Temporary) << "run again";
  v.task.leg.buy.net = Qty(1);
  EXPECT_EQ(health(v), ExitCode::Imbalanced) << "nobody is there to restore the balance";
  v.open_orders = 1;
  EXPECT_EQ(health(v), ExitCode::UnknownOrder);
}

TEST(Health, ARunThatDoesNotMoveIsNoBetterThanADeadOne) {
  TaskView v;
  v.frozen = true;
  EXPECT_EQ(health(v), ExitCode::Temporary);
  EXPECT_EQ(next_step(v).substr(0, 21), "its run does not move");
  v.open_orders = 1;
  EXPECT_EQ(health(v), ExitCode::UnknownOrder) << "what rests is nobody's";
}

}  // namespace
}  // namespace dn::app
