// The promises that the books of a database must keep, checked on the real one.
#pragma once

#include <string>
#include <vector>

#include "app/output.h"
#include "app/tool_error.h"
#include "store/store.h"

namespace dn::app {

// What one round of a task breaks, each as a line for a person; empty when it keeps them all. Pure.
std::vector<std::string> broken_promises(const StoredTask& task);

// Whether it may be traded on. Contradiction, with the first promise that it breaks, when it breaks one.
Expected<void, ToolError> check_books(const StoredTask& task);

// Reads every round of every task (or of those named) without changing anything. Contradiction when a promise is broken.
Expected<ExitCode, ToolError> verify(const std::string& db, const std::vector<std::string>& tasks, Output& output);

}  // namespace dn::app
