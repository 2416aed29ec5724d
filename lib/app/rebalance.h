// dn-rebalance: one market-like order that a person asks for, or the emergency exit.
#pragma once

#include <string>

#include "app/run.h"

namespace dn::app {

struct RebalanceRequest {
  RunRequest run;                                // the task in run.names, or none
  std::string exchange, symbol, side, quantity;  // by hand, without a task
  std::string max_slippage_bps, max_notional;
  std::string request_id;  // the same id twice is one order
  bool flatten = false;
  bool naked_market = false;
  bool dry_run = false;
  bool yes = false;
};

// Exit codes: 0 done or nothing to do, 20 still apart, 21 an order's fate is unknown, 22 a limit or the venue refused it, 23 the file HALT is
// there, 25 filled partly.
Expected<ExitCode, ToolError> rebalance(const RebalanceRequest& request, Output& output);

}  // namespace dn::app
