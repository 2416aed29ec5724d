// How a tool fails: what, why, and the command to run next.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/expected.h"
#include "model/exit_code.h"

namespace dn::app {

struct ToolError {
  ExitCode code = ExitCode::Internal;
  std::string message;   // what and why; several lines when there are several problems
  std::string next;      // what to do, a command where there is one; empty: the exit code's own advice
  std::string task{};    // whose it is, where it is one task's
  std::string run_id{};  // the run that it ended, where one had begun
};

// The same as a task's own; what it says of task and run already stays.
inline ToolError of_task(ToolError e, std::string_view task, std::string_view run_id = {}) {
  if (e.task.empty()) e.task = task;
  if (e.run_id.empty() && e.task == task) e.run_id = run_id;
  return e;
}

inline ToolError usage_error(std::string what, std::string next) { return {ExitCode::Usage, std::move(what), std::move(next)}; }

// What to do about books that cannot be trusted.
inline constexpr std::string_view kMakeBooksAnew = "move the database away and let dn-recover --from-venue FILE --apply make it anew from what the venues hold";

// What an exit code advises, said of a task; "" where none is known.
std::string advice(ExitCode code, std::string_view task);
// What to do, the exit code's own advice where the error has none.
std::string next_step(const ToolError& e);
// The error as an event of the type "exit_error", as of now.
std::string exit_error_json(const ToolError& e);

}  // namespace dn::app
