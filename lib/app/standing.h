// How far tasks are, as far as it matters before they trade.
#pragma once

#include "app/output.h"
#include "app/preflight.h"
#include "app/task_file.h"
#include "store/store.h"

namespace dn::app {

struct RunRequest;

// What a task's database says of it. One that is not in it, or that ended and begins anew, has done nothing but what its file restores.
// A database that cannot be read says nothing: whoever writes to it will tell why.
struct Standing {
  Progress progress;
  bool trades = true;   // false: ended, paused or halted: a run of it sends no quote
  bool opens = true;    // false: it does not trade, or only takes back what is held
  PerSide<Money> held;  // at the prices of its own fills, as a portfolio counts it
};
Standing standing_of(const std::string& db, const TaskSpec& spec, bool restart);

// Both legs or none: a live task that begins without the money for its first slices is Refused. One that has begun may go on, since it may
// have to finish or to take back what is open; then a message says what is missing.
Expected<void, ToolError> check_funds(const std::string& db, const TaskSpec& spec, bool restart, const MarketView& market, Output& output);

// The tasks that the request names and of which the books hold orders that are not closed.
std::vector<std::string> tasks_with_orders(const RunRequest& request);

// The parameters with which a run of the task begins: with all that was asked for meanwhile, or without where the venues do not take that.
// Errors: Config, at the places of the source, where they take neither.
Expected<TaskSpec, ToolError> begins_with(const std::string& db, const TaskSource& source, const MarketView& market);

}  // namespace dn::app
