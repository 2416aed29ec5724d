// The kill switch by command: halting tasks, and lifting a halt.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/run.h"
#include "app/tool.h"

namespace dn::app {

// The value of --exchange: nullopt when it was not given. Error: Usage.
Expected<std::optional<Venue>, ToolError> venue_of_flag(const std::string& text);

struct HaltRequest {
  RunRequest run;                 // which tasks; none named: all, and the file HALT keeps new runs from trading
  std::optional<Venue> exchange;  // instead: what trades on it, and the file HALT-<venue>
  std::string reason;
  bool cancel_all = false;  // cancel what the tasks have resting, and prove it
  bool flatten = false;     // and close what they hold
  ExitCode at_least = ExitCode::Ok;
};
// Errors: Usage (tasks and an exchange), Io (the file cannot be written), NotFound (no such task).
Expected<ExitCode, ToolError> halt_tasks(const HaltRequest& request, Output& output);

// The same where dn.toml, or what it names, is wrong, which `why` says: the file is written and the tasks are told all the same. What takes
// the venues is left undone, and the code is that of `why` then. Errors: those of halt_tasks; `why` when not even the place is known.
Expected<ExitCode, ToolError> halt_without_venues(HaltRequest request, const CommonFlags& flags, const ToolError& why, Output& output);

struct ResumeRequest {
  RunRequest run;                 // which tasks; none named: all that are halted, and every file of the kill switch goes
  std::optional<Venue> exchange;  // instead: what was halted because of it, and the file HALT-<venue>
  bool yes = false;
};
// Lifts halts. Named tasks alone leave the files of the kill switch where they are. Errors: Usage (without `yes`: says what would be resumed),
// NotFound, Locked, Refused (a task that has ended), Io (a file that cannot be removed).
Expected<ExitCode, ToolError> resume_tasks(const ResumeRequest& request, Output& output);

}  // namespace dn::app
