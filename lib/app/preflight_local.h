// The part of the pre-flight that needs no network: files, their owners and modes, the database, and what waits for a person.
#pragma once

#include <set>

#include "app/preflight.h"
#include "app/task_file.h"
#include "app/tool.h"
#include "store/store.h"

namespace dn::app {

// Who may read and write the state directory and the database; whether a HALT file is there that stops these tasks.
void check_state(Checks& to, const Installation& place, const std::vector<TaskSource>& tasks);
// Error: Permission, where others than their owner could change what a live run would trade by: database, locks, kill switch.
Expected<void, ToolError> refuse_state_of_others(const std::string& db, const std::vector<std::string>& halt_files);
// Whether the database can be opened and is sound. Its tasks; empty when there is none or it cannot be read. `wanted`: their names; empty: all.
std::vector<TaskRecord> check_database(Checks& to, const Installation& place, const std::set<std::string>& wanted);
// Where keys come from, whether only their owner can read them, and whether all are there. A command that prints them is run only with
// `run_command`.
void check_credentials(Checks& to, const Installation& place, const std::string& file, const std::vector<TaskSource>& tasks, bool run_command);
// The limits that a live task has to have.
void check_limits(Checks& to, const Installation& place, const TaskSource& task);

}  // namespace dn::app
