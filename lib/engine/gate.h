// The gate: every order passes here last, whatever made it.
#pragma once

#include <optional>

#include "engine/situation.h"

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
  Qty open;                  // of the order's leg: what its unclosed orders may still add, unknown ones at full size
  bool has_unknown = false;  // on the order's leg
  Money traded;              // value of both sides so far
  std::int64_t sent_last_minute = 0;
  std::int64_t sent_this_run = 0;
};

// Hedges (anything but a quote) restore the balance: they are counted but not held back by the order-rate limits.
std::optional<Refusal> check_order(const GateView& view, const OrderRequest& order);

}  // namespace dn
