// What dn-status and dn-recover show of the portfolios of a database, paper and live, and what a person does about them.
#pragma once

#include <string>
#include <vector>

#include "app/tool_error.h"
#include "base/json_writer.h"
#include "store/portfolio.h"

namespace dn::app {

struct PortfolioView {
  bool live = false;
  PortfolioState state;
};
Expected<std::vector<PortfolioView>, ToolError> portfolios(Store& store, const std::string& db);

std::string_view mode_of(bool live);      // "live", "paper"
Money lost(const PortfolioState& state);  // of all tasks since the loss is counted; 0 where they gained

std::string portfolio_text(const PortfolioView& v);
void write_portfolio(JsonWriter& w, const PortfolioView& v);

// Lifts the halts of both; what each was halted for. A database that is not there has none.
Expected<std::vector<std::string>, ToolError> resume_portfolios(const std::string& db, bool only_look);
// What these tasks hold, and they have ended, is held no more: it is written off the portfolio. Errors: Usage (without `yes`), NotFound,
// Refused (none of a task's rounds has ended and holds something).
Expected<std::vector<std::string>, ToolError> release_tasks(const std::string& db, const std::vector<std::string>& tasks, bool yes);

}  // namespace dn::app
