// What a task may cost, by hand.
#include "engine/outlook.h"

#include "talk.h"

namespace dn::test {
namespace {

TEST(Outlook, TheWorstCaseTakesEverySliceBackOrHedgesItAtTheLimit) {
  const TaskSpec spec = seed_spec();  // 1 BTC, 50 bps of slippage
  const PerSide<Instrument> instruments{spot(Venue::MexcSpot), spot(Venue::GateioSpot)};
  const Plan plan = make_plan(spec, instruments);
  const PerSide<TopOfBook> same{{px("100"), px("101"), qty("1"), qty("1")}, {px("100"), px("101"), qty("1"), qty("1")}};
  // Bought at 100 and 0.2 % fee, sold at 99.5 less 0.2 %: 100.2 - 99.301. Sold at 101 likewise and bought at 101.505: 101.70801 - 100.798.
  EXPECT_EQ(worst_case(spec, plan.total, instruments, {px("100"), px("101")}, same), Money(dec("0.91001")));
  // The other venue is 2 lower: hedging there costs more than taking back.
  const PerSide<TopOfBook> apart{{px("100"), px("101"), qty("1"), qty("1")}, {px("98"), px("99"), qty("1"), qty("1")}};
  // 100.2 - 97.51 x 0.998 = 2.88502; the other way round 101.70801 - 99 x 0.998 = 2.90601.
  EXPECT_EQ(worst_case(spec, plan.total, instruments, {px("100"), px("99")}, apart), Money(dec("2.90601")));
}

TEST(Outlook, AQuoteFarFromTheMarketIsNoReasonToExpectNoLoss) {
  TaskSpec spec = seed_spec();
  spec.risk.max_slippage_bps = Bps(1);
  PerSide<Instrument> instruments{spot(Venue::MexcSpot), spot(Venue::GateioSpot)};
  for (const Side leg : kSides) instruments[leg].taker_fee = Rate{};
  const PerSide<TopOfBook> top{{px("100"), px("101"), qty("1"), qty("1")}, {px("100"), px("101"), qty("1"), qty("1")}};
  // Sold at 101 and not at 110, bought back at 101.0101.
  EXPECT_EQ(worst_case(spec, qty("1"), instruments, {px("90"), px("110")}, top), Money(dec("0.0101")));
}

}  // namespace
}  // namespace dn::test
