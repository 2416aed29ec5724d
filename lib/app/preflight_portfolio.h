// Pre-flight of a portfolio: whether what its limits leave reaches for the tasks of a run, as that run would find it. dn-run --plan and dn-status check
// share it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/preflight.h"
#include "app/standing.h"
#include "store/portfolio.h"

namespace dn::app {

struct PlannedTask {
  TaskSpec spec;
  Standing standing;
  std::optional<Numbers> numbers;  // none: its venues were not asked, or did not answer
};

struct PortfolioQuestion {
  PortfolioState state;  // as the run would find it
  std::vector<PlannedTask> tasks;

  PlannedTask* find(const std::string& task);  // nullptr: not one of the run's
};

// For a run of these tasks over the database, with the limits of its files or, without, those in force. Opens the database for reading, writes nothing;
// one that is not there yet holds nothing. None: no portfolio would be in force. Errors: the database's.
Expected<std::optional<PortfolioQuestion>, ToolError> portfolio_question(const std::string& db, bool live, const std::optional<PortfolioLimits>& limits,
                                                                         const std::vector<TaskSpec>& specs, bool restart);

// A row for each limit, with its numbers: Refused where the run would end on it, a warning where it would wait. `only`: without the rows of other symbols.
void check_portfolio(Checks& to, const PortfolioQuestion& q, const Symbol* only = nullptr);

}  // namespace dn::app
