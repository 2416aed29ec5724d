// The plan of a task before it trades (`dn-run --plan`): sizes, prices, fees, break-even.
#pragma once

#include <string>

#include "app/ground.h"
#include "engine/plan.h"

namespace dn::app {

// For a person.
std::string plan_text(const TaskSpec& spec, const MarketView& market);
// The same as one JSON object ("dn.plan/1").
std::string plan_json(const TaskSpec& spec, const MarketView& market);

}  // namespace dn::app
