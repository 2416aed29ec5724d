// Task events as lines for a person: the signs of the house, or plain ASCII for pipes and logs.
#pragma once

#include <string>

#include "model/task_event.h"
#include "model/task_spec.h"

namespace dn::app {

// "BUY:MEXC_SELL:GATEIO_BTCUSDT"
std::string task_label(const TaskSpec& spec);

enum class Sign : std::uint8_t { Start, Rebalance, Fill, Cancel, Done, Warn, Order };
// The sign and a blank: "📡 ", or "[start] " when plain.
std::string sign(Sign s, bool plain);

// One line without its end; "" for an event that a person need not see unless `verbose`.
std::string event_line(const TaskEvent& event, const TaskSpec& spec, bool plain, bool verbose);

}  // namespace dn::app
