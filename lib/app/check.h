// dn-status check: whether this installation and its tasks are fit to trade.
#pragma once

#include <string>
#include <vector>

#include "app/online.h"

namespace dn::app {

struct CheckRequest {
  CommonFlags common;
  std::vector<std::string> files;  // task files; none, and no --task: all tasks of the database that have not ended
  bool online = false;             // ask the venues as well
  bool test_alert = false;         // send an alert to whoever would be told
};

// Prints a row for each check, or JSON ("dn.check/1"); never writes to the database. Without `online` and `test_alert` no network is touched and no key is
// needed. The exit code is that of the gravest failure. Errors: what keeps the checks themselves from being made.
// `online`: borrowed; not null where one of the two is asked for.
Expected<ExitCode, ToolError> check_installation(const CheckRequest& request, const Online* online);

}  // namespace dn::app
