#include "engine/states.h"

#include <algorithm>

namespace dn {

const std::vector<Transition>& transitions() {
  using S = TaskState;
  static const std::vector<Transition> table{
      {S::Idle, S::Syncing, "the run starts"},
      {S::Syncing, S::Analyzing, "no order of an earlier run is unasked"},
      {S::Syncing, S::Error, "a venue did not answer"},
      {S::Analyzing, S::Rebalancing, "the difference outlasted its grace"},
      {S::Analyzing, S::ManagingOrders, "keep, cancel or place quotes"},
      {S::Analyzing, S::Completing, "no side can usefully trade more, or a stop"},
      {S::Analyzing, S::Error, "a limit or a fault"},
      {S::Rebalancing, S::Syncing, "balanced again, or a stop"},
      {S::Rebalancing, S::Error, "a venue did not answer"},
      {S::ManagingOrders, S::Syncing, "orders managed"},
      {S::ManagingOrders, S::Error, "an order was refused"},
      {S::Error, S::Syncing, "the backoff is over"},
      // A budget, a signal, a pause or a halt ends the run but not the task: its next run starts from here.
      {S::Completing, S::Idle, "the run ends, the task goes on another time"},
      {S::Completing, S::Completed, "target reached, balanced, proven"},
      {S::Completing, S::Cancelled, "cancelled by a person, proven"},
  };
  return table;
}

bool may_move(TaskState from, TaskState to) {
  const auto& t = transitions();
  return std::any_of(t.begin(), t.end(), [&](const Transition& x) { return x.from == from && x.to == to; });
}

std::string diagram() {
  std::string out = "stateDiagram-v2\n    [*] --> IDLE\n";
  for (const Transition& t : transitions()) {
    out += "    ";
    out += name(t.from);
    out += " --> ";
    out += name(t.to);
    out += ": ";
    out += t.when;
    out += '\n';
  }
  out += "    COMPLETED --> [*]\n    CANCELLED --> [*]\n";
  return out;
}

}  // namespace dn
