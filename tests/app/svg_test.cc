// Numbers become places in a picture, and texts stay texts.
#include "app/svg.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "app/svg_chart.h"

namespace dn::app {
namespace {

Decimal dec(std::string_view t) { return Decimal::parse(t).value(); }

std::vector<std::string> labels(const std::vector<Decimal>& ticks) {
  std::vector<std::string> out;
  for (const Decimal& t : ticks) out.push_back(tick_label(t));
  return out;
}

TEST(Svg, WhatAVenueSendsCannotBecomeMarkup) {
  EXPECT_EQ(markup("<script>alert(\"x\")</script>&'"), "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;");
  // A line break, an escape of a terminal, bytes that are no text, and a mark that turns the reading direction.
  EXPECT_EQ(markup("a\nb\x1b[2J\xff\u202Ec"), "a?b?[2J??c");
  Svg svg(px(100), px(50), "a \"name\"");
  svg.text({0, 0}, Anchor::Start, "dim", "</text><script>");
  svg.box({0, 0}, px(5), px(5), "f-buy", "tip</title><script>");
  const std::string text = svg.element("wide") + svg.file({"]]></desc><script>"});
  EXPECT_EQ(text.find("<script"), std::string::npos) << text;
  EXPECT_NE(text.find("aria-label=\"a &quot;name&quot;\""), std::string::npos) << text;
}

TEST(Svg, PlacesAreTenthsOfAPixel) {
  Svg svg(px(100), px(50), "x");
  svg.line({15, -3}, {px(2), 1005}, "grid");
  svg.path({{px(1), px(2)}, {px(5), px(2)}, {px(5), px(9)}, {px(8), 95}}, "buy");
  svg.box({0, 0}, 0, px(5), "f-buy");  // no room, no shape
  const std::string text = svg.element("wide");
  EXPECT_NE(text.find("x1=\"1.5\" y1=\"-0.3\" x2=\"2\" y2=\"100.5\""), std::string::npos) << text;
  EXPECT_NE(text.find("d=\"M1 2H5V9L8 9.5\""), std::string::npos) << text;
  EXPECT_EQ(text.find("<rect"), std::string::npos) << text;
}

TEST(Scale, IsRoundAroundTheNumbers) {
  const Scale s(dec("0.0003"), dec("0.9871"), 5, px(0), px(100));
  EXPECT_EQ(labels(s.ticks()), (std::vector<std::string>{"0", "0.2", "0.4", "0.6", "0.8", "1"}));
  EXPECT_EQ(s.at(dec("0.5")), px(50));
  EXPECT_EQ(s.at(dec("2")), px(100)) << "what is beyond lies at the end";
  EXPECT_EQ(s.at(dec("-2")), px(0));
  const Scale down(dec("-3"), dec("7"), 5, px(100), px(0));
  EXPECT_EQ(labels(down.ticks()), (std::vector<std::string>{"-4", "-2", "0", "2", "4", "6", "8"}));
  EXPECT_EQ(down.at(dec("-4")), px(100));
  EXPECT_EQ(down.at(dec("8")), px(0));
}

TEST(Scale, HasRoomAroundOneNumberAndAroundNone) {
  const Scale one(dec("50"), dec("50"), 4, 0, px(100));
  EXPECT_LT(one.low(), dec("50"));
  EXPECT_GT(one.high(), dec("50"));
  const Scale none(Decimal{}, Decimal{}, 4, 0, px(100));
  EXPECT_EQ(none.at(Decimal{}), px(50));
}

// From coins of a billionth to sums of a billion, and numbers with as many digits as venues send.
TEST(Scale, KeepsItsLabelsShort) {
  for (const std::string_view high : {"0.000000001", "0.000000000000000123", "1", "43250.123456789012", "999999999999.123456789012345678"}) {
    const Scale s(-dec(high), dec(high), 5, 0, px(100));
    EXPECT_GE(s.ticks().size(), 3U);
    EXPECT_LE(s.ticks().size(), 8U);
    for (const Decimal& t : s.ticks()) EXPECT_LE(tick_label(t).size(), 9U) << t.str();
    EXPECT_GE(s.high(), dec(high));
  }
  EXPECT_EQ(tick_label(dec("0.00000000015")), "1.5e-10");
  EXPECT_EQ(tick_label(dec("-0.0000000002")), "-2e-10");
  EXPECT_EQ(tick_label(dec("25000000000")), "2.5e10");
  EXPECT_EQ(tick_label(dec("123456789")), "123456789");
}

// A digit of the fonts that pages are read in is up to seven pixels wide.
TEST(Chart, HasRoomForTheLongestLabelOfATick) {
  const Chart c({.title = "a", .width = px(340), .height = px(100)});
  EXPECT_GE(c.area.left, px(6) + static_cast<Px>(tick_label(dec("100000000")).size()) * px(7));
}

TEST(TimeScale, LabelsWithWhatIsNeeded) {
  const Time t{1'767'225'600'000'000};  // 2026-01-01T00:00:00Z
  const auto first = [](const TimeScale& s) { return s.ticks().empty() ? "" : s.ticks()[0].label; };
  EXPECT_EQ(first(TimeScale(t, t + Dur::millis(50), 0, px(600))), "00:00:00.000");
  EXPECT_EQ(first(TimeScale(t, t + Dur::seconds(50), 0, px(600))), "00:00:00");
  EXPECT_EQ(first(TimeScale(t, t + Dur::hours(5), 0, px(600))), "00:00");
  EXPECT_EQ(first(TimeScale(t, t + Dur::hours(30), 0, px(600))), "01-01 00:00");
  EXPECT_EQ(first(TimeScale(t, t + Dur::hours(24 * 40), 0, px(600))), "2026-01-01");
}

TEST(TimeScale, LabelsNeverTouch) {
  const Time t{1'767'225'612'345'678};
  for (const Px width : {px(250), px(680)}) {
    for (std::int64_t us = 1'000; us < 400LL * 86'400'000'000; us = us * 3 / 2) {
      const TimeScale s(t, t + Dur::micros(us), 0, width);
      const auto ticks = s.ticks();
      for (std::size_t i = 1; i < ticks.size(); ++i) {
        EXPECT_GT(s.at(ticks[i].at) - s.at(ticks[i - 1].at), text_width(ticks[i].label)) << us << " us over " << width;
      }
    }
  }
}

TEST(LogScale, EqualFactorsAreEquallyWide) {
  const LogScale s(1'500, 60'000'000, 0, px(600));
  EXPECT_EQ(s.ticks(), (std::vector<std::int64_t>{1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000}));
  EXPECT_EQ(s.at(1'000), 0);
  EXPECT_EQ(s.at(100'000'000), px(600));
  const auto is_about = [](Px a, Px b) { return a - b <= 1 && b - a <= 1; };
  for (const std::int64_t n : {1'000, 10'000, 100'000, 1'000'000, 10'000'000}) EXPECT_TRUE(is_about(s.at(n * 10) - s.at(n), px(120))) << n;
  EXPECT_TRUE(is_about(s.at(2'000), 361)) << "log10(2) of 120 pixels";
  EXPECT_EQ(s.at(1), 0);
}

// A column of one pixel in which a line goes up and comes down again shows that it was up.
TEST(Stairs, KeepTheExtremesOfEachColumn) {
  const Time t{0};
  const TimeScale times(t, t + Dur::seconds(100), 0, px(100));
  const Scale values(Decimal{}, Decimal(10), 5, px(100), 0);
  Steps steps;
  for (int i = 0; i <= 10'000; ++i) steps.push_back({t + Dur::millis(10) * i, Decimal(i == 5'005 ? 10 : 1)});
  const auto spots = stairs(steps, times, values, t + Dur::seconds(100));
  EXPECT_LT(spots.size(), 500U);
  EXPECT_EQ(std::ranges::count(spots, px(0), &Spot::y), 1) << "the one peak of ten milliseconds";
  EXPECT_EQ(spots.front(), (Spot{0, px(90)}));
  EXPECT_EQ(spots.back(), (Spot{px(100), px(90)}));
}

TEST(Chart, ALegendTakesAsManyRowsAsItNeeds) {
  std::vector<LegendEntry> legend(6, {LegendEntry::Shape::Box, "f-buy", "a text of some length"});
  const Chart wide({.title = "t", .legend = legend, .width = px(1200), .height = px(100)});
  const Chart narrow({.title = "t", .legend = legend, .width = px(340), .height = px(100)});
  EXPECT_GT(narrow.svg.height(), wide.svg.height());
  EXPECT_EQ(narrow.area.bottom - narrow.area.top, px(100));
}

}  // namespace
}  // namespace dn::app
