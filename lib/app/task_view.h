// A task as a reader of the database sees it: its record, its orders in doubt, and whether anybody still works on it.
#pragma once

#include <array>

#include "app/kpi.h"
#include "app/tool.h"
#include "store/store.h"

namespace dn::app {

// All that is shown of a task.
struct TaskView {
  TaskRecord task;
  Kpi figures;
  std::int64_t open_orders = 0;
  std::int64_t unknown_orders = 0;
  bool deserted = false;  // a run was under way and nobody holds the task: it was killed
  bool held = false;      // a run works on it
  bool frozen = false;    // its run holds the task and has shown no life for a while
  std::vector<LatencyStats> latency;
  std::vector<std::string> asked_for;  // and not taken by a run yet; see wish_text
};

// The database `db` that `store` reads holds the task's locks beside it.
Expected<TaskView, ToolError> view_of(Store& store, const std::string& db, TaskRecord task);

// Whether a run works on it, one of kRuns: "none", "alive", "frozen" (it shows no life) or "killed" (it was under way, and nobody holds the task).
inline constexpr std::array<std::string_view, 4> kRuns{"none", "alive", "frozen", "killed"};
std::string_view run_of(const TaskView& v);

// The exit code that says how the task stands, for --check.
ExitCode health(const TaskView& v);
std::string next_step(const TaskView& v);

}  // namespace dn::app
