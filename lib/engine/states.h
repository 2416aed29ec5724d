// The state machine of a task as one table.
#pragma once

#include <string>
#include <vector>

#include "model/task_state.h"

namespace dn {

struct Transition {
  TaskState from;
  TaskState to;
  const char* when;
};

// Every move a task may make. Anything else is a mistake of the engine.
const std::vector<Transition>& transitions();
bool may_move(TaskState from, TaskState to);

// The table as a Mermaid diagram, for the documentation.
std::string diagram();

}  // namespace dn
