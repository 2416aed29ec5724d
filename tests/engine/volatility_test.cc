// The window of mids against a recomputation that keeps everything.
#include "engine/volatility.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace dn {
namespace {

constexpr Time kStart{1'767'225'600'000'000};

Price px(std::int64_t hundredths) { return Price(Decimal::from_parts(hundredths, 2)); }

struct Tick {
  Time at;
  Price mid;
};

// Lowest and highest of what was noted at `from` or later.
std::optional<MidRange> range_since(const std::vector<Tick>& ticks, Time from) {
  std::optional<MidRange> out;
  for (const Tick& t : ticks) {
    if (t.at < from) continue;
    if (!out) out = MidRange{t.mid, t.mid};
    out->low = min(out->low, t.mid);
    out->high = max(out->high, t.mid);
  }
  return out;
}

bool same(const std::optional<MidRange>& a, const std::optional<MidRange>& b) {
  return a.has_value() == b.has_value() && (!a || (a->low == b->low && a->high == b->high));
}

// The first moment of the part of the window's time in which `t` lies.
Time part_begins(Time t, Dur length) {
  const std::int64_t part = (length.us + MidWindow::kParts - 1) / MidWindow::kParts;
  return Time{t.us / part * part};
}

RC_GTEST_PROP(MidWindowProperties, KeepsTheExtremesOfItsTimeAndOfOnePartMoreAtMost, ()) {
  const Dur length{*rc::gen::inRange<std::int64_t>(1, 5'000)};
  MidWindow window(length);
  std::vector<Tick> ticks;
  Time now = kStart;
  const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(rc::gen::pair(rc::gen::inRange(0, 600), rc::gen::inRange(1, 60)));
  for (const auto& [gap, mid] : steps) {
    now = now + Dur{gap};
    if (mid % 5 != 0) {  // else time passes and nothing is noted
      window.note(now, px(mid));
      ticks.push_back({now, px(mid)});
    }
    RC_ASSERT(same(window.range(now), range_since(ticks, part_begins(now - length, length))));
  }
}

RC_GTEST_PROP(MidWindowProperties, FollowsAMarketThatWandersAtAnyRate, (bool dense)) {
  const Dur length = Dur::seconds(30);
  MidWindow window(length);
  std::vector<Tick> ticks;
  Time now = kStart;
  std::int64_t mid = 100'000;
  for (int i = 0; i < 400; ++i) {
    now = now + Dur{*rc::gen::inRange<std::int64_t>(0, dense ? 2'000 : 3'000'000)};
    mid = std::max<std::int64_t>(1, mid + *rc::gen::inRange(-50, 51));
    window.note(now, px(mid));
    ticks.push_back({now, px(mid)});
    const auto kept = window.range(now);
    const auto whole = range_since(ticks, now - length);
    RC_ASSERT(kept && kept->low <= whole->low && kept->high >= whole->high);
    RC_ASSERT(same(kept, range_since(ticks, part_begins(now - length, length))));
  }
}

TEST(MidWindow, IsEmptyBeforeTheFirstTickAndAfterItsTime) {
  MidWindow window(Dur::seconds(32));
  EXPECT_FALSE(window.range(kStart));
  window.note(kStart, px(100));
  EXPECT_TRUE(window.range(kStart + Dur::seconds(32)));
  EXPECT_FALSE(window.range(kStart + Dur::seconds(33)));
}

TEST(MidWindow, ForgetsEachExtremeInItsTurn) {
  MidWindow window(Dur::seconds(32));
  for (const auto& [second, mid] : {std::pair{0, 100}, {4, 130}, {8, 120}, {12, 110}}) window.note(kStart + Dur::seconds(second), px(mid));
  EXPECT_EQ(window.range(kStart + Dur::seconds(32))->low, px(100));
  EXPECT_EQ(window.range(kStart + Dur::seconds(34))->low, px(110));
  EXPECT_EQ(window.range(kStart + Dur::seconds(36))->high, px(130));
  EXPECT_EQ(window.range(kStart + Dur::seconds(38))->high, px(120));
  EXPECT_EQ(window.range(kStart + Dur::seconds(42))->high, px(110));
}

TEST(Volatility, IsRoundedUpSoThatAboveIsNeverTakenForAt) {
  EXPECT_EQ(volatility({px(100'00), px(100'00)}), Bps(0));
  EXPECT_EQ(volatility({px(100'00), px(100'30)}), Bps(30));
  const MidRange a_hair_more{Price(Decimal(100)), Price(Decimal::parse("100.300000001").value())};
  EXPECT_EQ(volatility(a_hair_more).str(), "30.0001");
}

}  // namespace
}  // namespace dn
