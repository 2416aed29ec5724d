#include "model/task_spec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace dn {
namespace {

constexpr std::string_view kBtc =
    "name=btc\nsymbol=BTC/"
    "USDT\ntotal_quantity=1\norder_quantity=0.1\nbuy.exchange=mexc_spot\nbuy.offset_ticks=2\nsell.exchange=gateio_spot\nsell.offset_ticks=-2\n";

TaskSpec btc() { return *task_spec_from_text(kBtc); }

TaskSpec with(std::string_view key, std::string_view value) {
  TaskSpec s = btc();
  const auto r = set_task_key(s, key, value);
  EXPECT_TRUE(r.has_value()) << key << ": " << r.error();
  return s;
}

TEST(TaskSpecText, RoundTrips) {
  const std::string text = to_text(btc());
  const auto back = task_spec_from_text(text);
  ASSERT_TRUE(back.has_value()) << back.error();
  EXPECT_EQ(to_text(*back), text);
  EXPECT_EQ(back->name, "btc");
  EXPECT_EQ(back->leg.sell.offset_ticks, -2);
  EXPECT_EQ(back->leg.sell.exchange, Venue::GateioSpot);
}

// A spec under construction is text too: what is not set yet is not written as a value that cannot be read.
TEST(TaskSpecText, ReadsTheShareOfTheBalanceAsEarlierDatabasesHoldIt) {
  const auto share = [](const char* bps) { return task_spec_from_text(std::string("risk.max_capital_fraction_bps=") + bps)->risk.max_capital_fraction.str(); };
  EXPECT_EQ(share("250"), "0.025");
  EXPECT_EQ(share("20000"), "1") << "no limit";
  EXPECT_FALSE(task_spec_from_text("risk.max_capital_fraction_bps=much"));
  EXPECT_EQ(to_text(btc()).find("_fraction_bps"), std::string::npos) << "and never writes it so";
}

TEST(TaskSpecText, RoundTripsWhatIsStillEmpty) {
  const std::string text = to_text(TaskSpec{});
  const auto back = task_spec_from_text(text);
  ASSERT_TRUE(back.has_value()) << back.error();
  EXPECT_EQ(to_text(*back), text);
  EXPECT_FALSE(get_task_key(TaskSpec{}, "total_quantity"));
}

TEST(TaskSpecText, IsInTableOrder) {
  const std::string text = to_text(btc());
  std::size_t last = 0;
  for (const KeyInfo& k : task_keys()) {
    const auto at = ("\n" + text).find("\n" + std::string(k.key) + "=");
    if (at == std::string::npos) continue;
    EXPECT_GE(at, last) << k.key;
    last = at;
  }
}

TEST(TaskSpecText, DamageIsNamed) {
  EXPECT_EQ(task_spec_from_text("name").error(), "\"name\" is not key=value");
  EXPECT_EQ(task_spec_from_text("colour=red\n").error(), "colour: is not a key of a task");
  EXPECT_NE(task_spec_from_text("name=x\ndelay=5\n").error().find("delay: \"5\" needs a number and a unit"), std::string::npos);
  EXPECT_TRUE(task_spec_from_text("").has_value());
  EXPECT_EQ(*get_task_key(*task_spec_from_text("restore.buy.order_id=a=b"), "restore.buy.order_id"), "a=b");
}

void expect_problem(const TaskSpec& s, std::string_view key, std::string_view words) {
  const auto problems = check(s);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].key, key);
  EXPECT_NE(problems[0].what.find(words), std::string::npos) << problems[0].what;
}

TEST(TaskSpecCheck, AGoodTaskHasNoProblems) { EXPECT_TRUE(check(btc()).empty()); }

TEST(TaskSpecCheck, NamesEveryRequiredKeyInTableOrder) {
  std::vector<std::string> keys;
  for (const SpecProblem& p : check(TaskSpec{})) {
    keys.push_back(p.key);
    EXPECT_NE(p.what.find("is required; write"), std::string::npos) << p.what;
  }
  EXPECT_EQ(keys, (std::vector<std::string>{"name", "symbol", "total_quantity", "order_quantity", "buy.exchange", "sell.exchange"}));
}

TEST(TaskSpecCheck, ASliceIsNotLargerThanTheTotal) {
  expect_problem(with("order_quantity", "1.1"), "order_quantity", "the slice 1.1 is larger than total_quantity 1");
  EXPECT_TRUE(check(with("order_quantity", "1")).empty());
}

