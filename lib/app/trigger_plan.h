// What the pairs of a trigger would earn now, for a person who wants to know before it starts anything.
#pragma once

#include <string>
#include <vector>

#include "app/ground.h"
#include "app/task_file.h"

namespace dn::app {

struct PairPlan {
  WatchedPair pair;
  TaskSpec task;                    // with its sizes
  std::optional<Bps> touch;         // net of fees, at the touches; none: the books say nothing
  std::optional<Bps> size;          // with a slice's way through the books
  std::string trouble;              // why it would not be traded, or not be watched
  std::optional<ToolError> failed;  // its venues could not be asked
  bool starts = false;
};
// Asks the venues of each pair. Sends no order.
std::vector<PairPlan> plan_trigger(const TriggerSpec& trigger, Grounds& grounds, Time not_before);
std::string trigger_plan_text(const TriggerSpec& trigger, const std::vector<PairPlan>& pairs);
std::string trigger_plan_json(const TriggerSpec& trigger, const std::vector<PairPlan>& pairs);

}  // namespace dn::app
