// dn-status report: what became of tasks, as one HTML page, as one plot or as the data behind them. Reads the database only.
#pragma once

#include <string>
#include <vector>

#include "app/output.h"
#include "app/tool_error.h"

namespace dn::app {

struct ReportRequest {
  std::string db;
  std::vector<std::string> tasks;  // empty: all
  bool rounds = false;             // all rounds of each task, not the newest alone
  std::string file;                // where it goes, made anew as a whole (0600); "" or "-": stdout
  std::string plot;                // this one alone, as SVG; of one task. Empty: the page
  bool csv = false;                // the data instead, of that plot or of all
  OutputOptions output;
};

// Errors: Usage (no such plot, several tasks for one plot, a page for a terminal), NotFound (no database, no such task), BadData, Io,
// Contradiction (a number that cannot be reckoned with).
Expected<ExitCode, ToolError> write_report(const ReportRequest& request);

}  // namespace dn::app
