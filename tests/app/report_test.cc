// The report's numbers, and the page and the pictures that are made of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "app/report_csv.h"
#include "app/report_page.h"
#include "app/report_tables.h"
#include "app/verify.h"
#include "engine/ids.h"

namespace dn::app {
namespace {

Decimal dec(std::string_view t) { return Decimal::parse(t).value(); }
constexpr Time kStart{1'767'225'600'000'000};

// A task with its orders and fills, whose record agrees with them as the engine's does.
class Story {
 public:
  Story() {
    TaskRecord& t = stored_.task;
    t.id = 7;
    t.spec.name = "btc";
    t.spec.symbol = *symbol_from("BTC/USDT");
    t.spec.total_quantity = Qty(dec("1"));
    t.spec.order_quantity = Qty(dec("0.1"));
    t.spec.leg.buy.exchange = Venue::GateioSpot;
    t.spec.leg.sell.exchange = Venue::MexcSpot;
    t.run_epoch = 1;
    t.created = kStart;
    t.updated = kStart + Dur::seconds(100);
  }
  // One order on `leg` that fills at once. A side that is not the leg's takes back.
  void trade(int second, Side leg, Side side, std::string_view price, std::string_view qty, std::string_view fee, std::string_view fee_asset,
             std::string_view arrival = "0", std::string_view limit = {}) {
    OrderRecord o;
    const std::uint32_t seq = stored_.task.next_seq++;
    o.request.id = make_client_order_id(task_key("btc"), leg, 1, seq);
    o.request.leg = leg;
    o.request.side = side;
    o.request.price = Price(dec(limit.empty() ? price : limit));
    o.request.qty = o.filled = o.booked = Qty(dec(qty));
    o.request.arrival = Price(dec(arrival));
    o.request.created = kStart + Dur::seconds(second);
    o.status = OrderStatus::Closed;
    o.close_reason = CloseReason::Filled;
    o.updated = o.request.created + Dur::seconds(1);
    o.filled_quote = Price(dec(price)) * o.filled;
    Fill f;
    f.trade_id = TradeId("t" + std::to_string(seq));
    f.order = o.request.id;
    f.venue = *stored_.task.spec.leg[leg].exchange;
    f.leg = leg;
    f.side = side;
    f.price = Price(dec(price));
    f.qty = Qty(dec(qty));
    f.fee = Fee(dec(fee));
    f.fee_asset = Asset(fee_asset);
    f.time = o.updated;
    stored_.orders.push_back(o);
    stored_.fills.push_back(f);
    ++stored_.task.orders;
  }
  StoredTask& stored() { return stored_; }
  TaskReport report(History history = {}) {
    stored_.task.leg = days_of(stored_).now.leg;
    return unsettled(std::move(history));
  }
  // With the record as it is.
  TaskReport unsettled(History history = {}) {
    TaskView view;
    view.task = stored_.task;
    view.figures = kpi(stored_.task);
    view.latency = {{"cycle", 12, 18'000'000, 60'000'000, 90'000'000}, {"decision", 40, 9'000, 80'000, 200'000}};
    return make_report(std::move(view), stored_, std::move(history));
  }

 private:
  StoredTask stored_;
};

// The buyer pays in the coin, so that 0.1 bought is 0.0998 to sell.
Story two_slices() {
  Story s;
  s.trade(1, Side::Buy, Side::Buy, "100", "0.1", "0.0002", "BTC", "100.1");
  s.trade(2, Side::Sell, Side::Sell, "101", "0.0998", "0.01", "USDT", "100.9");
  s.trade(3, Side::Sell, Side::Sell, "102", "0.0998", "0.5", "MX", "102.5");
  s.trade(4, Side::Buy, Side::Buy, "101", "0.1", "0.0002", "BTC");
  return s;
}

TEST(Report, ProgressAndImbalanceFollowTheFills) {
  const TaskReport r = two_slices().report();
  ASSERT_EQ(r.imbalance.size(), 4U);
  EXPECT_EQ(r.imbalance[0].value, dec("0.0998"));
  EXPECT_EQ(r.imbalance[1].value, dec("0"));
  EXPECT_EQ(r.imbalance[2].value, dec("-0.0998"));
  EXPECT_EQ(r.imbalance[3].value, r.view.task.imbalance().decimal());
  EXPECT_EQ(r.filled.buy.back().value, dec("0.2"));
  EXPECT_EQ(r.filled.sell.back().value, dec("0.1996"));
}

TEST(Report, PairsAreMatchedOldestFirstNetOfFees) {
  const TaskReport r = two_slices().report();
  ASSERT_EQ(r.matched.pairs.size(), 2U);
  EXPECT_EQ(r.matched.pairs[0].qty, Qty(dec("0.0998")));
  EXPECT_EQ(r.matched.pairs[0].spread.str(), "100");
  EXPECT_EQ(r.matched.pairs[1].sold, Price(102));
  EXPECT_EQ(r.matched.pairs[1].bought, Price(101));
  EXPECT_EQ(r.matched.pairs[1].spread.str(), "99.0099");
  Qty all;
  for (const MatchedPair& p : r.matched.pairs) all += p.qty;
  EXPECT_EQ(all, r.view.figures.matched);
  EXPECT_TRUE(r.matched.unmatched.buy.is_zero() && r.matched.unmatched.sell.is_zero());
}

TEST(Report, ALargeFillMeetsManySmallOnes) {
  Story s;
  s.trade(1, Side::Buy, Side::Buy, "100", "0.5", "0", "USDT");
  for (int i = 0; i < 4; ++i) s.trade(2 + i, Side::Sell, Side::Sell, "101", "0.1", "0", "USDT");
  const TaskReport r = s.report();
  EXPECT_EQ(r.matched.pairs.size(), 4U);
  EXPECT_EQ(r.matched.unmatched.buy, Qty(dec("0.1")));
}

// A task that goes round: it bought at 100 and sold at 101, and trades both back.
TEST(Report, ClosingMakesPairsOfItsOwn) {
  Story s;
  s.trade(1, Side::Buy, Side::Buy, "100", "0.1", "0", "USDT");
  s.trade(2, Side::Sell, Side::Sell, "101", "0.1", "0", "USDT");
  s.trade(50, Side::Buy, Side::Sell, "110", "0.1", "0", "USDT");
  s.trade(51, Side::Sell, Side::Buy, "109", "0.1", "0", "USDT");
  const TaskReport r = s.report();
  ASSERT_EQ(r.matched.pairs.size(), 2U);
  EXPECT_FALSE(r.matched.pairs[0].closing);
  EXPECT_TRUE(r.matched.pairs[1].closing);
  EXPECT_EQ(r.matched.pairs[1].bought, Price(109));
  EXPECT_EQ(r.matched.pairs[1].sold, Price(110));
  EXPECT_EQ(r.filled.buy.back().value, Decimal{});
}

TEST(Report, ThePartsOfTheProfitAddUpToTheLastDigit) {
  const TaskReport r = two_slices().report();
  Money sum;
  for (const ProfitPart& p : r.profit) {
    if (p.is_sum) {
      EXPECT_EQ(p.amount, sum) << p.label;
    } else {
      sum += p.amount;
    }
  }
  EXPECT_EQ(r.profit.back().label, "net");
  EXPECT_EQ(sum, *r.view.figures.profit);
  // 19.96 x 0.0998... by hand: sold for 10.0798 + 10.1796, bought for 10 + 10.1, a fee of 0.01.
  EXPECT_EQ(sum.decimal(), dec("10.0798") + dec("10.1796") - dec("20.1") - dec("0.01"));
}

TEST(Report, ThereIsNoProfitOfOneSide) {
  Story s;
  s.trade(1, Side::Buy, Side::Buy, "100", "0.1", "0", "USDT");
  const TaskReport r = s.report();
  EXPECT_TRUE(r.profit.empty());
  EXPECT_NE(plot_file(PlotKind::Profit, r).find("both sides must have traded"), std::string::npos);
}

TEST(Report, SlippageIsAgainstTheMidOfTheDecision) {
  const TaskReport r = two_slices().report();
  ASSERT_EQ(r.slips.size(), 3U) << "one order did not know its mid";
  EXPECT_EQ(r.slips[0].bps.str(), "9.99");      // bought 0.1 below 100.1
  EXPECT_EQ(r.slips[1].bps.str(), "9.9108");    // sold 0.1 above 100.9
  EXPECT_EQ(r.slips[2].bps.str(), "-48.7805");  // sold 0.5 below 102.5
  EXPECT_NE(plot_file(PlotKind::Slippage, r).find("1 fills are left out"), std::string::npos);
}

TEST(Report, QuotedIsWhatBothSidesAskedForLast) {
  Story s;
  s.trade(1, Side::Buy, Side::Buy, "99", "0.1", "0", "USDT", "0", "100");
  s.trade(2, Side::Sell, Side::Sell, "103", "0.1", "0", "USDT", "0", "102");
  s.trade(3, Side::Sell, Side::Sell, "103", "0.1", "0", "USDT", "0", "101");
  const TaskReport r = s.report();
  ASSERT_EQ(r.quoted.size(), 2U);
  EXPECT_EQ(r.quoted[0].value, dec("200"));
  EXPECT_EQ(r.quoted[1].value, dec("100"));
}

TEST(Report, AQuoteThatOpensAndOneThatClosesAreNoPair) {
  Story s;
  s.trade(1, Side::Buy, Side::Buy, "99", "0.1", "0", "USDT", "0", "100");   // the buy leg opens, the other side is hedged
  s.trade(2, Side::Buy, Side::Sell, "103", "0.1", "0", "USDT", "0", "98");  // and closes
  s.trade(3, Side::Sell, Side::Buy, "103", "0.1", "0", "USDT", "0", "97");
  const TaskReport r = s.report();
  ASSERT_EQ(r.quoted.size(), 1U);
  EXPECT_EQ(r.quoted[0].value, dec("103.0928"));  // (98 - 97) / 97
}

TEST(Report, WhatWasQuotedGoesForwardInTimeWhateverTheOrderOfTheRows) {
  Story s;
  s.trade(1, Side::Buy, Side::Buy, "99", "0.1", "0", "USDT", "0", "100");
  s.trade(3, Side::Sell, Side::Sell, "103", "0.1", "0", "USDT", "0", "101");
  s.trade(2, Side::Sell, Side::Sell, "103", "0.1", "0", "USDT", "0", "102");
  const TaskReport r = s.report();
  ASSERT_EQ(r.quoted.size(), 2U);
  EXPECT_EQ(r.quoted[0].value, dec("200"));
  EXPECT_EQ(r.quoted[1].value, dec("100"));
  EXPECT_LT(r.quoted[0].at, r.quoted[1].at);
}

TEST(Report, SumsThatAreNotThoseOfTheFillsAreSeen) {
  Story s = two_slices();
  (void)s.report();
  EXPECT_TRUE(s.unsettled().broken.empty());
  s.stored().task.leg.buy.cash += Money(1);
  const TaskReport r = s.unsettled();
  EXPECT_EQ(r.broken.size(), 1U);
  const auto cash = std::ranges::find(r.books, "buy cash", &BookLine::what);
  ASSERT_NE(cash, r.books.end());
  EXPECT_EQ(cash->kept - cash->found, Decimal(1));
  ReportPage page(kStart);
  page.add(r);
  EXPECT_NE(page.finish().find("break 1 promises"), std::string::npos);
}

// The boxes of a style in the time line: how many are as high as their lane, and what share of the lane all cover, in percent.
struct Boxes {
  int high = 0;
  Decimal percent;
};
Boxes boxes_of(const std::string& svg, const std::string& style) {
  const std::string lane_height = "14";
  const std::string legend_height = "8";
  const std::string rest = "\" x=\"[0-9.]+\" y=\"[0-9.]+\" width=\"([0-9.]+)\" height=\"([0-9.]+)\"";
  std::smatch run;
  if (!std::regex_search(svg, run, std::regex("class=\"f-calm\" x=\"[0-9.]+\" y=\"[0-9.]+\" width=\"([0-9.]+)\" height=\"14\""))) return {};
  const std::regex box("class=\"" + style + rest);
  Boxes out;
  Decimal covered;
  for (std::sregex_iterator at(svg.begin(), svg.end(), box), end; at != end; ++at) {
    const std::string height = (*at)[2];
    if (height == legend_height) continue;
    if (height == lane_height) ++out.high;
    covered += dec((*at)[1].str()) * dec(height);
  }
  out.percent = (covered * Decimal(100)).divided_by(dec(run[1].str()) * dec(lane_height), 1, Rounding::HalfUp);
  return out;
}

History ran_for(Dur d) {
  History h;
  h.runs = {{"r", kStart, kStart + d, true}};
  return h;
}

TEST(TimeLine, ManyShortStretchesDoNotLookLikeOneThatNeverEnded) {
  Story s = two_slices();
  s.stored().task.updated = kStart + Dur::seconds(10'000);
  History h = ran_for(Dur::seconds(10'000));
  for (int i = 0; i < 2'000; ++i) h.rebalancing.push_back({kStart + Dur::millis(5'000 * i), kStart + Dur::millis(5'000 * i + 1'000)});
  const std::string svg = plot_file(PlotKind::Timeline, s.report(std::move(h)));
  const Boxes b = boxes_of(svg, "f-third");
  EXPECT_EQ(b.high, 0);
  EXPECT_GE(b.percent, Decimal(14));
  EXPECT_LE(b.percent, Decimal(24));
  EXPECT_NE(svg.find("as high as the share of its time"), std::string::npos);
}

TEST(TimeLine, WhatIsLongOrAloneIsAsHighAsItsLane) {
  Story s = two_slices();
  s.stored().task.updated = kStart + Dur::seconds(10'000);
  History h = ran_for(Dur::seconds(10'000));
  h.rebalancing = {{kStart + Dur::seconds(100), kStart + Dur::seconds(100) + Dur::millis(5)},
                   {kStart + Dur::seconds(2'000), kStart + Dur::seconds(3'000)},
                   {kStart + Dur::seconds(3'010), kStart + Dur::seconds(4'000)}};
  const std::string svg = plot_file(PlotKind::Timeline, s.report(std::move(h)));
  const Boxes b = boxes_of(svg, "f-third");
  EXPECT_EQ(b.high, 2) << "one alone, and two that touch";
  EXPECT_GE(b.percent, Decimal(19));
  EXPECT_LE(b.percent, Decimal(21));
  EXPECT_EQ(svg.find("as high as the share of its time"), std::string::npos);
}

TEST(ReportPage, WhatVenuesAndUsersWriteIsShownAsText) {
  Story s = two_slices();
  s.stored().task.reason = "<img src=x onerror=alert(1)>";
  s.trade(5, Side::Sell, Side::Sell, "101", "0.001", "0.1", "</td><b>MX");
  HistoryReader events;
  events.add({1, kStart, "alert", R"({"schema":"dn.event/1","run_id":"r","level":"CRITICAL","code":"<svg onload=x>","message":"\"><script>x</script>"})"});
  const TaskReport r = s.report(events.finish(false, kStart));
  ReportPage page(kStart);
  page.add(r);
  const std::string text = page.finish();
  for (const std::string_view hostile : {"<img", "<b>MX", "<svg onload", "<script"}) EXPECT_EQ(text.find(hostile), std::string::npos) << hostile;
  EXPECT_NE(text.find("&lt;img src=x onerror=alert(1)&gt;"), std::string::npos);
  EXPECT_NE(text.find("&quot;&gt;&lt;script&gt;"), std::string::npos);
  EXPECT_NE(text.find("default-src 'none'"), std::string::npos);
  for (const PlotKind k : all_plots()) EXPECT_EQ(plot_file(k, r).find("<b>"), std::string::npos) << name(k);
}

TEST(ReportPage, NeedsNothingFromElsewhere) {
  ReportPage page(kStart);
  page.add(two_slices().report());
  const std::string text = page.finish();
  for (const std::string_view foreign : {"http://", "https://", "src=", "@import", "url("}) EXPECT_EQ(text.find(foreign), std::string::npos) << foreign;
}

TEST(ReportPage, WithoutTasksSaysWhatToDo) {
  const std::string text = ReportPage(kStart).finish();
  EXPECT_NE(text.find("There are no tasks yet: <code>dn-run FILE</code> makes one."), std::string::npos);
}

TEST(ReportPage, ATaskThatNeverTradedHasEveryPlot) {
  const TaskReport r = Story().report();
  ReportPage page(kStart);
  page.add(r);
  const std::string text = page.finish();
  for (const std::string_view say : {"no pair yet", "no profit yet", "no fill whose order knew", "It has not run yet"}) {
    EXPECT_NE(text.find(say), std::string::npos) << say;
  }
}

// The overview has a cell for each of its columns.
TEST(ReportPage, TheOverviewIsEven) {
  const std::string row = overview_row(two_slices().report(), true);
  const std::string table = overview_table(row);
  const auto count = [](std::string_view text, std::string_view what) {
    int n = 0;
    for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count(table, "</th>"), count(row, "</td>"));
}

TEST(ReportPage, StaysSmallAndSaysWhatItLeftOut) {
  const TaskReport r = two_slices().report();
  ReportPage page(kStart);
  for (int i = 0; i < 100; ++i) page.add(r);
  const std::string text = page.finish();
  EXPECT_LT(text.size(), 2'000'000U);
  EXPECT_NE(text.find("of 100 tasks are in this table only"), std::string::npos);
}

// Twenty thousand orders, each with its fill: all are in the numbers, and the page is thinned to what can be seen.
TEST(ReportPage, OfManyOrdersStaysSmall) {
  Story s;
  for (int i = 0; i < 10'000; ++i) {
    s.trade(i, Side::Buy, Side::Buy, "100." + std::to_string(i % 97), "0.0001", "0", "USDT", "100.2");
    s.trade(i, Side::Sell, Side::Sell, "101." + std::to_string(i % 89), "0.0001", "0", "USDT", "100.9");
  }
  const TaskReport r = s.report();
  EXPECT_EQ(r.matched.pairs.size(), 10'000U);
  ReportPage page(kStart);
  page.add(r);
  const std::string text = page.finish();
  EXPECT_LT(text.size(), 1'000'000U);
  EXPECT_NE(text.find("10000 pairs: each column"), std::string::npos);
  EXPECT_NE(text.find("20000 of 20000, 100 %"), std::string::npos);
}

TEST(ReportPlots, NamesAreReadBack) {
  for (const PlotKind k : all_plots()) EXPECT_EQ(plot_from(name(k)), k);
  EXPECT_FALSE(plot_from("pie"));
}

TEST(ReportPlots, TheSeedsTargetsAreDrawn) {
  const std::string text = plot_file(PlotKind::Latency, two_slices().report());
  EXPECT_EQ(latency_target_ns("cycle"), 50'000'000);
  EXPECT_FALSE(latency_target_ns("tick_to_order"));
  std::size_t targets = 0;
  for (auto at = text.find("class=\"target\""); at != std::string::npos; at = text.find("class=\"target\"", at + 1)) ++targets;
  EXPECT_EQ(targets, 3U) << "one in the legend, one for each of the two stages";
  EXPECT_NE(text.find("cycle p99: 60 ms"), std::string::npos);
}

// A limit that is near is drawn; one that is far off would press the line flat, and is told.
TEST(ReportPlots, ImbalanceStandsAgainstItsLimit) {
  Story s;
  s.trade(1, Side::Buy, Side::Buy, "100", "0.05", "0", "USDT");
  EXPECT_NE(plot_file(PlotKind::Imbalance, s.report()).find("limit (max_imbalance_bps) 0.1"), std::string::npos);
  Story small;
  small.trade(1, Side::Buy, Side::Buy, "100", "0.001", "0", "USDT");
  EXPECT_NE(plot_file(PlotKind::Imbalance, small.report()).find("of 0.1 BTC is far beyond this scale"), std::string::npos);
}

TEST(ReportCsv, HasEveryNumberExactly) {
  const TaskReport r = two_slices().report();
  const std::string text = report_csv(r, std::nullopt);
  EXPECT_NE(text.find("btc,1,imbalance,imbalance,2026-01-01T00:00:02.000000Z,0.0998,BTC,,,\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("btc,1,spread,pair,2026-01-01T00:00:03.000000Z,100,bps,0.0998,100,101\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("btc,1,profit,sum,net,0.1494,USDT,,,\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("btc,1,latency,cycle,target,50000,us,,,\r\n"), std::string::npos) << text;
  const std::string one = report_csv(r, PlotKind::Slippage);
  EXPECT_EQ(std::ranges::count(one, '\n'), 3);
  EXPECT_EQ(std::ranges::count(report_csv_head(), ','), 9);
}

}  // namespace
}  // namespace dn::app
