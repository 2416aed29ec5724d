// The gate: every order passes here last, whatever made it.
#pragma once

#include <optional>

#include "base/expected.h"
#include "engine/situation.h"
#include "model/portfolio.h"

namespace dn {

struct Refusal {
  std::string code;     // the limit's key
  std::string message;  // what, with both numbers
  std::string value;
  std::string limit;
  bool lasting = false;  // waiting does not help: the run ends on it
};

// What the gate counts besides the situation.
struct GateView {
  const Situation* situation = nullptr;
  Qty open;                    // of the order's leg: what its unclosed orders may still add, unknown ones at full size
  Qty other_open;              // likewise of the other leg
  bool has_unknown = false;    // on the order's leg
  Money committed;             // value of both sides: traded, and what unclosed orders may still add, unknown ones at full size
  const Room* room = nullptr;  // of the portfolio; none: no portfolio is in force
  Money exposure;              // the task's, with the new order and what makes the sides equal
  std::int64_t sent_last_minute = 0;
  std::int64_t sent_this_run = 0;
  std::int64_t sent_last_day = 0;
};

// The code by which the gate says that the task has to ask the portfolio for more room first.
inline constexpr std::string_view kNoRoom = "portfolio_room";

// An order that the gate let through. There is no other way to make a PlaceOrder.
class GatePass {
 public:
  const OrderRequest& order() const { return order_; }

 private:
  explicit GatePass(OrderRequest order) : order_(std::move(order)) {}
  friend Expected<GatePass, Refusal> pass_gate(const GateView& view, const OrderRequest& order);
  friend GatePass planted_pass(const OrderRequest& order);  // for the simulator's planted bugs
  friend struct TestPass;                                   // for tests of what comes behind the gate
  friend struct PlaceOrder;
  OrderRequest order_;
};

// Hedges (anything but a quote) restore the balance: they are counted but not held back by the limits on the number of orders and on
// the value of both sides.
Expected<GatePass, Refusal> pass_gate(const GateView& view, const OrderRequest& order);

}  // namespace dn
