// What [restore] says is filled, against the order that it takes over: whether the order's fills would be counted twice.
#include "app/restore_check.h"

#include <gtest/gtest.h>

namespace dn::app {
namespace {

Qty qty(std::string_view text) { return Qty(Decimal::parse(text).value()); }
Price px(std::string_view text) { return Price(Decimal::parse(text).value()); }

TaskSpec restored(Side leg, std::string_view filled, std::string_view average) {
  TaskSpec s;
  s.name = "btc";
  s.symbol = *symbol_from("BTC/USDT");
  s.leg.buy.exchange = Venue::MexcSpot;
  s.leg.sell.exchange = Venue::GateioFutures;
  s.restore[leg] = {qty(filled), px(average), "V1"};
  return s;
}

// The venue of the leg shows the order, with one trade for each price.
AccountViews shows(Venue venue, Side side, std::string_view filled, const std::vector<std::pair<std::string, std::string>>& trades = {},
                   std::string_view position = "0") {
  AccountView a;
  a.venue = venue;
  venues::SeenOrder order;
  order.venue_order_id = VenueOrderId("V1");
  order.side = side;
  order.qty = qty("1");
  order.filled = qty(filled);
  order.open = true;
  a.seen.orders = {order};
  for (const auto& [amount, price] : trades) {
    Fill f;
    f.venue_order_id = order.venue_order_id;
    f.side = side;
    f.qty = qty(amount);
    f.price = px(price);
    a.seen.trades.push_back(f);
  }
  a.position = qty(position);
  return {{a}, {}};
}

TEST(RestoreCheck, AnOrderThatFilledNothingOrMoreThanThatIsNoQuestion) {
  const TaskSpec s = restored(Side::Buy, "0.3", "43250");
  EXPECT_TRUE(restored_twice(s, shows(Venue::MexcSpot, Side::Buy, "0")).empty());
  EXPECT_TRUE(restored_twice(s, shows(Venue::MexcSpot, Side::Buy, "0.4")).empty()) << "more than filled_quantity cannot be in it";
  EXPECT_TRUE(restored_twice(s, shows(Venue::GateioFutures, Side::Buy, "0.1")).empty()) << "another venue's order";
  EXPECT_TRUE(restored_twice(s, shows(Venue::MexcSpot, Side::Sell, "0.1")).empty());
  TaskSpec none = s;
  none.restore.buy.order_id = "";
  EXPECT_TRUE(restored_twice(none, shows(Venue::MexcSpot, Side::Buy, "0.1")).empty());
}

TEST(RestoreCheck, WhereAllOfItMayBeTheOrdersTheAveragePriceTells) {
  const std::vector<std::pair<std::string, std::string>> trades{{"0.1", "43250.1"}, {"0.2", "43250.4"}};
  const AccountViews views = shows(Venue::MexcSpot, Side::Buy, "0.3", trades);
  const auto known = restored_twice(restored(Side::Buy, "0.3", "43250.3"), views);
  ASSERT_EQ(known.size(), 1U);
  EXPECT_EQ(known[0].leg, Side::Buy);
  EXPECT_EQ(known[0].filled, qty("0.3"));
  EXPECT_FALSE(known[0].proof.empty());
  EXPECT_TRUE(restored_twice(restored(Side::Buy, "0.3", "43250.2"), views)[0].proof.empty()) << "bought at another price, so it is something else";
  EXPECT_TRUE(restored_twice(restored(Side::Buy, "0.30000001", "43250.3"), views)[0].proof.empty());
  const AccountViews half = shows(Venue::MexcSpot, Side::Buy, "0.3", {trades[1]});
  EXPECT_TRUE(restored_twice(restored(Side::Buy, "0.3", "43250.4"), half)[0].proof.empty()) << "not all of its trades are shown";
}

TEST(RestoreCheck, APerpetualsPositionTellsWhetherThereIsMoreThanFilledQuantity) {
  const TaskSpec s = restored(Side::Sell, "0.3", "43250");
  EXPECT_FALSE(restored_twice(s, shows(Venue::GateioFutures, Side::Sell, "0.1", {}, "-0.3"))[0].proof.empty());
  EXPECT_TRUE(restored_twice(s, shows(Venue::GateioFutures, Side::Sell, "0.1", {}, "-0.4"))[0].proof.empty()) << "0.3, and 0.1 of the order";
  EXPECT_TRUE(restored_twice(s, shows(Venue::GateioFutures, Side::Sell, "0.1", {}, "0.3"))[0].proof.empty());
}

}  // namespace
}  // namespace dn::app
