// The plan of a task before it trades (`dn-run --plan`): sizes, prices, fees, break-even, and what the pre-flight says.
#pragma once

#include <string>

#include "app/preflight.h"

namespace dn::app {

// For a person. `rich`: with signs.
std::string plan_text(const TaskQuestion& question, const Checks& checks, bool rich);
// The same as one JSON object ("dn.plan/1").
std::string plan_json(const TaskQuestion& question, const Checks& checks);

}  // namespace dn::app
