// Rows of dn-status as JSON and as table cells. The names are those of the events.
#pragma once

#include "app/kpi.h"
#include "app/table.h"
#include "base/json_writer.h"
#include "store/store.h"

namespace dn::app {

// All that is shown of a task.
struct TaskView {
  TaskRecord task;
  Kpi figures;
  std::int64_t open_orders = 0;
  std::int64_t unknown_orders = 0;
  bool deserted = false;  // a run was under way and nobody holds the task: it was killed
  std::vector<LatencyStats> latency;
};

// The exit code that says how the task stands, for --check.
ExitCode health(const TaskView& v);
std::string next_step(const TaskView& v);

void write_task(JsonWriter& w, const TaskView& v);
void write_order(JsonWriter& w, const std::string& task, const TaskSpec& spec, const OrderRecord& o);
void write_fill(JsonWriter& w, const std::string& task, const Fill& f);

std::vector<std::string> order_columns();
std::vector<std::string> order_cells(const std::string& task, const TaskSpec& spec, const OrderRecord& o);
std::vector<std::string> fill_columns();
std::vector<std::string> fill_cells(const std::string& task, const Fill& f);

}  // namespace dn::app
