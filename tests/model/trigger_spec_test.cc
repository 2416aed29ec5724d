// [trigger]: its keys, what it makes of them, and what it refuses.
#include "model/trigger_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dn {
namespace {

using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

TriggerSpec good() {
  TriggerSpec s;
  s.task.name = "scan";
  EXPECT_TRUE(set_task_key(s.task, "total_quantity", "2"));
  EXPECT_TRUE(set_task_key(s.task, "order_quantity", "1"));
  EXPECT_TRUE(set_trigger_key(s, "symbols", {"BTC/USDT", "ETH/USDT"}));
  EXPECT_TRUE(set_trigger_key(s, "venue_pairs", {"mexc_spot > gateio_spot", "mexc_spot>gateio_futures"}));
  EXPECT_TRUE(set_trigger_key(s, "min_spread_bps", {"30"}));
  return s;
}

std::string problem(const TriggerSpec& s, const std::string& key) {
  for (const SpecProblem& p : check(s)) {
    if (p.key == key) return p.what;
  }
  return "";
}

TEST(TriggerSpec, EverySymbolIsWatchedOnEveryPairOfVenues) {
  const TriggerSpec s = good();
  EXPECT_THAT(check(s), IsEmpty());
  std::vector<std::string> names;
  for (const WatchedPair& p : s.pairs()) names.push_back(task_name_of(s, p));
  EXPECT_THAT(names, testing::ElementsAre("scan.BTC-USDT.mexc_spot.gateio_spot", "scan.BTC-USDT.mexc_spot.gateio_futures",
                                          "scan.ETH-USDT.mexc_spot.gateio_spot", "scan.ETH-USDT.mexc_spot.gateio_futures"));
}

TEST(TriggerSpec, TheExchangesOfTheSidesAreAPairToo) {
  TriggerSpec s = good();
  s.venue_pairs.clear();
  EXPECT_THAT(problem(s, "trigger.venue_pairs"), HasSubstr("is required"));
  s.task.leg.buy.exchange = Venue::GateioSpot;
  s.task.leg.sell.exchange = Venue::MexcSpot;
  ASSERT_THAT(check(s), IsEmpty());
  EXPECT_EQ(s.pairs().at(1).venues.sell, Venue::MexcSpot);
}

TEST(TriggerSpec, ATaskOfAPairIsTheTemplateWithThePairsOwn) {
  TriggerSpec s = good();
  ASSERT_TRUE(set_task_key(s.task, "risk.max_order_notional", "500"));
  const TaskSpec task = task_of(s, s.pairs()[3], Qty(Decimal(7)), Qty(Decimal(3)));
  EXPECT_EQ(task.symbol.str(), "ETH/USDT");
  EXPECT_EQ(task.leg.sell.exchange, Venue::GateioFutures);
  EXPECT_EQ(task.total_quantity, Qty(Decimal(7)));
  EXPECT_EQ(task.risk.max_order_notional, Money(Decimal(500)));
  EXPECT_THAT(check(task), IsEmpty());
}

TEST(TriggerSpec, ValuesThatSayNothingAreRefused) {
  TriggerSpec s = good();
  EXPECT_THAT(set_trigger_key(s, "venue_pairs", {"mexc_spot"}).error(), HasSubstr("\"mexc_spot > gateio_spot\""));
  EXPECT_THAT(set_trigger_key(s, "venue_pairs", {"mexc_spot > nowhere"}).error(), HasSubstr("nowhere"));
  EXPECT_THAT(set_trigger_key(s, "venue_pairs", {"mexc_spot > gateio_spot", "mexc_spot>gateio_spot"}).error(), HasSubstr("twice"));
  EXPECT_THAT(set_trigger_key(s, "symbols", {"BTC/USDT", "BTC/USDT"}).error(), HasSubstr("twice"));
  EXPECT_FALSE(set_trigger_key(s, "symbols", {"BTCUSDT"}));
  EXPECT_FALSE(set_trigger_key(s, "max_tasks", {"0"}));
  EXPECT_FALSE(set_trigger_key(s, "total_notional", {"-1"}));
  EXPECT_TRUE(set_trigger_key(s, "cooldown", {"0s"}));
  EXPECT_EQ(s.cooldown, Dur{});
  EXPECT_TRUE(set_trigger_key(s, "cooldown", {"90s"}));
  EXPECT_EQ(s.cooldown, Dur::seconds(90));
}

TEST(TriggerSpec, SizesAreGivenInOneWay) {
  TriggerSpec s = good();
  ASSERT_TRUE(set_trigger_key(s, "total_notional", {"500"}));
  EXPECT_THAT(problem(s, "trigger.order_notional"), HasSubstr("is required"));
  ASSERT_TRUE(set_trigger_key(s, "order_notional", {"100"}));
  EXPECT_THAT(problem(s, "trigger.total_notional"), HasSubstr("twice"));
  s.task.total_quantity = s.task.order_quantity = Qty{};
  EXPECT_THAT(check(s), IsEmpty());
  ASSERT_TRUE(set_trigger_key(s, "order_notional", {"600"}));
  EXPECT_THAT(problem(s, "trigger.order_notional"), HasSubstr("larger than total_notional"));
  s.total_notional = s.order_notional = std::nullopt;
  EXPECT_THAT(problem(s, "total_quantity"), HasSubstr("is required"));
}

TEST(TriggerSpec, WhatBelongsToOneTaskIsRefused) {
  TriggerSpec s = good();
  ASSERT_TRUE(set_task_key(s.task, "symbol", "BTC/USDT"));
  EXPECT_THAT(problem(s, "symbol"), HasSubstr("symbols under [trigger]"));
  s = good();
  ASSERT_TRUE(set_task_key(s.task, "restore.buy.filled_quantity", "1"));
  EXPECT_THAT(problem(s, "restore.buy.filled_quantity"), HasSubstr("leave it out"));
  s = good();
  s.task.leg.buy.exchange = Venue::MexcSpot;
  EXPECT_THAT(problem(s, "trigger.venue_pairs"), HasSubstr("twice"));
}

TEST(TriggerSpec, ATaskThatWouldLeaveAtOnceIsRefused) {
  TriggerSpec s = good();
  ASSERT_TRUE(set_task_key(s.task, "risk.exit_spread_bps", "31"));
  EXPECT_THAT(problem(s, "risk.exit_spread_bps"), HasSubstr("leave what it just entered"));
}

TEST(TriggerSpec, NamesAndQuotesOfAllPairsMustFit) {
  TriggerSpec s = good();
  s.task.name = std::string(40, 'x');
  EXPECT_THAT(problem(s, "name"), HasSubstr("write a shorter name"));
  s = good();
  ASSERT_TRUE(set_trigger_key(s, "symbols", {"BTC/USDT", "ETH/USDC"}));
  EXPECT_THAT(problem(s, "trigger.symbols"), HasSubstr("not in one quote"));
  s = good();
  ASSERT_TRUE(set_trigger_key(s, "venue_pairs", {"gateio_futures > gateio_futures"}));
  EXPECT_THAT(problem(s, "trigger.venue_pairs"), HasSubstr("net each other out"));
}

}  // namespace
}  // namespace dn
