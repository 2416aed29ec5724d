// The event stream is an interface: scripts read these lines, so every byte of them is expected here.
#include "model/task_event.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace dn {
namespace {

constexpr Time kTs{1'735'689'600'123'456};
constexpr std::string_view kHead = R"(","ts":"2025-01-01T00:00:00.123456Z","ts_us":1735689600123456,"run_id":"r1","task":"btc",)";

Decimal d(std::string_view text) { return *Decimal::parse(text); }

void expect_json(decltype(TaskEvent::what) what, std::string_view type, std::string_view fields) {
  const TaskEvent e{kTs, std::move(what)};
  EXPECT_EQ(type_name(e), type);
  EXPECT_EQ(to_json(e, "r1", "btc"), R"({"schema":"dn.event/1","type":")" + std::string(type) + std::string(kHead) + std::string(fields) + "}");
}

OrderRequest request() {
  OrderRequest r;
  r.id = ClientOrderId("t-btc-b-1-1");
  r.leg = Side::Buy;
  r.side = Side::Buy;
  r.type = OrderType::PostOnly;
  r.price = Price(d("43250.10"));
  r.qty = Qty(d("0.1"));
  return r;
}

TEST(TaskEventJson, State) {
  expect_json(StateChanged{TaskState::Analyzing, TaskState::ManagingOrders, TaskMode::Active, Reason("balanced")}, "state",
              R"("from":"ANALYZING","to":"MANAGING_ORDERS","mode":"ACTIVE","reason":"balanced")");
}

TEST(TaskEventJson, EveryStepOfAnOrder) {
  const std::string_view request_fields =
      R"("exchange":"gateio_spot","leg":"buy","side":"buy","order_type":"post_only","purpose":"quote","price":"43250.1","quantity":"0.1","reduce_only":false,)";
  const auto fields = [&](std::string_view venue_id, std::string_view code, std::string_view reason) {
    return R"("client_order_id":"t-btc-b-1-1","venue_order_id":")" + std::string(venue_id) + R"(",)" + std::string(request_fields) + R"("code":")" +
           std::string(code) + R"(","reason":")" + std::string(reason) + "\"";
  };
  expect_json(OrderStepped{OrderStep::Intent, Venue::GateioSpot, request(), {}, {}, {}}, "intent", fields("", "", ""));
  expect_json(OrderStepped{OrderStep::Ack, Venue::GateioSpot, request(), VenueOrderId("77"), {}, {}}, "ack", fields("77", "", ""));
  expect_json(OrderStepped{OrderStep::Reject, Venue::GateioSpot, request(), {}, Code("BALANCE_NOT_ENOUGH"), Reason("not \"enough\"")}, "reject",
              fields("", "BALANCE_NOT_ENOUGH", R"(not \"enough\")"));
  expect_json(OrderStepped{OrderStep::Unknown, Venue::GateioSpot, request(), {}, Code("timeout"), {}}, "unknown", fields("", "timeout", ""));
  expect_json(OrderStepped{OrderStep::Resolved, Venue::GateioSpot, request(), VenueOrderId("77"), Code("found_by_id"), {}}, "resolved",
              fields("77", "found_by_id", ""));
}

TEST(TaskEventJson, AReducingOrderNamesLegAndSide) {
  OrderRequest r = request();
  r.side = Side::Sell;
  r.purpose = Purpose::Reduce;
  r.type = OrderType::Ioc;
  r.reduce_only = true;
  const std::string json = to_json(TaskEvent{kTs, OrderStepped{OrderStep::Intent, Venue::GateioFutures, r, {}, {}, {}}}, "r1", "btc");
  EXPECT_NE(json.find(R"("exchange":"gateio_futures","leg":"buy","side":"sell","order_type":"ioc","purpose":"reduce")"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("reduce_only":true)"), std::string::npos) << json;
}

TEST(TaskEventJson, Fill) {
  Fill f;
  f.trade_id = TradeId("T1");
  f.order = ClientOrderId("c1");
  f.venue_order_id = VenueOrderId("77");
  f.venue = Venue::MexcSpot;
  f.leg = Side::Sell;
  f.side = Side::Sell;
  f.price = Price(d("43280"));
  f.qty = Qty(d("0.0500"));
  f.fee = Fee(d("1.082"));
  f.fee_asset = Asset("USDT");
  f.liquidity = Liquidity::Taker;
  f.time = Time{1'735'689'600'000'000};
  expect_json(
      Filled{f}, "fill",
      R"("client_order_id":"c1","venue_order_id":"77","trade_id":"T1","exchange":"mexc_spot","leg":"sell","side":"sell","price":"43280","quantity":"0.05",)"
      R"("fee":"1.082","fee_asset":"USDT","liquidity":"taker","venue_time_us":1735689600000000)");
}

TEST(TaskEventJson, Cancel) {
  expect_json(CancelProven{ClientOrderId("c1"), Side::Buy, Qty(d("0.02")), Reason("stale price")}, "cancel",
              R"("client_order_id":"c1","side":"buy","filled":"0.02","reason":"stale price")");
}

TEST(TaskEventJson, Rebalance) {
  expect_json(Rebalanced{Side::Sell, Venue::GateioSpot, Qty(d("0.05")), Qty(d("0.05")), 2}, "rebalance",
              R"("side":"sell","exchange":"gateio_spot","quantity":"0.05","imbalance":"0.05","attempt":2)");
}

TEST(TaskEventJson, LimitAlertAndHalt) {
  const std::string fields = R"("level":"CRITICAL","code":"max_imbalance","message":"too far apart","value":"0.2","limit":"0.1")";
  for (const auto& [kind, type] : {std::pair{AlertKind::Limit, "limit"}, std::pair{AlertKind::Alert, "alert"}, std::pair{AlertKind::Halt, "halt"}}) {
    expect_json(Alerted{kind, AlertLevel::Critical, Code("max_imbalance"), Reason("too far apart"), Code("0.2"), Code("0.1")}, type, fields);
  }
  for (const auto& [level, text] : {std::pair{AlertLevel::Warning, "WARNING"}, std::pair{AlertLevel::Info, "INFO"}, std::pair{AlertLevel::Debug, "DEBUG"}}) {
    const std::string json = to_json(TaskEvent{kTs, Alerted{AlertKind::Alert, level, {}, {}, {}, {}}}, "r1", "btc");
    EXPECT_NE(json.find(R"("level":")" + std::string(text) + "\""), std::string::npos) << json;
  }
}

TEST(TaskEventJson, Error) {
  expect_json(Erred{Code("temporary"), Reason("timeout"), Reason("retry in 1s")}, "error", R"("class":"temporary","message":"timeout","next":"retry in 1s")");
}

TEST(TaskEventJson, TextFromOutsideStaysInsideItsQuotes) {
  const std::string json = to_json(TaskEvent{kTs, Erred{{}, Reason("a\"},{\"b\n\xFF"), {}}}, "r\"1", "b\\tc");
  EXPECT_NE(json.find(R"("run_id":"r\"1","task":"b\\tc")"), std::string::npos) << json;
  EXPECT_NE(json.find("\"message\":\"a\\\"},{\\\"b\\n\uFFFD\""), std::string::npos) << json;
}

}  // namespace
}  // namespace dn
