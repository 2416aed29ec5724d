// What happened in a task, in the form that is stored, printed and piped (`--ndjson`).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/time.h"
#include "model/order.h"
#include "model/task_state.h"

namespace dn {

struct StateChanged {
  TaskState from = TaskState::Idle;
  TaskState to = TaskState::Idle;
  TaskMode mode = TaskMode::Active;
  Reason reason;
};

// The life of an order's request.
enum class OrderStep : std::uint8_t { Intent, Ack, Reject, Unknown, Resolved };
struct OrderStepped {
  OrderStep step = OrderStep::Intent;
  Venue venue = Venue::MexcSpot;
  OrderRequest request;
  VenueOrderId venue_order_id;
  Code code;
  Reason reason;
};

struct Filled {
  Fill fill;
};

// A cancelled order whose final fill is proven.
struct CancelProven {
  ClientOrderId id;
  Side side = Side::Buy;
  Qty filled;
  Reason reason;  // why it was cancelled
};

struct Rebalanced {
  Side side = Side::Buy;
  Venue venue = Venue::MexcSpot;
  Qty qty;
  Qty imbalance;  // buy net - sell net, before
  std::int64_t attempt = 1;
};

enum class AlertKind : std::uint8_t { Limit, Alert, Halt };
enum class AlertLevel : std::uint8_t { Critical, Warning, Info, Debug };
struct Alerted {
  AlertKind kind = AlertKind::Alert;
  AlertLevel level = AlertLevel::Info;
  Code code;
  Reason message;
  Code value;  // the number that met the limit; empty when there is none
  Code limit;
};

struct Erred {
  Code error_class;  // temporary, rate_limit, venue_reject, unknown_outcome, config, fatal
  Reason message;
  Reason next;
};

struct FundingBooked {
  FundingPayment payment;
};

// A trigger began the task, and what it was decided on.
struct Triggered {
  std::string trigger;
  PerSide<Venue> venues{};
  PerSide<Price> price;  // that each side's order would have
  Qty total;
  Qty slice;
  Bps spread;        // net of fees, a slice's way through the books included
  Bps touch_spread;  // without that
  Bps least;         // that the trigger asks for
};

struct TaskEvent {
  using What = std::variant<StateChanged, OrderStepped, Filled, CancelProven, Rebalanced, Alerted, Erred, FundingBooked, Triggered>;
  Time ts;
  What what;
};

std::string_view type_name(const TaskEvent& e);  // "state", "intent", "fill", ...

// The event as one JSON object without a line end, in the schema "dn.event/1".
std::string to_json(const TaskEvent& e, std::string_view run_id, std::string_view task);

}  // namespace dn
