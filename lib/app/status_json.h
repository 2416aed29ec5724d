// Rows of dn-status as JSON and as table cells. The names are those of the events.
#pragma once

#include "app/table.h"
#include "app/task_view.h"
#include "base/json_writer.h"

namespace dn::app {

void write_task(JsonWriter& w, const TaskView& v);
void write_order(JsonWriter& w, const std::string& task, const TaskSpec& spec, const OrderRecord& o);
void write_fill(JsonWriter& w, const std::string& task, const Fill& f);

std::vector<std::string> order_columns();
std::vector<std::string> order_cells(const std::string& task, const TaskSpec& spec, const OrderRecord& o);
std::vector<std::string> fill_columns();
std::vector<std::string> fill_cells(const std::string& task, const Fill& f);

}  // namespace dn::app
