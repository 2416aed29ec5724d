#include "model/task_event.h"

#include "base/json_writer.h"
#include "model/names.h"

namespace dn {
namespace {

constexpr Names<OrderStep, 5> kSteps{{{OrderStep::Intent, "intent"},
                                      {OrderStep::Ack, "ack"},
                                      {OrderStep::Reject, "reject"},
                                      {OrderStep::Unknown, "unknown"},
                                      {OrderStep::Resolved, "resolved"}}};
constexpr Names<AlertKind, 3> kKinds{{{AlertKind::Limit, "limit"}, {AlertKind::Alert, "alert"}, {AlertKind::Halt, "halt"}}};
constexpr Names<AlertLevel, 4> kLevels{
    {{AlertLevel::Critical, "CRITICAL"}, {AlertLevel::Warning, "WARNING"}, {AlertLevel::Info, "INFO"}, {AlertLevel::Debug, "DEBUG"}}};

void fields(JsonWriter& w, const StateChanged& e) {
  w.field("from", name(e.from)).field("to", name(e.to)).field("mode", name(e.mode)).field("reason", e.reason.view());
}

void fields(JsonWriter& w, const OrderStepped& e) {
  const OrderRequest& r = e.request;
  w.field("client_order_id", r.id.view()).field("venue_order_id", e.venue_order_id.view()).field("exchange", name(e.venue));
  w.field("leg", name(r.leg)).field("side", name(r.side)).field("order_type", name(r.type)).field("purpose", name(r.purpose));
  w.field("price", r.price.str()).field("quantity", r.qty.str()).field("reduce_only", r.reduce_only);
  w.field("code", e.code.view()).field("reason", e.reason.view());
}

void fields(JsonWriter& w, const Filled& e) {
  const Fill& f = e.fill;
  w.field("client_order_id", f.order.view()).field("venue_order_id", f.venue_order_id.view()).field("trade_id", f.trade_id.view());
  w.field("exchange", name(f.venue)).field("leg", name(f.leg)).field("side", name(f.side)).field("price", f.price.str()).field("quantity", f.qty.str());
  w.field("fee", f.fee.str()).field("fee_asset", f.fee_asset.view()).field("liquidity", name(f.liquidity)).field("venue_time_us", f.time.us);
}

void fields(JsonWriter& w, const CancelProven& e) {
  w.field("client_order_id", e.id.view()).field("side", name(e.side)).field("filled", e.filled.str()).field("reason", e.reason.view());
}

void fields(JsonWriter& w, const Rebalanced& e) {
  w.field("side", name(e.side)).field("exchange", name(e.venue)).field("quantity", e.qty.str()).field("imbalance", e.imbalance.str());
  w.field("attempt", e.attempt);
}

void fields(JsonWriter& w, const Alerted& e) {
  w.field("level", name_in(kLevels, e.level)).field("code", e.code.view()).field("message", e.message.view());
  w.field("value", e.value.view()).field("limit", e.limit.view());
}

void fields(JsonWriter& w, const Erred& e) { w.field("class", e.error_class.view()).field("message", e.message.view()).field("next", e.next.view()); }

void fields(JsonWriter& w, const FundingBooked& e) {
  const FundingPayment& p = e.payment;
  w.field("exchange", name(p.venue)).field("leg", name(p.leg)).field("amount", p.amount.str()).field("payment_id", p.id.view());
  w.field("venue_time_us", p.time.us);
}

void fields(JsonWriter& w, const Triggered& e) {
  w.field("trigger", e.trigger).field("spread_bps", e.spread.str()).field("touch_spread_bps", e.touch_spread.str()).field("min_spread_bps", e.least.str());
  w.field("quantity", e.total.str()).field("slice", e.slice.str());
  for (const Side side : kSides) w.key(name(side)).begin_object().field("exchange", name(e.venues[side])).field("price", e.price[side].str()).end_object();
}

std::string_view type_of(const StateChanged&) { return "state"; }
std::string_view type_of(const OrderStepped& e) { return name_in(kSteps, e.step); }
std::string_view type_of(const Filled&) { return "fill"; }
std::string_view type_of(const CancelProven&) { return "cancel"; }
std::string_view type_of(const Rebalanced&) { return "rebalance"; }
std::string_view type_of(const Alerted& e) { return name_in(kKinds, e.kind); }
std::string_view type_of(const Erred&) { return "error"; }
std::string_view type_of(const FundingBooked&) { return "funding"; }
std::string_view type_of(const Triggered&) { return "trigger"; }

}  // namespace

std::string_view type_name(const TaskEvent& e) {
  return std::visit([](const auto& w) { return type_of(w); }, e.what);
}

std::string to_json(const TaskEvent& e, std::string_view run_id, std::string_view task) {
  JsonWriter w;
  w.begin_object().field("schema", "dn.event/1").field("type", type_name(e)).field("ts", rfc3339(e.ts)).field("ts_us", e.ts.us);
  w.field("run_id", run_id).field("task", task);
  std::visit([&w](const auto& what) { fields(w, what); }, e.what);
  w.end_object();
  return w.str();
}

}  // namespace dn
