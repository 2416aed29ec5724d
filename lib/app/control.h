// Wishes about tasks of the database: set, pause, resume, cancel. A running task is asked and carries the wish out itself
// at its next cycle; a task that nobody runs is changed here, under its lock. What only the venues can judge, as the size of a slice, waits for
// the next run then, which knows their rules and begins with it, or refuses it and goes on as before.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/output.h"
#include "app/task_file.h"
#include "store/store.h"

namespace dn::app {

// Applies "key=value" lines to a task that exists: live keys only, and only to what its fills allow.
Expected<void, ToolError> change_spec(TaskSource& task, const PerSide<Qty>& filled, const std::vector<std::string>& settings);
std::vector<std::string> split_lines(std::string_view text);
// A wish as it was asked for: "set order_quantity=0.05", "pause".
std::string wish_text(const ControlRequest& wish);
// Whether an order of it is not proven.
bool has_unclosed(const StoredTask& task);
// Of each key that differs what it was, what it is, and `by` whom: one line each, for the books.
std::vector<std::string> changes_between(const TaskSpec& before, const TaskSpec& after, std::string_view by);
// "by dn-run set, asked for at ..."
std::string asked_by_set(Time at);

// The parameters with which a run of the task may begin: with all that is asked for and waits, and as they are without, where that differs.
// `source`: what the run was given.
Expected<std::vector<TaskSpec>, ToolError> beginnings(Store& store, const TaskSource& source);

Expected<ExitCode, ToolError> control_task(const std::string& db, ControlRequest::Verb verb, const std::string& task, const std::vector<std::string>& settings,
                                           Output& output);

// The same without telling: what became of it, for its owner.
Expected<std::string, ToolError> ask_of_task(const std::string& db, ControlRequest::Verb verb, const std::string& task,
                                             const std::vector<std::string>& settings);

// What became of a wish, for a person, or as an object where JSON is asked for.
void tell(Output& output, const std::string& task, const std::string& message);

}  // namespace dn::app
