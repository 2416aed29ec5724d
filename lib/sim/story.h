// Task events as lines of a story, for a person who reads what a simulated life went through.
#pragma once

#include <string>

#include "model/task_event.h"

namespace dn::sim {

std::string story_line(const TaskEvent& event);

}  // namespace dn::sim