TEST(TaskSpecCheck, ARestoredQuantityNeedsAPriceAndFits) {
  expect_problem(with("restore.sell.filled_quantity", "0.5"), "restore.sell.avg_price", "is required where filled_quantity is given");
  TaskSpec s = with("restore.buy.filled_quantity", "1.5");
  ASSERT_TRUE(set_task_key(s, "restore.buy.avg_price", "43250").has_value());
  expect_problem(s, "restore.buy.filled_quantity", "1.5 is more than total_quantity 1");
  ASSERT_TRUE(set_task_key(s, "restore.buy.filled_quantity", "1").has_value());
  EXPECT_TRUE(check(s).empty());
  EXPECT_TRUE(check(with("restore.buy.order_id", "mexc_order_123")).empty());
}

TEST(TaskSpecCheck, ClosingNeedsAFuturesLeg) {
  expect_problem(with("direction", "close"), "direction", "needs a futures leg");
  TaskSpec s = with("direction", "close");
  s.leg.sell.exchange = Venue::GateioFutures;
  EXPECT_TRUE(check(s).empty());
}

TEST(TaskSpecCheck, TwoFuturesLegsWouldBeOnePosition) {
  TaskSpec s = with("buy.exchange", "gateio_futures");
  s.leg.sell.exchange = Venue::GateioFutures;
  expect_problem(s, "sell.exchange", "choose another venue");
  EXPECT_TRUE(check(with("sell.exchange", "mexc_spot")).empty()) << "one spot venue for both sides is market making";
}

TEST(TaskSpecCheck, ALimitOfThePriceIsLessThanThePrice) {
  TaskSpec s = btc();
  s.risk.price_collar_bps = Bps(9'999);
  s.risk.max_slippage_bps = Bps(9'999);
  EXPECT_TRUE(check(s).empty());
  s.risk.price_collar_bps = Bps(10'000);
  s.risk.max_slippage_bps = Bps(10'000);
  const auto problems = check(s);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].key, "risk.price_collar_bps");
  EXPECT_EQ(problems[1].key, "risk.max_slippage_bps");
}

TEST(TaskSpecCheck, LimitsDoNotContradictThemselves) {
  TaskSpec s = btc();
  s.risk.max_orders_per_minute = 1;
  ASSERT_EQ(check(s).size(), 1u) << "both sides quote at once";
  EXPECT_EQ(check(s)[0].key, "risk.max_orders_per_minute");
  s.lead = Lead::Buy;
  EXPECT_TRUE(check(s).empty());
  s.risk.min_spread_bps = Bps(5);
  s.risk.exit_spread_bps = Bps(5);
  EXPECT_TRUE(check(s).empty());
  s.risk.exit_spread_bps = Bps(6);
  ASSERT_EQ(check(s).size(), 1u) << "it would leave what it just entered";
  EXPECT_EQ(check(s)[0].key, "risk.exit_spread_bps");
}

TEST(TaskSpecCheck, CalmIsBelowVolatile) {
  TaskSpec s = with("adapt.volatility_bps", "30");
  EXPECT_TRUE(check(s).empty());
  EXPECT_EQ(s.adapt.calm(), Bps(18)) << "60 % where it is not set";
  ASSERT_TRUE(set_task_key(s, "adapt.calm_bps", "29.9999").has_value());
  EXPECT_TRUE(check(s).empty());
  ASSERT_TRUE(set_task_key(s, "adapt.calm_bps", "30").has_value());
  expect_problem(s, "adapt.calm_bps", "30 is not below volatility_bps 30");
  ASSERT_TRUE(set_task_key(s, "adapt.volatility_bps", "0").has_value());
  EXPECT_TRUE(check(s).empty()) << "what is off contradicts nothing";
}

TEST(TaskSpecCheck, ListsSeveralProblemsInTableOrder) {
  TaskSpec s = with("direction", "close");
  s.name.clear();
  s.restore.buy.filled_quantity = Qty(2);
  s.leg.sell.exchange.reset();
  std::vector<std::string> keys;
  for (const SpecProblem& p : check(s)) keys.push_back(p.key);
  EXPECT_EQ(keys, (std::vector<std::string>{"name", "direction", "sell.exchange", "restore.buy.filled_quantity", "restore.buy.avg_price"}));
}

}  // namespace
}  // namespace dn
