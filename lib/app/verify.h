// The promises that the books of a database must keep, checked on the real one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/output.h"
#include "app/tool_error.h"
#include "store/store.h"

namespace dn::app {

// A number in orders or fills with more digits than any that is let in: the books were changed by another hand, and sums of them could not be
// reckoned. As a line for a person; nullopt when there is none. Pure.
std::optional<std::string> beyond_reckoning(const StoredTask& task);

std::optional<std::string> beyond_reckoning(const TaskRecord& task, const Trade& trade);

// What the fills and funding payments of a round, none of them beyond reckoning, add up to, now and day by day. Pure.
TaskDays days_of(const StoredTask& task);

// What one round of a task breaks, each as a line for a person; empty when it keeps them all. Pure.
std::vector<std::string> broken_promises(const StoredTask& task);

// What is wrong with the days that the store keeps of it (StoredTask::days), likewise. They are no part of its books: whoever trades does not read them.
std::vector<std::string> broken_days(const StoredTask& task);

// Whether it may be traded on. Contradiction, with the first promise that it breaks, when it breaks one.
Expected<void, ToolError> check_books(const StoredTask& task);

// Whether the file with its log is too large to be read over by those who do not wait for it: that is left to dn-recover verify.
bool is_large(const std::string& db);

// Whether a run's file still is what the run wrote into it: another program, or a disk, may have written into the file or its log
// meanwhile, and the run's own connection would go on from what it remembers. Both read the file anew; Io when it is not.
// The rows of a task at its run's end. `only_proved`: its books may have been broken before.
Expected<void, ToolError> check_what_stands(const std::string& db, const TaskRecord& task, bool only_proved);
// All pages, of a file that is not large.
Expected<void, ToolError> check_pages(const std::string& db);

// Reads every round of every task (or of those named) and its journal (app/audit_journal.h) without changing anything. Contradiction when a promise
// is broken, or the journal is not as it was written.
Expected<ExitCode, ToolError> verify(const std::string& db, const std::vector<std::string>& tasks, Output& output);

}  // namespace dn::app
