// The keys of [adapt]: their bounds, how each is unset again, and that a task without them does not mention them.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <tuple>

#include "model/task_spec.h"

namespace dn {
namespace {

TaskSpec with(std::string_view key, std::string_view value) {
  TaskSpec s;
  const auto done = set_task_key(s, key, value);
  EXPECT_TRUE(done.has_value()) << key << ": " << done.error();
  return s;
}

std::string error_of(std::string_view key, std::string_view value) {
  TaskSpec s;
  const auto done = set_task_key(s, key, value);
  EXPECT_FALSE(done.has_value()) << key << " took " << value;
  return done ? "" : done.error();
}

TEST(AdaptKeys, TakeTheirBounds) {
  EXPECT_EQ(with("adapt.window", "1s").adapt.length(), Dur::seconds(1));
  EXPECT_EQ(with("adapt.window", "1h").adapt.length(), Dur::hours(1));
  EXPECT_EQ(with("adapt.slice_percent", "1").adapt.slice_fraction(), Decimal::from_parts(1, 2));
  EXPECT_EQ(with("adapt.slice_percent", "100").adapt.slice_fraction(), Decimal(1));
  EXPECT_EQ(error_of("adapt.window", "999ms"), "\"999ms\" is not from 1s to 1h");
  EXPECT_EQ(error_of("adapt.window", "61m"), "\"61m\" is not from 1s to 1h");
  EXPECT_NE(error_of("adapt.slice_percent", "101").find("from 0 to 100"), std::string::npos);
}

TEST(AdaptKeys, ZeroUnsetsEach) {
  for (const auto& [key, value, zero] : {std::tuple{"adapt.volatility_bps", "30", "0"},
                                         {"adapt.calm_bps", "18", "0"},
                                         {"adapt.window", "45s", "0s"},
                                         {"adapt.tick_tolerance", "10", "0"},
                                         {"adapt.slice_percent", "40", "0"}}) {
    TaskSpec s = with(key, value);
    ASSERT_TRUE(set_task_key(s, key, zero).has_value()) << key;
    EXPECT_FALSE(get_task_key(s, key)) << key;
    EXPECT_TRUE(find_task_key(key)->live) << key;
  }
}

TEST(AdaptKeys, HaveDefaults) {
  const TaskSpec s = with("adapt.volatility_bps", "30");
  EXPECT_EQ(s.adapt.calm(), Bps(18));
  EXPECT_EQ(s.adapt.length(), Dur::seconds(30));
  EXPECT_EQ(s.adapt.slice_fraction(), Decimal::from_parts(5, 1));
  EXPECT_EQ(with("adapt.volatility_bps", "0.0001").adapt.calm(), Bps(Decimal::from_parts(6, 5))) << "exact, however small";
}

// Else each task would look as if its file had been changed, once a version brings new keys.
TEST(AdaptKeys, ATaskWithoutThemDoesNotMentionThemInItsText) {
  EXPECT_EQ(to_text(TaskSpec{}).find("adapt"), std::string::npos);
  const TaskSpec s = with("adapt.window", "45s");
  EXPECT_EQ(task_spec_from_text(to_text(s))->adapt, s.adapt);
}

}  // namespace
}  // namespace dn
