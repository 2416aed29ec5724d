// `dn-run --plan`: what the tasks of a run would trade, at these prices and with this account; nothing is sent and nothing written.
#pragma once

#include "app/run.h"

namespace dn::app {

// The exit code is that of the pre-flight.
Expected<ExitCode, ToolError> plan_tasks(const RunRequest& request, Output& output);

}  // namespace dn::app
