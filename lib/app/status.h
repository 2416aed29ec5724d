// What dn-status shows: the database, read-only, as tables for people and as JSON, NDJSON or CSV for programs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/output.h"
#include "app/tool_error.h"
#include "store/store.h"

namespace dn::app {

enum class PnlBy : std::uint8_t { Task, Symbol, Day };
enum class StatusVerb : std::uint8_t { Tasks, Show, Orders, Fills, Events, Pnl };

struct StatusRequest {
  StatusVerb verb = StatusVerb::Tasks;
  std::string db;
  std::vector<std::string> halt_files;  // the kill switch; see halt_files.h
  std::vector<std::string> tasks;       // empty: all
  OutputOptions output;
  bool csv = false;
  bool check = false;                // the exit code tells the state
  bool watch = false;                // draw again every second until a signal
  bool follow = false;               // events: go on until the task ends or a signal
  bool rounds = false;               // all of each task, not the newest alone
  std::optional<std::int64_t> last;  // orders, fills, events: the newest so many rows, 0 = all; not given: all for programs, kRowsForPeople for people
  bool prometheus = false;           // the numbers as metrics (app/metrics.h); those of the installation only where no task is named
  OrderFilter orders;
  PnlBy by = PnlBy::Task;
};

// Errors: NotFound (no database, no such task), BadData, Io.
Expected<ExitCode, ToolError> show_status(const StatusRequest& request);

}  // namespace dn::app
