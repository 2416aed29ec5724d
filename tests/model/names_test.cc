// Names that stand in files, events and the database read back to what they name.
#include <gtest/gtest.h>

#include <optional>
#include <string_view>

#include "model/order.h"
#include "model/task_state.h"

namespace dn {
namespace {

template <class E>
void expect_round_trip(int count, std::optional<E> (*from)(std::string_view)) {
  for (int i = 0; i < count; ++i) {
    const E value = static_cast<E>(i);
    EXPECT_NE(name(value), "?") << i;
    EXPECT_EQ(from(name(value)), value) << name(value);
  }
  EXPECT_EQ(name(static_cast<E>(count)), "?") << "a value was added: extend this test";
  EXPECT_FALSE(from("no such name"));
}

TEST(Names, ReadBack) {
  expect_round_trip<OrderType>(4, order_type_from);
  expect_round_trip<Purpose>(4, purpose_from);
  expect_round_trip<OrderStatus>(4, order_status_from);
  expect_round_trip<CloseReason>(6, close_reason_from);
  expect_round_trip<TaskState>(9, task_state_from);
  expect_round_trip<TaskMode>(4, task_mode_from);
  expect_round_trip<Verdict>(3, verdict_from);
}

TEST(Names, OfLookupStagesAndLiquidity) {
  EXPECT_EQ(name(LookupStage::ById), "by_id");
  EXPECT_EQ(name(LookupStage::OpenOrders), "open_orders");
  EXPECT_EQ(name(LookupStage::History), "history");
  EXPECT_EQ(name(Liquidity::Maker), "maker");
  EXPECT_EQ(name(Liquidity::Taker), "taker");
}

}  // namespace
}  // namespace dn
