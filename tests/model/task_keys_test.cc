#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/task_spec.h"

namespace dn {
namespace {

// A value for every key that is not its default, in the form that get_task_key prints.
const std::map<std::string, std::string, std::less<>> kValues = {
    {"name", "btc-1.x_Y"},
    {"symbol", "BTC/USDT"},
    {"total_quantity", "1.5"},
    {"order_quantity", "0.1"},
    {"delay", "50ms"},
    {"lead", "buy"},
    {"direction", "close"},
    {"post_only", "true"},
    {"hold_for", "90m"},
    {"close_spread_bps", "-5"},
    {"exit_after_fundings", "3"},
    {"min_funding_apr", "12.5"},
    {"exit_funding_apr", "-1"},
    {"buy.exchange", "mexc_spot"},
    {"buy.offset_ticks", "2"},
    {"buy.tick_tolerance", "5"},
    {"buy.price_reference", "mid"},
    {"sell.exchange", "gateio_futures"},
    {"sell.offset_ticks", "-2"},
    {"sell.tick_tolerance", "3"},
    {"sell.price_reference", "opposite"},
    {"risk.max_position", "1.2"},
    {"risk.max_notional", "90000"},
    {"risk.max_order_notional", "20000"},
    {"risk.max_orders_per_minute", "60"},
    {"risk.max_orders_per_run", "500"},
    {"risk.max_orders_per_day", "900"},
    {"risk.price_collar_bps", "80"},
    {"risk.max_slippage_bps", "12.5"},
    {"risk.max_book_age", "1500ms"},
    {"risk.min_spread_bps", "-3"},
    {"risk.exit_spread_bps", "1.5"},
    {"risk.exit_action", "unwind"},
    {"risk.imbalance_threshold", "0.02"},
    {"risk.imbalance_grace", "3s"},
    {"risk.max_imbalance_bps", "500"},
    {"risk.max_imbalance_time", "20s"},
    {"risk.rebalance_attempts", "5"},
    {"risk.max_repeated_errors", "4"},
    {"risk.max_loss", "500"},
    {"risk.max_hold", "2h"},
    {"risk.dead_man", "7s"},
    {"risk.max_capital_fraction", "0.025"},
    {"adapt.volatility_bps", "30"},
    {"adapt.calm_bps", "17.5"},
    {"adapt.window", "45s"},
    {"adapt.tick_tolerance", "12"},
    {"adapt.slice_percent", "40"},
    {"restore.buy.filled_quantity", "0.3"},
    {"restore.buy.avg_price", "43250"},
    {"restore.buy.order_id", "mexc_order_123"},
    {"restore.sell.filled_quantity", "0.25"},
    {"restore.sell.avg_price", "43280"},
    {"restore.sell.order_id", "a=b"},
};

TaskSpec full() {
  TaskSpec s;
  for (const auto& [key, value] : kValues) {
    const auto r = set_task_key(s, key, value);
    EXPECT_TRUE(r.has_value()) << key << ": " << r.error();
  }
  return s;
}

std::string error_of(std::string_view key, std::string_view value) {
  TaskSpec s = full();
  const std::string before = to_text(s);
  const auto r = set_task_key(s, key, value);
  EXPECT_FALSE(r.has_value()) << key << " took \"" << value << "\"";
  EXPECT_EQ(to_text(s), before) << "a refused value changed something";
  return r ? "" : r.error();
}

TEST(TaskKeys, EveryKeyOfTheTableIsTestedHere) {
  std::set<std::string> ours;
  for (const auto& [key, value] : kValues) ours.insert(key);
  std::set<std::string> table;
  for (const KeyInfo& k : task_keys()) EXPECT_TRUE(table.insert(std::string(k.key)).second) << k.key << " is there twice";
  EXPECT_EQ(ours, table);
}

TEST(TaskKeys, DescribeThemselves) {
  for (const KeyInfo& k : task_keys()) {
    EXPECT_FALSE(k.value.empty()) << k.key;
    EXPECT_FALSE(k.help.empty()) << k.key;
    ASSERT_NE(find_task_key(k.key), nullptr) << k.key;
    EXPECT_EQ(find_task_key(k.key)->key, k.key);
  }
  EXPECT_EQ(find_task_key("buy.offset"), nullptr);
  EXPECT_EQ(find_task_key(""), nullptr);
}

TEST(TaskKeys, SetThenGetIsIdentityAndDiffersFromTheDefault) {
  for (const auto& [key, value] : kValues) {
    TaskSpec s;
    EXPECT_NE(get_task_key(s, key), value) << key;
    ASSERT_TRUE(set_task_key(s, key, value).has_value()) << key;
    EXPECT_EQ(get_task_key(s, key), value) << key;
  }
}

TEST(TaskKeys, EachKeySetsOnlyItself) {
  for (const auto& [key, value] : kValues) {
    TaskSpec s;
    ASSERT_TRUE(set_task_key(s, key, value).has_value());
    for (const KeyInfo& other : task_keys()) {
      if (other.key == key) continue;
      EXPECT_EQ(get_task_key(s, other.key), get_task_key(TaskSpec{}, other.key)) << key << " changed " << other.key;
    }
  }
}

TEST(TaskKeys, UnknownOnesAreRefused) {
  TaskSpec s;
  EXPECT_EQ(set_task_key(s, "risk.max_lose", "5").error(), "is not a key of a task");
  EXPECT_FALSE(get_task_key(s, "risk.max_lose"));
}

// Every wrong value is refused with words that say what to write.
TEST(TaskKeys, WrongValuesAreRefusedWithTheRemedy) {
  const std::vector<std::pair<std::string, std::string>> by_type[] = {
      // Decimal
      {{"", "plain decimal"},
       {"abc", "plain decimal"},
       {"1,5", "plain decimal"},
       {"nan", "plain decimal"},
       {"+1", "plain decimal"},
       {"1e400", "plain decimal"},
       {"0.1234567890123", "digits; write at most"},
       {"1234567890123456", "digits; write at most 15 in all"}},
      // Integer
      {{"", "whole number from"},
       {"1.5", "whole number from"},
       {"5.0", "whole number from"},
       {"+5", "whole number from"},
       {"1e3", "whole number from"},
       {" 5", "whole number from"},
       {"99999999999999999999", "whole number from"},
       {"9999999999", "whole number from"}},
      // Bool
      {{"", "true or false"}, {"yes", "true or false"}, {"True", "true or false"}, {"1", "true or false"}},
      // Duration
      {{"", "a number and a unit"},
       {"100", "a number and a unit"},
       {"-1s", "a number and a unit"},
       {"5min", "write us, ms, s, m, h or d"},
       {"0.1us", "finer than"}},
  };
  for (const KeyInfo& k : task_keys()) {
    if (k.type == KeyType::String) continue;
    const std::size_t row = k.type == KeyType::Decimal ? 0 : k.type == KeyType::Integer ? 1 : k.type == KeyType::Bool ? 2 : 3;
    for (const auto& [value, remedy] : by_type[row]) {
      const bool own_bound = k.value.find("bps") != std::string_view::npos || k.key == "risk.max_capital_fraction";
      if (value == "1234567890123456" && own_bound) continue;
      EXPECT_NE(error_of(k.key, value).find(remedy), std::string::npos) << k.key << "=" << value << ": " << error_of(k.key, value);
    }
  }
}

TEST(TaskKeys, SignsAreHeeded) {
  for (const KeyInfo& k : task_keys()) {
    if (k.type != KeyType::Decimal) continue;
    if (k.value.find("> 0") != std::string_view::npos) {
      EXPECT_NE(error_of(k.key, "0").find("write a positive amount"), std::string::npos) << k.key;
      EXPECT_NE(error_of(k.key, "-1").find("write a positive amount"), std::string::npos) << k.key;
    } else if (k.value.find(">= 0") != std::string_view::npos) {
      EXPECT_NE(error_of(k.key, "-1").find("write zero or more"), std::string::npos) << k.key;
    } else {
      TaskSpec s;
      EXPECT_TRUE(set_task_key(s, k.key, "-1").has_value()) << k.key;
    }
  }
}

TEST(TaskKeys, WordsAreRefusedWithTheChoice) {
  EXPECT_NE(error_of("lead", "Both").find("both, buy or sell"), std::string::npos);
  EXPECT_NE(error_of("direction", "short").find("open or close"), std::string::npos);
  EXPECT_NE(error_of("buy.price_reference", "last").find("touch, opposite or mid"), std::string::npos);
  EXPECT_NE(error_of("risk.exit_action", "").find("pause, complete or unwind"), std::string::npos);
  EXPECT_NE(error_of("sell.exchange", "binance").find("mexc_spot, gateio_spot or gateio_futures"), std::string::npos);
  EXPECT_NE(error_of("symbol", "btcusdt").find("BASE/QUOTE"), std::string::npos);
  for (const std::string& bad :
       {std::string(), std::string("a b"), std::string("-x"), std::string(".x"), std::string("a/b"), std::string(65, 'x'), std::string("a\nb")}) {
    EXPECT_NE(error_of("name", bad).find("1 to 64 of"), std::string::npos) << bad;
  }
  for (const std::string& bad : {std::string("a b"), std::string(65, 'x'), std::string("a\nb"), std::string("\xC3\xA9")}) {
    EXPECT_NE(error_of("restore.buy.order_id", bad).find("at most 64 printable"), std::string::npos) << bad;
  }
}

TEST(TaskKeys, MessagesShowTextFromOutsideDisarmedAndCut) {
  EXPECT_EQ(error_of("lead", "\x1B[2J").find('\x1B'), std::string::npos);
  EXPECT_LT(error_of("lead", std::string(10'000, 'x')).size(), 200U);
  EXPECT_LT(error_of("total_quantity", std::string(10'000, '9')).size(), 200U);
}

TEST(TaskKeys, BoundsOfWholeNumbersAndDurations) {
  TaskSpec s;
  EXPECT_TRUE(set_task_key(s, "buy.offset_ticks", "-1000000").has_value());
  EXPECT_NE(error_of("buy.offset_ticks", "-1000001").find("-1000000 to 1000000"), std::string::npos);
  EXPECT_NE(error_of("buy.tick_tolerance", "-1").find("from 0"), std::string::npos);
  EXPECT_NE(error_of("risk.rebalance_attempts", "0").find("from 1"), std::string::npos);
  EXPECT_TRUE(set_task_key(s, "delay", "0ms").has_value()) << "each event is a cycle";
  EXPECT_NE(error_of("risk.max_capital_fraction", "5").find("as in 0.05 for 5 %"), std::string::npos);
  EXPECT_TRUE(set_task_key(s, "risk.max_capital_fraction", "1.0").has_value());
  EXPECT_NE(error_of("risk.max_hold", "999ms").find("shorter than 1s"), std::string::npos);
  EXPECT_TRUE(set_task_key(s, "risk.imbalance_grace", "0s").has_value());
}

TEST(TaskKeys, ZeroSwitchesTheExitSpreadOff) {
  TaskSpec s = full();
  ASSERT_TRUE(set_task_key(s, "risk.exit_spread_bps", "0").has_value());
  EXPECT_FALSE(s.risk.exit_spread_bps);
  EXPECT_FALSE(get_task_key(s, "risk.exit_spread_bps"));
}

// The largest values that files may hold, multiplied as the engine does, stay inside a Decimal.
TEST(TaskKeys, NoAcceptedValuesOverflowTogether) {
  TaskSpec s;
  for (const auto& [amount, bps] : {std::pair{"999999999999999", "99999999"}, std::pair{"999.999999999999", "9999.9999"}}) {
    ASSERT_TRUE(set_task_key(s, "total_quantity", amount).has_value());
    ASSERT_TRUE(set_task_key(s, "restore.buy.avg_price", amount).has_value());
    ASSERT_TRUE(set_task_key(s, "risk.max_slippage_bps", bps).has_value());
    const Money value = s.restore.buy.avg_price * s.total_quantity;
    EXPECT_TRUE(bps_of(value.decimal(), s.risk.max_slippage_bps).is_positive());
  }
  EXPECT_NE(error_of("risk.max_slippage_bps", "999999999").find("at most 8 in all"), std::string::npos);
  EXPECT_NE(error_of("risk.max_slippage_bps", "0.00001").find("4 behind the point"), std::string::npos);
}

TEST(TaskKeys, ADeadMansSwitchIsOffOrLongEnoughForTheVenues) {
  TaskSpec s;
  EXPECT_EQ(get_task_key(s, "risk.dead_man"), std::nullopt) << "the installation's";
  for (const char* text : {"0s", "5s", "90s", "1h"}) {
    ASSERT_TRUE(set_task_key(s, "risk.dead_man", text).has_value()) << text;
    EXPECT_TRUE(get_task_key(s, "risk.dead_man").has_value()) << text;
  }
  EXPECT_EQ(*s.risk.dead_man, Dur::hours(1));
  for (const char* text : {"4s", "1ms", "2h", "5", ""}) EXPECT_NE(error_of("risk.dead_man", text), "") << text;
  EXPECT_TRUE(find_task_key("risk.dead_man")->live);
}

TEST(TaskKeys, GraceDependsOnTheLead) {
  TaskSpec s = task_spec_from_text("lead=both\n").value();
  EXPECT_EQ(s.imbalance_grace(), Dur::seconds(1));
  s.lead = Lead::Buy;
  EXPECT_EQ(s.imbalance_grace(), Dur{});
  s.risk.imbalance_grace = Dur::seconds(3);
  EXPECT_EQ(s.imbalance_grace(), Dur::seconds(3));
}

}  // namespace
}  // namespace dn
