#include "model/order.h"

#include "model/names.h"

namespace dn {
namespace {

constexpr Names<OrderType, 4> kTypes{{{OrderType::Limit, "limit"}, {OrderType::PostOnly, "post_only"}, {OrderType::Ioc, "ioc"}, {OrderType::Market, "market"}}};
constexpr Names<Purpose, 4> kPurposes{
    {{Purpose::Quote, "quote"}, {Purpose::Rebalance, "rebalance"}, {Purpose::Reduce, "reduce"}, {Purpose::Restored, "restored"}}};
constexpr Names<OrderStatus, 4> kStatuses{
    {{OrderStatus::Intent, "intent"}, {OrderStatus::Open, "open"}, {OrderStatus::Unknown, "unknown"}, {OrderStatus::Closed, "closed"}}};
constexpr Names<CloseReason, 6> kCloseReasons{{{CloseReason::None, "none"},
                                               {CloseReason::Filled, "filled"},
                                               {CloseReason::Cancelled, "cancelled"},
                                               {CloseReason::Refused, "refused"},
                                               {CloseReason::DeniedLocally, "denied_locally"},
                                               {CloseReason::NeverArrived, "never_arrived"}}};
constexpr Names<LookupStage, 3> kStages{{{LookupStage::ById, "by_id"}, {LookupStage::OpenOrders, "open_orders"}, {LookupStage::History, "history"}}};

}  // namespace

std::string_view name(OrderType t) { return name_in(kTypes, t); }
std::optional<OrderType> order_type_from(std::string_view text) { return value_in(kTypes, text); }
std::string_view name(Purpose p) { return name_in(kPurposes, p); }
std::optional<Purpose> purpose_from(std::string_view text) { return value_in(kPurposes, text); }
std::string_view name(OrderStatus s) { return name_in(kStatuses, s); }
std::optional<OrderStatus> order_status_from(std::string_view text) { return value_in(kStatuses, text); }
std::string_view name(CloseReason r) { return name_in(kCloseReasons, r); }
std::optional<CloseReason> close_reason_from(std::string_view text) { return value_in(kCloseReasons, text); }
std::string_view name(LookupStage s) { return name_in(kStages, s); }
std::string_view name(Liquidity l) { return l == Liquidity::Maker ? "maker" : "taker"; }

}  // namespace dn
