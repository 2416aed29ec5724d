// The command line of dn-status. The tool is linked without the network, so that it starts in a moment and cannot speak to anybody; where it is asked to
// (check --online, check --test-alert, audit --online), it goes on as the dn-run that lies beside it.
#pragma once

#include <string_view>

#include "app/online.h"

namespace dn::app {

// As its first argument, dn-run is dn-status. Between the two of them: no help names it.
inline constexpr std::string_view kAsStatus = "--as-dn-status";

// `online`: borrowed; null in dn-status itself. Returns the process's exit code.
int status_tool(int argc, char** argv, const Online* online);

}  // namespace dn::app
