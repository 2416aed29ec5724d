// The kill switch by command: halting tasks, and lifting a halt.
#pragma once

#include <string>
#include <vector>

#include "app/run.h"

namespace dn::app {

struct HaltRequest {
  RunRequest run;  // which tasks; none named: all, and the file HALT keeps new runs from trading
  std::string reason;
  bool cancel_all = false;  // cancel what the tasks have resting, and prove it
  bool flatten = false;     // and close what they hold
};
// Errors: Io (the file cannot be written), NotFound (no such task).
Expected<ExitCode, ToolError> halt_tasks(const HaltRequest& request, Output& output);

// Lifts the halt of each task, and takes the file HALT away. Errors: NotFound, Locked, Refused (a task that has ended).
Expected<ExitCode, ToolError> resume_tasks(const RunRequest& run, Output& output);

}  // namespace dn::app
