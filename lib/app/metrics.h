// The numbers of dn-status as metrics: `dn-status --prometheus` and `dn-run --metrics-file`. Each equals the one of `dn-status --json`, in base
// units (seconds, ratios); a counter is the sum over all rounds of its task, so that it never falls when a round ends.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/portfolio_status.h"
#include "app/task_view.h"

namespace dn::app {

// What a task counted in all its rounds. Money in its quote.
struct TaskCounters {
  std::int64_t orders = 0;
  std::int64_t rebalances = 0;
  std::int64_t rejects = 0;
  std::int64_t errors = 0;
  std::int64_t runs = 0;
  std::int64_t funding_payments = 0;
  Decimal unhedged_seconds;
  Decimal unhedged_value_seconds;
};

struct TaskMetrics {
  TaskView view;  // of the newest round
  TaskCounters counters;
};

// Those of `tasks`, or of every task of the database where it is empty; names that the database does not hold are left out.
Expected<std::vector<TaskMetrics>, ToolError> read_metrics(Store& store, const std::string& db, const std::vector<std::string>& tasks);

// Every series carries the label `task`: texts of different tasks can stand beside each other.
std::string metrics_text(const std::vector<TaskMetrics>& tasks);

// What is of the installation and of no task.
std::string installation_metrics_text(const std::vector<PortfolioView>& portfolios, std::size_t halt_files);

}  // namespace dn::app
